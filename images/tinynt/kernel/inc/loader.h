/* What the loader hands to the kernel (all addresses are virtual, mapped, unless named physical). */
#pragma once
/* Shared by two compiler targets (ELF and PE): no NT types, whose long is 32 bits only in PE. */

#define LOADER_MAX_RUNS 32
#define LOADER_MAX_MODULES 24

typedef struct _LOADER_MODULE {
    char Name[56];          /* file name, for example ramdisk.sys */
    unsigned long long Physical;       /* the PE file as it was given, page aligned */
    unsigned long long Size;
} LOADER_MODULE;

typedef struct _LOADER_RUN {
    unsigned long long Base, Size;
} LOADER_RUN;

typedef struct _LOADER_BLOCK {
    unsigned long long Seed;                       /* of the kernel's random stream */
    unsigned long long KernelBase;                 /* the mapped, relocated ntoskrnl.exe */
    unsigned long long KernelSize;
    unsigned long long FirstFreePhysical;          /* everything below is in use or below 1 MiB */
    unsigned long long Pml4Physical;
    unsigned long long SelfMapIndex;               /* PML4 slot that maps the page tables */
    unsigned long long BootStackPhysical;
    unsigned int RunCount;
    LOADER_RUN Runs[LOADER_MAX_RUNS];   /* usable RAM from the firmware's memory map */
    unsigned int ModuleCount;
    LOADER_MODULE Modules[LOADER_MAX_MODULES];
} LOADER_BLOCK, *PLOADER_BLOCK;
