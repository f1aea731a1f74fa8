/* FileRenameInformation: a new name, in the same folder or in another one of the volume. */
#include "fat.h"

PAGED static BOOLEAN FatHasOpenChildren(PDCB dcb)
{
    for (ULONG i = 0; i < FAT_PREFIX_BUCKETS; i++) {
        PLIST_ENTRY head = &dcb->PrefixTable[i];
        for (PLIST_ENTRY entry = head->Flink; entry != head; entry = entry->Flink) {
            PFCB child = CONTAINING_RECORD(entry, FCB, PrefixLinks);
            if (child->OpenCount || (FatIsDirectory(child) && FatHasOpenChildren(child))) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* Where the file goes: the I/O manager opened the target's folder, or the name is a bare one and
   means the folder that the file is in. */
PAGED static NTSTATUS FatRenameTarget(PFCB fcb, PIRP irp, PIO_STACK_LOCATION stack, PDCB *dcb, PUNICODE_STRING name)
{
    PFILE_RENAME_INFORMATION info = irp->AssociatedIrp.SystemBuffer;
    PFILE_OBJECT target = stack->Parameters.SetFile.FileObject;

    if (target != NULL) {
        *dcb = target->FsContext;
        *name = target->FileName;
    } else {
        ULONG room = stack->Parameters.SetFile.Length - FIELD_OFFSET(FILE_RENAME_INFORMATION, FileName);
        if (info->FileNameLength > room || info->FileNameLength > FAT_LFN_MAX * sizeof(WCHAR)) {
            return STATUS_INVALID_PARAMETER;
        }
        *dcb = fcb->ParentDcb;
        name->Buffer = info->FileName;
        name->Length = name->MaximumLength = (USHORT)info->FileNameLength;
    }
    if (!FatIsNameValid(name)) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    if ((*dcb)->Header.NodeTypeCode != FAT_NTC_DCB) {
        return STATUS_INVALID_PARAMETER;
    }
    for (PDCB above = *dcb; above != NULL; above = above->ParentDcb) {
        if (above == fcb) {           /* a folder into itself */
            return STATUS_INVALID_PARAMETER;
        }
    }
    return STATUS_SUCCESS;
}

/* Makes way for the new name. A file that somebody has open stays. */
PAGED static NTSTATUS FatRemoveTarget(PFCB fcb, PDCB dcb, const FAT_SCAN *scan, BOOLEAN replace)
{
    PFCB existing;

    if (!replace) {
        return STATUS_OBJECT_NAME_COLLISION;
    }
    NTSTATUS status = FatCreateFcb(dcb, &scan->Name, &scan->Dirent, scan->FirstSlot, scan->DirentSlot, &existing);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (existing->OpenCount || FatIsDirectory(existing) || (existing->Attributes & FILE_ATTRIBUTE_READONLY)) {
        status = STATUS_ACCESS_DENIED;
    } else {
        status = FatDeleteFile(existing);
    }
    FatReleaseFcb(existing);
    return status;
}

/* The new entry first, then the old one goes: a failure in between leaves two names, not none. */
PAGED static NTSTATUS FatMoveDirent(PFCB fcb, PDCB dcb, PUNICODE_STRING name)
{
    DIRENT dirent;
    ULONG first, slot;
    PDCB oldDcb = fcb->ParentDcb;

    NTSTATUS status = FatReadSlot(oldDcb, fcb->DirentSlot, &dirent);
    if (NT_SUCCESS(status)) {
        status = FatAddDirent(dcb, name, &dirent, &first, &slot);
    }
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = FatSetName(fcb, name);
    if (!NT_SUCCESS(status)) {
        FatEraseDirent(dcb, first, slot);
        return status;
    }
    status = FatEraseDirent(oldDcb, fcb->FirstSlot, fcb->DirentSlot);
    FatRemovePrefix(fcb);
    fcb->FirstSlot = first;
    fcb->DirentSlot = slot;
    FatInsertPrefix(dcb, fcb);
    if (NT_SUCCESS(status) && FatIsDirectory(fcb) && dcb != oldDcb) {
        status = FatSetParentEntry(fcb);
    }
    return status;
}

PAGED NTSTATUS FatSetRenameInfo(PFCB fcb, PIRP irp, PIO_STACK_LOCATION stack)
{
    PFILE_RENAME_INFORMATION info = irp->AssociatedIrp.SystemBuffer;
    UNICODE_STRING name;
    FAT_SCAN scan;
    PDCB dcb;

    if (fcb->ParentDcb == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS status = FatRenameTarget(fcb, irp, stack, &dcb, &name);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (FatIsDirectory(fcb) && FatHasOpenChildren(fcb)) {
        return STATUS_ACCESS_DENIED;
    }
    status = FatUpdateDirent(fcb);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    status = FatFindDirent(&scan, dcb, &name);
    if (NT_SUCCESS(status) && (dcb != fcb->ParentDcb || scan.DirentSlot != fcb->DirentSlot)) {
        status = FatRemoveTarget(fcb, dcb, &scan, info->ReplaceIfExists);
    }
    if (NT_SUCCESS(status) || status == STATUS_OBJECT_NAME_NOT_FOUND) {
        status = FatMoveDirent(fcb, dcb, &name);
    }
    return status;
}
