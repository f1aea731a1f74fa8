/* leaked-fast-mutex: keeps a log that other drivers write with device controls.

   A fast mutex in the device extension guards the log. One way through the dispatch routine returns
   without releasing it: the thread goes on at APC_LEVEL, in whatever driver it goes on. With FIXED=1
   that way releases the mutex too. */
#include <ntifs.h>
#include "../include/device.h"
#include "logctl.h"

#define LOG_BYTES 256

typedef struct _LOG {
    FAST_MUTEX Mutex;
    ULONG Records, Marks, Used;
    BOOLEAN Reported;
    CHAR Text[LOG_BYTES];
} LOG, *PLOG;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;
DRIVER_DISPATCH LogCreateClose, LeakyDeviceControl;

NTSTATUS NTAPI LogCreateClose(PDEVICE_OBJECT device, PIRP irp) { return IrpComplete(irp, STATUS_SUCCESS, 0); }

/* With the mutex held. */
DECLSPEC_NOINLINE static NTSTATUS LogAppend(PLOG log, const CHAR *text, ULONG length)
{
    if (length > LOG_BYTES - log->Used) {
        return STATUS_BUFFER_OVERFLOW;
    }
    RtlCopyMemory(log->Text + log->Used, text, length);
    log->Used += length;
    log->Records++;
    return STATUS_SUCCESS;
}

/* The client asks at the end of its work: one mark and one record prove that all of it was done. */
DECLSPEC_NOINLINE static void LogReport(PLOG log)
{
    if (!log->Reported && log->Marks == 1 && log->Records == 1 && log->Used != 0 && log->Text[0] == 'o') {
        DbgPrint("leaked-fast-mutex: done\n");
    } else if (!log->Reported) {
        DbgPrint("leaked-fast-mutex: failed: %u records, %u marks\n", log->Records, log->Marks);
    }
    log->Reported = TRUE;
}

NTSTATUS NTAPI LeakyDeviceControl(PDEVICE_OBJECT device, PIRP irp)
{
    PLOG log = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG in = stack->Parameters.DeviceIoControl.InputBufferLength,
          out = stack->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode, bytes = 0;
    NTSTATUS status = STATUS_INVALID_DEVICE_REQUEST;

    ExAcquireFastMutex(&log->Mutex);
    if (code == IOCTL_LOG_APPEND && in == 0) {
        log->Marks++;
        /* =====================================================================================
           WRONG ON PURPOSE (unless FIXED): the short way out forgets the mutex. The thread is
           back in its caller with the mutex held, and at APC_LEVEL.
           ===================================================================================== */
#if FIXED
        ExReleaseFastMutex(&log->Mutex);
#endif
        return IrpComplete(irp, STATUS_SUCCESS, 0);
    }
    if (code == IOCTL_LOG_APPEND) {
        status = LogAppend(log, irp->AssociatedIrp.SystemBuffer, in);
    } else if (code == IOCTL_LOG_QUERY && out >= sizeof(LOG_STATUS)) {
        PLOG_STATUS answer = irp->AssociatedIrp.SystemBuffer;
        answer->Records = log->Records;
        answer->Marks = log->Marks;
        bytes = sizeof(*answer);
        status = STATUS_SUCCESS;
        LogReport(log);
    }
    ExReleaseFastMutex(&log->Mutex);
    return IrpComplete(irp, status, bytes);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver) { IoDeleteDevice(driver->DeviceObject); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(LOG_DEVICE_NAME);
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(LOG), &name, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PLOG log = device->DeviceExtension;
    ExInitializeFastMutex(&log->Mutex);
    driver->MajorFunction[IRP_MJ_CREATE] = LogCreateClose;
    driver->MajorFunction[IRP_MJ_CLEANUP] = LogCreateClose;
    driver->MajorFunction[IRP_MJ_CLOSE] = LogCreateClose;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = LeakyDeviceControl;
    driver->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
