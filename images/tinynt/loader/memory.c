/* Physical memory by bumping a pointer, and the page tables that the kernel starts on. */
#include "loader.h"

/* Where Windows 10 keeps its top page table; memory-forensics tools look for one here. */
#define PML4_PHYSICAL 0x1AD000ULL

static uint64_t Next;
uint64_t *Pml4;

void MemoryInit(void)
{
    if ((uint64_t)(uintptr_t)LoaderEnd > PML4_PHYSICAL) {
        Stop("the loader has outgrown its place");
    }
    Next = PML4_PHYSICAL;
    Pml4 = AllocatePages(PAGE);
}

void *AllocatePages(uint64_t bytes)
{
    uint64_t at = Next, size = (bytes + PAGE - 1) & ~(PAGE - 1);
    Next += size;
    uint64_t *p = (uint64_t *)at, n = size / 8;
    __asm__ volatile("rep stosq" : "+D"(p), "+c"(n) : "a"(0ULL) : "memory");
    return (void *)at;
}

uint64_t NextFree(void) { return Next; }

static uint64_t *Below(uint64_t *table, unsigned index)
{
    if (!(table[index] & 1)) {
        table[index] = (uint64_t)(uintptr_t)AllocatePages(PAGE) | 0x63;
    }
    return (uint64_t *)(table[index] & 0x000FFFFFFFFFF000ULL);
}

void MapPage(uint64_t va, uint64_t pa, uint64_t flags)
{
    uint64_t *pdpt = Below(Pml4, va >> 39 & 511);
    uint64_t *pd = Below(pdpt, va >> 30 & 511);
    uint64_t *pt = Below(pd, va >> 21 & 511);
    pt[va >> 12 & 511] = pa | flags;
}
