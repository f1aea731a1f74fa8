/* Handle tables: pages of 16-byte entries, one level or two; also PspCidTable's. An entry keeps
   its pointer shifted as Windows 10 does, so bits 4..47 of a 16-byte aligned address. */
#include "obp.h"

#define LEAF_ENTRIES (PAGE_SIZE / sizeof(HANDLE_TABLE_ENTRY))
#define MID_ENTRIES (PAGE_SIZE / sizeof(PVOID))
#define TABLE_LEVEL(code) ((code) & 3)

/* A spin lock, so that handles resolve at any IRQL up to DISPATCH_LEVEL without waiting. */
static KSPIN_LOCK ExpHandleTableLock;
LIST_ENTRY HandleTableListHead = {&HandleTableListHead, &HandleTableListHead};

PVOID ObpHandleEntryObject(PHANDLE_TABLE_ENTRY entry) { return (PVOID)((entry->LowValue >> 20) << 4); }

static PHANDLE_TABLE_ENTRY ExpLookupHandleTableEntry(PHANDLE_TABLE table, ULONG_PTR value)
{
    value &= ~3ULL;
    if (value >= table->NextHandleNeedingPool) {
        return NULL;
    }
    ULONG_PTR index = value / 4, base = table->TableCode & ~3ULL;
    if (TABLE_LEVEL(table->TableCode) == 0) {
        return (PHANDLE_TABLE_ENTRY)base + index;
    }
    return ((PHANDLE_TABLE_ENTRY *)base)[index / LEAF_ENTRIES] + index % LEAF_ENTRIES;
}

static PHANDLE_TABLE_ENTRY ExpAllocateTablePage(void)
{
    PVOID page = ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, 'btbO');
    if (page != NULL) {
        RtlZeroMemory(page, PAGE_SIZE);
    }
    return page;
}

/* Appends a page's entries to the free list; the first entry of each page stays unused. */
static void ExpLinkFreeEntries(PHANDLE_TABLE table, PHANDLE_TABLE_ENTRY leaf)
{
    PHANDLE_TABLE_FREE_LIST list = &table->FreeLists[0];
    for (ULONG i = 1; i < LEAF_ENTRIES; i++) {
        if (list->FirstFreeHandleEntry == NULL) {
            list->FirstFreeHandleEntry = &leaf[i];
        } else {
            list->LastFreeHandleEntry->NextFreeHandleEntry = &leaf[i];
        }
        list->LastFreeHandleEntry = &leaf[i];
    }
}

/* Called without the lock; another thread may have grown the table meanwhile, which is fine. */
static BOOLEAN ExpGrowHandleTable(PHANDLE_TABLE table)
{
    PHANDLE_TABLE_ENTRY leaf = ExpAllocateTablePage();
    PVOID *mid = (PVOID *)ExpAllocateTablePage();
    BOOLEAN used = FALSE;
    if (leaf != NULL && mid != NULL) {
        KIRQL old = KeAcquireSpinLockRaiseToDpc(&ExpHandleTableLock);
        if (TABLE_LEVEL(table->TableCode) == 0) {
            mid[0] = (PVOID)table->TableCode;
            table->TableCode = (ULONG_PTR)mid | 1;
            mid = NULL;
        }
        ULONG n = table->NextHandleNeedingPool / (4 * LEAF_ENTRIES);
        if (n < MID_ENTRIES) {
            ((PVOID *)(table->TableCode & ~3ULL))[n] = leaf;
            table->NextHandleNeedingPool += 4 * LEAF_ENTRIES;
            ExpLinkFreeEntries(table, leaf);
            used = TRUE;
        }
        KeReleaseSpinLock(&ExpHandleTableLock, old);
    }
    if (!used && leaf != NULL) {
        ExFreePoolWithTag(leaf, 'btbO');
    }
    if (mid != NULL) {
        ExFreePoolWithTag(mid, 'btbO');
    }
    return used;
}

PHANDLE_TABLE ExCreateHandleTable(PEPROCESS process)
{
    PHANDLE_TABLE table = ExAllocatePoolWithTag(NonPagedPool, sizeof(*table), 'btbO');
    PHANDLE_TABLE_ENTRY leaf = ExpAllocateTablePage();
    if (table == NULL || leaf == NULL) {
        return NULL;    /* the system does not start without it */
    }
    RtlZeroMemory(table, sizeof(*table));
    table->TableCode = (ULONG_PTR)leaf;
    table->NextHandleNeedingPool = 4 * LEAF_ENTRIES;
    table->QuotaProcess = process;
    if (process != NULL) {
        table->UniqueProcessId = (ULONG)(ULONG_PTR)process->UniqueProcessId;
    }
    ExpLinkFreeEntries(table, leaf);
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&ExpHandleTableLock);
    InsertTailList(&HandleTableListHead, &table->HandleTableList);
    KeReleaseSpinLock(&ExpHandleTableLock, old);
    return table;
}

static ULONG_PTR ExpHandleOfEntry(PHANDLE_TABLE table, PHANDLE_TABLE_ENTRY entry)
{
    ULONG_PTR base = table->TableCode & ~3ULL;
    if (TABLE_LEVEL(table->TableCode) == 0) {
        return (ULONG_PTR)(entry - (PHANDLE_TABLE_ENTRY)base) * 4;
    }
    for (ULONG i = 0; i < table->NextHandleNeedingPool / (4 * LEAF_ENTRIES); i++) {
        PHANDLE_TABLE_ENTRY leaf = ((PHANDLE_TABLE_ENTRY *)base)[i];
        if (entry >= leaf && entry < leaf + LEAF_ENTRIES) {
            return (i * LEAF_ENTRIES + (ULONG_PTR)(entry - leaf)) * 4;
        }
    }
    return 0;
}

/* `low` is the attribute bits, `access` the granted access. */
static HANDLE ExpInsertHandle(PHANDLE_TABLE table, PVOID pointer, ULONG attributes, ACCESS_MASK access)
{
    PHANDLE_TABLE_FREE_LIST list = &table->FreeLists[0];
    for (;;) {
        KIRQL old = KeAcquireSpinLockRaiseToDpc(&ExpHandleTableLock);
        PHANDLE_TABLE_ENTRY entry = list->FirstFreeHandleEntry;
        if (entry != NULL) {
            list->FirstFreeHandleEntry = entry->NextFreeHandleEntry;
            if (list->FirstFreeHandleEntry == NULL) {
                list->LastFreeHandleEntry = NULL;
            }
            entry->HighValue = access & 0x1FFFFFF;
            entry->LowValue = (LONG64)(((ULONG_PTR)pointer >> 4) << 20) | ((LONG64)(attributes & 7) << 17) | 1;
            if ((ULONG)++list->HandleCount > list->HighWaterMark) {
                list->HighWaterMark = (ULONG)list->HandleCount;
            }
            ULONG_PTR value = ExpHandleOfEntry(table, entry);
            KeReleaseSpinLock(&ExpHandleTableLock, old);
            return (HANDLE)value;
        }
        KeReleaseSpinLock(&ExpHandleTableLock, old);
        if (!ExpGrowHandleTable(table)) {
            return NULL;
        }
    }
}

HANDLE ExCreateHandle(PHANDLE_TABLE table, PVOID object) { return ExpInsertHandle(table, object, 0, 0); }

HANDLE ExpCreateHandleEx(PHANDLE_TABLE table, PVOID pointer, ULONG attributes, ACCESS_MASK access)
{
    return ExpInsertHandle(table, pointer, attributes, access);
}

/* Runs `use` on the entry's pointer while the entry cannot go away. */
PVOID ExpUseHandle(PHANDLE_TABLE table, HANDLE handle, BOOLEAN (*use)(PVOID pointer), ACCESS_MASK *access)
{
    PVOID pointer = NULL;
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&ExpHandleTableLock);
    PHANDLE_TABLE_ENTRY entry = ExpLookupHandleTableEntry(table, (ULONG_PTR)handle);
    if (entry != NULL && entry->LowValue != 0) {
        pointer = ObpHandleEntryObject(entry);
        if (access != NULL) {
            *access = entry->GrantedAccessBits;
        }
        if (use != NULL && !use(pointer)) {
            pointer = NULL;
        }
    }
    KeReleaseSpinLock(&ExpHandleTableLock, old);
    return pointer;
}

/* Returns the pointer that the entry held, or NULL. */
PVOID ExpRemoveHandle(PHANDLE_TABLE table, HANDLE handle)
{
    PVOID pointer = NULL;
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&ExpHandleTableLock);
    PHANDLE_TABLE_ENTRY entry = ExpLookupHandleTableEntry(table, (ULONG_PTR)handle);
    if (entry != NULL && entry->LowValue != 0) {
        PHANDLE_TABLE_FREE_LIST list = &table->FreeLists[0];
        pointer = ObpHandleEntryObject(entry);
        entry->LowValue = 0;
        entry->NextFreeHandleEntry = NULL;
        /* To the end of the list: a stale handle stays invalid as long as possible. */
        if (list->LastFreeHandleEntry != NULL) {
            list->LastFreeHandleEntry->NextFreeHandleEntry = entry;
        } else {
            list->FirstFreeHandleEntry = entry;
        }
        list->LastFreeHandleEntry = entry;
        list->HandleCount--;
    }
    KeReleaseSpinLock(&ExpHandleTableLock, old);
    return pointer;
}

BOOLEAN ExDestroyHandle(PHANDLE_TABLE table, HANDLE handle) { return ExpRemoveHandle(table, handle) != NULL; }
