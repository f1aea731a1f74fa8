/* Kernel core (Ke/Ki): processors, IRQL, dispatcher, DPCs, timers, stops. */
#pragma once
#include "amd64.h"
#include "bugcodes.h"

#define MAXIMUM_PROCESSORS 64
#define SharedUserData ((volatile KUSER_SHARED_DATA *)0xFFFFF78000000000ULL)
/* Clock interval in 100 ns units: 15.625 ms, Windows' default. */
#define KeMaximumIncrement 156250UL
#define KTHREAD_STACK_SIZE 0x6000

extern PKPRCB KiProcessorBlock[MAXIMUM_PROCESSORS];
extern volatile LONG KeNumberProcessors;
extern KSPIN_LOCK KiDispatcherLock;
extern ULONG64 KiBugcheckData[5];
extern PUNICODE_STRING KiBugCheckDriver;
/* Random from the boot on; they scramble pointers and data that Windows scrambles. */
extern ULONG64 KiWaitNever, KiWaitAlways;

/* The DPC watchdog; its last two parameters point at the block, which leads to _KPRCB's profile. */
typedef struct _DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK {
    ULONG Signature;
    USHORT Revision;
    USHORT Size;
    USHORT DpcWatchdogProfileOffset;         /* in _KPRCB */
    ULONG DpcWatchdogProfileLength;          /* in addresses */
} DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK, *PDPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK;
_Static_assert(sizeof(DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK) == 0x10, "_DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK");
extern BOOLEAN KeEnableWatchdogTimeout;
extern DPC_WATCHDOG_GLOBAL_TRIAGE_BLOCK KeDpcWatchdogProfileGlobalTriageBlock;
BOOLEAN HviIsAnyHypervisorPresent(void);

static inline KIRQL KeGetCurrentIrql(void) { return (KIRQL)ReadCR8(); }
static inline PKPCR KeGetPcr(void)
{
    PKPCR p;
    __asm__("mov %%gs:0x18, %0" : "=r"(p));
    return p;
}
static inline PKPRCB KeGetCurrentPrcb(void)
{
    PKPRCB p;
    __asm__ volatile("mov %%gs:0x20, %0" : "=r"(p));
    return p;
}
static inline PKTHREAD KeGetCurrentThread(void)
{
    PKTHREAD t;
    __asm__ volatile("mov %%gs:0x188, %0" : "=r"(t));
    return t;
}
static inline ULONG KeGetCurrentProcessorNumber(void) { return KeGetCurrentPrcb()->Number; }
static inline void KeLowerIrql(KIRQL irql) { WriteCR8(irql); }
static inline void KeRaiseIrql(KIRQL irql, PKIRQL old)
{
    *old = KeGetCurrentIrql();
    WriteCR8(irql);
}
KIRQL KfRaiseIrql(KIRQL irql);
KIRQL KeRaiseIrqlToDpcLevel(void);

/* Spin locks: 0 free, 1 held; no owner is stored, as in free builds of Windows. */
static inline void KeInitializeSpinLock(PKSPIN_LOCK lock) { *lock = 0; }
KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK lock);
void KeReleaseSpinLock(PKSPIN_LOCK lock, KIRQL old);
void KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK lock);
void KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK lock);
#define KeAcquireSpinLock(l, old) (*(old) = KeAcquireSpinLockRaiseToDpc(l))

/* Dispatcher objects. Timeouts in 100 ns units: negative relative, positive absolute. */
void KeInitializeEvent(PKEVENT event, EVENT_TYPE type, BOOLEAN state);
LONG KeSetEvent(PKEVENT event, KPRIORITY increment, BOOLEAN wait);
LONG KeResetEvent(PKEVENT event);
void KeClearEvent(PKEVENT event);
LONG KeReadStateEvent(PKEVENT event);
void KeInitializeSemaphore(PKSEMAPHORE s, LONG count, LONG limit);
LONG KeReleaseSemaphore(PKSEMAPHORE s, KPRIORITY increment, LONG adjustment, BOOLEAN wait);
void KeInitializeMutex(PKMUTEX m, ULONG level);
LONG KeReleaseMutex(PKMUTEX m, BOOLEAN wait);
NTSTATUS KeWaitForSingleObject(PVOID object, KWAIT_REASON reason, KPROCESSOR_MODE mode, BOOLEAN alertable,
                               PLARGE_INTEGER timeout);
NTSTATUS KeWaitForMultipleObjects(ULONG count, PVOID objects[], WAIT_TYPE type, KWAIT_REASON reason,
                                  KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER timeout, PKWAIT_BLOCK blocks);
NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE mode, BOOLEAN alertable, PLARGE_INTEGER interval);

void KeInitializeTimerEx(PKTIMER timer, TIMER_TYPE type);
BOOLEAN KeSetTimerEx(PKTIMER timer, LARGE_INTEGER due, LONG period, PKDPC dpc);
BOOLEAN KeCancelTimer(PKTIMER timer);
ULONG64 KeQueryInterruptTime(void);
void KeQuerySystemTime(PLARGE_INTEGER now);
LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER frequency);
void KeStallExecutionProcessor(ULONG microseconds);

typedef void (*PKDEFERRED_ROUTINE)(PKDPC dpc, PVOID context, PVOID arg1, PVOID arg2);
void KeInitializeDpc(PKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context);
BOOLEAN KeInsertQueueDpc(PKDPC dpc, PVOID arg1, PVOID arg2);
BOOLEAN KeRemoveQueueDpc(PKDPC dpc);
void KeFlushQueuedDpcs(void);

void KeInitializeApc(PKAPC apc, PKTHREAD thread, int environment, void (*kernel)(), void (*rundown)(), void (*normal)(),
                     KPROCESSOR_MODE mode, PVOID context);
BOOLEAN KeInsertQueueApc(PKAPC apc, PVOID arg1, PVOID arg2, KPRIORITY increment);
void KeEnterCriticalRegion(void);
void KeLeaveCriticalRegion(void);
KPRIORITY KeSetPriorityThread(PKTHREAD thread, KPRIORITY priority);

/* Interrupts. `service` runs at the vector's IRQL (vector >> 4). */
typedef BOOLEAN (*PKISR)(ULONG vector, PVOID context);
void KiConnectVector(ULONG vector, PKISR service, PVOID context);
ULONG KiAllocateDeviceVector(void);
void KiIpiSend(ULONG64 targets, ULONG64 request);
/* Runs `routine` on every other processor and waits until all have run it. IRQL <= DISPATCH_LEVEL. */
void KiIpiCallOthers(void (*routine)(PVOID), PVOID context);

DECLSPEC_NORETURN void KeBugCheckEx(ULONG code, ULONG64 p1, ULONG64 p2, ULONG64 p3, ULONG64 p4);
DECLSPEC_NORETURN void KeBugCheck(ULONG code);

/* Scheduler. The caller of the Ki* ones holds KiDispatcherLock at DISPATCH_LEVEL. */
void KiReadyThread(PKTHREAD thread);
void KiExitDispatcher(KIRQL old);
KIRQL KiLockDispatcher(void);
LONG KiUnwaitThread(PKTHREAD thread, NTSTATUS status, KPRIORITY increment);
void KiUnlinkThread(PKTHREAD thread);
void KiWaitTest(PVOID object, KPRIORITY increment);
void KiInitializeThread(PKTHREAD thread, PKPROCESS process, void (*start)(PVOID), PVOID context, PVOID stackBase);
void KeReadyThread(PKTHREAD thread);
DECLSPEC_NORETURN void KeTerminateThread(void);

/* Assembly. */
void KiSwapContext(PKTHREAD from, PKTHREAD to);
DECLSPEC_NORETURN void KiIdleLoop(void);
void KiStartSystemThread(void);
DECLSPEC_NORETURN void KiSwitchToIdleStack(PVOID stackBase);
void KiServiceLinkage(void);

/* Start-up, in order; see init/main.c. */
void KiInitializeProcessor(ULONG number, PVOID stackBase);
void KiInitializeKernel(void);
void KeStartAllProcessors(void);
void KeInitializeDpcWatchdog(void);
void KeInitializeSchedule(void);
void KiInitializeTraps(void);
void KiInitializeBootProcessor(void);
void KiInitializeInterrupts(void);
void KiSetSystemTime(ULONG64 systemTime);
