/* dpc-overrun: delivers numbered events from a DPC through a small queue to a reader thread.

   When the queue is full the DPC tries again and again, taking and releasing the queue's spin lock
   each time. The lock is free every time; but the reader is woken only when the DPC ends, so no
   try can succeed and the DPC runs for ever: that is the bug. With FIXED=1 the DPC stops at a full
   queue, wakes the reader, and the reader queues it again. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"

#define EVENTS 64                       /* to be delivered in all */
#define QUEUE_ROOM 4

typedef struct _DELIVERY {
    KSPIN_LOCK QueueLock;
    ULONG Queue[QUEUE_ROOM];
    ULONG Queued;                       /* under QueueLock */
    ULONG NextEvent;                    /* the DPC's own */
    ULONG FailedTries;                  /* the DPC's own */
    CHAR Complaint[48];                 /* the last failure, for who looks at the memory */
    KDPC Dpc;
    KEVENT DpcEnded;
    PVOID Reader;
} DELIVERY, *PDELIVERY;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

DECLSPEC_NOINLINE static BOOLEAN DeliveryTryEvent(PDELIVERY delivery, ULONG event)
{
    BOOLEAN room;
    KIRQL irql;

    KeAcquireSpinLock(&delivery->QueueLock, &irql);
    room = delivery->Queued < QUEUE_ROOM;
    if (room) {
        delivery->Queue[delivery->Queued++] = event;
    }
    KeReleaseSpinLock(&delivery->QueueLock, irql);
    return room;
}

DECLSPEC_NOINLINE static void DeliveryNoteFailure(PDELIVERY delivery, ULONG event)
{
    static const CHAR text[] = ": FAILED to deliver event    !!!";

    RtlCopyMemory(delivery->Complaint, text, sizeof(text));
    delivery->Complaint[26] = (CHAR)('0' + event / 10 % 10);
    delivery->Complaint[27] = (CHAR)('0' + event % 10);
    delivery->FailedTries++;
}

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): a DPC waits in a loop for what only a thread can do, and that
   thread waits for the DPC.
   =========================================================================================== */
DECLSPEC_NOINLINE static VOID NTAPI DeliveryDpcRoutine(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    PDELIVERY delivery = context;

    while (delivery->NextEvent < EVENTS) {
        if (DeliveryTryEvent(delivery, delivery->NextEvent)) {
            delivery->NextEvent++;
            continue;
        }
        DeliveryNoteFailure(delivery, delivery->NextEvent);
#if FIXED
        break;
#endif
    }
    KeSetEvent(&delivery->DpcEnded, IO_NO_INCREMENT, FALSE);
}

/* ===================== from here on nothing is wrong ===================== */

DECLSPEC_NOINLINE static VOID NTAPI DeliveryReader(PVOID context)
{
    PDELIVERY delivery = context;
    ULONG expected = 0;
    BOOLEAN wrong = FALSE;

    while (expected < EVENTS && !wrong) {
        KIRQL irql;
        ULONG events[QUEUE_ROOM], count;

        KeInsertQueueDpc(&delivery->Dpc, NULL, NULL);
        KeWaitForSingleObject(&delivery->DpcEnded, Executive, KernelMode, FALSE, NULL);
        KeAcquireSpinLock(&delivery->QueueLock, &irql);
        count = delivery->Queued;
        RtlCopyMemory(events, delivery->Queue, sizeof(events));
        delivery->Queued = 0;
        KeReleaseSpinLock(&delivery->QueueLock, irql);
        for (ULONG i = 0; i < count; i++) {
            wrong |= events[i] != expected++;
        }
    }
    if (wrong) {
        DbgPrint("dpc-overrun: failed: event %lu out of order\n", expected);
    } else {
        DbgPrint("dpc-overrun: done\n");
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PDELIVERY delivery = driver->DeviceObject->DeviceExtension;

    ThreadWait(delivery->Reader);
    KeFlushQueuedDpcs();
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(DELIVERY), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PDELIVERY delivery = device->DeviceExtension;
    KeInitializeSpinLock(&delivery->QueueLock);
    KeInitializeDpc(&delivery->Dpc, DeliveryDpcRoutine, delivery);
    KeInitializeEvent(&delivery->DpcEnded, SynchronizationEvent, FALSE);
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(DeliveryReader, delivery, &delivery->Reader);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
