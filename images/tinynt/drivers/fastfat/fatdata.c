/* What every request begins and ends with, and the smallest of them: flush. */
#include "fat.h"

/* Normal kernel APCs stay out while the volume is held: one of them could want the volume too. */
PVCB FatEnter(PDEVICE_OBJECT device)
{
    PVCB vcb = device->DeviceExtension;
    FsRtlEnterFileSystem();
    ExAcquireResourceExclusiveLite(&vcb->Resource, TRUE);
    return vcb;
}

NTSTATUS FatLeave(PVCB vcb, PIRP irp, NTSTATUS status)
{
    ExReleaseResourceLite(&vcb->Resource);
    FsRtlExitFileSystem();
    if (NT_ERROR(status)) {
        irp->IoStatus.Information = 0;
    }
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_DISK_INCREMENT);
    return status;
}

/* Data goes to the disk as it is written; what can be late is the entry in the directory. */
NTSTATUS NTAPI FatFsdFlushBuffers(PDEVICE_OBJECT device, PIRP irp)
{
    PVCB vcb = FatEnter(device);
    PFCB fcb = IoGetCurrentIrpStackLocation(irp)->FileObject->FsContext;
    NTSTATUS status = STATUS_SUCCESS;

    if (fcb->Header.NodeTypeCode != FAT_NTC_VCB) {
        status = FatUpdateDirent(fcb);
    }
    if (NT_SUCCESS(status)) {
        status = FatFlushTable(vcb);
    }
    return FatLeave(vcb, irp, status);
}
