/* Lock-free stacks. The 16-byte header changes as one: depth (16 bits) and sequence (48 bits) in the
   first half, the first entry's address in the second. The sequence defeats an entry that is
   popped and pushed again between our read and our exchange. */
#include "ntoskrnl.h"

static BOOLEAN Exchange(PSLIST_HEADER h, PULONG64 oldLow, PULONG64 oldHigh, ULONG64 low, ULONG64 high)
{
    BOOLEAN done;
    __asm__ volatile("lock cmpxchg16b (%[h])"
                     : "+a"(*oldLow), "+d"(*oldHigh), "=@ccz"(done)
                     : [h] "r"(h), "b"(low), "c"(high)
                     : "memory");
    return done;
}

void InitializeSListHead(PSLIST_HEADER h)
{
    h->Alignment = 0;
    h->Region = 0;
}

USHORT ExQueryDepthSList(PSLIST_HEADER h) { return h->HeaderX64.Depth; }

PSINGLE_LIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER h, PSINGLE_LIST_ENTRY entry)
{
    ULONG64 low = h->Alignment, high = h->Region;
    do {
        entry->Next = (PSINGLE_LIST_ENTRY)(high & ~15ULL);
    } while (!Exchange(h, &low, &high, low + 0x10001, (ULONG64)entry));
    return (PSINGLE_LIST_ENTRY)(high & ~15ULL);
}

PSINGLE_LIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER h)
{
    ULONG64 low = h->Alignment, high = h->Region, next;
    do {
        if ((high & ~15ULL) == 0) {
            return NULL;
        }
        next = (ULONG64)((PSINGLE_LIST_ENTRY)(high & ~15ULL))->Next;
    } while (!Exchange(h, &low, &high, low - 1, next));
    return (PSINGLE_LIST_ENTRY)(high & ~15ULL);
}

PSINGLE_LIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER h)
{
    ULONG64 low = h->Alignment, high = h->Region;
    do {
        if ((high & ~15ULL) == 0) {
            return NULL;
        }
    } while (!Exchange(h, &low, &high, low & ~0xFFFFULL, 0));
    return (PSINGLE_LIST_ENTRY)(high & ~15ULL);
}
