/* IRPs in memory: allocation, the issuing thread's list. */
#include "iop.h"

static SIZE_T IopSizeOfIrp(CCHAR stackSize) { return sizeof(IRP) + (UCHAR)stackSize * sizeof(IO_STACK_LOCATION); }

static void IopInitializeIrp(PIRP irp, USHORT size, CCHAR stackSize)
{
    RtlZeroMemory(irp, size);
    irp->Type = IO_TYPE_IRP;
    irp->Size = size;
    irp->StackCount = stackSize;
    irp->CurrentLocation = stackSize + 1;
    irp->ApcEnvironment = (char)KeGetCurrentThread()->ApcStateIndex;
    InitializeListHead(&irp->ThreadListEntry);
    irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(irp + 1) + stackSize;
}

void IoInitializeIrp(PIRP irp, USHORT size, CCHAR stackSize) { IopInitializeIrp(irp, size, stackSize); }

void IoReuseIrp(PIRP irp, NTSTATUS status)
{
    UCHAR allocation = irp->AllocationFlags;
    USHORT processor = irp->AllocationProcessorNumber;
    IopInitializeIrp(irp, irp->Size, irp->StackCount);
    irp->AllocationFlags = allocation;
    irp->AllocationProcessorNumber = processor;
    irp->IoStatus.Status = status;
}

IOP_FRAME PIRP IopAllocateIrpPrivate(CCHAR stackSize)
{
    if (stackSize < 1) {
        return NULL;
    }
    SIZE_T size = IopSizeOfIrp(stackSize);
    PIRP irp = ExAllocatePoolWithTag(NonPagedPoolNx, size, ' prI');
    if (irp != NULL) {
        IopInitializeIrp(irp, (USHORT)size, stackSize);
        irp->AllocationProcessorNumber = (USHORT)KeGetCurrentProcessorNumber();
    }
    return irp;
}

IOP_FRAME PIRP IoAllocateIrp(CCHAR stackSize, BOOLEAN charge)
{
    UNREFERENCED_PARAMETER(charge);
    return IopAllocateIrpPrivate(stackSize);
}

PIRP IoAllocateIrpEx(PDEVICE_OBJECT device, CCHAR stackSize, BOOLEAN charge)
{
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(charge);
    return IopAllocateIrpPrivate(stackSize);
}

void IoFreeIrp(PIRP irp)
{
    if (irp->Type != IO_TYPE_IRP) {
        KeBugCheckEx(MULTIPLE_IRP_COMPLETE_REQUESTS, (ULONG_PTR)irp, 0x1812, 0, 0);
    }
    irp->Type = 0;      /* a second completion then shows */
    ExFreePoolWithTag(irp, ' prI');
}

/* The list belongs to the thread; APC_LEVEL keeps its own completion APC out. */
void IopQueueThreadIrp(PIRP irp)
{
    PETHREAD thread = PsGetCurrentThread();
    KIRQL old = KeGetCurrentIrql();
    if (old < APC_LEVEL) {
        KeRaiseIrql(APC_LEVEL, &old);
    }
    irp->Tail.Overlay.Thread = thread;
    InsertHeadList(&thread->IrpList, &irp->ThreadListEntry);
    KeLowerIrql(old);
}

void IopDequeueThreadIrp(PIRP irp)
{
    RemoveEntryList(&irp->ThreadListEntry);
    InitializeListHead(&irp->ThreadListEntry);
}
