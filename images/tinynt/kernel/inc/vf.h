/* Driver Verifier: what the loader, pool and I/O manager ask it. */
#pragma once
#include "ke.h"

/* VerifyDriverLevel, as on Windows. */
enum {
    DRIVER_VERIFIER_SPECIAL_POOLING = 0x1,
    DRIVER_VERIFIER_FORCE_IRQL_CHECKING = 0x2,
    DRIVER_VERIFIER_TRACK_POOL_ALLOCATIONS = 0x8,
    DRIVER_VERIFIER_IO_CHECKING = 0x10
};
#define LDRP_IMAGE_VERIFYING 0x02000000     /* _KLDR_DATA_TABLE_ENTRY.Flags */

/* Reads the settings from the registry and says whether they name this image. IRQL: PASSIVE_LEVEL. */
BOOLEAN VfIsDriverSuspect(PUNICODE_STRING baseName);
/* The routine that a verified driver gets for this import, or NULL. */
PVOID VfThunkFindExportAddress(PCSTR name);
void VfDriverLoadImage(PKLDR_DATA_TABLE_ENTRY module);
void VfDriverUnloadImage(PKLDR_DATA_TABLE_ENTRY module);
/* Pool that is freed, by whom ever; does nothing while no block is tracked. */
extern volatile LONG ViTrackedBlocks;
void VfFreePoolNotification(PVOID block);

/* Special pool. `type` decides whether the page may be paged out. NULL: use ordinary pool. */
PVOID MmAllocateSpecialPool(SIZE_T bytes, ULONG tag, POOL_TYPE type);
void MmFreeSpecialPool(PVOID block);
BOOLEAN MmIsSpecialPoolAddress(PCVOID va);
void MiInitializeSpecialPool(void);
/* The stop code (0xCC, 0xCD) of a fault at this special pool address, or 0. */
ULONG MiSpecialPoolFault(PCVOID va);
