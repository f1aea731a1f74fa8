/* A child: what PnP asks of the physical device. */
#include "bus.h"
#include <ntstrsafe.h>

static NTSTATUS SwQueryId(PSW_CHILD child, BUS_QUERY_ID_TYPE type, PIRP irp)
{
    SIZE_T chars = SWENUM_NAME_CHARS + 8;
    if (type != BusQueryDeviceID && type != BusQueryHardwareIDs && type != BusQueryInstanceID) {
        return SwComplete(irp, irp->IoStatus.Status, irp->IoStatus.Information);
    }
    PWSTR id = ExAllocatePoolWithTag(PagedPool, chars * sizeof(WCHAR), SWENUM_TAG);
    if (id == NULL) {
        return SwComplete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    RtlZeroMemory(id, chars * sizeof(WCHAR));       /* a list ends with two zeroes */
    if (type == BusQueryInstanceID) {
        RtlStringCchCopyW(id, chars, L"0");
    } else {
        RtlStringCchPrintfW(id, chars, L"SW\\%ws", child->Name);
    }
    return SwComplete(irp, STATUS_SUCCESS, (ULONG_PTR)id);
}

static NTSTATUS SwQueryCapabilities(PDEVICE_CAPABILITIES capabilities, PIRP irp)
{
    if (capabilities->Version != 1 || capabilities->Size < sizeof(*capabilities)) {
        return SwComplete(irp, STATUS_UNSUCCESSFUL, 0);
    }
    capabilities->Removable = TRUE;
    capabilities->EjectSupported = TRUE;
    capabilities->SurpriseRemovalOK = TRUE;
    capabilities->UniqueID = TRUE;
    capabilities->DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (ULONG s = PowerSystemSleeping1; s < PowerSystemMaximum; s++) {
        capabilities->DeviceState[s] = PowerDeviceD3;
    }
    return SwComplete(irp, STATUS_SUCCESS, 0);
}

/* The device goes for good only once it is not plugged in and was reported missing. */
static NTSTATUS SwRemoveChild(PSW_CHILD child, PIRP irp)
{
    PSW_BUS bus = child->Bus;
    child->Started = FALSE;
    ExAcquireFastMutex(&bus->Lock);
    BOOLEAN gone = !child->Present && !child->Reported;
    if (gone) {
        RemoveEntryList(&child->Link);
    }
    child->Failed = child->Present;
    ExReleaseFastMutex(&bus->Lock);
    NTSTATUS status = SwComplete(irp, STATUS_SUCCESS, 0);
    if (gone) {
        IoDeleteDevice(child->Self);
    }
    return status;
}

static NTSTATUS SwTargetRelation(PSW_CHILD child, PIRP irp)
{
    PDEVICE_RELATIONS relations = ExAllocatePoolWithTag(PagedPool, sizeof(*relations), SWENUM_TAG);
    if (relations == NULL) {
        return SwComplete(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    }
    ObReferenceObject(child->Self);
    relations->Count = 1;
    relations->Objects[0] = child->Self;
    return SwComplete(irp, STATUS_SUCCESS, (ULONG_PTR)relations);
}

NTSTATUS SwChildPnp(PSW_CHILD child, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
        child->Started = TRUE;
        child->Failed = FALSE;
        return SwComplete(irp, STATUS_SUCCESS, 0);
    case IRP_MN_QUERY_ID: return SwQueryId(child, stack->Parameters.QueryId.IdType, irp);
    case IRP_MN_QUERY_CAPABILITIES: return SwQueryCapabilities(stack->Parameters.DeviceCapabilities.Capabilities, irp);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        if (stack->Parameters.QueryDeviceRelations.Type == TargetDeviceRelation) {
            return SwTargetRelation(child, irp);
        }
        break;
    case IRP_MN_REMOVE_DEVICE: return SwRemoveChild(child, irp);
    case IRP_MN_EJECT: child->Present = child->Failed = FALSE; return SwComplete(irp, STATUS_SUCCESS, 0);
    case IRP_MN_SURPRISE_REMOVAL: child->Started = FALSE; return SwComplete(irp, STATUS_SUCCESS, 0);
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE: return SwComplete(irp, STATUS_SUCCESS, 0);
    }
    return SwComplete(irp, irp->IoStatus.Status, irp->IoStatus.Information);
}
