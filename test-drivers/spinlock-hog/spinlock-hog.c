/* spinlock-hog: keeps a journal in files, with three threads that share one lock.

   JournalWriter writes the journal's files, JournalMover renames them, JournalReader looks at them.
   Each works through all files while it holds the lock, and file services may be called at
   PASSIVE_LEVEL only. The lock is a spin lock, which raises the IRQL to DISPATCH_LEVEL: that is the
   bug. With FIXED=1 it is a mutex, and the driver does the same things without harm.

   No function is inlined into another one that matters: each has a frame of its own on a stack. */
#include <ntifs.h>
#include <ntstrsafe.h>
#include "../include/device.h"
#include "../include/thread.h"

#define JOURNAL_FILES 64
#define JOURNAL_THREADS 3
#define RECORD_BYTES 32
#define RECORDS_PER_FILE 16
#define MILLISECONDS 10000LL            /* in units of 100 ns */
#define FLUSH_INTERVAL (250 * MILLISECONDS)
#define RENDEZVOUS_LIMIT (300 * MILLISECONDS)
#define NAME_CHARS 64

#if FIXED
typedef KMUTEX JOURNAL_LOCK;
#define JournalInitializeLock(lock) KeInitializeMutex((lock), 0)
#define JournalAcquire(lock, irql) \
    (*(irql) = PASSIVE_LEVEL, KeWaitForSingleObject((lock), Executive, KernelMode, FALSE, NULL))
#define JournalRelease(lock, irql) ((void)(irql), KeReleaseMutex((lock), FALSE))
#else
typedef KSPIN_LOCK JOURNAL_LOCK;
#define JournalInitializeLock(lock) KeInitializeSpinLock(lock)
#define JournalAcquire(lock, irql) KeAcquireSpinLock((lock), (irql))
#define JournalRelease(lock, irql) KeReleaseSpinLock((lock), (irql))
#endif

typedef struct _JOURNAL {
    JOURNAL_LOCK Lock;
    KEVENT WriterHasLock;
    LONG volatile Announced;            /* threads that are about to ask for the lock */
    LONG volatile Running;              /* threads that are not done */
    LONG volatile Failed;
    PVOID Threads[JOURNAL_THREADS];
    CHAR Records[RECORDS_PER_FILE * RECORD_BYTES];
} JOURNAL, *PJOURNAL;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

/* Says only the first thing that went wrong; the others follow from it. */
DECLSPEC_NOINLINE static void JournalFail(PJOURNAL journal, PCSTR what, LONG file, NTSTATUS status)
{
    if (InterlockedExchange(&journal->Failed, TRUE) == FALSE) {
        DbgPrint("spinlock-hog: failed: %s, file %d: 0x%08lx\n", what, file, status);
    }
}

static void JournalInitializeName(POBJECT_ATTRIBUTES attributes, PUNICODE_STRING name, PWSTR buffer, PCWSTR format,
                                  LONG file)
{
    RtlStringCchPrintfW(buffer, NAME_CHARS, format, file);
    RtlInitUnicodeString(name, buffer);
    InitializeObjectAttributes(attributes, name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
}

/* One line of text a record: "record 0007 .......". */
DECLSPEC_NOINLINE static void JournalFormatRecords(PJOURNAL journal)
{
    for (ULONG i = 0; i < RECORDS_PER_FILE; i++) {
        PCHAR record = journal->Records + i * RECORD_BYTES;
        RtlFillMemory(record, RECORD_BYTES, '.');
        RtlCopyMemory(record, "record ", 7);
        for (ULONG digit = 0, n = i; digit < 4; digit++, n /= 10) {
            record[10 - digit] = (CHAR)('0' + n % 10);
        }
        record[11] = ' ';
        record[RECORD_BYTES - 2] = '\r';
        record[RECORD_BYTES - 1] = '\n';
    }
}

/* The writer formats its records until the other threads are at the lock, as many as there are
   processors for. This rendezvous is what makes a race reproducible: whenever the driver is loaded,
   the writer is the one that holds the lock and the others are those that wait for it. */
DECLSPEC_NOINLINE static void JournalFormatUntilAwaited(PJOURNAL journal)
{
    LONG others = (LONG)KeQueryActiveProcessorCount(NULL) - 1, wanted = min(others, JOURNAL_THREADS - 1);
    ULONGLONG end = KeQueryInterruptTime() + RENDEZVOUS_LIMIT;

    do {
        JournalFormatRecords(journal);
    } while (journal->Announced < wanted && KeQueryInterruptTime() < end);
    /* Announcing comes just before asking: time for the step between them. */
    for (ULONG i = 0; i < 64; i++) {
        JournalFormatRecords(journal);
    }
}

static void JournalFinish(PJOURNAL journal);

/* ===========================================================================================
   WRONG ON PURPOSE, all three (unless FIXED): Zw file services between JournalAcquire and
   JournalRelease, thus at DISPATCH_LEVEL. The file system behind them touches pageable memory.
   =========================================================================================== */

DECLSPEC_NOINLINE static VOID NTAPI JournalWriter(PVOID context)
{
    PJOURNAL journal = context;
    LARGE_INTEGER interval = {.QuadPart = -FLUSH_INTERVAL};
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    WCHAR buffer[NAME_CHARS];
    IO_STATUS_BLOCK iosb;
    HANDLE file;
    KIRQL irql;

    KeDelayExecutionThread(KernelMode, FALSE, &interval);
    JournalAcquire(&journal->Lock, &irql);
    KeSetEvent(&journal->WriterHasLock, IO_NO_INCREMENT, FALSE);
    JournalFormatUntilAwaited(journal);
    for (LONG i = 0; i < JOURNAL_FILES; i++) {
        JournalInitializeName(&attributes, &name, buffer, L"\\??\\C:\\Temp\\journal_%d.txt", i);
        NTSTATUS status = ZwCreateFile(&file, GENERIC_WRITE | SYNCHRONIZE, &attributes, &iosb, NULL,
                                       FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ, FILE_OVERWRITE_IF,
                                       FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
        if (!NT_SUCCESS(status)) {
            JournalFail(journal, "create", i, status);
            break;
        }
        status = ZwWriteFile(file, NULL, NULL, NULL, &iosb, journal->Records, sizeof(journal->Records), NULL, NULL);
        if (!NT_SUCCESS(status)) {
            JournalFail(journal, "write", i, status);
        }
        ZwClose(file);
    }
    JournalRelease(&journal->Lock, irql);
    JournalFinish(journal);
}

DECLSPEC_NOINLINE static VOID NTAPI JournalMover(PVOID context)
{
    PJOURNAL journal = context;
    union {
        FILE_RENAME_INFORMATION Info;
        UCHAR Room[sizeof(FILE_RENAME_INFORMATION) + NAME_CHARS * sizeof(WCHAR)];
    } rename;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    WCHAR buffer[NAME_CHARS];
    IO_STATUS_BLOCK iosb;
    HANDLE file;
    KIRQL irql;

    KeWaitForSingleObject(&journal->WriterHasLock, Executive, KernelMode, FALSE, NULL);
    InterlockedIncrement(&journal->Announced);
    JournalAcquire(&journal->Lock, &irql);
    for (LONG i = 0; i < JOURNAL_FILES; i++) {
        JournalInitializeName(&attributes, &name, buffer, L"\\??\\C:\\Temp\\journal_%d.txt", i);
        NTSTATUS status =
            ZwOpenFile(&file, DELETE | SYNCHRONIZE, &attributes, &iosb, FILE_SHARE_READ | FILE_SHARE_DELETE,
                       FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
        if (!NT_SUCCESS(status)) {
            JournalFail(journal, "open for renaming", i, status);
            break;
        }
        RtlZeroMemory(&rename, sizeof(rename));
        RtlStringCchPrintfW(rename.Info.FileName, NAME_CHARS, L"archive_%d.txt", i);
        rename.Info.ReplaceIfExists = TRUE;
        RtlInitUnicodeString(&name, rename.Info.FileName);
        rename.Info.FileNameLength = name.Length;
        status = ZwSetInformationFile(file, &iosb, &rename, sizeof(rename), FileRenameInformation);
        if (!NT_SUCCESS(status)) {
            JournalFail(journal, "rename", i, status);
        }
        ZwClose(file);
    }
    JournalRelease(&journal->Lock, irql);
    JournalFinish(journal);
}

DECLSPEC_NOINLINE static VOID NTAPI JournalReader(PVOID context)
{
    PJOURNAL journal = context;
    FILE_STANDARD_INFORMATION info;
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    WCHAR buffer[NAME_CHARS];
    IO_STATUS_BLOCK iosb;
    HANDLE file;
    KIRQL irql;

    KeWaitForSingleObject(&journal->WriterHasLock, Executive, KernelMode, FALSE, NULL);
    InterlockedIncrement(&journal->Announced);
    JournalAcquire(&journal->Lock, &irql);
    for (LONG i = 0; i < JOURNAL_FILES; i++) {
        /* The mover may have been here first. */
        JournalInitializeName(&attributes, &name, buffer, L"\\??\\C:\\Temp\\journal_%d.txt", i);
        NTSTATUS status = ZwOpenFile(&file, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &iosb, FILE_SHARE_READ,
                                     FILE_SYNCHRONOUS_IO_NONALERT);
        if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
            JournalInitializeName(&attributes, &name, buffer, L"\\??\\C:\\Temp\\archive_%d.txt", i);
            status = ZwOpenFile(&file, FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &iosb, FILE_SHARE_READ,
                                FILE_SYNCHRONOUS_IO_NONALERT);
        }
        if (!NT_SUCCESS(status)) {
            JournalFail(journal, "open for looking", i, status);
            break;
        }
        status = ZwQueryInformationFile(file, &iosb, &info, sizeof(info), FileStandardInformation);
        if (!NT_SUCCESS(status) || info.EndOfFile.QuadPart != sizeof(journal->Records)) {
            JournalFail(journal, "query", i, status);
        }
        ZwClose(file);
    }
    JournalRelease(&journal->Lock, irql);
    JournalFinish(journal);
}

/* ===================== from here on nothing is wrong ===================== */

/* Every file must be there under its new name, with the records in it. */
DECLSPEC_NOINLINE static void JournalVerify(PJOURNAL journal)
{
    CHAR contents[sizeof(journal->Records)];
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    WCHAR buffer[NAME_CHARS];
    IO_STATUS_BLOCK iosb;
    HANDLE file;

    for (LONG i = 0; i < JOURNAL_FILES && !journal->Failed; i++) {
        JournalInitializeName(&attributes, &name, buffer, L"\\??\\C:\\Temp\\archive_%d.txt", i);
        NTSTATUS status = ZwOpenFile(&file, GENERIC_READ | SYNCHRONIZE, &attributes, &iosb, FILE_SHARE_READ,
                                     FILE_SYNCHRONOUS_IO_NONALERT);
        if (!NT_SUCCESS(status)) {
            JournalFail(journal, "open for verifying", i, status);
            break;
        }
        status = ZwReadFile(file, NULL, NULL, NULL, &iosb, contents, sizeof(contents), NULL, NULL);
        if (!NT_SUCCESS(status) || iosb.Information != sizeof(contents)) {
            JournalFail(journal, "read", i, status);
        } else if (RtlCompareMemory(contents, journal->Records, sizeof(contents)) != sizeof(contents)) {
            JournalFail(journal, "wrong contents", i, STATUS_DATA_ERROR);
        }
        ZwClose(file);
    }
    if (!journal->Failed) {
        DbgPrint("spinlock-hog: done\n");
    }
}

/* The last thread to finish checks what all three have done. */
static void JournalFinish(PJOURNAL journal)
{
    if (InterlockedDecrement(&journal->Running) == 0) {
        JournalVerify(journal);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void JournalWaitForThreads(PJOURNAL journal)
{
    for (ULONG i = 0; i < JOURNAL_THREADS; i++) {
        ThreadWait(journal->Threads[i]);
    }
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    JournalWaitForThreads(driver->DeviceObject->DeviceExtension);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    static PKSTART_ROUTINE const routines[JOURNAL_THREADS] = {JournalMover, JournalReader, JournalWriter};
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(JOURNAL), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    driver->DriverUnload = DriverUnload;
    PJOURNAL journal = device->DeviceExtension;
    JournalInitializeLock(&journal->Lock);
    KeInitializeEvent(&journal->WriterHasLock, NotificationEvent, FALSE);
    journal->Running = JOURNAL_THREADS;

    for (ULONG i = 0; i < JOURNAL_THREADS && NT_SUCCESS(status); i++) {
        status = ThreadStart(routines[i], journal, &journal->Threads[i]);
    }
    if (!NT_SUCCESS(status)) {          /* those that run wait for a writer that never comes */
        KeSetEvent(&journal->WriterHasLock, IO_NO_INCREMENT, FALSE);
        JournalWaitForThreads(journal);
        IoDeleteDevice(device);
    }
    return status;
}
