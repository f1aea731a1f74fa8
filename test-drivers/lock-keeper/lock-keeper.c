/* lock-keeper: owns a table of records with a running total, and a spin lock for both, which other
   drivers may take too (lock-keeper.h). A thread of its own checks each record and repairs the one
   that is broken.

   The check takes the lock and, when it finds the broken record, has it repaired, which takes half a
   minute, and returns without giving the lock back: that is the bug. Whoever asks for the lock waits
   for ever. With FIXED=1 every way out of the check releases the lock, and before the repair. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"
#include "lock-keeper.h"

#define RECORDS 32
#define BROKEN_RECORD 21
#define SECONDS 10000000ULL             /* in units of 100 ns */
#define REPAIR_TIME (30 * SECONDS)

typedef struct _KEEPER {
    KSPIN_LOCK TableLock;
    ULONG Values[RECORDS], Checks[RECORDS];
    ULONG Total;
    KEVENT ClientCame, RepairStarted, RepairEnded;
    BOOLEAN Stopping;
    PVOID Thread;
} KEEPER, *PKEEPER;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

static ULONG KeeperCheckOf(ULONG value) { return value * 2654435761UL ^ 0x5C5C5C5C; }
static ULONG KeeperValueOf(ULONG record) { return 1000 + 7 * record; }

/* Looks for the value that the check belongs to, for as long as a thorough search takes. Nobody
   else touches a record whose check is wrong, so it needs no lock. */
DECLSPEC_NOINLINE static void KeeperRepairRecord(PKEEPER keeper, ULONG record)
{
    ULONGLONG end = KeQueryInterruptTime() + REPAIR_TIME;
    ULONG found = 0;

    KeSetEvent(&keeper->RepairStarted, IO_NO_INCREMENT, FALSE);
    do {
        for (ULONG value = 0; value < 4096; value++) {
            if (KeeperCheckOf(value) == keeper->Checks[record]) {
                found = value;
            }
            if (value % 256 == 0) {
                YieldProcessor();       /* to whoever shares the core */
            }
        }
    } while (KeQueryInterruptTime() < end);
    keeper->Values[record] = found;
}

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): the way out for a broken record leaves the lock held, and the
   IRQL at DISPATCH_LEVEL.
   =========================================================================================== */
DECLSPEC_NOINLINE static NTSTATUS KeeperCheckRecord(PKEEPER keeper, ULONG record)
{
    KIRQL irql;

    KeAcquireSpinLock(&keeper->TableLock, &irql);
    if (keeper->Checks[record] != KeeperCheckOf(keeper->Values[record])) {
#if FIXED
        KeReleaseSpinLock(&keeper->TableLock, irql);
#endif
        KeeperRepairRecord(keeper, record);
        return STATUS_RETRY;
    }
    keeper->Total += keeper->Values[record];
    KeReleaseSpinLock(&keeper->TableLock, irql);
    return STATUS_SUCCESS;
}

/* ===================== from here on nothing is wrong ===================== */

DECLSPEC_NOINLINE static VOID NTAPI KeeperThread(PVOID context)
{
    PKEEPER keeper = context;
    ULONG expected = 0;

    KeWaitForSingleObject(&keeper->ClientCame, Executive, KernelMode, FALSE, NULL);
    for (ULONG record = 0; record < RECORDS && !keeper->Stopping; record++) {
        while (!NT_SUCCESS(KeeperCheckRecord(keeper, record)))
            ;
        expected += KeeperValueOf(record);
    }
    if (!keeper->Stopping) {
        if (keeper->Total == expected) {
            DbgPrint("lock-keeper: done\n");
        } else {
            DbgPrint("lock-keeper: failed: total %lu instead of %lu\n", keeper->Total, expected);
        }
    }
    KeSetEvent(&keeper->RepairEnded, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS KeeperGetInterface(PKEEPER keeper, PIRP irp, PIO_STACK_LOCATION stack)
{
    PKEEPER_INTERFACE out = irp->UserBuffer;

    if (stack->Parameters.DeviceIoControl.IoControlCode != IOCTL_KEEPER_GET_INTERFACE) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(*out)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    out->TableLock = &keeper->TableLock;
    out->Total = &keeper->Total;
    out->RepairStarted = &keeper->RepairStarted;
    out->RepairEnded = &keeper->RepairEnded;
    out->ExpectedTotal = 0;
    for (ULONG i = 0; i < RECORDS; i++) {
        out->ExpectedTotal += KeeperValueOf(i);
    }
    irp->IoStatus.Information = sizeof(*out);
    KeSetEvent(&keeper->ClientCame, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI KeeperDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = STATUS_SUCCESS;

    irp->IoStatus.Information = 0;
    if (stack->MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL) {
        status = KeeperGetInterface(device->DeviceExtension, irp, stack);
    }
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PKEEPER keeper = driver->DeviceObject->DeviceExtension;

    keeper->Stopping = KeReadStateEvent(&keeper->ClientCame) == 0;
    KeSetEvent(&keeper->ClientCame, IO_NO_INCREMENT, FALSE);
    ThreadWait(keeper->Thread);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(KEEPER_DEVICE_NAME);
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(KEEPER), &name, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PKEEPER keeper = device->DeviceExtension;
    KeInitializeSpinLock(&keeper->TableLock);
    KeInitializeEvent(&keeper->ClientCame, NotificationEvent, FALSE);
    KeInitializeEvent(&keeper->RepairStarted, NotificationEvent, FALSE);
    KeInitializeEvent(&keeper->RepairEnded, NotificationEvent, FALSE);
    for (ULONG i = 0; i < RECORDS; i++) {
        keeper->Values[i] = KeeperValueOf(i);
        keeper->Checks[i] = KeeperCheckOf(keeper->Values[i]);
    }
    keeper->Values[BROKEN_RECORD] ^= 0x40;
    driver->MajorFunction[IRP_MJ_CREATE] = driver->MajorFunction[IRP_MJ_CLEANUP] = KeeperDispatch;
    driver->MajorFunction[IRP_MJ_CLOSE] = driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = KeeperDispatch;
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(KeeperThread, keeper, &keeper->Thread);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
