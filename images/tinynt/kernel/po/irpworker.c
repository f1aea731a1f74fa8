/* The threads that hand power IRPs to the top of a stack, at PASSIVE_LEVEL. */
#include "pop.h"

#define POP_IRP_WORKERS 4
typedef struct _POP_IRP_WORKER_ENTRY POP_IRP_WORKER_ENTRY, *PPOP_IRP_WORKER_ENTRY;

LIST_ENTRY PopIrpThreadList = {&PopIrpThreadList, &PopIrpThreadList};
static LIST_ENTRY PopIrpWorkerList = {&PopIrpWorkerList, &PopIrpWorkerList};
static KSEMAPHORE PopIrpWorkerSemaphore;
static POP_IRP_WORKER_ENTRY PopIrpWorkers[POP_IRP_WORKERS];

static IOP_FRAME void PopIrpWorker(PVOID context)
{
    PPOP_IRP_WORKER_ENTRY self = context;
    self->Thread = PsGetCurrentThread();
    for (;;) {
        KeWaitForSingleObject(&PopIrpWorkerSemaphore, Executive, KernelMode, FALSE, NULL);
        KIRQL old = KeAcquireSpinLockRaiseToDpc(&PopIrpLock);
        PIRP irp = CONTAINING_RECORD(RemoveHeadList(&PopIrpWorkerList), IRP, Tail.Overlay.ListEntry);
        PIO_STACK_LOCATION own = IoGetCurrentIrpStackLocation(irp);
        PPOP_IRP_DATA data = own->Parameters.Others.Argument1;
        self->Irp = irp;
        self->Device = data->TargetDevice;
        KeReleaseSpinLock(&PopIrpLock, old);
        PopEnableIrpWatchdog(data);
        PoCallDriver(self->Device, irp);
        self->Irp = NULL;       /* the IRP may be gone */
        self->Device = NULL;
    }
}

void PopQueueToIrpWorker(PPOP_IRP_DATA data)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&PopIrpLock);
    InsertTailList(&PopIrpWorkerList, &data->Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&PopIrpLock, old);
    KeReleaseSemaphore(&PopIrpWorkerSemaphore, 0, 1, FALSE);
}

void PopInitializeIrpWorkers(void)
{
    KeInitializeSemaphore(&PopIrpWorkerSemaphore, 0, 0x7FFFFFFF);
    for (ULONG i = 0; i < POP_IRP_WORKERS; i++) {
        PopIrpWorkers[i].Static = TRUE;
        InsertTailList(&PopIrpThreadList, &PopIrpWorkers[i].Link);
        PspCreateSystemThread(PopIrpWorker, &PopIrpWorkers[i], 13);
    }
}
