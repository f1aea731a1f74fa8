/* I/O verification: what is checked when an IRP is sent, and after the dispatch routine returned.

   A check of the sender applies when a verified driver sends, itself or through a service it calls;
   a check of the dispatch routine applies when the routine's driver is verified. */
#include "vf.h"

#define TRACES 0x100UL
#define IRP_PAGING_IO 0x02
#define SENDER_DEPTH 32
enum { IO_TYPE_DEVICE = 3, IO_TYPE_IRP = 6 };

PIOV_IRP_TRACE IovIrpTraces;        /* IRPs sent by or to verified drivers (!verifier 100) */
ULONG IovIrpTracesLength;
ULONG IovIrpTracesIndex;

typedef struct _IOV_CALL {
    PVOID Caller;                   /* IofCallDriver's */
    PDRIVER_DISPATCH Dispatch;
    KIRQL Irql;
    BOOLEAN SenderVerified, TargetVerified;
    ULONG ApcDisable;
} IOV_CALL, *PIOV_CALL;

VF_FRAME static void IovpLogStackTrace(PIRP irp)
{
    if (IovIrpTracesLength == 0) {
        return;
    }
    ULONG index = __atomic_fetch_add(&IovIrpTracesIndex, 1, __ATOMIC_SEQ_CST);
    PIOV_IRP_TRACE t = &IovIrpTraces[index & (IovIrpTracesLength - 1)];
    RtlZeroMemory(t, sizeof(*t));
    t->Irp = irp;
    t->Thread = KeGetCurrentThread();
    t->CombinedApcDisable = KeGetCurrentThread()->CombinedApcDisable;
    t->Irql = KeGetCurrentIrql();
    RtlCaptureStackBackTrace(2, ARRAYSIZE(t->StackTrace), (PVOID *)t->StackTrace, NULL);
}

/* The sender is the innermost driver on the stack: a request that NtOpenFile sends is its caller's. */
static BOOLEAN IovpIsSenderVerified(PVOID caller)
{
    PKLDR_DATA_TABLE_ENTRY kernel =
        CONTAINING_RECORD(PsLoadedModuleList.Flink, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
    PVOID stack[SENDER_DEPTH];
    PKLDR_DATA_TABLE_ENTRY module = MiLookupDataTableEntry(caller);
    if (module == kernel) {
        ULONG n = RtlCaptureStackBackTrace(0, SENDER_DEPTH, stack, NULL);
        for (ULONG i = 0; i < n && module == kernel; i++) {
            module = MiLookupDataTableEntry(stack[i]);
        }
    }
    return module != NULL && (module->Flags & LDRP_IMAGE_VERIFYING) != 0;
}

/* Requests that drivers handle in pageable code, or whose sender waits for a kernel APC. Data
   transfers, device controls and power may come from completion routines and DPCs. */
static BOOLEAN IovpNeedsPassiveLevel(PIRP irp, UCHAR major)
{
    switch (major) {
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
    case IRP_MJ_POWER: return FALSE;
    default: return !(irp->Flags & IRP_PAGING_IO);
    }
}

VF_FRAME static void ViGenericVerifyNewIrp(PIRP irp, PIO_STACK_LOCATION stack, PIOV_CALL call)
{
    if (call->Irql > DISPATCH_LEVEL) {
        VfErrorReport11(0x301, call->Caller, irp, call->Irql);
    }
    if (call->Irql >= APC_LEVEL && IovpNeedsPassiveLevel(irp, stack->MajorFunction)) {
        VfErrorReport11(0x302, call->Caller, irp, call->Irql);
    }
}

VF_FRAME static void VfMajorVerifyNewIrp(PIRP irp, PIO_STACK_LOCATION stack, PIOV_CALL call)
{
    ViGenericVerifyNewIrp(irp, stack, call);
}

static BOOLEAN IovpIsDriverVerified(PDEVICE_OBJECT device)
{
    PKLDR_DATA_TABLE_ENTRY module = device->DriverObject->DriverSection;
    return module != NULL && (module->Flags & LDRP_IMAGE_VERIFYING) != 0;
}

VF_FRAME static void IovpCallDriver1(PDEVICE_OBJECT device, PIRP irp, PIOV_CALL call)
{
    PIO_STACK_LOCATION stack = irp->Tail.Overlay.CurrentStackLocation - 1;
    if (call->SenderVerified) {
        if (irp->Type != IO_TYPE_IRP) {
            VfErrorReport1(0x03, (ULONG64)irp, 0, 0);
        }
        if (device->Type != IO_TYPE_DEVICE) {
            VfErrorReport1(0x04, (ULONG64)device, 0, 0);
        }
        /* Nobody's yet: the location that is current lies above the first. */
        if (irp->CurrentLocation == irp->StackCount + 1) {
            VfMajorVerifyNewIrp(irp, stack, call);
        } else if (call->Irql > DISPATCH_LEVEL) {
            VfErrorReport1(0x10, call->Irql, 0, 0);
        }
    }
    call->Dispatch = FROM_PROC(PDRIVER_DISPATCH, device->DriverObject->MajorFunction[stack->MajorFunction]);
    IovpLogStackTrace(irp);
}

VF_FRAME static void IovpCallDriver2(PDEVICE_OBJECT device, PIOV_CALL call)
{
    KIRQL irql = KeGetCurrentIrql();
    PKTHREAD thread = KeGetCurrentThread();
    if (irql != call->Irql) {
        VfErrorReport1(0x05, (ULONG64)device, call->Irql, irql);
    }
    if (thread->CombinedApcDisable != call->ApcDisable) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, 0xC5, (ULONG64)call->Dispatch,
                                      thread->CombinedApcDisable, call->ApcDisable);
    }
}

VF_FRAME static void VfBeforeCallDriver(PDEVICE_OBJECT device, PIRP irp, PIOV_CALL call)
{
    call->SenderVerified = IovpIsSenderVerified(call->Caller);
    call->TargetVerified = IovpIsDriverVerified(device);
    if (call->SenderVerified || call->TargetVerified) {
        IovpCallDriver1(device, irp, call);
    }
}

VF_FRAME static void VfAfterCallDriver(PDEVICE_OBJECT device, PIOV_CALL call)
{
    if (call->TargetVerified) {
        IovpCallDriver2(device, call);
    }
}

VF_FRAME static NTSTATUS IovCallDriver(PDEVICE_OBJECT device, PIRP irp, PVOID caller)
{
    IOV_CALL call = {
        .Caller = caller, .Irql = KeGetCurrentIrql(), .ApcDisable = KeGetCurrentThread()->CombinedApcDisable};
    BOOLEAN check = VfOption(DRIVER_VERIFIER_IO_CHECKING);
    if (check) {
        VfBeforeCallDriver(device, irp, &call);
    }
    NTSTATUS status = IopfCallDriver(device, irp);
    if (check) {
        VfAfterCallDriver(device, &call);
    }
    return status;
}

VF_FRAME static void VerifierIofCompleteRequest(PIRP irp, CCHAR boost)
{
    if (VfOption(DRIVER_VERIFIER_IO_CHECKING) && irp->Type == IO_TYPE_IRP) {
        if (irp->IoStatus.Status == STATUS_PENDING || irp->IoStatus.Status == -1) {
            VfErrorReport1(0x06, (ULONG64)(LONG64)irp->IoStatus.Status, (ULONG64)irp, 0);
        }
        if (irp->CancelRoutine != NULL) {
            VfErrorReport1(0x07, (ULONG64)irp->CancelRoutine, (ULONG64)irp, 0);
        }
    }
    IofCompleteRequest(irp, boost);
}

VF_FRAME static void VerifierIoFreeIrp(PIRP irp)
{
    if (VfOption(DRIVER_VERIFIER_IO_CHECKING)) {
        if (irp->Type != IO_TYPE_IRP) {
            VfErrorReport1(0x01, (ULONG64)irp, 0, 0);
        }
        if (!IsListEmpty(&irp->ThreadListEntry)) {
            VfErrorReport1(0x02, (ULONG64)irp, 0, 0);
        }
    }
    IoFreeIrp(irp);
}

void IovInitialize(void)
{
    IovIrpTraces = ExAllocatePoolZero(NonPagedPool, TRACES * sizeof(IOV_IRP_TRACE), 'tIfV');
    IovIrpTracesLength = IovIrpTraces != NULL ? TRACES : 0;
    pIofCallDriver = IovCallDriver;
}

const VF_THUNK VfIoThunks[] = {
    {"IofCompleteRequest", VerifierIofCompleteRequest},
    {"IoFreeIrp", VerifierIoFreeIrp},
    {NULL, NULL},
};
