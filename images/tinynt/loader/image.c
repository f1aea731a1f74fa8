/* Maps ntoskrnl.exe: sections, relocations, page protections. The file comes from this project's
   own build; the checks are for a truncated or foreign file. */
#include "loader.h"

struct Section {
    char name[8];
    uint32_t vsize, va, rawSize, raw, x[3], flags;
};

static uint32_t U32(const uint8_t *p) { return *(const uint32_t *)p; }

static const uint8_t *Header(const uint8_t *file, uint64_t size)
{
    if (size < 0x1000 || file[0] != 'M' || file[1] != 'Z' || U32(file + 0x3C) > size - 0x200) {
        Stop("the kernel is not a PE file");
    }
    const uint8_t *nt = file + U32(file + 0x3C);
    if (U32(nt) != 0x4550 || *(const uint16_t *)(nt + 4) != 0x8664) {
        Stop("the kernel is not a PE file for x86-64");
    }
    return nt;
}

uint64_t ImageSize(const void *file, uint64_t size) { return U32(Header(file, size) + 24 + 56); }

static void Relocate(uint8_t *image, uint32_t rva, uint32_t size, uint64_t delta)
{
    for (uint32_t at = 0; at + 8 <= size;) {
        uint32_t page = U32(image + rva + at), bytes = U32(image + rva + at + 4);
        if (bytes < 8) {
            break;
        }
        const uint16_t *entry = (const uint16_t *)(image + rva + at + 8);
        for (uint32_t i = 0; i < (bytes - 8) / 2; i++) {
            if (entry[i] >> 12 == 10) {
                *(uint64_t *)(image + page + (entry[i] & 0xFFF)) += delta;
            }
        }
        at += bytes;
    }
}

uint64_t MapKernel(const void *data, uint64_t size, uint64_t base, uint64_t *imageSize)
{
    const uint8_t *file = data, *nt = Header(file, size), *opt = nt + 24;
    uint64_t bytes = (U32(opt + 56) + PAGE - 1) & ~(PAGE - 1);
    uint32_t headers = U32(opt + 60);
    unsigned count = *(const uint16_t *)(nt + 6);
    const struct Section *s = (const void *)(opt + *(const uint16_t *)(nt + 20));
    uint8_t *image = AllocatePages(bytes);

    for (uint32_t i = 0; i < headers; i++) {
        image[i] = file[i];
    }
    for (uint64_t at = 0; at < bytes; at += PAGE) {
        MapPage(base + at, (uint64_t)(uintptr_t)image + at, 0x8000000000000061ULL);
    }
    for (unsigned i = 0; i < count; i++) {
        uint32_t n = s[i].rawSize < s[i].vsize ? s[i].rawSize : s[i].vsize;
        if ((uint64_t)s[i].raw + n > size || (uint64_t)s[i].va + s[i].vsize > bytes) {
            Stop("a section of the kernel lies outside its file");
        }
        for (uint32_t b = 0; b < n; b++) {
            image[s[i].va + b] = file[s[i].raw + b];
        }
        uint64_t flags = 0x61;                                  /* present, accessed, dirty */
        if (s[i].flags & 0x80000000u) {
            flags |= 2;
        }
        if (!(s[i].flags & 0x20000000u)) {
            flags |= 0x8000000000000000ULL;
        }
        for (uint64_t at = 0; at < s[i].vsize; at += PAGE) {
            MapPage(base + s[i].va + at, (uint64_t)(uintptr_t)image + s[i].va + at, flags);
        }
    }
    Relocate(image, U32(opt + 112 + 5 * 8), U32(opt + 112 + 5 * 8 + 4), base - *(const uint64_t *)(opt + 24));
    *(uint64_t *)(image + (opt - file) + 24) = base;            /* as the NT loader does */
    *imageSize = bytes;
    return base + U32(opt + 16);
}
