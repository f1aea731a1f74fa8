/* Physical pages: the PFN database and the free list. */
#include "mi.h"

PMMPFN MmPfnDatabase;
ULONG64 MmPteBase;
ULONG64 MmNumberOfPhysicalPages, MmHighestPhysicalPage;
MI_PHYSICAL_RUN MmPhysicalMemoryRuns[32];
ULONG MmNumberOfPhysicalMemoryRuns;

static KSPIN_LOCK MiPfnLock;
static PFN_NUMBER MiFreeHead;                /* through u1.Flink */
static ULONG64 MiBumpNext, MiBumpEnd;        /* pages never used yet: [next, end) of the first run */
ULONG64 MmAvailablePages;

PMMPFN MiPfn(PFN_NUMBER page) { return &MmPfnDatabase[page]; }

/* Pages are handed out by a pointer first, so that boot does not walk all of memory to build a
   list, and from the list of freed ones later. */
PFN_NUMBER MiAllocatePage(void)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&MiPfnLock);
    PFN_NUMBER page = MiFreeHead;
    if (page) {
        MiFreeHead = *(PULONG64)&MmPfnDatabase[page];
    } else if (MiBumpNext < MiBumpEnd) {
        page = MiBumpNext++;
    }
    if (page) {
        MmAvailablePages--;
    }
    KeReleaseSpinLock(&MiPfnLock, old);
    return page;
}

void MiFreePage(PFN_NUMBER page)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&MiPfnLock);
    *(PULONG64)&MmPfnDatabase[page] = MiFreeHead;
    MiFreeHead = page;
    MmAvailablePages++;
    KeReleaseSpinLock(&MiPfnLock, old);
}

/* Physically contiguous pages, from the never-used range. 0 when there are none. */
PFN_NUMBER MiAllocateContiguousPages(SIZE_T pages)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&MiPfnLock);
    PFN_NUMBER first = 0;
    if (MiBumpEnd - MiBumpNext >= pages) {
        first = MiBumpNext;
        MiBumpNext += pages;
        MmAvailablePages -= pages;
    }
    KeReleaseSpinLock(&MiPfnLock, old);
    return first;
}

/* A PC's first MiB has a hole in which the display and the firmware show through. */
#define MI_HOLE 0xA0000ULL
#define MI_HOLE_END 0x100000ULL

static void MiAddRun(ULONG64 base, ULONG64 end)
{
    if (end <= base || MmNumberOfPhysicalMemoryRuns >= ARRAYSIZE(MmPhysicalMemoryRuns)) {
        return;
    }
    MmPhysicalMemoryRuns[MmNumberOfPhysicalMemoryRuns].BasePage = base >> PAGE_SHIFT;
    MmPhysicalMemoryRuns[MmNumberOfPhysicalMemoryRuns].PageCount = (end - base) >> PAGE_SHIFT;
    MmNumberOfPhysicalMemoryRuns++;
    MmNumberOfPhysicalPages += (end - base) >> PAGE_SHIFT;
}

/* The run that the loader ended in is the pool of free pages; smaller runs (below 1 MiB) are left
   alone, larger ones above 4 GiB are added by the list. */
void MiInitializePfns(PLOADER_BLOCK loader)
{
    ULONG64 highest = 0;
    for (ULONG i = 0; i < loader->RunCount; i++) {
        ULONG64 base = ALIGN_UP(loader->Runs[i].Base, PAGE_SIZE);
        ULONG64 end = ALIGN_DOWN(loader->Runs[i].Base + loader->Runs[i].Size, PAGE_SIZE);
        if (end <= base) {
            continue;
        }
        MiAddRun(base, min(end, MI_HOLE));
        MiAddRun(max(base, MI_HOLE_END), end);
        highest = max(highest, end);
        if (base <= loader->FirstFreePhysical && loader->FirstFreePhysical < end) {
            MiBumpNext = loader->FirstFreePhysical >> PAGE_SHIFT;
            MiBumpEnd = end >> PAGE_SHIFT;
        }
    }
    MmHighestPhysicalPage = (highest >> PAGE_SHIFT) - 1;
    MmAvailablePages = MiBumpEnd - MiBumpNext;
    MmPfnDatabase = (PMMPFN)(0xFFFFFA8000000000ULL + (MiRandom() % 0x40 << 30));
    if (!MiCommitRange(MmPfnDatabase, BYTES_TO_PAGES((MmHighestPhysicalPage + 1) * sizeof(MMPFN)), MM_READWRITE)) {
        KeBugCheckEx(INSTALL_MORE_MEMORY, MmNumberOfPhysicalPages, 0, 0, 0);
    }
}
