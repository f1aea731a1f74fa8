/* Memory descriptor lists: a buffer as page frames. There is no user mode, so a buffer's own
   address already is a system address. */
#include "iop.h"

#define MDL_MAPPED_TO_SYSTEM_VA 0x0001
#define MDL_PAGES_LOCKED 0x0002
#define MDL_SOURCE_IS_NONPAGED_POOL 0x0004
#define MDL_PARTIAL 0x0010
#define MDL_WRITE_OPERATION 0x0080
#define MDL_PARENT_MAPPED_SYSTEM_VA 0x0100

static ULONG IopSpannedPages(PVOID va, SIZE_T length)
{
    return (ULONG)BYTES_TO_PAGES(((ULONG_PTR)va & (PAGE_SIZE - 1)) + length);
}

SIZE_T MmSizeOfMdl(PVOID base, SIZE_T length)
{
    return sizeof(MDL) + IopSpannedPages(base, length) * sizeof(PFN_NUMBER);
}

PMDL IoAllocateMdl(PVOID va, ULONG length, BOOLEAN secondary, BOOLEAN charge, PIRP irp)
{
    UNREFERENCED_PARAMETER(charge);
    SIZE_T size = MmSizeOfMdl(va, length);
    if (length >= 0x80000000 || size > 0x7FFF) {
        return NULL;    /* MDL.Size is a signed short */
    }
    PMDL mdl = ExAllocatePoolWithTag(NonPagedPool, size, ' ldM');
    if (mdl == NULL) {
        return NULL;
    }
    RtlZeroMemory(mdl, size);
    mdl->Size = (CSHORT)size;
    mdl->StartVa = (PVOID)ALIGN_DOWN((ULONG_PTR)va, PAGE_SIZE);
    mdl->ByteOffset = (ULONG_PTR)va & (PAGE_SIZE - 1);
    mdl->ByteCount = length;
    if (irp != NULL) {
        if (!secondary) {
            irp->MdlAddress = mdl;
        } else {
            PMDL last = irp->MdlAddress;
            while (last->Next != NULL) {
                last = last->Next;
            }
            last->Next = mdl;
        }
    }
    return mdl;
}

void IoFreeMdl(PMDL mdl) { ExFreePoolWithTag(mdl, ' ldM'); }

static void IopFillFrames(PMDL mdl)
{
    PFN_NUMBER *frames = (PFN_NUMBER *)(mdl + 1);
    ULONG pages = IopSpannedPages((PUCHAR)mdl->StartVa + mdl->ByteOffset, mdl->ByteCount);
    for (ULONG i = 0; i < pages; i++) {
        frames[i] = MmGetPhysicalAddress((PUCHAR)mdl->StartVa + i * PAGE_SIZE) >> PAGE_SHIFT;
    }
}

void MmBuildMdlForNonPagedPool(PMDL mdl)
{
    mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    mdl->MappedSystemVa = (PUCHAR)mdl->StartVa + mdl->ByteOffset;
    IopFillFrames(mdl);
}

/* Makes the pages resident by touching them. Trimming does not know of the lock yet; a page that
   goes comes back by its own fault, because the mapping is the buffer's own. */
void MmProbeAndLockPages(PMDL mdl, KPROCESSOR_MODE mode, ULONG operation)
{
    UNREFERENCED_PARAMETER(mode);
    PUCHAR va = (PUCHAR)mdl->StartVa;
    ULONG pages = IopSpannedPages(va + mdl->ByteOffset, mdl->ByteCount);
    for (ULONG i = 0; i < pages; i++) {
        volatile UCHAR *at = i == 0 ? va + mdl->ByteOffset : va + i * PAGE_SIZE;
        UCHAR value = *at;
        if (operation != 0) {
            *at = value;
        }
    }
    IopFillFrames(mdl);
    mdl->Process = (PEPROCESS)KeGetCurrentThread()->ApcState.Process;
    mdl->MdlFlags |= MDL_PAGES_LOCKED | (operation != 0 ? MDL_WRITE_OPERATION : 0);
}

void MmUnlockPages(PMDL mdl) { mdl->MdlFlags &= ~(MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_WRITE_OPERATION); }

PVOID MmMapLockedPagesSpecifyCache(PMDL mdl, KPROCESSOR_MODE mode, ULONG cacheType, PVOID base, ULONG bugCheck,
                                   ULONG priority)
{
    UNREFERENCED_PARAMETER(cacheType);
    UNREFERENCED_PARAMETER(base);
    UNREFERENCED_PARAMETER(bugCheck);
    UNREFERENCED_PARAMETER(priority);
    if (mode != KernelMode) {
        return NULL;
    }
    if (!(mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))) {
        mdl->MappedSystemVa = (PUCHAR)mdl->StartVa + mdl->ByteOffset;
        mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    }
    return mdl->MappedSystemVa;
}

PVOID MmMapLockedPages(PMDL mdl, KPROCESSOR_MODE mode)
{
    return MmMapLockedPagesSpecifyCache(mdl, mode, 1, NULL, 1, 32);
}

void MmUnmapLockedPages(PVOID base, PMDL mdl)
{
    UNREFERENCED_PARAMETER(base);
    mdl->MdlFlags &= ~MDL_MAPPED_TO_SYSTEM_VA;
}

/* `target` describes a part of `source`'s buffer; length 0 means up to its end. */
void IoBuildPartialMdl(PMDL source, PMDL target, PVOID va, ULONG length)
{
    ULONG_PTR start = (ULONG_PTR)source->StartVa + source->ByteOffset;
    ULONG offset = (ULONG)((ULONG_PTR)va - start);
    if (length == 0) {
        length = source->ByteCount - offset;
    }
    ULONG_PTR page = ((source->ByteOffset + (ULONG_PTR)offset) >> PAGE_SHIFT);
    target->StartVa = (PVOID)ALIGN_DOWN((ULONG_PTR)va, PAGE_SIZE);
    target->ByteOffset = (ULONG_PTR)va & (PAGE_SIZE - 1);
    target->ByteCount = length;
    target->Process = source->Process;
    target->MdlFlags = (target->MdlFlags & ~MDL_MAPPED_TO_SYSTEM_VA) | MDL_PARTIAL;
    if (source->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) {
        target->MdlFlags |= source->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL
                                ? MDL_SOURCE_IS_NONPAGED_POOL
                                : MDL_PARENT_MAPPED_SYSTEM_VA | MDL_MAPPED_TO_SYSTEM_VA;
        target->MappedSystemVa = (PUCHAR)source->MappedSystemVa + offset;
    }
    memcpy(target + 1, (PFN_NUMBER *)(source + 1) + page, IopSpannedPages(va, length) * sizeof(PFN_NUMBER));
}
