/* pool-overrun: a bank of registers that is cleared at the start and then counts.

   The loop that clears the bank runs once too often and writes behind the block. With FIXED=1 it does
   not. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"

#define BANK_TAG 'knaB'
#define REGISTERS 16                    /* 64 bytes: nothing is left of the last 16 of them */

typedef struct _BANK {
    ULONG volatile *Registers;
    PVOID Thread;
} BANK, *PBANK;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): the bank has REGISTERS registers, the last is REGISTERS - 1.
   =========================================================================================== */
DECLSPEC_NOINLINE static void BankClear(PBANK bank)
{
#if FIXED
    for (ULONG i = 0; i < REGISTERS; i++)
#else
    for (ULONG i = 0; i <= REGISTERS; i++)
#endif
        bank->Registers[i] = 0;
}

/* ===================== from here on nothing is wrong ===================== */

DECLSPEC_NOINLINE static ULONG BankCount(PBANK bank)
{
    ULONG sum = 0;

    for (ULONG i = 0; i < REGISTERS; i++) {
        bank->Registers[i] += i;
        sum += bank->Registers[i];
    }
    return sum;
}

DECLSPEC_NOINLINE static VOID NTAPI BankThread(PVOID context)
{
    PBANK bank = context;
    ULONG sum = 0;

    bank->Registers = ExAllocatePoolWithTag(NonPagedPool, REGISTERS * sizeof(ULONG), BANK_TAG);
    if (bank->Registers != NULL) {
        BankClear(bank);
        sum = BankCount(bank);
        ExFreePoolWithTag((PVOID)bank->Registers, BANK_TAG);
    }
    if (sum == REGISTERS * (REGISTERS - 1) / 2) {
        DbgPrint("pool-overrun: done\n");
    } else {
        DbgPrint("pool-overrun: failed: the sum is %u\n", sum);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PBANK bank = driver->DeviceObject->DeviceExtension;

    ThreadWait(bank->Thread);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(BANK), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PBANK bank = device->DeviceExtension;
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(BankThread, bank, &bank->Thread);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
