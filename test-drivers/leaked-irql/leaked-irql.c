/* leaked-irql: counts samples; a thread of the driver adds some and reads the sum, by device controls.

   A spin lock in the device extension guards the sum. One way through the dispatch routine returns
   with the lock held, at DISPATCH_LEVEL. With FIXED=1 it releases the lock first. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"

#define IOCTL_SAMPLE_ADD CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_SAMPLE_READ CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define SAMPLES 16

typedef struct _SAMPLER {
    KSPIN_LOCK Lock;
    ULONG Sum, Unread;
    PDEVICE_OBJECT Device;
    PVOID Thread;
} SAMPLER, *PSAMPLER;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;
DRIVER_DISPATCH SamplerDeviceControl;

NTSTATUS NTAPI SamplerDeviceControl(PDEVICE_OBJECT device, PIRP irp)
{
    PSAMPLER sampler = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PULONG value = irp->AssociatedIrp.SystemBuffer;
    ULONG_PTR bytes = 0;
    KIRQL irql;

    KeAcquireSpinLock(&sampler->Lock, &irql);
    if (stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_SAMPLE_ADD) {
        sampler->Sum += *value;
        sampler->Unread++;
    } else if (sampler->Unread == 0) {
        /* =====================================================================================
           WRONG ON PURPOSE (unless FIXED): nothing new to read, and the short way out forgets
           the lock. The caller is continued at DISPATCH_LEVEL.
           ===================================================================================== */
#if FIXED
        KeReleaseSpinLock(&sampler->Lock, irql);
#endif
        return IrpComplete(irp, STATUS_NO_MORE_ENTRIES, 0);
    } else {
        *value = sampler->Sum;
        sampler->Unread = 0;
        bytes = sizeof(*value);
    }
    KeReleaseSpinLock(&sampler->Lock, irql);
    return IrpComplete(irp, STATUS_SUCCESS, bytes);
}

DECLSPEC_NOINLINE static NTSTATUS SamplerAsk(PSAMPLER sampler, ULONG code, PULONG value)
{
    ULONG in = code == IOCTL_SAMPLE_ADD ? sizeof(*value) : 0;

    return DeviceControl(sampler->Device, code, value, in, value, sizeof(*value) - in);
}

/* Adds 1 + 2 + … + 16, reads the sum, and reads once more: then there is nothing new. */
DECLSPEC_NOINLINE static VOID NTAPI SamplerThread(PVOID context)
{
    PSAMPLER sampler = context;
    ULONG sum = 0, again = 0;
    NTSTATUS status = STATUS_SUCCESS;

    for (ULONG i = 1; i <= SAMPLES && NT_SUCCESS(status); i++) {
        ULONG sample = i;
        status = SamplerAsk(sampler, IOCTL_SAMPLE_ADD, &sample);
    }
    if (NT_SUCCESS(status)) {
        status = SamplerAsk(sampler, IOCTL_SAMPLE_READ, &sum);
    }
    if (NT_SUCCESS(status) && sum != SAMPLES * (SAMPLES + 1) / 2) {
        status = STATUS_DATA_ERROR;
    }
    if (NT_SUCCESS(status) && SamplerAsk(sampler, IOCTL_SAMPLE_READ, &again) != STATUS_NO_MORE_ENTRIES) {
        status = STATUS_UNSUCCESSFUL;
    }
    if (NT_SUCCESS(status) && KeGetCurrentIrql() != PASSIVE_LEVEL) {
        status = STATUS_INVALID_LEVEL;
    }
    if (NT_SUCCESS(status)) {
        DbgPrint("leaked-irql: done\n");
    } else {
        DbgPrint("leaked-irql: failed: sum %u: 0x%08lx\n", sum, status);
    }
    PsTerminateSystemThread(status);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PSAMPLER sampler = driver->DeviceObject->DeviceExtension;

    ThreadWait(sampler->Thread);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(SAMPLER), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PSAMPLER sampler = device->DeviceExtension;
    KeInitializeSpinLock(&sampler->Lock);
    sampler->Device = device;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = SamplerDeviceControl;
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(SamplerThread, sampler, &sampler->Thread);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
