/* Cancelling IRPs: one system-wide lock, a routine per IRP. */
#include "iop.h"

typedef void (*PDRIVER_CANCEL)(PDEVICE_OBJECT device, PIRP irp);
static KSPIN_LOCK IopCancelSpinLock;

void IoAcquireCancelSpinLock(PKIRQL irql) { *irql = KeAcquireSpinLockRaiseToDpc(&IopCancelSpinLock); }

void IoReleaseCancelSpinLock(KIRQL irql) { KeReleaseSpinLock(&IopCancelSpinLock, irql); }

/* The cancel routine is called with the lock held and releases it with Irp->CancelIrql. */
IOP_FRAME BOOLEAN IoCancelIrp(PIRP irp)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&IopCancelSpinLock);
    irp->Cancel = TRUE;
    PVOID routine = ATOMIC_SWAP((PVOID *)(PVOID)&irp->CancelRoutine, NULL);
    if (routine == NULL) {
        KeReleaseSpinLock(&IopCancelSpinLock, old);
        return FALSE;
    }
    if (irp->CurrentLocation > irp->StackCount + 1) {
        KeBugCheckEx(CANCEL_STATE_IN_COMPLETED_IRP, (ULONG_PTR)irp, (ULONG_PTR)routine, 0, 0);
    }
    irp->CancelIrql = old;
    ((PDRIVER_CANCEL)routine)(IoGetCurrentIrpStackLocation(irp)->DeviceObject, irp);
    return TRUE;
}

/* At thread exit: every IRP still out is cancelled and waited for. Runs at PASSIVE_LEVEL. */
void IoCancelThreadIo(PETHREAD thread)
{
    LARGE_INTEGER interval;
    interval.QuadPart = -100000;        /* 10 ms */
    for (BOOLEAN first = TRUE;; first = FALSE) {
        KIRQL old;
        KeRaiseIrql(APC_LEVEL, &old);
        BOOLEAN none = IsListEmpty(&thread->IrpList);
        for (PLIST_ENTRY e = thread->IrpList.Flink; first && e != &thread->IrpList;) {
            PIRP irp = CONTAINING_RECORD(e, IRP, ThreadListEntry);
            e = e->Flink;
            IoCancelIrp(irp);
        }
        KeLowerIrql(old);
        if (none) {
            return;
        }
        KeDelayExecutionThread(KernelMode, FALSE, &interval);
    }
}
