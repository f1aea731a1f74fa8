/* pool-double-free: posts messages; whoever delivers a message frees it, whatever comes of it.

   The poster does not know that and frees a message once more if it was refused. With FIXED=1 it
   leaves it alone. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"

#define MAIL_TAG 'liaM'
#define MAIL_BYTES 200
#define MAIL_LIMIT 100
#define MAILS 12                        /* the last one is too long */

typedef struct _MAIL {
    ULONG Length;
    UCHAR Text[MAIL_BYTES];
} MAIL, *PMAIL;

typedef struct _MAILBOX {
    ULONG Delivered, Refused;
    ULONG Sum;                          /* of all bytes delivered */
    PVOID Thread;
} MAILBOX, *PMAILBOX;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

/* Takes the message over: it is gone afterwards. */
DECLSPEC_NOINLINE static NTSTATUS MailDeliver(PMAILBOX box, PMAIL mail)
{
    NTSTATUS status = STATUS_BUFFER_OVERFLOW;

    if (mail->Length <= MAIL_LIMIT) {
        for (ULONG i = 0; i < mail->Length; i++) {
            box->Sum += mail->Text[i];
        }
        box->Delivered++;
        status = STATUS_SUCCESS;
    }
    ExFreePoolWithTag(mail, MAIL_TAG);
    return status;
}

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): a message that was refused is freed here, too.
   =========================================================================================== */
DECLSPEC_NOINLINE static NTSTATUS MailPost(PMAILBOX box, ULONG length)
{
    PMAIL mail = ExAllocatePoolWithTag(NonPagedPool, sizeof(*mail), MAIL_TAG);

    if (mail == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    mail->Length = length;
    RtlFillMemory(mail->Text, length, 1);
    if (MailDeliver(box, mail) != STATUS_SUCCESS) {
        box->Refused++;
#if !FIXED
        ExFreePoolWithTag(mail, MAIL_TAG);
#endif
    }
    return STATUS_SUCCESS;
}

/* ===================== from here on nothing is wrong ===================== */

/* Messages of 10, 20, … 120 bytes: ten are delivered. */
DECLSPEC_NOINLINE static VOID NTAPI MailThread(PVOID context)
{
    PMAILBOX box = context;
    NTSTATUS status = STATUS_SUCCESS;

    for (ULONG i = 1; i <= MAILS && NT_SUCCESS(status); i++) {
        status = MailPost(box, 10 * i);
    }
    if (NT_SUCCESS(status) && box->Delivered == 10 && box->Refused == 2 && box->Sum == 550) {
        DbgPrint("pool-double-free: done\n");
    } else {
        DbgPrint("pool-double-free: failed: %u delivered, %u refused: 0x%08lx\n", box->Delivered, box->Refused, status);
    }
    PsTerminateSystemThread(status);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PMAILBOX box = driver->DeviceObject->DeviceExtension;

    ThreadWait(box->Thread);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(MAILBOX), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PMAILBOX box = device->DeviceExtension;
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(MailThread, box, &box->Thread);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
