/* Starting the other processors: a real-mode stub at a low page takes each into long mode. */
#include "ki.h"

#define STUB_PHYSICAL 0x8000ULL

/* What the stub reads, at offset 0xF00 of its page. */
typedef struct _KI_STARTUP {
    ULONG64 Cr3, Stack, Entry, Pcr;
} KI_STARTUP;

static void KiApplicationProcessorStart(PKPCR pcr)
{
    PKPRCB prcb = &pcr->Prcb;
    KiLoadProcessor(pcr);
    WriteCR8(HIGH_LEVEL);
    HalpInitializeApic();
    prcb->InitialApicId = HalpApicId();
    prcb->CurrentThread = prcb->IdleThread;
    prcb->IdleThread->State = Running;
    HalpStartClock();
    InterlockedIncrement(&KeNumberProcessors);
    KiSwitchToIdleStack(prcb->IdleThread->StackBase);
}

void KeStartAllProcessors(void)
{
    ULONG size, wanted = HalpProcessorCount();
    volatile KI_STARTUP *startup;
    PUCHAR stub = MmMapIoSpace(STUB_PHYSICAL, PAGE_SIZE, 1);
    UNREFERENCED_PARAMETER(size);
    memcpy(stub, KiStartupStub, (SIZE_T)(KiStartupStubEnd - KiStartupStub));
    startup = (volatile KI_STARTUP *)(stub + 0xF00);
    for (ULONG i = 1; i < wanted && i < MAXIMUM_PROCESSORS; i++) {
        PKPCR pcr = KiAllocateProcessor(i);
        if (pcr == NULL) {
            break;
        }
        PspInitializeIdleThread(&pcr->Prcb);
        startup->Cr3 = ReadCR3();
        startup->Stack = (ULONG64)pcr->Prcb.IdleThread->StackBase - 0x28;
        startup->Entry = (ULONG64)KiApplicationProcessorStart;
        startup->Pcr = (ULONG64)pcr;
        LONG before = KeNumberProcessors;
        HalpStartProcessor(i, STUB_PHYSICAL);
        /* Its thread on the host may be slow to run: one that comes too late resets the machine. */
        ULONG64 until = HalpReadCounter() + 10 * HalpCounterFrequency;
        while (KeNumberProcessors == before && HalpReadCounter() < until) {
            PauseProcessor();
        }
        if (KeNumberProcessors == before) {
            DbgPrint("processor %u did not start\r\n", i);
            break;
        }
    }
    MmUnmapIoSpace(stub, PAGE_SIZE);
}
