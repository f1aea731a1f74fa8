/* Opening and creating: IRP_MJ_CREATE. The way to the first look-up (FatFsdCreate, FatCommonCreate,
   FatFindPrefix) is not pageable; what only some opens need is. */
#include "fat.h"

typedef struct _FAT_CREATE {
    PVCB Vcb;
    PFILE_OBJECT FileObject;
    ULONG Disposition, Options;
    ACCESS_MASK Access;
    UCHAR Attributes;
    BOOLEAN MustBeDirectory;        /* the name ended in a backslash */
    ULONG_PTR Information;
} FAT_CREATE, *PFAT_CREATE;

#define WRITE_ACCESS (FILE_WRITE_DATA | FILE_APPEND_DATA)

/* Binds the file object to the node: from here on the open cannot fail. */
PAGED static NTSTATUS FatCompleteOpen(PFAT_CREATE create, PFCB fcb)
{
    PCCB ccb = ExAllocatePoolWithTag(PagedPool, sizeof(CCB), TAG_CCB);
    if (ccb == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(ccb, sizeof(CCB));
    ccb->DeleteOnClose = (create->Options & FILE_DELETE_ON_CLOSE) != 0;
    fcb->OpenCount++;
    fcb->UncleanCount++;
    create->FileObject->FsContext = fcb;
    create->FileObject->FsContext2 = ccb;
    return STATUS_SUCCESS;
}

PAGED static NTSTATUS FatCheckExisting(PFAT_CREATE create, PFCB fcb)
{
    BOOLEAN overwrites = create->Disposition == FILE_SUPERSEDE || create->Disposition == FILE_OVERWRITE ||
                         create->Disposition == FILE_OVERWRITE_IF;

    if (fcb->DeletePending) {
        return STATUS_DELETE_PENDING;
    }
    if (create->Disposition == FILE_CREATE) {
        return STATUS_OBJECT_NAME_COLLISION;
    }
    if (FatIsDirectory(fcb)) {
        if (create->Options & FILE_NON_DIRECTORY_FILE) {
            return STATUS_FILE_IS_A_DIRECTORY;
        }
        if (overwrites) {
            return STATUS_OBJECT_NAME_COLLISION;
        }
        if ((create->Options & FILE_DELETE_ON_CLOSE) && fcb->ParentDcb == NULL) {
            return STATUS_CANNOT_DELETE;
        }
        return STATUS_SUCCESS;
    }
    if (create->MustBeDirectory) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    if (create->Options & FILE_DIRECTORY_FILE) {
        return STATUS_NOT_A_DIRECTORY;
    }
    if (fcb->Attributes & FILE_ATTRIBUTE_READONLY) {
        if (create->Options & FILE_DELETE_ON_CLOSE) {
            return STATUS_CANNOT_DELETE;
        }
        if (overwrites || (create->Access & WRITE_ACCESS)) {
            return STATUS_ACCESS_DENIED;
        }
    }
    return STATUS_SUCCESS;
}

PAGED static NTSTATUS FatOpenExisting(PFAT_CREATE create, PFCB fcb)
{
    NTSTATUS status = FatCheckExisting(create, fcb);

    if (NT_SUCCESS(status)) {
        status = FatCompleteOpen(create, fcb);
    }
    if (!NT_SUCCESS(status)) {
        FatReleaseFcb(fcb);         /* it may have been made for this open only */
        return status;
    }
    create->Information = FILE_OPENED;
    if (create->Disposition == FILE_OPEN || create->Disposition == FILE_OPEN_IF) {
        return STATUS_SUCCESS;
    }

    FatSetAllocation(fcb, 0);
    FatSetFileSize(fcb, 0);
    if (create->Disposition == FILE_SUPERSEDE) {
        fcb->Attributes = 0;
    }
    fcb->Attributes |= create->Attributes | FILE_ATTRIBUTE_ARCHIVE;
    create->Information = create->Disposition == FILE_SUPERSEDE ? FILE_SUPERSEDED : FILE_OVERWRITTEN;
    return STATUS_SUCCESS;
}

PAGED static NTSTATUS FatCreateMissing(PFAT_CREATE create, PDCB dcb, PUNICODE_STRING name)
{
    BOOLEAN directory = (create->Options & FILE_DIRECTORY_FILE) != 0;
    PFCB fcb;

    if (create->Disposition == FILE_OPEN || create->Disposition == FILE_OVERWRITE) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    if (create->MustBeDirectory && !directory) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    if (dcb->DeletePending) {
        return STATUS_DELETE_PENDING;
    }
    NTSTATUS status = FatCreateNewFile(
        dcb, name, create->Attributes | (directory ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_ARCHIVE), &fcb);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = FatCompleteOpen(create, fcb);
    if (!NT_SUCCESS(status)) {
        FatDeleteFile(fcb);
        FatReleaseFcb(fcb);
        return status;
    }
    create->Information = FILE_CREATED;
    return STATUS_SUCCESS;
}

/* The part of the path that has no nodes yet: from the disk, component by component. */
PAGED static NTSTATUS FatOpenFromDisk(PFAT_CREATE create, PFCB fcb, PUNICODE_STRING remaining)
{
    FAT_SCAN scan;

    while (remaining->Length) {
        UNICODE_STRING name;
        PFCB child;
        FatDissectName(remaining, &name);
        if (!FatIsDirectory(fcb)) {
            FatReleaseFcb(fcb);
            return STATUS_OBJECT_PATH_NOT_FOUND;
        }
        if (!FatIsNameValid(&name)) {
            return STATUS_OBJECT_NAME_INVALID;
        }
        NTSTATUS status = FatFindDirent(&scan, fcb, &name);
        if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
            return remaining->Length ? STATUS_OBJECT_PATH_NOT_FOUND : FatCreateMissing(create, fcb, &name);
        }
        if (NT_SUCCESS(status)) {
            status = FatCreateFcb(fcb, &scan.Name, &scan.Dirent, scan.FirstSlot, scan.DirentSlot, &child);
        }
        if (!NT_SUCCESS(status)) {
            return status;
        }
        fcb = child;
    }
    return FatOpenExisting(create, fcb);
}

/* For a rename the I/O manager opens the folder that the new name is in, and learns in the same step
   whether the name exists. The file object keeps the name's last component. */
PAGED static NTSTATUS FatOpenTargetDirectory(PFAT_CREATE create, PFCB start, PUNICODE_STRING path)
{
    PUNICODE_STRING kept = &create->FileObject->FileName;
    UNICODE_STRING last = *path, folder = *path;
    FAT_SCAN scan;
    USHORT at = path->Length / sizeof(WCHAR);

    while (at && path->Buffer[at - 1] != L'\\') {
        at--;
    }
    last.Buffer += at;
    last.Length -= at * sizeof(WCHAR);
    folder.Length = at ? (at - 1) * sizeof(WCHAR) : 0;
    if (!FatIsNameValid(&last)) {
        return STATUS_OBJECT_NAME_INVALID;
    }

    create->Disposition = FILE_OPEN;
    create->Options = FILE_DIRECTORY_FILE;
    PFCB dcb = FatFindPrefix(start, &folder);
    NTSTATUS status = FatOpenFromDisk(create, dcb, &folder);
    if (!NT_SUCCESS(status)) {
        return status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_OBJECT_PATH_NOT_FOUND : status;
    }
    status = FatFindDirent(&scan, create->FileObject->FsContext, &last);
    create->Information = NT_SUCCESS(status) ? FILE_EXISTS : FILE_DOES_NOT_EXIST;
    RtlMoveMemory(kept->Buffer, last.Buffer, last.Length);
    kept->Length = last.Length;
    return STATUS_SUCCESS;
}

/* The device itself, without a name behind it. */
PAGED static NTSTATUS FatOpenVolume(PFAT_CREATE create)
{
    if (create->Options & (FILE_DIRECTORY_FILE | FILE_DELETE_ON_CLOSE)) {
        return STATUS_INVALID_PARAMETER;
    }
    create->FileObject->FsContext = create->Vcb;
    create->FileObject->FsContext2 = NULL;
    create->Information = FILE_OPENED;
    return STATUS_SUCCESS;
}

__declspec(noinline) static NTSTATUS FatCommonCreate(PVCB vcb, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    PFILE_OBJECT file = stack->FileObject, related = file->RelatedFileObject;
    PIO_SECURITY_CONTEXT security = stack->Parameters.Create.SecurityContext;
    UNICODE_STRING path = file->FileName;
    FAT_CREATE create = {
        .Vcb = vcb,
        .FileObject = file,
        .Disposition = stack->Parameters.Create.Options >> 24,
        .Options = stack->Parameters.Create.Options & 0xFFFFFF,
        .Access = security != NULL ? security->DesiredAccess : 0,
        .Attributes = stack->Parameters.Create.FileAttributes & (FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN |
                                                                 FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE),
    };
    PFCB start = vcb->RootDcb;
    NTSTATUS status;

    if (create.Options & FILE_OPEN_BY_FILE_ID) {
        return STATUS_NOT_IMPLEMENTED;
    }
    if (stack->Parameters.Create.EaLength) {
        return STATUS_EAS_NOT_SUPPORTED;
    }
    if (related != NULL && related->FsContext != NULL && related->FsContext != vcb) {
        if (path.Length && path.Buffer[0] == L'\\') {
            return STATUS_INVALID_PARAMETER;
        }
        start = related->FsContext;
    } else if (path.Length == 0) {
        return FatOpenVolume(&create);
    }
    if (path.Length > sizeof(WCHAR) && path.Buffer[path.Length / sizeof(WCHAR) - 1] == L'\\') {
        path.Length -= sizeof(WCHAR);
        create.MustBeDirectory = TRUE;
    }

    if (stack->Flags & SL_OPEN_TARGET_DIRECTORY) {
        status = FatOpenTargetDirectory(&create, start, &path);
    } else {
        if (path.Length == sizeof(WCHAR) && path.Buffer[0] == L'\\') {
            path.Length = 0;        /* the root */
        }
        PFCB fcb = FatFindPrefix(start, &path);
        status = path.Length ? FatOpenFromDisk(&create, fcb, &path) : FatOpenExisting(&create, fcb);
    }
    irp->IoStatus.Information = create.Information;
    if (NT_SUCCESS(status)) {
        status = FatFlushTable(vcb);
    }
    return status;
}

NTSTATUS NTAPI FatFsdCreate(PDEVICE_OBJECT device, PIRP irp)
{
    PVCB vcb = FatEnter(device);
    NTSTATUS status = FatCommonCreate(vcb, irp);
    return FatLeave(vcb, irp, status);
}
