/* File objects: closing, deleting, naming. */
#include "iop.h"

/* IRPs without a result for anybody: IRP_MJ_CLEANUP and IRP_MJ_CLOSE. */
static void IopSendClose(PFILE_OBJECT file, UCHAR major)
{
    KEVENT event ON_STACK;
    IO_STATUS_BLOCK iosb ON_STACK;
    PDEVICE_OBJECT device = IoGetRelatedDeviceObject(file);
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    if (irp == NULL) {
        return;
    }
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    irp->Flags = IRP_SYNCHRONOUS_API | IRP_CLOSE_OPERATION;
    irp->UserIosb = &iosb;
    irp->UserEvent = &event;
    irp->Tail.Overlay.OriginalFileObject = file;
    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = major;
    stack->FileObject = file;
    IopQueueThreadIrp(irp);
    if (IofCallDriver(device, irp) == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
    }
    KIRQL old;
    KeRaiseIrql(max(KeGetCurrentIrql(), APC_LEVEL), &old);
    IopDequeueThreadIrp(irp);
    KeLowerIrql(old);
    IoFreeIrp(irp);
}

/* A handle was closed; the last one means that nobody can start anything new on the file. */
IOP_FRAME void IopCloseFile(PEPROCESS process, PVOID object, ULONG64 processHandleCount, ULONG64 systemHandleCount)
{
    UNREFERENCED_PARAMETER(process);
    UNREFERENCED_PARAMETER(processHandleCount);
    PFILE_OBJECT file = object;
    if (systemHandleCount != 1 || file->DeviceObject == NULL) {
        return;
    }
    if (file->Flags & FO_SYNCHRONOUS_IO) {
        IopAcquireFileObjectLock(file);
    }
    KeClearEvent(&file->Event);
    IopSendClose(file, IRP_MJ_CLEANUP);
    if (file->Flags & FO_SYNCHRONOUS_IO) {
        IopReleaseFileObjectLock(file);
    }
}

/* The last reference is gone. */
IOP_FRAME void IopDeleteFile(PVOID object)
{
    PFILE_OBJECT file = object;
    PDEVICE_OBJECT device = file->DeviceObject;
    if (device != NULL) {
        if (!(file->Flags & FO_HANDLE_CREATED)) {
            IopSendClose(file, IRP_MJ_CLEANUP);     /* opened, but no handle ever was */
        }
        IopSendClose(file, IRP_MJ_CLOSE);
        if (file->Vpb != NULL) {
            ATOMIC_DEC(&file->Vpb->ReferenceCount);
        }
    }
    if (file->FileName.Buffer != NULL) {
        ExFreePool(file->FileName.Buffer);
    }
    if (device != NULL) {
        IopDecrementDeviceObjectRef(device);
        ObDereferenceObject(device);
    }
}

/* Device name, then the file's own. */
NTSTATUS IopQueryName(PVOID object, BOOLEAN hasName, PVOID info, ULONG length, PULONG needed, KPROCESSOR_MODE mode)
{
    UNREFERENCED_PARAMETER(hasName);
    UNREFERENCED_PARAMETER(mode);
    PFILE_OBJECT file = object;
    PUNICODE_STRING out = info;
    if (length < sizeof(*out)) {
        *needed = sizeof(*out);
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    NTSTATUS status = ObQueryNameString(file->DeviceObject, info, length, needed);
    ULONG device = *needed > sizeof(*out) ? *needed - sizeof(*out) - sizeof(WCHAR) : 0;
    *needed = sizeof(*out) + device + file->FileName.Length + sizeof(WCHAR);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (length < *needed) {
        return STATUS_BUFFER_OVERFLOW;
    }
    out->Buffer = (PWSTR)(out + 1);
    memcpy((PUCHAR)out->Buffer + device, file->FileName.Buffer, file->FileName.Length);
    out->Length = (USHORT)(device + file->FileName.Length);
    out->MaximumLength = out->Length + sizeof(WCHAR);
    out->Buffer[out->Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}
