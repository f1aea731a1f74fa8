/* The boot, as one list. */
#include "ntoskrnl.h"
#include "kd.h"

static LOADER_BLOCK KeLoaderBlock;

static void KiInitializeSharedData(void)
{
    KUSER_SHARED_DATA *shared = (KUSER_SHARED_DATA *)SharedUserData;
    LARGE_INTEGER now;
    ULONG regs[4];
    shared->NtMajorVersion = 10;
    shared->NtBuildNumber = 19041;
    shared->NtProductType = 1;
    shared->TickCountMultiplier = 0x0FA00000;
    shared->QpcFrequency = (LONGLONG)HalpCounterFrequency;
    memcpy(shared->NtSystemRoot, L"C:\\Windows", 22);
    Cpuid(1, 0, regs);
    shared->ActiveProcessorCount = 1;
    HalpReadRtc(&now);
    KiSetSystemTime((ULONG64)now.QuadPart);
}

/* One-to-one map of low memory: the loader's and the processors' first steps; nobody's afterwards. */
static void KiDropLowMemory(void)
{
    *(volatile ULONG64 *)(0xFFFF000000000000ULL | KeLoaderBlock.SelfMapIndex << 39 | KeLoaderBlock.SelfMapIndex << 30 |
                          KeLoaderBlock.SelfMapIndex << 21 | KeLoaderBlock.SelfMapIndex << 12) = 0;
    MiFlushAll();
}

static void Phase1Initialization(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    KeStartAllProcessors();
    KiDropLowMemory();
    ((KUSER_SHARED_DATA *)SharedUserData)->ActiveProcessorCount = (ULONG)KeNumberProcessors;
    KeInitializeDpcWatchdog();
    ObInitSystem();
    PsInitSystem();
    ExpStartWorkers();
    KdInitSystem();
    HalpAssignPciResources();
    InbvDriverInitialize();
    CmInitSystem();
    IoInitSystem();
    PnpInitialize();
    PoInitSystem();
    PspCreateSystemThread(KeBalanceSetManager, NULL, 16);
    IopInitializeBootDrivers(&KeLoaderBlock);
    KeInitializeSchedule();
    DbgPrint("TinyNT 10.0.19041, %u processors, %u MiB, kernel at %p: up\r\n", KeNumberProcessors,
             (ULONG)(MmNumberOfPhysicalPages >> 8), (PVOID)KeLoaderBlock.KernelBase);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

void KiSystemStartup(PLOADER_BLOCK loader)
{
    KeLoaderBlock = *loader;
    HalpInitializeSerial();
    KiInitializeTraps();
    KiInitializeBootProcessor();
    WriteCR8(DISPATCH_LEVEL);                /* interrupts stay off until the idle loop */
    MmInitSystem(&KeLoaderBlock);
    ExInitSystem();
    KiWaitNever = MiRandom();
    KiWaitAlways = MiRandom();
    HalpInitializeCounter();
    HalpInitializeApic();
    HalpCalibrateTimers();
    KiInitializeSharedData();
    PsInitSystemProcess(&KeLoaderBlock);

    PKPRCB prcb = KeGetCurrentPrcb();
    prcb->InitialApicId = HalpApicId();
    prcb->ClockOwner = 1;
    PspInitializeIdleThread(prcb);
    KeNumberProcessors = 1;
    KiInitializeInterrupts();
    HalpStartClock();
    PspCreateSystemThread(Phase1Initialization, NULL, 31);
    KiSwitchToIdleStack(prcb->IdleThread->StackBase);
}
