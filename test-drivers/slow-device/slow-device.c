/* slow-device: a device that answers requests at once or later (slow-device.h), for other test
   drivers to talk to. Nothing is wrong with it; its fixed twin is the same driver. It says that it
   is done each time it has answered everything it was asked. */
#include <ntifs.h>
#include "../include/device.h"
#include "slow-device.h"

typedef struct _SLOW {
    PIRP volatile Pending;
    KTIMER Timer;
    KDPC Dpc;
} SLOW, *PSLOW;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

/* The output is in the system buffer already: it is the input. */
DECLSPEC_NOINLINE static NTSTATUS SlowComplete(PIRP irp, NTSTATUS status)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG bytes = 0;

    if (NT_SUCCESS(status) && stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        bytes = min(stack->Parameters.DeviceIoControl.InputBufferLength,
                    stack->Parameters.DeviceIoControl.OutputBufferLength);
    }
    return IrpComplete(irp, status, bytes);
}

DECLSPEC_NOINLINE static VOID NTAPI SlowTimerDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    PSLOW slow = context;
    PIRP irp = InterlockedExchangePointer((PVOID *)&slow->Pending, NULL);

    if (irp != NULL) {
        SlowComplete(irp, STATUS_SUCCESS);
        DbgPrint("slow-device: done\n");
    }
}

static NTSTATUS SlowStart(PSLOW slow, PIRP irp)
{
    LARGE_INTEGER due = {.QuadPart = -10000LL * SLOW_MILLISECONDS};

    IoMarkIrpPending(irp);
    if (InterlockedCompareExchangePointer((PVOID *)&slow->Pending, irp, NULL) != NULL) {
        SlowComplete(irp, STATUS_DEVICE_BUSY);
    } else {
        KeSetTimer(&slow->Timer, due, &slow->Dpc);
    }
    return STATUS_PENDING;
}

static NTSTATUS NTAPI SlowDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    if (stack->MajorFunction != IRP_MJ_DEVICE_CONTROL) {
        return SlowComplete(irp, STATUS_SUCCESS);
    }
    switch (stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_SLOW_ECHO: {
        NTSTATUS status = SlowComplete(irp, STATUS_SUCCESS);
        DbgPrint("slow-device: done\n");
        return status;
    }
    case IOCTL_SLOW_ECHO_LATER: return SlowStart(device->DeviceExtension, irp);
    default: return SlowComplete(irp, STATUS_INVALID_DEVICE_REQUEST);
    }
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    KeFlushQueuedDpcs();                /* no request is out: whoever made one has the device open */
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(SLOW_DEVICE_NAME);
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(SLOW), &name, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PSLOW slow = device->DeviceExtension;
    KeInitializeTimer(&slow->Timer);
    KeInitializeDpc(&slow->Dpc, SlowTimerDpc, slow);
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLEANUP] = SlowDispatch;
    driver->MajorFunction[IRP_MJ_CLOSE] = driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = SlowDispatch;
    driver->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
