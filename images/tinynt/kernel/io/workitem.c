/* Work items of drivers: they keep their device (or driver) alive until they have run. */
#include "iop.h"

typedef void (*PIO_WORKITEM_ROUTINE)(PDEVICE_OBJECT object, PVOID context);
typedef void (*PIO_WORKITEM_ROUTINE_EX)(PVOID object, PVOID context, PVOID item);

typedef struct _IO_WORKITEM {
    WORK_QUEUE_ITEM WorkItem;
    PVOID Routine;
    PVOID IoObject;
    PVOID Context;
    PETHREAD WorkOnBehalfThread;
    ULONG Type;         /* 1: the extended routine */
} IO_WORKITEM, *PIO_WORKITEM;

static IOP_FRAME void IopProcessWorkItem(PVOID parameter)
{
    PIO_WORKITEM item = parameter;
    PVOID object = item->IoObject;
    if (item->Type == 1) {
        ((PIO_WORKITEM_ROUTINE_EX)item->Routine)(object, item->Context, item);
    } else {
        ((PIO_WORKITEM_ROUTINE)item->Routine)(object, item->Context);
    }
    ObDereferenceObject(object);    /* the item itself may be freed by now */
}

ULONG IoSizeofWorkItem(void) { return sizeof(IO_WORKITEM); }

void IoInitializeWorkItem(PVOID object, PIO_WORKITEM item)
{
    RtlZeroMemory(item, sizeof(*item));
    item->IoObject = object;
    ExInitializeWorkItem(&item->WorkItem, IopProcessWorkItem, item);
}

void IoUninitializeWorkItem(PIO_WORKITEM item) { UNREFERENCED_PARAMETER(item); }

PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT device)
{
    PIO_WORKITEM item = ExAllocatePoolWithTag(NonPagedPool, sizeof(*item), '  oI');
    if (item != NULL) {
        IoInitializeWorkItem(device, item);
    }
    return item;
}

void IoFreeWorkItem(PIO_WORKITEM item) { ExFreePoolWithTag(item, '  oI'); }

static void IopQueueWorkItemProlog(PIO_WORKITEM item, PVOID routine, WORK_QUEUE_TYPE queue, PVOID context, ULONG type)
{
    ObReferenceObject(item->IoObject);
    item->Routine = routine;
    item->Context = context;
    item->Type = type;
    ExQueueWorkItem(&item->WorkItem, queue);
}

void IoQueueWorkItem(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE routine, WORK_QUEUE_TYPE queue, PVOID context)
{
    IopQueueWorkItemProlog(item, (PVOID)routine, queue, context, 0);
}

void IoQueueWorkItemEx(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE_EX routine, WORK_QUEUE_TYPE queue, PVOID context)
{
    IopQueueWorkItemProlog(item, (PVOID)routine, queue, context, 1);
}
