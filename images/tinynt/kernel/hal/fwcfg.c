/* QEMU's fw_cfg (docs/specs/fw_cfg): small reads by port, writes by DMA. */
#include "ntoskrnl.h"

enum { SELECT_CPUS = 0x05, SELECT_DIRECTORY = 0x19 };

static void HalpFwCfgSelect(ULONG selector) { OutWord(0x510, (USHORT)selector); }

static void HalpFwCfgBytes(PVOID to, ULONG n)
{
    for (ULONG i = 0; i < n; i++) {
        ((PUCHAR)to)[i] = InByte(0x511);
    }
}

void HalpFwCfgRead(ULONG selector, PVOID to, ULONG size)
{
    HalpFwCfgSelect(selector);
    HalpFwCfgBytes(to, size);
}

ULONG HalpProcessorCount(void)
{
    USHORT count;
    HalpFwCfgSelect(SELECT_CPUS);
    HalpFwCfgBytes(&count, sizeof count);
    return count;
}

typedef struct _FWCFG_FILE {
    ULONG Size;
    USHORT Select, Reserved;
    CHAR Name[56];
} FWCFG_FILE;
typedef struct _FWCFG_DMA {
    ULONG Control, Length;
    ULONG64 Address;
} FWCFG_DMA;

LONG HalpFwCfgFind(PCSTR name, PULONG size)
{
    ULONG count;
    FWCFG_FILE file;
    HalpFwCfgSelect(SELECT_DIRECTORY);
    HalpFwCfgBytes(&count, sizeof count);
    count = __builtin_bswap32(count);
    for (ULONG i = 0; i < count && i < 256; i++) {
        HalpFwCfgBytes(&file, sizeof file);
        if (!strncmp(file.Name, name, sizeof file.Name)) {
            *size = __builtin_bswap32(file.Size);
            return __builtin_bswap16(file.Select);
        }
    }
    return -1;
}

BOOLEAN HalpFwCfgWrite(ULONG selector, ULONG64 physical, ULONG size)
{
    static volatile FWCFG_DMA dma __attribute__((aligned(16)));
    dma.Control = __builtin_bswap32(selector << 16 | 8 | 16);   /* select, write */
    dma.Length = __builtin_bswap32(size);
    dma.Address = __builtin_bswap64(physical);
    ULONG64 at = MmGetPhysicalAddress((PVOID)&dma);
    OutDword(0x514, __builtin_bswap32((ULONG)(at >> 32)));
    OutDword(0x518, __builtin_bswap32((ULONG)at));
    while (__builtin_bswap32(dma.Control) & ~1U) {
        PauseProcessor();
    }
    return dma.Control == 0;
}
