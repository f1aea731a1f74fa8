/* use-after-free: sessions with a buffer that a work item flushes when the session is closed.

   Closing frees the session while the work item that flushes it still is to run, and the work item
   then writes to freed memory. With FIXED=1 closer and work item hold a reference each, and the last
   one frees. */
#include <ntifs.h>
#include "../include/device.h"

#define SESSION_TAG 'sseS'
#define SESSION_BYTES 96

typedef struct _SESSION {
    LONG volatile References;
    ULONG Used;
    BOOLEAN Flushed;
    CHAR Buffer[SESSION_BYTES];
} SESSION, *PSESSION;

typedef struct _SESSIONS {
    PDEVICE_OBJECT Device;
    PIO_WORKITEM Flush;
    PSESSION Session;           /* the work item's */
    KEVENT CloseReturned, FlushDone;
    CHAR Flushed[SESSION_BYTES];
    ULONG FlushedBytes;
    LONG volatile Sessions;     /* that are not freed */
} SESSIONS, *PSESSIONS;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;
IO_WORKITEM_ROUTINE SessionFlushWorker;

DECLSPEC_NOINLINE static PSESSION SessionOpen(PSESSIONS sessions)
{
    PSESSION session = ExAllocatePoolWithTag(NonPagedPool, sizeof(*session), SESSION_TAG);

    if (session != NULL) {
        RtlZeroMemory(session, sizeof(*session));
        session->References = 1;
        InterlockedIncrement(&sessions->Sessions);
    }
    return session;
}

DECLSPEC_NOINLINE static void SessionWrite(PSESSION session, PCSTR text)
{
    while (*text && session->Used < SESSION_BYTES) {
        session->Buffer[session->Used++] = *text++;
    }
}

DECLSPEC_NOINLINE static void SessionFree(PSESSIONS sessions, PSESSION session)
{
    InterlockedDecrement(&sessions->Sessions);
    ExFreePoolWithTag(session, SESSION_TAG);
}

DECLSPEC_NOINLINE static void SessionDereference(PSESSIONS sessions, PSESSION session)
{
    if (InterlockedDecrement(&session->References) == 0) {
        SessionFree(sessions, session);
    }
}

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): the work item keeps a pointer and no reference, so that the
   session is freed when SessionClose drops the only one.
   =========================================================================================== */
DECLSPEC_NOINLINE static void SessionClose(PSESSIONS sessions, PSESSION session)
{
    sessions->Session = session;
#if FIXED
    InterlockedIncrement(&session->References);
#endif
    IoQueueWorkItem(sessions->Flush, SessionFlushWorker, DelayedWorkQueue, sessions);
    SessionDereference(sessions, session);
}

DECLSPEC_NOINLINE static void SessionFlush(PSESSIONS sessions, PSESSION session)
{
    session->Flushed = TRUE;
    sessions->FlushedBytes = session->Used;
    RtlCopyMemory(sessions->Flushed, session->Buffer, SESSION_BYTES);
}

/* ===================== from here on nothing is wrong ===================== */

/* The disk is slow: the flush begins when the closer has long gone on. */
VOID NTAPI SessionFlushWorker(PDEVICE_OBJECT device, PVOID context)
{
    PSESSIONS sessions = context;

    KeWaitForSingleObject(&sessions->CloseReturned, Executive, KernelMode, FALSE, NULL);
    SessionFlush(sessions, sessions->Session);
#if FIXED
    SessionDereference(sessions, sessions->Session);
#endif
    if (sessions->FlushedBytes == 5 && RtlCompareMemory(sessions->Flushed, "hello", 5) == 5 &&
        sessions->Sessions == 0) {
        DbgPrint("use-after-free: done\n");
    } else {
        DbgPrint("use-after-free: failed: %u bytes flushed, %d sessions left\n", sessions->FlushedBytes,
                 sessions->Sessions);
    }
    KeSetEvent(&sessions->FlushDone, IO_NO_INCREMENT, FALSE);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PSESSIONS sessions = driver->DeviceObject->DeviceExtension;

    KeWaitForSingleObject(&sessions->FlushDone, Executive, KernelMode, FALSE, NULL);
    IoFreeWorkItem(sessions->Flush);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(SESSIONS), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PSESSIONS sessions = device->DeviceExtension;
    KeInitializeEvent(&sessions->CloseReturned, NotificationEvent, FALSE);
    KeInitializeEvent(&sessions->FlushDone, NotificationEvent, FALSE);
    sessions->Flush = IoAllocateWorkItem(device);
    PSESSION session = sessions->Flush != NULL ? SessionOpen(sessions) : NULL;
    if (session == NULL) {
        if (sessions->Flush != NULL) {
            IoFreeWorkItem(sessions->Flush);
        }
        IoDeleteDevice(device);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    driver->DriverUnload = DriverUnload;
    SessionWrite(session, "hello");
    SessionClose(sessions, session);
    KeSetEvent(&sessions->CloseReturned, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}
