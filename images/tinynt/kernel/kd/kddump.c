/* Publishes what the host needs to write a Windows crash dump (QEMU's win-dmp, by vmcoreinfo), and
   fills the dump header at a stop. */
#include "ntoskrnl.h"
#include "kd.h"
#include "kddata.h"

KDDEBUGGER_DATA64 KdDebuggerDataBlock;
CHAR NtBuildLab[] = "19041.1.amd64fre.tinynt.000000-0000";
ULONG NtBuildNumber = 0xF0000000 | 19041;

ULONG CmNtCSDVersion;                        /* no service pack */
PVOID MmHighestUserAddress = (PVOID)0x7FFFFFFEFFFFULL, MmSystemRangeStart = (PVOID)0xFFFF800000000000ULL;
ULONG64 MmUserProbeAddress = 0x7FFFFFFF0000ULL;

/* What a debugger asks for first (DBGKD_GET_VERSION64 of the SDK's wdbgexts.h). */
struct _DBGKD_GET_VERSION64 {
    USHORT MajorVersion, MinorVersion;
    UCHAR ProtocolVersion, KdSecondaryVersion;
    USHORT Flags, MachineType;
    UCHAR MaxPacketType, MaxStateChange, MaxManipulate, Simulation;
    USHORT Unused;
    ULONG64 KernBase, PsLoadedModuleList, DebuggerDataList;
} KdVersionBlock;
_Static_assert(sizeof KdVersionBlock == 0x28, "DBGKD_GET_VERSION64");

/* An ELF note around the header, as docs/specs/vmcoreinfo and QEMU's win_dump.c expect. */
typedef struct _KD_NOTE {
    ULONG NameSize, DescriptionSize, Type;
    CHAR Name[12];
    DUMP_HEADER64 Header;
} __attribute__((packed)) KD_NOTE;
typedef struct _KD_VMCOREINFO {
    USHORT HostFormat, GuestFormat;
    ULONG Size;
    ULONG64 Address;
} __attribute__((packed)) KD_VMCOREINFO;

static KD_NOTE *KdpNote;
static KD_PHYSICAL_BLOCK *MmPhysicalMemoryBlock;

static void KdpFillDebuggerData(void)
{
    KDDEBUGGER_DATA64 *d = &KdDebuggerDataBlock;
    PKLDR_DATA_TABLE_ENTRY kernel =
        CONTAINING_RECORD(PsLoadedModuleList.Flink, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
    InitializeListHead(&d->List);
    d->OwnerTag = 0x4742444B;                /* KDBG */
    d->Size = sizeof *d;
    d->KernBase = (ULONG64)kernel->DllBase;
    d->PsLoadedModuleList = (ULONG64)&PsLoadedModuleList;
    d->PsActiveProcessHead = (ULONG64)&PsActiveProcessHead;
    d->PspCidTable = (ULONG64)&PspCidTable;
    d->ExpSystemResourcesList = (ULONG64)&ExpSystemResourcesList;
    static ULONG increment = KeMaximumIncrement;
    d->KeTimeIncrement = (ULONG64)&increment;
    d->KiBugcheckData = (ULONG64)KiBugcheckData;
    d->ObpRootDirectoryObject = (ULONG64)&ObpRootDirectoryObject;
    d->ObpTypeObjectType = (ULONG64)&ObpTypeObjectType;
    d->MmPfnDatabase = (ULONG64)&MmPfnDatabase;
    d->MmHighestPhysicalPage = (ULONG64)&MmHighestPhysicalPage;
    d->MmNumberOfPhysicalPages = (ULONG64)&MmNumberOfPhysicalPages;
    d->MmNonPagedPoolStart = (ULONG64)&MmNonPagedPoolStart;
    d->MmNonPagedPoolEnd = (ULONG64)&MmNonPagedPoolEnd;
    d->MmPagedPoolStart = (ULONG64)&MmPagedPoolStart;
    d->MmPagedPoolEnd = (ULONG64)&MmPagedPoolEnd;
    d->MmHighestUserAddress = (ULONG64)&MmHighestUserAddress;
    d->MmSystemRangeStart = (ULONG64)&MmSystemRangeStart;
    d->MmUserProbeAddress = (ULONG64)&MmUserProbeAddress;
    d->CmNtCSDVersion = (ULONG64)&CmNtCSDVersion;
    d->MmPageSize = PAGE_SIZE;
    d->NtBuildLab = (ULONG64)NtBuildLab;
    d->KiProcessorBlock = (ULONG64)KiProcessorBlock;
    d->MmUnloadedDrivers = (ULONG64)&MmUnloadedDrivers;
    d->MmLastUnloadedDriver = (ULONG64)&MmLastUnloadedDriver;
    d->OffsetKThreadNextProcessor = FIELD_OFFSET(KTHREAD, NextProcessor);
    d->OffsetKThreadTeb = FIELD_OFFSET(KTHREAD, Teb);
    d->OffsetKThreadKernelStack = FIELD_OFFSET(KTHREAD, KernelStack);
    d->OffsetKThreadInitialStack = FIELD_OFFSET(KTHREAD, InitialStack);
    d->OffsetKThreadApcProcess = FIELD_OFFSET(KTHREAD, ApcState.Process);
    d->OffsetKThreadState = FIELD_OFFSET(KTHREAD, State);
    d->SizeEProcess = sizeof(EPROCESS);
    d->OffsetEprocessPeb = FIELD_OFFSET(EPROCESS, Peb);
    d->OffsetEprocessParentCID = FIELD_OFFSET(EPROCESS, InheritedFromUniqueProcessId);
    d->OffsetEprocessDirectoryTableBase = FIELD_OFFSET(EPROCESS, Pcb.DirectoryTableBase);
    d->SizePrcb = sizeof(KPRCB);
    d->OffsetPrcbDpcRoutine = FIELD_OFFSET(KPRCB, DpcRoutineActive);
    d->OffsetPrcbCurrentThread = FIELD_OFFSET(KPRCB, CurrentThread);
    d->OffsetPrcbMhz = FIELD_OFFSET(KPRCB, MHz);
    d->OffsetPrcbCpuType = FIELD_OFFSET(KPRCB, CpuType);
    d->OffsetPrcbVendorString = FIELD_OFFSET(KPRCB, VendorString);
    d->OffsetPrcbProcStateContext = FIELD_OFFSET(KPRCB, ProcessorState.ContextFrame);
    d->OffsetPrcbNumber = FIELD_OFFSET(KPRCB, Number);
    d->SizeEThread = sizeof(ETHREAD);
    d->SizePcr = sizeof(KPCR);
    d->OffsetPcrSelfPcr = FIELD_OFFSET(KPCR, Self);
    d->OffsetPcrCurrentPrcb = FIELD_OFFSET(KPCR, CurrentPrcb);
    d->OffsetPcrContainedPrcb = FIELD_OFFSET(KPCR, Prcb);
    d->OffsetPrcbProcStateSpecialReg = FIELD_OFFSET(KPRCB, ProcessorState.SpecialRegisters);
    d->GdtR0Code = KGDT64_R0_CODE;
    d->GdtR0Data = KGDT64_R0_DATA;
    d->GdtTss = KGDT64_SYS_TSS;
    d->OffsetPrcbContext = FIELD_OFFSET(KPRCB, Context);

    KdVersionBlock.MajorVersion = 0xF;       /* free build */
    KdVersionBlock.MinorVersion = NtBuildNumber & 0xFFFF;
    KdVersionBlock.MachineType = 0x8664;
    KdVersionBlock.KernBase = d->KernBase;
    KdVersionBlock.PsLoadedModuleList = d->PsLoadedModuleList;
    KdVersionBlock.DebuggerDataList = (ULONG64)&d->List;
}

static void KdpFillHeader(DUMP_HEADER64 *h)
{
    /* 'PAGE' in every place that says nothing, as Windows leaves it */
    for (ULONG i = 0; i < sizeof *h / 4; i++) {
        ((ULONG *)h)[i] = 0x45474150;
    }
    h->ValidDump = 0x34365544;
    h->MajorVersion = 0xF;
    h->MinorVersion = NtBuildNumber & 0xFFFF;
    h->DirectoryTableBase = ReadCR3() & ~0xFFFULL;
    h->PfnDataBase = (ULONG64)&MmPfnDatabase;
    h->PsLoadedModuleList = (ULONG64)&PsLoadedModuleList;
    h->PsActiveProcessHead = (ULONG64)&PsActiveProcessHead;
    h->MachineImageType = 0x8664;
    h->BugCheckCode = 0;
    memset(h->BugCheckParameters, 0, sizeof h->BugCheckParameters);
    memset(h->VersionUser, 0, sizeof h->VersionUser);
    h->KdDebuggerDataBlock = (ULONG64)&KdDebuggerDataBlock;
    h->PhysicalMemoryBlock.NumberOfRuns = min(MmNumberOfPhysicalMemoryRuns, 42UL);
    h->PhysicalMemoryBlock.NumberOfPages = 0;
    for (ULONG i = 0; i < h->PhysicalMemoryBlock.NumberOfRuns; i++) {
        h->PhysicalMemoryBlock.Run[i].BasePage = MmPhysicalMemoryRuns[i].BasePage;
        h->PhysicalMemoryBlock.Run[i].PageCount = MmPhysicalMemoryRuns[i].PageCount;
        h->PhysicalMemoryBlock.NumberOfPages += MmPhysicalMemoryRuns[i].PageCount;
    }
    memset(h->ContextRecord, 0, sizeof h->ContextRecord);
    memset(h->Exception, 0, sizeof h->Exception);
    h->DumpType = 1;
    h->RequiredDumpSpace = (h->PhysicalMemoryBlock.NumberOfPages << PAGE_SHIFT) + sizeof *h;
    h->SystemTime = h->SystemUpTime = 0;
    memset(h->Comment, 0, sizeof h->Comment);
    _snprintf(h->Comment, sizeof h->Comment, "TinyNT");
    h->MiniDumpFields = h->SecondaryDataState = h->WriterStatus = 0;
    h->ProductType = 1;
    h->SuiteMask = 0x110;
}

/* The runs as Windows keeps them: a pointer to them, and the pointer's address in the data block. */
static void KdpDescribeMemory(void)
{
    SIZE_T runs = MmNumberOfPhysicalMemoryRuns;
    MmPhysicalMemoryBlock = ExAllocatePoolWithTag(
        NonPagedPool, FIELD_OFFSET(KD_PHYSICAL_BLOCK, Run) + runs * sizeof(KD_PHYSICAL_RUN), 'lBmM');
    if (MmPhysicalMemoryBlock == NULL) {
        return;                              /* a reader then finds no runs, as with any other lack */
    }
    MmPhysicalMemoryBlock->NumberOfRuns = (ULONG)runs;
    MmPhysicalMemoryBlock->NumberOfPages = 0;
    for (SIZE_T i = 0; i < runs; i++) {
        MmPhysicalMemoryBlock->Run[i].BasePage = MmPhysicalMemoryRuns[i].BasePage;
        MmPhysicalMemoryBlock->Run[i].PageCount = MmPhysicalMemoryRuns[i].PageCount;
        MmPhysicalMemoryBlock->NumberOfPages += MmPhysicalMemoryRuns[i].PageCount;
    }
    KdDebuggerDataBlock.MmPhysicalMemoryBlock = (ULONG64)&MmPhysicalMemoryBlock;
}

void KdInitSystem(void)
{
    ULONG size;
    KdpFillDebuggerData();
    KdpDescribeMemory();
    KdpBootedNodebug = HalpFwCfgFind("opt/tinynt/nodebug", &size) >= 0;
    KdEncodeDataBlock();
    KdpNote = MmAllocateContiguousMemory(sizeof *KdpNote, ~0ULL);
    PVOID page = MmAllocateContiguousMemory(sizeof(KD_VMCOREINFO), ~0ULL);
    if (KdpNote == NULL || page == NULL) {
        KeBugCheck(INSTALL_MORE_MEMORY);
    }
    KdpNote->NameSize = 11;
    KdpNote->DescriptionSize = sizeof KdpNote->Header;
    KdpNote->Type = 0;
    memcpy(KdpNote->Name, "VMCOREINFO\0", 12);
    KdpFillHeader(&KdpNote->Header);
    KdpNote->Header.NumberProcessors = (ULONG)KeNumberProcessors;
    LONG selector = HalpFwCfgFind("etc/vmcoreinfo", &size);
    if (selector < 0) {
        DbgPrint("no vmcoreinfo device: the host cannot write a Windows dump\r\n");
        return;
    }
    KD_VMCOREINFO *info = page;
    info->HostFormat = 1;
    info->GuestFormat = 1;                   /* ELF */
    info->Size = sizeof *KdpNote;
    info->Address = MmGetPhysicalAddress(KdpNote);
    if (!HalpFwCfgWrite((ULONG)selector, MmGetPhysicalAddress(info), sizeof *info)) {
        DbgPrint("vmcoreinfo was refused\r\n");
    }
}

void KdpFillDumpHeader(ULONG code, const ULONG64 p[4], PCONTEXT context)
{
    if (KdpNote == NULL) {
        return;                              /* too early in the boot for a dump */
    }
    DUMP_HEADER64 *h = &KdpNote->Header;
    LARGE_INTEGER now;
    KeQuerySystemTime(&now);
    h->BugCheckCode = code;
    memcpy(h->BugCheckParameters, p, sizeof h->BugCheckParameters);
    h->SystemTime = (ULONG64)now.QuadPart;
    h->SystemUpTime = KeQueryInterruptTime();
    memcpy(h->ContextRecord, context, sizeof *context);
    PEXCEPTION_RECORD record = (PEXCEPTION_RECORD)h->Exception;
    memset(record, 0, sizeof *record);
    record->ExceptionCode = STATUS_BREAKPOINT;
    record->ExceptionAddress = (PVOID)context->Rip;
}

void KdpAnnouncePanic(void) { HalpWritePvPanic(1); }
