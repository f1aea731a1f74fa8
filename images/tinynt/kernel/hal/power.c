/* Panic notification, power off, reset. */
#include "ntoskrnl.h"

void HalpWritePvPanic(UCHAR events) { OutByte(0x505, events); }

DECLSPEC_NORETURN void HalReturnToFirmware(ULONG action)
{
    DisableInterrupts();
    if (action == 3) {
        /* ACPI S5 through the ICH9's PM1a control; the PM base is in the LPC bridge (00:1f.0). */
        ULONG base = HalpReadPci(0, 31 * 8, 0x40, 4) & 0xFF80;
        if (!base) {
            base = 0x600;
            HalpWritePci(0, 31 * 8, 0x40, 4, base | 1);
            HalpWritePci(0, 31 * 8, 0x44, 1, 0x80);
        }
        OutWord((USHORT)(base + 4), 0x2000);
        /* It takes a moment; only a machine without ACPI goes on to the reset. */
        KeStallExecutionProcessor(2000000);
    }
    OutByte(0xCF9, 6);
    for (;;) {
        HaltProcessor();
    }
}
