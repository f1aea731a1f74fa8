/* Small services that drivers expect. */
#include "iop.h"

PEPROCESS IoGetCurrentProcess(void) { return (PEPROCESS)KeGetCurrentThread()->ApcState.Process; }

void IoGetStackLimits(PULONG_PTR low, PULONG_PTR high)
{
    *low = (ULONG_PTR)KeGetCurrentThread()->StackLimit;
    *high = (ULONG_PTR)KeGetCurrentThread()->StackBase;
}

PVOID IoGetInitialStack(void) { return KeGetCurrentThread()->InitialStack; }

PVOID IoGetTopLevelIrp(void) { return (PVOID)PsGetCurrentThread()->TopLevelIrp; }

void IoSetTopLevelIrp(PIRP irp) { PsGetCurrentThread()->TopLevelIrp = (ULONG_PTR)irp; }

BOOLEAN IoIsOperationSynchronous(PIRP irp)
{
    PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
    return (file != NULL && (file->Flags & FO_SYNCHRONOUS_IO)) ||
           (irp->Flags & (IRP_SYNCHRONOUS_API | IRP_PAGING_IO)) != 0;
}

PVOID IoGetRequestorProcess(PIRP irp)
{
    return irp->Tail.Overlay.Thread != NULL ? irp->Tail.Overlay.Thread->Tcb.Process : NULL;
}

/* A block of a driver's own that is found again by an address, and freed with the driver object. */
typedef struct _IO_CLIENT_EXTENSION {
    struct _IO_CLIENT_EXTENSION *NextExtension;
    PVOID ClientIdentificationAddress;
} IO_CLIENT_EXTENSION, *PIO_CLIENT_EXTENSION;

NTSTATUS IoAllocateDriverObjectExtension(PDRIVER_OBJECT driver, PVOID client, ULONG size, PVOID *extension)
{
    *extension = NULL;
    PIO_CLIENT_EXTENSION block = ExAllocatePoolWithTag(NonPagedPool, sizeof(*block) + size, 'virD');
    if (block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(block, sizeof(*block) + size);
    block->ClientIdentificationAddress = client;
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&IopDatabaseLock);
    BOOLEAN taken = FALSE;
    for (PIO_CLIENT_EXTENSION e = driver->DriverExtension->ClientDriverExtension; e != NULL; e = e->NextExtension) {
        taken |= e->ClientIdentificationAddress == client;
    }
    if (!taken) {
        block->NextExtension = driver->DriverExtension->ClientDriverExtension;
        driver->DriverExtension->ClientDriverExtension = block;
    }
    KeReleaseSpinLock(&IopDatabaseLock, old);
    if (taken) {
        ExFreePoolWithTag(block, 'virD');
        return STATUS_OBJECT_NAME_COLLISION;
    }
    *extension = block + 1;
    return STATUS_SUCCESS;
}

PVOID IoGetDriverObjectExtension(PDRIVER_OBJECT driver, PVOID client)
{
    PVOID found = NULL;
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&IopDatabaseLock);
    for (PIO_CLIENT_EXTENSION e = driver->DriverExtension->ClientDriverExtension; e != NULL && found == NULL;
         e = e->NextExtension) {
        found = e->ClientIdentificationAddress == client ? e + 1 : NULL;
    }
    KeReleaseSpinLock(&IopDatabaseLock, old);
    return found;
}
