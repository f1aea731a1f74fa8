/* stuck-power-irp: the function driver of a modem that must not lose power during a transfer.

   When the system goes down, the modem holds the power request back until the last transfer has
   ended, and passes it on then. If no transfer is under way, nobody passes it on: that is the bug.
   With FIXED=1 the request counts as a transfer while it is stored, so that somebody is always last.

   No function is inlined into another one that matters: each has a frame of its own on a stack. */
#include <ntddk.h>
#include "../include/device.h"
#include "../include/pnp.h"

#define TRANSFER_TIME (-5 * 10000LL)        /* 5 ms, in units of 100 ns */

typedef struct _MODEM {
    PDEVICE_OBJECT Self, Pdo, Lower;
    LONG volatile Transfers;                /* under way */
    LONG volatile TransfersDone;
    PIRP volatile HeldPowerIrp;
    PIRP SystemPowerIrp;                    /* waits for the modem's own change of power */
    DEVICE_POWER_STATE PowerState;
    KTIMER TransferTimer;
    KDPC TransferDpc;
    KEVENT ProbeDone;
} MODEM, *PMODEM;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;
static DRIVER_ADD_DEVICE ModemAddDevice;
static DRIVER_DISPATCH ModemPower, ModemPnp;
static void ModemPassHeldPowerIrp(PMODEM modem);

static void ModemTransferBegin(PMODEM modem) { InterlockedIncrement(&modem->Transfers); }

DECLSPEC_NOINLINE static void ModemTransferEnd(PMODEM modem)
{
    if (InterlockedDecrement(&modem->Transfers) == 0) {
        ModemPassHeldPowerIrp(modem);
    }
}

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): only the end of a transfer passes the held request on. When
   the modem is idle no transfer ends, and the request stays here for ever.
   =========================================================================================== */

DECLSPEC_NOINLINE static NTSTATUS ModemHoldPowerIrp(PMODEM modem, PIRP irp)
{
    IoMarkIrpPending(irp);
#if FIXED
    ModemTransferBegin(modem);
    InterlockedExchangePointer((PVOID volatile *)&modem->HeldPowerIrp, irp);
    ModemTransferEnd(modem);
#else
    InterlockedExchangePointer((PVOID volatile *)&modem->HeldPowerIrp, irp);
#endif
    return STATUS_PENDING;
}

/* ===================== from here on nothing is wrong ===================== */

/* The modem is off: now the system's request is complete. */
DECLSPEC_NOINLINE static VOID NTAPI ModemDevicePowerDone(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state,
                                                         PVOID context, PIO_STATUS_BLOCK iosb)
{
    PMODEM modem = context;
    PIRP irp = modem->SystemPowerIrp;

    if (NT_SUCCESS(iosb->Status) && modem->PowerState == PowerDeviceD3 && modem->TransfersDone == 1 &&
        modem->Transfers == 0) {
        DbgPrint("stuck-power-irp: done\n");
    } else {
        DbgPrint("stuck-power-irp: failed: 0x%08lx, D%d\n", iosb->Status, modem->PowerState - 1);
    }
    PoStartNextPowerIrp(irp);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

/* Below, all know that the system goes down: now the modem itself. */
DECLSPEC_NOINLINE static NTSTATUS NTAPI ModemSystemPowerDone(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    PMODEM modem = context;
    POWER_STATE off = {.DeviceState = PowerDeviceD3};

    modem->SystemPowerIrp = irp;
    NTSTATUS status = PoRequestPowerIrp(modem->Pdo, IRP_MN_SET_POWER, off, ModemDevicePowerDone, modem, NULL);
    if (status == STATUS_PENDING) {
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    irp->IoStatus.Status = status;
    return STATUS_CONTINUE_COMPLETION;
}

DECLSPEC_NOINLINE static void ModemPassHeldPowerIrp(PMODEM modem)
{
    PIRP irp = InterlockedExchangePointer((PVOID volatile *)&modem->HeldPowerIrp, NULL);

    if (irp == NULL) {
        return;
    }
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, ModemSystemPowerDone, modem, TRUE, TRUE, TRUE);
    PoCallDriver(modem->Lower, irp);
}

DECLSPEC_NOINLINE static NTSTATUS NTAPI ModemPower(PDEVICE_OBJECT device, PIRP irp)
{
    PMODEM modem = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    if (stack->MinorFunction == IRP_MN_SET_POWER) {
        if (stack->Parameters.Power.Type == SystemPowerState &&
            stack->Parameters.Power.State.SystemState > PowerSystemWorking) {
            return ModemHoldPowerIrp(modem, irp);
        }
        if (stack->Parameters.Power.Type == DevicePowerState) {
            modem->PowerState = stack->Parameters.Power.State.DeviceState;
            PoSetPowerState(device, DevicePowerState, stack->Parameters.Power.State);
        }
    }
    return PnpForwardPower(modem->Lower, irp);
}

static VOID NTAPI ModemTransferDpc(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    PMODEM modem = context;

    InterlockedIncrement(&modem->TransfersDone);
    ModemTransferEnd(modem);
    KeSetEvent(&modem->ProbeDone, IO_NO_INCREMENT, FALSE);
}

/* One transfer at the start tells whether the modem answers. It ends before the device has started:
   whoever powers the machine off after that finds the modem idle. */
static void ModemProbe(PMODEM modem)
{
    LARGE_INTEGER due = {.QuadPart = TRANSFER_TIME};

    modem->PowerState = PowerDeviceD0;
    ModemTransferBegin(modem);
    KeSetTimer(&modem->TransferTimer, due, &modem->TransferDpc);
    KeWaitForSingleObject(&modem->ProbeDone, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS ModemRemove(PMODEM modem, PIRP irp)
{
    KeFlushQueuedDpcs();
    return PnpRemove(modem->Self, modem->Lower, irp);
}

DECLSPEC_NOINLINE static NTSTATUS NTAPI ModemPnp(PDEVICE_OBJECT device, PIRP irp)
{
    PMODEM modem = device->DeviceExtension;
    NTSTATUS status;

    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        status = PnpStartLower(modem->Lower, irp);
        if (NT_SUCCESS(status)) {
            ModemProbe(modem);
        }
        return IrpComplete(irp, status, 0);
    case IRP_MN_REMOVE_DEVICE: return ModemRemove(modem, irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL: return PnpAgree(modem->Lower, irp);
    }
    return IrpForward(modem->Lower, irp);
}

static NTSTATUS NTAPI ModemAddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(MODEM), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PMODEM modem = device->DeviceExtension;
    modem->Self = device;
    modem->Pdo = pdo;
    KeInitializeEvent(&modem->ProbeDone, NotificationEvent, FALSE);
    KeInitializeTimer(&modem->TransferTimer);
    KeInitializeDpc(&modem->TransferDpc, ModemTransferDpc, modem);
    status = PnpAttach(device, pdo, 0, &modem->Lower);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver) {}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    driver->MajorFunction[IRP_MJ_POWER] = ModemPower;
    driver->MajorFunction[IRP_MJ_PNP] = ModemPnp;
    driver->DriverExtension->AddDevice = ModemAddDevice;
    driver->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
