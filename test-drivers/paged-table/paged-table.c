/* paged-table: counts values in a table, under a spin lock.

   The table is in paged pool, and under a spin lock the IRQL is DISPATCH_LEVEL: when the table is not
   resident, nobody can bring it in. With FIXED=1 it is in nonpaged pool. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"

#define TABLE_TAG 'lbaT'
#define BUCKETS 64
#define VALUES 1000

#if FIXED
#define TABLE_POOL NonPagedPool
#else
#define TABLE_POOL PagedPool
#endif

typedef struct _HISTOGRAM {
    KSPIN_LOCK Lock;
    PULONG Counts;
    PVOID Thread;
} HISTOGRAM, *PHISTOGRAM;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): the lock raises the IRQL to DISPATCH_LEVEL, and the counts are
   pageable.
   =========================================================================================== */
DECLSPEC_NOINLINE static void HistogramAdd(PHISTOGRAM histogram, ULONG value)
{
    KIRQL irql;

    KeAcquireSpinLock(&histogram->Lock, &irql);
    histogram->Counts[value % BUCKETS]++;
    KeReleaseSpinLock(&histogram->Lock, irql);
}

/* ===================== from here on nothing is wrong ===================== */

DECLSPEC_NOINLINE static VOID NTAPI HistogramThread(PVOID context)
{
    PHISTOGRAM histogram = context;
    ULONG sum = 0;

    histogram->Counts = ExAllocatePoolWithTag(TABLE_POOL, BUCKETS * sizeof(ULONG), TABLE_TAG);
    if (histogram->Counts != NULL) {
        RtlZeroMemory(histogram->Counts, BUCKETS * sizeof(ULONG));
        for (ULONG i = 0; i < VALUES; i++) {
            HistogramAdd(histogram, i * i);
        }
        for (ULONG i = 0; i < BUCKETS; i++) {
            sum += histogram->Counts[i];
        }
        ExFreePoolWithTag(histogram->Counts, TABLE_TAG);
    }
    if (sum == VALUES) {
        DbgPrint("paged-table: done\n");
    } else {
        DbgPrint("paged-table: failed: %u values counted\n", sum);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PHISTOGRAM histogram = driver->DeviceObject->DeviceExtension;

    ThreadWait(histogram->Thread);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(HISTOGRAM), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PHISTOGRAM histogram = device->DeviceExtension;
    KeInitializeSpinLock(&histogram->Lock);
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(HistogramThread, histogram, &histogram->Thread);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
