/* QEMU's fw_cfg by DMA (QEMU docs/specs/fw_cfg). */
#include "loader.h"

#define SELECT_DIRECTORY 0x19
#define DMA_READ 2u
#define DMA_SELECT 8u
#define DMA_ERROR 1u

struct FwCfgDma {
    uint32_t control, length;
    uint64_t address;
};
struct FwCfgFile {
    uint32_t size;
    uint16_t select, reserved;
    char name[56];
};

static struct {
    uint32_t count;
    struct FwCfgFile files[64];
} Directory;

static void OutDword(uint16_t port, uint32_t v) { __asm__ volatile("outl %0, %1" ::"a"(v), "Nd"(port)); }

void FwCfgRead(int selector, void *to, uint32_t size)
{
    static volatile struct FwCfgDma dma __attribute__((aligned(8)));
    dma.control = __builtin_bswap32(((uint32_t)selector << 16) | DMA_SELECT | DMA_READ);
    dma.length = __builtin_bswap32(size);
    dma.address = __builtin_bswap64((uint64_t)(uintptr_t)to);
    uint64_t at = (uint64_t)(uintptr_t)&dma;
    OutDword(0x514, __builtin_bswap32((uint32_t)(at >> 32)));
    __asm__ volatile("" ::: "memory");
    OutDword(0x518, __builtin_bswap32((uint32_t)at));
    while (__builtin_bswap32(dma.control) & ~DMA_ERROR)
        ;
    if (dma.control) {
        Stop("fw_cfg transfer failed");
    }
}

void FwCfgInit(void)
{
    FwCfgRead(SELECT_DIRECTORY, &Directory, sizeof Directory);
    Directory.count = __builtin_bswap32(Directory.count);
    if (Directory.count > 64) {
        Directory.count = 64;
    }
}

static int Equal(const char *a, const char *b, int prefix)
{
    while (*a && *a == *b) {
        a++, b++;
    }
    return *a == *b || (prefix && !*a);
}

int FwCfgFind(const char *name, uint32_t *size)
{
    for (uint32_t i = 0; i < Directory.count; i++) {
        if (Equal(name, Directory.files[i].name, 0)) {
            *size = __builtin_bswap32(Directory.files[i].size);
            return __builtin_bswap16(Directory.files[i].select);
        }
    }
    return -1;
}

void FwCfgEach(const char *prefix, void (*each)(const char *, int, uint32_t))
{
    for (uint32_t i = 0; i < Directory.count; i++) {
        struct FwCfgFile *f = &Directory.files[i];
        if (Equal(prefix, f->name, 1)) {
            each(f->name, __builtin_bswap16(f->select), __builtin_bswap32(f->size));
        }
    }
}
