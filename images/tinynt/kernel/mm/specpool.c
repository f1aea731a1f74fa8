/* Special pool: each block at the end of a page of its own, an unmapped page behind it. A freed page
   is unmapped, and its address is not used again before every other one was: a late touch faults. */
#include "mi.h"

#define REGION (256ULL << 20)
#define SLOT (2 * PAGE_SIZE)                /* the block's page and the guard */
#define SLOTS (REGION / SLOT)
#define PTE_NO_ACCESS (0x18ULL << 5)        /* MM_NOACCESS: was freed */
#define SPECIAL_POOL_PAGABLE 0x8000UL       /* in the header's first word, with the size */

ULONG64 MmSpecialPoolStart, MmSpecialPoolEnd;
static volatile ULONG64 MiNextSlot;
static volatile LONG MiSpecialPages;

/* At the page's start; what is free of the page holds the pattern. */
typedef struct _MI_SPECIAL_HEADER {
    POOL_HEADER Pool;
    ULONG64 Pattern;
    ULONG64 Reserved;
} MI_SPECIAL_HEADER, *PMI_SPECIAL_HEADER;

void MiInitializeSpecialPool(void)
{
    MmSpecialPoolStart = 0xFFFFE00000000000ULL + (MiRandom() % 0x100 << 30);
    MmSpecialPoolEnd = MmSpecialPoolStart + REGION;
}

BOOLEAN MmIsSpecialPoolAddress(PCVOID va)
{
    return (ULONG64)va - MmSpecialPoolStart < REGION && MmSpecialPoolStart != 0;
}

/* A slot whose page is not in use, its page tables made. */
static PUCHAR MiTakeSlot(void)
{
    for (ULONG64 tries = 0; tries < SLOTS; tries++) {
        ULONG64 slot = __atomic_fetch_add(&MiNextSlot, 1, __ATOMIC_SEQ_CST) % SLOTS;
        PUCHAR page = (PUCHAR)MmSpecialPoolStart + slot * SLOT;
        if (!MiMakePageTables(page)) {
            return NULL;
        }
        if (!(*MiGetPteAddress(page) & (PTE_VALID | PTE_SOFT_OUT))) {
            return page;
        }
    }
    return NULL;
}

PVOID MmAllocateSpecialPool(SIZE_T bytes, ULONG tag, POOL_TYPE type)
{
    SIZE_T room = ALIGN_UP(bytes, 16);
    if (room > PAGE_SIZE - sizeof(MI_SPECIAL_HEADER) || (ULONG64)MiSpecialPages > MmNumberOfPhysicalPages / 4) {
        return NULL;
    }
    PUCHAR page = MiTakeSlot();
    if (page == NULL || !MiCommitRange(page, 1, MM_READWRITE)) {
        return NULL;
    }
    InterlockedIncrement(&MiSpecialPages);
    PMI_SPECIAL_HEADER h = (PMI_SPECIAL_HEADER)page;
    h->Pattern = (KeQueryInterruptTime() / KeMaximumIncrement & 0xFF) | 1;
    memset(h + 1, (UCHAR)h->Pattern, PAGE_SIZE - sizeof(*h));
    h->Pool.Ulong1 = (ULONG)bytes | (type & PagedPool ? SPECIAL_POOL_PAGABLE : 0);
    h->Pool.PoolTag = tag;
    if (type & PagedPool) {
        MiMakePageable(page, 1);
    }
    return page + PAGE_SIZE - room;
}

/* Whoever wrote beside the block is found now at the latest. */
static void MiCheckPattern(PUCHAR block, PUCHAR from, PUCHAR to, UCHAR pattern, ULONG violation)
{
    for (; from < to; from++) {
        if (*from != pattern) {
            KeBugCheckEx(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, (ULONG64)block, (ULONG64)from, 0, violation);
        }
    }
}

void MmFreeSpecialPool(PVOID p)
{
    PUCHAR block = p, page = (PUCHAR)ALIGN_DOWN((ULONG64)p, PAGE_SIZE);
    ULONG64 pte = *MiGetPteAddress(page);
    KIRQL irql = KeGetCurrentIrql();
    if (((ULONG64)(page - MmSpecialPoolStart) & PAGE_SIZE) != 0 || !(pte & (PTE_VALID | PTE_SOFT_OUT))) {
        /* Not allocated, or freed already. */
        KeBugCheckEx(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, (ULONG64)p, pte, 0, 0x20);
    }
    PMI_SPECIAL_HEADER h = (PMI_SPECIAL_HEADER)page;
    BOOLEAN paged = (h->Pool.Ulong1 & SPECIAL_POOL_PAGABLE) != 0;
    SIZE_T bytes = h->Pool.Ulong1 & (SPECIAL_POOL_PAGABLE - 1);
    if (irql > (paged ? APC_LEVEL : DISPATCH_LEVEL)) {
        KeBugCheckEx(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, irql, paged, (ULONG64)p, 0x31);
    }
    if (block != page + PAGE_SIZE - ALIGN_UP(bytes, 16)) {
        KeBugCheckEx(SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION, (ULONG64)p, bytes, (ULONG64)(page + PAGE_SIZE - block),
                     0x21);
    }
    MiCheckPattern(block, (PUCHAR)(h + 1), block, (UCHAR)h->Pattern, 0x23);
    MiCheckPattern(block, block + bytes, page + PAGE_SIZE, (UCHAR)h->Pattern, 0x24);
    if (paged) {
        MiEndPageable(page, 1);
    }
    MiDecommitRange(page, 1);
    *MiGetPteAddress(page) = PTE_NO_ACCESS;
    InterlockedDecrement(&MiSpecialPages);
}

ULONG MiSpecialPoolFault(PCVOID va)
{
    if ((((ULONG64)va - MmSpecialPoolStart) & PAGE_SIZE) != 0) {
        return PAGE_FAULT_BEYOND_END_OF_ALLOCATION;
    }
    return *MiGetPteAddress(va) == PTE_NO_ACCESS ? PAGE_FAULT_IN_FREED_SPECIAL_POOL : 0;
}
