/* Hardware: APICs, clocks, PCI, firmware configuration, serial port. */
#pragma once
#include "ke.h"

void HalpInitializeSerial(void);
void HalDisplayString(PCSTR text);      /* COM1 */
void HalpInitializeApic(void);          /* on each processor */
void HalpCalibrateTimers(void);
void HalpStartClock(void);              /* on each processor */
/* One interrupt only, after `ticks` clock intervals, of the first of which `part` of `whole` is over. */
void HalpStopClock(ULONG64 ticks, ULONG64 part, ULONG64 whole);
void HalEndSystemInterrupt(void);
void HalpSendIpi(ULONG apicId, ULONG vector);
void HalpSendNmi(ULONG apicId);
ULONG HalpApicId(void);
BOOLEAN HalpStartProcessor(ULONG apicId, ULONG64 startPage);
ULONG64 HalpReadCounter(void);          /* free-running; HalpCounterFrequency ticks a second */
extern ULONG64 HalpCounterFrequency;
void HalpReadRtc(PLARGE_INTEGER systemTime);

/* PCI configuration space, mechanism 1. `slot` is device number * 8 + function. */
ULONG HalpReadPci(ULONG bus, ULONG slot, ULONG offset, ULONG size);
void HalpWritePci(ULONG bus, ULONG slot, ULONG offset, ULONG size, ULONG value);
void HalpAssignPciResources(void);      /* no firmware did it: memory and port BARs */

/* QEMU's fw_cfg. Find returns the file's selector or -1. */
LONG HalpFwCfgFind(PCSTR name, PULONG size);
void HalpFwCfgRead(ULONG selector, PVOID to, ULONG size);
BOOLEAN HalpFwCfgWrite(ULONG selector, ULONG64 physical, ULONG size);

/* A message-signalled interrupt for an in-box driver: program `address` and `data` into the
   device's MSI-X table; `service` then runs at the vector's IRQL. FALSE when vectors are out. */
BOOLEAN HalConnectMessage(PKISR service, PVOID context, PULONG64 address, PULONG data);
ULONG HalGetBusDataByOffset(ULONG type, ULONG bus, ULONG slot, PVOID buffer, ULONG offset, ULONG length);
ULONG HalSetBusDataByOffset(ULONG type, ULONG bus, ULONG slot, PVOID buffer, ULONG offset, ULONG length);
/* Powers the machine off (3, HalPowerDownRoutine) or resets it (any other). */
DECLSPEC_NORETURN void HalReturnToFirmware(ULONG action);
ULONG HalpProcessorCount(void);
void HalpWritePvPanic(UCHAR events);
void HalpInitializeCounter(void);
