/* pass-through: an upper filter that does nothing but pass requests on. Nothing is wrong with it; it
   stands between a device's function driver and whoever sends requests, as filters do.

   Both builds of it are the same. */
#include <ntddk.h>
#include "../include/device.h"
#include "../include/pnp.h"

typedef struct _FILTER {
    PDEVICE_OBJECT Lower;
} FILTER, *PFILTER;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;
static DRIVER_ADD_DEVICE FilterAddDevice;
static DRIVER_DISPATCH FilterDispatch, FilterPower, FilterPnp;

/* A completion routine hands on that the request was pending. */
DECLSPEC_NOINLINE static NTSTATUS NTAPI FilterPowerDone(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    if (irp->PendingReturned) {
        IoMarkIrpPending(irp);
    }
    if (stack->MinorFunction == IRP_MN_SET_POWER && stack->Parameters.Power.Type == SystemPowerState &&
        NT_SUCCESS(irp->IoStatus.Status)) {
        DbgPrint("pass-through: done\n");
    }
    return STATUS_CONTINUE_COMPLETION;
}

DECLSPEC_NOINLINE static NTSTATUS NTAPI FilterPower(PDEVICE_OBJECT device, PIRP irp)
{
    PFILTER filter = device->DeviceExtension;

    PoStartNextPowerIrp(irp);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, FilterPowerDone, NULL, TRUE, TRUE, TRUE);
    return PoCallDriver(filter->Lower, irp);
}

DECLSPEC_NOINLINE static NTSTATUS NTAPI FilterDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    PFILTER filter = device->DeviceExtension;

    return IrpForward(filter->Lower, irp);
}

DECLSPEC_NOINLINE static NTSTATUS NTAPI FilterPnp(PDEVICE_OBJECT device, PIRP irp)
{
    PFILTER filter = device->DeviceExtension;

    if (IoGetCurrentIrpStackLocation(irp)->MinorFunction == IRP_MN_REMOVE_DEVICE) {
        return PnpRemove(device, filter->Lower, irp);
    }
    return FilterDispatch(device, irp);
}

static NTSTATUS NTAPI FilterAddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(FILTER), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PFILTER filter = device->DeviceExtension;
    status = PnpAttach(device, pdo, DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE, &filter->Lower);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver) {}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
        driver->MajorFunction[i] = FilterDispatch;
    }
    driver->MajorFunction[IRP_MJ_POWER] = FilterPower;
    driver->MajorFunction[IRP_MJ_PNP] = FilterPnp;
    driver->DriverExtension->AddDevice = FilterAddDevice;
    driver->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
