/* Takes the kernel and the in-box modules from fw_cfg, builds the address space, jumps. */
#include "loader.h"
#include "../kernel/inc/loader.h"

#define KUSER_SHARED_DATA_VA 0xFFFFF78000000000ULL

struct E820 {
    uint64_t base, size;
    uint32_t type;
} __attribute__((packed));

static LOADER_BLOCK *Block;

static void OutByte(uint16_t p, uint8_t v) { __asm__ volatile("outb %0, %1" ::"a"(v), "Nd"(p)); }
void Print(const char *text)
{
    while (*text) {
        OutByte(0x3F8, (uint8_t)*text++);
    }
}

void Stop(const char *why)
{
    Print("loader: ");
    Print(why);
    Print("\r\n");
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

static uint64_t Mix(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

/* The given seed, or the processor's random number, or at least the time. */
static uint64_t Seed(void)
{
    uint32_t size;
    char text[16];
    int f = FwCfgFind("opt/tinynt/seed", &size);
    if (f >= 0 && size >= 16) {
        uint64_t v = 0;
        FwCfgRead(f, text, 16);
        for (int i = 0; i < 16; i++) {
            int c = text[i] | 0x20;
            v = v << 4 | (uint64_t)((c >= 'a' ? c - 'a' + 10 : text[i] - '0') & 15);
        }
        return v;
    }
    uint32_t a = 1, b, c = 0, d, lo, hi;
    uint64_t random = 0;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (c & 1u << 30) {
        __asm__ volatile("rdrand %0" : "=r"(random));
    }
    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return random ^ ((uint64_t)hi << 32 | lo);
}

static void ReadMemoryMap(void)
{
    uint32_t size;
    int f = FwCfgFind("etc/e820", &size);
    if (f < 0) {
        Stop("no etc/e820");
    }
    struct E820 *map = AllocatePages(size);
    FwCfgRead(f, map, size);
    for (uint32_t i = 0; i < size / sizeof *map && Block->RunCount < LOADER_MAX_RUNS; i++) {
        if (map[i].type == 1) {
            LOADER_RUN *run = &Block->Runs[Block->RunCount++];
            run->Base = map[i].base;
            run->Size = map[i].size;
        }
    }
}

static void AddModule(const char *name, int selector, uint32_t size)
{
    if (Block->ModuleCount == LOADER_MAX_MODULES) {
        Stop("too many boot modules");
    }
    LOADER_MODULE *m = &Block->Modules[Block->ModuleCount++];
    const char *leaf = name + sizeof "opt/tinynt/boot/" - 1;
    for (unsigned i = 0; leaf[i] && i < sizeof m->Name - 1; i++) {
        m->Name[i] = leaf[i];
    }
    void *file = AllocatePages(size);
    FwCfgRead(selector, file, size);
    m->Physical = (uint64_t)(uintptr_t)file;
    m->Size = size;
}

static void SortModules(void)
{
    for (unsigned i = 1; i < Block->ModuleCount; i++) {
        for (unsigned j = i; j > 0; j--) {
            LOADER_MODULE *a = &Block->Modules[j - 1], *b = &Block->Modules[j], t;
            if (a->Name[0] < b->Name[0] || (a->Name[0] == b->Name[0] && a->Name[1] <= b->Name[1])) {
                break;
            }
            t = *a;
            *a = *b;
            *b = t;
        }
    }
}

void LoaderMain(void)
{
    uint32_t size;
    MemoryInit();
    /* QEMU's copy of our ELF header, with whatever stood behind it in QEMU's memory: no two runs
       have the same there. */
    for (uint64_t *p = (uint64_t *)0x1000; p < (uint64_t *)0x3000; p++) {
        *p = 0;
    }
    FwCfgInit();
    Block = AllocatePages(sizeof *Block);
    uint64_t random = Block->Seed = Seed();
    ReadMemoryMap();

    int f = FwCfgFind("opt/tinynt/kernel", &size);
    if (f < 0) {
        Stop("no opt/tinynt/kernel");
    }
    void *file = AllocatePages(size);
    FwCfgRead(f, file, size);
    FwCfgEach("opt/tinynt/boot/", AddModule);
    SortModules();

    /* As on Windows: somewhere in the first 32 GiB from 0xFFFFF80000000000, 2 MiB aligned. */
    Block->KernelBase = 0xFFFFF80000000000ULL + (0x400 + Mix(&random) % 0x2800) * 0x200000;
    uint64_t bytes, entry = MapKernel(file, size, Block->KernelBase, &bytes);
    Block->KernelSize = bytes;

    MapPage(KUSER_SHARED_DATA_VA, (uint64_t)(uintptr_t)AllocatePages(PAGE), 0x8000000000000063ULL);
    uint64_t *low = AllocatePages(PAGE), *pds = AllocatePages(4 * PAGE);
    for (unsigned i = 0; i < 4; i++) {
        low[i] = (uint64_t)(uintptr_t)(pds + i * 512) | 3;
    }
    for (uint64_t i = 0; i < 2048; i++) {
        pds[i] = i << 21 | 0x83;
    }
    Pml4[0] = (uint64_t)(uintptr_t)low | 3;
    /* Slots from 0x1F0 up hold the shared page, images and the HAL's window. */
    Block->SelfMapIndex = 0x110 + Mix(&random) % 0x60;
    Pml4[Block->SelfMapIndex] = (uint64_t)(uintptr_t)Pml4 | 0x8000000000000063ULL;
    Block->Pml4Physical = (uint64_t)(uintptr_t)Pml4;
    Block->FirstFreePhysical = NextFree();

    __asm__ volatile("mov %0, %%cr3" ::"r"(Pml4) : "memory");
    ((void(__attribute__((ms_abi)) *)(LOADER_BLOCK *))entry)(Block);
    Stop("the kernel returned");
}
