/* The two ends of a file object: its last handle goes (cleanup), then the object itself (close). */
#include "fat.h"

PAGED static NTSTATUS FatCommonCleanup(PFCB fcb, PCCB ccb)
{
    NTSTATUS status = STATUS_SUCCESS;

    fcb->UncleanCount--;
    if (ccb->DeleteOnClose) {
        fcb->DeletePending = TRUE;
    }
    if (fcb->UncleanCount == 0 && fcb->DeletePending && fcb->ParentDcb != NULL) {
        if (FatIsDirectory(fcb)) {
            status = FatIsDirectoryEmpty(fcb);
        }
        if (NT_SUCCESS(status)) {
            status = FatDeleteFile(fcb);
        }
        fcb->DeletePending = FALSE;
    } else {
        status = FatUpdateDirent(fcb);
    }
    return status;
}

/* A cleanup cannot fail; what could not be written is lost. */
NTSTATUS NTAPI FatFsdCleanup(PDEVICE_OBJECT device, PIRP irp)
{
    PVCB vcb = FatEnter(device);
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;

    if (file->FsContext != vcb) {
        FatCommonCleanup(file->FsContext, file->FsContext2);
        FatFlushTable(vcb);
    }
    file->Flags |= FO_CLEANUP_COMPLETE;
    return FatLeave(vcb, irp, STATUS_SUCCESS);
}

PAGED static void FatCommonClose(PFCB fcb, PCCB ccb)
{
    if (ccb->Pattern.Buffer != NULL) {
        ExFreePoolWithTag(ccb->Pattern.Buffer, TAG_NAME);
    }
    ExFreePoolWithTag(ccb, TAG_CCB);
    fcb->OpenCount--;
    FatReleaseFcb(fcb);
}

NTSTATUS NTAPI FatFsdClose(PDEVICE_OBJECT device, PIRP irp)
{
    PVCB vcb = FatEnter(device);
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;

    if (file->FsContext != vcb) {
        FatCommonClose(file->FsContext, file->FsContext2);
    }
    return FatLeave(vcb, irp, STATUS_SUCCESS);
}
