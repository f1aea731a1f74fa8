/* Thunks for pool: IRQL checks, special pool, who allocated and freed what, leaks at unload. */
#include "vf.h"

#define TRACES 0x1000UL
#define BLOCKS 0x2000UL             /* blocks that can be tracked at a time */
#define DELETED ((PVOID)1)          /* searches go on behind it */

PVF_POOL_TRACE VfPoolTraces;        /* allocations and frees in their order (!verifier 80) */
ULONG VfPoolTracesLength;
ULONG VfPoolTracesIndex;
volatile LONG ViTrackedBlocks;
static PVI_POOL_ENTRY_INUSE ViPoolEntries;      /* a hash table by address */
static KSPIN_LOCK ViPoolLock;

void ViPoolInitialize(void)
{
    VfPoolTraces = ExAllocatePoolZero(NonPagedPool, TRACES * sizeof(VF_POOL_TRACE), 'tPfV');
    ViPoolEntries = ExAllocatePoolZero(NonPagedPool, BLOCKS * sizeof(VI_POOL_ENTRY_INUSE), 'ePfV');
    VfPoolTracesLength = VfPoolTraces != NULL ? TRACES : 0;
}

/* The stack begins in VfAllocPoolNotification or VfFreePoolNotification: that tells which it was. */
VF_FRAME static void ViPoolLogStackTrace(PVOID block, SIZE_T bytes)
{
    if (VfPoolTracesLength == 0) {
        return;
    }
    ULONG index = __atomic_fetch_add(&VfPoolTracesIndex, 1, __ATOMIC_SEQ_CST);
    PVF_POOL_TRACE t = &VfPoolTraces[index & (VfPoolTracesLength - 1)];
    RtlZeroMemory(t, sizeof(*t));
    t->Address = block;
    t->Size = bytes;
    t->Thread = PsGetCurrentThread();
    RtlCaptureStackBackTrace(1, ARRAYSIZE(t->StackTrace), (PVOID *)t->StackTrace, NULL);
}

static ULONG ViHash(PVOID block) { return (ULONG)(((ULONG64)block >> 4) + ((ULONG64)block >> 13)) % BLOCKS; }

static PVI_POOL_ENTRY_INUSE ViFindEntry(PVOID block, BOOLEAN insert)
{
    for (ULONG i = 0; i < BLOCKS; i++) {
        PVI_POOL_ENTRY_INUSE e = &ViPoolEntries[(ViHash(block) + i) % BLOCKS];
        PVOID va = (PVOID)e->VirtualAddress;
        if (va == block || (insert && (va == NULL || va == DELETED))) {
            return e;
        }
        if (va == NULL) {
            break;
        }
    }
    return NULL;
}

/* Where no search has to go on, deleted entries become empty ones: searches stay short. */
static void ViDeleteEntry(PVI_POOL_ENTRY_INUSE e)
{
    ULONG i = (ULONG)(e - ViPoolEntries);
    e->VirtualAddress = DELETED;
    e->CallingAddress = NULL;
    if (ViPoolEntries[(i + 1) % BLOCKS].VirtualAddress != NULL) {
        return;
    }
    for (; ViPoolEntries[i].VirtualAddress == DELETED; i = (i + BLOCKS - 1) % BLOCKS) {
        ViPoolEntries[i].VirtualAddress = NULL;
    }
}

VF_FRAME static void VfAllocPoolNotification(PVOID block, SIZE_T bytes, ULONG tag, PVOID caller)
{
    ViPoolLogStackTrace(block, bytes);
    if (ViPoolEntries == NULL) {
        return;
    }
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&ViPoolLock);
    PVI_POOL_ENTRY_INUSE e = ViFindEntry(block, TRUE);
    if (e != NULL) {
        e->VirtualAddress = block;
        e->CallingAddress = caller;
        e->NumberOfBytes = bytes;
        e->Tag = tag;
        ViTrackedBlocks++;
    } else {
        VF_COUNT(UnTrackedPool);
    }
    KeReleaseSpinLock(&ViPoolLock, old);
}

/* From ExFreePool: the I/O manager, for one, frees buffers that a driver allocated. */
VF_FRAME void VfFreePoolNotification(PVOID block)
{
    SIZE_T bytes = 0;
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&ViPoolLock);
    PVI_POOL_ENTRY_INUSE e = ViFindEntry(block, FALSE);
    if (e != NULL) {
        bytes = e->NumberOfBytes;
        ViDeleteEntry(e);
        ViTrackedBlocks--;
    }
    KeReleaseSpinLock(&ViPoolLock, old);
    if (e != NULL) {
        ViPoolLogStackTrace(block, bytes);
    }
}

ULONG ViPoolCountOf(PKLDR_DATA_TABLE_ENTRY module)
{
    ULONG count = 0;
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&ViPoolLock);
    for (ULONG i = 0; ViPoolEntries != NULL && i < BLOCKS; i++) {
        if ((ULONG64)ViPoolEntries[i].CallingAddress - (ULONG64)module->DllBase < module->SizeOfImage) {
            count++;
        }
    }
    KeReleaseSpinLock(&ViPoolLock, old);
    return count;
}

static void ExAllocatePoolSanityChecks(POOL_TYPE type, SIZE_T bytes)
{
    KIRQL irql = KeGetCurrentIrql();
    if (bytes == 0) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x00, irql, type, bytes);
    }
    if (irql > (type & PagedPool ? APC_LEVEL : DISPATCH_LEVEL)) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, type & PagedPool ? 0x01 : 0x02, irql, type,
                                      bytes);
    }
}

VF_FRAME static PVOID VeAllocatePoolWithTagPriority(POOL_TYPE type, SIZE_T bytes, ULONG tag, PVOID caller)
{
    PVOID block = NULL;
    ExAllocatePoolSanityChecks(type, bytes);
    VF_COUNT(AllocationsAttempted);
    if (VfOption(DRIVER_VERIFIER_SPECIAL_POOLING)) {
        block = MmAllocateSpecialPool(bytes, tag, type);
    }
    if (block != NULL) {
        VF_COUNT(AllocationsSucceededSpecialPool);
    } else {
        block = ExAllocatePoolWithTag(type, bytes, tag);
    }
    if (block != NULL) {
        VF_COUNT(AllocationsSucceeded);
        VfAllocPoolNotification(block, bytes, tag, caller);
    }
    return block;
}

VF_FRAME static PVOID VerifierExAllocatePoolWithTag(POOL_TYPE type, SIZE_T bytes, ULONG tag)
{
    return VeAllocatePoolWithTagPriority(type, bytes, tag, __builtin_return_address(0));
}

VF_FRAME static PVOID VerifierExAllocatePool(POOL_TYPE type, SIZE_T bytes)
{
    VF_COUNT(AllocationsWithNoTag);
    return VeAllocatePoolWithTagPriority(type, bytes, 'enoN', __builtin_return_address(0));
}

VF_FRAME static PVOID VerifierExAllocatePoolWithQuotaTag(POOL_TYPE type, SIZE_T bytes, ULONG tag)
{
    return VeAllocatePoolWithTagPriority(type & 7, bytes, tag, __builtin_return_address(0));
}

VF_FRAME static PVOID VerifierExAllocatePool2(ULONG64 flags, SIZE_T bytes, ULONG tag)
{
    PVOID block = VeAllocatePoolWithTagPriority(flags & 0x100 ? PagedPool : NonPagedPool, bytes, tag,
                                                __builtin_return_address(0));
    if (block != NULL && !(flags & 2)) {
        RtlZeroMemory(block, bytes);
    }
    return block;
}

VF_FRAME static void VerifierExFreePoolWithTag(PVOID block, ULONG tag)
{
    if (KeGetCurrentIrql() > DISPATCH_LEVEL) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x12, KeGetCurrentIrql(), NonPagedPool,
                                      (ULONG64)block);
    }
    ExFreePoolWithTag(block, tag);
}

VF_FRAME static void VerifierExFreePool(PVOID block)
{
    if (KeGetCurrentIrql() > DISPATCH_LEVEL) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x12, KeGetCurrentIrql(), NonPagedPool,
                                      (ULONG64)block);
    }
    ExFreePool(block);
}

const VF_THUNK VfPoolThunks[] = {
    {"ExAllocatePoolWithTag", VerifierExAllocatePoolWithTag},
    {"ExAllocatePool", VerifierExAllocatePool},
    {"ExAllocatePoolWithQuotaTag", VerifierExAllocatePoolWithQuotaTag},
    {"ExAllocatePool2", VerifierExAllocatePool2},
    {"ExFreePoolWithTag", VerifierExFreePoolWithTag},
    {"ExFreePool", VerifierExFreePool},
    {NULL, NULL},
};
