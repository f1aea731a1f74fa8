/* KDDEBUGGER_DATA64 (Microsoft's wdbgexts.h) and DUMP_HEADER64, both documented, fixed layouts. */
#pragma once
#include "ntdef.h"

typedef struct _KDDEBUGGER_DATA64 {
    LIST_ENTRY List;
    ULONG OwnerTag, Size;
    ULONG64 KernBase, BreakpointWithStatus, SavedContext;
    USHORT ThCallbackStack, NextCallback, FramePointer, PaeEnabled;
    ULONG64 KiCallUserMode, KeUserCallbackDispatcher, PsLoadedModuleList, PsActiveProcessHead, PspCidTable;
    ULONG64 ExpSystemResourcesList, ExpPagedPoolDescriptor, ExpNumberOfPagedPools, KeTimeIncrement;
    ULONG64 KeBugCheckCallbackListHead, KiBugcheckData, IopErrorLogListHead, ObpRootDirectoryObject;
    ULONG64 ObpTypeObjectType, MmSystemCacheStart, MmSystemCacheEnd, MmSystemCacheWs, MmPfnDatabase;
    ULONG64 MmSystemPtesStart, MmSystemPtesEnd, MmSubsectionBase, MmNumberOfPagingFiles;
    ULONG64 MmLowestPhysicalPage, MmHighestPhysicalPage, MmNumberOfPhysicalPages;
    ULONG64 MmMaximumNonPagedPoolInBytes, MmNonPagedSystemStart, MmNonPagedPoolStart, MmNonPagedPoolEnd;
    ULONG64 MmPagedPoolStart, MmPagedPoolEnd, MmPagedPoolInformation, MmPageSize, MmSizeOfPagedPoolInBytes;
    ULONG64 MmTotalCommitLimit, MmTotalCommittedPages, MmSharedCommit, MmDriverCommit, MmProcessCommit;
    ULONG64 MmPagedPoolCommit, MmExtendedCommit, MmZeroedPageListHead, MmFreePageListHead;
    ULONG64 MmStandbyPageListHead, MmModifiedPageListHead, MmModifiedNoWritePageListHead, MmAvailablePages;
    ULONG64 MmResidentAvailablePages, PoolTrackTable, NonPagedPoolDescriptor, MmHighestUserAddress;
    ULONG64 MmSystemRangeStart, MmUserProbeAddress, KdPrintCircularBuffer, KdPrintCircularBufferEnd;
    ULONG64 KdPrintWritePointer, KdPrintRolloverCount, MmLoadedUserImageList, NtBuildLab;
    ULONG64 KiNormalSystemCall, KiProcessorBlock, MmUnloadedDrivers, MmLastUnloadedDriver;
    ULONG64 MmTriageActionTaken, MmSpecialPoolTag, KernelVerifier, MmVerifierData, MmAllocatedNonPagedPool;
    ULONG64 MmPeakCommitment, MmTotalCommitLimitMaximum, CmNtCSDVersion, MmPhysicalMemoryBlock;
    ULONG64 MmSessionBase, MmSessionSize, MmSystemParentTablePage, MmVirtualTranslationBase;
    USHORT OffsetKThreadNextProcessor, OffsetKThreadTeb, OffsetKThreadKernelStack, OffsetKThreadInitialStack;
    USHORT OffsetKThreadApcProcess, OffsetKThreadState, OffsetKThreadBStore, OffsetKThreadBStoreLimit;
    USHORT SizeEProcess, OffsetEprocessPeb, OffsetEprocessParentCID, OffsetEprocessDirectoryTableBase;
    USHORT SizePrcb, OffsetPrcbDpcRoutine, OffsetPrcbCurrentThread, OffsetPrcbMhz, OffsetPrcbCpuType;
    USHORT OffsetPrcbVendorString, OffsetPrcbProcStateContext, OffsetPrcbNumber, SizeEThread;
    UCHAR L1tfHighPhysicalBitIndex, L1tfSwizzleBitIndex;
    ULONG Padding0;
    ULONG64 KdPrintCircularBufferPtr, KdPrintBufferSize, KeLoaderBlock;
    USHORT SizePcr, OffsetPcrSelfPcr, OffsetPcrCurrentPrcb, OffsetPcrContainedPrcb;
    USHORT OffsetPcrInitialBStore, OffsetPcrBStoreLimit, OffsetPcrInitialStack, OffsetPcrStackLimit;
    USHORT OffsetPrcbPcrPage, OffsetPrcbProcStateSpecialReg, GdtR0Code, GdtR0Data, GdtR0Pcr, GdtR3Code;
    USHORT GdtR3Data, GdtR3Teb, GdtLdt, GdtTss, Gdt64R3CmCode, Gdt64R3CmTeb;
    ULONG64 IopNumTriageDumpDataBlocks, IopTriageDumpDataBlocks, VfCrashDataBlock, MmBadPagesDetected;
    ULONG64 MmZeroedPageSingleBitErrorsDetected, EtwpDebuggerData;
    USHORT OffsetPrcbContext, OffsetPrcbMaxBreakpoints, OffsetPrcbMaxWatchpoints, Padding1;
    ULONG64 OffsetKThreadStackLimits[2];
} KDDEBUGGER_DATA64;
extern KDDEBUGGER_DATA64 KdDebuggerDataBlock;
_Static_assert(FIELD_OFFSET(KDDEBUGGER_DATA64, KiBugcheckData) == 0x88, "KiBugcheckData");
_Static_assert(FIELD_OFFSET(KDDEBUGGER_DATA64, MmPfnDatabase) == 0xC0, "MmPfnDatabase");
_Static_assert(FIELD_OFFSET(KDDEBUGGER_DATA64, KiProcessorBlock) == 0x218, "KiProcessorBlock");
_Static_assert(FIELD_OFFSET(KDDEBUGGER_DATA64, OffsetPrcbContext) == 0x338, "OffsetPrcbContext");

typedef struct _KD_PHYSICAL_RUN {
    ULONG64 BasePage, PageCount;
} KD_PHYSICAL_RUN;
typedef struct _KD_PHYSICAL_BLOCK {
    ULONG NumberOfRuns, Padding;
    ULONG64 NumberOfPages;
    KD_PHYSICAL_RUN Run[42];
} KD_PHYSICAL_BLOCK;

typedef struct _DUMP_HEADER64 {
    ULONG Signature, ValidDump, MajorVersion, MinorVersion;
    ULONG64 DirectoryTableBase, PfnDataBase, PsLoadedModuleList, PsActiveProcessHead;
    ULONG MachineImageType, NumberProcessors, BugCheckCode, Padding0;
    ULONG64 BugCheckParameters[4];
    CHAR VersionUser[32];
    ULONG64 KdDebuggerDataBlock;
    KD_PHYSICAL_BLOCK PhysicalMemoryBlock;
    UCHAR Padding1[0x348 - 0x88 - sizeof(KD_PHYSICAL_BLOCK)];
    UCHAR ContextRecord[3000];
    UCHAR Exception[152];
    ULONG DumpType, Padding2;
    ULONG64 RequiredDumpSpace, SystemTime;
    CHAR Comment[128];
    ULONG64 SystemUpTime;
    ULONG MiniDumpFields, SecondaryDataState, ProductType, SuiteMask, WriterStatus;
    UCHAR Unused[0x2000 - 0x104C];
} DUMP_HEADER64;
_Static_assert(FIELD_OFFSET(DUMP_HEADER64, ContextRecord) == 0x348, "ContextRecord");
_Static_assert(FIELD_OFFSET(DUMP_HEADER64, Exception) == 0xF00, "Exception");
_Static_assert(FIELD_OFFSET(DUMP_HEADER64, DumpType) == 0xF98, "DumpType");
_Static_assert(FIELD_OFFSET(DUMP_HEADER64, SystemUpTime) == 0x1030, "SystemUpTime");
_Static_assert(sizeof(DUMP_HEADER64) == 0x2000, "DUMP_HEADER64");
