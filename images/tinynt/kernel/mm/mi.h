/* Private to Mm. */
#pragma once
#include "ntoskrnl.h"

#define PTE_VALID 1ULL
#define PTE_WRITE 2ULL
#define PTE_NOCACHE 0x18ULL
#define PTE_ACCESSED 0x20ULL
#define PTE_DIRTY 0x40ULL
#define PTE_NX 0x8000000000000000ULL
#define PTE_FRAME 0x000FFFFFFFFFF000ULL
/* Software format of a page that is out (_MMPTE_SOFTWARE): PageFileAllocated, protection, slot. */
#define PTE_SOFT_OUT 4ULL
#define PTE_SOFT_PROTECTION(p) ((ULONG64)(p) << 5)

static inline PULONG64 MiGetPteAddress(PCVOID va)
{
    return (PULONG64)(MmPteBase + (((ULONG64)va >> 9) & 0x7FFFFFFFF8ULL));
}
static inline PULONG64 MiGetPdeAddress(PCVOID va) { return MiGetPteAddress(MiGetPteAddress(va)); }
static inline PULONG64 MiGetPpeAddress(PCVOID va) { return MiGetPteAddress(MiGetPdeAddress(va)); }
static inline PULONG64 MiGetPxeAddress(PCVOID va) { return MiGetPteAddress(MiGetPpeAddress(va)); }

PFN_NUMBER MiAllocatePage(void);             /* 0 when memory is out; the content is undefined */
void MiFreePage(PFN_NUMBER page);
PFN_NUMBER MiAllocateContiguousPages(SIZE_T pages);     /* the first; 0 when there are none */
PMMPFN MiPfn(PFN_NUMBER page);
BOOLEAN MiMakePageTables(PCVOID va);         /* every level above the PTE */
ULONG64 MiProtectionBits(ULONG protection);
void MiInitializeAddressSpace(ULONG64 kernelEnd);
void MiInitializePfns(PLOADER_BLOCK loader);
void MiInitializeWorkingSet(void);
