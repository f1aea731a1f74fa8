/* Seeded scheduling: given a seed, the kernel preempts and delays drivers at random moments, so that
   races between them show more often. The moments are those at which another processor or thread may
   get in on real hardware, too: around a lock, when a DPC is queued or begins, when the IRQL falls,
   when an interrupt returns, at the end of a quantum.

   Each processor draws from a stream of its own, so under a clock that counts instructions a seed gives
   the same run again. Without a seed nothing is drawn: one flag is read and found clear. */
#include "ki.h"

BOOLEAN KiScheduleSeeded;
static ULONG64 KiScheduleState[MAXIMUM_PROCESSORS];

enum {
    DELAY_ONE_IN = 4,            /* a point of which so many delays */
    PREEMPT_ONE_IN = 8,          /* a fall of the IRQL or a tick of which so many ends the quantum */
    LONGEST_DELAY_LOG2 = 12      /* in turns of a loop that pauses; every power of two is as likely */
};

/* SplitMix64. */
static ULONG64 KiScheduleMix(ULONG64 *state)
{
    ULONG64 z = (*state += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

/* An interrupt between reading the processor's number and the draw may move the thread, or draw
   itself. */
static ULONG64 KiScheduleDraw(void)
{
    BOOLEAN on = KeDisableInterrupts();
    ULONG64 drawn = KiScheduleMix(&KiScheduleState[KeGetCurrentPrcb()->Number]);
    KeRestoreInterrupts(on);
    return drawn;
}

static void KiScheduleWait(ULONG64 drawn)
{
    ULONG log2 = (ULONG)(drawn % (LONGEST_DELAY_LOG2 + 1));
    ULONG64 turns = (1ULL << log2) + (drawn >> 32 & ((1ULL << log2) - 1));
    while (turns--) {
        PauseProcessor();
    }
}

/* The kernel's own locks are short and many: only what drivers ask for counts. */
static BOOLEAN KiIsKernelCode(ULONG64 address)
{
    const IMAGE_DOS_HEADER *dos = (const IMAGE_DOS_HEADER *)__ImageBase;
    const IMAGE_NT_HEADERS64 *headers = (const IMAGE_NT_HEADERS64 *)(__ImageBase + dos->e_lfanew);
    return address - (ULONG64)__ImageBase < headers->OptionalHeader.SizeOfImage;
}

__attribute__((noinline, cold)) void KiScheduleDelay(PVOID caller)
{
    if (KiIsKernelCode((ULONG64)caller)) {
        return;
    }
    ULONG64 drawn = KiScheduleDraw();
    if (drawn >> 56 < 256 / DELAY_ONE_IN) {
        KiScheduleWait(drawn);
    }
}

/* The caller is about to lower the IRQL below DISPATCH_LEVEL: another thread may go first. */
__attribute__((noinline, cold)) void KiSchedulePreempt(PVOID caller)
{
    if (KiIsKernelCode((ULONG64)caller)) {
        return;
    }
    ULONG64 drawn = KiScheduleDraw();
    if (drawn >> 56 >= 256 / PREEMPT_ONE_IN) {
        return;
    }
    BOOLEAN on = KeDisableInterrupts();
    KeGetCurrentPrcb()->QuantumEnd = 1;
    KiRequestSoftwareInterrupt(DISPATCH_LEVEL);
    KeRestoreInterrupts(on);
}

/* Before a DPC routine, and after an interrupt's service routine. */
__attribute__((noinline, cold)) void KiScheduleInterrupt(void)
{
    ULONG64 drawn = KiScheduleDraw();
    if (drawn >> 56 < 256 / DELAY_ONE_IN) {
        KiScheduleWait(drawn);
    }
}

/* At a clock tick: whether this is the end of the quantum, however long it was. */
__attribute__((noinline, cold)) BOOLEAN KiScheduleQuantum(void)
{
    return KiScheduleDraw() >> 56 < 256 / PREEMPT_ONE_IN;
}

/* All processors run; from here on, drivers do. */
void KeInitializeSchedule(void)
{
    CHAR text[16];
    ULONG size;
    LONG file = HalpFwCfgFind("opt/tinynt/sched", &size);
    if (file < 0) {
        return;
    }
    if (size != sizeof text) {
        DbgPrint("scheduling: opt/tinynt/sched has %u bytes instead of 16 hexadecimal digits\r\n", size);
        return;
    }
    HalpFwCfgRead((ULONG)file, text, sizeof text);
    ULONG64 seed = 0;
    for (ULONG i = 0; i < sizeof text; i++) {
        CHAR c = (CHAR)(text[i] | 0x20);
        seed = seed << 4 | (ULONG64)((c >= 'a' ? c - 'a' + 10 : text[i] - '0') & 15);
    }
    for (ULONG i = 0; i < MAXIMUM_PROCESSORS; i++) {
        KiScheduleState[i] = KiScheduleMix(&seed);
    }
    KiScheduleSeeded = TRUE;
    DbgPrint("scheduling: seeded\r\n");
}
