/* PCI configuration space through the HAL, on bus 0: QEMU puts the device there. */
#include "virtio.h"

ULONG PciRead(ULONG slot, ULONG offset, ULONG size)
{
    ULONG value = 0;
    HalGetBusDataByOffset(PCIConfiguration, 0, slot, &value, offset, size);
    return value;
}

void PciWrite(ULONG slot, ULONG offset, ULONG size, ULONG value)
{
    HalSetBusDataByOffset(PCIConfiguration, 0, slot, &value, offset, size);
}

BOOLEAN PciFind(USHORT vendor, USHORT deviceA, USHORT deviceB, PULONG slot)
{
    for (ULONG device = 0; device < PCI_MAX_DEVICES; device++) {
        ULONG functions = 1;
        for (ULONG function = 0; function < functions; function++) {
            PCI_SLOT_NUMBER s = {0};
            s.u.bits.DeviceNumber = device;
            s.u.bits.FunctionNumber = function;
            ULONG id = PciRead(s.u.AsULONG, FIELD_OFFSET(PCI_COMMON_CONFIG, VendorID), 4);
            if ((id & 0xFFFF) == 0xFFFF || id == 0) {
                continue;
            }
            if ((id & 0xFFFF) == vendor && (id >> 16 == deviceA || id >> 16 == deviceB)) {
                *slot = s.u.AsULONG;
                return TRUE;
            }
            if (PciRead(s.u.AsULONG, FIELD_OFFSET(PCI_COMMON_CONFIG, HeaderType), 1) & PCI_MULTIFUNCTION) {
                functions = PCI_MAX_FUNCTION;
            }
        }
    }
    return FALSE;
}

ULONG PciCapability(ULONG slot, UCHAR id, ULONG after)
{
    ULONG at = PciRead(slot, after == 0 ? 0x34 : after + 1, 1) & 0xFC;
    /* At most as many capabilities as fit: a looped list ends. */
    for (ULONG i = 0; at != 0 && i < 48; i++) {
        if (PciRead(slot, at, 1) == id) {
            return at;
        }
        at = PciRead(slot, at + 1, 1) & 0xFC;
    }
    return 0;
}

PVOID PciMap(ULONG slot, ULONG bar, ULONG offset, ULONG length)
{
    if (bar > 5 || length == 0) {
        return NULL;
    }
    PHYSICAL_ADDRESS base;
    ULONG low = PciRead(slot, 0x10 + 4 * bar, 4);
    if ((low & 1) != 0) {
        return NULL;
    }
    base.QuadPart = low & ~15UL;
    if ((low & 6) == 4 && bar < 5) {
        base.HighPart = (LONG)PciRead(slot, 0x14 + 4 * bar, 4);
    }
    if (base.QuadPart == 0) {
        return NULL;
    }
    base.QuadPart += offset;
    return MmMapIoSpace(base, length, MmNonCached);
}
