/* paged-alloc-under-lock: a list of names that a spin lock guards.

   An entry is allocated from paged pool while the lock is held, at DISPATCH_LEVEL, where the pool manager
   must not be asked for paged memory. With FIXED=1 it is allocated before the lock is taken. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"

#define NAME_TAG 'emaN'
#define NAMES 20

typedef struct _NAME {
    struct _NAME *Next;
    ULONG Number;
} NAME, *PNAME;

typedef struct _ROSTER {
    KSPIN_LOCK Lock;
    ULONG Count;                        /* under the lock */
    ULONG Sum;
    PNAME First;
    PVOID Thread;
} ROSTER, *PROSTER;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

DECLSPEC_NOINLINE static PNAME RosterNewName(ULONG number)
{
    PNAME name = ExAllocatePoolWithTag(PagedPool, sizeof(*name), NAME_TAG);

    if (name != NULL) {
        name->Number = number;
    }
    return name;
}

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): paged pool at DISPATCH_LEVEL. What is linked under the lock is
   nonpaged; the names themselves are read at PASSIVE_LEVEL only.
   =========================================================================================== */
DECLSPEC_NOINLINE static BOOLEAN RosterAdd(PROSTER roster, ULONG number)
{
    KIRQL irql;
#if FIXED
    PNAME name = RosterNewName(number);

    KeAcquireSpinLock(&roster->Lock, &irql);
#else
    PNAME name;

    KeAcquireSpinLock(&roster->Lock, &irql);
    name = RosterNewName(number);
#endif
    PNAME before = roster->First;
    roster->First = name != NULL ? name : before;
    roster->Count += name != NULL;
    KeReleaseSpinLock(&roster->Lock, irql);
    if (name != NULL) {
        name->Next = before;            /* the only writer is this thread */
    }
    return name != NULL;
}

/* ===================== from here on nothing is wrong ===================== */

DECLSPEC_NOINLINE static VOID NTAPI RosterThread(PVOID context)
{
    PROSTER roster = context;

    for (ULONG i = 1; i <= NAMES; i++) {
        if (!RosterAdd(roster, i)) {
            break;
        }
    }
    while (roster->First != NULL) {
        PNAME name = roster->First;
        roster->First = name->Next;
        roster->Sum += name->Number;
        ExFreePoolWithTag(name, NAME_TAG);
    }
    if (roster->Count == NAMES && roster->Sum == NAMES * (NAMES + 1) / 2) {
        DbgPrint("paged-alloc-under-lock: done\n");
    } else {
        DbgPrint("paged-alloc-under-lock: failed: %u names, sum %u\n", roster->Count, roster->Sum);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PROSTER roster = driver->DeviceObject->DeviceExtension;

    ThreadWait(roster->Thread);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(ROSTER), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PROSTER roster = device->DeviceExtension;
    KeInitializeSpinLock(&roster->Lock);
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(RosterThread, roster, &roster->Thread);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
