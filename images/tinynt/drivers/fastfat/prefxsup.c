/* The name table: from a path to the node that the volume already has for it. Each directory's node
   keeps its children by the hash of their name. Every look-up of every path begins here. */
#include "fat.h"

/* Follows `remaining` from `start` as far as there are nodes, and leaves in it what they do not
   cover. Nonpageable, unlike what it walks: it runs for every open. */
__declspec(noinline) PFCB FatFindPrefix(PFCB start, PUNICODE_STRING remaining)
{
    PFCB fcb = start;
    while (remaining->Length && FatIsDirectory(fcb)) {
        UNICODE_STRING rest = *remaining, name;
        FatDissectName(&rest, &name);

        ULONG hash = FatHashName(&name);
        PLIST_ENTRY head = &fcb->PrefixTable[hash % FAT_PREFIX_BUCKETS], entry = head->Flink;
        for (; entry != head; entry = entry->Flink) {
            PFCB child = CONTAINING_RECORD(entry, FCB, PrefixLinks);
            if (child->NameHash == hash && RtlEqualUnicodeString(&child->Name, &name, TRUE)) {
                break;
            }
        }
        if (entry == head) {
            break;
        }
        fcb = CONTAINING_RECORD(entry, FCB, PrefixLinks);
        *remaining = rest;
    }
    return fcb;
}

PAGED void FatInsertPrefix(PDCB dcb, PFCB fcb)
{
    fcb->NameHash = FatHashName(&fcb->Name);
    fcb->ParentDcb = dcb;
    InsertHeadList(&dcb->PrefixTable[fcb->NameHash % FAT_PREFIX_BUCKETS], &fcb->PrefixLinks);
}

PAGED void FatRemovePrefix(PFCB fcb)
{
    RemoveEntryList(&fcb->PrefixLinks);
    fcb->ParentDcb = NULL;
}

/* The node of the entry at this place: a file may have been opened by its other name. */
PAGED PFCB FatFindBySlot(PDCB dcb, ULONG direntSlot)
{
    for (ULONG i = 0; i < FAT_PREFIX_BUCKETS; i++) {
        PLIST_ENTRY head = &dcb->PrefixTable[i];
        for (PLIST_ENTRY entry = head->Flink; entry != head; entry = entry->Flink) {
            PFCB child = CONTAINING_RECORD(entry, FCB, PrefixLinks);
            if (child->DirentSlot == direntSlot) {
                return child;
            }
        }
    }
    return NULL;
}
