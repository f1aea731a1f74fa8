/* Searching directories: from slots to names. */
#include "fat.h"

PAGED void FatStartScan(PFAT_SCAN scan, PDCB dcb, ULONG slot)
{
    scan->Dcb = dcb;
    scan->Next = slot;
}

/* The pieces of a long name seen so far; Expected is the ordinal that must come next. */
typedef struct _FAT_PIECES {
    ULONG Expected;
    ULONG FirstSlot;
    ULONG Length;
    UCHAR Checksum;
} FAT_PIECES, *PFAT_PIECES;

/* Adds one piece. One that does not continue the name so far makes the whole name void. */
PAGED static void FatTakePiece(PFAT_SCAN scan, const LFN_DIRENT *piece, PFAT_PIECES pieces)
{
    ULONG ordinal = piece->Ordinal & ~FAT_LFN_LAST;

    if (piece->Ordinal & FAT_LFN_LAST) {
        pieces->Expected = ordinal;
        pieces->FirstSlot = scan->Next;
        pieces->Length = 0;
        pieces->Checksum = piece->Checksum;
    }
    if (ordinal == 0 || ordinal != pieces->Expected || piece->Checksum != pieces->Checksum ||
        ordinal * FAT_LFN_CHARS > RTL_NUMBER_OF(scan->LongBuffer)) {
        pieces->FirstSlot = MAXULONG;
        return;
    }
    PWSTR out = scan->LongBuffer + (ordinal - 1) * FAT_LFN_CHARS;
    RtlCopyMemory(out, piece->Name1, sizeof(piece->Name1));
    RtlCopyMemory(out + 5, piece->Name2, sizeof(piece->Name2));
    RtlCopyMemory(out + 11, piece->Name3, sizeof(piece->Name3));
    if (pieces->Length == 0) {      /* the name's last piece: it ends at a zero, or is full */
        ULONG used = 0;
        while (used < FAT_LFN_CHARS && out[used]) {
            used++;
        }
        pieces->Length = (ordinal - 1) * FAT_LFN_CHARS + used;
    }
    pieces->Expected = ordinal - 1;
}

PAGED static void FatSetScanNames(PFAT_SCAN scan, const FAT_PIECES *pieces)
{
    BOOLEAN isLong = pieces->FirstSlot != MAXULONG && pieces->Expected == 0 && pieces->Length &&
                     pieces->Length <= FAT_LFN_MAX && pieces->Checksum == FatChecksum(scan->Dirent.FileName);

    scan->ShortName.Buffer = scan->ShortBuffer;
    scan->ShortName.MaximumLength = sizeof(scan->ShortBuffer);
    FatShortToUnicode(&scan->Dirent, &scan->ShortName);
    scan->FirstSlot = isLong ? pieces->FirstSlot : scan->DirentSlot;
    scan->Name = scan->ShortName;
    if (isLong) {
        scan->Name.Buffer = scan->LongBuffer;
        scan->Name.Length = scan->Name.MaximumLength = (USHORT)(pieces->Length * sizeof(WCHAR));
    }
}

/* Goes on to the next file or folder: STATUS_NO_MORE_FILES behind the last. */
PAGED NTSTATUS FatNextDirent(PFAT_SCAN scan)
{
    FAT_PIECES pieces = {.FirstSlot = MAXULONG};

    for (;; scan->Next += sizeof(DIRENT)) {
        NTSTATUS status = FatReadSlot(scan->Dcb, scan->Next, &scan->Dirent);
        if (!NT_SUCCESS(status)) {
            return status;
        }
        if (scan->Dirent.FileName[0] == FAT_DIRENT_NEVER_USED) {
            return STATUS_NO_MORE_FILES;
        }
        if (scan->Dirent.FileName[0] == FAT_DIRENT_DELETED) {
            pieces.FirstSlot = MAXULONG;
        } else if ((scan->Dirent.Attributes & 0x3F) == FAT_ATTR_LONG_NAME) {
            FatTakePiece(scan, (const LFN_DIRENT *)&scan->Dirent, &pieces);
        } else if (scan->Dirent.Attributes & FAT_ATTR_VOLUME_ID) {
            pieces.FirstSlot = MAXULONG;
        } else {
            scan->DirentSlot = scan->Next;
            scan->Next += sizeof(DIRENT);
            FatSetScanNames(scan, &pieces);
            return STATUS_SUCCESS;
        }
    }
}

PAGED NTSTATUS FatFindDirent(PFAT_SCAN scan, PDCB dcb, PCUNICODE_STRING name)
{
    NTSTATUS status;

    FatStartScan(scan, dcb, 0);
    while (NT_SUCCESS(status = FatNextDirent(scan))) {
        if (RtlEqualUnicodeString(&scan->Name, name, TRUE) || RtlEqualUnicodeString(&scan->ShortName, name, TRUE)) {
            return STATUS_SUCCESS;
        }
    }
    return status == STATUS_NO_MORE_FILES ? STATUS_OBJECT_NAME_NOT_FOUND : status;
}

PAGED NTSTATUS FatIsDirectoryEmpty(PDCB dcb)
{
    FAT_SCAN scan;
    NTSTATUS status;

    FatStartScan(&scan, dcb, 0);
    while (NT_SUCCESS(status = FatNextDirent(&scan))) {
        if (scan.Dirent.FileName[0] != '.') {     /* the folder itself and its parent */
            return STATUS_DIRECTORY_NOT_EMPTY;
        }
    }
    return status == STATUS_NO_MORE_FILES ? STATUS_SUCCESS : status;
}
