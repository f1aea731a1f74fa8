/* swenum: a bus without hardware. Windows' module of this name also enumerates devices that exist in
   software only; this one has a control interface of its own (swenum.h), because Windows' is private.

   A child appears, disappears or is asked to go when somebody says so through \Device\SwEnum. What
   its drivers are is none of the bus's business: the PnP manager reads that in the registry. */
#include "bus.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_ADD_DEVICE SwAddDevice;
static DRIVER_DISPATCH SwPnp, SwPower, SwCreateClose;

NTSTATUS SwComplete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS NTAPI SwPnp(PDEVICE_OBJECT device, PIRP irp)
{
    PSW_BUS bus = device->DeviceExtension;
    return bus->IsBus ? SwBusPnp(bus, irp) : SwChildPnp(device->DeviceExtension, irp);
}

/* No power to switch: a child has each state that is asked for; the bus passes on. */
static NTSTATUS NTAPI SwPower(PDEVICE_OBJECT device, PIRP irp)
{
    PSW_BUS bus = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PoStartNextPowerIrp(irp);
    if (bus->IsBus) {
        IoSkipCurrentIrpStackLocation(irp);
        return PoCallDriver(bus->Lower, irp);
    }
    if (stack->MinorFunction != IRP_MN_SET_POWER && stack->MinorFunction != IRP_MN_QUERY_POWER) {
        return SwComplete(irp, irp->IoStatus.Status, irp->IoStatus.Information);
    }
    if (stack->MinorFunction == IRP_MN_SET_POWER) {
        PoSetPowerState(device, stack->Parameters.Power.Type, stack->Parameters.Power.State);
    }
    return SwComplete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI SwCreateClose(PDEVICE_OBJECT device, PIRP irp) { return SwComplete(irp, STATUS_SUCCESS, 0); }

static NTSTATUS NTAPI SwAddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\SwEnum");
    PDEVICE_OBJECT device;
    NTSTATUS status = IoCreateDevice(driver, sizeof(SW_BUS), &name, FILE_DEVICE_BUS_EXTENDER, FILE_DEVICE_SECURE_OPEN,
                                     FALSE, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    PSW_BUS bus = device->DeviceExtension;
    bus->IsBus = TRUE;
    bus->Self = device;
    bus->Pdo = pdo;
    ExInitializeFastMutex(&bus->Lock);
    InitializeListHead(&bus->Children);
    bus->Lower = IoAttachDeviceToDeviceStack(device, pdo);
    if (bus->Lower == NULL) {
        IoDeleteDevice(device);
        return STATUS_NO_SUCH_DEVICE;
    }
    device->Flags &= ~DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    driver->DriverExtension->AddDevice = SwAddDevice;
    driver->MajorFunction[IRP_MJ_CREATE] = SwCreateClose;
    driver->MajorFunction[IRP_MJ_CLEANUP] = SwCreateClose;
    driver->MajorFunction[IRP_MJ_CLOSE] = SwCreateClose;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = SwControl;
    driver->MajorFunction[IRP_MJ_PNP] = SwPnp;
    driver->MajorFunction[IRP_MJ_POWER] = SwPower;
    return STATUS_SUCCESS;
}
