/* Local APIC in xAPIC mode: identity, interprocessor interrupts, the clock's timer. */
#include "ntoskrnl.h"

#define APIC_PHYSICAL 0xFEE00000ULL
enum {
    APIC_ID = 0x20,
    APIC_EOI = 0xB0,
    APIC_SPURIOUS = 0xF0,
    APIC_ICR_LOW = 0x300,
    APIC_ICR_HIGH = 0x310,
    APIC_TIMER = 0x320,
    APIC_LINT0 = 0x350,
    APIC_LINT1 = 0x360,
    APIC_ERROR = 0x370,
    APIC_INITIAL = 0x380,
    APIC_CURRENT = 0x390,
    APIC_DIVIDE = 0x3E0
};
enum { DELIVER_NMI = 0x400, DELIVER_INIT = 0x500, DELIVER_STARTUP = 0x600, LEVEL_ASSERT = 0x4000, TO_SELF = 0x40000 };

static volatile UCHAR *HalpApic;
static ULONG HalpApicTicks;                  /* timer counts in one clock interval */

static ULONG HalpReadApic(ULONG r) { return *(volatile ULONG *)(HalpApic + r); }
static void HalpWriteApic(ULONG r, ULONG v) { *(volatile ULONG *)(HalpApic + r) = v; }

void HalpInitializeApic(void)
{
    if (HalpApic == NULL) {
        HalpApic = MmMapIoSpace(APIC_PHYSICAL, PAGE_SIZE, 0);
    }
    WriteMSR(0x1B, ReadMSR(0x1B) | 0x800);
    HalpWriteApic(APIC_SPURIOUS, 0x100 | SPURIOUS_VECTOR);
    HalpWriteApic(APIC_LINT0, 0x10000);      /* no 8259 here */
    HalpWriteApic(APIC_LINT1, 0x400);        /* NMI button */
    HalpWriteApic(APIC_ERROR, 0x10000);
    HalpWriteApic(APIC_DIVIDE, 0xB);         /* divide by 1 */
}

ULONG HalpApicId(void) { return HalpReadApic(APIC_ID) >> 24; }
void HalEndSystemInterrupt(void) { HalpWriteApic(APIC_EOI, 0); }

static void HalpSendCommand(ULONG apicId, ULONG command)
{
    BOOLEAN on = KeDisableInterrupts();
    while (HalpReadApic(APIC_ICR_LOW) & 0x1000) {
        PauseProcessor();
    }
    if (apicId != ~0U) {
        HalpWriteApic(APIC_ICR_HIGH, apicId << 24);
    }
    HalpWriteApic(APIC_ICR_LOW, command | (apicId == ~0U ? TO_SELF : 0));
    KeRestoreInterrupts(on);
}

/* An apicId of ~0 means this processor itself. */
void HalpSendIpi(ULONG apicId, ULONG vector) { HalpSendCommand(apicId, LEVEL_ASSERT | vector); }
void HalpSendNmi(ULONG apicId) { HalpSendCommand(apicId, LEVEL_ASSERT | DELIVER_NMI); }

BOOLEAN HalpStartProcessor(ULONG apicId, ULONG64 startPage)
{
    HalpSendCommand(apicId, LEVEL_ASSERT | DELIVER_INIT);
    HalpSendCommand(apicId, LEVEL_ASSERT | DELIVER_STARTUP | (ULONG)(startPage >> PAGE_SHIFT));
    return TRUE;
}

/* Counts the APIC timer against the HPET for two milliseconds. */
void HalpCalibrateTimers(void)
{
    HalpWriteApic(APIC_TIMER, 0x10000);
    HalpWriteApic(APIC_INITIAL, ~0U);
    ULONG64 start = HalpReadCounter(), span = HalpCounterFrequency / 500;
    while (HalpReadCounter() - start < span) {
        PauseProcessor();
    }
    ULONG64 counted = ~0U - HalpReadApic(APIC_CURRENT), took = HalpReadCounter() - start;
    HalpWriteApic(APIC_INITIAL, 0);
    ULONG64 perSecond = counted * HalpCounterFrequency / took;
    /* Emulated APICs run at a round frequency: take it if it is within one per cent. */
    ULONG64 round = (perSecond + 500000) / 1000000 * 1000000;
    HalpApicTicks = (ULONG)((perSecond > 990000000 && perSecond < 1010000000 ? 1000000000ULL : round) *
                            KeMaximumIncrement / 10000000);
}

void HalpStartClock(void)
{
    HalpWriteApic(APIC_TIMER, 0x20000 | CLOCK_VECTOR);  /* periodic */
    HalpWriteApic(APIC_INITIAL, HalpApicTicks);
}

void HalpStopClock(ULONG64 ticks, ULONG64 part, ULONG64 whole)
{
    ULONG64 count = HalpApicTicks * ticks - HalpApicTicks * part / whole + HalpApicTicks / 1024;
    HalpWriteApic(APIC_TIMER, CLOCK_VECTOR);            /* one shot */
    HalpWriteApic(APIC_INITIAL, (ULONG)min(count, 0xFFFFFFFFULL));
}

BOOLEAN HalConnectMessage(PKISR service, PVOID context, PULONG64 address, PULONG data)
{
    ULONG vector = KiAllocateDeviceVector();
    if (!vector) {
        return FALSE;
    }
    KiConnectVector(vector, service, context);
    *address = APIC_PHYSICAL;                /* to processor 0, fixed, edge */
    *data = vector;
    return TRUE;
}
