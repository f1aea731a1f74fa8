/* Asynchronous procedure calls, kernel mode (there is no user mode here). */
#include "ki.h"

#define STATUS_KERNEL_APC NTS(0x100)
typedef void (*PKNORMAL_ROUTINE)(PVOID context, PVOID arg1, PVOID arg2);
typedef void (*PKKERNEL_ROUTINE)(PKAPC apc, PKNORMAL_ROUTINE *normal, PVOID *context, PVOID *arg1, PVOID *arg2);

void KeInitializeApc(PKAPC apc, PKTHREAD thread, int environment, void (*kernel)(), void (*rundown)(), void (*normal)(),
                     KPROCESSOR_MODE mode, PVOID context)
{
    apc->Type = 18;                          /* ApcObject */
    apc->Size = sizeof *apc;
    apc->Thread = thread;
    apc->ApcStateIndex = (char)environment;
    apc->KernelRoutine = kernel;
    apc->RundownRoutine = rundown;
    apc->NormalRoutine = normal;
    apc->ApcMode = mode;
    apc->NormalContext = context;
    apc->Inserted = 0;
}

static BOOLEAN KiApcDeliverable(PKTHREAD thread, PKAPC apc)
{
    if (thread->SpecialApcDisable) {
        return FALSE;
    }
    return apc->NormalRoutine == NULL || (!thread->KernelApcDisable && !thread->ApcState.KernelApcInProgress);
}

BOOLEAN KeInsertQueueApc(PKAPC apc, PVOID arg1, PVOID arg2, KPRIORITY increment)
{
    PKTHREAD thread = apc->Thread;
    KIRQL old = KiLockDispatcher();
    if (apc->Inserted || !thread->ApcQueueable || thread->State == Terminated) {
        KiExitDispatcher(old);
        return FALSE;
    }
    apc->Inserted = 1;
    apc->SystemArgument1 = arg1;
    apc->SystemArgument2 = arg2;
    /* Special APCs go before normal ones. */
    PLIST_ENTRY head = &thread->ApcState.ApcListHead[0], at = head;
    if (apc->NormalRoutine == NULL) {
        for (at = head->Flink; at != head && CONTAINING_RECORD(at, KAPC, ApcListEntry)->NormalRoutine == NULL;) {
            at = at->Flink;
        }
    }
    InsertTailList(at, &apc->ApcListEntry);
    thread->ApcState.KernelApcPending = 1;
    if (thread->State == Running) {
        if (thread == KeGetCurrentThread()) {
            KiRequestSoftwareInterrupt(APC_LEVEL);
        } else {
            KiIpiSend(1ULL << thread->NextProcessor, IPI_APC);
        }
    } else if (thread->State == Waiting && thread->WaitIrql < APC_LEVEL && KiApcDeliverable(thread, apc)) {
        KiUnwaitThread(thread, STATUS_KERNEL_APC, increment);
    }
    KiExitDispatcher(old);
    return TRUE;
}

/* At APC_LEVEL in the thread's own context: runs what may run. */
void KiDeliverApc(KPROCESSOR_MODE mode, PKEXCEPTION_FRAME exception, PKTRAP_FRAME trap)
{
    PKTHREAD thread = KeGetCurrentThread();
    UNREFERENCED_PARAMETER(mode);
    UNREFERENCED_PARAMETER(exception);
    UNREFERENCED_PARAMETER(trap);
    for (;;) {
        KIRQL old = KiLockDispatcher();
        PLIST_ENTRY head = &thread->ApcState.ApcListHead[0];
        thread->ApcState.KernelApcPending = 0;
        PKAPC apc = IsListEmpty(head) ? NULL : CONTAINING_RECORD(head->Flink, KAPC, ApcListEntry);
        if (apc == NULL || !KiApcDeliverable(thread, apc)) {
            KiExitDispatcher(old);
            return;
        }
        PKNORMAL_ROUTINE normal = (PKNORMAL_ROUTINE)apc->NormalRoutine;
        PVOID context = apc->NormalContext, arg1 = apc->SystemArgument1, arg2 = apc->SystemArgument2;
        RemoveEntryList(&apc->ApcListEntry);
        apc->Inserted = 0;
        KiExitDispatcher(old);
        ((PKKERNEL_ROUTINE)apc->KernelRoutine)(apc, &normal, &context, &arg1, &arg2);
        if (normal != NULL) {
            thread->ApcState.KernelApcInProgress = 1;
            KeLowerIrql(PASSIVE_LEVEL);
            normal(context, arg1, arg2);
            WriteCR8(APC_LEVEL);
            thread->ApcState.KernelApcInProgress = 0;
        }
    }
}
