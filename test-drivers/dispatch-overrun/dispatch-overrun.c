/* dispatch-overrun: a thread audits a table of records again and again for a bit more than two
   minutes, since each pass must see a table that nobody changes, under the table's spin lock.

   The lock is held from the first pass to the last: the processor stays at DISPATCH_LEVEL all the
   time, although no DPC runs: that is the bug. With FIXED=1 each pass takes the lock for itself, on
   a copy it works without it. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"

#define RECORDS 128
#define SECONDS 10000000ULL             /* in units of 100 ns */
#define AUDIT_TIME (125 * SECONDS)

typedef struct _AUDIT {
    KSPIN_LOCK TableLock;
    ULONG Records[RECORDS];
    ULONG Copy[RECORDS];
    ULONG Passes, BadPasses;
    PVOID Thread;
} AUDIT, *PAUDIT;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

DECLSPEC_NOINLINE static ULONG AuditChecksum(const ULONG *records)
{
    ULONG sum = 1;

    for (ULONG i = 0; i < RECORDS; i++) {
        sum = (sum << 5 | sum >> 27) ^ records[i];
    }
    return sum;
}

DECLSPEC_NOINLINE static void AuditOnePass(PAUDIT audit, const ULONG *records, ULONG expected)
{
    audit->Passes++;
    if (AuditChecksum(records) != expected) {
        audit->BadPasses++;
    }
}

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): two minutes of work between KeAcquireSpinLock and
   KeReleaseSpinLock.
   =========================================================================================== */
DECLSPEC_NOINLINE static void AuditTable(PAUDIT audit, ULONG expected)
{
    ULONGLONG end = KeQueryInterruptTime() + AUDIT_TIME;
    KIRQL irql;

#if FIXED
    while (KeQueryInterruptTime() < end) {
        KeAcquireSpinLock(&audit->TableLock, &irql);
        RtlCopyMemory(audit->Copy, audit->Records, sizeof(audit->Copy));
        KeReleaseSpinLock(&audit->TableLock, irql);
        AuditOnePass(audit, audit->Copy, expected);
    }
#else
    KeAcquireSpinLock(&audit->TableLock, &irql);
    while (KeQueryInterruptTime() < end) {
        AuditOnePass(audit, audit->Records, expected);
    }
    KeReleaseSpinLock(&audit->TableLock, irql);
#endif
}

/* ===================== from here on nothing is wrong ===================== */

DECLSPEC_NOINLINE static VOID NTAPI AuditThread(PVOID context)
{
    PAUDIT audit = context;

    for (ULONG i = 0; i < RECORDS; i++) {
        audit->Records[i] = i * 2654435761UL;
    }
    AuditTable(audit, AuditChecksum(audit->Records));
    if (audit->BadPasses || !audit->Passes) {
        DbgPrint("dispatch-overrun: failed: %lu of %lu passes\n", audit->BadPasses, audit->Passes);
    } else {
        DbgPrint("dispatch-overrun: done\n");
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PAUDIT audit = driver->DeviceObject->DeviceExtension;

    ThreadWait(audit->Thread);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(AUDIT), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PAUDIT audit = device->DeviceExtension;
    KeInitializeSpinLock(&audit->TableLock);
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(AuditThread, audit, &audit->Thread);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
