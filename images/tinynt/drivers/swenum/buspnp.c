/* The bus itself: what PnP asks of its function device. */
#include "bus.h"

/* A child that is plugged in is listed, with a reference; one that is not counts as missing. */
static NTSTATUS SwRelations(PSW_BUS bus, PDEVICE_RELATIONS *result)
{
    ULONG count = 0;
    ExAcquireFastMutex(&bus->Lock);
    for (PLIST_ENTRY e = bus->Children.Flink; e != &bus->Children; e = e->Flink) {
        count++;
    }
    PDEVICE_RELATIONS relations =
        ExAllocatePoolWithTag(NonPagedPool, sizeof(*relations) + count * sizeof(PVOID), SWENUM_TAG);
    if (relations != NULL) {
        relations->Count = 0;
        for (PLIST_ENTRY e = bus->Children.Flink; e != &bus->Children; e = e->Flink) {
            PSW_CHILD child = CONTAINING_RECORD(e, SW_CHILD, Link);
            child->Reported = child->Present;
            if (child->Present) {
                ObReferenceObject(child->Self);
                relations->Objects[relations->Count++] = child->Self;
            }
        }
    }
    ExReleaseFastMutex(&bus->Lock);
    *result = relations;
    return relations != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS SwRemoveBus(PSW_BUS bus, PIRP irp)
{
    irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(irp);
    NTSTATUS status = IoCallDriver(bus->Lower, irp);
    IoDetachDevice(bus->Lower);
    while (!IsListEmpty(&bus->Children)) {
        IoDeleteDevice(CONTAINING_RECORD(RemoveHeadList(&bus->Children), SW_CHILD, Link)->Self);
    }
    IoDeleteDevice(bus->Self);
    return status;
}

NTSTATUS SwBusPnp(PSW_BUS bus, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PDEVICE_RELATIONS relations;
    NTSTATUS status;
    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        status = IoForwardIrpSynchronously(bus->Lower, irp) ? irp->IoStatus.Status : STATUS_UNSUCCESSFUL;
        return SwComplete(irp, status, 0);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        if (stack->Parameters.QueryDeviceRelations.Type == BusRelations) {
            status = SwRelations(bus, &relations);
            if (!NT_SUCCESS(status)) {
                return SwComplete(irp, status, 0);
            }
            irp->IoStatus.Status = status;
            irp->IoStatus.Information = (ULONG_PTR)relations;
        }
        break;
    case IRP_MN_REMOVE_DEVICE: return SwRemoveBus(bus, irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL: irp->IoStatus.Status = STATUS_SUCCESS; break;
    }
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(bus->Lower, irp);
}
