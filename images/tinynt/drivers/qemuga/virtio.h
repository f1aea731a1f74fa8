/* A virtio 1.x device on PCI: its registers and its queues (OASIS virtio 1.1, sections 2.6 and 4.1). */
#pragma once
#include "private.h"

#define VIRTIO_F_VERSION_1 (1ULL << 32)

typedef struct VIRTIO_COMMON {
    ULONG DeviceFeatureSelect, DeviceFeature, DriverFeatureSelect, DriverFeature;
    USHORT MsixConfig, QueueCount;
    UCHAR DeviceStatus, ConfigGeneration;
    USHORT QueueSelect, QueueSize, QueueMsixVector, QueueEnable, QueueNotifyOffset;
    ULONG QueueDescriptor[2], QueueDriver[2], QueueDevice[2];
} VIRTIO_COMMON;
C_ASSERT(sizeof(VIRTIO_COMMON) == 56);

typedef struct VIRTIO_DEVICE {
    ULONG Slot;
    volatile VIRTIO_COMMON *Common;
    volatile UCHAR *Notify, *Config;
    ULONG NotifyMultiplier;
    KEVENT Event;               /* set by each interrupt of the device */
    KDPC Dpc;
} VIRTIO_DEVICE;

typedef struct VIRTQ_DESCRIPTOR {
    ULONG64 Address;
    ULONG Length;
    USHORT Flags, Next;
} VIRTQ_DESCRIPTOR;
typedef struct VIRTQ_USED {
    ULONG Id, Length;
} VIRTQ_USED;
#define VIRTQ_SIZE 128

/* The three rings, in one page. */
typedef struct VIRTQ_RINGS {
    VIRTQ_DESCRIPTOR Descriptor[VIRTQ_SIZE];
    USHORT AvailableFlags, AvailableIndex, Available[VIRTQ_SIZE], UsedEvent, Pad;
    USHORT UsedFlags, UsedIndex;
    VIRTQ_USED Used[VIRTQ_SIZE];
} VIRTQ_RINGS;
C_ASSERT(FIELD_OFFSET(VIRTQ_RINGS, AvailableFlags) == 2048 && FIELD_OFFSET(VIRTQ_RINGS, UsedFlags) % 4 == 0);
C_ASSERT(sizeof(VIRTQ_RINGS) <= PAGE_SIZE);

/* Descriptor n always stands for buffer n: no chains, no free list. */
typedef struct VIRTIO_QUEUE {
    VIRTIO_DEVICE *Device;
    volatile VIRTQ_RINGS *Rings;
    volatile USHORT *Doorbell;
    USHORT Index, LastUsed, Size;
    PUCHAR Buffers;
    ULONG64 BuffersPhysical;
    ULONG BufferCount, BufferSize;
} VIRTIO_QUEUE;

NTSTATUS VirtioFind(VIRTIO_DEVICE *d, USHORT legacyId, USHORT modernId);
/* Resets the device and accepts `features`, all of which it must offer. */
NTSTATUS VirtioNegotiate(VIRTIO_DEVICE *d, ULONG64 features);
NTSTATUS VirtioConnect(VIRTIO_DEVICE *d);
void VirtioReady(VIRTIO_DEVICE *d);
/* Both run between Negotiate and Ready. */
NTSTATUS VirtioCreateQueue(VIRTIO_DEVICE *d, VIRTIO_QUEUE *q, USHORT index);
NTSTATUS VirtioAddBuffers(VIRTIO_QUEUE *q, ULONG count, ULONG size);

/* Hands buffer n to the device: to be filled, or holding `length` bytes to send. */
void VirtioPost(VIRTIO_QUEUE *q, ULONG n, ULONG length, BOOLEAN fill);
void VirtioKick(VIRTIO_QUEUE *q);
/* The next buffer that the device is done with. */
BOOLEAN VirtioTake(VIRTIO_QUEUE *q, PULONG n, PULONG length);

/* Configuration space (pci.c). */
ULONG PciRead(ULONG slot, ULONG offset, ULONG size);
void PciWrite(ULONG slot, ULONG offset, ULONG size, ULONG value);
BOOLEAN PciFind(USHORT vendor, USHORT deviceA, USHORT deviceB, PULONG slot);
/* Offset of the next capability of this kind behind `after` (0: the first), or 0. */
ULONG PciCapability(ULONG slot, UCHAR id, ULONG after);
PVOID PciMap(ULONG slot, ULONG bar, ULONG offset, ULONG length);
