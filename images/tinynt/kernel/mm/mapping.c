/* Kernel address space: page tables through the self-map, ranges, device memory, stacks. */
#include "mi.h"

static KSPIN_LOCK MiPteLock;
static ULONG64 MiNextSystemPte, MiNextImage;
static PVOID MiFreeStacks;                   /* linked through their lowest page's first word */
static KSPIN_LOCK MiStackLock;

void MiInitializeAddressSpace(ULONG64 kernelEnd)
{
    MiNextSystemPte = 0xFFFFA00000000000ULL + (MiRandom() % 0x4000 << 30);
    MiNextImage = ALIGN_UP(kernelEnd, 0x10000) + (MiRandom() % 0x800 << 16) + 0x1000000;
}

static PVOID MiTakeRange(PULONG64 next, SIZE_T pages)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&MiPteLock);
    PVOID va = (PVOID)*next;
    *next += (pages + 1) << PAGE_SHIFT;      /* one page stays unmapped between ranges */
    KeReleaseSpinLock(&MiPteLock, old);
    return va;
}

PVOID MiReserveAddressSpace(SIZE_T pages) { return MiTakeRange(&MiNextSystemPte, pages); }

PVOID MiReserveImageSpace(SIZE_T pages)
{
    return MiTakeRange(&MiNextImage, ALIGN_UP(pages + 1, 16) + (MiRandom() % 64 << 4) - 1);
}

ULONG64 MiProtectionBits(ULONG p)
{
    return PTE_VALID | PTE_ACCESSED | (p & MM_READWRITE ? PTE_WRITE | PTE_DIRTY : 0) | (p & MM_EXECUTE ? 0 : PTE_NX) |
           (p & MM_NOCACHE ? PTE_NOCACHE : 0);
}

static BOOLEAN MiMakeTable(PULONG64 entry, PVOID table)
{
    if (*entry & PTE_VALID) {
        return TRUE;
    }
    PFN_NUMBER page = MiAllocatePage();
    if (!page) {
        return FALSE;
    }
    *entry = page << PAGE_SHIFT | PTE_VALID | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY;
    InvalidatePage(table);
    memset((PVOID)ALIGN_DOWN((ULONG64)table, PAGE_SIZE), 0, PAGE_SIZE);
    return TRUE;
}

BOOLEAN MiMakePageTables(PCVOID va)
{
    if (*MiGetPxeAddress(va) & PTE_VALID && *MiGetPpeAddress(va) & PTE_VALID && *MiGetPdeAddress(va) & PTE_VALID) {
        return TRUE;
    }
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&MiPteLock);
    BOOLEAN ok = MiMakeTable(MiGetPxeAddress(va), MiGetPpeAddress(va)) &&
                 MiMakeTable(MiGetPpeAddress(va), MiGetPdeAddress(va)) &&
                 MiMakeTable(MiGetPdeAddress(va), MiGetPteAddress(va));
    KeReleaseSpinLock(&MiPteLock, old);
    return ok;
}

BOOLEAN MiCommitRange(PVOID va, SIZE_T pages, ULONG protection)
{
    for (SIZE_T i = 0; i < pages; i++) {
        PUCHAR at = (PUCHAR)va + (i << PAGE_SHIFT);
        PFN_NUMBER page = MiMakePageTables(at) ? MiAllocatePage() : 0;
        if (!page) {
            MiDecommitRange(va, i);
            return FALSE;
        }
        *MiGetPteAddress(at) = page << PAGE_SHIFT | MiProtectionBits(protection | MM_READWRITE);
        memset(at, 0, PAGE_SIZE);
        *MiGetPteAddress(at) = page << PAGE_SHIFT | MiProtectionBits(protection);
        if (!(protection & MM_READWRITE)) {
            InvalidatePage(at);
        }
    }
    return TRUE;
}

static void MiFlushSelf(PVOID unused)
{
    UNREFERENCED_PARAMETER(unused);
    WriteCR3(ReadCR3());                     /* no global pages are used */
}

void MiFlushAll(void)
{
    MiFlushSelf(NULL);
    KiIpiCallOthers(MiFlushSelf, NULL);
}

void MiDecommitRange(PVOID va, SIZE_T pages)
{
    enum { BATCH = 64 };
    PFN_NUMBER freed[BATCH];
    for (SIZE_T i = 0; i < pages;) {
        ULONG n = 0;
        for (; i < pages && n < BATCH; i++) {
            PULONG64 pte = MiGetPteAddress((PUCHAR)va + (i << PAGE_SHIFT));
            if (*pte & PTE_VALID) {
                freed[n++] = (*pte & PTE_FRAME) >> PAGE_SHIFT;
            }
            *pte = 0;
        }
        MiFlushAll();
        while (n) {
            MiFreePage(freed[--n]);
        }
    }
}

void MiProtectRange(PVOID va, SIZE_T pages, ULONG protection)
{
    for (SIZE_T i = 0; i < pages; i++) {
        PULONG64 pte = MiGetPteAddress((PUCHAR)va + (i << PAGE_SHIFT));
        if (*pte & PTE_VALID) {
            *pte = (*pte & PTE_FRAME) | MiProtectionBits(protection);
        }
    }
    MiFlushAll();
}

PVOID MmMapIoSpace(ULONG64 physical, SIZE_T bytes, ULONG cacheType)
{
    ULONG64 offset = physical & (PAGE_SIZE - 1);
    SIZE_T pages = BYTES_TO_PAGES(bytes + offset);
    PUCHAR va = MiReserveAddressSpace(pages);
    for (SIZE_T i = 0; i < pages; i++) {
        PUCHAR at = va + (i << PAGE_SHIFT);
        if (!MiMakePageTables(at)) {
            return NULL;
        }
        *MiGetPteAddress(at) = (physical - offset + (i << PAGE_SHIFT)) |
                               MiProtectionBits(MM_READWRITE | (cacheType == 1 ? 0 : MM_NOCACHE));
    }
    return va + offset;
}

void MmUnmapIoSpace(PVOID base, SIZE_T bytes)
{
    ULONG64 start = ALIGN_DOWN((ULONG64)base, PAGE_SIZE);
    SIZE_T pages = BYTES_TO_PAGES((ULONG64)base + bytes - start);
    for (SIZE_T i = 0; i < pages; i++) {
        *MiGetPteAddress((PUCHAR)start + (i << PAGE_SHIFT)) = 0;
    }
    MiFlushAll();
}

PVOID MmMapIoSpaceEx(ULONG64 physical, SIZE_T bytes, ULONG protect)
{
    return MmMapIoSpace(physical, bytes, protect & 0x200 ? 0 : 1);   /* PAGE_NOCACHE */
}

PVOID MmAllocateContiguousMemory(SIZE_T bytes, ULONG64 highest)
{
    SIZE_T pages = BYTES_TO_PAGES(bytes);
    PFN_NUMBER first = MiAllocateContiguousPages(pages);
    if (!first || ((first + pages) << PAGE_SHIFT) - 1 > highest) {
        return NULL;
    }
    PVOID va = MmMapIoSpace(first << PAGE_SHIFT, pages << PAGE_SHIFT, 1);
    if (va != NULL) {
        memset(va, 0, pages << PAGE_SHIFT);
    }
    return va;
}

void MmFreeContiguousMemory(PVOID base) { UNREFERENCED_PARAMETER(base); }

BOOLEAN MmIsAddressValid(PVOID va)
{
    return *MiGetPxeAddress(va) & PTE_VALID && *MiGetPpeAddress(va) & PTE_VALID && *MiGetPdeAddress(va) & PTE_VALID &&
           (*MiGetPdeAddress(va) & 0x80 || *MiGetPteAddress(va) & PTE_VALID);
}

ULONG64 MmGetPhysicalAddress(PVOID va)
{
    if (!MmIsAddressValid(va)) {
        return 0;
    }
    return (*MiGetPteAddress(va) & PTE_FRAME) | ((ULONG64)va & (PAGE_SIZE - 1));
}

PVOID MmAllocateKernelStack(void)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&MiStackLock);
    PVOID base = MiFreeStacks;
    if (base != NULL) {
        MiFreeStacks = *((PVOID *)base - 1);
    }
    KeReleaseSpinLock(&MiStackLock, old);
    if (base != NULL) {
        memset((PUCHAR)base - KTHREAD_STACK_SIZE, 0, KTHREAD_STACK_SIZE);
        return base;
    }
    PUCHAR va = MiReserveAddressSpace(BYTES_TO_PAGES(KTHREAD_STACK_SIZE));
    return MiCommitRange(va, BYTES_TO_PAGES(KTHREAD_STACK_SIZE), MM_READWRITE) ? va + KTHREAD_STACK_SIZE : NULL;
}

void MmFreeKernelStack(PVOID base)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&MiStackLock);
    *((PVOID *)base - 1) = MiFreeStacks;
    MiFreeStacks = base;
    KeReleaseSpinLock(&MiStackLock, old);
}
