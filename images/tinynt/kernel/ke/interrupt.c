/* Interrupt dispatch by vector, software interrupts and interprocessor interrupts. */
#include "ki.h"

typedef struct _KI_VECTOR {
    PKISR Service;
    PVOID Context;
} KI_VECTOR;
static KI_VECTOR KiVectors[256];
static ULONG KiNextDeviceVector = DEVICE_VECTOR_BASE;
static volatile ULONG64 KiIpiRequests[MAXIMUM_PROCESSORS];
static struct {
    void (*Routine)(PVOID);
    PVOID Context;
    volatile LONG Pending;
} KiIpiCall;
static KSPIN_LOCK KiIpiCallLock;

void KiConnectVector(ULONG vector, PKISR service, PVOID context)
{
    KiVectors[vector].Context = context;
    KiVectors[vector].Service = service;
}

ULONG KiAllocateDeviceVector(void) { return KiNextDeviceVector < 0xB0 ? KiNextDeviceVector++ : 0; }

__attribute__((noinline)) void KiCallInterruptServiceRoutine(ULONG vector, PKTRAP_FRAME trap)
{
    KI_VECTOR *v = &KiVectors[vector];
    if (vector == CLOCK_VECTOR) {
        HalpTimerClockInterrupt(vector, trap);
    } else if (v->Service != NULL) {
        v->Service(vector, v->Context);
    }
    __asm__ volatile("");
}

/* Called by KiInterruptDispatchNoLockNoEtw at the vector's IRQL. */
void KiInterruptSubDispatchNoLockNoEtw(ULONG vector, PKTRAP_FRAME trap)
{
    KeGetCurrentPrcb()->InterruptCount++;
    KiCallInterruptServiceRoutine(vector, trap);
    if (IS_SEEDED) {
        KiScheduleInterrupt();
    }
    DisableInterrupts();
    if (vector != SPURIOUS_VECTOR) {
        HalEndSystemInterrupt();
    }
}

void KiRequestSoftwareInterrupt(KIRQL irql) { HalpSendIpi(~0U, irql == APC_LEVEL ? APC_VECTOR : DISPATCH_VECTOR); }

void KiIpiSend(ULONG64 targets, ULONG64 request)
{
    for (ULONG i = 0; i < (ULONG)KeNumberProcessors; i++) {
        if (targets >> i & 1) {
            __atomic_fetch_or(&KiIpiRequests[i], request, __ATOMIC_SEQ_CST);
            HalpSendIpi(KiProcessorBlock[i]->InitialApicId, IPI_VECTOR);
        }
    }
}

void KiIpiCallOthers(void (*routine)(PVOID), PVOID context)
{
    KIRQL old = KfRaiseIrql(DISPATCH_LEVEL);
    ULONG64 others = ((1ULL << KeNumberProcessors) - 1) & ~(1ULL << KeGetCurrentProcessorNumber());
    if (others) {
        KeAcquireSpinLockAtDpcLevel(&KiIpiCallLock);
        KiIpiCall.Routine = routine;
        KiIpiCall.Context = context;
        KiIpiCall.Pending = KeNumberProcessors - 1;
        KiIpiSend(others, IPI_CALL);
        while (KiIpiCall.Pending) {
            PauseProcessor();
        }
        KeReleaseSpinLockFromDpcLevel(&KiIpiCallLock);
    }
    KeLowerIrql(old);
}

static BOOLEAN KiIpiServiceRoutine(ULONG vector, PVOID context)
{
    UNREFERENCED_PARAMETER(vector);
    UNREFERENCED_PARAMETER(context);
    ULONG64 requests = __atomic_exchange_n(&KiIpiRequests[KeGetCurrentProcessorNumber()], 0, __ATOMIC_SEQ_CST);
    if (requests & IPI_CALL) {
        KiIpiCall.Routine(KiIpiCall.Context);
        InterlockedDecrement(&KiIpiCall.Pending);
    }
    if (requests & IPI_APC) {
        KiRequestSoftwareInterrupt(APC_LEVEL);
    }
    if (requests & IPI_DPC) {
        KiRequestSoftwareInterrupt(DISPATCH_LEVEL);
    }
    return TRUE;
}

void KiInitializeInterrupts(void) { KiConnectVector(IPI_VECTOR, KiIpiServiceRoutine, NULL); }
