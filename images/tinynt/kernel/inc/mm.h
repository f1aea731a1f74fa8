/* Memory manager: pages, mappings, pageable memory, images. */
#pragma once
#include "ntdef.h"

#define PAGE_SIZE 0x1000ULL
#define PAGE_SHIFT 12
#define BYTES_TO_PAGES(n) (((n) + PAGE_SIZE - 1) >> PAGE_SHIFT)

/* Page protections for mapping functions. */
enum { MM_READONLY = 0, MM_READWRITE = 1, MM_EXECUTE = 2, MM_NOCACHE = 4 };

void MmInitSystem(struct _LOADER_BLOCK *loader);
/* Contiguous kernel address space (system PTEs); does not map anything. */
PVOID MiReserveAddressSpace(SIZE_T pages);
PVOID MiReserveImageSpace(SIZE_T pages);
PVOID MmMapIoSpace(ULONG64 physical, SIZE_T bytes, ULONG cacheType);
void MmUnmapIoSpace(PVOID base, SIZE_T bytes);
/* Zeroed, non-pageable pages mapped at `va`. FALSE when memory is out. */
BOOLEAN MiCommitRange(PVOID va, SIZE_T pages, ULONG protection);
void MiDecommitRange(PVOID va, SIZE_T pages);
void MiProtectRange(PVOID va, SIZE_T pages, ULONG protection);
void MiFlushAll(void);                   /* every processor's TLB */
/* From now on the balance set manager may page this range out (resident now). */
void MiMakePageable(PVOID va, SIZE_T pages);
void MiEndPageable(PVOID va, SIZE_T pages);
PVOID MmAllocateContiguousMemory(SIZE_T bytes, ULONG64 highest);
ULONG64 MmGetPhysicalAddress(PVOID va);  /* LARGE_INTEGER by value on the driver's side */
BOOLEAN MmIsAddressValid(PVOID va);
/* The loaded module that an address lies in, or NULL. */
struct _KLDR_DATA_TABLE_ENTRY *MiLookupDataTableEntry(PCVOID address);
PUNICODE_STRING MmLocateUnloadedDriver(PVOID va);
PVOID MmAllocateKernelStack(void);       /* returns the stack's base (its high end) */
void MmFreeKernelStack(PVOID base);

/* Resolves a page fault: STATUS_SUCCESS, or why it could not be resolved. */
NTSTATUS MmAccessFault(ULONG64 errorCode, PVOID address, KPROCESSOR_MODE mode, PKTRAP_FRAME trap);
DECLSPEC_NORETURN void KeBalanceSetManager(PVOID context);
/* Pages out everything pageable that can be; returns the number of pages. */
ULONG MmTrimAllSystemPageableMemory(void);

/* Physical memory runs, for the dump header. */
typedef struct _MI_PHYSICAL_RUN {
    PFN_NUMBER BasePage, PageCount;
} MI_PHYSICAL_RUN;
extern MI_PHYSICAL_RUN MmPhysicalMemoryRuns[32];
extern ULONG MmNumberOfPhysicalMemoryRuns;
extern PMMPFN MmPfnDatabase;
extern ULONG64 MmNumberOfPhysicalPages, MmHighestPhysicalPage;
/* The two pools' address ranges (ex/pool.c). */
extern ULONG64 MmNonPagedPoolStart, MmNonPagedPoolEnd, MmPagedPoolStart, MmPagedPoolEnd;
extern ULONG64 MmPteBase;
extern ULONG64 MiRandom(void);           /* the boot's random stream */
