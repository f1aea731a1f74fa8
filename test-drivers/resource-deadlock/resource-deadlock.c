/* resource-deadlock: a ledger with two executive resources, one for its accounts and one for its
   journal, and two threads that need both.

   LedgerPoster takes the accounts, then the journal; LedgerAuditor takes them the other way round.
   Each waits a while until the other has its first one: then neither can go on, and nothing stops
   the machine: that is the bug. With FIXED=1 both take the accounts first. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"

#define MILLISECONDS 10000LL            /* in units of 100 ns */
#define RENDEZVOUS_LIMIT (200 * MILLISECONDS)
#define ACCOUNTS 16
#define AMOUNT 25

typedef struct _LEDGER {
    ERESOURCE AccountsResource, JournalResource;
    LONG Accounts[ACCOUNTS];            /* under AccountsResource */
    ULONG JournalEntries;               /* under JournalResource */
    KEVENT PosterHasFirst, AuditorHasFirst;
    LONG volatile Running;
    LONG AuditedSum;
    PVOID Threads[2];
} LEDGER, *PLEDGER;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

/* Makes the race come out the same way each time: both threads have their first resource. */
DECLSPEC_NOINLINE static void LedgerMeet(PKEVENT mine, PKEVENT theirs)
{
    LARGE_INTEGER limit = {.QuadPart = -RENDEZVOUS_LIMIT};

    KeSetEvent(mine, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(theirs, Executive, KernelMode, FALSE, &limit);
}

static void LedgerFinish(PLEDGER ledger);

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): two resources in opposite orders.
   =========================================================================================== */
DECLSPEC_NOINLINE static VOID NTAPI LedgerPoster(PVOID context)
{
    PLEDGER ledger = context;

    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&ledger->AccountsResource, TRUE);
    LedgerMeet(&ledger->PosterHasFirst, &ledger->AuditorHasFirst);
    ExAcquireResourceExclusiveLite(&ledger->JournalResource, TRUE);
    for (ULONG i = 0; i < ACCOUNTS; i += 2) {
        ledger->Accounts[i] -= AMOUNT;
        ledger->Accounts[i + 1] += AMOUNT;
        ledger->JournalEntries++;
    }
    ExReleaseResourceLite(&ledger->JournalResource);
    ExReleaseResourceLite(&ledger->AccountsResource);
    KeLeaveCriticalRegion();
    LedgerFinish(ledger);
}

DECLSPEC_NOINLINE static VOID NTAPI LedgerAuditor(PVOID context)
{
    PLEDGER ledger = context;

    KeWaitForSingleObject(&ledger->PosterHasFirst, Executive, KernelMode, FALSE, NULL);
    KeEnterCriticalRegion();
#if FIXED
    ExAcquireResourceExclusiveLite(&ledger->AccountsResource, TRUE);
    LedgerMeet(&ledger->AuditorHasFirst, &ledger->PosterHasFirst);
    ExAcquireResourceExclusiveLite(&ledger->JournalResource, TRUE);
#else
    ExAcquireResourceExclusiveLite(&ledger->JournalResource, TRUE);
    LedgerMeet(&ledger->AuditorHasFirst, &ledger->PosterHasFirst);
    ExAcquireResourceExclusiveLite(&ledger->AccountsResource, TRUE);
#endif
    for (ULONG i = 0; i < ACCOUNTS; i++) {
        ledger->AuditedSum += ledger->Accounts[i];
    }
    ExReleaseResourceLite(&ledger->AccountsResource);
    ExReleaseResourceLite(&ledger->JournalResource);
    KeLeaveCriticalRegion();
    LedgerFinish(ledger);
}

/* ===================== from here on nothing is wrong ===================== */

/* The last thread to finish: nothing was lost, and every posting is in the journal. */
static void LedgerFinish(PLEDGER ledger)
{
    if (InterlockedDecrement(&ledger->Running) == 0) {
        if (ledger->AuditedSum == 0 && ledger->JournalEntries == ACCOUNTS / 2 && ledger->Accounts[1] == AMOUNT) {
            DbgPrint("resource-deadlock: done\n");
        } else {
            DbgPrint("resource-deadlock: failed: sum %ld, %lu entries\n", ledger->AuditedSum, ledger->JournalEntries);
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void LedgerDelete(PDEVICE_OBJECT device)
{
    PLEDGER ledger = device->DeviceExtension;

    KeSetEvent(&ledger->PosterHasFirst, IO_NO_INCREMENT, FALSE);
    for (ULONG i = 0; i < 2; i++) {
        ThreadWait(ledger->Threads[i]);
    }
    ExDeleteResourceLite(&ledger->JournalResource);
    ExDeleteResourceLite(&ledger->AccountsResource);
    IoDeleteDevice(device);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver) { LedgerDelete(driver->DeviceObject); }

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    static PKSTART_ROUTINE const routines[2] = {LedgerAuditor, LedgerPoster};
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(LEDGER), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PLEDGER ledger = device->DeviceExtension;
    ExInitializeResourceLite(&ledger->AccountsResource);
    ExInitializeResourceLite(&ledger->JournalResource);
    KeInitializeEvent(&ledger->PosterHasFirst, NotificationEvent, FALSE);
    KeInitializeEvent(&ledger->AuditorHasFirst, NotificationEvent, FALSE);
    ledger->Running = 2;
    driver->DriverUnload = DriverUnload;
    for (ULONG i = 0; i < 2 && NT_SUCCESS(status); i++) {
        status = ThreadStart(routines[i], ledger, &ledger->Threads[i]);
    }
    if (!NT_SUCCESS(status)) {
        LedgerDelete(device);
    }
    return status;
}
