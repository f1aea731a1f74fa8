/* leaked-critical-region: keeps a number that a thread of the driver changes and reads by device controls.

   A critical region keeps APCs out while the number is changed. One way through the dispatch routine
   returns without leaving it. With FIXED=1 it leaves first. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"

#define IOCTL_GAUGE_SET CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_GAUGE_GET CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define HIGHEST 1000

typedef struct _GAUGE {
    ULONG Value;
    PDEVICE_OBJECT Device;
    PVOID Thread;
} GAUGE, *PGAUGE;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;
DRIVER_DISPATCH GaugeDeviceControl;

NTSTATUS NTAPI GaugeDeviceControl(PDEVICE_OBJECT device, PIRP irp)
{
    PGAUGE gauge = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PULONG value = irp->AssociatedIrp.SystemBuffer;
    ULONG_PTR bytes = 0;

    KeEnterCriticalRegion();
    if (stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_GAUGE_GET) {
        *value = gauge->Value;
        bytes = sizeof(*value);
    } else if (*value > HIGHEST) {
        /* =====================================================================================
           WRONG ON PURPOSE (unless FIXED): the short way out forgets the critical region. The
           caller's thread gets no normal kernel APCs from now on.
           ===================================================================================== */
#if FIXED
        KeLeaveCriticalRegion();
#endif
        return IrpComplete(irp, STATUS_INVALID_PARAMETER, 0);
    } else {
        gauge->Value = *value;
    }
    KeLeaveCriticalRegion();
    return IrpComplete(irp, STATUS_SUCCESS, bytes);
}

DECLSPEC_NOINLINE static NTSTATUS GaugeAsk(PGAUGE gauge, ULONG code, PULONG value)
{
    ULONG in = code == IOCTL_GAUGE_SET ? sizeof(*value) : 0;

    return DeviceControl(gauge->Device, code, value, in, value, sizeof(*value) - in);
}

/* Sets 40, tries to set 2000, which is too much, and reads 40. */
DECLSPEC_NOINLINE static VOID NTAPI GaugeThread(PVOID context)
{
    PGAUGE gauge = context;
    ULONG value = 40, tooMuch = 2 * HIGHEST, now = 0;
    NTSTATUS status = GaugeAsk(gauge, IOCTL_GAUGE_SET, &value);

    if (NT_SUCCESS(status) && GaugeAsk(gauge, IOCTL_GAUGE_SET, &tooMuch) != STATUS_INVALID_PARAMETER) {
        status = STATUS_UNSUCCESSFUL;
    }
    if (NT_SUCCESS(status)) {
        status = GaugeAsk(gauge, IOCTL_GAUGE_GET, &now);
    }
    if (NT_SUCCESS(status) && now == 40 && !KeAreApcsDisabled()) {
        DbgPrint("leaked-critical-region: done\n");
    } else {
        DbgPrint("leaked-critical-region: failed: %u read: 0x%08lx\n", now, status);
    }
    PsTerminateSystemThread(status);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PGAUGE gauge = driver->DeviceObject->DeviceExtension;

    ThreadWait(gauge->Thread);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(GAUGE), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PGAUGE gauge = device->DeviceExtension;
    gauge->Device = device;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = GaugeDeviceControl;
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(GaugeThread, gauge, &gauge->Thread);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
