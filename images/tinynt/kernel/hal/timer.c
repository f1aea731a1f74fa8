/* The HPET's main counter as the free-running clock; the CMOS clock for the date. */
#include "ntoskrnl.h"

#define HPET_PHYSICAL 0xFED00000ULL
static volatile ULONG64 *HalpHpet;
ULONG64 HalpCounterFrequency;

void HalpInitializeCounter(void)
{
    HalpHpet = MmMapIoSpace(HPET_PHYSICAL, PAGE_SIZE, 0);
    ULONG64 femtoseconds = HalpHpet[0] >> 32;
    if (femtoseconds == 0 || femtoseconds > 100000000) {
        KeBugCheckEx(HAL_INITIALIZATION_FAILED, 0x48504554, femtoseconds, 0, 0);
    }
    HalpCounterFrequency = 1000000000000000ULL / femtoseconds;
    HalpHpet[2] |= 1;
    /* Nobody uses the 8254, which runs from reset: mode 0 counts once and is over. An emulator that
       skips idle time would stop at each of its periods. */
    OutByte(0x43, 0x30);
    OutByte(0x40, 1);
    OutByte(0x40, 0);
}

ULONG64 HalpReadCounter(void) { return HalpHpet[0xF0 / 8]; }

LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER frequency)
{
    if (frequency != NULL) {
        frequency->QuadPart = (LONGLONG)HalpCounterFrequency;
    }
    return (LARGE_INTEGER){.QuadPart = (LONGLONG)HalpReadCounter()};
}

void KeStallExecutionProcessor(ULONG microseconds)
{
    ULONG64 start = HalpReadCounter(), span = HalpCounterFrequency * microseconds / 1000000;
    while (HalpReadCounter() - start < span) {
        PauseProcessor();
    }
}

static ULONG HalpCmos(UCHAR r)
{
    OutByte(0x70, r);
    UCHAR v = InByte(0x71);
    return (ULONG)(v >> 4) * 10 + (v & 15);
}

/* 100 ns units since 1601-01-01. Reads twice until two readings agree (no update under way). */
void HalpReadRtc(PLARGE_INTEGER time)
{
    ULONG now[6], again[6];
    static const UCHAR registers[6] = {0, 2, 4, 7, 8, 9};
    do {
        for (ULONG i = 0; i < 6; i++) {
            now[i] = HalpCmos(registers[i]);
        }
        for (ULONG i = 0; i < 6; i++) {
            again[i] = HalpCmos(registers[i]);
        }
    } while (memcmp(now, again, sizeof now));
    /* Days from the civil date: years begin in March, so the leap day comes last. */
    LONGLONG y = 2000 + now[5] - (now[4] <= 2), m = (now[4] + 9) % 12, d = now[3] - 1;
    LONGLONG days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + d - 584694;
    time->QuadPart = (((days * 24 + now[2]) * 60 + now[1]) * 60 + now[0]) * 10000000LL;
}
