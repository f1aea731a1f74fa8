/* Entries of a directory: adding, changing and erasing them. */
#include "fat.h"

#define MAX_PIECES ((FAT_LFN_MAX + FAT_LFN_CHARS - 1) / FAT_LFN_CHARS)
#define MAX_TAIL 1023

/* Finds an alias that no entry of the directory has yet, in one pass: it notes which numbers behind
   this basis are taken. */
PAGED static NTSTATUS FatPickShortName(PDCB dcb, PCUNICODE_STRING name, PUCHAR fileName)
{
    ULONG taken[(MAX_TAIL + 1) / 32] = {1};
    DIRENT dirent;
    NTSTATUS status;

    FatShortBasis(name, fileName);
    for (ULONG slot = 0; NT_SUCCESS(status = FatReadSlot(dcb, slot, &dirent)); slot += sizeof(DIRENT)) {
        if (dirent.FileName[0] == FAT_DIRENT_NEVER_USED) {
            break;
        }
        if (dirent.FileName[0] == FAT_DIRENT_DELETED || (dirent.Attributes & FAT_ATTR_VOLUME_ID)) {
            continue;
        }
        ULONG tail = FatTailOf(fileName, dirent.FileName);
        if (tail && tail <= MAX_TAIL) {
            taken[tail / 32] |= 1UL << tail % 32;
        }
    }
    if (!NT_SUCCESS(status) && status != STATUS_NO_MORE_FILES) {
        return status;
    }
    for (ULONG tail = 1; tail <= MAX_TAIL; tail++) {
        if (!(taken[tail / 32] & 1UL << tail % 32)) {
            FatAddTail(fileName, tail);
            return STATUS_SUCCESS;
        }
    }
    return STATUS_CANNOT_MAKE;
}

/* A long name's pieces in the order in which they stand on the disk. */
PAGED static void FatMakePieces(PLFN_DIRENT pieces, ULONG count, PCUNICODE_STRING name, UCHAR checksum)
{
    ULONG length = name->Length / sizeof(WCHAR);

    for (ULONG ordinal = count; ordinal >= 1; ordinal--, pieces++) {
        WCHAR text[FAT_LFN_CHARS];
        for (ULONG i = 0; i < FAT_LFN_CHARS; i++) {
            ULONG at = (ordinal - 1) * FAT_LFN_CHARS + i;
            text[i] = at < length ? name->Buffer[at] : at == length ? 0 : 0xFFFF;
        }
        pieces->Ordinal = (UCHAR)(ordinal | (ordinal == count ? FAT_LFN_LAST : 0));
        pieces->Attributes = FAT_ATTR_LONG_NAME;
        pieces->Type = 0;
        pieces->Checksum = checksum;
        pieces->FirstCluster = 0;
        RtlCopyMemory(pieces->Name1, text, sizeof(pieces->Name1));
        RtlCopyMemory(pieces->Name2, text + 5, sizeof(pieces->Name2));
        RtlCopyMemory(pieces->Name3, text + 11, sizeof(pieces->Name3));
    }
}

/* The first of `count` free slots in a row. */
PAGED static NTSTATUS FatFindFreeSlots(PDCB dcb, ULONG count, PULONG first)
{
    ULONG run = 0, slot = 0;

    for (;; slot += sizeof(DIRENT)) {
        DIRENT dirent;
        NTSTATUS status = FatReadSlot(dcb, slot, &dirent);
        if (status == STATUS_NO_MORE_FILES) {
            status = FatGrowDirectory(dcb);
            if (NT_SUCCESS(status)) {
                status = FatReadSlot(dcb, slot, &dirent);
            }
        }
        if (!NT_SUCCESS(status)) {
            return status;
        }
        BOOLEAN isFree = dirent.FileName[0] == FAT_DIRENT_NEVER_USED || dirent.FileName[0] == FAT_DIRENT_DELETED;
        run = isFree ? run + 1 : 0;
        if (run == count) {
            *first = slot - (count - 1) * sizeof(DIRENT);
            return STATUS_SUCCESS;
        }
    }
}

/* Adds `dirent` under a name, which becomes its FileName and, if need be, pieces of a long name. */
PAGED NTSTATUS FatAddDirent(PDCB dcb, PCUNICODE_STRING name, PDIRENT dirent, PULONG firstSlot, PULONG direntSlot)
{
    DIRENT slots[MAX_PIECES + 1];
    ULONG pieces = 0;
    NTSTATUS status = STATUS_SUCCESS;

    if (!FatIsShortName(name, dirent->FileName, &dirent->NtByte)) {
        dirent->NtByte = 0;
        status = FatPickShortName(dcb, name, dirent->FileName);
        pieces = (name->Length / sizeof(WCHAR) + FAT_LFN_CHARS - 1) / FAT_LFN_CHARS;
        FatMakePieces((PLFN_DIRENT)slots, pieces, name, FatChecksum(dirent->FileName));
    }
    if (NT_SUCCESS(status)) {
        status = FatFindFreeSlots(dcb, pieces + 1, firstSlot);
    }
    if (!NT_SUCCESS(status)) {
        return status;
    }
    slots[pieces] = *dirent;
    *direntSlot = *firstSlot + pieces * sizeof(DIRENT);
    return FatWriteSlots(dcb, *firstSlot, slots, (pieces + 1) * sizeof(DIRENT));
}

PAGED NTSTATUS FatEraseDirent(PDCB dcb, ULONG firstSlot, ULONG direntSlot)
{
    DIRENT slots[MAX_PIECES + 1];
    ULONG count = 0;

    for (ULONG slot = firstSlot; slot <= direntSlot && count < RTL_NUMBER_OF(slots); slot += sizeof(DIRENT), count++) {
        NTSTATUS status = FatReadSlot(dcb, slot, &slots[count]);
        if (!NT_SUCCESS(status)) {
            return status;
        }
        slots[count].FileName[0] = FAT_DIRENT_DELETED;
    }
    return FatWriteSlots(dcb, firstSlot, slots, count * sizeof(DIRENT));
}

/* Brings a node's entry on the disk up to date. */
PAGED NTSTATUS FatUpdateDirent(PFCB fcb)
{
    DIRENT dirent;

    if (!fcb->DirentStale || fcb->ParentDcb == NULL) {
        return STATUS_SUCCESS;
    }
    NTSTATUS status = FatReadSlot(fcb->ParentDcb, fcb->DirentSlot, &dirent);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    dirent.Attributes = fcb->Attributes;
    dirent.CreationTenMs = fcb->CreationTenMs;
    dirent.CreationTime = fcb->CreationTime;
    dirent.LastWriteTime = fcb->LastWriteTime;
    dirent.LastAccessDate = fcb->LastAccessDate;
    dirent.FirstCluster = (USHORT)fcb->FirstCluster;
    dirent.FileSize = FatIsDirectory(fcb) ? 0 : fcb->Header.FileSize.LowPart;
    status = FatWriteSlots(fcb->ParentDcb, fcb->DirentSlot, &dirent, sizeof(dirent));
    if (NT_SUCCESS(status)) {
        fcb->DirentStale = FALSE;
    }
    return status;
}
