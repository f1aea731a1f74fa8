/* Who wants IRP_MJ_SHUTDOWN, and which file systems registered. */
#include "iop.h"

typedef struct _SHUTDOWN_PACKET {
    LIST_ENTRY ListEntry;
    PDEVICE_OBJECT DeviceObject;
} SHUTDOWN_PACKET, *PSHUTDOWN_PACKET;

static FAST_MUTEX IopShutdownLock;
static LIST_ENTRY IopNotifyShutdownQueueHead = {&IopNotifyShutdownQueueHead, &IopNotifyShutdownQueueHead};
static LIST_ENTRY IopNotifyLastChanceShutdownQueueHead = {&IopNotifyLastChanceShutdownQueueHead,
                                                          &IopNotifyLastChanceShutdownQueueHead};
static LIST_ENTRY IopDiskFileSystemQueueHead = {&IopDiskFileSystemQueueHead, &IopDiskFileSystemQueueHead};

void IopInitializeShutdown(void) { ExInitializeFastMutex(&IopShutdownLock); }

static NTSTATUS IopRegister(PLIST_ENTRY head, PDEVICE_OBJECT device)
{
    PSHUTDOWN_PACKET packet = ExAllocatePoolWithTag(NonPagedPool, sizeof(*packet), 'hSoI');
    if (packet == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    packet->DeviceObject = device;
    ObReferenceObject(device);
    ExAcquireFastMutex(&IopShutdownLock);
    InsertHeadList(head, &packet->ListEntry);   /* last registered, first told */
    device->Flags |= DO_SHUTDOWN_REGISTERED;
    ExReleaseFastMutex(&IopShutdownLock);
    return STATUS_SUCCESS;
}

NTSTATUS IoRegisterShutdownNotification(PDEVICE_OBJECT device)
{
    return IopRegister(&IopNotifyShutdownQueueHead, device);
}

NTSTATUS IoRegisterLastChanceShutdownNotification(PDEVICE_OBJECT device)
{
    return IopRegister(&IopNotifyLastChanceShutdownQueueHead, device);
}

static void IopUnregister(PLIST_ENTRY head, PDEVICE_OBJECT device)
{
    ExAcquireFastMutex(&IopShutdownLock);
    for (PLIST_ENTRY e = head->Flink; e != head;) {
        PSHUTDOWN_PACKET packet = CONTAINING_RECORD(e, SHUTDOWN_PACKET, ListEntry);
        e = e->Flink;
        if (packet->DeviceObject == device) {
            RemoveEntryList(&packet->ListEntry);
            ExFreePoolWithTag(packet, 'hSoI');
            ObDereferenceObject(device);
        }
    }
    ExReleaseFastMutex(&IopShutdownLock);
}

void IoUnregisterShutdownNotification(PDEVICE_OBJECT device)
{
    IopUnregister(&IopNotifyShutdownQueueHead, device);
    IopUnregister(&IopNotifyLastChanceShutdownQueueHead, device);
    device->Flags &= ~DO_SHUTDOWN_REGISTERED;
}

/* The list is kept for tools; volumes are mounted by their own drivers. */
void IoRegisterFileSystem(PDEVICE_OBJECT device)
{
    ExAcquireFastMutex(&IopShutdownLock);
    InsertHeadList(&IopDiskFileSystemQueueHead, &device->Queue.ListEntry);
    device->ReferenceCount++;
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    ExReleaseFastMutex(&IopShutdownLock);
}

void IoUnregisterFileSystem(PDEVICE_OBJECT device)
{
    ExAcquireFastMutex(&IopShutdownLock);
    RemoveEntryList(&device->Queue.ListEntry);
    device->ReferenceCount--;
    ExReleaseFastMutex(&IopShutdownLock);
}

static void IopShutdownQueue(PLIST_ENTRY head)
{
    for (;;) {
        ExAcquireFastMutex(&IopShutdownLock);
        PSHUTDOWN_PACKET packet =
            IsListEmpty(head) ? NULL : CONTAINING_RECORD(RemoveHeadList(head), SHUTDOWN_PACKET, ListEntry);
        ExReleaseFastMutex(&IopShutdownLock);
        if (packet == NULL) {
            return;
        }
        KEVENT event ON_STACK;
        IO_STATUS_BLOCK iosb ON_STACK;
        PDEVICE_OBJECT device = IoGetAttachedDevice(packet->DeviceObject);
        KeInitializeEvent(&event, NotificationEvent, FALSE);
        PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_SHUTDOWN, device, NULL, 0, NULL, &event, &iosb);
        if (irp != NULL && IofCallDriver(device, irp) == STATUS_PENDING) {
            KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        }
        ObDereferenceObject(packet->DeviceObject);
        ExFreePoolWithTag(packet, 'hSoI');
    }
}

IOP_FRAME void IoShutdownSystem(void)
{
    IopShutdownQueue(&IopNotifyShutdownQueueHead);
    IopShutdownQueue(&IopNotifyLastChanceShutdownQueueHead);
}
