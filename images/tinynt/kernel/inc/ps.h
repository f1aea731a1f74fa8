/* Processes and threads. */
#pragma once
#include "ke.h"

typedef void (*PKSTART_ROUTINE)(PVOID context);
extern PEPROCESS PsInitialSystemProcess;
extern PEPROCESS PsIdleProcess;
extern LIST_ENTRY PsActiveProcessHead;
extern LIST_ENTRY PsLoadedModuleList;
extern ERESOURCE PsLoadedModuleResource;
extern POBJECT_TYPE PsThreadType, PsProcessType;
extern struct _HANDLE_TABLE *PspCidTable;

void PsInitSystemProcess(struct _LOADER_BLOCK *loader);        /* phase 0: Idle and System, idle threads */
NTSTATUS PsInitSystem(void);            /* phase 1: object types */
NTSTATUS PsCreateSystemThread(PHANDLE handle, ULONG access, POBJECT_ATTRIBUTES oa, HANDLE process, PCLIENT_ID cid,
                              PKSTART_ROUTINE start, PVOID context);
NTSTATUS PsTerminateSystemThread(NTSTATUS status);
/* A system thread before the object manager is up; never terminates. */
PETHREAD PspCreateSystemThread(PKSTART_ROUTINE start, PVOID context, KPRIORITY priority);
void PspInitializeIdleThread(PKPRCB prcb);
/* Where every system thread begins. */
__attribute__((noinline)) void PspSystemThreadStartup(PKSTART_ROUTINE start, PVOID context);
static inline PETHREAD PsGetCurrentThread(void) { return (PETHREAD)KeGetCurrentThread(); }
