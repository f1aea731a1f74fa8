/* What the loader hands to the kernel (all addresses are virtual, mapped, unless named physical). */
#pragma once
#include "ntdef.h"

#define LOADER_MAX_RUNS 32
#define LOADER_MAX_MODULES 24

typedef struct _LOADER_MODULE {
    CHAR Name[56];          /* file name, for example ramdisk.sys */
    ULONG64 Physical;       /* the PE file as it was given, page aligned */
    ULONG64 Size;
} LOADER_MODULE;

typedef struct _LOADER_RUN { ULONG64 Base, Size; } LOADER_RUN;

typedef struct _LOADER_BLOCK {
    ULONG64 Seed;                       /* of the kernel's random stream */
    ULONG64 KernelBase;                 /* the mapped, relocated ntoskrnl.exe */
    ULONG64 KernelSize;
    ULONG64 FirstFreePhysical;          /* everything below is in use or below 1 MiB */
    ULONG64 Pml4Physical;
    ULONG64 SelfMapIndex;               /* PML4 slot that maps the page tables */
    ULONG64 BootStackPhysical;
    ULONG RunCount;
    LOADER_RUN Runs[LOADER_MAX_RUNS];   /* usable RAM from the firmware's memory map */
    ULONG ModuleCount;
    LOADER_MODULE Modules[LOADER_MAX_MODULES];
} LOADER_BLOCK, *PLOADER_BLOCK;
