/* PCI configuration space, and what firmware would have done: addresses for the devices. */
#include "ntoskrnl.h"

enum { PCI_COMMAND = 4, PCI_CLASS = 0x08, PCI_HEADER_TYPE = 0x0E, PCI_BAR0 = 0x10 };
#define WINDOW_START 0xE0000000ULL           /* above RAM, below the APICs; 32-bit BARs */
#define WINDOW_END 0xFEB00000ULL
#define PORT_START 0xC000U

static KSPIN_LOCK HalpPciLock;

static USHORT HalpPciSelect(ULONG bus, ULONG slot, ULONG offset)
{
    OutDword(0xCF8, 0x80000000U | bus << 16 | slot << 8 | (offset & 0xFC));
    return (USHORT)(0xCFC + (offset & 3));
}

ULONG HalpReadPci(ULONG bus, ULONG slot, ULONG offset, ULONG size)
{
    KIRQL old = KfRaiseIrql(HIGH_LEVEL);
    KeAcquireSpinLockAtDpcLevel(&HalpPciLock);
    USHORT port = HalpPciSelect(bus, slot, offset);
    ULONG v = size == 1 ? InByte(port) : size == 2 ? InWord(port) : InDword(port);
    KeReleaseSpinLockFromDpcLevel(&HalpPciLock);
    KeLowerIrql(old);
    return v;
}

void HalpWritePci(ULONG bus, ULONG slot, ULONG offset, ULONG size, ULONG value)
{
    KIRQL old = KfRaiseIrql(HIGH_LEVEL);
    KeAcquireSpinLockAtDpcLevel(&HalpPciLock);
    USHORT port = HalpPciSelect(bus, slot, offset);
    if (size == 1) {
        OutByte(port, (UCHAR)value);
    } else if (size == 2) {
        OutWord(port, (USHORT)value);
    } else {
        OutDword(port, value);
    }
    KeReleaseSpinLockFromDpcLevel(&HalpPciLock);
    KeLowerIrql(old);
}

static void HalpAssignBars(ULONG slot, PULONG64 memory, PULONG ports)
{
    for (ULONG bar = 0; bar < 6; bar++) {
        ULONG at = PCI_BAR0 + bar * 4, was = HalpReadPci(0, slot, at, 4);
        HalpWritePci(0, slot, at, 4, ~0U);
        ULONG mask = HalpReadPci(0, slot, at, 4);
        if (mask == 0) {
            continue;
        }
        if (mask & 1) {
            ULONG size = ~(mask & ~3U) + 1 & 0xFFFF;
            *ports = (ULONG)ALIGN_UP(*ports, size);
            HalpWritePci(0, slot, at, 4, *ports);
            *ports += size;
            continue;
        }
        ULONG size = ~(mask & ~15U) + 1;
        BOOLEAN wide = (mask & 6) == 4;
        if (size == 0 || ALIGN_UP(*memory, size) + size > WINDOW_END) {
            HalpWritePci(0, slot, at, 4, was);  /* left as it was: the driver will see no address */
        } else {
            *memory = ALIGN_UP(*memory, size);
            HalpWritePci(0, slot, at, 4, (ULONG)*memory);
            *memory += size;
        }
        if (wide) {
            HalpWritePci(0, slot, at + 4, 4, 0);
            bar++;
        }
    }
    HalpWritePci(0, slot, PCI_COMMAND, 2, HalpReadPci(0, slot, PCI_COMMAND, 2) | 3);
}

/* Bus 0 only: the machine that the image describes has no bridges with devices behind them. */
void HalpAssignPciResources(void)
{
    ULONG64 memory = WINDOW_START;
    ULONG ports = PORT_START;
    for (ULONG device = 0; device < 32; device++) {
        ULONG functions = HalpReadPci(0, device * 8, PCI_HEADER_TYPE, 1) & 0x80 ? 8 : 1;
        for (ULONG f = 0; f < functions; f++) {
            ULONG slot = device * 8 + f;
            if ((HalpReadPci(0, slot, 0, 2) & 0xFFFF) == 0xFFFF) {
                continue;
            }
            /* ordinary devices; host and ISA bridges keep what they have */
            if ((HalpReadPci(0, slot, PCI_HEADER_TYPE, 1) & 0x7F) == 0 &&
                HalpReadPci(0, slot, PCI_CLASS, 4) >> 24 != 6) {
                HalpAssignBars(slot, &memory, &ports);
            }
        }
    }
}

static ULONG HalpBusData(ULONG type, ULONG bus, ULONG slot, PUCHAR buffer, ULONG offset, ULONG length, BOOLEAN write)
{
    ULONG at = (slot & 31) * 8 + (slot >> 5 & 7);   /* PCI_SLOT_NUMBER */
    if (type != 4 || offset + length > 256) {
        return 0;
    }
    for (ULONG i = 0; i < length;) {
        ULONG n = (offset + i) % 4 == 0 && length - i >= 4 ? 4 : (offset + i) % 2 == 0 && length - i >= 2 ? 2 : 1;
        ULONG v = 0;
        if (write) {
            memcpy(&v, buffer + i, n);
            HalpWritePci(bus, at, offset + i, n, v);
        } else {
            v = HalpReadPci(bus, at, offset + i, n);
            memcpy(buffer + i, &v, n);
        }
        i += n;
    }
    return length;
}

ULONG HalGetBusDataByOffset(ULONG type, ULONG bus, ULONG slot, PVOID buffer, ULONG offset, ULONG length)
{
    return HalpBusData(type, bus, slot, buffer, offset, length, FALSE);
}

ULONG HalSetBusDataByOffset(ULONG type, ULONG bus, ULONG slot, PVOID buffer, ULONG offset, ULONG length)
{
    return HalpBusData(type, bus, slot, buffer, offset, length, TRUE);
}
