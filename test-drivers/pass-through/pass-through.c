/* pass-through: an upper filter that does nothing but pass requests on. Nothing is wrong with it; it
   stands between a device's function driver and whoever sends requests, as filters do.

   Both builds of it are the same. */
#include <ntddk.h>

typedef struct _FILTER {
    PDEVICE_OBJECT Self, Lower;
} FILTER, *PFILTER;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;
static DRIVER_ADD_DEVICE FilterAddDevice;
static DRIVER_DISPATCH FilterDispatch, FilterPower, FilterPnp;

/* A completion routine hands on that the request was pending. */
DECLSPEC_NOINLINE static NTSTATUS NTAPI FilterPowerDone(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    if (irp->PendingReturned)
        IoMarkIrpPending(irp);
    if (stack->MinorFunction == IRP_MN_SET_POWER && stack->Parameters.Power.Type == SystemPowerState && NT_SUCCESS(irp->IoStatus.Status))
        DbgPrint("pass-through: done\n");
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

    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(filter->Lower, irp);
}

DECLSPEC_NOINLINE static NTSTATUS NTAPI FilterPnp(PDEVICE_OBJECT device, PIRP irp)
{
    PFILTER filter = device->DeviceExtension;

    if (IoGetCurrentIrpStackLocation(irp)->MinorFunction != IRP_MN_REMOVE_DEVICE)
        return FilterDispatch(device, irp);
    IoSkipCurrentIrpStackLocation(irp);
    NTSTATUS status = IoCallDriver(filter->Lower, irp);
    IoDetachDevice(filter->Lower);
    IoDeleteDevice(filter->Self);
    return status;
}

static NTSTATUS NTAPI FilterAddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDevice(driver, sizeof(FILTER), NULL, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);

    if (!NT_SUCCESS(status))
        return status;
    PFILTER filter = device->DeviceExtension;
    filter->Self = device;
    filter->Lower = IoAttachDeviceToDeviceStack(device, pdo);
    if (!filter->Lower) {
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    device->Flags |= filter->Lower->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO | DO_POWER_PAGABLE);
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = FilterDispatch;
    driver->MajorFunction[IRP_MJ_POWER] = FilterPower;
    driver->MajorFunction[IRP_MJ_PNP] = FilterPnp;
    driver->DriverExtension->AddDevice = FilterAddDevice;
    driver->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
