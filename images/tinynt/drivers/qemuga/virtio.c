/* Finding, resetting and starting a virtio device. */
#include "virtio.h"

enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_DEVICE = 4 };
enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8 };
#define PCI_CAPABILITY_VENDOR 9
#define PCI_CAPABILITY_MSIX 0x11

/* Maps one of the register blocks that the vendor capabilities describe. */
static volatile void *MapBlock(VIRTIO_DEVICE *d, UCHAR kind)
{
    for (ULONG at = PciCapability(d->Slot, PCI_CAPABILITY_VENDOR, 0); at != 0;
         at = PciCapability(d->Slot, PCI_CAPABILITY_VENDOR, at)) {
        if (PciRead(d->Slot, at + 3, 1) != kind) {
            continue;
        }
        if (kind == CAP_NOTIFY) {
            d->NotifyMultiplier = PciRead(d->Slot, at + 16, 4);
        }
        return PciMap(d->Slot, PciRead(d->Slot, at + 4, 1), PciRead(d->Slot, at + 8, 4), PciRead(d->Slot, at + 12, 4));
    }
    return NULL;
}

NTSTATUS VirtioFind(VIRTIO_DEVICE *d, USHORT legacyId, USHORT modernId)
{
    if (!PciFind(0x1AF4, legacyId, modernId, &d->Slot)) {
        return STATUS_NO_SUCH_DEVICE;
    }
    ULONG command = PciRead(d->Slot, 4, 2);
    PciWrite(d->Slot, 4, 2, command | PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER);
    d->Common = MapBlock(d, CAP_COMMON);
    d->Notify = MapBlock(d, CAP_NOTIFY);
    d->Config = MapBlock(d, CAP_DEVICE);
    return d->Common == NULL || d->Notify == NULL || d->Config == NULL ? STATUS_DEVICE_CONFIGURATION_ERROR
                                                                       : STATUS_SUCCESS;
}

NTSTATUS VirtioNegotiate(VIRTIO_DEVICE *d, ULONG64 features)
{
    volatile VIRTIO_COMMON *c = d->Common;
    c->DeviceStatus = 0;
    while (c->DeviceStatus != 0) {
        YieldProcessor();
    }
    c->DeviceStatus = STATUS_ACKNOWLEDGE;
    c->DeviceStatus |= STATUS_DRIVER;
    for (ULONG i = 0; i < 2; i++) {
        ULONG wanted = (ULONG)(features >> (32 * i));
        c->DeviceFeatureSelect = i;
        if ((c->DeviceFeature & wanted) != wanted) {
            return STATUS_NOT_SUPPORTED;
        }
        c->DriverFeatureSelect = i;
        c->DriverFeature = wanted;
    }
    c->DeviceStatus |= STATUS_FEATURES_OK;
    return c->DeviceStatus & STATUS_FEATURES_OK ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

static BOOLEAN DeviceInterrupt(ULONG vector, PVOID context)
{
    VIRTIO_DEVICE *d = context;
    KeInsertQueueDpc(&d->Dpc, NULL, NULL);
    return TRUE;
}

static KDEFERRED_ROUTINE DeviceDpc;
static void NTAPI DeviceDpc(PKDPC dpc, PVOID context, PVOID a, PVOID b)
{
    VIRTIO_DEVICE *d = context;
    KeSetEvent(&d->Event, IO_NO_INCREMENT, FALSE);
}

/* All queues share the first entry of the MSI-X table. */
NTSTATUS VirtioConnect(VIRTIO_DEVICE *d)
{
    ULONG64 address;
    ULONG data, at = PciCapability(d->Slot, PCI_CAPABILITY_MSIX, 0);
    KeInitializeEvent(&d->Event, SynchronizationEvent, FALSE);
    KeInitializeDpc(&d->Dpc, DeviceDpc, d);
    if (at == 0) {
        return STATUS_NOT_SUPPORTED;
    }
    ULONG table = PciRead(d->Slot, at + 4, 4);
    volatile ULONG *entry = PciMap(d->Slot, table & 7, table & ~7UL, 16);
    if (entry == NULL || !HalConnectMessage(DeviceInterrupt, d, &address, &data)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    entry[0] = (ULONG)address;
    entry[1] = (ULONG)(address >> 32);
    entry[2] = data;
    entry[3] = 0;               /* not masked */
    PciWrite(d->Slot, at + 2, 2, (PciRead(d->Slot, at + 2, 2) | 0x8000) & ~0x4000UL);
    return STATUS_SUCCESS;
}

void VirtioReady(VIRTIO_DEVICE *d) { d->Common->DeviceStatus |= STATUS_DRIVER_OK; }
