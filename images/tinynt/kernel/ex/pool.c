/* Pool: blocks of 16-byte units with a _POOL_HEADER inside pages, and whole pages for more. One
   allocator, two pools; the paged one is guarded by a mutex, since its own headers may be out. */
#include "ntoskrnl.h"

#define POOL_LISTS 256
#define POOL_REGION (1ULL << 30)

typedef struct _POOL {
    ULONG64 Start, Next;                     /* pages are taken from the region in order */
    LIST_ENTRY Lists[POOL_LISTS];            /* free blocks by size in units */
    PVOID FreePages[16];                     /* runs of 1 to 15 pages, still committed */
    BOOLEAN Paged;
    KSPIN_LOCK Lock;
    FAST_MUTEX Mutex;
} POOL, *PPOOL;

ULONG64 MmNonPagedPoolStart, MmNonPagedPoolEnd, MmPagedPoolStart, MmPagedPoolEnd;
static POOL ExpNonPagedPool, ExpPagedPool;

/* Allocations of a page or more, by address: PoolBigPageTable on Windows. */
PPOOL_TRACKER_BIG_PAGES PoolBigPageTable;
ULONG64 PoolBigPageTableSize = 4096;

static KIRQL ExpLockPool(PPOOL pool)
{
    if (!pool->Paged) {
        return KeAcquireSpinLockRaiseToDpc(&pool->Lock);
    }
    ExAcquireFastMutex(&pool->Mutex);
    return 0;
}

static void ExpUnlockPool(PPOOL pool, KIRQL old)
{
    if (pool->Paged) {
        ExReleaseFastMutex(&pool->Mutex);
    } else {
        KeReleaseSpinLock(&pool->Lock, old);
    }
}

static void ExpInitializePool(PPOOL pool, ULONG64 base, BOOLEAN paged, PULONG64 start, PULONG64 end)
{
    *start = pool->Start = pool->Next = base + (MiRandom() % 0x100 << 30);
    *end = pool->Start + POOL_REGION;
    pool->Paged = paged;
    for (ULONG i = 0; i < POOL_LISTS; i++) {
        InitializeListHead(&pool->Lists[i]);
    }
    ExInitializeFastMutex(&pool->Mutex);
}

void ExInitSystem(void)
{
    ExpInitializePool(&ExpNonPagedPool, 0xFFFFC00000000000ULL, FALSE, &MmNonPagedPoolStart, &MmNonPagedPoolEnd);
    ExpInitializePool(&ExpPagedPool, 0xFFFFD00000000000ULL, TRUE, &MmPagedPoolStart, &MmPagedPoolEnd);
    SIZE_T pages = BYTES_TO_PAGES(PoolBigPageTableSize * sizeof *PoolBigPageTable);
    PoolBigPageTable = MiReserveAddressSpace(pages);
    if (!MiCommitRange(PoolBigPageTable, pages, MM_READWRITE)) {
        KeBugCheck(INSTALL_MORE_MEMORY);
    }
}

static PPOOL ExpPoolOf(PVOID p)
{
    ULONG64 a = (ULONG64)p;
    if (a - ExpNonPagedPool.Start < POOL_REGION) {
        return &ExpNonPagedPool;
    }
    return a - ExpPagedPool.Start < POOL_REGION ? &ExpPagedPool : NULL;
}

/* Committed pages for the pool; a pool's lock is held, or (for large ones) not needed. */
static PVOID ExpAllocatePages(PPOOL pool, SIZE_T pages)
{
    if (pool->Start + POOL_REGION - pool->Next < pages << PAGE_SHIFT) {
        return NULL;
    }
    PVOID va = (PVOID)pool->Next;
    pool->Next += pages << PAGE_SHIFT;
    if (!MiCommitRange(va, pages, MM_READWRITE)) {
        return NULL;
    }
    if (pool->Paged) {
        MiMakePageable(va, pages);
    }
    return va;
}

static void ExpTrackBig(PVOID va, ULONG tag, SIZE_T bytes, ULONG type)
{
    for (ULONG64 i = 0; i < PoolBigPageTableSize; i++) {
        PPOOL_TRACKER_BIG_PAGES e = &PoolBigPageTable[((ULONG64)va / PAGE_SIZE + i) % PoolBigPageTableSize];
        PVOID volatile *slot = (PVOID volatile *)&e->Va;
        PVOID was = *slot;
        if ((ULONG64)was <= 1 && InterlockedCompareExchangePointer(slot, va, was) == was) {
            e->Key = tag;
            e->Pattern = type & 0xFF;
            e->NumberOfBytes = bytes;
            return;
        }
    }
    KeBugCheckEx(POOL_BIG_PAGE_TABLE_FULL, 0, 0, 0, 0);
}

static PPOOL_TRACKER_BIG_PAGES ExpFindBig(PVOID va)
{
    for (ULONG64 i = 0; i < PoolBigPageTableSize; i++) {
        PPOOL_TRACKER_BIG_PAGES e = &PoolBigPageTable[((ULONG64)va / PAGE_SIZE + i) % PoolBigPageTableSize];
        if ((PVOID)e->Va == va) {
            return e;
        }
        if (!e->Va) {
            break;
        }
    }
    return NULL;
}

static POOLCODE PVOID ExpAllocateBig(PPOOL pool, SIZE_T bytes, ULONG tag, ULONG type)
{
    SIZE_T pages = BYTES_TO_PAGES(bytes);
    PVOID va = NULL;
    KIRQL old = ExpLockPool(pool);
    if (pages < ARRAYSIZE(pool->FreePages) && pool->FreePages[pages] != NULL) {
        va = pool->FreePages[pages];
        pool->FreePages[pages] = *(PVOID *)va;
    } else {
        va = ExpAllocatePages(pool, pages);
    }
    ExpUnlockPool(pool, old);
    if (va != NULL) {
        ExpTrackBig(va, tag, bytes, type);
    }
    return va;
}

static POOLCODE void ExpFreeBig(PPOOL pool, PVOID va, ULONG tag)
{
    PPOOL_TRACKER_BIG_PAGES e = ExpFindBig(va);
    if (e == NULL) {
        /* Not allocated. */
        KeBugCheckEx(BAD_POOL_CALLER, 0x46, (ULONG64)va, tag, 0);
    }
    SIZE_T pages = BYTES_TO_PAGES(e->NumberOfBytes);
    e->Va = 1;                               /* deleted: searches go on behind it */
    if (pages < ARRAYSIZE(pool->FreePages)) {
        KIRQL old = ExpLockPool(pool);
        *(PVOID *)va = pool->FreePages[pages];
        pool->FreePages[pages] = va;
        ExpUnlockPool(pool, old);
        return;
    }
    if (pool->Paged) {
        MiEndPageable(va, pages);
    }
    MiDecommitRange(va, pages);
}

/* A page's last unit is a header that is always in use, so every block has a next one. */
static PPOOL_HEADER ExpNextBlock(PPOOL_HEADER h) { return h + h->BlockSize; }

static void ExpFormatPage(PPOOL_HEADER h)
{
    PPOOL_HEADER end = h + POOL_LISTS - 1;
    h->Ulong1 = end->Ulong1 = 0;
    h->BlockSize = POOL_LISTS - 1;
    end->PreviousSize = POOL_LISTS - 1;
    end->BlockSize = 1;
    end->PoolType = 2;
}

static void ExpInsertFree(PPOOL pool, PPOOL_HEADER h)
{
    h->PoolType = 0;
    InsertHeadList(&pool->Lists[h->BlockSize], (PLIST_ENTRY)(h + 1));
}

/* Cuts `units` off the front of free block `h`; the rest goes back to its list. */
static void ExpSplit(PPOOL pool, PPOOL_HEADER h, ULONG units)
{
    ULONG rest = h->BlockSize - units;
    if (rest < 2) {
        return;                              /* a header alone cannot be linked */
    }
    PPOOL_HEADER after = ExpNextBlock(h), tail = h + units;
    h->BlockSize = units;
    tail->Ulong1 = 0;
    tail->PreviousSize = units;
    tail->BlockSize = rest;
    tail->PoolTag = 0;
    after->PreviousSize = rest;
    ExpInsertFree(pool, tail);
}

static POOLCODE PVOID ExpAllocateSmall(PPOOL pool, ULONG units, ULONG tag, ULONG type)
{
    PPOOL_HEADER h = NULL;
    KIRQL old = ExpLockPool(pool);
    for (ULONG i = units; i < POOL_LISTS && h == NULL; i++) {
        if (!IsListEmpty(&pool->Lists[i])) {
            h = (PPOOL_HEADER)RemoveHeadList(&pool->Lists[i]) - 1;
        }
    }
    if (h == NULL) {
        h = ExpAllocatePages(pool, 1);
        if (h == NULL) {
            ExpUnlockPool(pool, old);
            return NULL;
        }
        ExpFormatPage(h);
    }
    ExpSplit(pool, h, units);
    h->PoolType = (type & 3) | 2;            /* in use */
    h->PoolTag = tag;
    ExpUnlockPool(pool, old);
    return h + 1;
}

POOLCODE PVOID ExAllocatePoolWithTag(POOL_TYPE type, SIZE_T bytes, ULONG tag)
{
    PPOOL pool = type & 1 ? &ExpPagedPool : &ExpNonPagedPool;
    KIRQL irql = KeGetCurrentIrql();
    if (irql > (pool->Paged ? APC_LEVEL : DISPATCH_LEVEL)) {
        KeBugCheckEx(BAD_POOL_CALLER, 8, irql, type, bytes);            /* allocation at too high an IRQL */
    }
    if (bytes > PAGE_SIZE - 2 * sizeof(POOL_HEADER)) {
        return ExpAllocateBig(pool, bytes, tag, type);
    }
    ULONG units = (ULONG)((bytes + sizeof(POOL_HEADER) + 15) / 16);
    return ExpAllocateSmall(pool, units < 2 ? 2 : units, tag, type);
}

PVOID ExAllocatePool(POOL_TYPE type, SIZE_T bytes) { return ExAllocatePoolWithTag(type, bytes, 0x656E6F4E); }
PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE type, SIZE_T bytes, ULONG tag)
{
    return ExAllocatePoolWithTag(type & 7, bytes, tag);
}

PVOID ExAllocatePoolZero(POOL_TYPE type, SIZE_T bytes, ULONG tag)
{
    PVOID p = ExAllocatePoolWithTag(type, bytes, tag);
    if (p != NULL) {
        memset(p, 0, bytes);
    }
    return p;
}

/* The newer interface; flags: 0x1 quota, 0x2 uninitialised, 0x40 non-paged, 0x80 executable, 0x100 paged. */
PVOID ExAllocatePool2(ULONG64 flags, SIZE_T bytes, ULONG tag)
{
    POOL_TYPE type = flags & 0x100 ? PagedPool : NonPagedPool;
    return flags & 2 ? ExAllocatePoolWithTag(type, bytes, tag) : ExAllocatePoolZero(type, bytes, tag);
}

static POOLCODE void ExpFreeSmall(PPOOL pool, PPOOL_HEADER h, ULONG tag)
{
    KIRQL old = ExpLockPool(pool);
    PPOOL_HEADER next = ExpNextBlock(h);
    if (!(h->PoolType & 2)) {
        KeBugCheckEx(BAD_POOL_CALLER, 7, 0, *(PULONG64)h, (ULONG64)(h + 1));        /* already freed */
    }
    if (!h->BlockSize || next->PreviousSize != h->BlockSize) {
        KeBugCheckEx(BAD_POOL_HEADER, 0x20, (ULONG64)h, (ULONG64)next, *(PULONG64)h);
    }
    UNREFERENCED_PARAMETER(tag);
    if (!(next->PoolType & 2)) {
        RemoveEntryList((PLIST_ENTRY)(next + 1));
        h->BlockSize += next->BlockSize;
    }
    if (h->PreviousSize) {
        PPOOL_HEADER before = h - h->PreviousSize;
        if (!(before->PoolType & 2)) {
            RemoveEntryList((PLIST_ENTRY)(before + 1));
            before->BlockSize += h->BlockSize;
            before->PoolTag = h->PoolTag;
            h->PoolType = 0;
            h = before;
        }
    }
    ExpNextBlock(h)->PreviousSize = h->BlockSize;
    ExpInsertFree(pool, h);
    ExpUnlockPool(pool, old);
}

POOLCODE void ExFreePoolWithTag(PVOID p, ULONG tag)
{
    PPOOL pool = ExpPoolOf(p);
    KIRQL irql = KeGetCurrentIrql();
    if (ViTrackedBlocks) {
        VfFreePoolNotification(p);
    }
    if (MmIsSpecialPoolAddress(p)) {
        MmFreeSpecialPool(p);
        return;
    }
    if (pool == NULL) {
        KeBugCheckEx(BAD_POOL_CALLER, 0x40, (ULONG64)p, 0, 0);          /* not a pool address */
    }
    if (irql > (pool->Paged ? APC_LEVEL : DISPATCH_LEVEL)) {
        KeBugCheckEx(BAD_POOL_CALLER, 9, irql, pool->Paged, (ULONG64)p);
    }
    if ((ULONG64)p & (PAGE_SIZE - 1)) {
        ExpFreeSmall(pool, (PPOOL_HEADER)p - 1, tag);
    } else {
        ExpFreeBig(pool, p, tag);
    }
}

void ExFreePool(PVOID p) { ExFreePoolWithTag(p, 0); }
