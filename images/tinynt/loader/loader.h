/* The loader's own parts; what it hands over is in ../kernel/inc/loader.h. */
#pragma once
#include <stdint.h>
#include <stddef.h>

#define PAGE 4096ULL

extern char LoaderEnd[];        /* loader.ld: where the loader's memory ends */

_Noreturn void Stop(const char *why);
void Print(const char *text);

/* fwcfg.c */
void FwCfgInit(void);
int FwCfgFind(const char *name, uint32_t *size);        /* selector, or -1 */
void FwCfgRead(int selector, void *to, uint32_t size);
/* Calls `each` for every file whose name begins with `prefix`, in the directory's order. */
void FwCfgEach(const char *prefix, void (*each)(const char *name, int selector, uint32_t size));

/* memory.c: a bump allocator above the loader, and the kernel's page tables. */
void MemoryInit(void);
void *AllocatePages(uint64_t bytes);                    /* zeroed, physically contiguous */
uint64_t NextFree(void);
void MapPage(uint64_t va, uint64_t pa, uint64_t flags);
extern uint64_t *Pml4;

/* image.c: maps the kernel's PE file at `base`; returns its entry point. */
uint64_t MapKernel(const void *file, uint64_t size, uint64_t base, uint64_t *imageSize);
uint64_t ImageSize(const void *file, uint64_t size);
