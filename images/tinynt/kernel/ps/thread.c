/* System threads. */
#include "psp.h"

static KSPIN_LOCK PspThreadListLock;

static void PspFillThread(PETHREAD thread, PEPROCESS process, PKSTART_ROUTINE start, PVOID context, PVOID stack)
{
    KiInitializeThread(&thread->Tcb, &process->Pcb, (void (*)(PVOID))start, context, stack);
    thread->StartAddress = (PVOID)start;
    thread->Win32StartAddress = (PVOID)start;
    thread->Cid.UniqueProcess = process->UniqueProcessId;
    InitializeListHead(&thread->IrpList);
    KeQuerySystemTime((PLARGE_INTEGER)&thread->CreateTime);
    KeInitializeSemaphore((PKSEMAPHORE)&thread->AlpcWaitSemaphore, 0, 1);
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&PspThreadListLock);
    InsertTailList(&process->ThreadListHead, &thread->ThreadListEntry);
    InsertTailList(&process->Pcb.ThreadListHead, &thread->Tcb.ThreadListEntry);
    process->ActiveThreads++;
    KeReleaseSpinLock(&PspThreadListLock, old);
}

/* Idle threads and the boot's own thread come before the object manager: bare objects. */
static PETHREAD PspAllocateBareThread(void)
{
    POBJECT_HEADER header =
        ExAllocatePoolZero(NonPagedPool, FIELD_OFFSET(OBJECT_HEADER, Body) + sizeof(ETHREAD), 0x65726854);
    if (header == NULL) {
        KeBugCheck(INSTALL_MORE_MEMORY);
    }
    header->PointerCount = 1;
    return (PETHREAD)&header->Body;
}

void PspInitializeIdleThread(PKPRCB prcb)
{
    PETHREAD thread = PspAllocateBareThread();
    PspFillThread(thread, PsIdleProcess, (PKSTART_ROUTINE)KiIdleLoop, NULL, MmAllocateKernelStack());
    thread->Tcb.Priority = thread->Tcb.BasePriority = 0;
    thread->Tcb.Affinity.Mask = 1ULL << prcb->Number;
    thread->Tcb.NextProcessor = prcb->Number;
    thread->Tcb.State = Running;
    prcb->IdleThread = prcb->CurrentThread = &thread->Tcb;
}

/* First routine of every system thread (the frame above KiStartSystemThread). */
__attribute__((noinline)) void PspSystemThreadStartup(PKSTART_ROUTINE start, PVOID context)
{
    start(context);
    /* Locks that a thread forgets are found here, as on Windows. */
    if (KeGetCurrentIrql() != PASSIVE_LEVEL) {
        KeBugCheckEx(IRQL_NOT_LESS_OR_EQUAL, 0, KeGetCurrentIrql(), 8, (ULONG64)start);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* A thread that does not run yet. NULL when memory is out. */
static PETHREAD PspAllocateThread(PKSTART_ROUTINE start, PVOID context, KPRIORITY priority)
{
    PETHREAD thread = NULL;
    if (PsThreadType != NULL) {
        ObCreateObject(KernelMode, PsThreadType, NULL, KernelMode, NULL, sizeof *thread, 0, 0, (PVOID *)&thread);
    } else {
        thread = PspAllocateBareThread();
    }
    PVOID stack = thread != NULL ? MmAllocateKernelStack() : NULL;
    if (stack == NULL) {
        if (thread != NULL && PsThreadType != NULL) {
            ObDereferenceObject(thread);
        }
        return NULL;
    }
    if (PsThreadType != NULL) {
        memset(thread, 0, sizeof *thread);
    }
    PspFillThread(thread, PsInitialSystemProcess, start, context, stack);
    if (PspCidTable != NULL) {
        thread->Cid.UniqueThread = (HANDLE)((ULONG64)ExCreateHandle(PspCidTable, thread) & 0x7FFFFFFF);
    }
    thread->Tcb.Priority = thread->Tcb.BasePriority = (char)priority;
    return thread;
}

PETHREAD PspCreateSystemThread(PKSTART_ROUTINE start, PVOID context, KPRIORITY priority)
{
    PETHREAD thread = PspAllocateThread(start, context, priority);
    if (thread != NULL) {
        KeReadyThread(&thread->Tcb);
    }
    return thread;
}

NTSTATUS PsCreateSystemThread(PHANDLE handle, ULONG access, POBJECT_ATTRIBUTES oa, HANDLE process, PCLIENT_ID cid,
                              PKSTART_ROUTINE start, PVOID context)
{
    UNREFERENCED_PARAMETER(access);
    UNREFERENCED_PARAMETER(oa);
    UNREFERENCED_PARAMETER(process);         /* there is only System */
    PETHREAD thread = PspAllocateThread(start, context, 8);
    if (thread == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (cid != NULL) {
        *cid = thread->Cid;
    }
    /* Handle first: the thread may be gone as soon as it runs. */
    NTSTATUS status = ObOpenObjectByPointer(thread, OBJ_KERNEL_HANDLE, NULL, access, PsThreadType, KernelMode, handle);
    KeReadyThread(&thread->Tcb);
    return status;
}

/* The reference that a running thread holds on itself goes in a worker, off its stack. */
static WORK_QUEUE_ITEM PspReaperItem;
static PETHREAD PspReaperHead;
static KSPIN_LOCK PspReaperLock;
static BOOLEAN PspReaperActive;

static void PspReaper(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    for (;;) {
        KIRQL old = KeAcquireSpinLockRaiseToDpc(&PspReaperLock);
        PETHREAD thread = PspReaperHead;
        if (thread != NULL) {
            PspReaperHead = thread->ReaperLink;
        } else {
            PspReaperActive = FALSE;
        }
        KeReleaseSpinLock(&PspReaperLock, old);
        if (thread == NULL) {
            return;
        }
        while (*(volatile UCHAR *)&thread->Tcb.State != Terminated || *(volatile UCHAR *)&thread->Tcb.Running) {
            PauseProcessor();                /* another processor is still switching away */
        }
        MmFreeKernelStack(thread->Tcb.StackBase);
        thread->Tcb.StackBase = NULL;
        ObDereferenceObject(thread);
    }
}

NTSTATUS PsTerminateSystemThread(NTSTATUS status)
{
    PETHREAD thread = PsGetCurrentThread();
    PEPROCESS process = (PEPROCESS)thread->Tcb.Process;
    thread->ExitStatus = status;
    KeQuerySystemTime((PLARGE_INTEGER)&thread->ExitTime);
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&PspThreadListLock);
    RemoveEntryList(&thread->ThreadListEntry);
    RemoveEntryList(&thread->Tcb.ThreadListEntry);
    process->ActiveThreads--;
    KeReleaseSpinLock(&PspThreadListLock, old);
    IoCancelThreadIo(thread);
    if (PspCidTable != NULL && thread->Cid.UniqueThread != NULL) {
        ExDestroyHandle(PspCidTable, thread->Cid.UniqueThread);
    }
    /* At DISPATCH_LEVEL from here to the switch: the reaper must not preempt this thread, it would
       wait for it. */
    KfRaiseIrql(DISPATCH_LEVEL);
    KeAcquireSpinLockAtDpcLevel(&PspReaperLock);
    thread->ReaperLink = PspReaperHead;
    PspReaperHead = thread;
    BOOLEAN start = !PspReaperActive;
    PspReaperActive = TRUE;
    KeReleaseSpinLockFromDpcLevel(&PspReaperLock);
    if (start) {
        ExInitializeWorkItem(&PspReaperItem, PspReaper, NULL);
        ExQueueWorkItem(&PspReaperItem, DelayedWorkQueue);
    }
    KeTerminateThread();
}

void PspDeleteThread(PVOID thread) { UNREFERENCED_PARAMETER(thread); }
HANDLE PsGetThreadId(PETHREAD thread) { return thread->Cid.UniqueThread; }
HANDLE PsGetProcessId(PEPROCESS process) { return process->UniqueProcessId; }
