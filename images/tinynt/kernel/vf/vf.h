/* Driver Verifier, private. */
#pragma once
#include "ntoskrnl.h"

/* Functions whose frames debuggers and analyzers expect to see. */
#define VF_FRAME __attribute__((noinline, disable_tail_calls))

NT_TYPE(VI_TRACK_IRQL);
NT_TYPE(VF_POOL_TRACE);
NT_TYPE(IOV_IRP_TRACE);
NT_TYPE(VF_SUSPECT_DRIVER_ENTRY);
NT_TYPE(VI_POOL_ENTRY_INUSE);
typedef struct _MM_DRIVER_VERIFIER_DATA MM_DRIVER_VERIFIER_DATA;

extern MM_DRIVER_VERIFIER_DATA MmVerifierData;      /* Level: the options in force; counters */
static inline BOOLEAN VfOption(ULONG flag) { return (MmVerifierData.Level & flag) != 0; }
#define VF_COUNT(field) ATOMIC_INC(&MmVerifierData.field)

/* Stops the machine. All three are on the stack of a Windows stop, in this order from below. */
VF_FRAME void VerifierBugCheckIfAppropriate(ULONG code, ULONG64 p1, ULONG64 p2, ULONG64 p3, ULONG64 p4);
VF_FRAME void ViErrorFinishReport(ULONG violation, ULONG64 p2, ULONG64 p3, ULONG64 p4);
VF_FRAME void VfErrorReport11(ULONG violation, PVOID caller, PIRP irp, KIRQL irql);     /* routine, IRP, IRQL */
VF_FRAME void VfErrorReport1(ULONG violation, ULONG64 p2, ULONG64 p3, ULONG64 p4);      /* anything */

/* IRQL changes made by verified drivers, and the checks before them. */
VF_FRAME void ViKeRaiseIrqlSanityChecks(KIRQL irql);
VF_FRAME void ViKeLowerIrqlSanityChecks(KIRQL irql);
VF_FRAME void VfKeIrqlLogRaise(KIRQL old, KIRQL irql);
VF_FRAME void VfKeIrqlLogLower(KIRQL old, KIRQL irql);
void ViKeInitializeIrqlLog(void);

/* Pool of verified drivers. */
void ViPoolInitialize(void);
ULONG ViPoolCountOf(PKLDR_DATA_TABLE_ENTRY module);

/* IRPs. */
void IovInitialize(void);

/* One entry a thunk; the tables are in the files of the thunks. */
typedef struct _VF_THUNK {
    PCSTR Name;
    PVOID Routine;
} VF_THUNK;
extern const VF_THUNK VfIrqlThunks[], VfWaitThunks[], VfPoolThunks[], VfIoThunks[]; /* each ends with a NULL name */
