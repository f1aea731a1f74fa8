/* rare-race: a thread replaces the settings that a DPC on another processor reads.

   The reader takes the pointer, counts the use, checks the settings and uses them; the writer puts new
   settings in their place and frees the old ones at once. Nothing keeps the old ones until the reader
   has done: that is the bug. (The lock around the count guards the count only.) It shows only when the
   replacement falls between the reader's first look and its last, thus once in many runs. With FIXED=1
   a spin lock covers both. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"

#ifndef FIXED
#define FIXED 0
#endif
#define ROUNDS 8
#define WORDS 60
#define LONGEST_DELAY 800              /* in turns of an empty loop */
#define SETTINGS_TAG 'sRcR'

typedef struct _LIMITS {
    ULONG Maximum;
} LIMITS, *PLIMITS;

typedef struct _SETTINGS {
    PLIMITS Limits;
    ULONG Words[WORDS], Sum;
} SETTINGS, *PSETTINGS;

typedef struct _RACE {
    KSPIN_LOCK Lock;                    /* the fixed twin's */
    KSPIN_LOCK UsesLock;
    ULONG Uses;
    PSETTINGS volatile Current;
    LIMITS Limits;
    LONG volatile Begun;                /* rounds that the reader has begun */
    KDPC Dpc;
    KEVENT DpcEnded;
    ULONG Good, Bad;                    /* the DPC's own */
    PVOID Thread;
} RACE, *PRACE;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

#if FIXED
#define RaceLockAtDpcLevel(race) KeAcquireSpinLockAtDpcLevel(&(race)->Lock)
#define RaceUnlockFromDpcLevel(race) KeReleaseSpinLockFromDpcLevel(&(race)->Lock)
#define RaceLock(race, irql) KeAcquireSpinLock(&(race)->Lock, (irql))
#define RaceUnlock(race, irql) KeReleaseSpinLock(&(race)->Lock, (irql))
#else
#define RaceLockAtDpcLevel(race) ((void)0)
#define RaceUnlockFromDpcLevel(race) ((void)0)
#define RaceLock(race, irql) (*(irql) = KeGetCurrentIrql())
#define RaceUnlock(race, irql) ((void)(irql))
#endif

DECLSPEC_NOINLINE static ULONG RaceSumOf(const SETTINGS *settings)
{
    ULONG sum = 0;

    for (ULONG i = 0; i < WORDS; i++) {
        sum = (sum << 3 | sum >> 29) + settings->Words[i];
    }
    return sum;
}

DECLSPEC_NOINLINE static void RaceCountUse(PRACE race)
{
    KeAcquireSpinLockAtDpcLevel(&race->UsesLock);
    race->Uses++;
    KeReleaseSpinLockFromDpcLevel(&race->UsesLock);
}

/* ===========================================================================================
   WRONG ON PURPOSE, both (unless FIXED): the settings may be freed while they are in use.
   =========================================================================================== */
DECLSPEC_NOINLINE static VOID NTAPI RaceReaderDpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    PRACE race = context;

    InterlockedIncrement(&race->Begun);
    RaceLockAtDpcLevel(race);
    PSETTINGS settings = race->Current;
    RaceCountUse(race);
    BOOLEAN good = RaceSumOf(settings) == settings->Sum;
    good &= *(volatile ULONG *)&settings->Limits->Maximum == 100;
    RaceUnlockFromDpcLevel(race);
    if (good) {
        race->Good++;
    } else {
        race->Bad++;
    }
    KeSetEvent(&race->DpcEnded, IO_NO_INCREMENT, FALSE);
}

DECLSPEC_NOINLINE static void RaceReplaceSettings(PRACE race, PSETTINGS settings)
{
    PSETTINGS old;
    KIRQL irql;

    RaceLock(race, &irql);
    old = InterlockedExchangePointer((PVOID *)&race->Current, settings);
    RaceUnlock(race, irql);
    RtlZeroMemory(old, sizeof(*old));
    ExFreePoolWithTag(old, SETTINGS_TAG);
}

/* ===================== from here on nothing is wrong ===================== */

static PSETTINGS RaceMakeSettings(PRACE race, ULONG round)
{
    PSETTINGS settings = ExAllocatePoolWithTag(NonPagedPool, sizeof(*settings), SETTINGS_TAG);

    if (settings == NULL) {
        return NULL;
    }
    settings->Limits = &race->Limits;
    for (ULONG i = 0; i < WORDS; i++) {
        settings->Words[i] = round * 1000 + i;
    }
    settings->Sum = RaceSumOf(settings);
    return settings;
}

/* As long as the clock's low bits say: the moment of the replacement is a matter of luck. */
DECLSPEC_NOINLINE static void RaceDelay(void)
{
    ULONG volatile turns = (ULONG)(__rdtsc() >> 5) % LONGEST_DELAY;

    while (turns) {
        turns--;
    }
}

/* Each round starts the reader on another processor and replaces the settings meanwhile. */
DECLSPEC_NOINLINE static VOID NTAPI RaceWriterThread(PVOID context)
{
    PRACE race = context;
    ULONG rounds = 0;

    for (; rounds < ROUNDS; rounds++) {
        ULONG processors = KeQueryActiveProcessorCount(NULL);
        PSETTINGS settings = RaceMakeSettings(race, rounds);

        if (settings == NULL) {
            break;
        }
        KeSetTargetProcessorDpc(&race->Dpc, (CCHAR)((KeGetCurrentProcessorNumber() + 1) % processors));
        KeInsertQueueDpc(&race->Dpc, NULL, NULL);
        while ((ULONG)race->Begun <= rounds)
            ;                           /* a pause would be longer than the reader's work */
        RaceDelay();
        RaceReplaceSettings(race, settings);
        KeWaitForSingleObject(&race->DpcEnded, Executive, KernelMode, FALSE, NULL);
    }
    /* In the buggy driver a reader may have read nonsense without harm: that is not a crash. */
    if (rounds == ROUNDS && race->Good + race->Bad == ROUNDS && (!FIXED || race->Bad == 0)) {
        DbgPrint("rare-race: done\n");
    } else {
        DbgPrint("rare-race: failed: %lu rounds, %lu good, %lu bad\n", rounds, race->Good, race->Bad);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PRACE race = driver->DeviceObject->DeviceExtension;

    ThreadWait(race->Thread);
    KeFlushQueuedDpcs();
    ExFreePoolWithTag(race->Current, SETTINGS_TAG);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(RACE), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PRACE race = device->DeviceExtension;
    race->Limits.Maximum = 100;
    KeInitializeSpinLock(&race->Lock);
    KeInitializeSpinLock(&race->UsesLock);
    KeInitializeDpc(&race->Dpc, RaceReaderDpc, race);
    KeInitializeEvent(&race->DpcEnded, SynchronizationEvent, FALSE);
    race->Current = RaceMakeSettings(race, 0);
    driver->DriverUnload = DriverUnload;
    status = race->Current != NULL ? ThreadStart(RaceWriterThread, race, &race->Thread) : STATUS_INSUFFICIENT_RESOURCES;
    if (!NT_SUCCESS(status)) {
        if (race->Current != NULL) {
            ExFreePoolWithTag(race->Current, SETTINGS_TAG);
        }
        IoDeleteDevice(device);
    }
    return status;
}
