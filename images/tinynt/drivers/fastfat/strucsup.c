/* Nodes: how they are made and when they go. A file's node lives as long as a file object needs it.
   A directory's stays until the directory is deleted: it saves reading the disk at the next open. */
#include "fat.h"

PAGED static PFCB FatAllocateFcb(PVCB vcb, CSHORT type)
{
    PFCB fcb = ExAllocatePoolWithTag(PagedPool, sizeof(FCB), TAG_FCB);
    if (fcb == NULL) {
        return NULL;
    }
    RtlZeroMemory(fcb, sizeof(FCB));
    fcb->Header.NodeTypeCode = type;
    fcb->Header.NodeByteSize = sizeof(FCB);
    fcb->Header.Resource = &vcb->Resource;
    fcb->Vcb = vcb;
    for (ULONG i = 0; i < FAT_PREFIX_BUCKETS; i++) {
        InitializeListHead(&fcb->PrefixTable[i]);
    }
    return fcb;
}

PAGED NTSTATUS FatCreateRootDcb(PVCB vcb)
{
    PFCB fcb = FatAllocateFcb(vcb, FAT_NTC_DCB);
    if (fcb == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    fcb->Attributes = FILE_ATTRIBUTE_DIRECTORY;
    fcb->Header.AllocationSize.QuadPart = vcb->RootBytes;
    vcb->RootDcb = fcb;
    return STATUS_SUCCESS;
}

PAGED NTSTATUS FatSetName(PFCB fcb, PCUNICODE_STRING name)
{
    PWSTR buffer = ExAllocatePoolWithTag(PagedPool, name->Length, TAG_NAME);
    if (buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(buffer, name->Buffer, name->Length);
    if (fcb->Name.Buffer != NULL) {
        ExFreePoolWithTag(fcb->Name.Buffer, TAG_NAME);
    }
    fcb->Name.Buffer = buffer;
    fcb->Name.Length = fcb->Name.MaximumLength = name->Length;
    return STATUS_SUCCESS;
}

/* The node for an entry of `dcb`, made from the entry if the volume has none yet. */
PAGED NTSTATUS FatCreateFcb(PDCB dcb, PCUNICODE_STRING name, const DIRENT *dirent, ULONG firstSlot, ULONG direntSlot,
                            PFCB *result)
{
    PVCB vcb = dcb->Vcb;
    PFCB fcb = FatFindBySlot(dcb, direntSlot);

    *result = fcb;
    if (fcb != NULL) {
        return STATUS_SUCCESS;
    }
    BOOLEAN directory = (dirent->Attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
    fcb = FatAllocateFcb(vcb, directory ? FAT_NTC_DCB : FAT_NTC_FCB);
    if (fcb == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS status = FatSetName(fcb, name);
    if (!NT_SUCCESS(status)) {
        ExFreePoolWithTag(fcb, TAG_FCB);
        return status;
    }
    fcb->Attributes = dirent->Attributes;
    fcb->CreationTenMs = dirent->CreationTenMs;
    fcb->CreationTime = dirent->CreationTime;
    fcb->LastWriteTime = dirent->LastWriteTime;
    fcb->LastAccessDate = dirent->LastAccessDate;
    fcb->FirstCluster = dirent->FirstCluster;
    fcb->FirstSlot = firstSlot;
    fcb->DirentSlot = direntSlot;
    fcb->Header.AllocationSize.QuadPart = FatChainBytes(vcb, dirent->FirstCluster);
    if (!directory) {
        fcb->Header.FileSize.QuadPart = fcb->Header.ValidDataLength.QuadPart =
            min(dirent->FileSize, fcb->Header.AllocationSize.LowPart);
    }
    FatInsertPrefix(dcb, fcb);
    *result = fcb;
    return STATUS_SUCCESS;
}

/* Frees the node if nothing needs it. */
PAGED void FatReleaseFcb(PFCB fcb)
{
    if (fcb->OpenCount || (FatIsDirectory(fcb) && !fcb->Deleted)) {
        return;
    }
    if (fcb->ParentDcb != NULL) {
        FatRemovePrefix(fcb);
    }
    FatForgetCache(fcb);
    if (fcb->Name.Buffer != NULL) {
        ExFreePoolWithTag(fcb->Name.Buffer, TAG_NAME);
    }
    ExFreePoolWithTag(fcb, TAG_FCB);
}
