/* Pageable memory: the working set of pages that may be paged out, the page file (kept in RAM: this
   machine has no disk), the balance set manager that ages them, and the fault that brings them in. */
#include "mi.h"

#define WORKING_SET_MAXIMUM 16384UL
#define PAGE_FILE_SLOTS 16384ULL
#define STATUS_IN_PAGE_ERROR_RAISED_IRQL NTS(0xD0000006)

static PVOID MiWorkingSet[WORKING_SET_MAXIMUM];  /* resident pageable pages */
static ULONG MiWorkingSetSize;
static FAST_MUTEX MiWorkingSetMutex;
static PUCHAR MiPageFile;                    /* slot n at page n; slot 0 is not used */
static ULONG MiNextSlot = 1, MiFreeSlot;     /* free slots are linked through their first word */
static PUCHAR MiWindow;
ULONG MmPagesOut, MmPagesIn;

void MiInitializeWorkingSet(void)
{
    ExInitializeFastMutex(&MiWorkingSetMutex);
    MiPageFile = MiReserveAddressSpace(PAGE_FILE_SLOTS);
    MiWindow = MiReserveAddressSpace(1);
    if (!MiMakePageTables(MiWindow)) {
        KeBugCheck(INSTALL_MORE_MEMORY);
    }
}

/* The index of a resident pageable page is kept in its PFN, so that removal needs no search. */
static PULONG64 MiWsIndex(PCVOID va) { return (PULONG64)MiPfn((*MiGetPteAddress(va) & PTE_FRAME) >> PAGE_SHIFT); }

/* The balance set manager sleeps while nothing pageable is resident; the mutex guards the flag. */
static KEVENT MiWorkingSetGrew;
static BOOLEAN MiBalanceIdle;

static void MiAddToWorkingSet(PVOID va)
{
    if (MiWorkingSetSize == WORKING_SET_MAXIMUM) {
        return;                              /* stays resident */
    }
    *MiWsIndex(va) = MiWorkingSetSize + 1;
    MiWorkingSet[MiWorkingSetSize++] = va;
    if (MiBalanceIdle) {
        MiBalanceIdle = FALSE;
        KeSetEvent(&MiWorkingSetGrew, 0, FALSE);
    }
}

static void MiTakeOut(ULONG index)
{
    PVOID last = MiWorkingSet[--MiWorkingSetSize];
    MiWorkingSet[index] = last;
    if (index != MiWorkingSetSize) {
        *MiWsIndex(last) = index + 1;
    }
}

static ULONG MiAllocateSlot(void)
{
    ULONG slot = MiFreeSlot;
    if (slot) {
        MiFreeSlot = *(ULONG *)(MiPageFile + ((ULONG64)slot << PAGE_SHIFT));
        return slot;
    }
    if (MiNextSlot == PAGE_FILE_SLOTS ||
        !MiCommitRange(MiPageFile + ((ULONG64)MiNextSlot << PAGE_SHIFT), 1, MM_READWRITE)) {
        return 0;
    }
    return MiNextSlot++;
}

static void MiFreeSlotOf(ULONG64 pte)
{
    ULONG slot = (ULONG)(pte >> 32);
    *(ULONG *)(MiPageFile + ((ULONG64)slot << PAGE_SHIFT)) = MiFreeSlot;
    MiFreeSlot = slot;
}

void MiMakePageable(PVOID va, SIZE_T pages)
{
    ExAcquireFastMutex(&MiWorkingSetMutex);
    for (SIZE_T i = 0; i < pages; i++) {
        MiAddToWorkingSet((PUCHAR)va + (i << PAGE_SHIFT));
    }
    ExReleaseFastMutex(&MiWorkingSetMutex);
}

void MiEndPageable(PVOID va, SIZE_T pages)
{
    ExAcquireFastMutex(&MiWorkingSetMutex);
    for (SIZE_T i = 0; i < pages; i++) {
        PUCHAR at = (PUCHAR)va + (i << PAGE_SHIFT);
        ULONG64 pte = *MiGetPteAddress(at);
        if (!(pte & PTE_VALID)) {
            if (pte & PTE_SOFT_OUT) {
                MiFreeSlotOf(pte);
            }
            *MiGetPteAddress(at) = 0;
        } else if (*MiWsIndex(at)) {
            MiTakeOut((ULONG)*MiWsIndex(at) - 1);
        }
    }
    ExReleaseFastMutex(&MiWorkingSetMutex);
}

/* Copies between a page that nobody else can reach and its slot, through a window of ours. Raised,
   so that the copy stays on the processor whose TLB was told. The mutex is held. */
static void MiCopyPage(PFN_NUMBER page, ULONG64 slot, BOOLEAN intoPage)
{
    PUCHAR store = MiPageFile + (slot << PAGE_SHIFT);
    KIRQL old = KfRaiseIrql(DISPATCH_LEVEL);
    *MiGetPteAddress(MiWindow) = page << PAGE_SHIFT | MiProtectionBits(MM_READWRITE);
    InvalidatePage(MiWindow);
    memcpy(intoPage ? MiWindow : store, intoPage ? store : MiWindow, PAGE_SIZE);
    KeLowerIrql(old);
}

/* Pages out up to 64 pages that were not used since the last pass (all, if `force`): first no
   processor may reach them any more, then they are copied. The mutex is held. */
static ULONG MiTrimBatch(PULONG cursor, BOOLEAN force)
{
    enum { BATCH = 64 };
    struct {
        PVOID Va;
        ULONG64 Pte;
        ULONG Slot;
    } victims[BATCH];
    ULONG n = 0;
    while (*cursor < MiWorkingSetSize && n < BATCH) {
        PVOID va = MiWorkingSet[*cursor];
        PULONG64 pte = MiGetPteAddress(va);
        if (!force && *pte & PTE_ACCESSED) {
            __atomic_fetch_and(pte, ~PTE_ACCESSED, __ATOMIC_SEQ_CST);
            ++*cursor;
            continue;
        }
        ULONG slot = MiAllocateSlot();
        if (!slot) {
            *cursor = MiWorkingSetSize;
            break;
        }
        MiTakeOut(*cursor);
        ULONG64 was = __atomic_load_n(pte, __ATOMIC_SEQ_CST);
        ULONG protection = (was & PTE_WRITE ? MM_READWRITE : 0) | (was & PTE_NX ? 0 : MM_EXECUTE);
        victims[n].Va = va;
        victims[n].Slot = slot;
        victims[n++].Pte = __atomic_exchange_n(
            pte, PTE_SOFT_OUT | PTE_SOFT_PROTECTION(protection) | (ULONG64)slot << 32, __ATOMIC_SEQ_CST);
    }
    if (!n) {
        return 0;
    }
    MiFlushAll();
    for (ULONG i = 0; i < n; i++) {
        PFN_NUMBER page = (victims[i].Pte & PTE_FRAME) >> PAGE_SHIFT;
        MiCopyPage(page, victims[i].Slot, FALSE);
        MiFreePage(page);
    }
    MmPagesOut += n;
    return n;
}

static ULONG MiTrimWorkingSet(BOOLEAN force)
{
    ULONG cursor = 0, trimmed = 0;
    ExAcquireFastMutex(&MiWorkingSetMutex);
    while (cursor < MiWorkingSetSize) {
        trimmed += MiTrimBatch(&cursor, force);
    }
    ExReleaseFastMutex(&MiWorkingSetMutex);
    return trimmed;
}

ULONG MmTrimAllSystemPageableMemory(void) { return MiTrimWorkingSet(TRUE); }

/* Windows ages working sets once a second and trims under pressure; here every three ticks and
   always, so that what is pageable is soon paged out (README says so). */
DECLSPEC_NORETURN void KeBalanceSetManager(PVOID context)
{
    LARGE_INTEGER period = {.QuadPart = -3LL * KeMaximumIncrement};
    UNREFERENCED_PARAMETER(context);
    KeInitializeEvent(&MiWorkingSetGrew, SynchronizationEvent, FALSE);
    KeSetPriorityThread(KeGetCurrentThread(), 16);
    for (;;) {
        KeDelayExecutionThread(KernelMode, FALSE, &period);
        MiTrimWorkingSet(FALSE);
        ExAcquireFastMutex(&MiWorkingSetMutex);
        BOOLEAN idle = MiBalanceIdle = MiWorkingSetSize == 0;
        ExReleaseFastMutex(&MiWorkingSetMutex);
        if (idle) {
            KeWaitForSingleObject(&MiWorkingSetGrew, WrFreePage, KernelMode, FALSE, NULL);
        }
    }
}

static NTSTATUS MiResolvePageOut(PVOID va, PULONG64 pte)
{
    ULONG64 was = *pte;
    PFN_NUMBER page = MiAllocatePage();
    if (!page) {
        return STATUS_NO_MEMORY;
    }
    ULONG protection = (ULONG)(was >> 5) & 31;
    MiCopyPage(page, was >> 32, TRUE);
    __atomic_store_n(pte, page << PAGE_SHIFT | MiProtectionBits(protection), __ATOMIC_RELEASE);
    MiFreeSlotOf(was);
    MiAddToWorkingSet(va);
    MmPagesIn++;
    return STATUS_SUCCESS;
}

static BOOLEAN MiHasPageTable(PCVOID va)
{
    return *MiGetPxeAddress(va) & PTE_VALID && *MiGetPpeAddress(va) & PTE_VALID && *MiGetPdeAddress(va) & PTE_VALID;
}

/* Memory that no page can be brought in for, of a kind that has a stop code of its own. */
static __attribute__((noinline)) void MiSystemFault(ULONG64 errorCode, PVOID address, PKTRAP_FRAME trap)
{
    ULONG code = MmIsSpecialPoolAddress(address) && MiHasPageTable(address) ? MiSpecialPoolFault(address) : 0;
    if (code) {
        KeBugCheckEx(code, (ULONG64)address, errorCode >> 1 & 1, trap->Rip, 0);
    }
}

NTSTATUS MmAccessFault(ULONG64 errorCode, PVOID address, KPROCESSOR_MODE mode, PKTRAP_FRAME trap)
{
    PVOID va = (PVOID)ALIGN_DOWN((ULONG64)address, PAGE_SIZE);
    UNREFERENCED_PARAMETER(mode);
    MiSystemFault(errorCode, address, trap);
    if (KeGetCurrentIrql() > APC_LEVEL) {
        return STATUS_IN_PAGE_ERROR_RAISED_IRQL;
    }
    BOOLEAN canonical = (LONG64)address >> 47 == 0 || (LONG64)address >> 47 == -1;
    if (!canonical || !((ULONG64)address >> 63)) {
        return STATUS_ACCESS_VIOLATION;
    }
    if (!MiHasPageTable(va)) {
        return STATUS_ACCESS_VIOLATION;
    }
    PULONG64 pte = MiGetPteAddress(va);
    if (!(*pte & PTE_VALID) && !(*pte & PTE_SOFT_OUT)) {
        return STATUS_ACCESS_VIOLATION;
    }
    if (errorCode & 1 && *pte & PTE_VALID) {   /* present: a protection violation */
        return STATUS_ACCESS_VIOLATION;
    }
    ExAcquireFastMutex(&MiWorkingSetMutex);
    NTSTATUS status = STATUS_SUCCESS;        /* another thread may have brought it in meanwhile */
    if (!(*pte & PTE_VALID)) {
        status = *pte & PTE_SOFT_OUT ? MiResolvePageOut(va, pte) : STATUS_ACCESS_VIOLATION;
    }
    ExReleaseFastMutex(&MiWorkingSetMutex);
    return status;
}
