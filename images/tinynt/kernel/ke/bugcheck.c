/* The stop: freeze the others, record what happened, show it, tell the host. */
#include "ki.h"
#include "kd.h"

ULONG64 KiBugcheckData[5];
PUNICODE_STRING KiBugCheckDriver;
static volatile LONG KiBugCheckActive = -1;    /* the processor that stopped the machine */
static volatile LONG KiFrozen;

#define NAMED(code) {code, #code}

static PCSTR KiBugCheckName(ULONG code)
{
    static const struct {
        ULONG Code;
        PCSTR Name;
    } names[] = {
        NAMED(IRQL_NOT_LESS_OR_EQUAL),
        NAMED(MAXIMUM_WAIT_OBJECTS_EXCEEDED),
        NAMED(REFERENCE_BY_POINTER),
        NAMED(BAD_POOL_HEADER),
        NAMED(KMODE_EXCEPTION_NOT_HANDLED),
        NAMED(NO_MORE_IRP_STACK_LOCATIONS),
        NAMED(MULTIPLE_IRP_COMPLETE_REQUESTS),
        NAMED(CANCEL_STATE_IN_COMPLETED_IRP),
        NAMED(PAGE_FAULT_IN_NONPAGED_AREA),
        NAMED(HAL_INITIALIZATION_FAILED),
        NAMED(PROCESS_INITIALIZATION_FAILED),
        NAMED(INACCESSIBLE_BOOT_DEVICE),
        NAMED(INSTALL_MORE_MEMORY),
        NAMED(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED),
        NAMED(UNEXPECTED_KERNEL_MODE_TRAP),
        NAMED(NMI_HARDWARE_FAILURE),
        NAMED(PP1_INITIALIZATION_FAILED),
        NAMED(INVALID_WORK_QUEUE_ITEM),
        NAMED(MACHINE_CHECK_EXCEPTION),
        NAMED(DRIVER_POWER_STATE_FAILURE),
        NAMED(ATTEMPTED_SWITCH_FROM_DPC),
        NAMED(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION),
        NAMED(BAD_POOL_CALLER),
        NAMED(DRIVER_VERIFIER_DETECTED_VIOLATION),
        NAMED(TIMER_OR_DPC_INVALID),
        NAMED(DRIVER_VERIFIER_IOMANAGER_VIOLATION),
        NAMED(PNP_DETECTED_FATAL_ERROR),
        NAMED(PAGE_FAULT_IN_FREED_SPECIAL_POOL),
        NAMED(PAGE_FAULT_BEYOND_END_OF_ALLOCATION),
        NAMED(DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS),
        NAMED(DRIVER_IRQL_NOT_LESS_OR_EQUAL),
        NAMED(DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL),
        NAMED(DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION),
        NAMED(WORKER_THREAD_RETURNED_AT_BAD_IRQL),
        NAMED(MANUALLY_INITIATED_CRASH),
        NAMED(RESOURCE_NOT_OWNED),
        NAMED(DPC_WATCHDOG_VIOLATION),
        NAMED(POOL_BIG_PAGE_TABLE_FULL),
    };
    for (ULONG i = 0; i < ARRAYSIZE(names); i++) {
        if (names[i].Code == code) {
            return names[i].Name;
        }
    }
    return "UNKNOWN_STOP";
}

/* The same fault has another code when a driver's own instruction raised it. */
static ULONG KiDriverFaultCode(ULONG code)
{
    switch (code) {
    case IRQL_NOT_LESS_OR_EQUAL: return DRIVER_IRQL_NOT_LESS_OR_EQUAL;
    case PAGE_FAULT_IN_FREED_SPECIAL_POOL: return DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL;
    case PAGE_FAULT_BEYOND_END_OF_ALLOCATION: return DRIVER_PAGE_FAULT_BEYOND_END_OF_ALLOCATION;
    default: return code;
    }
}

/* Which parameter holds the code address that tells whose fault it may be. */
static ULONG64 KiFaultingPc(ULONG code, const ULONG64 p[4])
{
    switch (code) {
    case IRQL_NOT_LESS_OR_EQUAL:
    case DRIVER_IRQL_NOT_LESS_OR_EQUAL: return p[3];
    case PAGE_FAULT_IN_NONPAGED_AREA:
    case PAGE_FAULT_IN_FREED_SPECIAL_POOL:
    case PAGE_FAULT_BEYOND_END_OF_ALLOCATION: return p[2];
    case KMODE_EXCEPTION_NOT_HANDLED:
    case SYSTEM_THREAD_EXCEPTION_NOT_HANDLED: return p[1];
    default: return 0;
    }
}

/* Whose fault it may be, from the code address; what an unloaded driver left behind is recognised by
   the address that was touched. */
static ULONG KiRefineBugCheck(ULONG code, const ULONG64 p[4])
{
    PKLDR_DATA_TABLE_ENTRY kernel =
        CONTAINING_RECORD(PsLoadedModuleList.Flink, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
    ULONG64 pc = KiFaultingPc(code, p);
    PKLDR_DATA_TABLE_ENTRY module = pc ? MiLookupDataTableEntry((PVOID)pc) : NULL;
    if (module == kernel) {
        return code;
    }
    if (module != NULL) {
        KiBugCheckDriver = &module->BaseDllName;
    } else if (code == PAGE_FAULT_IN_NONPAGED_AREA) {
        PUNICODE_STRING unloaded = MmLocateUnloadedDriver((PVOID)p[0]);
        if (unloaded != NULL) {
            KiBugCheckDriver = unloaded;
            return DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS;
        }
    }
    /* 0xA is for the kernel's own code only, wherever else the other code is. */
    return module != NULL || code == IRQL_NOT_LESS_OR_EQUAL ? KiDriverFaultCode(code) : code;
}

/* KeBugCheckEx captured the registers into ProcessorState.ContextFrame before it came here. */
DECLSPEC_NORETURN void KeBugCheck2(ULONG code, ULONG64 p1, ULONG64 p2, ULONG64 p3, ULONG64 p4)
{
    ULONG64 p[4] = {p1, p2, p3, p4};
    PKPRCB prcb = KeGetCurrentPrcb();
    LONG nobody = -1;
    CHAR line[256], driver[32] = "";
    DisableInterrupts();
    WriteCR8(HIGH_LEVEL);
    if (!__atomic_compare_exchange_n(&KiBugCheckActive, &nobody, (LONG)prcb->Number, 0, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST)) {
        if (nobody == (LONG)prcb->Number) {
            HalDisplayString("*** a second stop while stopping\r\n");
        }
        for (;;) {
            HaltProcessor();
        }
    }
    KiFreezeOthers();
    KdDecodeDataBlock();

    code = KiRefineBugCheck(code, p);
    if (KiBugCheckDriver != NULL) {
        for (ULONG i = 0; i < min(KiBugCheckDriver->Length / 2U, sizeof driver - 1U); i++) {
            driver[i] = (CHAR)KiBugCheckDriver->Buffer[i];
        }
    }
    KiBugcheckData[0] = code;
    for (ULONG i = 0; i < 4; i++) {
        KiBugcheckData[i + 1] = p[i];
    }
    prcb->ProcessorState.SpecialRegisters.Cr2 = ReadCR2();
    KdpFillDumpHeader(code, p, &prcb->ProcessorState.ContextFrame);

    _snprintf(line, sizeof line,
              "\r\n*** STOP: 0x%08X (0x%016I64X, 0x%016I64X, 0x%016I64X, 0x%016I64X)\r\n*** %s%s%s\r\n", code, p[0],
              p[1], p[2], p[3], KiBugCheckName(code), *driver ? " " : "", driver);
    HalDisplayString(line);
    InbvDisplayBugCheck(code, KiBugCheckName(code), p, *driver ? driver : NULL);
    KdpAnnouncePanic();
    for (;;) {
        HaltProcessor();
    }
}

DECLSPEC_NORETURN void KeBugCheck(ULONG code) { KeBugCheckEx(code, 0, 0, 0, 0); }

void KiFreezeOthers(void)
{
    KiFrozen = 0;
    for (ULONG i = 0; i < (ULONG)KeNumberProcessors; i++) {
        if (KiProcessorBlock[i] != KeGetCurrentPrcb()) {
            HalpSendNmi(KiProcessorBlock[i]->InitialApicId);
        }
    }
    /* A processor that does not answer must not keep the stop from being reported. */
    ULONG64 until = HalpReadCounter() + HalpCounterFrequency;
    while (KiFrozen < KeNumberProcessors - 1 && HalpReadCounter() < until) {
        PauseProcessor();
    }
}

__attribute__((noinline)) static void KiFreezeTargetExecution(PKTRAP_FRAME trap, PKEXCEPTION_FRAME frame)
{
    PKPRCB prcb = KeGetCurrentPrcb();
    KiTrapFrameToContext(trap, frame, &prcb->ProcessorState.ContextFrame);
    prcb->IpiFrozen = 2;                     /* TARGET_FROZEN */
    InterlockedIncrement(&KiFrozen);
    for (;;) {
        HaltProcessor();
    }
}

void KiProcessNMI(PKTRAP_FRAME trap, PKEXCEPTION_FRAME frame)
{
    if (KiBugCheckActive >= 0 && KiBugCheckActive != (LONG)KeGetCurrentPrcb()->Number) {
        KiFreezeTargetExecution(trap, frame);
    }
    KeBugCheckEx(NMI_HARDWARE_FAILURE, 0x4F4454, 0, 0, 0);   /* nobody here sent it */
}
