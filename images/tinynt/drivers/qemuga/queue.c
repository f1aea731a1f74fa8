/* Virtqueues in the split format. One thread works on a queue: no lock. */
#include "virtio.h"

#define DESCRIPTOR_FILL 2
#define USED_NO_NOTIFY 1

static PVOID AllocateShared(SIZE_T bytes, PULONG64 physical)
{
    PHYSICAL_ADDRESS highest;
    highest.QuadPart = MAXLONGLONG;
    PVOID p = MmAllocateContiguousMemory(bytes, highest);
    if (p == NULL) {
        return NULL;
    }
    RtlZeroMemory(p, bytes);
    *physical = (ULONG64)MmGetPhysicalAddress(p).QuadPart;
    return p;
}

static void SetAddress(volatile ULONG *to, ULONG64 address)
{
    to[0] = (ULONG)address;
    to[1] = (ULONG)(address >> 32);
}

NTSTATUS VirtioCreateQueue(VIRTIO_DEVICE *d, VIRTIO_QUEUE *q, USHORT index)
{
    volatile VIRTIO_COMMON *c = d->Common;
    ULONG64 physical;
    c->QueueSelect = index;
    if (index >= c->QueueCount || c->QueueSize == 0) {
        return STATUS_NO_SUCH_DEVICE;
    }
    q->Size = min(c->QueueSize, VIRTQ_SIZE);
    q->Device = d;
    q->Index = index;
    q->Rings = AllocateShared(sizeof(VIRTQ_RINGS), &physical);
    if (q->Rings == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    c->QueueSize = q->Size;
    SetAddress(c->QueueDescriptor, physical);
    SetAddress(c->QueueDriver, physical + FIELD_OFFSET(VIRTQ_RINGS, AvailableFlags));
    SetAddress(c->QueueDevice, physical + FIELD_OFFSET(VIRTQ_RINGS, UsedFlags));
    c->QueueMsixVector = 0;
    if (c->QueueMsixVector != 0) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    q->Doorbell = (volatile USHORT *)(d->Notify + c->QueueNotifyOffset * d->NotifyMultiplier);
    c->QueueEnable = 1;
    return STATUS_SUCCESS;
}

NTSTATUS VirtioAddBuffers(VIRTIO_QUEUE *q, ULONG count, ULONG size)
{
    q->Buffers = AllocateShared((SIZE_T)count * size, &q->BuffersPhysical);
    if (q->Buffers == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    q->BufferCount = min(count, q->Size);
    q->BufferSize = size;
    return STATUS_SUCCESS;
}

void VirtioPost(VIRTIO_QUEUE *q, ULONG n, ULONG length, BOOLEAN fill)
{
    volatile VIRTQ_DESCRIPTOR *d = &q->Rings->Descriptor[n];
    d->Address = q->BuffersPhysical + (ULONG64)n * q->BufferSize;
    d->Length = length;
    d->Flags = fill ? DESCRIPTOR_FILL : 0;
    q->Rings->Available[q->Rings->AvailableIndex % q->Size] = (USHORT)n;
    __atomic_store_n(&q->Rings->AvailableIndex, (USHORT)(q->Rings->AvailableIndex + 1), __ATOMIC_RELEASE);
}

void VirtioKick(VIRTIO_QUEUE *q)
{
    /* The device's flag must be read after our index is visible. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if ((q->Rings->UsedFlags & USED_NO_NOTIFY) == 0) {
        *q->Doorbell = q->Index;
    }
}

BOOLEAN VirtioTake(VIRTIO_QUEUE *q, PULONG n, PULONG length)
{
    if (__atomic_load_n(&q->Rings->UsedIndex, __ATOMIC_ACQUIRE) == q->LastUsed) {
        return FALSE;
    }
    volatile VIRTQ_USED *u = &q->Rings->Used[q->LastUsed++ % q->Size];
    *n = u->Id;
    *length = min(u->Length, q->BufferSize);
    return *n < q->BufferCount;
}
