/* Device stacks: a device attached to another sees its IRPs first. */
#include "iop.h"

PDEVICE_OBJECT IoGetAttachedDevice(PDEVICE_OBJECT device)
{
    while (device->AttachedDevice != NULL) {
        device = device->AttachedDevice;
    }
    return device;
}

PDEVICE_OBJECT IoGetAttachedDeviceReference(PDEVICE_OBJECT device)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&IopDatabaseLock);
    device = IoGetAttachedDevice(device);
    ObReferenceObject(device);
    KeReleaseSpinLock(&IopDatabaseLock, old);
    return device;
}

/* `attachedTo` may be NULL; it is set before any IRP can arrive. */
static PDEVICE_OBJECT IopAttachDeviceToDeviceStackSafe(PDEVICE_OBJECT source, PDEVICE_OBJECT target,
                                                       PDEVICE_OBJECT *attachedTo)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&IopDatabaseLock);
    PDEVICE_OBJECT top = IoGetAttachedDevice(target);
    if ((top->Flags & DO_DEVICE_INITIALIZING) ||
        (top->DeviceObjectExtension->ExtensionFlags & (DOE_UNLOAD_PENDING | DOE_DELETE_PENDING))) {
        top = NULL;
    } else {
        source->StackSize = top->StackSize + 1;
        source->AlignmentRequirement = top->AlignmentRequirement;
        source->SectorSize = top->SectorSize;
        source->DeviceObjectExtension->AttachedTo = top;
        if (attachedTo != NULL) {
            *attachedTo = top;
        }
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        top->AttachedDevice = source;
    }
    KeReleaseSpinLock(&IopDatabaseLock, old);
    return top;
}

PDEVICE_OBJECT IoAttachDeviceToDeviceStack(PDEVICE_OBJECT source, PDEVICE_OBJECT target)
{
    return IopAttachDeviceToDeviceStackSafe(source, target, NULL);
}

NTSTATUS IoAttachDeviceToDeviceStackSafe(PDEVICE_OBJECT source, PDEVICE_OBJECT target, PDEVICE_OBJECT *attachedTo)
{
    return IopAttachDeviceToDeviceStackSafe(source, target, attachedTo) != NULL ? STATUS_SUCCESS
                                                                                : STATUS_NO_SUCH_DEVICE;
}

NTSTATUS IoAttachDevice(PDEVICE_OBJECT source, PUNICODE_STRING target, PDEVICE_OBJECT *attachedTo)
{
    PFILE_OBJECT file;
    PDEVICE_OBJECT device;
    *attachedTo = NULL;
    NTSTATUS status = IoGetDeviceObjectPointer(target, 0x80, &file, &device);
    if (NT_SUCCESS(status)) {
        status = IoAttachDeviceToDeviceStackSafe(source, device, attachedTo);
        ObDereferenceObject(file);
    }
    return status;
}

/* `target` is the lower device: what is attached to it goes. */
void IoDetachDevice(PDEVICE_OBJECT target)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&IopDatabaseLock);
    PDEVICE_OBJECT source = target->AttachedDevice;
    if (source != NULL) {
        source->DeviceObjectExtension->AttachedTo = NULL;
        target->AttachedDevice = NULL;
    }
    BOOLEAN finish = target->ReferenceCount == 0 &&
                     (target->DeviceObjectExtension->ExtensionFlags & (DOE_UNLOAD_PENDING | DOE_DELETE_PENDING));
    KeReleaseSpinLock(&IopDatabaseLock, old);
    if (finish) {
        IopCompleteUnloadOrDelete(target);
    }
}

PDEVICE_OBJECT IoGetLowerDeviceObject(PDEVICE_OBJECT device)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&IopDatabaseLock);
    PDEVICE_OBJECT lower = device->DeviceObjectExtension->AttachedTo;
    if (lower != NULL) {
        ObReferenceObject(lower);
    }
    KeReleaseSpinLock(&IopDatabaseLock, old);
    return lower;
}

PDEVICE_OBJECT IoGetDeviceAttachmentBaseRef(PDEVICE_OBJECT device)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&IopDatabaseLock);
    while (device->DeviceObjectExtension->AttachedTo != NULL) {
        device = device->DeviceObjectExtension->AttachedTo;
    }
    ObReferenceObject(device);
    KeReleaseSpinLock(&IopDatabaseLock, old);
    return device;
}

/* Where a request on this file goes: the top of the file system's stack, or of the device's. */
PDEVICE_OBJECT IoGetRelatedDeviceObject(PFILE_OBJECT file)
{
    PDEVICE_OBJECT device = file->DeviceObject;
    if (file->Vpb != NULL && file->Vpb->DeviceObject != NULL) {
        device = file->Vpb->DeviceObject;
    } else if (!(file->Flags & FO_DIRECT_DEVICE_OPEN) && device->Vpb != NULL && device->Vpb->DeviceObject != NULL) {
        device = device->Vpb->DeviceObject;
    }
    return IoGetAttachedDevice(device);
}

NTSTATUS ZwOpenFile(PHANDLE h, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PIO_STATUS_BLOCK iosb, ULONG share,
                    ULONG options);
NTSTATUS ZwClose(HANDLE h);

IOP_FRAME NTSTATUS IoGetDeviceObjectPointer(PUNICODE_STRING name, ACCESS_MASK access, PFILE_OBJECT *file,
                                            PDEVICE_OBJECT *device)
{
    OBJECT_ATTRIBUTES oa = {0};
    IO_STATUS_BLOCK iosb ON_STACK;
    HANDLE handle;
    oa.Length = sizeof(oa);
    oa.ObjectName = name;
    oa.Attributes = OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE;
    NTSTATUS status = ZwOpenFile(&handle, access, &oa, &iosb, 0, 0x40 /* FILE_NON_DIRECTORY_FILE */);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = ObReferenceObjectByHandle(handle, 0, IopFileObjectType, KernelMode, (PVOID *)file, NULL);
    if (NT_SUCCESS(status)) {
        *device = IoGetRelatedDeviceObject(*file);
    }
    ZwClose(handle);
    return status;
}
