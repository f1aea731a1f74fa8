/* PnP requests: always to the top of the stack, always waited for, at PASSIVE_LEVEL. */
#include "pnpp.h"

IOP_FRAME NTSTATUS IopSynchronousCall(PDEVICE_OBJECT device, PIO_STACK_LOCATION top, NTSTATUS initial,
                                      ULONG_PTR *information)
{
    KEVENT event ON_STACK;
    IO_STATUS_BLOCK iosb ON_STACK;
    PDEVICE_OBJECT target = IoGetAttachedDeviceReference(device);
    PIRP irp = IoAllocateIrp(target->StackSize, FALSE);
    if (irp == NULL) {
        ObDereferenceObject(target);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(&iosb, sizeof(iosb));
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    irp->UserIosb = &iosb;
    irp->UserEvent = &event;
    irp->IoStatus.Status = initial;
    if (information != NULL) {
        irp->IoStatus.Information = *information;
    }
    *IoGetNextIrpStackLocation(irp) = *top;
    IopQueueThreadIrp(irp);
    NTSTATUS status = IofCallDriver(target, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = iosb.Status;
    }
    if (information != NULL) {
        *information = iosb.Information;
    }
    ObDereferenceObject(target);
    return status;
}

static IO_STACK_LOCATION PnpRequest(UCHAR minor)
{
    IO_STACK_LOCATION top;
    RtlZeroMemory(&top, sizeof(top));
    top.MajorFunction = IRP_MJ_PNP;
    top.MinorFunction = minor;
    return top;
}

NTSTATUS PnpQueryDeviceRelations(PDEVICE_OBJECT pdo, PDEVICE_RELATIONS *relations)
{
    IO_STACK_LOCATION top = PnpRequest(IRP_MN_QUERY_DEVICE_RELATIONS);
    ULONG_PTR information = 0;
    top.Parameters.QueryDeviceRelations.Type = BusRelations;
    NTSTATUS status = IopSynchronousCall(pdo, &top, STATUS_NOT_SUPPORTED, &information);
    *relations = NT_SUCCESS(status) ? (PVOID)information : NULL;
    return status;
}

NTSTATUS PnpIrpQueryID(PDEVICE_OBJECT pdo, ULONG type, PWSTR *id)
{
    IO_STACK_LOCATION top = PnpRequest(IRP_MN_QUERY_ID);
    ULONG_PTR information = 0;
    top.Parameters.QueryId.IdType = type;
    NTSTATUS status = IopSynchronousCall(pdo, &top, STATUS_NOT_SUPPORTED, &information);
    *id = NT_SUCCESS(status) ? (PVOID)information : NULL;
    return NT_SUCCESS(status) && *id == NULL ? STATUS_UNSUCCESSFUL : status;
}

NTSTATUS PpIrpQueryCapabilities(PDEVICE_OBJECT pdo, struct _DEVICE_CAPABILITIES *capabilities)
{
    IO_STACK_LOCATION top = PnpRequest(IRP_MN_QUERY_CAPABILITIES);
    RtlZeroMemory(capabilities, sizeof(*capabilities));
    capabilities->Size = sizeof(*capabilities);
    capabilities->Version = 1;
    capabilities->Address = capabilities->UINumber = 0xFFFFFFFF;
    top.Parameters.DeviceCapabilities.Capabilities = capabilities;
    return IopSynchronousCall(pdo, &top, STATUS_NOT_SUPPORTED, NULL);
}

/* No device here needs resources: both lists are NULL. */
IOP_FRAME NTSTATUS PnpStartDevice(PDEVICE_OBJECT pdo)
{
    IO_STACK_LOCATION top = PnpRequest(IRP_MN_START_DEVICE);
    return IopSynchronousCall(pdo, &top, STATUS_NOT_SUPPORTED, NULL);
}

/* Query remove, cancel, surprise removal, remove, eject. */
IOP_FRAME NTSTATUS IopRemoveDevice(PDEVICE_OBJECT pdo, UCHAR minor)
{
    IO_STACK_LOCATION top = PnpRequest(minor);
    return IopSynchronousCall(pdo, &top, STATUS_NOT_SUPPORTED, NULL);
}
