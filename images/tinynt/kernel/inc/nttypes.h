/* Written by tools/gen_types.py; do not edit.
   Layouts are those of the public symbols of Windows 10 build 19041 (ntkrnlmp). */
#pragma once
#pragma pack(push, 1)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wmicrosoft-enum-forward-reference"
#pragma clang diagnostic ignored "-Wdeprecated-non-prototype"

struct CMP_OFFSET_ARRAY;
struct _ACL;
struct _ACTIVATION_CONTEXT;
struct _AUTHZBASEP_CLAIM_ATTRIBUTES_COLLECTION;
struct _AUTHZBASEP_SECURITY_ATTRIBUTES_INFORMATION;
struct _CACHE_MANAGER_CALLBACKS;
struct _CACHE_UNINITIALIZE_EVENT;
struct _CC_PARTITION;
struct _CMP_VOLUME_CONTEXT;
struct _CMSI_PROCESS_TUPLE;
struct _CM_KEY_CONTROL_BLOCK;
struct _CM_KEY_HASH_TABLE_ENTRY;
struct _CM_KEY_SECURITY_CACHE_ENTRY;
struct _CM_NOTIFY_BLOCK;
struct _CM_RESOURCE_LIST;
struct _CM_RM;
struct _CM_WORKITEM;
struct _CONTEXT;
struct _DEVICE_CAPABILITIES;
struct _DEVICE_MAP;
struct _DEVICE_NODE;
struct _DEVICE_NODE_IOMMU_EXTENSION;
struct _DEVICE_OBJECT;
struct _DEVICE_OBJECT_POWER_EXTENSION;
struct _DEVICE_RELATIONS;
struct _DEVOBJ_EXTENSION;
struct _DISPATCHER_HEADER;
struct _DRIVER_EXTENSION;
struct _DRIVER_OBJECT;
struct _EJOB;
struct _EPROCESS;
struct _EPROCESS_QUOTA_BLOCK;
struct _ERESOURCE;
struct _ETHREAD;
struct _EWOW64PROCESS;
struct _EXCEPTION_RECORD;
struct _EXCEPTION_REGISTRATION_RECORD;
struct _FAST_IO_DISPATCH;
struct _FILE_GET_QUOTA_INFORMATION;
struct _FILE_OBJECT;
struct _FS_FILTER_CALLBACKS;
struct _GENERAL_LOOKASIDE;
struct _GUID;
struct _HANDLE_TABLE;
struct _HANDLE_TABLE_ENTRY_INFO;
struct _HANDLE_TRACE_DEBUG_INFO;
struct _HBASE_BLOCK;
struct _HHIVE;
struct _HIVE_WAIT_PACKET;
struct _HMAP_DIRECTORY;
struct _HMAP_TABLE;
struct _INTERFACE;
struct _INVERTED_FUNCTION_TABLE;
struct _IO_CLIENT_EXTENSION;
struct _IO_COMPLETION_CONTEXT;
struct _IO_RESOURCE_REQUIREMENTS_LIST;
struct _IO_SECURITY_CONTEXT;
struct _IO_STACK_LOCATION;
struct _IO_STATUS_BLOCK;
struct _IO_TIMER;
struct _IRP;
struct _KDPC;
struct _KEVENT;
struct _KLOCK_ENTRY;
struct _KNODE;
struct _KPCR;
struct _KPRCB;
struct _KPROCESS;
struct _KQUEUE;
struct _KSCB;
struct _KSCHEDULING_GROUP;
struct _KSHARED_READY_QUEUE;
struct _KSPIN_LOCK_QUEUE;
struct _KTHREAD;
struct _KTHREAD_COUNTERS;
struct _KTIMER;
struct _KTRAP_FRAME;
struct _KTSS64;
struct _KUMS_CONTEXT_HEADER;
struct _KWAIT_BLOCK;
struct _LDRP_LOAD_CONTEXT;
struct _LDR_DDAG_NODE;
struct _LIST_ENTRY;
struct _LOG_HANDLE_CONTEXT;
struct _MAILSLOT_CREATE_PARAMETERS;
struct _MBCB;
struct _MDL;
struct _MI_CONTROL_AREA_WAIT_BLOCK;
struct _MI_IMAGE_SECURITY_REFERENCE;
struct _MI_VAD_EVENT_BLOCK;
struct _MMEXTEND_INFO;
struct _MMPTE;
struct _MMVAD_SHORT;
struct _MM_SESSION_SPACE;
struct _NAMED_PIPE_CREATE_PARAMETERS;
struct _NON_PAGED_DEBUG_INFO;
struct _NT_TIB;
struct _OBJECT_CREATE_INFORMATION;
struct _OBJECT_DIRECTORY;
struct _OBJECT_DIRECTORY_ENTRY;
struct _OBJECT_HANDLE_COUNT_DATABASE;
struct _OWNER_ENTRY;
struct _PAGEFAULT_HISTORY;
struct _PEB;
struct _PENDING_RELATIONS_LIST_ENTRY;
struct _PNP_REBALANCE_TRACE_CONTEXT;
struct _POP_FX_DEVICE;
struct _POP_FX_PLUGIN;
struct _POWER_SEQUENCE;
struct _PO_DEVICE_NOTIFY;
struct _PO_DIAG_STACK_RECORD;
struct _PO_PROCESS_ENERGY_CONTEXT;
struct _PROCESSOR_PROFILE_CONTROL_AREA;
struct _PROCESS_DISK_COUNTERS;
struct _REQUEST_MAILBOX;
struct _RTL_BALANCED_LINKS;
struct _RTL_BALANCED_NODE;
struct _RTL_HASH_TABLE;
struct _SCSI_REQUEST_BLOCK;
struct _SECTION_OBJECT_POINTERS;
struct _SECURITY_QUALITY_OF_SERVICE;
struct _SEGMENT;
struct _SEP_CACHED_HANDLES_ENTRY;
struct _SEP_LOGON_SESSION_REFERENCES;
struct _SEP_LOWBOX_NUMBER_ENTRY;
struct _SEP_LUID_TO_INDEX_MAP_ENTRY;
struct _SEP_SID_VALUES_BLOCK;
struct _SEP_TOKEN_DIAG_TRACK_ENTRY;
struct _SHARED_CACHE_MAP;
struct _SID_AND_ATTRIBUTES;
struct _SINGLE_LIST_ENTRY;
struct _SUBSECTION;
struct _TERMINATION_PORT;
struct _THREAD_ENERGY_VALUES;
struct _TOKEN;
struct _TRIAGE_EX_WORK_QUEUE;
struct _TRIAGE_PNP_DEVICE_COMPLETION_QUEUE;
struct _UMS_CONTROL_BLOCK;
struct _UNICODE_STRING;
struct _VACB;
struct _VACB_ARRAY_HEADER;
struct _VOLUME_CACHE_MAP;
struct _VPB;
struct _XSAVE_AREA;
struct _XSAVE_AREA_HEADER;
struct _XSAVE_FORMAT;
struct _XSTATE_SAVE;
union _HANDLE_TABLE_ENTRY;
union _KGDTENTRY64;
union _KIDTENTRY64;
union _LARGE_INTEGER;

enum _KTHREAD_STATE { DeferredReady = 7, GateWaitObsolete = 8, Initialized = 0, Ready = 1, Running = 2, Standby = 3, Terminated = 4, Transition = 6, Waiting = 5, WaitingForProcessInSwap = 9 };

enum _KWAIT_REASON { DelayExecution = 4, Executive = 0, FreePage = 1, MaximumWaitReason = 40, PageIn = 2, PoolAllocation = 3, Suspended = 5, UserRequest = 6, WrAlertByThreadId = 37, WrCalloutStack = 25, WrCpuRateControl = 24, WrDeferredPreempt = 38, WrDelayExecution = 11, WrDispatchInt = 31, WrExecutive = 7, WrFastMutex = 34, WrFreePage = 8, WrGuardedMutex = 35, WrKernel = 26, WrKeyedEvent = 21, WrLpcReceive = 16, WrLpcReply = 17, WrMutex = 29, WrPageIn = 9, WrPageOut = 19, WrPhysicalFault = 39, WrPoolAllocation = 10, WrPreempted = 32, WrProcessInSwap = 23, WrPushLock = 28, WrQuantumEnd = 30, WrQueue = 15, WrRendezvous = 20, WrResource = 27, WrRundown = 36, WrSpare0 = 14, WrSuspended = 12, WrTerminated = 22, WrUserRequest = 13, WrVirtualMemory = 18, WrYieldExecution = 33 };

enum _EVENT_TYPE { NotificationEvent = 0, SynchronizationEvent = 1 };

enum _POOL_TYPE { DontUseThisType = 3, DontUseThisTypeSession = 35, MaxPoolType = 7, NonPagedPool = 0, NonPagedPoolBase = 0, NonPagedPoolBaseCacheAligned = 4, NonPagedPoolBaseCacheAlignedMustS = 6, NonPagedPoolBaseMustSucceed = 2, NonPagedPoolCacheAligned = 4, NonPagedPoolCacheAlignedMustS = 6, NonPagedPoolCacheAlignedMustSSession = 38, NonPagedPoolCacheAlignedSession = 36, NonPagedPoolExecute = 0, NonPagedPoolMustSucceed = 2, NonPagedPoolMustSucceedSession = 34, NonPagedPoolNx = 512, NonPagedPoolNxCacheAligned = 516, NonPagedPoolSession = 32, NonPagedPoolSessionNx = 544, PagedPool = 1, PagedPoolCacheAligned = 5, PagedPoolCacheAlignedSession = 37, PagedPoolSession = 33 };

enum _KOBJECTS { ApcObject = 18, DeviceQueueObject = 20, DpcObject = 19, EventNotificationObject = 0, EventSynchronizationObject = 1, GateObject = 7, InterruptObject = 22, MaximumKernelObject = 27, MutantObject = 2, PriQueueObject = 21, ProcessObject = 3, ProfileCallbackObject = 17, ProfileObject = 23, QueueObject = 4, SemaphoreObject = 5, Spare2Object = 10, Spare3Object = 11, Spare4Object = 12, Spare5Object = 13, Spare6Object = 14, Spare7Object = 15, Spare8Object = 16, ThreadObject = 6, ThreadedDpcObject = 26, Timer2NotificationObject = 24, Timer2SynchronizationObject = 25, TimerNotificationObject = 8, TimerSynchronizationObject = 9 };

enum _FILE_INFORMATION_CLASS { FileAccessInformation = 8, FileAlignmentInformation = 17, FileAllInformation = 18, FileAllocationInformation = 19, FileAlternateNameInformation = 21, FileAttributeTagInformation = 35, FileBasicInformation = 4, FileBothDirectoryInformation = 3, FileCaseSensitiveInformation = 71, FileCaseSensitiveInformationForceAccessCheck = 75, FileCompletionInformation = 30, FileCompressionInformation = 28, FileDesiredStorageClassInformation = 67, FileDirectoryInformation = 1, FileDispositionInformation = 13, FileDispositionInformationEx = 64, FileEaInformation = 7, FileEndOfFileInformation = 20, FileFullDirectoryInformation = 2, FileFullEaInformation = 15, FileHardLinkFullIdInformation = 62, FileHardLinkInformation = 46, FileIdBothDirectoryInformation = 37, FileIdExtdBothDirectoryInformation = 63, FileIdExtdDirectoryInformation = 60, FileIdFullDirectoryInformation = 38, FileIdGlobalTxDirectoryInformation = 50, FileIdInformation = 59, FileInternalInformation = 6, FileIoCompletionNotificationInformation = 41, FileIoPriorityHintInformation = 43, FileIoStatusBlockRangeInformation = 42, FileIsRemoteDeviceInformation = 51, FileLinkInformation = 11, FileLinkInformationBypassAccessCheck = 57, FileLinkInformationEx = 72, FileLinkInformationExBypassAccessCheck = 73, FileMailslotQueryInformation = 26, FileMailslotSetInformation = 27, FileMaximumInformation = 76, FileMemoryPartitionInformation = 69, FileModeInformation = 16, FileMoveClusterInformation = 31, FileNameInformation = 9, FileNamesInformation = 12, FileNetworkOpenInformation = 34, FileNetworkPhysicalNameInformation = 49, FileNormalizedNameInformation = 48, FileNumaNodeInformation = 53, FileObjectIdInformation = 29, FilePipeInformation = 23, FilePipeLocalInformation = 24, FilePipeRemoteInformation = 25, FilePositionInformation = 14, FileProcessIdsUsingFileInformation = 47, FileQuotaInformation = 32, FileRemoteProtocolInformation = 55, FileRenameInformation = 10, FileRenameInformationBypassAccessCheck = 56, FileRenameInformationEx = 65, FileRenameInformationExBypassAccessCheck = 66, FileReparsePointInformation = 33, FileReplaceCompletionInformation = 61, FileSfioReserveInformation = 44, FileSfioVolumeInformation = 45, FileShortNameInformation = 40, FileStandardInformation = 5, FileStandardLinkInformation = 54, FileStatInformation = 68, FileStatLxInformation = 70, FileStorageReserveIdInformation = 74, FileStreamInformation = 22, FileTrackingInformation = 36, FileUnusedInformation = 52, FileValidDataLengthInformation = 39, FileVolumeNameInformation = 58 };

enum _INTERFACE_TYPE { ACPIBus = 17, CBus = 9, Eisa = 2, InterfaceTypeUndefined = -1, Internal = 0, InternalPowerBus = 13, Isa = 1, MPIBus = 10, MPSABus = 11, MaximumInterfaceType = 18, MicroChannel = 3, NuBus = 7, PCIBus = 5, PCMCIABus = 8, PNPBus = 15, PNPISABus = 14, ProcessorInternal = 12, TurboChannel = 4, VMEBus = 6, Vmcs = 16 };

enum _DEVICE_POWER_STATE { PowerDeviceD0 = 1, PowerDeviceD1 = 2, PowerDeviceD2 = 3, PowerDeviceD3 = 4, PowerDeviceMaximum = 5, PowerDeviceUnspecified = 0 };

enum _SYSTEM_POWER_STATE { PowerSystemHibernate = 5, PowerSystemMaximum = 7, PowerSystemShutdown = 6, PowerSystemSleeping1 = 2, PowerSystemSleeping2 = 3, PowerSystemSleeping3 = 4, PowerSystemUnspecified = 0, PowerSystemWorking = 1 };

enum _DEVICE_RELATION_TYPE { BusRelations = 0, EjectionRelations = 1, PowerRelations = 2, RemovalRelations = 3, SingleBusRelations = 5, TargetDeviceRelation = 4, TransportRelations = 6 };

enum _PNP_DEVNODE_STATE { DeviceNodeAwaitingQueuedDeletion = 782, DeviceNodeAwaitingQueuedRemoval = 783, DeviceNodeDeletePendingCloses = 787, DeviceNodeDeleted = 788, DeviceNodeDriversAdded = 771, DeviceNodeEnumerateCompletion = 781, DeviceNodeEnumeratePending = 780, DeviceNodeInitialized = 770, DeviceNodeQueryRemoved = 784, DeviceNodeQueryStopped = 777, DeviceNodeRemovePendingCloses = 785, DeviceNodeRemoved = 786, DeviceNodeResourcesAssigned = 772, DeviceNodeRestartCompletion = 779, DeviceNodeStartCompletion = 774, DeviceNodeStartPending = 773, DeviceNodeStartPostWork = 775, DeviceNodeStarted = 776, DeviceNodeStopped = 778, DeviceNodeUninitialized = 769, DeviceNodeUnspecified = 768, MaxDeviceNodeState = 789 };

struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
};
_Static_assert(sizeof(struct _LIST_ENTRY) == 0x10, "_LIST_ENTRY");
_Static_assert(__builtin_offsetof(struct _LIST_ENTRY, Blink) == 0x8, "_LIST_ENTRY.Blink");

struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
};
_Static_assert(sizeof(struct _SINGLE_LIST_ENTRY) == 0x8, "_SINGLE_LIST_ENTRY");

struct __anonymous_10db {
    struct { unsigned long long Depth : 16; unsigned long long Sequence : 48; };
    struct { unsigned long long Reserved : 4; unsigned long long NextEntry : 60; };
};
_Static_assert(sizeof(struct __anonymous_10db) == 0x10, "__anonymous_10db");

union _SLIST_HEADER {
    struct __anonymous_10db HeaderX64;
    unsigned long long Alignment;
    struct { unsigned char Fill0_Region[8]; unsigned long long Region; };
};
_Static_assert(sizeof(union _SLIST_HEADER) == 0x10, "_SLIST_HEADER");
_Static_assert(__builtin_offsetof(union _SLIST_HEADER, Region) == 0x8, "_SLIST_HEADER.Region");

struct _UNICODE_STRING {
    unsigned short Length;
    unsigned short MaximumLength;
    unsigned char Reserved4[4];
    unsigned short *Buffer;
};
_Static_assert(sizeof(struct _UNICODE_STRING) == 0x10, "_UNICODE_STRING");
_Static_assert(__builtin_offsetof(struct _UNICODE_STRING, Buffer) == 0x8, "_UNICODE_STRING.Buffer");

struct _STRING {
    unsigned short Length;
    unsigned short MaximumLength;
    unsigned char Reserved4[4];
    char *Buffer;
};
_Static_assert(sizeof(struct _STRING) == 0x10, "_STRING");
_Static_assert(__builtin_offsetof(struct _STRING, Buffer) == 0x8, "_STRING.Buffer");

struct __anonymous_108e {
    unsigned long LowPart;
    long HighPart;
};
_Static_assert(sizeof(struct __anonymous_108e) == 0x8, "__anonymous_108e");
_Static_assert(__builtin_offsetof(struct __anonymous_108e, HighPart) == 0x4, "__anonymous_108e.HighPart");

union _LARGE_INTEGER {
    long long QuadPart;
    struct __anonymous_108e u;
    unsigned long LowPart;
    struct { unsigned char Fill0_HighPart[4]; long HighPart; };
};
_Static_assert(sizeof(union _LARGE_INTEGER) == 0x8, "_LARGE_INTEGER");
_Static_assert(__builtin_offsetof(union _LARGE_INTEGER, HighPart) == 0x4, "_LARGE_INTEGER.HighPart");

struct __anonymous_1093 {
    unsigned long LowPart;
    unsigned long HighPart;
};
_Static_assert(sizeof(struct __anonymous_1093) == 0x8, "__anonymous_1093");
_Static_assert(__builtin_offsetof(struct __anonymous_1093, HighPart) == 0x4, "__anonymous_1093.HighPart");

union _ULARGE_INTEGER {
    unsigned long long QuadPart;
    struct __anonymous_1093 u;
    unsigned long LowPart;
    struct { unsigned char Fill0_HighPart[4]; unsigned long HighPart; };
};
_Static_assert(sizeof(union _ULARGE_INTEGER) == 0x8, "_ULARGE_INTEGER");
_Static_assert(__builtin_offsetof(union _ULARGE_INTEGER, HighPart) == 0x4, "_ULARGE_INTEGER.HighPart");

struct _M128A {
    unsigned long long Low;
    long long High;
};
_Static_assert(sizeof(struct _M128A) == 0x10, "_M128A");
_Static_assert(__builtin_offsetof(struct _M128A, High) == 0x8, "_M128A.High");

struct _XSAVE_FORMAT {
    unsigned short ControlWord;
    unsigned short StatusWord;
    unsigned char TagWord;
    unsigned char Reserved1;
    unsigned short ErrorOpcode;
    unsigned long ErrorOffset;
    unsigned short ErrorSelector;
    unsigned short Reserved2;
    unsigned long DataOffset;
    unsigned short DataSelector;
    unsigned short Reserved3;
    unsigned long MxCsr;
    unsigned long MxCsr_Mask;
    struct _M128A FloatRegisters[8];
    struct _M128A XmmRegisters[16];
    unsigned char Reserved4[96];
};
_Static_assert(sizeof(struct _XSAVE_FORMAT) == 0x200, "_XSAVE_FORMAT");
_Static_assert(__builtin_offsetof(struct _XSAVE_FORMAT, Reserved4) == 0x1a0, "_XSAVE_FORMAT.Reserved4");

struct _CONTEXT {
    unsigned long long P1Home;
    unsigned long long P2Home;
    unsigned long long P3Home;
    unsigned long long P4Home;
    unsigned long long P5Home;
    unsigned long long P6Home;
    unsigned long ContextFlags;
    unsigned long MxCsr;
    unsigned short SegCs;
    unsigned short SegDs;
    unsigned short SegEs;
    unsigned short SegFs;
    unsigned short SegGs;
    unsigned short SegSs;
    unsigned long EFlags;
    unsigned long long Dr0;
    unsigned long long Dr1;
    unsigned long long Dr2;
    unsigned long long Dr3;
    unsigned long long Dr6;
    unsigned long long Dr7;
    unsigned long long Rax;
    unsigned long long Rcx;
    unsigned long long Rdx;
    unsigned long long Rbx;
    unsigned long long Rsp;
    unsigned long long Rbp;
    unsigned long long Rsi;
    unsigned long long Rdi;
    unsigned long long R8;
    unsigned long long R9;
    unsigned long long R10;
    unsigned long long R11;
    unsigned long long R12;
    unsigned long long R13;
    unsigned long long R14;
    unsigned long long R15;
    unsigned long long Rip;
    union {
        struct _XSAVE_FORMAT FltSave;
        struct _M128A Header[2];
        struct { unsigned char Fill100_Legacy[32]; struct _M128A Legacy[8]; };
        struct { unsigned char Fill100_Xmm0[160]; struct _M128A Xmm0; };
        struct { unsigned char Fill100_Xmm1[176]; struct _M128A Xmm1; };
        struct { unsigned char Fill100_Xmm2[192]; struct _M128A Xmm2; };
        struct { unsigned char Fill100_Xmm3[208]; struct _M128A Xmm3; };
        struct { unsigned char Fill100_Xmm4[224]; struct _M128A Xmm4; };
        struct { unsigned char Fill100_Xmm5[240]; struct _M128A Xmm5; };
        struct { unsigned char Fill100_Xmm6[256]; struct _M128A Xmm6; };
        struct { unsigned char Fill100_Xmm7[272]; struct _M128A Xmm7; };
        struct { unsigned char Fill100_Xmm8[288]; struct _M128A Xmm8; };
        struct { unsigned char Fill100_Xmm9[304]; struct _M128A Xmm9; };
        struct { unsigned char Fill100_Xmm10[320]; struct _M128A Xmm10; };
        struct { unsigned char Fill100_Xmm11[336]; struct _M128A Xmm11; };
        struct { unsigned char Fill100_Xmm12[352]; struct _M128A Xmm12; };
        struct { unsigned char Fill100_Xmm13[368]; struct _M128A Xmm13; };
        struct { unsigned char Fill100_Xmm14[384]; struct _M128A Xmm14; };
        struct { unsigned char Fill100_Xmm15[400]; struct _M128A Xmm15; };
    };
    struct _M128A VectorRegister[26];
    unsigned long long VectorControl;
    unsigned long long DebugControl;
    unsigned long long LastBranchToRip;
    unsigned long long LastBranchFromRip;
    unsigned long long LastExceptionToRip;
    unsigned long long LastExceptionFromRip;
};
_Static_assert(sizeof(struct _CONTEXT) == 0x4d0, "_CONTEXT");
_Static_assert(__builtin_offsetof(struct _CONTEXT, LastExceptionFromRip) == 0x4c8, "_CONTEXT.LastExceptionFromRip");

struct _KTRAP_FRAME {
    unsigned long long P1Home;
    unsigned long long P2Home;
    unsigned long long P3Home;
    unsigned long long P4Home;
    unsigned long long P5;
    union {
        unsigned char InterruptRetpolineState;
        char PreviousMode;
    };
    unsigned char PreviousIrql;
    union {
        unsigned char FaultIndicator;
        unsigned char NmiMsrIbrs;
    };
    unsigned char ExceptionActive;
    unsigned long MxCsr;
    unsigned long long Rax;
    unsigned long long Rcx;
    unsigned long long Rdx;
    unsigned long long R8;
    unsigned long long R9;
    unsigned long long R10;
    unsigned long long R11;
    union {
        unsigned long long GsBase;
        unsigned long long GsSwap;
    };
    struct _M128A Xmm0;
    struct _M128A Xmm1;
    struct _M128A Xmm2;
    struct _M128A Xmm3;
    struct _M128A Xmm4;
    struct _M128A Xmm5;
    union {
        unsigned long long ContextRecord;
        unsigned long long FaultAddress;
    };
    unsigned long long Dr0;
    unsigned long long Dr1;
    unsigned long long Dr2;
    unsigned long long Dr3;
    unsigned long long Dr6;
    unsigned long long Dr7;
    unsigned long long DebugControl;
    unsigned long long LastBranchToRip;
    unsigned long long LastBranchFromRip;
    unsigned long long LastExceptionToRip;
    unsigned long long LastExceptionFromRip;
    unsigned short SegDs;
    unsigned short SegEs;
    unsigned short SegFs;
    unsigned short SegGs;
    unsigned long long TrapFrame;
    unsigned long long Rbx;
    unsigned long long Rdi;
    unsigned long long Rsi;
    unsigned long long Rbp;
    union {
        unsigned long long ErrorCode;
        unsigned long long ExceptionFrame;
    };
    unsigned long long Rip;
    unsigned short SegCs;
    unsigned char Fill0;
    unsigned char Logging;
    unsigned short Fill1[2];
    unsigned long EFlags;
    unsigned long Fill2;
    unsigned long long Rsp;
    unsigned short SegSs;
    unsigned short Fill3;
    unsigned long Fill4;
};
_Static_assert(sizeof(struct _KTRAP_FRAME) == 0x190, "_KTRAP_FRAME");
_Static_assert(__builtin_offsetof(struct _KTRAP_FRAME, Fill4) == 0x18c, "_KTRAP_FRAME.Fill4");

struct _KEXCEPTION_FRAME {
    unsigned long long P1Home;
    unsigned long long P2Home;
    unsigned long long P3Home;
    unsigned long long P4Home;
    unsigned long long P5;
    unsigned long long Spare1;
    struct _M128A Xmm6;
    struct _M128A Xmm7;
    struct _M128A Xmm8;
    struct _M128A Xmm9;
    struct _M128A Xmm10;
    struct _M128A Xmm11;
    struct _M128A Xmm12;
    struct _M128A Xmm13;
    struct _M128A Xmm14;
    struct _M128A Xmm15;
    unsigned long long TrapFrame;
    unsigned long long OutputBuffer;
    unsigned long long OutputLength;
    unsigned long long Spare2;
    unsigned long long MxCsr;
    unsigned long long Rbp;
    unsigned long long Rbx;
    unsigned long long Rdi;
    unsigned long long Rsi;
    unsigned long long R12;
    unsigned long long R13;
    unsigned long long R14;
    unsigned long long R15;
    unsigned long long Return;
};
_Static_assert(sizeof(struct _KEXCEPTION_FRAME) == 0x140, "_KEXCEPTION_FRAME");
_Static_assert(__builtin_offsetof(struct _KEXCEPTION_FRAME, Return) == 0x138, "_KEXCEPTION_FRAME.Return");

struct _EXCEPTION_RECORD {
    long ExceptionCode;
    unsigned long ExceptionFlags;
    struct _EXCEPTION_RECORD *ExceptionRecord;
    void *ExceptionAddress;
    unsigned long NumberParameters;
    unsigned char Reserved1C[4];
    unsigned long long ExceptionInformation[15];
};
_Static_assert(sizeof(struct _EXCEPTION_RECORD) == 0x98, "_EXCEPTION_RECORD");
_Static_assert(__builtin_offsetof(struct _EXCEPTION_RECORD, ExceptionInformation) == 0x20, "_EXCEPTION_RECORD.ExceptionInformation");

struct _EXCEPTION_POINTERS {
    struct _EXCEPTION_RECORD *ExceptionRecord;
    struct _CONTEXT *ContextRecord;
};
_Static_assert(sizeof(struct _EXCEPTION_POINTERS) == 0x10, "_EXCEPTION_POINTERS");
_Static_assert(__builtin_offsetof(struct _EXCEPTION_POINTERS, ContextRecord) == 0x8, "_EXCEPTION_POINTERS.ContextRecord");

struct _KDESCRIPTOR {
    unsigned short Pad[3];
    unsigned short Limit;
    void *Base;
};
_Static_assert(sizeof(struct _KDESCRIPTOR) == 0x10, "_KDESCRIPTOR");
_Static_assert(__builtin_offsetof(struct _KDESCRIPTOR, Base) == 0x8, "_KDESCRIPTOR.Base");

struct _KSPECIAL_REGISTERS {
    unsigned long long Cr0;
    unsigned long long Cr2;
    unsigned long long Cr3;
    unsigned long long Cr4;
    unsigned long long KernelDr0;
    unsigned long long KernelDr1;
    unsigned long long KernelDr2;
    unsigned long long KernelDr3;
    unsigned long long KernelDr6;
    unsigned long long KernelDr7;
    struct _KDESCRIPTOR Gdtr;
    struct _KDESCRIPTOR Idtr;
    unsigned short Tr;
    unsigned short Ldtr;
    unsigned long MxCsr;
    unsigned long long DebugControl;
    unsigned long long LastBranchToRip;
    unsigned long long LastBranchFromRip;
    unsigned long long LastExceptionToRip;
    unsigned long long LastExceptionFromRip;
    unsigned long long Cr8;
    unsigned long long MsrGsBase;
    unsigned long long MsrGsSwap;
    unsigned long long MsrStar;
    unsigned long long MsrLStar;
    unsigned long long MsrCStar;
    unsigned long long MsrSyscallMask;
    unsigned long long Xcr0;
    unsigned long long MsrFsBase;
    unsigned long long SpecialPadding0;
};
_Static_assert(sizeof(struct _KSPECIAL_REGISTERS) == 0xf0, "_KSPECIAL_REGISTERS");
_Static_assert(__builtin_offsetof(struct _KSPECIAL_REGISTERS, SpecialPadding0) == 0xe8, "_KSPECIAL_REGISTERS.SpecialPadding0");

struct _KPROCESSOR_STATE {
    struct _KSPECIAL_REGISTERS SpecialRegisters;
    struct _CONTEXT ContextFrame;
};
_Static_assert(sizeof(struct _KPROCESSOR_STATE) == 0x5c0, "_KPROCESSOR_STATE");
_Static_assert(__builtin_offsetof(struct _KPROCESSOR_STATE, ContextFrame) == 0xf0, "_KPROCESSOR_STATE.ContextFrame");

struct _NT_TIB {
    struct _EXCEPTION_REGISTRATION_RECORD *ExceptionList;
    void *StackBase;
    void *StackLimit;
    void *SubSystemTib;
    union {
        void *FiberData;
        unsigned long Version;
    };
    void *ArbitraryUserPointer;
    struct _NT_TIB *Self;
};
_Static_assert(sizeof(struct _NT_TIB) == 0x38, "_NT_TIB");
_Static_assert(__builtin_offsetof(struct _NT_TIB, Self) == 0x30, "_NT_TIB.Self");

union _KPRCBFLAG {
    long PrcbFlags;
    struct { unsigned long BamQosLevel : 8; unsigned long PendingQosUpdate : 2; unsigned long CacheIsolationEnabled : 1; unsigned long TracepointActive : 1; unsigned long PrcbFlagsReserved : 20; };
};
_Static_assert(sizeof(union _KPRCBFLAG) == 0x4, "_KPRCBFLAG");

struct _KSPIN_LOCK_QUEUE {
    struct _KSPIN_LOCK_QUEUE *Next;
    unsigned long long *Lock;
};
_Static_assert(sizeof(struct _KSPIN_LOCK_QUEUE) == 0x10, "_KSPIN_LOCK_QUEUE");
_Static_assert(__builtin_offsetof(struct _KSPIN_LOCK_QUEUE, Lock) == 0x8, "_KSPIN_LOCK_QUEUE.Lock");

struct _PP_LOOKASIDE_LIST {
    struct _GENERAL_LOOKASIDE *P;
    struct _GENERAL_LOOKASIDE *L;
};
_Static_assert(sizeof(struct _PP_LOOKASIDE_LIST) == 0x10, "_PP_LOOKASIDE_LIST");
_Static_assert(__builtin_offsetof(struct _PP_LOOKASIDE_LIST, L) == 0x8, "_PP_LOOKASIDE_LIST.L");

struct _GENERAL_LOOKASIDE_POOL {
    union {
        union _SLIST_HEADER ListHead;
        struct _SINGLE_LIST_ENTRY SingleListHead;
    };
    unsigned short Depth;
    unsigned short MaximumDepth;
    unsigned long TotalAllocates;
    union {
        unsigned long AllocateHits;
        unsigned long AllocateMisses;
    };
    unsigned long TotalFrees;
    union {
        unsigned long FreeHits;
        unsigned long FreeMisses;
    };
    enum _POOL_TYPE Type;
    unsigned long Tag;
    unsigned long Size;
    union {
        void (*Allocate)();
        void (*AllocateEx)();
    };
    union {
        void (*Free)();
        void (*FreeEx)();
    };
    struct _LIST_ENTRY ListEntry;
    unsigned long LastTotalAllocates;
    union {
        unsigned long LastAllocateHits;
        unsigned long LastAllocateMisses;
    };
    unsigned long Future[2];
};
_Static_assert(sizeof(struct _GENERAL_LOOKASIDE_POOL) == 0x60, "_GENERAL_LOOKASIDE_POOL");
_Static_assert(__builtin_offsetof(struct _GENERAL_LOOKASIDE_POOL, Future) == 0x58, "_GENERAL_LOOKASIDE_POOL.Future");

struct _KAFFINITY_EX {
    unsigned short Count;
    unsigned short Size;
    unsigned long Reserved;
    unsigned long long Bitmap[20];
};
_Static_assert(sizeof(struct _KAFFINITY_EX) == 0xa8, "_KAFFINITY_EX");
_Static_assert(__builtin_offsetof(struct _KAFFINITY_EX, Bitmap) == 0x8, "_KAFFINITY_EX.Bitmap");

struct _KSTATIC_AFFINITY_BLOCK {
    union {
        struct _KAFFINITY_EX KeFlushTbAffinity;
        struct _KAFFINITY_EX KeFlushWbAffinity;
        struct _KAFFINITY_EX KeSyncContextAffinity;
    };
    struct _KAFFINITY_EX KeFlushTbDeepIdleAffinity;
    struct _KAFFINITY_EX KeIpiSendAffinity;
    struct _KAFFINITY_EX KeIpiSendIpiSet;
};
_Static_assert(sizeof(struct _KSTATIC_AFFINITY_BLOCK) == 0x2a0, "_KSTATIC_AFFINITY_BLOCK");
_Static_assert(__builtin_offsetof(struct _KSTATIC_AFFINITY_BLOCK, KeIpiSendIpiSet) == 0x1f8, "_KSTATIC_AFFINITY_BLOCK.KeIpiSendIpiSet");

struct _KDPC_LIST {
    struct _SINGLE_LIST_ENTRY ListHead;
    struct _SINGLE_LIST_ENTRY *LastEntry;
};
_Static_assert(sizeof(struct _KDPC_LIST) == 0x10, "_KDPC_LIST");
_Static_assert(__builtin_offsetof(struct _KDPC_LIST, LastEntry) == 0x8, "_KDPC_LIST.LastEntry");

struct _KDPC_DATA {
    struct _KDPC_LIST DpcList;
    unsigned long long DpcLock;
    long DpcQueueDepth;
    unsigned long DpcCount;
    struct _KDPC *ActiveDpc;
};
_Static_assert(sizeof(struct _KDPC_DATA) == 0x28, "_KDPC_DATA");
_Static_assert(__builtin_offsetof(struct _KDPC_DATA, ActiveDpc) == 0x20, "_KDPC_DATA.ActiveDpc");

struct _KTIMER_TABLE_ENTRY {
    unsigned long long Lock;
    struct _LIST_ENTRY Entry;
    union _ULARGE_INTEGER Time;
};
_Static_assert(sizeof(struct _KTIMER_TABLE_ENTRY) == 0x20, "_KTIMER_TABLE_ENTRY");
_Static_assert(__builtin_offsetof(struct _KTIMER_TABLE_ENTRY, Time) == 0x18, "_KTIMER_TABLE_ENTRY.Time");

struct _KTIMER_TABLE_STATE {
    unsigned long long LastTimerExpiration[2];
    unsigned long LastTimerHand[2];
};
_Static_assert(sizeof(struct _KTIMER_TABLE_STATE) == 0x18, "_KTIMER_TABLE_STATE");
_Static_assert(__builtin_offsetof(struct _KTIMER_TABLE_STATE, LastTimerHand) == 0x10, "_KTIMER_TABLE_STATE.LastTimerHand");

struct _KTIMER_TABLE {
    struct _KTIMER *TimerExpiry[64];
    struct _KTIMER_TABLE_ENTRY TimerEntries[2][256];
    struct _KTIMER_TABLE_STATE TableState;
};
_Static_assert(sizeof(struct _KTIMER_TABLE) == 0x4218, "_KTIMER_TABLE");
_Static_assert(__builtin_offsetof(struct _KTIMER_TABLE, TableState) == 0x4200, "_KTIMER_TABLE.TableState");

struct _DISPATCHER_HEADER {
    union {
        long Lock;
        long LockNV;
        unsigned char MutantType;
        unsigned char QueueType;
        unsigned char ThreadType;
        unsigned char Timer2Type;
        unsigned char TimerType;
        unsigned char Type;
        struct { unsigned char Fill0_MutantSize[1]; unsigned char MutantSize; };
        struct { unsigned char Fill0_QueueControlFlags[1]; unsigned char QueueControlFlags; };
        struct { unsigned char Fill0_Signalling[1]; unsigned char Signalling; };
        struct { unsigned char Fill0_ThreadReserved[1]; unsigned char ThreadReserved; };
        struct { unsigned char Fill0_Timer2Flags[1]; unsigned char Timer2Flags; };
        struct { unsigned char Fill0_TimerControlFlags[1]; unsigned char TimerControlFlags; };
        struct { unsigned char Fill0_DpcActive[2]; unsigned char DpcActive; };
        struct { unsigned char Fill0_Hand[2]; unsigned char Hand; };
        struct { unsigned char Fill0_QueueSize[2]; unsigned char QueueSize; };
        struct { unsigned char Fill0_Size[2]; unsigned char Size; };
        struct { unsigned char Fill0_ThreadControlFlags[2]; unsigned char ThreadControlFlags; };
        struct { unsigned char Fill0_Timer2ComponentId[2]; unsigned char Timer2ComponentId; };
        struct { unsigned char Fill0_DebugActive[3]; unsigned char DebugActive; };
        struct { unsigned char Fill0_MutantReserved[3]; unsigned char MutantReserved; };
        struct { unsigned char Fill0_QueueReserved[3]; unsigned char QueueReserved; };
        struct { unsigned char Fill0_Reserved1[3]; unsigned char Reserved1; };
        struct { unsigned char Fill0_Timer2RelativeId[3]; unsigned char Timer2RelativeId; };
        struct { unsigned char Fill0_TimerMiscFlags[3]; unsigned char TimerMiscFlags; };
        struct { unsigned char Fill0_Abandoned_26[1]; unsigned char Abandoned : 1; unsigned char DisableIncrement : 1; unsigned char EncodedTolerableDelay : 6; };
        struct { unsigned char Fill0_Absolute_27[1]; unsigned char Absolute : 1; unsigned char Timer2Expiring : 1; unsigned char QueueReservedControlFlags : 6; };
        struct { unsigned char Fill0_Timer2Inserted_28[1]; unsigned char Timer2Inserted : 1; unsigned char Wake : 1; unsigned char Timer2CancelPending : 1; unsigned char Timer2SetPending : 1; unsigned char Timer2Running : 1; unsigned char Timer2Disabled : 1; unsigned char Timer2ReservedFlags : 2; };
        struct { unsigned char Fill0_CycleProfiling_29[2]; unsigned char CycleProfiling : 1; unsigned char CounterProfiling : 1; unsigned char GroupScheduling : 1; unsigned char AffinitySet : 1; unsigned char Tagged : 1; unsigned char EnergyProfiling : 1; unsigned char SchedulerAssist : 1; unsigned char ThreadReservedControlFlags : 1; };
        struct { unsigned char Fill0_Index_30[3]; unsigned char Index : 6; unsigned char Inserted : 1; unsigned char Expired : 1; };
        struct { unsigned char Fill0_ActiveDR7_31[3]; unsigned char ActiveDR7 : 1; unsigned char Instrumented : 1; unsigned char Minimal : 1; unsigned char Reserved4 : 2; unsigned char AltSyscall : 1; unsigned char UmsScheduled : 1; unsigned char UmsPrimary : 1; };
    };
    long SignalState;
    struct _LIST_ENTRY WaitListHead;
};
_Static_assert(sizeof(struct _DISPATCHER_HEADER) == 0x18, "_DISPATCHER_HEADER");
_Static_assert(__builtin_offsetof(struct _DISPATCHER_HEADER, WaitListHead) == 0x8, "_DISPATCHER_HEADER.WaitListHead");

struct _KGATE {
    struct _DISPATCHER_HEADER Header;
};
_Static_assert(sizeof(struct _KGATE) == 0x18, "_KGATE");

struct _KDPC {
    union {
        unsigned long TargetInfoAsUlong;
        unsigned char Type;
        struct { unsigned char Fill0_Importance[1]; unsigned char Importance; };
        struct { unsigned char Fill0_Number[2]; unsigned short Number; };
    };
    unsigned char Reserved4[4];
    struct _SINGLE_LIST_ENTRY DpcListEntry;
    unsigned long long ProcessorHistory;
    void (*DeferredRoutine)();
    void *DeferredContext;
    void *SystemArgument1;
    void *SystemArgument2;
    void *DpcData;
};
_Static_assert(sizeof(struct _KDPC) == 0x40, "_KDPC");
_Static_assert(__builtin_offsetof(struct _KDPC, DpcData) == 0x38, "_KDPC.DpcData");

struct _RTL_RB_TREE {
    struct _RTL_BALANCED_NODE *Root;
    union {
        struct _RTL_BALANCED_NODE *Min;
        struct { unsigned char Encoded : 1; unsigned char : 7; };
    };
};
_Static_assert(sizeof(struct _RTL_RB_TREE) == 0x10, "_RTL_RB_TREE");
_Static_assert(__builtin_offsetof(struct _RTL_RB_TREE, Min) == 0x8, "_RTL_RB_TREE.Min");

struct _PROCESSOR_POWER_STATE { unsigned char Opaque[512]; };

struct _KTIMER {
    struct _DISPATCHER_HEADER Header;
    union _ULARGE_INTEGER DueTime;
    struct _LIST_ENTRY TimerListEntry;
    struct _KDPC *Dpc;
    unsigned short Processor;
    unsigned short TimerType;
    unsigned long Period;
};
_Static_assert(sizeof(struct _KTIMER) == 0x40, "_KTIMER");
_Static_assert(__builtin_offsetof(struct _KTIMER, Period) == 0x3c, "_KTIMER.Period");

enum _PROCESSOR_CACHE_TYPE { CacheData = 2, CacheInstruction = 1, CacheTrace = 3, CacheUnified = 0 };

struct _CACHE_DESCRIPTOR {
    unsigned char Level;
    unsigned char Associativity;
    unsigned short LineSize;
    unsigned long Size;
    enum _PROCESSOR_CACHE_TYPE Type;
};
_Static_assert(sizeof(struct _CACHE_DESCRIPTOR) == 0xc, "_CACHE_DESCRIPTOR");
_Static_assert(__builtin_offsetof(struct _CACHE_DESCRIPTOR, Type) == 0x8, "_CACHE_DESCRIPTOR.Type");

struct _SYNCH_COUNTERS { unsigned char Opaque[184]; };

struct _FILESYSTEM_DISK_COUNTERS { unsigned char Opaque[16]; };

struct _KENTROPY_TIMING_STATE { unsigned char Opaque[336]; };

struct __anonymous_1843 {
    unsigned long UpdateCycle;
    union {
        short PairLocal;
        unsigned char PairLocalLow;
        struct { unsigned char Fill4_PairLocalForceStibp_2[1]; unsigned char PairLocalForceStibp : 1; unsigned char Reserved : 4; unsigned char Frozen : 1; unsigned char ForceUntrusted : 1; unsigned char SynchIpi : 1; };
    };
    union {
        short PairRemote;
        unsigned char PairRemoteLow;
        struct { unsigned char Fill6_Reserved2[1]; unsigned char Reserved2; };
    };
    unsigned char Trace[24];
    unsigned long long LocalDomain;
    unsigned long long RemoteDomain;
    struct _KTHREAD *Thread;
};
_Static_assert(sizeof(struct __anonymous_1843) == 0x38, "__anonymous_1843");
_Static_assert(__builtin_offsetof(struct __anonymous_1843, Thread) == 0x30, "__anonymous_1843.Thread");

struct _IOP_IRP_STACK_PROFILER { unsigned char Opaque[84]; };

struct _KSECURE_FAULT_INFORMATION { unsigned char Opaque[16]; };

struct _KSHARED_READY_QUEUE { unsigned char Opaque[624]; };

struct _KTIMER_EXPIRATION_TRACE {
    unsigned long long InterruptTime;
    union _LARGE_INTEGER PerformanceCounter;
};
_Static_assert(sizeof(struct _KTIMER_EXPIRATION_TRACE) == 0x10, "_KTIMER_EXPIRATION_TRACE");
_Static_assert(__builtin_offsetof(struct _KTIMER_EXPIRATION_TRACE, PerformanceCounter) == 0x8, "_KTIMER_EXPIRATION_TRACE.PerformanceCounter");

struct _MACHINE_FRAME {
    unsigned long long Rip;
    unsigned short SegCs;
    unsigned short Fill1[3];
    unsigned long EFlags;
    unsigned long Fill2;
    unsigned long long Rsp;
    unsigned short SegSs;
    unsigned short Fill3[3];
};
_Static_assert(sizeof(struct _MACHINE_FRAME) == 0x28, "_MACHINE_FRAME");
_Static_assert(__builtin_offsetof(struct _MACHINE_FRAME, Fill3) == 0x22, "_MACHINE_FRAME.Fill3");

struct _MACHINE_CHECK_CONTEXT {
    struct _MACHINE_FRAME MachineFrame;
    unsigned long long Rax;
    unsigned long long Rcx;
    unsigned long long Rdx;
    unsigned long long GsBase;
    unsigned long long Cr3;
};
_Static_assert(sizeof(struct _MACHINE_CHECK_CONTEXT) == 0x50, "_MACHINE_CHECK_CONTEXT");
_Static_assert(__builtin_offsetof(struct _MACHINE_CHECK_CONTEXT, Cr3) == 0x48, "_MACHINE_CHECK_CONTEXT.Cr3");

struct _KLOCK_QUEUE_HANDLE {
    struct _KSPIN_LOCK_QUEUE LockQueue;
    unsigned char OldIrql;
    unsigned char Reserved11[7];
};
_Static_assert(sizeof(struct _KLOCK_QUEUE_HANDLE) == 0x18, "_KLOCK_QUEUE_HANDLE");
_Static_assert(__builtin_offsetof(struct _KLOCK_QUEUE_HANDLE, OldIrql) == 0x10, "_KLOCK_QUEUE_HANDLE.OldIrql");

struct _REQUEST_MAILBOX { unsigned char Opaque[64]; };

struct _KPRCB {
    unsigned long MxCsr;
    unsigned char LegacyNumber;
    unsigned char ReservedMustBeZero;
    unsigned char InterruptRequest;
    unsigned char IdleHalt;
    struct _KTHREAD *CurrentThread;
    struct _KTHREAD *NextThread;
    struct _KTHREAD *IdleThread;
    unsigned char NestingLevel;
    unsigned char ClockOwner;
    union {
        unsigned char PendingTickFlags;
        struct { unsigned char PendingTick : 1; unsigned char PendingBackupTick : 1; unsigned char : 6; };
    };
    unsigned char IdleState;
    unsigned long Number;
    unsigned long long RspBase;
    unsigned long long PrcbLock;
    char *PriorityState;
    char CpuType;
    char CpuID;
    union {
        unsigned short CpuStep;
        unsigned char CpuStepping;
        struct { unsigned char Fill42_CpuModel[1]; unsigned char CpuModel; };
    };
    unsigned long MHz;
    unsigned long long HalReserved[8];
    unsigned short MinorVersion;
    unsigned short MajorVersion;
    unsigned char BuildType;
    unsigned char CpuVendor;
    unsigned char CoresPerPhysicalProcessor;
    unsigned char LogicalProcessorsPerCore;
    unsigned long long TscFrequency;
    unsigned long long PrcbPad04[5];
    struct _KNODE *ParentNode;
    unsigned long long GroupSetMember;
    unsigned char Group;
    unsigned char GroupIndex;
    unsigned char PrcbPad05[2];
    unsigned long InitialApicId;
    unsigned long ScbOffset;
    unsigned long ApicMask;
    void *AcpiReserved;
    unsigned long CFlushSize;
    union _KPRCBFLAG PrcbFlags;
    union {
        unsigned long long PrcbPad11[2];
        unsigned long long TrappedSecurityDomain;
        struct { unsigned char FillF0_BpbState[8]; unsigned char BpbState; };
        struct { unsigned char FillF0_BpbFeatures[9]; unsigned char BpbFeatures; };
        struct { unsigned char FillF0_BpbCurrentSpecCtrl[10]; unsigned char BpbCurrentSpecCtrl; };
        struct { unsigned char FillF0_BpbKernelSpecCtrl[11]; unsigned char BpbKernelSpecCtrl; };
        struct { unsigned char FillF0_BpbNmiSpecCtrl[12]; unsigned char BpbNmiSpecCtrl; };
        struct { unsigned char FillF0_BpbUserSpecCtrl[13]; unsigned char BpbUserSpecCtrl; };
        struct { unsigned char FillF0_PairRegister[14]; short PairRegister; };
        struct { unsigned char FillF0_BpbCpuIdle_9[8]; unsigned char BpbCpuIdle : 1; unsigned char BpbFlushRsbOnTrap : 1; unsigned char BpbIbpbOnReturn : 1; unsigned char BpbIbpbOnTrap : 1; unsigned char BpbIbpbOnRetpolineExit : 1; unsigned char BpbStateReserved : 3; };
        struct { unsigned char FillF0_BpbClearOnIdle_10[9]; unsigned char BpbClearOnIdle : 1; unsigned char BpbEnabled : 1; unsigned char BpbSmep : 1; unsigned char BpbFeaturesReserved : 5; };
    };
    struct _KPROCESSOR_STATE ProcessorState;
    struct _XSAVE_AREA_HEADER *ExtendedSupervisorState;
    unsigned long ProcessorSignature;
    unsigned long ProcessorFlags;
    union {
        unsigned long long PrcbPad12a;
        unsigned char BpbRetpolineExitSpecCtrl;
        struct { unsigned char Fill6D0_BpbTrappedRetpolineExitSpecCtrl[1]; unsigned char BpbTrappedRetpolineExitSpecCtrl; };
        struct { unsigned char Fill6D0_BpbTrappedBpbState[2]; unsigned char BpbTrappedBpbState; };
        struct { unsigned char Fill6D0_BpbRetpolineState[3]; unsigned char BpbRetpolineState; };
        struct { unsigned char Fill6D0_PrcbPad12b[4]; unsigned long PrcbPad12b; };
        struct { unsigned char Fill6D0_BpbTrappedCpuIdle_6[2]; unsigned char BpbTrappedCpuIdle : 1; unsigned char BpbTrappedFlushRsbOnTrap : 1; unsigned char BpbTrappedIbpbOnReturn : 1; unsigned char BpbTrappedIbpbOnTrap : 1; unsigned char BpbTrappedIbpbOnRetpolineExit : 1; unsigned char BpbtrappedBpbStateReserved : 3; };
        struct { unsigned char Fill6D0_BpbRunningNonRetpolineCode_7[3]; unsigned char BpbRunningNonRetpolineCode : 1; unsigned char BpbIndirectCallsSafe : 1; unsigned char BpbRetpolineEnabled : 1; unsigned char BpbRetpolineStateReserved : 5; };
    };
    unsigned long long PrcbPad12[3];
    struct _KSPIN_LOCK_QUEUE LockQueue[17];
    struct _PP_LOOKASIDE_LIST PPLookasideList[16];
    struct _GENERAL_LOOKASIDE_POOL PPNxPagedLookasideList[32];
    struct _GENERAL_LOOKASIDE_POOL PPNPagedLookasideList[32];
    struct _GENERAL_LOOKASIDE_POOL PPPagedLookasideList[32];
    unsigned long long MsrIa32TsxCtrl;
    struct _SINGLE_LIST_ENTRY DeferredReadyListHead;
    long MmPageFaultCount;
    long MmCopyOnWriteCount;
    long MmTransitionCount;
    long MmDemandZeroCount;
    long MmPageReadCount;
    long MmPageReadIoCount;
    long MmDirtyPagesWriteCount;
    long MmDirtyWriteIoCount;
    long MmMappedPagesWriteCount;
    long MmMappedWriteIoCount;
    unsigned long KeSystemCalls;
    unsigned long KeContextSwitches;
    unsigned long PrcbPad40;
    unsigned long CcFastReadNoWait;
    unsigned long CcFastReadWait;
    unsigned long CcFastReadNotPossible;
    unsigned long CcCopyReadNoWait;
    unsigned long CcCopyReadWait;
    unsigned long CcCopyReadNoWaitMiss;
    long IoReadOperationCount;
    long IoWriteOperationCount;
    long IoOtherOperationCount;
    union _LARGE_INTEGER IoReadTransferCount;
    union _LARGE_INTEGER IoWriteTransferCount;
    union _LARGE_INTEGER IoOtherTransferCount;
    long PacketBarrier;
    long TargetCount;
    unsigned long IpiFrozen;
    unsigned long PrcbPad30;
    void *IsrDpcStats;
    unsigned long DeviceInterrupts;
    long LookasideIrpFloat;
    unsigned long InterruptLastCount;
    unsigned long InterruptRate;
    unsigned long long PrcbPad31;
    struct _KPRCB *PairPrcb;
    struct _KSTATIC_AFFINITY_BLOCK StaticAffinity;
    unsigned long long PrcbPad35[5];
    union _SLIST_HEADER InterruptObjectPool;
    struct _RTL_HASH_TABLE *DpcRuntimeHistoryHashTable;
    struct _KDPC *DpcRuntimeHistoryHashTableCleanupDpc;
    void (*CurrentDpcRoutine)();
    unsigned long long CurrentDpcRuntimeHistoryCached;
    unsigned long long CurrentDpcStartTime;
    unsigned long long PrcbPad41[1];
    struct _KDPC_DATA DpcData[2];
    void *DpcStack;
    long MaximumDpcQueueDepth;
    unsigned long DpcRequestRate;
    unsigned long MinimumDpcRate;
    unsigned long DpcLastCount;
    unsigned char ThreadDpcEnable;
    unsigned char QuantumEnd;
    unsigned char DpcRoutineActive;
    unsigned char IdleSchedule;
    union {
        short DpcRequestSlot[2];
        long DpcRequestSummary;
        short NormalDpcState;
        struct { unsigned char Fill312C_ThreadDpcState[2]; short ThreadDpcState; };
        struct { unsigned long DpcNormalProcessingActive : 1; unsigned long DpcNormalProcessingRequested : 1; unsigned long DpcNormalThreadSignal : 1; unsigned long DpcNormalTimerExpiration : 1; unsigned long DpcNormalDpcPresent : 1; unsigned long DpcNormalLocalInterrupt : 1; unsigned long DpcNormalSpare : 10; unsigned long DpcThreadActive : 1; unsigned long DpcThreadRequested : 1; unsigned long DpcThreadSpare : 14; };
    };
    unsigned long PrcbPad93;
    unsigned long LastTick;
    unsigned long ClockInterrupts;
    unsigned long ReadyScanTick;
    void *InterruptObject[256];
    struct _KTIMER_TABLE TimerTable;
    unsigned long PrcbPad92[10];
    struct _KGATE DpcGate;
    void *PrcbPad52;
    struct _KDPC CallDpc;
    long ClockKeepAlive;
    unsigned char PrcbPad60[2];
    union {
        unsigned short CombinedNmiMceActive;
        unsigned char NmiActive;
        struct { unsigned char Fill7BE6_MceActive[1]; unsigned char MceActive; };
    };
    long DpcWatchdogPeriod;
    long DpcWatchdogCount;
    long KeSpinLockOrdering;
    unsigned long DpcWatchdogProfileCumulativeDpcThreshold;
    void *CachedPtes;
    struct _LIST_ENTRY WaitListHead;
    unsigned long long WaitLock;
    unsigned long ReadySummary;
    long AffinitizedSelectionMask;
    unsigned long QueueIndex;
    unsigned long PrcbPad75[2];
    unsigned long DpcWatchdogSequenceNumber;
    struct _KDPC TimerExpirationDpc;
    struct _RTL_RB_TREE ScbQueue;
    struct _LIST_ENTRY DispatcherReadyListHead[32];
    unsigned long InterruptCount;
    unsigned long KernelTime;
    unsigned long UserTime;
    unsigned long DpcTime;
    unsigned long InterruptTime;
    unsigned long AdjustDpcThreshold;
    unsigned char DebuggerSavedIRQL;
    unsigned char GroupSchedulingOverQuota;
    unsigned char DeepSleep;
    unsigned char PrcbPad80;
    unsigned long DpcTimeCount;
    unsigned long DpcTimeLimit;
    unsigned long PeriodicCount;
    unsigned long PeriodicBias;
    unsigned long AvailableTime;
    unsigned long KeExceptionDispatchCount;
    unsigned long ReadyThreadCount;
    unsigned long long ReadyQueueExpectedRunTime;
    unsigned long long StartCycles;
    unsigned long long TaggedCyclesStart;
    unsigned long long TaggedCycles[3];
    unsigned long long AffinitizedCycles;
    unsigned long long ImportantCycles;
    unsigned long long UnimportantCycles;
    unsigned long DpcWatchdogProfileSingleDpcThreshold;
    long MmSpinLockOrdering;
    void *CachedStack;
    unsigned long PageColor;
    unsigned long NodeColor;
    unsigned long NodeShiftedColor;
    unsigned long SecondaryColorMask;
    unsigned char PrcbPad81[6];
    unsigned char ExceptionStackActive;
    unsigned char TbFlushListActive;
    void *ExceptionStack;
    unsigned long long PrcbPad82[1];
    unsigned long long CycleTime;
    unsigned long long Cycles[4][2];
    unsigned long CcFastMdlReadNoWait;
    unsigned long CcFastMdlReadWait;
    unsigned long CcFastMdlReadNotPossible;
    unsigned long CcMapDataNoWait;
    unsigned long CcMapDataWait;
    unsigned long CcPinMappedDataCount;
    unsigned long CcPinReadNoWait;
    unsigned long CcPinReadWait;
    unsigned long CcMdlReadNoWait;
    unsigned long CcMdlReadWait;
    unsigned long CcLazyWriteHotSpots;
    unsigned long CcLazyWriteIos;
    unsigned long CcLazyWritePages;
    unsigned long CcDataFlushes;
    unsigned long CcDataPages;
    unsigned long CcLostDelayedWrites;
    unsigned long CcFastReadResourceMiss;
    unsigned long CcCopyReadWaitMiss;
    unsigned long CcFastMdlReadResourceMiss;
    unsigned long CcMapDataNoWaitMiss;
    unsigned long CcMapDataWaitMiss;
    unsigned long CcPinReadNoWaitMiss;
    unsigned long CcPinReadWaitMiss;
    unsigned long CcMdlReadNoWaitMiss;
    unsigned long CcMdlReadWaitMiss;
    unsigned long CcReadAheadIos;
    long MmCacheTransitionCount;
    long MmCacheReadCount;
    long MmCacheIoCount;
    unsigned long PrcbPad91;
    void *MmInternal;
    struct _PROCESSOR_POWER_STATE PowerState;
    void *HyperPte;
    struct _LIST_ENTRY ScbList;
    struct _KDPC ForceIdleDpc;
    struct _KDPC DpcWatchdogDpc;
    struct _KTIMER DpcWatchdogTimer;
    struct _CACHE_DESCRIPTOR Cache[5];
    unsigned long CacheCount;
    unsigned long CachedCommit;
    unsigned long CachedResidentAvailable;
    void *WheaInfo;
    void *EtwSupport;
    void *ExSaPageArray;
    unsigned long KeAlignmentFixupCount;
    unsigned long PrcbPad95;
    union _SLIST_HEADER HypercallPageList;
    unsigned long long *StatisticsPage;
    unsigned long long GenerationTarget;
    unsigned long long PrcbPad85[4];
    void *HypercallCachedPages;
    void *VirtualApicAssist;
    struct _KAFFINITY_EX PackageProcessorSet;
    unsigned long PackageId;
    unsigned long PrcbPad86;
    unsigned long long SharedReadyQueueMask;
    struct _KSHARED_READY_QUEUE *SharedReadyQueue;
    unsigned long SharedQueueScanOwner;
    unsigned long ScanSiblingIndex;
    unsigned long long CoreProcessorSet;
    unsigned long long ScanSiblingMask;
    unsigned long long LLCMask;
    unsigned long long CacheProcessorMask[5];
    struct _PROCESSOR_PROFILE_CONTROL_AREA *ProcessorProfileControlArea;
    void *ProfileEventIndexAddress;
    void **DpcWatchdogProfile;
    void **DpcWatchdogProfileCurrentEmptyCapture;
    void *SchedulerAssist;
    struct _SYNCH_COUNTERS SynchCounters;
    unsigned long long PrcbPad94;
    struct _FILESYSTEM_DISK_COUNTERS FsCounters;
    unsigned char VendorString[13];
    unsigned char PrcbPad100[3];
    unsigned long long FeatureBits;
    union _LARGE_INTEGER UpdateSignature;
    unsigned long long PteBitCache;
    unsigned long PteBitOffset;
    unsigned long PrcbPad105;
    struct _CONTEXT *Context;
    unsigned long ContextFlagsInit;
    unsigned long PrcbPad115;
    struct _XSAVE_AREA *ExtendedState;
    void *IsrStack;
    struct _KENTROPY_TIMING_STATE EntropyTimingState;
    unsigned long long PrcbPad110;
    struct __anonymous_1843 StibpPairingTrace;
    struct _SINGLE_LIST_ENTRY AbSelfIoBoostsList;
    struct _SINGLE_LIST_ENTRY AbPropagateBoostsList;
    struct _KDPC AbDpc;
    struct _IOP_IRP_STACK_PROFILER IoIrpStackProfilerCurrent;
    struct _IOP_IRP_STACK_PROFILER IoIrpStackProfilerPrevious;
    struct _KSECURE_FAULT_INFORMATION SecureFault;
    unsigned long long PrcbPad120;
    struct _KSHARED_READY_QUEUE LocalSharedReadyQueue;
    unsigned long long PrcbPad125[2];
    unsigned long TimerExpirationTraceCount;
    unsigned long PrcbPad127;
    struct _KTIMER_EXPIRATION_TRACE TimerExpirationTrace[16];
    unsigned long long PrcbPad128[7];
    struct _REQUEST_MAILBOX *Mailbox;
    unsigned long long PrcbPad130[7];
    struct _MACHINE_CHECK_CONTEXT McheckContext[2];
    unsigned long long PrcbPad134[4];
    struct _KLOCK_QUEUE_HANDLE SelfmapLockHandle[4];
    unsigned long long PrcbPad134a[4];
    unsigned char PrcbPad138[128];
    unsigned char PrcbPad138a[64];
    unsigned long long KernelDirectoryTableBase;
    unsigned long long RspBaseShadow;
    unsigned long long UserRspShadow;
    unsigned long ShadowFlags;
    unsigned long PrcbPad138b;
    unsigned long long PrcbPad138c;
    unsigned short PrcbPad138d;
    unsigned short VerwSelector;
    unsigned long DbgMceNestingLevel;
    unsigned long DbgMceFlags;
    unsigned long PrcbPad139b;
    unsigned long long PrcbPad140[505];
    unsigned long long PrcbPad140a[8];
    unsigned long long PrcbPad141[504];
    unsigned char PrcbPad141a[64];
    struct _REQUEST_MAILBOX RequestMailbox[1];
};
_Static_assert(sizeof(struct _KPRCB) == 0xaf00, "_KPRCB");
_Static_assert(__builtin_offsetof(struct _KPRCB, RequestMailbox) == 0xaec0, "_KPRCB.RequestMailbox");

struct _KPCR {
    union {
        struct _NT_TIB NtTib;
        union _KGDTENTRY64 *GdtBase;
        struct { unsigned char Fill0_TssBase[8]; struct _KTSS64 *TssBase; };
        struct { unsigned char Fill0_UserRsp[16]; unsigned long long UserRsp; };
        struct { unsigned char Fill0_Self[24]; struct _KPCR *Self; };
        struct { unsigned char Fill0_CurrentPrcb[32]; struct _KPRCB *CurrentPrcb; };
        struct { unsigned char Fill0_LockArray[40]; struct _KSPIN_LOCK_QUEUE *LockArray; };
        struct { unsigned char Fill0_Used_Self[48]; void *Used_Self; };
    };
    union _KIDTENTRY64 *IdtBase;
    unsigned long long Unused[2];
    unsigned char Irql;
    unsigned char SecondLevelCacheAssociativity;
    unsigned char ObsoleteNumber;
    unsigned char Fill0;
    unsigned long Unused0[3];
    unsigned short MajorVersion;
    unsigned short MinorVersion;
    unsigned long StallScaleFactor;
    void *Unused1[3];
    unsigned long KernelReserved[15];
    unsigned long SecondLevelCacheSize;
    unsigned long HalReserved[16];
    unsigned long Unused2;
    unsigned char Reserved104[4];
    void *KdVersionBlock;
    void *Unused3;
    unsigned long PcrAlign1[24];
    unsigned char Reserved178[8];
    struct _KPRCB Prcb;
};
_Static_assert(sizeof(struct _KPCR) == 0xb080, "_KPCR");
_Static_assert(__builtin_offsetof(struct _KPCR, Prcb) == 0x180, "_KPCR.Prcb");

union _KIDTENTRY64 {
    unsigned long long Alignment;
    unsigned short OffsetLow;
    struct { unsigned char Fill0_Selector[2]; unsigned short Selector; };
    struct { unsigned char Fill0_OffsetMiddle[6]; unsigned short OffsetMiddle; };
    struct { unsigned char Fill0_OffsetHigh[8]; unsigned long OffsetHigh; };
    struct { unsigned char Fill0_Reserved1[12]; unsigned long Reserved1; };
    struct { unsigned char Fill0_IstIndex_6[4]; unsigned short IstIndex : 3; unsigned short Reserved0 : 5; unsigned short Type : 5; unsigned short Dpl : 2; unsigned short Present : 1; };
};
_Static_assert(sizeof(union _KIDTENTRY64) == 0x10, "_KIDTENTRY64");
_Static_assert(__builtin_offsetof(union _KIDTENTRY64, Reserved1) == 0xc, "_KIDTENTRY64.Reserved1");

struct __anonymous_13c0 {
    struct { unsigned long BaseMiddle : 8; unsigned long Type : 5; unsigned long Dpl : 2; unsigned long Present : 1; unsigned long LimitHigh : 4; unsigned long System : 1; unsigned long LongMode : 1; unsigned long DefaultBig : 1; unsigned long Granularity : 1; unsigned long BaseHigh : 8; };
};
_Static_assert(sizeof(struct __anonymous_13c0) == 0x4, "__anonymous_13c0");

struct __anonymous_13b8 {
    unsigned char BaseMiddle;
    unsigned char Flags1;
    unsigned char Flags2;
    unsigned char BaseHigh;
};
_Static_assert(sizeof(struct __anonymous_13b8) == 0x4, "__anonymous_13b8");
_Static_assert(__builtin_offsetof(struct __anonymous_13b8, BaseHigh) == 0x3, "__anonymous_13b8.BaseHigh");

union _KGDTENTRY64 {
    long long DataLow;
    unsigned short LimitLow;
    struct { unsigned char Fill0_BaseLow[2]; unsigned short BaseLow; };
    struct { unsigned char Fill0_Bits[4]; struct __anonymous_13c0 Bits; };
    struct { unsigned char Fill0_Bytes[4]; struct __anonymous_13b8 Bytes; };
    struct { unsigned char Fill0_DataHigh[8]; long long DataHigh; };
    struct { unsigned char Fill0_BaseUpper[8]; unsigned long BaseUpper; };
    struct { unsigned char Fill0_MustBeZero[12]; unsigned long MustBeZero; };
};
_Static_assert(sizeof(union _KGDTENTRY64) == 0x10, "_KGDTENTRY64");
_Static_assert(__builtin_offsetof(union _KGDTENTRY64, MustBeZero) == 0xc, "_KGDTENTRY64.MustBeZero");

struct _KTSS64 {
    unsigned long Reserved0;
    unsigned long long Rsp0;
    unsigned long long Rsp1;
    unsigned long long Rsp2;
    unsigned long long Ist[8];
    unsigned long long Reserved1;
    unsigned short Reserved2;
    unsigned short IoMapBase;
};
_Static_assert(sizeof(struct _KTSS64) == 0x68, "_KTSS64");
_Static_assert(__builtin_offsetof(struct _KTSS64, IoMapBase) == 0x66, "_KTSS64.IoMapBase");

struct _KSYSTEM_TIME {
    unsigned long LowPart;
    long High1Time;
    long High2Time;
};
_Static_assert(sizeof(struct _KSYSTEM_TIME) == 0xc, "_KSYSTEM_TIME");
_Static_assert(__builtin_offsetof(struct _KSYSTEM_TIME, High2Time) == 0x8, "_KSYSTEM_TIME.High2Time");

enum _NT_PRODUCT_TYPE { NtProductLanManNt = 2, NtProductServer = 3, NtProductWinNt = 1 };

enum _ALTERNATIVE_ARCHITECTURE_TYPE { EndAlternatives = 2, NEC98x86 = 1, StandardDesign = 0 };

struct _XSTATE_FEATURE {
    unsigned long Offset;
    unsigned long Size;
};
_Static_assert(sizeof(struct _XSTATE_FEATURE) == 0x8, "_XSTATE_FEATURE");
_Static_assert(__builtin_offsetof(struct _XSTATE_FEATURE, Size) == 0x4, "_XSTATE_FEATURE.Size");

struct _XSTATE_CONFIGURATION {
    unsigned long long EnabledFeatures;
    unsigned long long EnabledVolatileFeatures;
    unsigned long Size;
    union {
        unsigned long ControlFlags;
        struct { unsigned long OptimizedSave : 1; unsigned long CompactionEnabled : 1; unsigned long : 30; };
    };
    struct _XSTATE_FEATURE Features[64];
    unsigned long long EnabledSupervisorFeatures;
    unsigned long long AlignedFeatures;
    unsigned long AllFeatureSize;
    unsigned long AllFeatures[64];
    unsigned char Reserved32C[4];
    unsigned long long EnabledUserVisibleSupervisorFeatures;
};
_Static_assert(sizeof(struct _XSTATE_CONFIGURATION) == 0x338, "_XSTATE_CONFIGURATION");
_Static_assert(__builtin_offsetof(struct _XSTATE_CONFIGURATION, EnabledUserVisibleSupervisorFeatures) == 0x330, "_XSTATE_CONFIGURATION.EnabledUserVisibleSupervisorFeatures");

struct _KUSER_SHARED_DATA {
    unsigned long TickCountLowDeprecated;
    unsigned long TickCountMultiplier;
    struct _KSYSTEM_TIME InterruptTime;
    struct _KSYSTEM_TIME SystemTime;
    struct _KSYSTEM_TIME TimeZoneBias;
    unsigned short ImageNumberLow;
    unsigned short ImageNumberHigh;
    unsigned short NtSystemRoot[260];
    unsigned long MaxStackTraceDepth;
    unsigned long CryptoExponent;
    unsigned long TimeZoneId;
    unsigned long LargePageMinimum;
    unsigned long AitSamplingValue;
    unsigned long AppCompatFlag;
    unsigned long long RNGSeedVersion;
    unsigned long GlobalValidationRunlevel;
    long TimeZoneBiasStamp;
    unsigned long NtBuildNumber;
    enum _NT_PRODUCT_TYPE NtProductType;
    unsigned char ProductTypeIsValid;
    unsigned char Reserved0[1];
    unsigned short NativeProcessorArchitecture;
    unsigned long NtMajorVersion;
    unsigned long NtMinorVersion;
    unsigned char ProcessorFeatures[64];
    unsigned long Reserved1;
    unsigned long Reserved3;
    unsigned long TimeSlip;
    enum _ALTERNATIVE_ARCHITECTURE_TYPE AlternativeArchitecture;
    unsigned long BootId;
    union _LARGE_INTEGER SystemExpirationDate;
    unsigned long SuiteMask;
    unsigned char KdDebuggerEnabled;
    union {
        unsigned char MitigationPolicies;
        struct { unsigned char NXSupportPolicy : 2; unsigned char SEHValidationPolicy : 2; unsigned char CurDirDevicesSkippedForDlls : 2; unsigned char Reserved : 2; };
    };
    unsigned short CyclesPerYield;
    unsigned long ActiveConsoleId;
    unsigned long DismountCount;
    unsigned long ComPlusPackage;
    unsigned long LastSystemRITEventTickCount;
    unsigned long NumberOfPhysicalPages;
    unsigned char SafeBootMode;
    unsigned char VirtualizationFlags;
    unsigned char Reserved12[2];
    union {
        unsigned long SharedDataFlags;
        struct { unsigned long DbgErrorPortPresent : 1; unsigned long DbgElevationEnabled : 1; unsigned long DbgVirtEnabled : 1; unsigned long DbgInstallerDetectEnabled : 1; unsigned long DbgLkgEnabled : 1; unsigned long DbgDynProcessorEnabled : 1; unsigned long DbgConsoleBrokerEnabled : 1; unsigned long DbgSecureBootEnabled : 1; unsigned long DbgMultiSessionSku : 1; unsigned long DbgMultiUsersInSessionSku : 1; unsigned long DbgStateSeparationEnabled : 1; unsigned long SpareBits : 21; };
    };
    unsigned long DataFlagsPad[1];
    unsigned long long TestRetInstruction;
    long long QpcFrequency;
    unsigned long SystemCall;
    unsigned long Reserved2;
    unsigned long long SystemCallPad[2];
    union {
        unsigned long ReservedTickCountOverlay[3];
        struct _KSYSTEM_TIME TickCount;
        unsigned long long TickCountQuad;
    };
    unsigned long TickCountPad[1];
    unsigned long Cookie;
    unsigned long CookiePad[1];
    long long ConsoleSessionForegroundProcessId;
    unsigned long long TimeUpdateLock;
    unsigned long long BaselineSystemTimeQpc;
    unsigned long long BaselineInterruptTimeQpc;
    unsigned long long QpcSystemTimeIncrement;
    unsigned long long QpcInterruptTimeIncrement;
    unsigned char QpcSystemTimeIncrementShift;
    unsigned char QpcInterruptTimeIncrementShift;
    unsigned short UnparkedProcessorCount;
    unsigned long EnclaveFeatureMask[4];
    unsigned long TelemetryCoverageRound;
    unsigned short UserModeGlobalLogger[16];
    unsigned long ImageFileExecutionOptions;
    unsigned long LangGenerationCount;
    unsigned long long Reserved4;
    unsigned long long InterruptTimeBias;
    unsigned long long QpcBias;
    unsigned long ActiveProcessorCount;
    unsigned char ActiveGroupCount;
    unsigned char Reserved9;
    union {
        unsigned short QpcData;
        unsigned char QpcBypassEnabled;
        struct { unsigned char Fill3C6_QpcShift[1]; unsigned char QpcShift; };
    };
    union _LARGE_INTEGER TimeZoneBiasEffectiveStart;
    union _LARGE_INTEGER TimeZoneBiasEffectiveEnd;
    struct _XSTATE_CONFIGURATION XState;
    struct _KSYSTEM_TIME FeatureConfigurationChangeStamp;
    unsigned long Spare;
};
_Static_assert(sizeof(struct _KUSER_SHARED_DATA) == 0x720, "_KUSER_SHARED_DATA");
_Static_assert(__builtin_offsetof(struct _KUSER_SHARED_DATA, Spare) == 0x71c, "_KUSER_SHARED_DATA.Spare");

union _KWAIT_STATUS_REGISTER {
    unsigned char Flags;
    struct { unsigned char State : 3; unsigned char Affinity : 1; unsigned char Priority : 1; unsigned char Apc : 1; unsigned char UserApc : 1; unsigned char Alert : 1; };
};
_Static_assert(sizeof(union _KWAIT_STATUS_REGISTER) == 0x1, "_KWAIT_STATUS_REGISTER");

struct _KAPC_STATE {
    struct _LIST_ENTRY ApcListHead[2];
    struct _KPROCESS *Process;
    union {
        unsigned char InProgressFlags;
        struct { unsigned char KernelApcInProgress : 1; unsigned char SpecialApcInProgress : 1; unsigned char : 6; };
    };
    unsigned char KernelApcPending;
    union {
        unsigned char UserApcPendingAll;
        struct { unsigned char SpecialUserApcPending : 1; unsigned char UserApcPending : 1; unsigned char : 6; };
    };
    unsigned char Reserved2B[5];
};
_Static_assert(sizeof(struct _KAPC_STATE) == 0x30, "_KAPC_STATE");
_Static_assert(__builtin_offsetof(struct _KAPC_STATE, UserApcPendingAll) == 0x2a, "_KAPC_STATE.UserApcPendingAll");

struct _KWAIT_BLOCK {
    struct _LIST_ENTRY WaitListEntry;
    unsigned char WaitType;
    unsigned char BlockState;
    unsigned short WaitKey;
    long SpareLong;
    union {
        struct _KQUEUE *NotificationQueue;
        struct _KTHREAD *Thread;
    };
    void *Object;
    void *SparePtr;
};
_Static_assert(sizeof(struct _KWAIT_BLOCK) == 0x30, "_KWAIT_BLOCK");
_Static_assert(__builtin_offsetof(struct _KWAIT_BLOCK, SparePtr) == 0x28, "_KWAIT_BLOCK.SparePtr");

struct _GROUP_AFFINITY {
    unsigned long long Mask;
    unsigned short Group;
    unsigned short Reserved[3];
};
_Static_assert(sizeof(struct _GROUP_AFFINITY) == 0x10, "_GROUP_AFFINITY");
_Static_assert(__builtin_offsetof(struct _GROUP_AFFINITY, Reserved) == 0xa, "_GROUP_AFFINITY.Reserved");

struct _KAPC {
    unsigned char Type;
    unsigned char SpareByte0;
    unsigned char Size;
    unsigned char SpareByte1;
    unsigned long SpareLong0;
    struct _KTHREAD *Thread;
    struct _LIST_ENTRY ApcListEntry;
    union {
        void *Reserved[3];
        void (*KernelRoutine)();
        struct { unsigned char Fill20_RundownRoutine[8]; void (*RundownRoutine)(); };
        struct { unsigned char Fill20_NormalRoutine[16]; void (*NormalRoutine)(); };
    };
    void *NormalContext;
    void *SystemArgument1;
    void *SystemArgument2;
    char ApcStateIndex;
    char ApcMode;
    unsigned char Inserted;
    unsigned char Reserved53[5];
};
_Static_assert(sizeof(struct _KAPC) == 0x58, "_KAPC");
_Static_assert(__builtin_offsetof(struct _KAPC, Inserted) == 0x52, "_KAPC.Inserted");

struct _KEVENT {
    struct _DISPATCHER_HEADER Header;
};
_Static_assert(sizeof(struct _KEVENT) == 0x18, "_KEVENT");

struct _KTHREAD {
    struct _DISPATCHER_HEADER Header;
    void *SListFaultAddress;
    unsigned long long QuantumTarget;
    void *InitialStack;
    void *StackLimit;
    void *StackBase;
    unsigned long long ThreadLock;
    unsigned long long CycleTime;
    unsigned long CurrentRunTime;
    unsigned long ExpectedRunTime;
    void *KernelStack;
    struct _XSAVE_FORMAT *StateSaveArea;
    struct _KSCHEDULING_GROUP *SchedulingGroup;
    union _KWAIT_STATUS_REGISTER WaitRegister;
    unsigned char Running;
    unsigned char Alerted[2];
    union {
        long MiscFlags;
        struct { unsigned long AutoBoostActive : 1; unsigned long ReadyTransition : 1; unsigned long WaitNext : 1; unsigned long SystemAffinityActive : 1; unsigned long Alertable : 1; unsigned long UserStackWalkActive : 1; unsigned long ApcInterruptRequest : 1; unsigned long QuantumEndMigrate : 1; unsigned long UmsDirectedSwitchEnable : 1; unsigned long TimerActive : 1; unsigned long SystemThread : 1; unsigned long ProcessDetachActive : 1; unsigned long CalloutActive : 1; unsigned long ScbReadyQueue : 1; unsigned long ApcQueueable : 1; unsigned long ReservedStackInUse : 1; unsigned long UmsPerformingSyscall : 1; unsigned long TimerSuspended : 1; unsigned long SuspendedWaitMode : 1; unsigned long SuspendSchedulerApcWait : 1; unsigned long CetUserShadowStack : 1; unsigned long BypassProcessFreeze : 1; unsigned long Reserved : 10; };
    };
    union {
        long ThreadFlags;
        struct { unsigned long ThreadFlagsSpare : 2; unsigned long AutoAlignment : 1; unsigned long DisableBoost : 1; unsigned long AlertedByThreadId : 1; unsigned long QuantumDonation : 1; unsigned long EnableStackSwap : 1; unsigned long GuiThread : 1; unsigned long DisableQuantum : 1; unsigned long ChargeOnlySchedulingGroup : 1; unsigned long DeferPreemption : 1; unsigned long QueueDeferPreemption : 1; unsigned long ForceDeferSchedule : 1; unsigned long SharedReadyQueueAffinity : 1; unsigned long FreezeCount : 1; unsigned long TerminationApcRequest : 1; unsigned long AutoBoostEntriesExhausted : 1; unsigned long KernelStackResident : 1; unsigned long TerminateRequestReason : 2; unsigned long ProcessStackCountDecremented : 1; unsigned long RestrictedGuiThread : 1; unsigned long VpBackingThread : 1; unsigned long ThreadFlagsSpare2 : 1; unsigned long EtwStackTraceApcInserted : 8; };
    };
    unsigned char Tag;
    unsigned char SystemHeteroCpuPolicy;
    struct { unsigned char UserHeteroCpuPolicy : 7; unsigned char ExplicitSystemHeteroCpuPolicy : 1; };
    union {
        unsigned char SpecCtrl;
        struct { unsigned char RunningNonRetpolineCode : 1; unsigned char SpecCtrlSpare : 7; };
    };
    unsigned long SystemCallNumber;
    unsigned long ReadyTime;
    void *FirstArgument;
    struct _KTRAP_FRAME *TrapFrame;
    union {
        struct _KAPC_STATE ApcState;
        unsigned char ApcStateFill[43];
        struct { unsigned char Fill98_Priority[43]; char Priority; };
        struct { unsigned char Fill98_UserIdealProcessor[44]; unsigned long UserIdealProcessor; };
    };
    long long WaitStatus;
    struct _KWAIT_BLOCK *WaitBlockList;
    union {
        struct _LIST_ENTRY WaitListEntry;
        struct _SINGLE_LIST_ENTRY SwapListEntry;
    };
    struct _DISPATCHER_HEADER *Queue;
    void *Teb;
    unsigned long long RelativeTimerBias;
    struct _KTIMER Timer;
    union {
        struct _KWAIT_BLOCK WaitBlock[4];
        unsigned char WaitBlockFill11[176];
        unsigned char WaitBlockFill7[164];
        unsigned char WaitBlockFill10[136];
        unsigned char WaitBlockFill6[116];
        unsigned char WaitBlockFill9[88];
        unsigned char WaitBlockFill5[68];
        unsigned char WaitBlockFill8[40];
        unsigned char WaitBlockFill4[20];
        struct { unsigned char Fill140_ContextSwitches[20]; unsigned long ContextSwitches; };
        struct { unsigned char Fill140_ThreadCounters[40]; struct _KTHREAD_COUNTERS *ThreadCounters; };
        struct { unsigned char Fill140_State[68]; unsigned char State; };
        struct { unsigned char Fill140_Spare13[69]; char Spare13; };
        struct { unsigned char Fill140_WaitIrql[70]; unsigned char WaitIrql; };
        struct { unsigned char Fill140_WaitMode[71]; char WaitMode; };
        struct { unsigned char Fill140_XStateSave[88]; struct _XSTATE_SAVE *XStateSave; };
        struct { unsigned char Fill140_WaitTime[116]; unsigned long WaitTime; };
        struct { unsigned char Fill140_Win32Thread[136]; void *Win32Thread; };
        struct { unsigned char Fill140_CombinedApcDisable[164]; unsigned long CombinedApcDisable; };
        struct { unsigned char Fill140_KernelApcDisable[164]; short KernelApcDisable; };
        struct { unsigned char Fill140_SpecialApcDisable[166]; short SpecialApcDisable; };
        struct { unsigned char Fill140_Ucb[176]; struct _UMS_CONTROL_BLOCK *Ucb; };
        struct { unsigned char Fill140_Uch[184]; struct _KUMS_CONTEXT_HEADER *Uch; };
    };
    union {
        long ThreadFlags2;
        struct { unsigned long BamQosLevel : 8; unsigned long ThreadFlags2Reserved : 24; };
    };
    unsigned long Spare21;
    struct _LIST_ENTRY QueueListEntry;
    union {
        unsigned long NextProcessor;
        struct { unsigned long NextProcessorNumber : 31; unsigned long SharedReadyQueue : 1; };
    };
    long QueuePriority;
    struct _KPROCESS *Process;
    union {
        struct _GROUP_AFFINITY UserAffinity;
        unsigned char UserAffinityFill[10];
        struct { unsigned char Fill228_PreviousMode[10]; char PreviousMode; };
        struct { unsigned char Fill228_BasePriority[11]; char BasePriority; };
        struct { unsigned char Fill228_PriorityDecrement[12]; char PriorityDecrement; };
        struct { unsigned char Fill228_Preempted[13]; unsigned char Preempted; };
        struct { unsigned char Fill228_AdjustReason[14]; unsigned char AdjustReason; };
        struct { unsigned char Fill228_AdjustIncrement[15]; char AdjustIncrement; };
        struct { unsigned char Fill228_ForegroundBoost_8[12]; unsigned char ForegroundBoost : 4; unsigned char UnusualBoost : 4; };
    };
    unsigned long long AffinityVersion;
    union {
        struct _GROUP_AFFINITY Affinity;
        unsigned char AffinityFill[10];
        struct { unsigned char Fill240_ApcStateIndex[10]; unsigned char ApcStateIndex; };
        struct { unsigned char Fill240_WaitBlockCount[11]; unsigned char WaitBlockCount; };
        struct { unsigned char Fill240_IdealProcessor[12]; unsigned long IdealProcessor; };
    };
    unsigned long long NpxState;
    union {
        struct _KAPC_STATE SavedApcState;
        unsigned char SavedApcStateFill[43];
        struct { unsigned char Fill258_WaitReason[43]; unsigned char WaitReason; };
        struct { unsigned char Fill258_SuspendCount[44]; char SuspendCount; };
        struct { unsigned char Fill258_Saturation[45]; char Saturation; };
        struct { unsigned char Fill258_SListFaultCount[46]; unsigned short SListFaultCount; };
    };
    union {
        struct _KAPC SchedulerApc;
        unsigned char SchedulerApcFill5[83];
        unsigned char SchedulerApcFill4[72];
        unsigned char SchedulerApcFill3[64];
        unsigned char SchedulerApcFill2[4];
        unsigned char SchedulerApcFill1[3];
        unsigned char SchedulerApcFill0[1];
        struct { unsigned char Fill288_ResourceIndex[1]; unsigned char ResourceIndex; };
        struct { unsigned char Fill288_QuantumReset[3]; unsigned char QuantumReset; };
        struct { unsigned char Fill288_KernelTime[4]; unsigned long KernelTime; };
        struct { unsigned char Fill288_WaitPrcb[64]; struct _KPRCB *WaitPrcb; };
        struct { unsigned char Fill288_LegoData[72]; void *LegoData; };
        struct { unsigned char Fill288_CallbackNestingLevel[83]; unsigned char CallbackNestingLevel; };
        struct { unsigned char Fill288_UserTime[84]; unsigned long UserTime; };
    };
    struct _KEVENT SuspendEvent;
    struct _LIST_ENTRY ThreadListEntry;
    struct _LIST_ENTRY MutantListHead;
    unsigned char AbEntrySummary;
    unsigned char AbWaitEntryCount;
    unsigned char AbAllocationRegionCount;
    char SystemPriority;
    unsigned long SecureThreadCookie;
    struct _KLOCK_ENTRY *LockEntries;
    struct _SINGLE_LIST_ENTRY PropagateBoostsEntry;
    struct _SINGLE_LIST_ENTRY IoSelfBoostsEntry;
    unsigned char PriorityFloorCounts[16];
    unsigned char PriorityFloorCountsReserved[16];
    unsigned long PriorityFloorSummary;
    long AbCompletedIoBoostCount;
    long AbCompletedIoQoSBoostCount;
    short KeReferenceCount;
    unsigned char AbOrphanedEntrySummary;
    unsigned char AbOwnedEntryCount;
    unsigned long ForegroundLossTime;
    unsigned char Reserved36C[4];
    union {
        struct _LIST_ENTRY GlobalForegroundListEntry;
        struct _SINGLE_LIST_ENTRY ForegroundDpcStackListEntry;
        struct { unsigned char Fill370_InGlobalForegroundList[8]; unsigned long long InGlobalForegroundList; };
    };
    long long ReadOperationCount;
    long long WriteOperationCount;
    long long OtherOperationCount;
    long long ReadTransferCount;
    long long WriteTransferCount;
    long long OtherTransferCount;
    struct _KSCB *QueuedScb;
    unsigned long ThreadTimerDelay;
    union {
        long ThreadFlags3;
        struct { unsigned long ThreadFlags3Reserved : 8; unsigned long PpmPolicy : 2; unsigned long ThreadFlags3Reserved2 : 22; };
    };
    unsigned long long TracingPrivate[1];
    void *SchedulerAssist;
    void *AbWaitObject;
    unsigned long ReservedPreviousReadyTimeValue;
    unsigned char Reserved3DC[4];
    unsigned long long KernelWaitTime;
    unsigned long long UserWaitTime;
    union {
        struct _LIST_ENTRY GlobalUpdateVpThreadPriorityListEntry;
        struct _SINGLE_LIST_ENTRY UpdateVpThreadPriorityDpcStackListEntry;
        struct { unsigned char Fill3F0_InGlobalUpdateVpThreadPriorityList[8]; unsigned long long InGlobalUpdateVpThreadPriorityList; };
    };
    long SchedulerAssistPriorityFloor;
    unsigned long Spare28;
    unsigned long long EndPadding[5];
};
_Static_assert(sizeof(struct _KTHREAD) == 0x430, "_KTHREAD");
_Static_assert(__builtin_offsetof(struct _KTHREAD, EndPadding) == 0x408, "_KTHREAD.EndPadding");

struct _CLIENT_ID {
    void *UniqueProcess;
    void *UniqueThread;
};
_Static_assert(sizeof(struct _CLIENT_ID) == 0x10, "_CLIENT_ID");
_Static_assert(__builtin_offsetof(struct _CLIENT_ID, UniqueThread) == 0x8, "_CLIENT_ID.UniqueThread");

struct _KSEMAPHORE {
    struct _DISPATCHER_HEADER Header;
    long Limit;
    unsigned char Reserved1C[4];
};
_Static_assert(sizeof(struct _KSEMAPHORE) == 0x20, "_KSEMAPHORE");
_Static_assert(__builtin_offsetof(struct _KSEMAPHORE, Limit) == 0x18, "_KSEMAPHORE.Limit");

union _PS_CLIENT_SECURITY_CONTEXT {
    unsigned long long ImpersonationData;
    void *ImpersonationToken;
    struct { unsigned long long ImpersonationLevel : 2; unsigned long long EffectiveOnly : 1; unsigned long long : 61; };
};
_Static_assert(sizeof(union _PS_CLIENT_SECURITY_CONTEXT) == 0x8, "_PS_CLIENT_SECURITY_CONTEXT");

struct _EX_RUNDOWN_REF {
    union {
        unsigned long long Count;
        void *Ptr;
    };
};
_Static_assert(sizeof(struct _EX_RUNDOWN_REF) == 0x8, "_EX_RUNDOWN_REF");

struct _EX_PUSH_LOCK {
    union {
        void *Ptr;
        unsigned long long Value;
        struct { unsigned long long Locked : 1; unsigned long long Waiting : 1; unsigned long long Waking : 1; unsigned long long MultipleShared : 1; unsigned long long Shared : 60; };
    };
};
_Static_assert(sizeof(struct _EX_PUSH_LOCK) == 0x8, "_EX_PUSH_LOCK");

struct _PS_PROPERTY_SET { unsigned char Opaque[24]; };

struct _RTL_BALANCED_NODE {
    union {
        struct _RTL_BALANCED_NODE *Children[2];
        struct _RTL_BALANCED_NODE *Left;
        struct { unsigned char Fill0_Right[8]; struct _RTL_BALANCED_NODE *Right; };
    };
    union {
        unsigned long long ParentValue;
        struct { unsigned char Balance : 2; unsigned char : 6; };
        struct { unsigned char Red : 1; unsigned char : 7; };
    };
};
_Static_assert(sizeof(struct _RTL_BALANCED_NODE) == 0x18, "_RTL_BALANCED_NODE");
_Static_assert(__builtin_offsetof(struct _RTL_BALANCED_NODE, ParentValue) == 0x10, "_RTL_BALANCED_NODE.ParentValue");

struct _KLOCK_ENTRY_LOCK_STATE {
    union {
        void *LockState;
        struct { unsigned long long CrossThreadReleasable : 1; unsigned long long Busy : 1; unsigned long long Reserved : 61; unsigned long long InTree : 1; };
    };
    union {
        void *SessionState;
        unsigned long SessionId;
        struct { unsigned char Fill8_SessionPad[4]; unsigned long SessionPad; };
    };
};
_Static_assert(sizeof(struct _KLOCK_ENTRY_LOCK_STATE) == 0x10, "_KLOCK_ENTRY_LOCK_STATE");
_Static_assert(__builtin_offsetof(struct _KLOCK_ENTRY_LOCK_STATE, SessionPad) == 0xc, "_KLOCK_ENTRY_LOCK_STATE.SessionPad");

union _KLOCK_ENTRY_BOOST_BITMAP {
    unsigned long AllFields;
    struct { unsigned short CpuBoostsBitmap : 15; unsigned short IoBoost : 1; };
    struct { unsigned long AllBoosts : 17; unsigned long Reserved : 15; };
    struct { unsigned char Fill0_IoQoSBoost_3[2]; unsigned short IoQoSBoost : 1; unsigned short IoNormalPriorityWaiterCount : 8; unsigned short IoQoSWaiterCount : 7; };
};
_Static_assert(sizeof(union _KLOCK_ENTRY_BOOST_BITMAP) == 0x4, "_KLOCK_ENTRY_BOOST_BITMAP");

struct _KLOCK_ENTRY {
    union {
        struct _RTL_BALANCED_NODE TreeNode;
        struct _SINGLE_LIST_ENTRY FreeListEntry;
    };
    union {
        unsigned long EntryFlags;
        unsigned char EntryOffset;
        struct { unsigned char Fill18_ThreadLocalFlags[1]; unsigned char ThreadLocalFlags; };
        struct { unsigned char Fill18_AcquiredByte[2]; unsigned char AcquiredByte; };
        struct { unsigned char Fill18_CrossThreadFlags[3]; unsigned char CrossThreadFlags; };
        struct { unsigned long StaticState : 8; unsigned long AllFlags : 24; };
        struct { unsigned char Fill18_WaitingBit_6[1]; unsigned char WaitingBit : 1; unsigned char Spare0 : 7; };
        struct { unsigned char Fill18_AcquiredBit_7[2]; unsigned char AcquiredBit : 1; unsigned char : 7; };
        struct { unsigned char Fill18_HeadNodeBit_8[3]; unsigned char HeadNodeBit : 1; unsigned char IoPriorityBit : 1; unsigned char IoQoSWaiter : 1; unsigned char Spare1 : 5; };
    };
    unsigned long SpareFlags;
    union {
        struct _KLOCK_ENTRY_LOCK_STATE LockState;
        void *LockUnsafe;
        unsigned char CrossThreadReleasableAndBusyByte;
        struct { unsigned char Fill20_Reserved[1]; unsigned char Reserved[6]; };
        struct { unsigned char Fill20_InTreeByte[7]; unsigned char InTreeByte; };
        struct { unsigned char Fill20_SessionState[8]; void *SessionState; };
        struct { unsigned char Fill20_SessionId[8]; unsigned long SessionId; };
        struct { unsigned char Fill20_SessionPad[12]; unsigned long SessionPad; };
    };
    union {
        struct _RTL_RB_TREE OwnerTree;
        char CpuPriorityKey;
    };
    struct _RTL_RB_TREE WaiterTree;
    unsigned long long EntryLock;
    union _KLOCK_ENTRY_BOOST_BITMAP BoostBitmap;
    unsigned long SparePad;
};
_Static_assert(sizeof(struct _KLOCK_ENTRY) == 0x60, "_KLOCK_ENTRY");
_Static_assert(__builtin_offsetof(struct _KLOCK_ENTRY, SparePad) == 0x5c, "_KLOCK_ENTRY.SparePad");

struct _ETHREAD {
    struct _KTHREAD Tcb;
    union _LARGE_INTEGER CreateTime;
    union {
        struct _LIST_ENTRY KeyedWaitChain;
        union _LARGE_INTEGER ExitTime;
    };
    union {
        struct _LIST_ENTRY PostBlockList;
        void *ForwardLinkShadow;
        struct { unsigned char Fill448_StartAddress[8]; void *StartAddress; };
    };
    union {
        void *KeyedWaitValue;
        struct _ETHREAD *ReaperLink;
        struct _TERMINATION_PORT *TerminationPort;
    };
    unsigned long long ActiveTimerListLock;
    struct _LIST_ENTRY ActiveTimerListHead;
    struct _CLIENT_ID Cid;
    union {
        struct _KSEMAPHORE AlpcWaitSemaphore;
        struct _KSEMAPHORE KeyedWaitSemaphore;
    };
    union _PS_CLIENT_SECURITY_CONTEXT ClientSecurity;
    struct _LIST_ENTRY IrpList;
    unsigned long long TopLevelIrp;
    struct _DEVICE_OBJECT *DeviceToVerify;
    void *Win32StartAddress;
    void *ChargeOnlySession;
    void *LegacyPowerObject;
    struct _LIST_ENTRY ThreadListEntry;
    struct _EX_RUNDOWN_REF RundownProtect;
    struct _EX_PUSH_LOCK ThreadLock;
    unsigned long ReadClusterSize;
    long MmLockOrdering;
    union {
        unsigned long CrossThreadFlags;
        struct { unsigned long Terminated : 1; unsigned long ThreadInserted : 1; unsigned long HideFromDebugger : 1; unsigned long ActiveImpersonationInfo : 1; unsigned long HardErrorsAreDisabled : 1; unsigned long BreakOnTermination : 1; unsigned long SkipCreationMsg : 1; unsigned long SkipTerminationMsg : 1; unsigned long CopyTokenOnOpen : 1; unsigned long ThreadIoPriority : 3; unsigned long ThreadPagePriority : 3; unsigned long RundownFail : 1; unsigned long UmsForceQueueTermination : 1; unsigned long IndirectCpuSets : 1; unsigned long DisableDynamicCodeOptOut : 1; unsigned long ExplicitCaseSensitivity : 1; unsigned long PicoNotifyExit : 1; unsigned long DbgWerUserReportActive : 1; unsigned long ForcedSelfTrimActive : 1; unsigned long SamplingCoverage : 1; unsigned long ReservedCrossThreadFlags : 8; };
    };
    union {
        unsigned long SameThreadPassiveFlags;
        struct { unsigned long ActiveExWorker : 1; unsigned long MemoryMaker : 1; unsigned long StoreLockThread : 2; unsigned long ClonedThread : 1; unsigned long KeyedEventInUse : 1; unsigned long SelfTerminate : 1; unsigned long RespectIoPriority : 1; unsigned long ActivePageLists : 1; unsigned long SecureContext : 1; unsigned long ZeroPageThread : 1; unsigned long WorkloadClass : 1; unsigned long ReservedSameThreadPassiveFlags : 20; };
    };
    union {
        unsigned long SameThreadApcFlags;
        struct { unsigned char OwnsProcessAddressSpaceExclusive : 1; unsigned char OwnsProcessAddressSpaceShared : 1; unsigned char HardFaultBehavior : 1; unsigned char StartAddressInvalid : 1; unsigned char EtwCalloutActive : 1; unsigned char SuppressSymbolLoad : 1; unsigned char Prefetching : 1; unsigned char OwnsVadExclusive : 1; };
        struct { unsigned char Fill518_SystemPagePriorityActive_2[1]; unsigned char SystemPagePriorityActive : 1; unsigned char SystemPagePriority : 3; unsigned char AllowUserWritesToExecutableMemory : 1; unsigned char AllowKernelWritesToExecutableMemory : 1; unsigned char OwnsVadShared : 1; unsigned char : 1; };
    };
    unsigned char CacheManagerActive;
    unsigned char DisablePageFaultClustering;
    unsigned char ActiveFaultCount;
    unsigned char LockOrderState;
    unsigned long PerformanceCountLowReserved;
    long PerformanceCountHighReserved;
    unsigned long long AlpcMessageId;
    union {
        void *AlpcMessage;
        unsigned long AlpcReceiveAttributeSet;
    };
    struct _LIST_ENTRY AlpcWaitListEntry;
    long ExitStatus;
    unsigned long CacheManagerCount;
    unsigned long IoBoostCount;
    unsigned long IoQoSBoostCount;
    unsigned long IoQoSThrottleCount;
    unsigned long KernelStackReference;
    struct _LIST_ENTRY BoostList;
    struct _LIST_ENTRY DeboostList;
    unsigned long long BoostListLock;
    unsigned long long IrpListLock;
    void *ReservedForSynchTracking;
    struct _SINGLE_LIST_ENTRY CmCallbackListHead;
    struct _GUID *ActivityId;
    struct _SINGLE_LIST_ENTRY SeLearningModeListHead;
    void *VerifierContext;
    void *AdjustedClientToken;
    void *WorkOnBehalfThread;
    struct _PS_PROPERTY_SET PropertySet;
    void *PicoContext;
    unsigned long long UserFsBase;
    unsigned long long UserGsBase;
    struct _THREAD_ENERGY_VALUES *EnergyValues;
    union {
        unsigned long long SelectedCpuSets;
        unsigned long long *SelectedCpuSetsIndirect;
    };
    struct _EJOB *Silo;
    struct _UNICODE_STRING *ThreadName;
    struct _CONTEXT *SetContextState;
    unsigned long LastExpectedRunTime;
    unsigned long HeapData;
    struct _LIST_ENTRY OwnerEntryListHead;
    unsigned long long DisownedOwnerEntryListLock;
    struct _LIST_ENTRY DisownedOwnerEntryListHead;
    struct _KLOCK_ENTRY LockEntries[6];
    void *CmDbgInfo;
};
_Static_assert(sizeof(struct _ETHREAD) == 0x898, "_ETHREAD");
_Static_assert(__builtin_offsetof(struct _ETHREAD, CmDbgInfo) == 0x890, "_ETHREAD.CmDbgInfo");

union _KEXECUTE_OPTIONS {
    unsigned char ExecuteOptions;
    unsigned char ExecuteOptionsNV;
    struct { unsigned char ExecuteDisable : 1; unsigned char ExecuteEnable : 1; unsigned char DisableThunkEmulation : 1; unsigned char Permanent : 1; unsigned char ExecuteDispatchEnable : 1; unsigned char ImageDispatchEnable : 1; unsigned char DisableExceptionChainValidation : 1; unsigned char Spare : 1; };
};
_Static_assert(sizeof(union _KEXECUTE_OPTIONS) == 0x1, "_KEXECUTE_OPTIONS");

union _KSTACK_COUNT {
    long Value;
    struct { unsigned long State : 3; unsigned long StackCount : 29; };
};
_Static_assert(sizeof(union _KSTACK_COUNT) == 0x4, "_KSTACK_COUNT");

struct __anonymous_18a9 {
    struct { unsigned long long SecureProcess : 1; unsigned long long Unused : 1; unsigned long long : 62; };
};
_Static_assert(sizeof(struct __anonymous_18a9) == 0x8, "__anonymous_18a9");

union __anonymous_18ab {
    struct __anonymous_18a9 Flags;
    unsigned long long SecureHandle;
};
_Static_assert(sizeof(union __anonymous_18ab) == 0x8, "__anonymous_18ab");

struct _KPROCESS {
    struct _DISPATCHER_HEADER Header;
    struct _LIST_ENTRY ProfileListHead;
    unsigned long long DirectoryTableBase;
    struct _LIST_ENTRY ThreadListHead;
    unsigned long ProcessLock;
    unsigned long ProcessTimerDelay;
    unsigned long long DeepFreezeStartTime;
    struct _KAFFINITY_EX Affinity;
    unsigned long long AffinityPadding[12];
    struct _LIST_ENTRY ReadyListHead;
    struct _SINGLE_LIST_ENTRY SwapListEntry;
    struct _KAFFINITY_EX ActiveProcessors;
    unsigned long long ActiveProcessorsPadding[12];
    union {
        long ProcessFlags;
        struct { unsigned long AutoAlignment : 1; unsigned long DisableBoost : 1; unsigned long DisableQuantum : 1; unsigned long DeepFreeze : 1; unsigned long TimerVirtualization : 1; unsigned long CheckStackExtents : 1; unsigned long CacheIsolationEnabled : 1; unsigned long PpmPolicy : 3; unsigned long VaSpaceDeleted : 1; unsigned long ReservedFlags : 21; };
    };
    unsigned long ActiveGroupsMask;
    char BasePriority;
    char QuantumReset;
    char Visited;
    union _KEXECUTE_OPTIONS Flags;
    unsigned short ThreadSeed[20];
    unsigned short ThreadSeedPadding[12];
    unsigned short IdealProcessor[20];
    unsigned short IdealProcessorPadding[12];
    unsigned short IdealNode[20];
    unsigned short IdealNodePadding[12];
    unsigned short IdealGlobalNode;
    unsigned short Spare1;
    union _KSTACK_COUNT StackCount;
    unsigned char Reserved34C[4];
    struct _LIST_ENTRY ProcessListEntry;
    unsigned long long CycleTime;
    unsigned long long ContextSwitches;
    struct _KSCHEDULING_GROUP *SchedulingGroup;
    unsigned long FreezeCount;
    unsigned long KernelTime;
    unsigned long UserTime;
    unsigned long ReadyTime;
    unsigned long long UserDirectoryTableBase;
    unsigned char AddressPolicy;
    unsigned char Spare2[71];
    void *InstrumentationCallback;
    union __anonymous_18ab SecureState;
    unsigned long long KernelWaitTime;
    unsigned long long UserWaitTime;
    unsigned long long EndPadding[8];
};
_Static_assert(sizeof(struct _KPROCESS) == 0x438, "_KPROCESS");
_Static_assert(__builtin_offsetof(struct _KPROCESS, EndPadding) == 0x3f8, "_KPROCESS.EndPadding");

struct _EX_FAST_REF {
    union {
        void *Object;
        unsigned long long Value;
        struct { unsigned long long RefCnt : 4; unsigned long long : 60; };
    };
};
_Static_assert(sizeof(struct _EX_FAST_REF) == 0x8, "_EX_FAST_REF");

struct _RTL_AVL_TREE {
    struct _RTL_BALANCED_NODE *Root;
};
_Static_assert(sizeof(struct _RTL_AVL_TREE) == 0x8, "_RTL_AVL_TREE");

struct _SE_AUDIT_PROCESS_CREATION_INFO { unsigned char Opaque[8]; };

struct _MMSUPPORT_FULL { unsigned char Opaque[320]; };

struct _ALPC_PROCESS_CONTEXT { unsigned char Opaque[32]; };

struct _PS_PROTECTION {
    union {
        unsigned char Level;
        struct { unsigned char Type : 3; unsigned char Audit : 1; unsigned char Signer : 4; };
    };
};
_Static_assert(sizeof(struct _PS_PROTECTION) == 0x1, "_PS_PROTECTION");

union _PS_INTERLOCKED_TIMER_DELAY_VALUES {
    unsigned long long All;
    struct { unsigned long long DelayMs : 30; unsigned long long CoalescingWindowMs : 30; unsigned long long Reserved : 1; unsigned long long NewTimerWheel : 1; unsigned long long Retry : 1; unsigned long long Locked : 1; };
};
_Static_assert(sizeof(union _PS_INTERLOCKED_TIMER_DELAY_VALUES) == 0x8, "_PS_INTERLOCKED_TIMER_DELAY_VALUES");

struct _JOBOBJECT_WAKE_FILTER { unsigned char Opaque[8]; };

struct _PS_PROCESS_WAKE_INFORMATION {
    unsigned long long NotificationChannel;
    unsigned long WakeCounters[7];
    struct _JOBOBJECT_WAKE_FILTER WakeFilter;
    unsigned long NoWakeCounter;
};
_Static_assert(sizeof(struct _PS_PROCESS_WAKE_INFORMATION) == 0x30, "_PS_PROCESS_WAKE_INFORMATION");
_Static_assert(__builtin_offsetof(struct _PS_PROCESS_WAKE_INFORMATION, NoWakeCounter) == 0x2c, "_PS_PROCESS_WAKE_INFORMATION.NoWakeCounter");

struct _WNF_STATE_NAME {
    unsigned long Data[2];
};
_Static_assert(sizeof(struct _WNF_STATE_NAME) == 0x8, "_WNF_STATE_NAME");

struct __anonymous_19c9 {
    struct { unsigned long ControlFlowGuardEnabled : 1; unsigned long ControlFlowGuardExportSuppressionEnabled : 1; unsigned long ControlFlowGuardStrict : 1; unsigned long DisallowStrippedImages : 1; unsigned long ForceRelocateImages : 1; unsigned long HighEntropyASLREnabled : 1; unsigned long StackRandomizationDisabled : 1; unsigned long ExtensionPointDisable : 1; unsigned long DisableDynamicCode : 1; unsigned long DisableDynamicCodeAllowOptOut : 1; unsigned long DisableDynamicCodeAllowRemoteDowngrade : 1; unsigned long AuditDisableDynamicCode : 1; unsigned long DisallowWin32kSystemCalls : 1; unsigned long AuditDisallowWin32kSystemCalls : 1; unsigned long EnableFilteredWin32kAPIs : 1; unsigned long AuditFilteredWin32kAPIs : 1; unsigned long DisableNonSystemFonts : 1; unsigned long AuditNonSystemFontLoading : 1; unsigned long PreferSystem32Images : 1; unsigned long ProhibitRemoteImageMap : 1; unsigned long AuditProhibitRemoteImageMap : 1; unsigned long ProhibitLowILImageMap : 1; unsigned long AuditProhibitLowILImageMap : 1; unsigned long SignatureMitigationOptIn : 1; unsigned long AuditBlockNonMicrosoftBinaries : 1; unsigned long AuditBlockNonMicrosoftBinariesAllowStore : 1; unsigned long LoaderIntegrityContinuityEnabled : 1; unsigned long AuditLoaderIntegrityContinuity : 1; unsigned long EnableModuleTamperingProtection : 1; unsigned long EnableModuleTamperingProtectionNoInherit : 1; unsigned long RestrictIndirectBranchPrediction : 1; unsigned long IsolateSecurityDomain : 1; };
};
_Static_assert(sizeof(struct __anonymous_19c9) == 0x4, "__anonymous_19c9");

struct __anonymous_19cb {
    struct { unsigned long EnableExportAddressFilter : 1; unsigned long AuditExportAddressFilter : 1; unsigned long EnableExportAddressFilterPlus : 1; unsigned long AuditExportAddressFilterPlus : 1; unsigned long EnableRopStackPivot : 1; unsigned long AuditRopStackPivot : 1; unsigned long EnableRopCallerCheck : 1; unsigned long AuditRopCallerCheck : 1; unsigned long EnableRopSimExec : 1; unsigned long AuditRopSimExec : 1; unsigned long EnableImportAddressFilter : 1; unsigned long AuditImportAddressFilter : 1; unsigned long DisablePageCombine : 1; unsigned long SpeculativeStoreBypassDisable : 1; unsigned long CetUserShadowStacks : 1; unsigned long AuditCetUserShadowStacks : 1; unsigned long AuditCetUserShadowStacksLogged : 1; unsigned long UserCetSetContextIpValidation : 1; unsigned long AuditUserCetSetContextIpValidation : 1; unsigned long AuditUserCetSetContextIpValidationLogged : 1; unsigned long CetUserShadowStacksStrictMode : 1; unsigned long BlockNonCetBinaries : 1; unsigned long BlockNonCetBinariesNonEhcont : 1; unsigned long AuditBlockNonCetBinaries : 1; unsigned long AuditBlockNonCetBinariesLogged : 1; unsigned long Reserved1 : 1; unsigned long Reserved2 : 1; unsigned long Reserved3 : 1; unsigned long Reserved4 : 1; unsigned long Reserved5 : 1; unsigned long CetDynamicApisOutOfProcOnly : 1; unsigned long UserCetSetContextIpValidationRelaxedMode : 1; };
};
_Static_assert(sizeof(struct __anonymous_19cb) == 0x4, "__anonymous_19cb");

struct _PS_DYNAMIC_ENFORCED_ADDRESS_RANGES { unsigned char Opaque[16]; };

struct _EPROCESS {
    struct _KPROCESS Pcb;
    struct _EX_PUSH_LOCK ProcessLock;
    void *UniqueProcessId;
    struct _LIST_ENTRY ActiveProcessLinks;
    struct _EX_RUNDOWN_REF RundownProtect;
    union {
        unsigned long Flags2;
        struct { unsigned long JobNotReallyActive : 1; unsigned long AccountingFolded : 1; unsigned long NewProcessReported : 1; unsigned long ExitProcessReported : 1; unsigned long ReportCommitChanges : 1; unsigned long LastReportMemory : 1; unsigned long ForceWakeCharge : 1; unsigned long CrossSessionCreate : 1; unsigned long NeedsHandleRundown : 1; unsigned long RefTraceEnabled : 1; unsigned long PicoCreated : 1; unsigned long EmptyJobEvaluated : 1; unsigned long DefaultPagePriority : 3; unsigned long PrimaryTokenFrozen : 1; unsigned long ProcessVerifierTarget : 1; unsigned long RestrictSetThreadContext : 1; unsigned long AffinityPermanent : 1; unsigned long AffinityUpdateEnable : 1; unsigned long PropagateNode : 1; unsigned long ExplicitAffinity : 1; unsigned long ProcessExecutionState : 2; unsigned long EnableReadVmLogging : 1; unsigned long EnableWriteVmLogging : 1; unsigned long FatalAccessTerminationRequested : 1; unsigned long DisableSystemAllowedCpuSet : 1; unsigned long ProcessStateChangeRequest : 2; unsigned long ProcessStateChangeInProgress : 1; unsigned long InPrivate : 1; };
    };
    union {
        unsigned long Flags;
        struct { unsigned long CreateReported : 1; unsigned long NoDebugInherit : 1; unsigned long ProcessExiting : 1; unsigned long ProcessDelete : 1; unsigned long ManageExecutableMemoryWrites : 1; unsigned long VmDeleted : 1; unsigned long OutswapEnabled : 1; unsigned long Outswapped : 1; unsigned long FailFastOnCommitFail : 1; unsigned long Wow64VaSpace4Gb : 1; unsigned long AddressSpaceInitialized : 2; unsigned long SetTimerResolution : 1; unsigned long BreakOnTermination : 1; unsigned long DeprioritizeViews : 1; unsigned long WriteWatch : 1; unsigned long ProcessInSession : 1; unsigned long OverrideAddressSpace : 1; unsigned long HasAddressSpace : 1; unsigned long LaunchPrefetched : 1; unsigned long Background : 1; unsigned long VmTopDown : 1; unsigned long ImageNotifyDone : 1; unsigned long PdeUpdateNeeded : 1; unsigned long VdmAllowed : 1; unsigned long ProcessRundown : 1; unsigned long ProcessInserted : 1; unsigned long DefaultIoPriority : 3; unsigned long ProcessSelfDelete : 1; unsigned long SetTimerResolutionLink : 1; };
    };
    union _LARGE_INTEGER CreateTime;
    unsigned long long ProcessQuotaUsage[2];
    unsigned long long ProcessQuotaPeak[2];
    unsigned long long PeakVirtualSize;
    unsigned long long VirtualSize;
    struct _LIST_ENTRY SessionProcessLinks;
    union {
        void *ExceptionPortData;
        unsigned long long ExceptionPortValue;
        struct { unsigned long long ExceptionPortState : 3; unsigned long long : 61; };
    };
    struct _EX_FAST_REF Token;
    unsigned long long MmReserved;
    struct _EX_PUSH_LOCK AddressCreationLock;
    struct _EX_PUSH_LOCK PageTableCommitmentLock;
    struct _ETHREAD *RotateInProgress;
    struct _ETHREAD *ForkInProgress;
    struct _EJOB *CommitChargeJob;
    struct _RTL_AVL_TREE CloneRoot;
    unsigned long long NumberOfPrivatePages;
    unsigned long long NumberOfLockedPages;
    void *Win32Process;
    struct _EJOB *Job;
    void *SectionObject;
    void *SectionBaseAddress;
    unsigned long Cookie;
    unsigned char Reserved52C[4];
    struct _PAGEFAULT_HISTORY *WorkingSetWatch;
    void *Win32WindowStation;
    void *InheritedFromUniqueProcessId;
    unsigned long long OwnerProcessId;
    struct _PEB *Peb;
    struct _MM_SESSION_SPACE *Session;
    void *Spare1;
    struct _EPROCESS_QUOTA_BLOCK *QuotaBlock;
    struct _HANDLE_TABLE *ObjectTable;
    void *DebugPort;
    struct _EWOW64PROCESS *WoW64Process;
    void *DeviceMap;
    void *EtwDataSource;
    unsigned long long PageDirectoryPte;
    struct _FILE_OBJECT *ImageFilePointer;
    unsigned char ImageFileName[15];
    unsigned char PriorityClass;
    void *SecurityPort;
    struct _SE_AUDIT_PROCESS_CREATION_INFO SeAuditProcessCreationInfo;
    struct _LIST_ENTRY JobLinks;
    void *HighestUserAddress;
    struct _LIST_ENTRY ThreadListHead;
    unsigned long ActiveThreads;
    unsigned long ImagePathHash;
    unsigned long DefaultHardErrorProcessing;
    long LastThreadExitStatus;
    struct _EX_FAST_REF PrefetchTrace;
    void *LockedPagesList;
    union _LARGE_INTEGER ReadOperationCount;
    union _LARGE_INTEGER WriteOperationCount;
    union _LARGE_INTEGER OtherOperationCount;
    union _LARGE_INTEGER ReadTransferCount;
    union _LARGE_INTEGER WriteTransferCount;
    union _LARGE_INTEGER OtherTransferCount;
    unsigned long long CommitChargeLimit;
    unsigned long long CommitCharge;
    unsigned long long CommitChargePeak;
    unsigned char Reserved658[40];
    struct _MMSUPPORT_FULL Vm;
    struct _LIST_ENTRY MmProcessLinks;
    unsigned long ModifiedPageCount;
    long ExitStatus;
    struct _RTL_AVL_TREE VadRoot;
    void *VadHint;
    unsigned long long VadCount;
    unsigned long long VadPhysicalPages;
    unsigned long long VadPhysicalPagesLimit;
    struct _ALPC_PROCESS_CONTEXT AlpcContext;
    struct _LIST_ENTRY TimerResolutionLink;
    struct _PO_DIAG_STACK_RECORD *TimerResolutionStackRecord;
    unsigned long RequestedTimerResolution;
    unsigned long SmallestTimerResolution;
    union _LARGE_INTEGER ExitTime;
    struct _INVERTED_FUNCTION_TABLE *InvertedFunctionTable;
    struct _EX_PUSH_LOCK InvertedFunctionTableLock;
    unsigned long ActiveThreadsHighWatermark;
    unsigned long LargePrivateVadCount;
    struct _EX_PUSH_LOCK ThreadListLock;
    void *WnfContext;
    struct _EJOB *ServerSilo;
    unsigned char SignatureLevel;
    unsigned char SectionSignatureLevel;
    struct _PS_PROTECTION Protection;
    struct { unsigned char HangCount : 3; unsigned char GhostCount : 3; unsigned char PrefilterException : 1; unsigned char : 1; };
    union {
        unsigned long Flags3;
        struct { unsigned long Minimal : 1; unsigned long ReplacingPageRoot : 1; unsigned long Crashed : 1; unsigned long JobVadsAreTracked : 1; unsigned long VadTrackingDisabled : 1; unsigned long AuxiliaryProcess : 1; unsigned long SubsystemProcess : 1; unsigned long IndirectCpuSets : 1; unsigned long RelinquishedCommit : 1; unsigned long HighGraphicsPriority : 1; unsigned long CommitFailLogged : 1; unsigned long ReserveFailLogged : 1; unsigned long SystemProcess : 1; unsigned long HideImageBaseAddresses : 1; unsigned long AddressPolicyFrozen : 1; unsigned long ProcessFirstResume : 1; unsigned long ForegroundExternal : 1; unsigned long ForegroundSystem : 1; unsigned long HighMemoryPriority : 1; unsigned long EnableProcessSuspendResumeLogging : 1; unsigned long EnableThreadSuspendResumeLogging : 1; unsigned long SecurityDomainChanged : 1; unsigned long SecurityFreezeComplete : 1; unsigned long VmProcessorHost : 1; unsigned long VmProcessorHostTransition : 1; unsigned long AltSyscall : 1; unsigned long TimerResolutionIgnore : 1; unsigned long DisallowUserTerminate : 1; unsigned long : 4; };
    };
    long DeviceAsid;
    unsigned char Reserved884[4];
    void *SvmData;
    struct _EX_PUSH_LOCK SvmProcessLock;
    unsigned long long SvmLock;
    struct _LIST_ENTRY SvmProcessDeviceListHead;
    unsigned long long LastFreezeInterruptTime;
    struct _PROCESS_DISK_COUNTERS *DiskCounters;
    void *PicoContext;
    void *EnclaveTable;
    unsigned long long EnclaveNumber;
    struct _EX_PUSH_LOCK EnclaveLock;
    unsigned long HighPriorityFaultsAllowed;
    unsigned char Reserved8E4[4];
    struct _PO_PROCESS_ENERGY_CONTEXT *EnergyContext;
    void *VmContext;
    unsigned long long SequenceNumber;
    unsigned long long CreateInterruptTime;
    unsigned long long CreateUnbiasedInterruptTime;
    unsigned long long TotalUnbiasedFrozenTime;
    unsigned long long LastAppStateUpdateTime;
    struct { unsigned long long LastAppStateUptime : 61; unsigned long long LastAppState : 3; };
    unsigned long long SharedCommitCharge;
    struct _EX_PUSH_LOCK SharedCommitLock;
    struct _LIST_ENTRY SharedCommitLinks;
    union {
        unsigned long long AllowedCpuSets;
        unsigned long long *AllowedCpuSetsIndirect;
    };
    union {
        unsigned long long DefaultCpuSets;
        unsigned long long *DefaultCpuSetsIndirect;
    };
    void *DiskIoAttribution;
    void *DxgProcess;
    unsigned long Win32KFilterSet;
    unsigned char Reserved96C[4];
    union _PS_INTERLOCKED_TIMER_DELAY_VALUES ProcessTimerDelay;
    unsigned long KTimerSets;
    unsigned long KTimer2Sets;
    unsigned long ThreadTimerSets;
    unsigned char Reserved984[4];
    unsigned long long VirtualTimerListLock;
    struct _LIST_ENTRY VirtualTimerListHead;
    union {
        struct _PS_PROCESS_WAKE_INFORMATION WakeInfo;
        struct _WNF_STATE_NAME WakeChannel;
    };
    union {
        unsigned long MitigationFlags;
        struct __anonymous_19c9 MitigationFlagsValues;
    };
    union {
        unsigned long MitigationFlags2;
        struct __anonymous_19cb MitigationFlags2Values;
    };
    void *PartitionObject;
    unsigned long long SecurityDomain;
    unsigned long long ParentSecurityDomain;
    void *CoverageSamplerContext;
    void *MmHotPatchContext;
    struct _RTL_AVL_TREE DynamicEHContinuationTargetsTree;
    struct _EX_PUSH_LOCK DynamicEHContinuationTargetsLock;
    struct _PS_DYNAMIC_ENFORCED_ADDRESS_RANGES DynamicEnforcedCetCompatibleRanges;
    unsigned char ReservedA20[32];
};
_Static_assert(sizeof(struct _EPROCESS) == 0xa40, "_EPROCESS");
_Static_assert(__builtin_offsetof(struct _EPROCESS, DynamicEnforcedCetCompatibleRanges) == 0xa10, "_EPROCESS.DynamicEnforcedCetCompatibleRanges");

struct _KMUTANT {
    struct _DISPATCHER_HEADER Header;
    struct _LIST_ENTRY MutantListEntry;
    struct _KTHREAD *OwnerThread;
    union {
        unsigned char MutantFlags;
        struct { unsigned char Abandoned : 1; unsigned char Spare1 : 7; };
        struct { unsigned char Abandoned2 : 1; unsigned char AbEnabled : 1; unsigned char Spare2 : 6; };
    };
    unsigned char ApcDisable;
    unsigned char Reserved32[6];
};
_Static_assert(sizeof(struct _KMUTANT) == 0x38, "_KMUTANT");
_Static_assert(__builtin_offsetof(struct _KMUTANT, ApcDisable) == 0x31, "_KMUTANT.ApcDisable");

struct _KQUEUE {
    struct _DISPATCHER_HEADER Header;
    struct _LIST_ENTRY EntryListHead;
    unsigned long CurrentCount;
    unsigned long MaximumCount;
    struct _LIST_ENTRY ThreadListHead;
};
_Static_assert(sizeof(struct _KQUEUE) == 0x40, "_KQUEUE");
_Static_assert(__builtin_offsetof(struct _KQUEUE, ThreadListHead) == 0x30, "_KQUEUE.ThreadListHead");

struct _FAST_MUTEX {
    long Count;
    unsigned char Reserved4[4];
    void *Owner;
    unsigned long Contention;
    unsigned char Reserved14[4];
    struct _KEVENT Event;
    unsigned long OldIrql;
    unsigned char Reserved34[4];
};
_Static_assert(sizeof(struct _FAST_MUTEX) == 0x38, "_FAST_MUTEX");
_Static_assert(__builtin_offsetof(struct _FAST_MUTEX, OldIrql) == 0x30, "_FAST_MUTEX.OldIrql");

struct _OWNER_ENTRY {
    unsigned long long OwnerThread;
    union {
        unsigned long TableSize;
        struct { unsigned long IoPriorityBoosted : 1; unsigned long OwnerReferenced : 1; unsigned long IoQoSPriorityBoosted : 1; unsigned long OwnerCount : 29; };
    };
    unsigned char ReservedC[4];
};
_Static_assert(sizeof(struct _OWNER_ENTRY) == 0x10, "_OWNER_ENTRY");
_Static_assert(__builtin_offsetof(struct _OWNER_ENTRY, TableSize) == 0x8, "_OWNER_ENTRY.TableSize");

struct _ERESOURCE {
    struct _LIST_ENTRY SystemResourcesList;
    struct _OWNER_ENTRY *OwnerTable;
    short ActiveCount;
    union {
        unsigned short Flag;
        unsigned char ReservedLowFlags;
        struct { unsigned char Fill1A_WaiterPriority[1]; unsigned char WaiterPriority; };
    };
    unsigned char Reserved1C[4];
    void *SharedWaiters;
    void *ExclusiveWaiters;
    struct _OWNER_ENTRY OwnerEntry;
    unsigned long ActiveEntries;
    unsigned long ContentionCount;
    unsigned long NumberOfSharedWaiters;
    unsigned long NumberOfExclusiveWaiters;
    void *Reserved2;
    union {
        void *Address;
        unsigned long long CreatorBackTraceIndex;
    };
    unsigned long long SpinLock;
};
_Static_assert(sizeof(struct _ERESOURCE) == 0x68, "_ERESOURCE");
_Static_assert(__builtin_offsetof(struct _ERESOURCE, SpinLock) == 0x60, "_ERESOURCE.SpinLock");

struct _WORK_QUEUE_ITEM {
    struct _LIST_ENTRY List;
    void (*WorkerRoutine)();
    void *Parameter;
};
_Static_assert(sizeof(struct _WORK_QUEUE_ITEM) == 0x20, "_WORK_QUEUE_ITEM");
_Static_assert(__builtin_offsetof(struct _WORK_QUEUE_ITEM, Parameter) == 0x18, "_WORK_QUEUE_ITEM.Parameter");

struct _QUAD {
    union {
        double DoNotUseThisField;
        long long UseThisFieldToCopy;
    };
};
_Static_assert(sizeof(struct _QUAD) == 0x8, "_QUAD");

struct _OBJECT_HEADER {
    long long PointerCount;
    union {
        long long HandleCount;
        void *NextToFree;
    };
    struct _EX_PUSH_LOCK Lock;
    unsigned char TypeIndex;
    union {
        unsigned char TraceFlags;
        struct { unsigned char DbgRefTrace : 1; unsigned char DbgTracePermanent : 1; unsigned char : 6; };
    };
    unsigned char InfoMask;
    union {
        unsigned char Flags;
        struct { unsigned char NewObject : 1; unsigned char KernelObject : 1; unsigned char KernelOnlyAccess : 1; unsigned char ExclusiveObject : 1; unsigned char PermanentObject : 1; unsigned char DefaultSecurityQuota : 1; unsigned char SingleHandleEntry : 1; unsigned char DeletedInline : 1; };
    };
    unsigned long Reserved;
    union {
        struct _OBJECT_CREATE_INFORMATION *ObjectCreateInfo;
        void *QuotaBlockCharged;
    };
    void *SecurityDescriptor;
    struct _QUAD Body;
};
_Static_assert(sizeof(struct _OBJECT_HEADER) == 0x38, "_OBJECT_HEADER");
_Static_assert(__builtin_offsetof(struct _OBJECT_HEADER, Body) == 0x30, "_OBJECT_HEADER.Body");

struct _OBJECT_HEADER_NAME_INFO {
    struct _OBJECT_DIRECTORY *Directory;
    struct _UNICODE_STRING Name;
    long ReferenceCount;
    unsigned long Reserved;
};
_Static_assert(sizeof(struct _OBJECT_HEADER_NAME_INFO) == 0x20, "_OBJECT_HEADER_NAME_INFO");
_Static_assert(__builtin_offsetof(struct _OBJECT_HEADER_NAME_INFO, Reserved) == 0x1c, "_OBJECT_HEADER_NAME_INFO.Reserved");

struct _OBJECT_HEADER_CREATOR_INFO {
    struct _LIST_ENTRY TypeList;
    void *CreatorUniqueProcess;
    unsigned short CreatorBackTraceIndex;
    unsigned short Reserved1;
    unsigned long Reserved2;
};
_Static_assert(sizeof(struct _OBJECT_HEADER_CREATOR_INFO) == 0x20, "_OBJECT_HEADER_CREATOR_INFO");
_Static_assert(__builtin_offsetof(struct _OBJECT_HEADER_CREATOR_INFO, Reserved2) == 0x1c, "_OBJECT_HEADER_CREATOR_INFO.Reserved2");

struct _OBJECT_HANDLE_COUNT_ENTRY {
    struct _EPROCESS *Process;
    struct { unsigned long HandleCount : 24; unsigned long LockCount : 8; };
    unsigned char ReservedC[4];
};
_Static_assert(sizeof(struct _OBJECT_HANDLE_COUNT_ENTRY) == 0x10, "_OBJECT_HANDLE_COUNT_ENTRY");

struct _OBJECT_HEADER_HANDLE_INFO {
    union {
        struct _OBJECT_HANDLE_COUNT_ENTRY SingleEntry;
        struct _OBJECT_HANDLE_COUNT_DATABASE *HandleCountDataBase;
    };
};
_Static_assert(sizeof(struct _OBJECT_HEADER_HANDLE_INFO) == 0x10, "_OBJECT_HEADER_HANDLE_INFO");

struct _OBJECT_HEADER_QUOTA_INFO {
    unsigned long PagedPoolCharge;
    unsigned long NonPagedPoolCharge;
    unsigned long SecurityDescriptorCharge;
    unsigned long Reserved1;
    void *SecurityDescriptorQuotaBlock;
    unsigned long long Reserved2;
};
_Static_assert(sizeof(struct _OBJECT_HEADER_QUOTA_INFO) == 0x20, "_OBJECT_HEADER_QUOTA_INFO");
_Static_assert(__builtin_offsetof(struct _OBJECT_HEADER_QUOTA_INFO, Reserved2) == 0x18, "_OBJECT_HEADER_QUOTA_INFO.Reserved2");

struct _OBJECT_HEADER_PROCESS_INFO {
    struct _EPROCESS *ExclusiveProcess;
    unsigned long long Reserved;
};
_Static_assert(sizeof(struct _OBJECT_HEADER_PROCESS_INFO) == 0x10, "_OBJECT_HEADER_PROCESS_INFO");
_Static_assert(__builtin_offsetof(struct _OBJECT_HEADER_PROCESS_INFO, Reserved) == 0x8, "_OBJECT_HEADER_PROCESS_INFO.Reserved");

struct _GENERIC_MAPPING {
    unsigned long GenericRead;
    unsigned long GenericWrite;
    unsigned long GenericExecute;
    unsigned long GenericAll;
};
_Static_assert(sizeof(struct _GENERIC_MAPPING) == 0x10, "_GENERIC_MAPPING");
_Static_assert(__builtin_offsetof(struct _GENERIC_MAPPING, GenericAll) == 0xc, "_GENERIC_MAPPING.GenericAll");

struct _OBJECT_TYPE_INITIALIZER {
    unsigned short Length;
    union {
        unsigned short ObjectTypeFlags;
        struct { unsigned char CaseInsensitive : 1; unsigned char UnnamedObjectsOnly : 1; unsigned char UseDefaultObject : 1; unsigned char SecurityRequired : 1; unsigned char MaintainHandleCount : 1; unsigned char MaintainTypeList : 1; unsigned char SupportsObjectCallbacks : 1; unsigned char CacheAligned : 1; };
        struct { unsigned char Fill2_UseExtendedParameters_2[1]; unsigned char UseExtendedParameters : 1; unsigned char Reserved : 7; };
    };
    unsigned long ObjectTypeCode;
    unsigned long InvalidAttributes;
    struct _GENERIC_MAPPING GenericMapping;
    unsigned long ValidAccessMask;
    unsigned long RetainAccess;
    enum _POOL_TYPE PoolType;
    unsigned long DefaultPagedPoolCharge;
    unsigned long DefaultNonPagedPoolCharge;
    void (*DumpProcedure)();
    void (*OpenProcedure)();
    void (*CloseProcedure)();
    void (*DeleteProcedure)();
    union {
        void (*ParseProcedure)();
        void (*ParseProcedureEx)();
    };
    void (*SecurityProcedure)();
    void (*QueryNameProcedure)();
    void (*OkayToCloseProcedure)();
    unsigned long WaitObjectFlagMask;
    unsigned short WaitObjectFlagOffset;
    unsigned short WaitObjectPointerOffset;
};
_Static_assert(sizeof(struct _OBJECT_TYPE_INITIALIZER) == 0x78, "_OBJECT_TYPE_INITIALIZER");
_Static_assert(__builtin_offsetof(struct _OBJECT_TYPE_INITIALIZER, WaitObjectPointerOffset) == 0x76, "_OBJECT_TYPE_INITIALIZER.WaitObjectPointerOffset");

struct _OBJECT_TYPE {
    struct _LIST_ENTRY TypeList;
    struct _UNICODE_STRING Name;
    void *DefaultObject;
    unsigned char Index;
    unsigned char Reserved29[3];
    unsigned long TotalNumberOfObjects;
    unsigned long TotalNumberOfHandles;
    unsigned long HighWaterNumberOfObjects;
    unsigned long HighWaterNumberOfHandles;
    unsigned char Reserved3C[4];
    struct _OBJECT_TYPE_INITIALIZER TypeInfo;
    struct _EX_PUSH_LOCK TypeLock;
    unsigned long Key;
    unsigned char ReservedC4[4];
    struct _LIST_ENTRY CallbackList;
};
_Static_assert(sizeof(struct _OBJECT_TYPE) == 0xd8, "_OBJECT_TYPE");
_Static_assert(__builtin_offsetof(struct _OBJECT_TYPE, CallbackList) == 0xc8, "_OBJECT_TYPE.CallbackList");

struct _OBJECT_DIRECTORY {
    struct _OBJECT_DIRECTORY_ENTRY *HashBuckets[37];
    struct _EX_PUSH_LOCK Lock;
    struct _DEVICE_MAP *DeviceMap;
    struct _OBJECT_DIRECTORY *ShadowDirectory;
    void *NamespaceEntry;
    void *SessionObject;
    unsigned long Flags;
    unsigned long SessionId;
};
_Static_assert(sizeof(struct _OBJECT_DIRECTORY) == 0x158, "_OBJECT_DIRECTORY");
_Static_assert(__builtin_offsetof(struct _OBJECT_DIRECTORY, SessionId) == 0x154, "_OBJECT_DIRECTORY.SessionId");

struct _OBJECT_DIRECTORY_ENTRY {
    struct _OBJECT_DIRECTORY_ENTRY *ChainLink;
    void *Object;
    unsigned long HashValue;
    unsigned char Reserved14[4];
};
_Static_assert(sizeof(struct _OBJECT_DIRECTORY_ENTRY) == 0x18, "_OBJECT_DIRECTORY_ENTRY");
_Static_assert(__builtin_offsetof(struct _OBJECT_DIRECTORY_ENTRY, HashValue) == 0x10, "_OBJECT_DIRECTORY_ENTRY.HashValue");

struct _OBJECT_SYMBOLIC_LINK {
    union _LARGE_INTEGER CreationTime;
    union {
        struct _UNICODE_STRING LinkTarget;
        void (*Callback)();
        struct { unsigned char Fill8_CallbackContext[8]; void *CallbackContext; };
    };
    unsigned long DosDeviceDriveIndex;
    unsigned long Flags;
    unsigned long AccessMask;
    unsigned char Reserved24[4];
};
_Static_assert(sizeof(struct _OBJECT_SYMBOLIC_LINK) == 0x28, "_OBJECT_SYMBOLIC_LINK");
_Static_assert(__builtin_offsetof(struct _OBJECT_SYMBOLIC_LINK, AccessMask) == 0x20, "_OBJECT_SYMBOLIC_LINK.AccessMask");

struct _OBJECT_ATTRIBUTES {
    unsigned long Length;
    unsigned char Reserved4[4];
    void *RootDirectory;
    struct _UNICODE_STRING *ObjectName;
    unsigned long Attributes;
    unsigned char Reserved1C[4];
    void *SecurityDescriptor;
    void *SecurityQualityOfService;
};
_Static_assert(sizeof(struct _OBJECT_ATTRIBUTES) == 0x30, "_OBJECT_ATTRIBUTES");
_Static_assert(__builtin_offsetof(struct _OBJECT_ATTRIBUTES, SecurityQualityOfService) == 0x28, "_OBJECT_ATTRIBUTES.SecurityQualityOfService");

struct _HANDLE_TABLE_FREE_LIST {
    struct _EX_PUSH_LOCK FreeListLock;
    union _HANDLE_TABLE_ENTRY *FirstFreeHandleEntry;
    union _HANDLE_TABLE_ENTRY *LastFreeHandleEntry;
    long HandleCount;
    unsigned long HighWaterMark;
    unsigned char Reserved20[32];
};
_Static_assert(sizeof(struct _HANDLE_TABLE_FREE_LIST) == 0x40, "_HANDLE_TABLE_FREE_LIST");
_Static_assert(__builtin_offsetof(struct _HANDLE_TABLE_FREE_LIST, HighWaterMark) == 0x1c, "_HANDLE_TABLE_FREE_LIST.HighWaterMark");

struct _HANDLE_TABLE {
    unsigned long NextHandleNeedingPool;
    long ExtraInfoPages;
    unsigned long long TableCode;
    struct _EPROCESS *QuotaProcess;
    struct _LIST_ENTRY HandleTableList;
    unsigned long UniqueProcessId;
    union {
        unsigned long Flags;
        struct { unsigned char StrictFIFO : 1; unsigned char EnableHandleExceptions : 1; unsigned char Rundown : 1; unsigned char Duplicated : 1; unsigned char RaiseUMExceptionOnInvalidHandleClose : 1; unsigned char : 3; };
    };
    struct _EX_PUSH_LOCK HandleContentionEvent;
    struct _EX_PUSH_LOCK HandleTableLock;
    union {
        struct _HANDLE_TABLE_FREE_LIST FreeLists[1];
        unsigned char ActualEntry[32];
        struct { unsigned char Fill40_DebugInfo[32]; struct _HANDLE_TRACE_DEBUG_INFO *DebugInfo; };
    };
};
_Static_assert(sizeof(struct _HANDLE_TABLE) == 0x80, "_HANDLE_TABLE");
_Static_assert(__builtin_offsetof(struct _HANDLE_TABLE, DebugInfo) == 0x60, "_HANDLE_TABLE.DebugInfo");

struct _EXHANDLE {
    union {
        void *GenericHandleOverlay;
        unsigned long long Value;
        struct { unsigned long TagBits : 2; unsigned long Index : 30; };
    };
};
_Static_assert(sizeof(struct _EXHANDLE) == 0x8, "_EXHANDLE");

union _HANDLE_TABLE_ENTRY {
    struct _HANDLE_TABLE_ENTRY_INFO *InfoTable;
    long long LowValue;
    long long RefCountField;
    long long VolatileLowValue;
    struct { unsigned char Fill0_HighValue[8]; long long HighValue; };
    struct { unsigned char Fill0_LeafHandleValue[8]; struct _EXHANDLE LeafHandleValue; };
    struct { unsigned char Fill0_NextFreeHandleEntry[8]; union _HANDLE_TABLE_ENTRY *NextFreeHandleEntry; };
    struct { unsigned char Fill0_Spare2[12]; unsigned long Spare2; };
    struct { unsigned long long Unlocked : 1; unsigned long long RefCnt : 16; unsigned long long Attributes : 3; unsigned long long ObjectPointerBits : 44; };
    struct { unsigned char Fill0_GrantedAccessBits_9[8]; unsigned long GrantedAccessBits : 25; unsigned long NoRightsUpgrade : 1; unsigned long Spare1 : 6; };
};
_Static_assert(sizeof(union _HANDLE_TABLE_ENTRY) == 0x10, "_HANDLE_TABLE_ENTRY");
_Static_assert(__builtin_offsetof(union _HANDLE_TABLE_ENTRY, Spare2) == 0xc, "_HANDLE_TABLE_ENTRY.Spare2");

enum _SECURITY_IMPERSONATION_LEVEL { SecurityAnonymous = 0, SecurityDelegation = 3, SecurityIdentification = 1, SecurityImpersonation = 2 };

struct _SECURITY_QUALITY_OF_SERVICE {
    unsigned long Length;
    enum _SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
    unsigned char ContextTrackingMode;
    unsigned char EffectiveOnly;
    unsigned char ReservedA[2];
};
_Static_assert(sizeof(struct _SECURITY_QUALITY_OF_SERVICE) == 0xc, "_SECURITY_QUALITY_OF_SERVICE");
_Static_assert(__builtin_offsetof(struct _SECURITY_QUALITY_OF_SERVICE, EffectiveOnly) == 0x9, "_SECURITY_QUALITY_OF_SERVICE.EffectiveOnly");

struct _OBJECT_CREATE_INFORMATION {
    unsigned long Attributes;
    unsigned char Reserved4[4];
    void *RootDirectory;
    char ProbeMode;
    unsigned char Reserved11[3];
    unsigned long PagedPoolCharge;
    unsigned long NonPagedPoolCharge;
    unsigned long SecurityDescriptorCharge;
    void *SecurityDescriptor;
    struct _SECURITY_QUALITY_OF_SERVICE *SecurityQos;
    struct _SECURITY_QUALITY_OF_SERVICE SecurityQualityOfService;
    unsigned char Reserved3C[4];
};
_Static_assert(sizeof(struct _OBJECT_CREATE_INFORMATION) == 0x40, "_OBJECT_CREATE_INFORMATION");
_Static_assert(__builtin_offsetof(struct _OBJECT_CREATE_INFORMATION, SecurityQualityOfService) == 0x30, "_OBJECT_CREATE_INFORMATION.SecurityQualityOfService");

union __anonymous_111b {
    struct _IRP *MasterIrp;
    void *SystemBuffer;
    long IrpCount;
};
_Static_assert(sizeof(union __anonymous_111b) == 0x8, "__anonymous_111b");

struct _IO_STATUS_BLOCK {
    union {
        void *Pointer;
        long Status;
    };
    unsigned long long Information;
};
_Static_assert(sizeof(struct _IO_STATUS_BLOCK) == 0x10, "_IO_STATUS_BLOCK");
_Static_assert(__builtin_offsetof(struct _IO_STATUS_BLOCK, Information) == 0x8, "_IO_STATUS_BLOCK.Information");

struct __anonymous_1122 {
    union {
        void *IssuingProcess;
        void (*UserApcRoutine)();
    };
    void *UserApcContext;
};
_Static_assert(sizeof(struct __anonymous_1122) == 0x10, "__anonymous_1122");
_Static_assert(__builtin_offsetof(struct __anonymous_1122, UserApcContext) == 0x8, "__anonymous_1122.UserApcContext");

union __anonymous_1124 {
    struct __anonymous_1122 AsynchronousParameters;
    union _LARGE_INTEGER AllocationSize;
};
_Static_assert(sizeof(union __anonymous_1124) == 0x10, "__anonymous_1124");

struct _KDEVICE_QUEUE_ENTRY {
    struct _LIST_ENTRY DeviceListEntry;
    unsigned long SortKey;
    unsigned char Inserted;
    unsigned char Reserved15[3];
};
_Static_assert(sizeof(struct _KDEVICE_QUEUE_ENTRY) == 0x18, "_KDEVICE_QUEUE_ENTRY");
_Static_assert(__builtin_offsetof(struct _KDEVICE_QUEUE_ENTRY, Inserted) == 0x14, "_KDEVICE_QUEUE_ENTRY.Inserted");

struct __anonymous_19e5 {
    union {
        void *DriverContext[4];
        struct _KDEVICE_QUEUE_ENTRY DeviceQueueEntry;
    };
    struct _ETHREAD *Thread;
    char *AuxiliaryBuffer;
    struct _LIST_ENTRY ListEntry;
    union {
        struct _IO_STACK_LOCATION *CurrentStackLocation;
        unsigned long PacketType;
    };
    struct _FILE_OBJECT *OriginalFileObject;
    void *IrpExtension;
};
_Static_assert(sizeof(struct __anonymous_19e5) == 0x58, "__anonymous_19e5");
_Static_assert(__builtin_offsetof(struct __anonymous_19e5, IrpExtension) == 0x50, "__anonymous_19e5.IrpExtension");

union __anonymous_19e7 {
    struct _KAPC Apc;
    struct __anonymous_19e5 Overlay;
    void *CompletionKey;
};
_Static_assert(sizeof(union __anonymous_19e7) == 0x58, "__anonymous_19e7");

struct _IRP {
    short Type;
    unsigned short Size;
    unsigned short AllocationProcessorNumber;
    unsigned short Reserved;
    struct _MDL *MdlAddress;
    unsigned long Flags;
    unsigned char Reserved14[4];
    union __anonymous_111b AssociatedIrp;
    struct _LIST_ENTRY ThreadListEntry;
    struct _IO_STATUS_BLOCK IoStatus;
    char RequestorMode;
    unsigned char PendingReturned;
    char StackCount;
    char CurrentLocation;
    unsigned char Cancel;
    unsigned char CancelIrql;
    char ApcEnvironment;
    unsigned char AllocationFlags;
    struct _IO_STATUS_BLOCK *UserIosb;
    struct _KEVENT *UserEvent;
    union __anonymous_1124 Overlay;
    void (*CancelRoutine)();
    void *UserBuffer;
    union __anonymous_19e7 Tail;
};
_Static_assert(sizeof(struct _IRP) == 0xd0, "_IRP");
_Static_assert(__builtin_offsetof(struct _IRP, Tail) == 0x78, "_IRP.Tail");

struct __anonymous_113b {
    struct _IO_SECURITY_CONTEXT *SecurityContext;
    unsigned long Options;
    unsigned char ReservedC[4];
    unsigned short FileAttributes;
    unsigned short ShareAccess;
    unsigned char Reserved14[4];
    unsigned long EaLength;
    unsigned char Reserved1C[4];
};
_Static_assert(sizeof(struct __anonymous_113b) == 0x20, "__anonymous_113b");
_Static_assert(__builtin_offsetof(struct __anonymous_113b, EaLength) == 0x18, "__anonymous_113b.EaLength");

struct __anonymous_1143 {
    struct _IO_SECURITY_CONTEXT *SecurityContext;
    unsigned long Options;
    unsigned char ReservedC[4];
    unsigned short Reserved;
    unsigned short ShareAccess;
    unsigned char Reserved14[4];
    struct _MAILSLOT_CREATE_PARAMETERS *Parameters;
};
_Static_assert(sizeof(struct __anonymous_1143) == 0x20, "__anonymous_1143");
_Static_assert(__builtin_offsetof(struct __anonymous_1143, Parameters) == 0x18, "__anonymous_1143.Parameters");

struct __anonymous_113f {
    struct _IO_SECURITY_CONTEXT *SecurityContext;
    unsigned long Options;
    unsigned char ReservedC[4];
    unsigned short Reserved;
    unsigned short ShareAccess;
    unsigned char Reserved14[4];
    struct _NAMED_PIPE_CREATE_PARAMETERS *Parameters;
};
_Static_assert(sizeof(struct __anonymous_113f) == 0x20, "__anonymous_113f");
_Static_assert(__builtin_offsetof(struct __anonymous_113f, Parameters) == 0x18, "__anonymous_113f.Parameters");

struct __anonymous_1162 {
    unsigned long OutputBufferLength;
    unsigned char Reserved4[4];
    unsigned long InputBufferLength;
    unsigned char ReservedC[4];
    unsigned long IoControlCode;
    unsigned char Reserved14[4];
    void *Type3InputBuffer;
};
_Static_assert(sizeof(struct __anonymous_1162) == 0x20, "__anonymous_1162");
_Static_assert(__builtin_offsetof(struct __anonymous_1162, Type3InputBuffer) == 0x18, "__anonymous_1162.Type3InputBuffer");

struct __anonymous_115d {
    unsigned long OutputBufferLength;
    unsigned char Reserved4[4];
    unsigned long InputBufferLength;
    unsigned char ReservedC[4];
    unsigned long FsControlCode;
    unsigned char Reserved14[4];
    void *Type3InputBuffer;
};
_Static_assert(sizeof(struct __anonymous_115d) == 0x20, "__anonymous_115d");
_Static_assert(__builtin_offsetof(struct __anonymous_115d, Type3InputBuffer) == 0x18, "__anonymous_115d.Type3InputBuffer");

struct __anonymous_11ae {
    void *Argument1;
    void *Argument2;
    void *Argument3;
    void *Argument4;
};
_Static_assert(sizeof(struct __anonymous_11ae) == 0x20, "__anonymous_11ae");
_Static_assert(__builtin_offsetof(struct __anonymous_11ae, Argument4) == 0x18, "__anonymous_11ae.Argument4");

struct _SYSTEM_POWER_STATE_CONTEXT {
    union {
        unsigned long ContextAsUlong;
        struct { unsigned long Reserved1 : 8; unsigned long TargetSystemState : 4; unsigned long EffectiveSystemState : 4; unsigned long CurrentSystemState : 4; unsigned long IgnoreHibernationPath : 1; unsigned long PseudoTransition : 1; unsigned long KernelSoftReboot : 1; unsigned long DirectedDripsTransition : 1; unsigned long Reserved2 : 8; };
    };
};
_Static_assert(sizeof(struct _SYSTEM_POWER_STATE_CONTEXT) == 0x4, "_SYSTEM_POWER_STATE_CONTEXT");

enum _POWER_STATE_TYPE { DevicePowerState = 1, SystemPowerState = 0 };

union _POWER_STATE {
    enum _DEVICE_POWER_STATE DeviceState;
    enum _SYSTEM_POWER_STATE SystemState;
};
_Static_assert(sizeof(union _POWER_STATE) == 0x4, "_POWER_STATE");

enum POWER_ACTION { PowerActionDisplayOff = 8, PowerActionHibernate = 3, PowerActionNone = 0, PowerActionReserved = 1, PowerActionShutdown = 4, PowerActionShutdownOff = 6, PowerActionShutdownReset = 5, PowerActionSleep = 2, PowerActionWarmEject = 7 };

struct __anonymous_11a6 {
    union {
        unsigned long SystemContext;
        struct _SYSTEM_POWER_STATE_CONTEXT SystemPowerStateContext;
    };
    unsigned char Reserved4[4];
    enum _POWER_STATE_TYPE Type;
    unsigned char ReservedC[4];
    union _POWER_STATE State;
    unsigned char Reserved14[4];
    enum POWER_ACTION ShutdownType;
    unsigned char Reserved1C[4];
};
_Static_assert(sizeof(struct __anonymous_11a6) == 0x20, "__anonymous_11a6");
_Static_assert(__builtin_offsetof(struct __anonymous_11a6, ShutdownType) == 0x18, "__anonymous_11a6.ShutdownType");

struct __anonymous_1149 {
    unsigned long Length;
    unsigned char Reserved4[4];
    struct _UNICODE_STRING *FileName;
    enum _FILE_INFORMATION_CLASS FileInformationClass;
    unsigned char Reserved14[4];
    unsigned long FileIndex;
    unsigned char Reserved1C[4];
};
_Static_assert(sizeof(struct __anonymous_1149) == 0x20, "__anonymous_1149");
_Static_assert(__builtin_offsetof(struct __anonymous_1149, FileIndex) == 0x18, "__anonymous_1149.FileIndex");

struct __anonymous_1155 {
    unsigned long Length;
    unsigned char Reserved4[4];
    void *EaList;
    unsigned long EaListLength;
    unsigned char Reserved14[4];
    unsigned long EaIndex;
    unsigned char Reserved1C[4];
};
_Static_assert(sizeof(struct __anonymous_1155) == 0x20, "__anonymous_1155");
_Static_assert(__builtin_offsetof(struct __anonymous_1155, EaIndex) == 0x18, "__anonymous_1155.EaIndex");

struct __anonymous_117d {
    struct _GUID *InterfaceType;
    unsigned short Size;
    unsigned short Version;
    unsigned char ReservedC[4];
    struct _INTERFACE *Interface;
    void *InterfaceSpecificData;
};
_Static_assert(sizeof(struct __anonymous_117d) == 0x20, "__anonymous_117d");
_Static_assert(__builtin_offsetof(struct __anonymous_117d, InterfaceSpecificData) == 0x18, "__anonymous_117d.InterfaceSpecificData");

struct __anonymous_1172 {
    unsigned long Length;
    unsigned char Reserved4[4];
    void *StartSid;
    struct _FILE_GET_QUOTA_INFORMATION *SidList;
    unsigned long SidListLength;
    unsigned char Reserved1C[4];
};
_Static_assert(sizeof(struct __anonymous_1172) == 0x20, "__anonymous_1172");
_Static_assert(__builtin_offsetof(struct __anonymous_1172, SidListLength) == 0x18, "__anonymous_1172.SidListLength");

struct __anonymous_1187 {
    unsigned long WhichSpace;
    unsigned char Reserved4[4];
    void *Buffer;
    unsigned long Offset;
    unsigned char Reserved14[4];
    unsigned long Length;
    unsigned char Reserved1C[4];
};
_Static_assert(sizeof(struct __anonymous_1187) == 0x20, "__anonymous_1187");
_Static_assert(__builtin_offsetof(struct __anonymous_1187, Length) == 0x18, "__anonymous_1187.Length");

struct __anonymous_1153 {
    unsigned long Length;
    unsigned char Reserved4[4];
    enum _FILE_INFORMATION_CLASS FileInformationClass;
    unsigned char ReservedC[4];
    struct _FILE_OBJECT *FileObject;
    union {
        void *DeleteHandle;
        unsigned long ClusterCount;
        unsigned char ReplaceIfExists;
        struct { unsigned char Fill18_AdvanceOnly[1]; unsigned char AdvanceOnly; };
    };
};
_Static_assert(sizeof(struct __anonymous_1153) == 0x20, "__anonymous_1153");
_Static_assert(__builtin_offsetof(struct __anonymous_1153, AdvanceOnly) == 0x19, "__anonymous_1153.AdvanceOnly");

struct __anonymous_11ac {
    unsigned long long ProviderId;
    void *DataPath;
    unsigned long BufferSize;
    unsigned char Reserved14[4];
    void *Buffer;
};
_Static_assert(sizeof(struct __anonymous_11ac) == 0x20, "__anonymous_11ac");
_Static_assert(__builtin_offsetof(struct __anonymous_11ac, Buffer) == 0x18, "__anonymous_11ac.Buffer");

struct __anonymous_1160 {
    union _LARGE_INTEGER *Length;
    unsigned long Key;
    unsigned char ReservedC[4];
    union _LARGE_INTEGER ByteOffset;
};
_Static_assert(sizeof(struct __anonymous_1160) == 0x18, "__anonymous_1160");
_Static_assert(__builtin_offsetof(struct __anonymous_1160, ByteOffset) == 0x10, "__anonymous_1160.ByteOffset");

enum _DIRECTORY_NOTIFY_INFORMATION_CLASS { DirectoryNotifyExtendedInformation = 2, DirectoryNotifyInformation = 1 };

struct __anonymous_114f {
    unsigned long Length;
    unsigned char Reserved4[4];
    unsigned long CompletionFilter;
    unsigned char ReservedC[4];
    enum _DIRECTORY_NOTIFY_INFORMATION_CLASS DirectoryNotifyInformationClass;
    unsigned char Reserved14[4];
};
_Static_assert(sizeof(struct __anonymous_114f) == 0x18, "__anonymous_114f");
_Static_assert(__builtin_offsetof(struct __anonymous_114f, DirectoryNotifyInformationClass) == 0x10, "__anonymous_114f.DirectoryNotifyInformationClass");

struct __anonymous_1145 {
    unsigned long Length;
    unsigned char Reserved4[4];
    unsigned long Key;
    unsigned long Flags;
    union _LARGE_INTEGER ByteOffset;
};
_Static_assert(sizeof(struct __anonymous_1145) == 0x18, "__anonymous_1145");
_Static_assert(__builtin_offsetof(struct __anonymous_1145, ByteOffset) == 0x10, "__anonymous_1145.ByteOffset");

struct __anonymous_116a {
    struct _VPB *Vpb;
    struct _DEVICE_OBJECT *DeviceObject;
};
_Static_assert(sizeof(struct __anonymous_116a) == 0x10, "__anonymous_116a");
_Static_assert(__builtin_offsetof(struct __anonymous_116a, DeviceObject) == 0x8, "__anonymous_116a.DeviceObject");

struct __anonymous_114b {
    unsigned long Length;
    unsigned char Reserved4[4];
    unsigned long CompletionFilter;
    unsigned char ReservedC[4];
};
_Static_assert(sizeof(struct __anonymous_114b) == 0x10, "__anonymous_114b");
_Static_assert(__builtin_offsetof(struct __anonymous_114b, CompletionFilter) == 0x8, "__anonymous_114b.CompletionFilter");

enum DEVICE_TEXT_TYPE { DeviceTextDescription = 0, DeviceTextLocationInformation = 1 };

struct __anonymous_1191 {
    enum DEVICE_TEXT_TYPE DeviceTextType;
    unsigned char Reserved4[4];
    unsigned long LocaleId;
    unsigned char ReservedC[4];
};
_Static_assert(sizeof(struct __anonymous_1191) == 0x10, "__anonymous_1191");
_Static_assert(__builtin_offsetof(struct __anonymous_1191, LocaleId) == 0x8, "__anonymous_1191.LocaleId");

struct __anonymous_1151 {
    unsigned long Length;
    unsigned char Reserved4[4];
    enum _FILE_INFORMATION_CLASS FileInformationClass;
    unsigned char ReservedC[4];
};
_Static_assert(sizeof(struct __anonymous_1151) == 0x10, "__anonymous_1151");
_Static_assert(__builtin_offsetof(struct __anonymous_1151, FileInformationClass) == 0x8, "__anonymous_1151.FileInformationClass");

struct __anonymous_1164 {
    unsigned long SecurityInformation;
    unsigned char Reserved4[4];
    unsigned long Length;
    unsigned char ReservedC[4];
};
_Static_assert(sizeof(struct __anonymous_1164) == 0x10, "__anonymous_1164");
_Static_assert(__builtin_offsetof(struct __anonymous_1164, Length) == 0x8, "__anonymous_1164.Length");

enum _FSINFOCLASS { FileFsAttributeInformation = 5, FileFsControlInformation = 6, FileFsDataCopyInformation = 12, FileFsDeviceInformation = 4, FileFsDriverPathInformation = 9, FileFsFullSizeInformation = 7, FileFsFullSizeInformationEx = 14, FileFsLabelInformation = 2, FileFsMaximumInformation = 15, FileFsMetadataSizeInformation = 13, FileFsObjectIdInformation = 8, FileFsSectorSizeInformation = 11, FileFsSizeInformation = 3, FileFsVolumeFlagsInformation = 10, FileFsVolumeInformation = 1 };

struct __anonymous_115b {
    unsigned long Length;
    unsigned char Reserved4[4];
    enum _FSINFOCLASS FsInformationClass;
    unsigned char ReservedC[4];
};
_Static_assert(sizeof(struct __anonymous_115b) == 0x10, "__anonymous_115b");
_Static_assert(__builtin_offsetof(struct __anonymous_115b, FsInformationClass) == 0x8, "__anonymous_115b.FsInformationClass");

struct __anonymous_1166 {
    unsigned long SecurityInformation;
    unsigned char Reserved4[4];
    void *SecurityDescriptor;
};
_Static_assert(sizeof(struct __anonymous_1166) == 0x10, "__anonymous_1166");
_Static_assert(__builtin_offsetof(struct __anonymous_1166, SecurityDescriptor) == 0x8, "__anonymous_1166.SecurityDescriptor");

struct __anonymous_11aa {
    struct _CM_RESOURCE_LIST *AllocatedResources;
    struct _CM_RESOURCE_LIST *AllocatedResourcesTranslated;
};
_Static_assert(sizeof(struct __anonymous_11aa) == 0x10, "__anonymous_11aa");
_Static_assert(__builtin_offsetof(struct __anonymous_11aa, AllocatedResourcesTranslated) == 0x8, "__anonymous_11aa.AllocatedResourcesTranslated");

enum _DEVICE_USAGE_NOTIFICATION_TYPE { DeviceUsageTypeBoot = 4, DeviceUsageTypeDumpFile = 3, DeviceUsageTypeGuestAssigned = 6, DeviceUsageTypeHibernation = 2, DeviceUsageTypePaging = 1, DeviceUsageTypePostDisplay = 5, DeviceUsageTypeUndefined = 0 };

struct __anonymous_1196 {
    unsigned char InPath;
    unsigned char Reserved[3];
    unsigned char Reserved4[4];
    enum _DEVICE_USAGE_NOTIFICATION_TYPE Type;
    unsigned char ReservedC[4];
};
_Static_assert(sizeof(struct __anonymous_1196) == 0x10, "__anonymous_1196");
_Static_assert(__builtin_offsetof(struct __anonymous_1196, Type) == 0x8, "__anonymous_1196.Type");

struct __anonymous_1181 {
    struct _DEVICE_CAPABILITIES *Capabilities;
};
_Static_assert(sizeof(struct __anonymous_1181) == 0x8, "__anonymous_1181");

struct __anonymous_1185 {
    struct _IO_RESOURCE_REQUIREMENTS_LIST *IoResourceRequirementList;
};
_Static_assert(sizeof(struct __anonymous_1185) == 0x8, "__anonymous_1185");

struct __anonymous_119e {
    struct _POWER_SEQUENCE *PowerSequence;
};
_Static_assert(sizeof(struct __anonymous_119e) == 0x8, "__anonymous_119e");

struct __anonymous_116e {
    struct _SCSI_REQUEST_BLOCK *Srb;
};
_Static_assert(sizeof(struct __anonymous_116e) == 0x8, "__anonymous_116e");

struct __anonymous_1176 {
    enum _DEVICE_RELATION_TYPE Type;
};
_Static_assert(sizeof(struct __anonymous_1176) == 0x4, "__anonymous_1176");

enum BUS_QUERY_ID_TYPE { BusQueryCompatibleIDs = 2, BusQueryContainerID = 5, BusQueryDeviceID = 0, BusQueryDeviceSerialNumber = 4, BusQueryHardwareIDs = 1, BusQueryInstanceID = 3 };

struct __anonymous_118d {
    enum BUS_QUERY_ID_TYPE IdType;
};
_Static_assert(sizeof(struct __anonymous_118d) == 0x4, "__anonymous_118d");

struct __anonymous_1157 {
    unsigned long Length;
};
_Static_assert(sizeof(struct __anonymous_1157) == 0x4, "__anonymous_1157");

struct __anonymous_119a {
    enum _SYSTEM_POWER_STATE PowerState;
};
_Static_assert(sizeof(struct __anonymous_119a) == 0x4, "__anonymous_119a");

struct __anonymous_1189 {
    unsigned char Lock;
};
_Static_assert(sizeof(struct __anonymous_1189) == 0x1, "__anonymous_1189");

union __anonymous_11b0 {
    struct __anonymous_113b Create;
    struct __anonymous_1143 CreateMailslot;
    struct __anonymous_113f CreatePipe;
    struct __anonymous_1162 DeviceIoControl;
    struct __anonymous_115d FileSystemControl;
    struct __anonymous_11ae Others;
    struct __anonymous_11a6 Power;
    struct __anonymous_1149 QueryDirectory;
    struct __anonymous_1155 QueryEa;
    struct __anonymous_117d QueryInterface;
    struct __anonymous_1172 QueryQuota;
    struct __anonymous_1187 ReadWriteConfig;
    struct __anonymous_1153 SetFile;
    struct __anonymous_11ac WMI;
    struct __anonymous_1160 LockControl;
    struct __anonymous_114f NotifyDirectoryEx;
    struct __anonymous_1145 Read;
    struct __anonymous_1145 Write;
    struct __anonymous_116a MountVolume;
    struct __anonymous_114b NotifyDirectory;
    struct __anonymous_1191 QueryDeviceText;
    struct __anonymous_1151 QueryFile;
    struct __anonymous_1164 QuerySecurity;
    struct __anonymous_115b QueryVolume;
    struct __anonymous_1166 SetSecurity;
    struct __anonymous_115b SetVolume;
    struct __anonymous_11aa StartDevice;
    struct __anonymous_1196 UsageNotification;
    struct __anonymous_116a VerifyVolume;
    struct __anonymous_1181 DeviceCapabilities;
    struct __anonymous_1185 FilterResourceRequirements;
    struct __anonymous_119e PowerSequence;
    struct __anonymous_116e Scsi;
    struct __anonymous_1176 QueryDeviceRelations;
    struct __anonymous_118d QueryId;
    struct __anonymous_1157 SetEa;
    struct __anonymous_1157 SetQuota;
    struct __anonymous_119a WaitWake;
    struct __anonymous_1189 SetLock;
};
_Static_assert(sizeof(union __anonymous_11b0) == 0x20, "__anonymous_11b0");

struct _IO_STACK_LOCATION {
    unsigned char MajorFunction;
    unsigned char MinorFunction;
    unsigned char Flags;
    unsigned char Control;
    unsigned char Reserved4[4];
    union __anonymous_11b0 Parameters;
    struct _DEVICE_OBJECT *DeviceObject;
    struct _FILE_OBJECT *FileObject;
    void (*CompletionRoutine)();
    void *Context;
};
_Static_assert(sizeof(struct _IO_STACK_LOCATION) == 0x48, "_IO_STACK_LOCATION");
_Static_assert(__builtin_offsetof(struct _IO_STACK_LOCATION, Context) == 0x40, "_IO_STACK_LOCATION.Context");

struct _WAIT_CONTEXT_BLOCK {
    union {
        struct _KDEVICE_QUEUE_ENTRY WaitQueueEntry;
        struct _LIST_ENTRY DmaWaitEntry;
        struct { unsigned char Fill0_NumberOfChannels[16]; unsigned long NumberOfChannels; };
        struct { unsigned char Fill0_SyncCallback_3[20]; unsigned long SyncCallback : 1; unsigned long DmaContext : 1; unsigned long ZeroMapRegisters : 1; unsigned long Reserved : 9; unsigned long NumberOfRemapPages : 20; };
    };
    void (*DeviceRoutine)();
    void *DeviceContext;
    unsigned long NumberOfMapRegisters;
    unsigned char Reserved2C[4];
    void *DeviceObject;
    void *CurrentIrp;
    struct _KDPC *BufferChainingDpc;
};
_Static_assert(sizeof(struct _WAIT_CONTEXT_BLOCK) == 0x48, "_WAIT_CONTEXT_BLOCK");
_Static_assert(__builtin_offsetof(struct _WAIT_CONTEXT_BLOCK, BufferChainingDpc) == 0x40, "_WAIT_CONTEXT_BLOCK.BufferChainingDpc");

union __anonymous_11c7 {
    struct _WAIT_CONTEXT_BLOCK Wcb;
    struct _LIST_ENTRY ListEntry;
};
_Static_assert(sizeof(union __anonymous_11c7) == 0x48, "__anonymous_11c7");

struct _KDEVICE_QUEUE {
    short Type;
    short Size;
    unsigned char Reserved4[4];
    struct _LIST_ENTRY DeviceListHead;
    unsigned long long Lock;
    union {
        unsigned char Busy;
        struct { long long Reserved : 8; long long Hint : 56; };
    };
};
_Static_assert(sizeof(struct _KDEVICE_QUEUE) == 0x28, "_KDEVICE_QUEUE");
_Static_assert(__builtin_offsetof(struct _KDEVICE_QUEUE, Busy) == 0x20, "_KDEVICE_QUEUE.Busy");

struct _DEVICE_OBJECT {
    short Type;
    unsigned short Size;
    long ReferenceCount;
    struct _DRIVER_OBJECT *DriverObject;
    struct _DEVICE_OBJECT *NextDevice;
    struct _DEVICE_OBJECT *AttachedDevice;
    struct _IRP *CurrentIrp;
    struct _IO_TIMER *Timer;
    unsigned long Flags;
    unsigned long Characteristics;
    struct _VPB *Vpb;
    void *DeviceExtension;
    unsigned long DeviceType;
    char StackSize;
    unsigned char Reserved4D[3];
    union __anonymous_11c7 Queue;
    unsigned long AlignmentRequirement;
    unsigned char Reserved9C[4];
    struct _KDEVICE_QUEUE DeviceQueue;
    struct _KDPC Dpc;
    unsigned long ActiveThreadCount;
    unsigned char Reserved10C[4];
    void *SecurityDescriptor;
    struct _KEVENT DeviceLock;
    unsigned short SectorSize;
    unsigned short Spare1;
    unsigned char Reserved134[4];
    struct _DEVOBJ_EXTENSION *DeviceObjectExtension;
    void *Reserved;
    unsigned char Reserved148[8];
};
_Static_assert(sizeof(struct _DEVICE_OBJECT) == 0x150, "_DEVICE_OBJECT");
_Static_assert(__builtin_offsetof(struct _DEVICE_OBJECT, Reserved) == 0x140, "_DEVICE_OBJECT.Reserved");

struct _DEVOBJ_EXTENSION {
    short Type;
    unsigned short Size;
    unsigned char Reserved4[4];
    struct _DEVICE_OBJECT *DeviceObject;
    unsigned long PowerFlags;
    unsigned char Reserved14[4];
    struct _DEVICE_OBJECT_POWER_EXTENSION *Dope;
    unsigned long ExtensionFlags;
    unsigned char Reserved24[4];
    void *DeviceNode;
    struct _DEVICE_OBJECT *AttachedTo;
    long StartIoCount;
    long StartIoKey;
    unsigned long StartIoFlags;
    unsigned char Reserved44[4];
    struct _VPB *Vpb;
    void *DependencyNode;
    void *InterruptContext;
    long InterruptCount;
    unsigned char Reserved64[4];
    void *VerifierContext;
};
_Static_assert(sizeof(struct _DEVOBJ_EXTENSION) == 0x70, "_DEVOBJ_EXTENSION");
_Static_assert(__builtin_offsetof(struct _DEVOBJ_EXTENSION, VerifierContext) == 0x68, "_DEVOBJ_EXTENSION.VerifierContext");

struct _DRIVER_OBJECT {
    short Type;
    short Size;
    unsigned char Reserved4[4];
    struct _DEVICE_OBJECT *DeviceObject;
    unsigned long Flags;
    unsigned char Reserved14[4];
    void *DriverStart;
    unsigned long DriverSize;
    unsigned char Reserved24[4];
    void *DriverSection;
    struct _DRIVER_EXTENSION *DriverExtension;
    struct _UNICODE_STRING DriverName;
    struct _UNICODE_STRING *HardwareDatabase;
    struct _FAST_IO_DISPATCH *FastIoDispatch;
    void (*DriverInit)();
    void (*DriverStartIo)();
    void (*DriverUnload)();
    void (*MajorFunction[28])();
};
_Static_assert(sizeof(struct _DRIVER_OBJECT) == 0x150, "_DRIVER_OBJECT");
_Static_assert(__builtin_offsetof(struct _DRIVER_OBJECT, MajorFunction) == 0x70, "_DRIVER_OBJECT.MajorFunction");

struct _DRIVER_EXTENSION {
    struct _DRIVER_OBJECT *DriverObject;
    void (*AddDevice)();
    unsigned long Count;
    unsigned char Reserved14[4];
    struct _UNICODE_STRING ServiceKeyName;
    struct _IO_CLIENT_EXTENSION *ClientDriverExtension;
    struct _FS_FILTER_CALLBACKS *FsFilterCallbacks;
    void *KseCallbacks;
    void *DvCallbacks;
    void *VerifierContext;
};
_Static_assert(sizeof(struct _DRIVER_EXTENSION) == 0x50, "_DRIVER_EXTENSION");
_Static_assert(__builtin_offsetof(struct _DRIVER_EXTENSION, VerifierContext) == 0x48, "_DRIVER_EXTENSION.VerifierContext");

struct _FILE_OBJECT {
    short Type;
    short Size;
    unsigned char Reserved4[4];
    struct _DEVICE_OBJECT *DeviceObject;
    struct _VPB *Vpb;
    void *FsContext;
    void *FsContext2;
    struct _SECTION_OBJECT_POINTERS *SectionObjectPointer;
    void *PrivateCacheMap;
    long FinalStatus;
    unsigned char Reserved3C[4];
    struct _FILE_OBJECT *RelatedFileObject;
    unsigned char LockOperation;
    unsigned char DeletePending;
    unsigned char ReadAccess;
    unsigned char WriteAccess;
    unsigned char DeleteAccess;
    unsigned char SharedRead;
    unsigned char SharedWrite;
    unsigned char SharedDelete;
    unsigned long Flags;
    unsigned char Reserved54[4];
    struct _UNICODE_STRING FileName;
    union _LARGE_INTEGER CurrentByteOffset;
    unsigned long Waiters;
    unsigned long Busy;
    void *LastLock;
    struct _KEVENT Lock;
    struct _KEVENT Event;
    struct _IO_COMPLETION_CONTEXT *CompletionContext;
    unsigned long long IrpListLock;
    struct _LIST_ENTRY IrpList;
    void *FileObjectExtension;
};
_Static_assert(sizeof(struct _FILE_OBJECT) == 0xd8, "_FILE_OBJECT");
_Static_assert(__builtin_offsetof(struct _FILE_OBJECT, FileObjectExtension) == 0xd0, "_FILE_OBJECT.FileObjectExtension");

struct _VPB {
    short Type;
    short Size;
    unsigned short Flags;
    unsigned short VolumeLabelLength;
    struct _DEVICE_OBJECT *DeviceObject;
    struct _DEVICE_OBJECT *RealDevice;
    unsigned long SerialNumber;
    unsigned long ReferenceCount;
    unsigned short VolumeLabel[32];
};
_Static_assert(sizeof(struct _VPB) == 0x60, "_VPB");
_Static_assert(__builtin_offsetof(struct _VPB, VolumeLabel) == 0x20, "_VPB.VolumeLabel");

struct _IO_TIMER {
    short Type;
    short TimerFlag;
    unsigned char Reserved4[4];
    struct _LIST_ENTRY TimerList;
    void (*TimerRoutine)();
    void *Context;
    struct _DEVICE_OBJECT *DeviceObject;
};
_Static_assert(sizeof(struct _IO_TIMER) == 0x30, "_IO_TIMER");
_Static_assert(__builtin_offsetof(struct _IO_TIMER, DeviceObject) == 0x28, "_IO_TIMER.DeviceObject");

struct _PO_DEVICE_NOTIFY {
    struct _LIST_ENTRY Link;
    struct _LIST_ENTRY PowerChildren;
    struct _LIST_ENTRY PowerParents;
    struct _DEVICE_OBJECT *TargetDevice;
    unsigned char OrderLevel;
    unsigned char Reserved39[7];
    struct _DEVICE_OBJECT *DeviceObject;
    unsigned short *DeviceName;
    unsigned short *DriverName;
    unsigned long ChildCount;
    unsigned long ActiveChild;
    unsigned long ParentCount;
    unsigned long ActiveParent;
};
_Static_assert(sizeof(struct _PO_DEVICE_NOTIFY) == 0x68, "_PO_DEVICE_NOTIFY");
_Static_assert(__builtin_offsetof(struct _PO_DEVICE_NOTIFY, ActiveParent) == 0x64, "_PO_DEVICE_NOTIFY.ActiveParent");

struct _PO_IRP_QUEUE {
    struct _IRP *CurrentIrp;
    struct _IRP *PendingIrpList;
};
_Static_assert(sizeof(struct _PO_IRP_QUEUE) == 0x10, "_PO_IRP_QUEUE");
_Static_assert(__builtin_offsetof(struct _PO_IRP_QUEUE, PendingIrpList) == 0x8, "_PO_IRP_QUEUE.PendingIrpList");

struct _PO_IRP_MANAGER {
    struct _PO_IRP_QUEUE DeviceIrpQueue;
    struct _PO_IRP_QUEUE SystemIrpQueue;
};
_Static_assert(sizeof(struct _PO_IRP_MANAGER) == 0x20, "_PO_IRP_MANAGER");
_Static_assert(__builtin_offsetof(struct _PO_IRP_MANAGER, SystemIrpQueue) == 0x10, "_PO_IRP_MANAGER.SystemIrpQueue");

union __anonymous_1fc1 {
    void *Information;
    struct _DEVICE_NODE *LegacyDeviceNode;
    struct _DEVICE_RELATIONS *PendingDeviceRelations;
};
_Static_assert(sizeof(union __anonymous_1fc1) == 0x8, "__anonymous_1fc1");

union __anonymous_1fc3 {
    struct _DEVICE_NODE *NextResourceDeviceNode;
};
_Static_assert(sizeof(union __anonymous_1fc3) == 0x8, "__anonymous_1fc3");

enum PROFILE_STATUS { DOCK_ARRIVING = 2, DOCK_DEPARTING = 3, DOCK_EJECTIRP_COMPLETED = 4, DOCK_NOTDOCKDEVICE = 0, DOCK_QUIESCENT = 1 };

struct __anonymous_1fc7 {
    enum PROFILE_STATUS DockStatus;
    unsigned char Reserved4[4];
    struct _LIST_ENTRY ListEntry;
    unsigned short *SerialNumber;
};
_Static_assert(sizeof(struct __anonymous_1fc7) == 0x20, "__anonymous_1fc7");
_Static_assert(__builtin_offsetof(struct __anonymous_1fc7, SerialNumber) == 0x18, "__anonymous_1fc7.SerialNumber");

struct _GUID {
    unsigned long Data1;
    unsigned short Data2;
    unsigned short Data3;
    unsigned char Data4[8];
};
_Static_assert(sizeof(struct _GUID) == 0x10, "_GUID");
_Static_assert(__builtin_offsetof(struct _GUID, Data4) == 0x8, "_GUID.Data4");

struct _PO_DIRECTED_DRIPS_STATE {
    struct _LIST_ENTRY QueueLink;
    struct _LIST_ENTRY VisitedQueueLink;
    unsigned long Flags;
    unsigned long CachedFlags;
    unsigned long DeviceUsageCount;
    unsigned char Reserved2C[4];
    void *Diagnostic;
};
_Static_assert(sizeof(struct _PO_DIRECTED_DRIPS_STATE) == 0x38, "_PO_DIRECTED_DRIPS_STATE");
_Static_assert(__builtin_offsetof(struct _PO_DIRECTED_DRIPS_STATE, Diagnostic) == 0x30, "_PO_DIRECTED_DRIPS_STATE.Diagnostic");

struct _DEVICE_NODE {
    struct _DEVICE_NODE *Sibling;
    struct _DEVICE_NODE *Child;
    struct _DEVICE_NODE *Parent;
    struct _DEVICE_NODE *LastChild;
    struct _DEVICE_OBJECT *PhysicalDeviceObject;
    struct _UNICODE_STRING InstancePath;
    struct _UNICODE_STRING ServiceName;
    struct _IRP *PendingIrp;
    struct _POP_FX_DEVICE *FxDevice;
    long FxDeviceLock;
    unsigned char Reserved5C[4];
    struct _KEVENT FxRemoveEvent;
    long FxActivationCount;
    long FxSleepCount;
    struct _UNICODE_STRING UniqueId;
    struct _POP_FX_PLUGIN *Plugin;
    unsigned long Level;
    union _POWER_STATE CurrentPowerState;
    struct _PO_DEVICE_NOTIFY Notify;
    struct _PO_IRP_MANAGER PoIrpManager;
    long PowerFlags;
    enum _PNP_DEVNODE_STATE State;
    enum _PNP_DEVNODE_STATE PreviousState;
    enum _PNP_DEVNODE_STATE StateHistory[20];
    unsigned long StateHistoryEntry;
    long CompletionStatus;
    unsigned long Flags;
    unsigned long UserFlags;
    unsigned long Problem;
    long ProblemStatus;
    unsigned char Reserved19C[4];
    struct _CM_RESOURCE_LIST *ResourceList;
    struct _CM_RESOURCE_LIST *ResourceListTranslated;
    struct _DEVICE_OBJECT *DuplicatePDO;
    struct _IO_RESOURCE_REQUIREMENTS_LIST *ResourceRequirements;
    enum _INTERFACE_TYPE InterfaceType;
    unsigned long BusNumber;
    enum _INTERFACE_TYPE ChildInterfaceType;
    unsigned long ChildBusNumber;
    unsigned short ChildBusTypeIndex;
    unsigned char RemovalPolicy;
    unsigned char HardwareRemovalPolicy;
    unsigned char Reserved1D4[4];
    struct _LIST_ENTRY TargetDeviceNotify;
    struct _LIST_ENTRY DeviceArbiterList;
    struct _LIST_ENTRY DeviceTranslatorList;
    unsigned short NoTranslatorMask;
    unsigned short QueryTranslatorMask;
    unsigned short NoArbiterMask;
    unsigned short QueryArbiterMask;
    union __anonymous_1fc1 OverUsed1;
    union __anonymous_1fc3 OverUsed2;
    struct _CM_RESOURCE_LIST *BootResources;
    struct _CM_RESOURCE_LIST *BootResourcesTranslated;
    unsigned long CapabilityFlags;
    unsigned char Reserved234[4];
    struct __anonymous_1fc7 DockInfo;
    unsigned long DisableableDepends;
    unsigned char Reserved25C[4];
    struct _LIST_ENTRY PendedSetInterfaceState;
    struct _LIST_ENTRY LegacyBusListEntry;
    unsigned long DriverUnloadRetryCount;
    unsigned char Reserved284[4];
    struct _DEVICE_NODE *PreviousParent;
    long DeletedChildren;
    unsigned long NumaNodeIndex;
    struct _GUID ContainerID;
    unsigned char OverrideFlags;
    unsigned char Reserved2A9[3];
    unsigned long DeviceIdsHash;
    unsigned char RequiresUnloadedDriver;
    unsigned char Reserved2B1[7];
    struct _PENDING_RELATIONS_LIST_ENTRY *PendingEjectRelations;
    unsigned long StateFlags;
    unsigned char Reserved2C4[4];
    struct _PNP_REBALANCE_TRACE_CONTEXT *RebalanceContext;
    struct _DEVICE_NODE_IOMMU_EXTENSION *IommuExtension;
    struct _PO_DIRECTED_DRIPS_STATE DirectedDripsState;
};
_Static_assert(sizeof(struct _DEVICE_NODE) == 0x310, "_DEVICE_NODE");
_Static_assert(__builtin_offsetof(struct _DEVICE_NODE, DirectedDripsState) == 0x2d8, "_DEVICE_NODE.DirectedDripsState");

struct _MDL {
    struct _MDL *Next;
    short Size;
    short MdlFlags;
    unsigned short AllocationProcessorNumber;
    unsigned short Reserved;
    struct _EPROCESS *Process;
    void *MappedSystemVa;
    void *StartVa;
    unsigned long ByteCount;
    unsigned long ByteOffset;
};
_Static_assert(sizeof(struct _MDL) == 0x30, "_MDL");
_Static_assert(__builtin_offsetof(struct _MDL, ByteOffset) == 0x2c, "_MDL.ByteOffset");

struct _IO_COMPLETION_CONTEXT {
    void *Port;
    void *Key;
};
_Static_assert(sizeof(struct _IO_COMPLETION_CONTEXT) == 0x10, "_IO_COMPLETION_CONTEXT");
_Static_assert(__builtin_offsetof(struct _IO_COMPLETION_CONTEXT, Key) == 0x8, "_IO_COMPLETION_CONTEXT.Key");

struct _POOL_HEADER {
    union {
        unsigned long Ulong1;
        struct { unsigned short PreviousSize : 8; unsigned short PoolIndex : 8; };
        struct { unsigned char Fill0_BlockSize_2[2]; unsigned short BlockSize : 8; unsigned short PoolType : 8; };
    };
    unsigned long PoolTag;
    union {
        struct _EPROCESS *ProcessBilled;
        unsigned short AllocatorBackTraceIndex;
        struct { unsigned char Fill8_PoolTagHash[2]; unsigned short PoolTagHash; };
    };
};
_Static_assert(sizeof(struct _POOL_HEADER) == 0x10, "_POOL_HEADER");
_Static_assert(__builtin_offsetof(struct _POOL_HEADER, PoolTagHash) == 0xa, "_POOL_HEADER.PoolTagHash");

struct _POOL_TRACKER_TABLE {
    long Key;
    unsigned char Reserved4[4];
    unsigned long long NonPagedBytes;
    unsigned long long NonPagedAllocs;
    unsigned long long NonPagedFrees;
    unsigned long long PagedBytes;
    unsigned long long PagedAllocs;
    unsigned long long PagedFrees;
};
_Static_assert(sizeof(struct _POOL_TRACKER_TABLE) == 0x38, "_POOL_TRACKER_TABLE");
_Static_assert(__builtin_offsetof(struct _POOL_TRACKER_TABLE, PagedFrees) == 0x30, "_POOL_TRACKER_TABLE.PagedFrees");

struct _POOL_TRACKER_BIG_PAGES {
    unsigned long long Va;
    unsigned long Key;
    struct { unsigned long Pattern : 8; unsigned long PoolType : 12; unsigned long SlushSize : 12; };
    unsigned long long NumberOfBytes;
};
_Static_assert(sizeof(struct _POOL_TRACKER_BIG_PAGES) == 0x18, "_POOL_TRACKER_BIG_PAGES");
_Static_assert(__builtin_offsetof(struct _POOL_TRACKER_BIG_PAGES, NumberOfBytes) == 0x10, "_POOL_TRACKER_BIG_PAGES.NumberOfBytes");

struct _MMPTE_HARDWARE {
    struct { unsigned long long Valid : 1; unsigned long long Dirty1 : 1; unsigned long long Owner : 1; unsigned long long WriteThrough : 1; unsigned long long CacheDisable : 1; unsigned long long Accessed : 1; unsigned long long Dirty : 1; unsigned long long LargePage : 1; unsigned long long Global : 1; unsigned long long CopyOnWrite : 1; unsigned long long Unused : 1; unsigned long long Write : 1; unsigned long long PageFrameNumber : 36; unsigned long long ReservedForHardware : 4; unsigned long long ReservedForSoftware : 4; unsigned long long WsleAge : 4; unsigned long long WsleProtection : 3; unsigned long long NoExecute : 1; };
};
_Static_assert(sizeof(struct _MMPTE_HARDWARE) == 0x8, "_MMPTE_HARDWARE");

struct _MMPTE_LIST {
    struct { unsigned long long Valid : 1; unsigned long long OneEntry : 1; unsigned long long filler0 : 2; unsigned long long SwizzleBit : 1; unsigned long long Protection : 5; unsigned long long Prototype : 1; unsigned long long Transition : 1; unsigned long long filler1 : 16; unsigned long long NextEntry : 36; };
};
_Static_assert(sizeof(struct _MMPTE_LIST) == 0x8, "_MMPTE_LIST");

struct _MMPTE_PROTOTYPE {
    struct { unsigned long long Valid : 1; unsigned long long DemandFillProto : 1; unsigned long long HiberVerifyConverted : 1; unsigned long long ReadOnly : 1; unsigned long long SwizzleBit : 1; unsigned long long Protection : 5; unsigned long long Prototype : 1; unsigned long long Combined : 1; unsigned long long Unused1 : 4; long long ProtoAddress : 48; };
};
_Static_assert(sizeof(struct _MMPTE_PROTOTYPE) == 0x8, "_MMPTE_PROTOTYPE");

struct _MMPTE_SOFTWARE {
    struct { unsigned long long Valid : 1; unsigned long long PageFileReserved : 1; unsigned long long PageFileAllocated : 1; unsigned long long ColdPage : 1; unsigned long long SwizzleBit : 1; unsigned long long Protection : 5; unsigned long long Prototype : 1; unsigned long long Transition : 1; unsigned long long PageFileLow : 4; unsigned long long UsedPageTableEntries : 10; unsigned long long ShadowStack : 1; unsigned long long Unused : 5; unsigned long long PageFileHigh : 32; };
};
_Static_assert(sizeof(struct _MMPTE_SOFTWARE) == 0x8, "_MMPTE_SOFTWARE");

struct _MMPTE_SUBSECTION {
    struct { unsigned long long Valid : 1; unsigned long long Unused0 : 3; unsigned long long SwizzleBit : 1; unsigned long long Protection : 5; unsigned long long Prototype : 1; unsigned long long ColdPage : 1; unsigned long long Unused1 : 3; unsigned long long ExecutePrivilege : 1; long long SubsectionAddress : 48; };
};
_Static_assert(sizeof(struct _MMPTE_SUBSECTION) == 0x8, "_MMPTE_SUBSECTION");

struct _MMPTE_TIMESTAMP {
    struct { unsigned long long MustBeZero : 1; unsigned long long Unused : 3; unsigned long long SwizzleBit : 1; unsigned long long Protection : 5; unsigned long long Prototype : 1; unsigned long long Transition : 1; unsigned long long PageFileLow : 4; unsigned long long Reserved : 16; unsigned long long GlobalTimeStamp : 32; };
};
_Static_assert(sizeof(struct _MMPTE_TIMESTAMP) == 0x8, "_MMPTE_TIMESTAMP");

struct _MMPTE_TRANSITION {
    struct { unsigned long long Valid : 1; unsigned long long Write : 1; unsigned long long Spare : 1; unsigned long long IoTracker : 1; unsigned long long SwizzleBit : 1; unsigned long long Protection : 5; unsigned long long Prototype : 1; unsigned long long Transition : 1; unsigned long long PageFrameNumber : 36; unsigned long long Unused : 16; };
};
_Static_assert(sizeof(struct _MMPTE_TRANSITION) == 0x8, "_MMPTE_TRANSITION");

union __anonymous_1d46 {
    struct _MMPTE_HARDWARE Hard;
    struct _MMPTE_LIST List;
    unsigned long long Long;
    struct _MMPTE_PROTOTYPE Proto;
    struct _MMPTE_SOFTWARE Soft;
    struct _MMPTE_SUBSECTION Subsect;
    struct _MMPTE_TIMESTAMP TimeStamp;
    struct _MMPTE_TRANSITION Trans;
    unsigned long long VolatileLong;
};
_Static_assert(sizeof(union __anonymous_1d46) == 0x8, "__anonymous_1d46");

struct _MMPTE {
    union __anonymous_1d46 u;
};
_Static_assert(sizeof(struct _MMPTE) == 0x8, "_MMPTE");

struct __anonymous_2e72 {
    struct { unsigned long long Tradable : 1; unsigned long long NonPagedBuddy : 43; unsigned long long : 20; };
};
_Static_assert(sizeof(struct __anonymous_2e72) == 0x8, "__anonymous_2e72");

struct __anonymous_2e77 {
    struct { unsigned long long Tradable : 1; unsigned long long WsleAge : 3; unsigned long long OldestWsleLeafEntries : 10; unsigned long long OldestWsleLeafAge : 3; unsigned long long NonPagedBuddy : 43; unsigned long long : 4; };
};
_Static_assert(sizeof(struct __anonymous_2e77) == 0x8, "__anonymous_2e77");

struct _MI_ACTIVE_PFN {
    union {
        unsigned long long EntireActiveField;
        struct __anonymous_2e72 Leaf;
        struct __anonymous_2e77 PageTable;
    };
};
_Static_assert(sizeof(struct _MI_ACTIVE_PFN) == 0x8, "_MI_ACTIVE_PFN");

union __anonymous_1d87 {
    struct _MI_ACTIVE_PFN Active;
    void *Next;
    struct _SINGLE_LIST_ENTRY NextSlistPfn;
    struct { unsigned long long Flink : 36; unsigned long long NodeFlinkHigh : 28; };
};
_Static_assert(sizeof(union __anonymous_1d87) == 0x8, "__anonymous_1d87");

struct _MIPFNBLINK {
    union {
        unsigned long long EntireField;
        long long Lock;
        struct { unsigned long long LockNotUsed : 62; unsigned long long DeleteBit : 1; unsigned long long LockBit : 1; };
        struct { unsigned long long ShareCount : 62; unsigned long long PageBlinkDeleteBit : 1; unsigned long long PageBlinkLockBit : 1; };
        struct { unsigned long long Blink : 36; unsigned long long NodeBlinkHigh : 20; unsigned long long TbFlushStamp : 4; unsigned long long Unused : 2; unsigned long long PageShareCountDeleteBit : 1; unsigned long long PageShareCountLockBit : 1; };
    };
};
_Static_assert(sizeof(struct _MIPFNBLINK) == 0x8, "_MIPFNBLINK");

struct __anonymous_1d8e {
    unsigned long EntireField;
};
_Static_assert(sizeof(struct __anonymous_1d8e) == 0x4, "__anonymous_1d8e");

struct __anonymous_1d8c {
    unsigned short ReferenceCount;
};
_Static_assert(sizeof(struct __anonymous_1d8c) == 0x2, "__anonymous_1d8c");

struct _MMPFNENTRY1 {
    struct { unsigned char PageLocation : 3; unsigned char WriteInProgress : 1; unsigned char Modified : 1; unsigned char ReadInProgress : 1; unsigned char CacheAttribute : 2; };
};
_Static_assert(sizeof(struct _MMPFNENTRY1) == 0x1, "_MMPFNENTRY1");

struct _MMPFNENTRY3 {
    struct { unsigned char Priority : 3; unsigned char OnProtectedStandby : 1; unsigned char InPageError : 1; unsigned char SystemChargedPage : 1; unsigned char RemovalRequested : 1; unsigned char ParityError : 1; };
};
_Static_assert(sizeof(struct _MMPFNENTRY3) == 0x1, "_MMPFNENTRY3");

union __anonymous_1d90 {
    struct __anonymous_1d8e e4;
    unsigned short ReferenceCount;
    struct __anonymous_1d8c e2;
    struct { unsigned char Fill0_e1[2]; struct _MMPFNENTRY1 e1; };
    struct { unsigned char Fill0_e3[3]; struct _MMPFNENTRY3 e3; };
};
_Static_assert(sizeof(union __anonymous_1d90) == 0x4, "__anonymous_1d90");
_Static_assert(__builtin_offsetof(union __anonymous_1d90, e3) == 0x3, "__anonymous_1d90.e3");

union __anonymous_1d99 {
    unsigned long long EntireField;
    struct { unsigned long long PteFrame : 36; unsigned long long ResidentPage : 1; unsigned long long Unused1 : 1; unsigned long long Unused2 : 1; unsigned long long Partition : 10; unsigned long long FileOnly : 1; unsigned long long PfnExists : 1; unsigned long long Spare : 9; unsigned long long PageIdentity : 3; unsigned long long PrototypePte : 1; };
};
_Static_assert(sizeof(union __anonymous_1d99) == 0x8, "__anonymous_1d99");

struct _MMPFN {
    union {
        struct _RTL_BALANCED_NODE TreeNode;
        struct _LIST_ENTRY ListEntry;
        union __anonymous_1d87 u1;
        struct { unsigned char Fill0_PteAddress[8]; struct _MMPTE *PteAddress; };
        struct { unsigned char Fill0_PteLong[8]; unsigned long long PteLong; };
        struct { unsigned char Fill0_OriginalPte[16]; struct _MMPTE OriginalPte; };
    };
    struct _MIPFNBLINK u2;
    union __anonymous_1d90 u3;
    unsigned short NodeBlinkLow;
    struct { unsigned char Unused : 4; unsigned char Unused2 : 4; };
    union {
        unsigned char NodeFlinkLow;
        unsigned char ViewCount;
        struct { unsigned char ModifiedListBucketIndex : 4; unsigned char : 4; };
        struct { unsigned char AnchorLargePageSize : 2; unsigned char : 6; };
    };
    union __anonymous_1d99 u4;
};
_Static_assert(sizeof(struct _MMPFN) == 0x30, "_MMPFN");
_Static_assert(__builtin_offsetof(struct _MMPFN, u4) == 0x28, "_MMPFN.u4");

union __anonymous_2e60 {
    unsigned short EntireField;
    struct { unsigned short SignatureLevel : 4; unsigned short SignatureType : 3; unsigned short Unused : 9; };
};
_Static_assert(sizeof(union __anonymous_2e60) == 0x2, "__anonymous_2e60");

struct _KLDR_DATA_TABLE_ENTRY {
    struct _LIST_ENTRY InLoadOrderLinks;
    void *ExceptionTable;
    unsigned long ExceptionTableSize;
    unsigned char Reserved1C[4];
    void *GpValue;
    struct _NON_PAGED_DEBUG_INFO *NonPagedDebugInfo;
    void *DllBase;
    void *EntryPoint;
    unsigned long SizeOfImage;
    unsigned char Reserved44[4];
    struct _UNICODE_STRING FullDllName;
    struct _UNICODE_STRING BaseDllName;
    unsigned long Flags;
    unsigned short LoadCount;
    union __anonymous_2e60 u1;
    void *SectionPointer;
    unsigned long CheckSum;
    unsigned long CoverageSectionSize;
    void *CoverageSection;
    void *LoadedImports;
    void *Spare;
    unsigned long SizeOfImageNotRounded;
    unsigned long TimeDateStamp;
};
_Static_assert(sizeof(struct _KLDR_DATA_TABLE_ENTRY) == 0xa0, "_KLDR_DATA_TABLE_ENTRY");
_Static_assert(__builtin_offsetof(struct _KLDR_DATA_TABLE_ENTRY, TimeDateStamp) == 0x9c, "_KLDR_DATA_TABLE_ENTRY.TimeDateStamp");

enum _LDR_DLL_LOAD_REASON { LoadReasonAsDataLoad = 6, LoadReasonAsImageLoad = 5, LoadReasonDelayloadDependency = 3, LoadReasonDynamicForwarderDependency = 2, LoadReasonDynamicLoad = 4, LoadReasonEnclaveDependency = 8, LoadReasonEnclavePrimary = 7, LoadReasonStaticDependency = 0, LoadReasonStaticForwarderDependency = 1, LoadReasonUnknown = -1 };

struct _LDR_DATA_TABLE_ENTRY {
    struct _LIST_ENTRY InLoadOrderLinks;
    struct _LIST_ENTRY InMemoryOrderLinks;
    struct _LIST_ENTRY InInitializationOrderLinks;
    void *DllBase;
    void *EntryPoint;
    unsigned long SizeOfImage;
    unsigned char Reserved44[4];
    struct _UNICODE_STRING FullDllName;
    struct _UNICODE_STRING BaseDllName;
    union {
        unsigned char FlagGroup[4];
        unsigned long Flags;
        struct { unsigned long PackagedBinary : 1; unsigned long MarkedForRemoval : 1; unsigned long ImageDll : 1; unsigned long LoadNotificationsSent : 1; unsigned long TelemetryEntryProcessed : 1; unsigned long ProcessStaticImport : 1; unsigned long InLegacyLists : 1; unsigned long InIndexes : 1; unsigned long ShimDll : 1; unsigned long InExceptionTable : 1; unsigned long ReservedFlags1 : 2; unsigned long LoadInProgress : 1; unsigned long LoadConfigProcessed : 1; unsigned long EntryProcessed : 1; unsigned long ProtectDelayLoad : 1; unsigned long ReservedFlags3 : 2; unsigned long DontCallForThreads : 1; unsigned long ProcessAttachCalled : 1; unsigned long ProcessAttachFailed : 1; unsigned long CorDeferredValidate : 1; unsigned long CorImage : 1; unsigned long DontRelocate : 1; unsigned long CorILOnly : 1; unsigned long ChpeImage : 1; unsigned long ReservedFlags5 : 2; unsigned long Redirected : 1; unsigned long ReservedFlags6 : 2; unsigned long CompatDatabaseProcessed : 1; };
    };
    unsigned short ObsoleteLoadCount;
    unsigned short TlsIndex;
    struct _LIST_ENTRY HashLinks;
    unsigned long TimeDateStamp;
    unsigned char Reserved84[4];
    struct _ACTIVATION_CONTEXT *EntryPointActivationContext;
    void *Lock;
    struct _LDR_DDAG_NODE *DdagNode;
    struct _LIST_ENTRY NodeModuleLink;
    struct _LDRP_LOAD_CONTEXT *LoadContext;
    void *ParentDllBase;
    void *SwitchBackContext;
    struct _RTL_BALANCED_NODE BaseAddressIndexNode;
    struct _RTL_BALANCED_NODE MappingInfoIndexNode;
    unsigned long long OriginalBase;
    union _LARGE_INTEGER LoadTime;
    unsigned long BaseNameHashValue;
    enum _LDR_DLL_LOAD_REASON LoadReason;
    unsigned long ImplicitPathOptions;
    unsigned long ReferenceCount;
    unsigned long DependentLoadFlags;
    unsigned char SigningLevel;
    unsigned char Reserved11D[3];
};
_Static_assert(sizeof(struct _LDR_DATA_TABLE_ENTRY) == 0x120, "_LDR_DATA_TABLE_ENTRY");
_Static_assert(__builtin_offsetof(struct _LDR_DATA_TABLE_ENTRY, SigningLevel) == 0x11c, "_LDR_DATA_TABLE_ENTRY.SigningLevel");

struct _IMAGE_DOS_HEADER {
    unsigned short e_magic;
    unsigned short e_cblp;
    unsigned short e_cp;
    unsigned short e_crlc;
    unsigned short e_cparhdr;
    unsigned short e_minalloc;
    unsigned short e_maxalloc;
    unsigned short e_ss;
    unsigned short e_sp;
    unsigned short e_csum;
    unsigned short e_ip;
    unsigned short e_cs;
    unsigned short e_lfarlc;
    unsigned short e_ovno;
    unsigned short e_res[4];
    unsigned short e_oemid;
    unsigned short e_oeminfo;
    unsigned short e_res2[10];
    long e_lfanew;
};
_Static_assert(sizeof(struct _IMAGE_DOS_HEADER) == 0x40, "_IMAGE_DOS_HEADER");
_Static_assert(__builtin_offsetof(struct _IMAGE_DOS_HEADER, e_lfanew) == 0x3c, "_IMAGE_DOS_HEADER.e_lfanew");

struct _IMAGE_FILE_HEADER {
    unsigned short Machine;
    unsigned short NumberOfSections;
    unsigned long TimeDateStamp;
    unsigned long PointerToSymbolTable;
    unsigned long NumberOfSymbols;
    unsigned short SizeOfOptionalHeader;
    unsigned short Characteristics;
};
_Static_assert(sizeof(struct _IMAGE_FILE_HEADER) == 0x14, "_IMAGE_FILE_HEADER");
_Static_assert(__builtin_offsetof(struct _IMAGE_FILE_HEADER, Characteristics) == 0x12, "_IMAGE_FILE_HEADER.Characteristics");

struct _IMAGE_DATA_DIRECTORY {
    unsigned long VirtualAddress;
    unsigned long Size;
};
_Static_assert(sizeof(struct _IMAGE_DATA_DIRECTORY) == 0x8, "_IMAGE_DATA_DIRECTORY");
_Static_assert(__builtin_offsetof(struct _IMAGE_DATA_DIRECTORY, Size) == 0x4, "_IMAGE_DATA_DIRECTORY.Size");

struct _IMAGE_OPTIONAL_HEADER64 {
    unsigned short Magic;
    unsigned char MajorLinkerVersion;
    unsigned char MinorLinkerVersion;
    unsigned long SizeOfCode;
    unsigned long SizeOfInitializedData;
    unsigned long SizeOfUninitializedData;
    unsigned long AddressOfEntryPoint;
    unsigned long BaseOfCode;
    unsigned long long ImageBase;
    unsigned long SectionAlignment;
    unsigned long FileAlignment;
    unsigned short MajorOperatingSystemVersion;
    unsigned short MinorOperatingSystemVersion;
    unsigned short MajorImageVersion;
    unsigned short MinorImageVersion;
    unsigned short MajorSubsystemVersion;
    unsigned short MinorSubsystemVersion;
    unsigned long Win32VersionValue;
    unsigned long SizeOfImage;
    unsigned long SizeOfHeaders;
    unsigned long CheckSum;
    unsigned short Subsystem;
    unsigned short DllCharacteristics;
    unsigned long long SizeOfStackReserve;
    unsigned long long SizeOfStackCommit;
    unsigned long long SizeOfHeapReserve;
    unsigned long long SizeOfHeapCommit;
    unsigned long LoaderFlags;
    unsigned long NumberOfRvaAndSizes;
    struct _IMAGE_DATA_DIRECTORY DataDirectory[16];
};
_Static_assert(sizeof(struct _IMAGE_OPTIONAL_HEADER64) == 0xf0, "_IMAGE_OPTIONAL_HEADER64");
_Static_assert(__builtin_offsetof(struct _IMAGE_OPTIONAL_HEADER64, DataDirectory) == 0x70, "_IMAGE_OPTIONAL_HEADER64.DataDirectory");

struct _IMAGE_NT_HEADERS64 {
    unsigned long Signature;
    struct _IMAGE_FILE_HEADER FileHeader;
    struct _IMAGE_OPTIONAL_HEADER64 OptionalHeader;
};
_Static_assert(sizeof(struct _IMAGE_NT_HEADERS64) == 0x108, "_IMAGE_NT_HEADERS64");
_Static_assert(__builtin_offsetof(struct _IMAGE_NT_HEADERS64, OptionalHeader) == 0x18, "_IMAGE_NT_HEADERS64.OptionalHeader");

union __anonymous_3346 {
    unsigned long PhysicalAddress;
    unsigned long VirtualSize;
};
_Static_assert(sizeof(union __anonymous_3346) == 0x4, "__anonymous_3346");

struct _IMAGE_SECTION_HEADER {
    unsigned char Name[8];
    union __anonymous_3346 Misc;
    unsigned long VirtualAddress;
    unsigned long SizeOfRawData;
    unsigned long PointerToRawData;
    unsigned long PointerToRelocations;
    unsigned long PointerToLinenumbers;
    unsigned short NumberOfRelocations;
    unsigned short NumberOfLinenumbers;
    unsigned long Characteristics;
};
_Static_assert(sizeof(struct _IMAGE_SECTION_HEADER) == 0x28, "_IMAGE_SECTION_HEADER");
_Static_assert(__builtin_offsetof(struct _IMAGE_SECTION_HEADER, Characteristics) == 0x24, "_IMAGE_SECTION_HEADER.Characteristics");

struct _IMAGE_DEBUG_DIRECTORY {
    unsigned long Characteristics;
    unsigned long TimeDateStamp;
    unsigned short MajorVersion;
    unsigned short MinorVersion;
    unsigned long Type;
    unsigned long SizeOfData;
    unsigned long AddressOfRawData;
    unsigned long PointerToRawData;
};
_Static_assert(sizeof(struct _IMAGE_DEBUG_DIRECTORY) == 0x1c, "_IMAGE_DEBUG_DIRECTORY");
_Static_assert(__builtin_offsetof(struct _IMAGE_DEBUG_DIRECTORY, PointerToRawData) == 0x18, "_IMAGE_DEBUG_DIRECTORY.PointerToRawData");

struct _RTL_BITMAP {
    unsigned long SizeOfBitMap;
    unsigned char Reserved4[4];
    unsigned long *Buffer;
};
_Static_assert(sizeof(struct _RTL_BITMAP) == 0x10, "_RTL_BITMAP");
_Static_assert(__builtin_offsetof(struct _RTL_BITMAP, Buffer) == 0x8, "_RTL_BITMAP.Buffer");

struct _TRIAGE_9F_POWER {
    unsigned short Signature;
    unsigned short Revision;
    unsigned char Reserved4[4];
    struct _LIST_ENTRY *IrpList;
    struct _LIST_ENTRY *ThreadList;
    struct _TRIAGE_EX_WORK_QUEUE *DelayedWorkQueue;
    struct _TRIAGE_EX_WORK_QUEUE *DelayedIoWorkQueue;
};
_Static_assert(sizeof(struct _TRIAGE_9F_POWER) == 0x28, "_TRIAGE_9F_POWER");
_Static_assert(__builtin_offsetof(struct _TRIAGE_9F_POWER, DelayedIoWorkQueue) == 0x20, "_TRIAGE_9F_POWER.DelayedIoWorkQueue");

struct _TRIAGE_9F_PNP {
    unsigned short Signature;
    unsigned short Revision;
    unsigned char Reserved4[4];
    struct _TRIAGE_PNP_DEVICE_COMPLETION_QUEUE *CompletionQueue;
    struct _TRIAGE_EX_WORK_QUEUE *DelayedWorkQueue;
    struct _TRIAGE_EX_WORK_QUEUE *DelayedIoWorkQueue;
};
_Static_assert(sizeof(struct _TRIAGE_9F_PNP) == 0x20, "_TRIAGE_9F_PNP");
_Static_assert(__builtin_offsetof(struct _TRIAGE_9F_PNP, DelayedIoWorkQueue) == 0x18, "_TRIAGE_9F_PNP.DelayedIoWorkQueue");

struct __anonymous_27f0 {
    void (*CallerCompletion)();
    void *CallerContext;
    struct _DEVICE_OBJECT *CallerDevice;
    unsigned char SystemWake;
    unsigned char Reserved19[7];
};
_Static_assert(sizeof(struct __anonymous_27f0) == 0x20, "__anonymous_27f0");
_Static_assert(__builtin_offsetof(struct __anonymous_27f0, SystemWake) == 0x18, "__anonymous_27f0.SystemWake");

struct __anonymous_27f3 {
    struct _PO_DEVICE_NOTIFY *NotifyDevice;
    unsigned char FxDeviceActivated;
    unsigned char Reserved9[7];
};
_Static_assert(sizeof(struct __anonymous_27f3) == 0x10, "__anonymous_27f3");
_Static_assert(__builtin_offsetof(struct __anonymous_27f3, FxDeviceActivated) == 0x8, "__anonymous_27f3.FxDeviceActivated");

enum _POP_PEP_NOTIFY_DEVICE_DSTATE_REASON { PepNotifyDeviceDStateReasonDfx = 2, PepNotifyDeviceDStateReasonMax = 3, PepNotifyDeviceDStateReasonNone = 0, PepNotifyDeviceDStateReasonSystemTransition = 1 };

struct _POP_IRP_DATA {
    struct _LIST_ENTRY Link;
    struct _IRP *Irp;
    struct _DEVICE_OBJECT *Pdo;
    struct _DEVICE_OBJECT *TargetDevice;
    struct _DEVICE_OBJECT *CurrentDevice;
    unsigned long long WatchdogStart;
    struct _KTIMER WatchdogTimer;
    struct _KDPC WatchdogDpc;
    unsigned char MinorFunction;
    unsigned char ReservedB9[3];
    enum _POWER_STATE_TYPE PowerStateType;
    union _POWER_STATE PowerState;
    unsigned char WatchdogEnabled;
    unsigned char ReservedC5[3];
    struct _POP_FX_DEVICE *FxDevice;
    unsigned char SystemTransition;
    unsigned char NotifyPEP;
    unsigned char ReservedD2[2];
    long IrpSequenceID;
    union {
        struct __anonymous_27f0 Device;
        struct __anonymous_27f3 System;
    };
    enum _POP_PEP_NOTIFY_DEVICE_DSTATE_REASON DStateReason;
    unsigned char ReservedFC[4];
};
_Static_assert(sizeof(struct _POP_IRP_DATA) == 0x100, "_POP_IRP_DATA");
_Static_assert(__builtin_offsetof(struct _POP_IRP_DATA, DStateReason) == 0xf8, "_POP_IRP_DATA.DStateReason");

struct _VI_TRACK_IRQL {
    void *Thread;
    unsigned char OldIrql;
    unsigned char NewIrql;
    unsigned short Processor;
    unsigned long TickCount;
    void *StackTrace[5];
};
_Static_assert(sizeof(struct _VI_TRACK_IRQL) == 0x38, "_VI_TRACK_IRQL");
_Static_assert(__builtin_offsetof(struct _VI_TRACK_IRQL, StackTrace) == 0x10, "_VI_TRACK_IRQL.StackTrace");

struct _VF_POOL_TRACE {
    void *Address;
    unsigned long long Size;
    struct _ETHREAD *Thread;
    void *StackTrace[13];
};
_Static_assert(sizeof(struct _VF_POOL_TRACE) == 0x80, "_VF_POOL_TRACE");
_Static_assert(__builtin_offsetof(struct _VF_POOL_TRACE, StackTrace) == 0x18, "_VF_POOL_TRACE.StackTrace");

struct _IOV_IRP_TRACE {
    struct _IRP *Irp;
    struct _KTHREAD *Thread;
    union {
        unsigned long CombinedApcDisable;
        short KernelApcDisable;
        struct { unsigned char Fill10_SpecialApcDisable[2]; short SpecialApcDisable; };
    };
    unsigned char Irql;
    unsigned char Reserved15[3];
    void *StackTrace[13];
};
_Static_assert(sizeof(struct _IOV_IRP_TRACE) == 0x80, "_IOV_IRP_TRACE");
_Static_assert(__builtin_offsetof(struct _IOV_IRP_TRACE, StackTrace) == 0x18, "_IOV_IRP_TRACE.StackTrace");

struct _MM_DRIVER_VERIFIER_DATA {
    unsigned long Level;
    unsigned long RaiseIrqls;
    unsigned long AcquireSpinLocks;
    unsigned long SynchronizeExecutions;
    unsigned long AllocationsAttempted;
    unsigned long AllocationsSucceeded;
    unsigned long AllocationsSucceededSpecialPool;
    unsigned long AllocationsWithNoTag;
    unsigned long TrimRequests;
    unsigned long Trims;
    unsigned long AllocationsFailed;
    unsigned long AllocationsFailedDeliberately;
    unsigned long Loads;
    unsigned long Unloads;
    unsigned long UnTrackedPool;
    unsigned long UserTrims;
    unsigned long CurrentPagedPoolAllocations;
    unsigned long CurrentNonPagedPoolAllocations;
    unsigned long PeakPagedPoolAllocations;
    unsigned long PeakNonPagedPoolAllocations;
    unsigned long long PagedBytes;
    unsigned long long NonPagedBytes;
    unsigned long long PeakPagedBytes;
    unsigned long long PeakNonPagedBytes;
    unsigned long BurstAllocationsFailedDeliberately;
    unsigned long SessionTrims;
    unsigned long OptionChanges;
    unsigned long VerifyMode;
    struct _UNICODE_STRING PreviousBucketName;
    unsigned long ExecutePoolTypes;
    unsigned long ExecutePageProtections;
    unsigned long ExecutePageMappings;
    unsigned long ExecuteWriteSections;
    unsigned long SectionAlignmentFailures;
    unsigned long IATInExecutableSection;
};
_Static_assert(sizeof(struct _MM_DRIVER_VERIFIER_DATA) == 0xa8, "_MM_DRIVER_VERIFIER_DATA");
_Static_assert(__builtin_offsetof(struct _MM_DRIVER_VERIFIER_DATA, IATInExecutableSection) == 0xa4, "_MM_DRIVER_VERIFIER_DATA.IATInExecutableSection");

struct _VF_SUSPECT_DRIVER_ENTRY {
    struct _LIST_ENTRY Links;
    unsigned long Loads;
    unsigned long Unloads;
    struct _UNICODE_STRING BaseName;
};
_Static_assert(sizeof(struct _VF_SUSPECT_DRIVER_ENTRY) == 0x28, "_VF_SUSPECT_DRIVER_ENTRY");
_Static_assert(__builtin_offsetof(struct _VF_SUSPECT_DRIVER_ENTRY, BaseName) == 0x18, "_VF_SUSPECT_DRIVER_ENTRY.BaseName");

struct _VI_POOL_ENTRY_INUSE {
    void *VirtualAddress;
    void *CallingAddress;
    unsigned long long NumberOfBytes;
    unsigned long long Tag;
};
_Static_assert(sizeof(struct _VI_POOL_ENTRY_INUSE) == 0x20, "_VI_POOL_ENTRY_INUSE");
_Static_assert(__builtin_offsetof(struct _VI_POOL_ENTRY_INUSE, Tag) == 0x18, "_VI_POOL_ENTRY_INUSE.Tag");

struct _FILE_BASIC_INFORMATION {
    union _LARGE_INTEGER CreationTime;
    union _LARGE_INTEGER LastAccessTime;
    union _LARGE_INTEGER LastWriteTime;
    union _LARGE_INTEGER ChangeTime;
    unsigned long FileAttributes;
    unsigned char Reserved24[4];
};
_Static_assert(sizeof(struct _FILE_BASIC_INFORMATION) == 0x28, "_FILE_BASIC_INFORMATION");
_Static_assert(__builtin_offsetof(struct _FILE_BASIC_INFORMATION, FileAttributes) == 0x20, "_FILE_BASIC_INFORMATION.FileAttributes");

struct _FILE_STANDARD_INFORMATION {
    union _LARGE_INTEGER AllocationSize;
    union _LARGE_INTEGER EndOfFile;
    unsigned long NumberOfLinks;
    unsigned char DeletePending;
    unsigned char Directory;
    unsigned char Reserved16[2];
};
_Static_assert(sizeof(struct _FILE_STANDARD_INFORMATION) == 0x18, "_FILE_STANDARD_INFORMATION");
_Static_assert(__builtin_offsetof(struct _FILE_STANDARD_INFORMATION, Directory) == 0x15, "_FILE_STANDARD_INFORMATION.Directory");

struct _FILE_NETWORK_OPEN_INFORMATION {
    union _LARGE_INTEGER CreationTime;
    union _LARGE_INTEGER LastAccessTime;
    union _LARGE_INTEGER LastWriteTime;
    union _LARGE_INTEGER ChangeTime;
    union _LARGE_INTEGER AllocationSize;
    union _LARGE_INTEGER EndOfFile;
    unsigned long FileAttributes;
    unsigned char Reserved34[4];
};
_Static_assert(sizeof(struct _FILE_NETWORK_OPEN_INFORMATION) == 0x38, "_FILE_NETWORK_OPEN_INFORMATION");
_Static_assert(__builtin_offsetof(struct _FILE_NETWORK_OPEN_INFORMATION, FileAttributes) == 0x30, "_FILE_NETWORK_OPEN_INFORMATION.FileAttributes");

struct _SECURITY_SUBJECT_CONTEXT {
    void *ClientToken;
    enum _SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
    unsigned char ReservedC[4];
    void *PrimaryToken;
    void *ProcessAuditId;
};
_Static_assert(sizeof(struct _SECURITY_SUBJECT_CONTEXT) == 0x20, "_SECURITY_SUBJECT_CONTEXT");
_Static_assert(__builtin_offsetof(struct _SECURITY_SUBJECT_CONTEXT, ProcessAuditId) == 0x18, "_SECURITY_SUBJECT_CONTEXT.ProcessAuditId");

struct _LUID {
    unsigned long LowPart;
    long HighPart;
};
_Static_assert(sizeof(struct _LUID) == 0x8, "_LUID");
_Static_assert(__builtin_offsetof(struct _LUID, HighPart) == 0x4, "_LUID.HighPart");

struct _LUID_AND_ATTRIBUTES {
    struct _LUID Luid;
    unsigned long Attributes;
};
_Static_assert(sizeof(struct _LUID_AND_ATTRIBUTES) == 0xc, "_LUID_AND_ATTRIBUTES");
_Static_assert(__builtin_offsetof(struct _LUID_AND_ATTRIBUTES, Attributes) == 0x8, "_LUID_AND_ATTRIBUTES.Attributes");

struct _INITIAL_PRIVILEGE_SET {
    unsigned long PrivilegeCount;
    unsigned long Control;
    struct _LUID_AND_ATTRIBUTES Privilege[3];
};
_Static_assert(sizeof(struct _INITIAL_PRIVILEGE_SET) == 0x2c, "_INITIAL_PRIVILEGE_SET");
_Static_assert(__builtin_offsetof(struct _INITIAL_PRIVILEGE_SET, Privilege) == 0x8, "_INITIAL_PRIVILEGE_SET.Privilege");

struct _PRIVILEGE_SET {
    unsigned long PrivilegeCount;
    unsigned long Control;
    struct _LUID_AND_ATTRIBUTES Privilege[1];
};
_Static_assert(sizeof(struct _PRIVILEGE_SET) == 0x14, "_PRIVILEGE_SET");
_Static_assert(__builtin_offsetof(struct _PRIVILEGE_SET, Privilege) == 0x8, "_PRIVILEGE_SET.Privilege");

union __anonymous_16a3 {
    struct _INITIAL_PRIVILEGE_SET InitialPrivilegeSet;
    struct _PRIVILEGE_SET PrivilegeSet;
};
_Static_assert(sizeof(union __anonymous_16a3) == 0x2c, "__anonymous_16a3");

struct _ACCESS_STATE {
    struct _LUID OperationID;
    unsigned char SecurityEvaluated;
    unsigned char GenerateAudit;
    unsigned char GenerateOnClose;
    unsigned char PrivilegesAllocated;
    unsigned long Flags;
    unsigned long RemainingDesiredAccess;
    unsigned long PreviouslyGrantedAccess;
    unsigned long OriginalDesiredAccess;
    unsigned char Reserved1C[4];
    struct _SECURITY_SUBJECT_CONTEXT SubjectSecurityContext;
    void *SecurityDescriptor;
    void *AuxData;
    union __anonymous_16a3 Privileges;
    unsigned char AuditPrivileges;
    unsigned char Reserved7D[3];
    struct _UNICODE_STRING ObjectName;
    struct _UNICODE_STRING ObjectTypeName;
};
_Static_assert(sizeof(struct _ACCESS_STATE) == 0xa0, "_ACCESS_STATE");
_Static_assert(__builtin_offsetof(struct _ACCESS_STATE, ObjectTypeName) == 0x90, "_ACCESS_STATE.ObjectTypeName");

struct _POWER_SEQUENCE {
    unsigned long SequenceD1;
    unsigned long SequenceD2;
    unsigned long SequenceD3;
};
_Static_assert(sizeof(struct _POWER_SEQUENCE) == 0xc, "_POWER_SEQUENCE");
_Static_assert(__builtin_offsetof(struct _POWER_SEQUENCE, SequenceD3) == 0x8, "_POWER_SEQUENCE.SequenceD3");

enum _PNP_DEVICE_ACTION_REQUEST { AssignResources = 0, ClearDeviceProblem = 1, ClearDmaGuardProblem = 25, ClearEjectProblem = 3, ClearProblem = 2, ConfigureDevice = 21, ConfigureDeviceClass = 22, ConfigureDeviceExtensions = 23, ConfigureDeviceReset = 24, HaltDevice = 4, NotifyEjectionRelationsChange = 20, NotifyTransportRelationsChange = 19, PnpDeviceActionRequestMax = 26, QueryPowerRelations = 5, Rebalance = 6, ReenumerateBootDevices = 7, ReenumerateDeviceOnly = 8, ReenumerateDeviceTree = 9, ReenumerateRootDevices = 10, RequeryDeviceState = 11, ResetDevice = 12, ResourceRequirementsChanged = 13, RestartEnumeration = 14, SetDeviceProblem = 15, StartDevice = 16, StartSystemDevicesPass0 = 17, StartSystemDevicesPass1 = 18 };

struct _PNP_DEVICE_ACTION_ENTRY {
    struct _LIST_ENTRY ListEntry;
    struct _DEVICE_OBJECT *DeviceObject;
    enum _PNP_DEVICE_ACTION_REQUEST RequestType;
    unsigned char ReorderingBarrier;
    unsigned char Reserved1D[3];
    unsigned long long RequestArgument;
    struct _KEVENT *CompletionEvent;
    long *CompletionStatus;
    struct _GUID ActivityId;
    long RefCount;
    unsigned char Dequeued;
    unsigned char Reserved4D[3];
    struct _EX_PUSH_LOCK CancelLock;
    unsigned char CancelRequested;
    unsigned char Reserved59[7];
};
_Static_assert(sizeof(struct _PNP_DEVICE_ACTION_ENTRY) == 0x60, "_PNP_DEVICE_ACTION_ENTRY");
_Static_assert(__builtin_offsetof(struct _PNP_DEVICE_ACTION_ENTRY, CancelRequested) == 0x58, "_PNP_DEVICE_ACTION_ENTRY.CancelRequested");

struct _PNP_DEVICE_COMPLETION_QUEUE {
    struct _LIST_ENTRY DispatchedList;
    unsigned long DispatchedCount;
    unsigned char Reserved14[4];
    struct _LIST_ENTRY CompletedList;
    struct _KSEMAPHORE CompletedSemaphore;
    unsigned long long SpinLock;
};
_Static_assert(sizeof(struct _PNP_DEVICE_COMPLETION_QUEUE) == 0x50, "_PNP_DEVICE_COMPLETION_QUEUE");
_Static_assert(__builtin_offsetof(struct _PNP_DEVICE_COMPLETION_QUEUE, SpinLock) == 0x48, "_PNP_DEVICE_COMPLETION_QUEUE.SpinLock");

struct _DEVICE_RELATIONS {
    unsigned long Count;
    unsigned char Reserved4[4];
    struct _DEVICE_OBJECT *Objects[1];
};
_Static_assert(sizeof(struct _DEVICE_RELATIONS) == 0x10, "_DEVICE_RELATIONS");
_Static_assert(__builtin_offsetof(struct _DEVICE_RELATIONS, Objects) == 0x8, "_DEVICE_RELATIONS.Objects");

struct _POP_IRP_WORKER_ENTRY {
    struct _LIST_ENTRY Link;
    struct _ETHREAD *Thread;
    struct _IRP *Irp;
    struct _DEVICE_OBJECT *Device;
    unsigned char Static;
    unsigned char Reserved29[7];
};
_Static_assert(sizeof(struct _POP_IRP_WORKER_ENTRY) == 0x30, "_POP_IRP_WORKER_ENTRY");
_Static_assert(__builtin_offsetof(struct _POP_IRP_WORKER_ENTRY, Static) == 0x28, "_POP_IRP_WORKER_ENTRY.Static");

struct _DEVICE_CAPABILITIES {
    unsigned short Size;
    unsigned short Version;
    struct { unsigned long DeviceD1 : 1; unsigned long DeviceD2 : 1; unsigned long LockSupported : 1; unsigned long EjectSupported : 1; unsigned long Removable : 1; unsigned long DockDevice : 1; unsigned long UniqueID : 1; unsigned long SilentInstall : 1; unsigned long RawDeviceOK : 1; unsigned long SurpriseRemovalOK : 1; unsigned long WakeFromD0 : 1; unsigned long WakeFromD1 : 1; unsigned long WakeFromD2 : 1; unsigned long WakeFromD3 : 1; unsigned long HardwareDisabled : 1; unsigned long NonDynamic : 1; unsigned long WarmEjectSupported : 1; unsigned long NoDisplayInUI : 1; unsigned long Reserved1 : 1; unsigned long WakeFromInterrupt : 1; unsigned long SecureDevice : 1; unsigned long ChildOfVgaEnabledBridge : 1; unsigned long DecodeIoOnBoot : 1; unsigned long Reserved : 9; };
    unsigned long Address;
    unsigned long UINumber;
    enum _DEVICE_POWER_STATE DeviceState[7];
    enum _SYSTEM_POWER_STATE SystemWake;
    enum _DEVICE_POWER_STATE DeviceWake;
    unsigned long D1Latency;
    unsigned long D2Latency;
    unsigned long D3Latency;
};
_Static_assert(sizeof(struct _DEVICE_CAPABILITIES) == 0x40, "_DEVICE_CAPABILITIES");
_Static_assert(__builtin_offsetof(struct _DEVICE_CAPABILITIES, D3Latency) == 0x3c, "_DEVICE_CAPABILITIES.D3Latency");

struct _INTERFACE {
    unsigned short Size;
    unsigned short Version;
    unsigned char Reserved4[4];
    void *Context;
    void (*InterfaceReference)();
    void (*InterfaceDereference)();
};
_Static_assert(sizeof(struct _INTERFACE) == 0x20, "_INTERFACE");
_Static_assert(__builtin_offsetof(struct _INTERFACE, InterfaceDereference) == 0x18, "_INTERFACE.InterfaceDereference");

struct _RTL_BALANCED_LINKS {
    struct _RTL_BALANCED_LINKS *Parent;
    struct _RTL_BALANCED_LINKS *LeftChild;
    struct _RTL_BALANCED_LINKS *RightChild;
    char Balance;
    unsigned char Reserved[3];
    unsigned char Reserved1C[4];
};
_Static_assert(sizeof(struct _RTL_BALANCED_LINKS) == 0x20, "_RTL_BALANCED_LINKS");
_Static_assert(__builtin_offsetof(struct _RTL_BALANCED_LINKS, Reserved) == 0x19, "_RTL_BALANCED_LINKS.Reserved");

struct _RTL_AVL_TABLE {
    struct _RTL_BALANCED_LINKS BalancedRoot;
    void *OrderedPointer;
    unsigned long WhichOrderedElement;
    unsigned long NumberGenericTableElements;
    unsigned long DepthOfTree;
    unsigned char Reserved34[4];
    struct _RTL_BALANCED_LINKS *RestartKey;
    unsigned long DeleteCount;
    unsigned char Reserved44[4];
    void (*CompareRoutine)();
    void (*AllocateRoutine)();
    void (*FreeRoutine)();
    void *TableContext;
};
_Static_assert(sizeof(struct _RTL_AVL_TABLE) == 0x68, "_RTL_AVL_TABLE");
_Static_assert(__builtin_offsetof(struct _RTL_AVL_TABLE, TableContext) == 0x60, "_RTL_AVL_TABLE.TableContext");

struct _MM_SESSION_SPACE { unsigned char Opaque[20480]; };

struct _EPROCESS_VALUES {
    unsigned long long KernelTime;
    unsigned long long UserTime;
    unsigned long long ReadyTime;
    unsigned long long CycleTime;
    unsigned long long ContextSwitches;
    long long ReadOperationCount;
    long long WriteOperationCount;
    long long OtherOperationCount;
    long long ReadTransferCount;
    long long WriteTransferCount;
    long long OtherTransferCount;
    unsigned long long KernelWaitTime;
    unsigned long long UserWaitTime;
};
_Static_assert(sizeof(struct _EPROCESS_VALUES) == 0x68, "_EPROCESS_VALUES");
_Static_assert(__builtin_offsetof(struct _EPROCESS_VALUES, UserWaitTime) == 0x60, "_EPROCESS_VALUES.UserWaitTime");

struct _TOKEN_SOURCE {
    char SourceName[8];
    struct _LUID SourceIdentifier;
};
_Static_assert(sizeof(struct _TOKEN_SOURCE) == 0x10, "_TOKEN_SOURCE");
_Static_assert(__builtin_offsetof(struct _TOKEN_SOURCE, SourceIdentifier) == 0x8, "_TOKEN_SOURCE.SourceIdentifier");

struct _SEP_TOKEN_PRIVILEGES {
    unsigned long long Present;
    unsigned long long Enabled;
    unsigned long long EnabledByDefault;
};
_Static_assert(sizeof(struct _SEP_TOKEN_PRIVILEGES) == 0x18, "_SEP_TOKEN_PRIVILEGES");
_Static_assert(__builtin_offsetof(struct _SEP_TOKEN_PRIVILEGES, EnabledByDefault) == 0x10, "_SEP_TOKEN_PRIVILEGES.EnabledByDefault");

struct _TOKEN_AUDIT_POLICY {
    unsigned char PerUserPolicy[30];
};
_Static_assert(sizeof(struct _TOKEN_AUDIT_POLICY) == 0x1e, "_TOKEN_AUDIT_POLICY");

struct _SEP_AUDIT_POLICY {
    struct _TOKEN_AUDIT_POLICY AdtTokenPolicy;
    unsigned char PolicySetStatus;
};
_Static_assert(sizeof(struct _SEP_AUDIT_POLICY) == 0x1f, "_SEP_AUDIT_POLICY");
_Static_assert(__builtin_offsetof(struct _SEP_AUDIT_POLICY, PolicySetStatus) == 0x1e, "_SEP_AUDIT_POLICY.PolicySetStatus");

enum _TOKEN_TYPE { TokenImpersonation = 2, TokenPrimary = 1 };

struct _SID_AND_ATTRIBUTES_HASH {
    unsigned long SidCount;
    unsigned char Reserved4[4];
    struct _SID_AND_ATTRIBUTES *SidAttr;
    unsigned long long Hash[32];
};
_Static_assert(sizeof(struct _SID_AND_ATTRIBUTES_HASH) == 0x110, "_SID_AND_ATTRIBUTES_HASH");
_Static_assert(__builtin_offsetof(struct _SID_AND_ATTRIBUTES_HASH, Hash) == 0x10, "_SID_AND_ATTRIBUTES_HASH.Hash");

struct _TOKEN {
    struct _TOKEN_SOURCE TokenSource;
    struct _LUID TokenId;
    struct _LUID AuthenticationId;
    struct _LUID ParentTokenId;
    union _LARGE_INTEGER ExpirationTime;
    struct _ERESOURCE *TokenLock;
    struct _LUID ModifiedId;
    struct _SEP_TOKEN_PRIVILEGES Privileges;
    struct _SEP_AUDIT_POLICY AuditPolicy;
    unsigned char Reserved77[1];
    unsigned long SessionId;
    unsigned long UserAndGroupCount;
    unsigned long RestrictedSidCount;
    unsigned long VariableLength;
    unsigned long DynamicCharged;
    unsigned long DynamicAvailable;
    unsigned long DefaultOwnerIndex;
    unsigned char Reserved94[4];
    struct _SID_AND_ATTRIBUTES *UserAndGroups;
    struct _SID_AND_ATTRIBUTES *RestrictedSids;
    void *PrimaryGroup;
    unsigned long *DynamicPart;
    struct _ACL *DefaultDacl;
    enum _TOKEN_TYPE TokenType;
    enum _SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
    unsigned long TokenFlags;
    unsigned char TokenInUse;
    unsigned char ReservedCD[3];
    unsigned long IntegrityLevelIndex;
    unsigned long MandatoryPolicy;
    struct _SEP_LOGON_SESSION_REFERENCES *LogonSession;
    struct _LUID OriginatingLogonSession;
    struct _SID_AND_ATTRIBUTES_HASH SidHash;
    struct _SID_AND_ATTRIBUTES_HASH RestrictedSidHash;
    struct _AUTHZBASEP_SECURITY_ATTRIBUTES_INFORMATION *pSecurityAttributes;
    void *Package;
    struct _SID_AND_ATTRIBUTES *Capabilities;
    unsigned long CapabilityCount;
    unsigned char Reserved324[4];
    struct _SID_AND_ATTRIBUTES_HASH CapabilitiesHash;
    struct _SEP_LOWBOX_NUMBER_ENTRY *LowboxNumberEntry;
    struct _SEP_CACHED_HANDLES_ENTRY *LowboxHandlesEntry;
    struct _AUTHZBASEP_CLAIM_ATTRIBUTES_COLLECTION *pClaimAttributes;
    void *TrustLevelSid;
    struct _TOKEN *TrustLinkedToken;
    void *IntegrityLevelSidValue;
    struct _SEP_SID_VALUES_BLOCK *TokenSidValues;
    struct _SEP_LUID_TO_INDEX_MAP_ENTRY *IndexEntry;
    struct _SEP_TOKEN_DIAG_TRACK_ENTRY *DiagnosticInfo;
    struct _SEP_CACHED_HANDLES_ENTRY *BnoIsolationHandlesEntry;
    void *SessionObject;
    unsigned long long VariablePart;
};
_Static_assert(sizeof(struct _TOKEN) == 0x498, "_TOKEN");
_Static_assert(__builtin_offsetof(struct _TOKEN, VariablePart) == 0x490, "_TOKEN.VariablePart");

union _CM_TRANS_PTR {
    void *TransPtr;
    struct { unsigned long long LightWeight : 1; unsigned long long : 63; };
};
_Static_assert(sizeof(union _CM_TRANS_PTR) == 0x8, "_CM_TRANS_PTR");

struct _CM_KEY_BODY {
    unsigned long Type;
    unsigned char Reserved4[4];
    struct _CM_KEY_CONTROL_BLOCK *KeyControlBlock;
    struct _CM_NOTIFY_BLOCK *NotifyBlock;
    void *ProcessID;
    struct _LIST_ENTRY KeyBodyList;
    struct { unsigned long Flags : 16; unsigned long HandleTags : 16; };
    unsigned char Reserved34[4];
    union _CM_TRANS_PTR Trans;
    struct _GUID *KtmUow;
    struct _LIST_ENTRY ContextListHead;
    void *EnumerationResumeContext;
    unsigned long RestrictedAccessMask;
    unsigned char Reserved64[4];
};
_Static_assert(sizeof(struct _CM_KEY_BODY) == 0x68, "_CM_KEY_BODY");
_Static_assert(__builtin_offsetof(struct _CM_KEY_BODY, RestrictedAccessMask) == 0x60, "_CM_KEY_BODY.RestrictedAccessMask");

struct _CMSI_RW_LOCK {
    void *Reserved;
};
_Static_assert(sizeof(struct _CMSI_RW_LOCK) == 0x8, "_CMSI_RW_LOCK");

struct _HVP_VIEW_MAP {
    void *SectionReference;
    long long StorageEndFileOffset;
    long long SectionEndFileOffset;
    struct _CMSI_PROCESS_TUPLE *ProcessTuple;
    unsigned long Flags;
    unsigned char Reserved24[4];
    struct _RTL_RB_TREE ViewTree;
};
_Static_assert(sizeof(struct _HVP_VIEW_MAP) == 0x38, "_HVP_VIEW_MAP");
_Static_assert(__builtin_offsetof(struct _HVP_VIEW_MAP, ViewTree) == 0x28, "_HVP_VIEW_MAP.ViewTree");

struct _FREE_DISPLAY {
    unsigned long RealVectorSize;
    unsigned long Hint;
    struct _RTL_BITMAP Display;
};
_Static_assert(sizeof(struct _FREE_DISPLAY) == 0x18, "_FREE_DISPLAY");
_Static_assert(__builtin_offsetof(struct _FREE_DISPLAY, Display) == 0x8, "_FREE_DISPLAY.Display");

struct _DUAL {
    unsigned long Length;
    unsigned char Reserved4[4];
    struct _HMAP_DIRECTORY *Map;
    struct _HMAP_TABLE *SmallDir;
    unsigned long Guard;
    unsigned char Reserved1C[4];
    struct _FREE_DISPLAY FreeDisplay[24];
    struct _LIST_ENTRY FreeBins;
    unsigned long FreeSummary;
    unsigned char Reserved274[4];
};
_Static_assert(sizeof(struct _DUAL) == 0x278, "_DUAL");
_Static_assert(__builtin_offsetof(struct _DUAL, FreeSummary) == 0x270, "_DUAL.FreeSummary");

struct _HHIVE {
    unsigned long Signature;
    unsigned char Reserved4[4];
    void (*GetCellRoutine)();
    void (*ReleaseCellRoutine)();
    void (*Allocate)();
    void (*Free)();
    void (*FileWrite)();
    void (*FileRead)();
    void *HiveLoadFailure;
    struct _HBASE_BLOCK *BaseBlock;
    struct _CMSI_RW_LOCK FlusherLock;
    struct _CMSI_RW_LOCK WriterLock;
    struct _RTL_BITMAP DirtyVector;
    unsigned long DirtyCount;
    unsigned long DirtyAlloc;
    struct _RTL_BITMAP UnreconciledVector;
    unsigned long UnreconciledCount;
    unsigned long BaseBlockAlloc;
    unsigned long Cluster;
    struct { unsigned char Flat : 1; unsigned char ReadOnly : 1; unsigned char Reserved : 6; };
    unsigned char DirtyFlag;
    unsigned char Reserved8E[2];
    unsigned long HvBinHeadersUse;
    unsigned long HvFreeCellsUse;
    unsigned long HvUsedCellsUse;
    unsigned long CmUsedCellsUse;
    unsigned long HiveFlags;
    unsigned long CurrentLog;
    unsigned long CurrentLogSequence;
    unsigned long CurrentLogMinimumSequence;
    unsigned long CurrentLogOffset;
    unsigned long MinimumLogSequence;
    unsigned long LogFileSizeCap;
    unsigned char LogDataPresent[2];
    unsigned char PrimaryFileValid;
    unsigned char BaseBlockDirty;
    union _LARGE_INTEGER LastLogSwapTime;
    union {
        unsigned short RecoveryInformation;
        struct { unsigned short FirstLogFile : 3; unsigned short SecondLogFile : 3; unsigned short HeaderRecovered : 1; unsigned short LegacyRecoveryIndicated : 1; unsigned short RecoveryInformationReserved : 8; };
    };
    unsigned char LogEntriesRecovered[2];
    unsigned long RefreshCount;
    unsigned long StorageTypeCount;
    unsigned long Version;
    struct _HVP_VIEW_MAP ViewMap;
    struct _DUAL Storage[2];
};
_Static_assert(sizeof(struct _HHIVE) == 0x600, "_HHIVE");
_Static_assert(__builtin_offsetof(struct _HHIVE, Storage) == 0x110, "_HHIVE.Storage");

struct _CM_WORKITEM {
    struct _LIST_ENTRY ListEntry;
    unsigned long Private;
    unsigned char Reserved14[4];
    void (*WorkerRoutine)();
    void *Parameter;
};
_Static_assert(sizeof(struct _CM_WORKITEM) == 0x28, "_CM_WORKITEM");
_Static_assert(__builtin_offsetof(struct _CM_WORKITEM, Parameter) == 0x20, "_CM_WORKITEM.Parameter");

enum _CM_DIRTY_VECTOR_OPERATION { DirtyDataCaptureEnd = 2, DirtyDataCaptureStart = 1, DirtyVectorModified = 0 };

struct __anonymous_2d53 {
    unsigned long RangeCount;
    unsigned long SetBitCount;
};
_Static_assert(sizeof(struct __anonymous_2d53) == 0x8, "__anonymous_2d53");
_Static_assert(__builtin_offsetof(struct __anonymous_2d53, SetBitCount) == 0x4, "__anonymous_2d53.SetBitCount");

struct __anonymous_2d51 {
    unsigned long Start;
    unsigned long Length;
};
_Static_assert(sizeof(struct __anonymous_2d51) == 0x8, "__anonymous_2d51");
_Static_assert(__builtin_offsetof(struct __anonymous_2d51, Length) == 0x4, "__anonymous_2d51.Length");

struct __anonymous_2d55 {
    unsigned long Context1;
    unsigned long Context2;
};
_Static_assert(sizeof(struct __anonymous_2d55) == 0x8, "__anonymous_2d55");
_Static_assert(__builtin_offsetof(struct __anonymous_2d55, Context2) == 0x4, "__anonymous_2d55.Context2");

union __anonymous_2d57 {
    struct __anonymous_2d53 DirtyDataCaptureContext;
    struct __anonymous_2d51 DirtyVectorModifiedContext;
    struct __anonymous_2d55 Raw;
};
_Static_assert(sizeof(union __anonymous_2d57) == 0x8, "__anonymous_2d57");

struct _CM_DIRTY_VECTOR_LOG_ENTRY {
    struct _ETHREAD *Thread;
    enum _CM_DIRTY_VECTOR_OPERATION Operation;
    union __anonymous_2d57 Data;
    unsigned char Reserved14[4];
    void *Stack[6];
};
_Static_assert(sizeof(struct _CM_DIRTY_VECTOR_LOG_ENTRY) == 0x48, "_CM_DIRTY_VECTOR_LOG_ENTRY");
_Static_assert(__builtin_offsetof(struct _CM_DIRTY_VECTOR_LOG_ENTRY, Stack) == 0x18, "_CM_DIRTY_VECTOR_LOG_ENTRY.Stack");

struct _CM_DIRTY_VECTOR_LOG {
    unsigned long Next;
    unsigned long Size;
    struct _CM_DIRTY_VECTOR_LOG_ENTRY Log[16];
};
_Static_assert(sizeof(struct _CM_DIRTY_VECTOR_LOG) == 0x488, "_CM_DIRTY_VECTOR_LOG");
_Static_assert(__builtin_offsetof(struct _CM_DIRTY_VECTOR_LOG, Log) == 0x8, "_CM_DIRTY_VECTOR_LOG.Log");

struct _HIVE_WRITE_WAIT_QUEUE {
    struct _ETHREAD *ActiveThread;
    struct _HIVE_WAIT_PACKET *WaitList;
};
_Static_assert(sizeof(struct _HIVE_WRITE_WAIT_QUEUE) == 0x10, "_HIVE_WRITE_WAIT_QUEUE");
_Static_assert(__builtin_offsetof(struct _HIVE_WRITE_WAIT_QUEUE, WaitList) == 0x8, "_HIVE_WRITE_WAIT_QUEUE.WaitList");

struct _CMHIVE {
    struct _HHIVE Hive;
    void *FileHandles[6];
    struct _LIST_ENTRY NotifyList;
    struct _LIST_ENTRY HiveList;
    struct _LIST_ENTRY PreloadedHiveList;
    struct _EX_RUNDOWN_REF HiveRundown;
    struct _CM_KEY_HASH_TABLE_ENTRY *KcbCacheTable;
    unsigned long KcbCacheTableSize;
    unsigned char Reserved674[4];
    struct _CM_KEY_HASH_TABLE_ENTRY *DeletedKcbTable;
    unsigned long DeletedKcbTableSize;
    unsigned long Identity;
    struct _CMSI_RW_LOCK HiveLock;
    struct _RTL_BITMAP FlushDirtyVector;
    unsigned long FlushDirtyVectorSize;
    unsigned char Reserved6A4[4];
    struct CMP_OFFSET_ARRAY *FlushLogEntryOffsetArray;
    unsigned long FlushLogEntryOffsetArrayCount;
    unsigned long FlushLogEntrySize;
    unsigned long FlushHiveTruncated;
    unsigned char FlushBaseBlockDirty;
    unsigned char Reserved6BD[3];
    struct _RTL_BITMAP CapturedUnreconciledVector;
    unsigned long CapturedUnreconciledVectorSize;
    unsigned char Reserved6D4[4];
    struct CMP_OFFSET_ARRAY *UnreconciledOffsetArray;
    unsigned long UnreconciledOffsetArrayCount;
    unsigned char Reserved6E4[4];
    struct _HBASE_BLOCK *UnreconciledBaseBlock;
    struct _EX_PUSH_LOCK SecurityLock;
    unsigned long LastShrinkHiveSize;
    unsigned char Reserved6FC[4];
    union _LARGE_INTEGER ActualFileSize;
    union _LARGE_INTEGER LogFileSizes[2];
    struct _UNICODE_STRING FileFullPath;
    struct _UNICODE_STRING FileUserName;
    struct _UNICODE_STRING HiveRootPath;
    unsigned long SecurityCount;
    unsigned long SecurityCacheSize;
    long SecurityHitHint;
    unsigned char Reserved754[4];
    struct _CM_KEY_SECURITY_CACHE_ENTRY *SecurityCache;
    struct _LIST_ENTRY SecurityHash[64];
    unsigned long UnloadEventCount;
    unsigned char ReservedB64[4];
    struct _KEVENT **UnloadEventArray;
    struct _CM_KEY_CONTROL_BLOCK *RootKcb;
    unsigned char Frozen;
    unsigned char ReservedB79[7];
    struct _CM_WORKITEM *UnloadWorkItem;
    struct _CM_WORKITEM UnloadWorkItemHolder;
    struct _CM_DIRTY_VECTOR_LOG DirtyVectorLog;
    unsigned long Flags;
    unsigned char Reserved103C[4];
    struct _LIST_ENTRY TrustClassEntry;
    unsigned long long DirtyTime;
    unsigned long long UnreconciledTime;
    struct _CM_RM *CmRm;
    unsigned long CmRmInitFailPoint;
    long CmRmInitFailStatus;
    struct _KTHREAD *CreatorOwner;
    struct _KTHREAD *RundownThread;
    union _LARGE_INTEGER LastWriteTime;
    struct _HIVE_WRITE_WAIT_QUEUE FlushQueue;
    struct _HIVE_WRITE_WAIT_QUEUE ReconcileQueue;
    union {
        unsigned long FlushFlags;
        struct { unsigned long PrimaryFilePurged : 1; unsigned long DiskFileBad : 1; unsigned long : 30; };
    };
    unsigned long PrimaryFileSizeBeforeLastFlush;
    long ReferenceCount;
    long UnloadHistoryIndex;
    unsigned long UnloadHistory[128];
    unsigned long BootStart;
    unsigned long UnaccessedStart;
    unsigned long UnaccessedEnd;
    unsigned long LoadedKeyCount;
    unsigned long HandleClosePending;
    unsigned char Reserved12CC[4];
    struct _EX_PUSH_LOCK HandleClosePendingEvent;
    unsigned char FinalFlushSucceeded;
    unsigned char Reserved12D9[7];
    struct _CMP_VOLUME_CONTEXT *VolumeContext;
};
_Static_assert(sizeof(struct _CMHIVE) == 0x12e8, "_CMHIVE");
_Static_assert(__builtin_offsetof(struct _CMHIVE, VolumeContext) == 0x12e0, "_CMHIVE.VolumeContext");

struct _CM_KEY_REFERENCE {
    unsigned long KeyCell;
    unsigned char Reserved4[4];
    struct _HHIVE *KeyHive;
};
_Static_assert(sizeof(struct _CM_KEY_REFERENCE) == 0x10, "_CM_KEY_REFERENCE");
_Static_assert(__builtin_offsetof(struct _CM_KEY_REFERENCE, KeyHive) == 0x8, "_CM_KEY_REFERENCE.KeyHive");

struct _CHILD_LIST {
    unsigned long Count;
    unsigned long List;
};
_Static_assert(sizeof(struct _CHILD_LIST) == 0x8, "_CHILD_LIST");
_Static_assert(__builtin_offsetof(struct _CHILD_LIST, List) == 0x4, "_CHILD_LIST.List");

struct _CM_KEY_NODE {
    unsigned short Signature;
    unsigned short Flags;
    union _LARGE_INTEGER LastWriteTime;
    unsigned char AccessBits;
    struct { unsigned char LayerSemantics : 2; unsigned char Spare1 : 5; unsigned char InheritClass : 1; };
    unsigned short Spare2;
    unsigned long Parent;
    unsigned long SubKeyCounts[2];
    union {
        struct _CM_KEY_REFERENCE ChildHiveReference;
        unsigned long SubKeyLists[2];
        struct { unsigned char Fill1C_ValueList[8]; struct _CHILD_LIST ValueList; };
    };
    unsigned long Security;
    unsigned long Class;
    struct { unsigned long MaxNameLen : 16; unsigned long UserFlags : 4; unsigned long VirtControlFlags : 4; unsigned long Debug : 8; };
    unsigned long MaxClassLen;
    unsigned long MaxValueNameLen;
    unsigned long MaxValueDataLen;
    unsigned long WorkVar;
    unsigned short NameLength;
    unsigned short ClassLength;
    unsigned short Name[1];
    unsigned char Reserved4E[2];
};
_Static_assert(sizeof(struct _CM_KEY_NODE) == 0x50, "_CM_KEY_NODE");
_Static_assert(__builtin_offsetof(struct _CM_KEY_NODE, Name) == 0x4c, "_CM_KEY_NODE.Name");

struct _CM_KEY_VALUE {
    unsigned short Signature;
    unsigned short NameLength;
    unsigned long DataLength;
    unsigned long Data;
    unsigned long Type;
    unsigned short Flags;
    unsigned short Spare;
    unsigned short Name[1];
    unsigned char Reserved16[2];
};
_Static_assert(sizeof(struct _CM_KEY_VALUE) == 0x18, "_CM_KEY_VALUE");
_Static_assert(__builtin_offsetof(struct _CM_KEY_VALUE, Name) == 0x14, "_CM_KEY_VALUE.Name");

struct _HMAP_ENTRY {
    unsigned long long BlockOffset;
    unsigned long long PermanentBinAddress;
    unsigned long MemAlloc;
    unsigned char Reserved14[4];
};
_Static_assert(sizeof(struct _HMAP_ENTRY) == 0x18, "_HMAP_ENTRY");
_Static_assert(__builtin_offsetof(struct _HMAP_ENTRY, MemAlloc) == 0x10, "_HMAP_ENTRY.MemAlloc");

struct _MM_GRAPHICS_VAD_FLAGS {
    struct { unsigned long Lock : 1; unsigned long LockContended : 1; unsigned long DeleteInProgress : 1; unsigned long NoChange : 1; unsigned long VadType : 3; unsigned long Protection : 5; unsigned long PreferredNode : 6; unsigned long PageSize : 2; unsigned long PrivateMemoryAlwaysSet : 1; unsigned long WriteWatch : 1; unsigned long FixedLargePageSize : 1; unsigned long ZeroFillPagesOptional : 1; unsigned long GraphicsAlwaysSet : 1; unsigned long GraphicsUseCoherentBus : 1; unsigned long GraphicsNoCache : 1; unsigned long GraphicsPageProtection : 3; unsigned long : 2; };
};
_Static_assert(sizeof(struct _MM_GRAPHICS_VAD_FLAGS) == 0x4, "_MM_GRAPHICS_VAD_FLAGS");

struct _MM_PRIVATE_VAD_FLAGS {
    struct { unsigned long Lock : 1; unsigned long LockContended : 1; unsigned long DeleteInProgress : 1; unsigned long NoChange : 1; unsigned long VadType : 3; unsigned long Protection : 5; unsigned long PreferredNode : 6; unsigned long PageSize : 2; unsigned long PrivateMemoryAlwaysSet : 1; unsigned long WriteWatch : 1; unsigned long FixedLargePageSize : 1; unsigned long ZeroFillPagesOptional : 1; unsigned long Graphics : 1; unsigned long Enclave : 1; unsigned long ShadowStack : 1; unsigned long PhysicalMemoryPfnsReferenced : 1; unsigned long : 4; };
};
_Static_assert(sizeof(struct _MM_PRIVATE_VAD_FLAGS) == 0x4, "_MM_PRIVATE_VAD_FLAGS");

struct _MM_SHARED_VAD_FLAGS {
    struct { unsigned long Lock : 1; unsigned long LockContended : 1; unsigned long DeleteInProgress : 1; unsigned long NoChange : 1; unsigned long VadType : 3; unsigned long Protection : 5; unsigned long PreferredNode : 6; unsigned long PageSize : 2; unsigned long PrivateMemoryAlwaysClear : 1; unsigned long PrivateFixup : 1; unsigned long HotPatchAllowed : 1; unsigned long : 9; };
};
_Static_assert(sizeof(struct _MM_SHARED_VAD_FLAGS) == 0x4, "_MM_SHARED_VAD_FLAGS");

struct _MMVAD_FLAGS {
    struct { unsigned long Lock : 1; unsigned long LockContended : 1; unsigned long DeleteInProgress : 1; unsigned long NoChange : 1; unsigned long VadType : 3; unsigned long Protection : 5; unsigned long PreferredNode : 6; unsigned long PageSize : 2; unsigned long PrivateMemory : 1; unsigned long : 11; };
};
_Static_assert(sizeof(struct _MMVAD_FLAGS) == 0x4, "_MMVAD_FLAGS");

union __anonymous_1dd7 {
    struct _MM_GRAPHICS_VAD_FLAGS GraphicsVadFlags;
    unsigned long LongFlags;
    struct _MM_PRIVATE_VAD_FLAGS PrivateVadFlags;
    struct _MM_SHARED_VAD_FLAGS SharedVadFlags;
    struct _MMVAD_FLAGS VadFlags;
    unsigned long VolatileVadLong;
};
_Static_assert(sizeof(union __anonymous_1dd7) == 0x4, "__anonymous_1dd7");

struct _MMVAD_FLAGS1 {
    struct { unsigned long CommitCharge : 31; unsigned long MemCommit : 1; };
};
_Static_assert(sizeof(struct _MMVAD_FLAGS1) == 0x4, "_MMVAD_FLAGS1");

union __anonymous_1dda {
    unsigned long LongFlags1;
    struct _MMVAD_FLAGS1 VadFlags1;
};
_Static_assert(sizeof(union __anonymous_1dda) == 0x4, "__anonymous_1dda");

struct _MMVAD_SHORT {
    union {
        struct _RTL_BALANCED_NODE VadNode;
        struct _MMVAD_SHORT *NextVad;
        struct { unsigned char Fill0_ExtraCreateInfo[8]; void *ExtraCreateInfo; };
    };
    unsigned long StartingVpn;
    unsigned long EndingVpn;
    unsigned char StartingVpnHigh;
    unsigned char EndingVpnHigh;
    unsigned char CommitChargeHigh;
    unsigned char SpareNT64VadUChar;
    long ReferenceCount;
    struct _EX_PUSH_LOCK PushLock;
    union __anonymous_1dd7 u;
    union __anonymous_1dda u1;
    struct _MI_VAD_EVENT_BLOCK *EventList;
};
_Static_assert(sizeof(struct _MMVAD_SHORT) == 0x40, "_MMVAD_SHORT");
_Static_assert(__builtin_offsetof(struct _MMVAD_SHORT, EventList) == 0x38, "_MMVAD_SHORT.EventList");

struct _MMVAD_FLAGS2 {
    struct { unsigned long FileOffset : 24; unsigned long Large : 1; unsigned long TrimBehind : 1; unsigned long Inherit : 1; unsigned long NoValidationNeeded : 1; unsigned long PrivateDemandZero : 1; unsigned long Spare : 3; };
};
_Static_assert(sizeof(struct _MMVAD_FLAGS2) == 0x4, "_MMVAD_FLAGS2");

union __anonymous_3267 {
    unsigned long LongFlags2;
    struct _MMVAD_FLAGS2 VadFlags2;
};
_Static_assert(sizeof(union __anonymous_3267) == 0x4, "__anonymous_3267");

struct _MI_VAD_SEQUENTIAL_INFO {
    struct { unsigned long long Length : 12; unsigned long long Vpn : 52; };
};
_Static_assert(sizeof(struct _MI_VAD_SEQUENTIAL_INFO) == 0x8, "_MI_VAD_SEQUENTIAL_INFO");

union __anonymous_326a {
    struct _MMEXTEND_INFO *ExtendedInfo;
    struct _MI_VAD_SEQUENTIAL_INFO SequentialVa;
};
_Static_assert(sizeof(union __anonymous_326a) == 0x8, "__anonymous_326a");

struct _MMVAD {
    struct _MMVAD_SHORT Core;
    union __anonymous_3267 u2;
    unsigned char Reserved44[4];
    struct _SUBSECTION *Subsection;
    struct _MMPTE *FirstPrototypePte;
    struct _MMPTE *LastContiguousPte;
    struct _LIST_ENTRY ViewLinks;
    struct _EPROCESS *VadsProcess;
    union __anonymous_326a u4;
    struct _FILE_OBJECT *FileObject;
};
_Static_assert(sizeof(struct _MMVAD) == 0x88, "_MMVAD");
_Static_assert(__builtin_offsetof(struct _MMVAD, FileObject) == 0x80, "_MMVAD.FileObject");

struct _MMSECTION_FLAGS {
    struct { unsigned int BeingDeleted : 1; unsigned int BeingCreated : 1; unsigned int BeingPurged : 1; unsigned int NoModifiedWriting : 1; unsigned int FailAllIo : 1; unsigned int Image : 1; unsigned int Based : 1; unsigned int File : 1; unsigned int AttemptingDelete : 1; unsigned int PrefetchCreated : 1; unsigned int PhysicalMemory : 1; unsigned int ImageControlAreaOnRemovableMedia : 1; unsigned int Reserve : 1; unsigned int Commit : 1; unsigned int NoChange : 1; unsigned int WasPurged : 1; unsigned int UserReference : 1; unsigned int GlobalMemory : 1; unsigned int DeleteOnClose : 1; unsigned int FilePointerNull : 1; unsigned long PreferredNode : 6; unsigned int GlobalOnlyPerSession : 1; unsigned int UserWritable : 1; unsigned int SystemVaAllocated : 1; unsigned int PreferredFsCompressionBoundary : 1; unsigned int UsingFileExtents : 1; unsigned int PageSize64K : 1; };
};
_Static_assert(sizeof(struct _MMSECTION_FLAGS) == 0x4, "_MMSECTION_FLAGS");

union __anonymous_1dad {
    struct _MMSECTION_FLAGS Flags;
    unsigned long LongFlags;
};
_Static_assert(sizeof(union __anonymous_1dad) == 0x4, "__anonymous_1dad");

struct _MMSECTION_FLAGS2 {
    struct { unsigned short PartitionId : 10; unsigned short : 6; };
    struct { unsigned char NoCrossPartitionAccess : 1; unsigned char SubsectionCrossPartitionReferenceOverflow : 1; unsigned char : 6; };
    unsigned char Reserved3[1];
};
_Static_assert(sizeof(struct _MMSECTION_FLAGS2) == 0x4, "_MMSECTION_FLAGS2");

union __anonymous_1db0 {
    struct _MMSECTION_FLAGS2 Flags;
    unsigned long LongFlags;
};
_Static_assert(sizeof(union __anonymous_1db0) == 0x4, "__anonymous_1db0");

struct __anonymous_1db8 {
    union {
        unsigned long ImageRelocationStartBit;
        unsigned long NumberOfSystemCacheViews;
    };
    union {
        long WritableUserReferences;
        struct { unsigned long ImageRelocationSizeIn64k : 16; unsigned long SystemImage : 1; unsigned long CantMove : 1; unsigned long StrongCode : 2; unsigned long BitMap : 2; unsigned long ImageActive : 1; unsigned long ImageBaseOkToReuse : 1; unsigned long : 8; };
    };
    union {
        struct _MI_IMAGE_SECURITY_REFERENCE *SeImageStub;
        unsigned long FlushInProgressCount;
        unsigned long NumberOfSubsections;
    };
};
_Static_assert(sizeof(struct __anonymous_1db8) == 0x10, "__anonymous_1db8");
_Static_assert(__builtin_offsetof(struct __anonymous_1db8, NumberOfSubsections) == 0x8, "__anonymous_1db8.NumberOfSubsections");

union __anonymous_1dba {
    struct __anonymous_1db8 e2;
};
_Static_assert(sizeof(union __anonymous_1dba) == 0x10, "__anonymous_1dba");

union __anonymous_1dbc {
    unsigned long long ImageCrossPartitionCharge;
    struct { unsigned long long IoAttributionContext : 61; unsigned long long Spare : 3; };
    struct { unsigned long long CommittedPageCount : 36; unsigned long long : 28; };
};
_Static_assert(sizeof(union __anonymous_1dbc) == 0x8, "__anonymous_1dbc");

struct _CONTROL_AREA {
    struct _SEGMENT *Segment;
    union {
        struct _LIST_ENTRY ListHead;
        void *AweContext;
    };
    unsigned long long NumberOfSectionReferences;
    unsigned long long NumberOfPfnReferences;
    unsigned long long NumberOfMappedViews;
    unsigned long long NumberOfUserReferences;
    union __anonymous_1dad u;
    union __anonymous_1db0 u1;
    struct _EX_FAST_REF FilePointer;
    long ControlAreaLock;
    unsigned long ModifiedWriteCount;
    struct _MI_CONTROL_AREA_WAIT_BLOCK *WaitList;
    union __anonymous_1dba u2;
    struct _EX_PUSH_LOCK FileObjectLock;
    unsigned long long LockedPages;
    union __anonymous_1dbc u3;
};
_Static_assert(sizeof(struct _CONTROL_AREA) == 0x80, "_CONTROL_AREA");
_Static_assert(__builtin_offsetof(struct _CONTROL_AREA, u3) == 0x78, "_CONTROL_AREA.u3");

struct _LOGGED_STREAM_CALLBACK_V1 {
    void *LogHandle;
    void (*FlushToLsnRoutine)();
};
_Static_assert(sizeof(struct _LOGGED_STREAM_CALLBACK_V1) == 0x10, "_LOGGED_STREAM_CALLBACK_V1");
_Static_assert(__builtin_offsetof(struct _LOGGED_STREAM_CALLBACK_V1, FlushToLsnRoutine) == 0x8, "_LOGGED_STREAM_CALLBACK_V1.FlushToLsnRoutine");

struct _LOGGED_STREAM_CALLBACK_V2 {
    struct _LOG_HANDLE_CONTEXT *LogHandleContext;
};
_Static_assert(sizeof(struct _LOGGED_STREAM_CALLBACK_V2) == 0x8, "_LOGGED_STREAM_CALLBACK_V2");

struct _PRIVATE_CACHE_MAP_FLAGS {
    struct { unsigned long DontUse : 16; unsigned long ReadAheadActive : 1; unsigned long ReadAheadEnabled : 1; unsigned long PagePriority : 3; unsigned long PipelineReadAheads : 1; unsigned long Available : 10; };
};
_Static_assert(sizeof(struct _PRIVATE_CACHE_MAP_FLAGS) == 0x4, "_PRIVATE_CACHE_MAP_FLAGS");

struct _PRIVATE_CACHE_MAP {
    union {
        struct _PRIVATE_CACHE_MAP_FLAGS Flags;
        short NodeTypeCode;
    };
    unsigned long ReadAheadMask;
    struct _FILE_OBJECT *FileObject;
    union _LARGE_INTEGER FileOffset1;
    union _LARGE_INTEGER BeyondLastByte1;
    union _LARGE_INTEGER FileOffset2;
    union _LARGE_INTEGER BeyondLastByte2;
    unsigned long SequentialReadCount;
    unsigned long ReadAheadLength;
    union _LARGE_INTEGER ReadAheadOffset;
    union _LARGE_INTEGER ReadAheadBeyondLastByte;
    unsigned long long PrevReadAheadBeyondLastByte;
    unsigned long long ReadAheadSpinLock;
    unsigned long PipelinedReadAheadRequestSize;
    unsigned long ReadAheadGrowth;
    struct _LIST_ENTRY PrivateLinks;
    void *ReadAheadWorkItem;
};
_Static_assert(sizeof(struct _PRIVATE_CACHE_MAP) == 0x78, "_PRIVATE_CACHE_MAP");
_Static_assert(__builtin_offsetof(struct _PRIVATE_CACHE_MAP, ReadAheadWorkItem) == 0x70, "_PRIVATE_CACHE_MAP.ReadAheadWorkItem");

struct _SHARED_CACHE_MAP {
    short NodeTypeCode;
    short NodeByteSize;
    unsigned long OpenCount;
    union _LARGE_INTEGER FileSize;
    struct _LIST_ENTRY BcbList;
    union _LARGE_INTEGER SectionSize;
    union _LARGE_INTEGER ValidDataLength;
    union _LARGE_INTEGER ValidDataGoal;
    struct _VACB *InitialVacbs[4];
    struct _VACB **Vacbs;
    struct _EX_FAST_REF FileObjectFastRef;
    struct _EX_PUSH_LOCK VacbLock;
    unsigned long DirtyPages;
    unsigned char Reserved74[4];
    struct _LIST_ENTRY LoggedStreamLinks;
    struct _LIST_ENTRY SharedCacheMapLinks;
    unsigned long Flags;
    long Status;
    struct _MBCB *Mbcb;
    void *Section;
    struct _KEVENT *CreateEvent;
    struct _KEVENT *WaitOnActiveCount;
    unsigned long PagesToWrite;
    unsigned char ReservedC4[4];
    long long BeyondLastFlush;
    struct _CACHE_MANAGER_CALLBACKS *Callbacks;
    void *LazyWriteContext;
    struct _LIST_ENTRY PrivateList;
    union {
        struct _LOGGED_STREAM_CALLBACK_V1 V1;
        struct _LOGGED_STREAM_CALLBACK_V2 V2;
    };
    union _LARGE_INTEGER LargestLSN;
    unsigned long DirtyPageThreshold;
    unsigned long LazyWritePassCount;
    struct _CACHE_UNINITIALIZE_EVENT *UninitializeEvent;
    struct _FAST_MUTEX BcbLock;
    union _LARGE_INTEGER LastUnmapBehindOffset;
    struct _KEVENT Event;
    union _LARGE_INTEGER HighWaterMappingOffset;
    struct _PRIVATE_CACHE_MAP PrivateCacheMap;
    void *WriteBehindWorkQueueEntry;
    struct _VOLUME_CACHE_MAP *VolumeCacheMap;
    unsigned long ProcImagePathHash;
    unsigned long WritesInProgress;
    unsigned long AsyncReadRequestCount;
    unsigned char Reserved20C[4];
    struct _CC_PARTITION *Partition;
    unsigned long InternalRefCount;
    unsigned long NumMappedVacb;
    unsigned long NumActiveVacb;
    unsigned char Reserved224[4];
};
_Static_assert(sizeof(struct _SHARED_CACHE_MAP) == 0x228, "_SHARED_CACHE_MAP");
_Static_assert(__builtin_offsetof(struct _SHARED_CACHE_MAP, NumActiveVacb) == 0x220, "_SHARED_CACHE_MAP.NumActiveVacb");

union __anonymous_21cb {
    struct _LIST_ENTRY Links;
    union _LARGE_INTEGER FileOffset;
    unsigned short ActiveCount;
};
_Static_assert(sizeof(union __anonymous_21cb) == 0x10, "__anonymous_21cb");

struct _VACB {
    void *BaseAddress;
    struct _SHARED_CACHE_MAP *SharedCacheMap;
    union __anonymous_21cb Overlay;
    struct _VACB_ARRAY_HEADER *ArrayHead;
};
_Static_assert(sizeof(struct _VACB) == 0x28, "_VACB");
_Static_assert(__builtin_offsetof(struct _VACB, ArrayHead) == 0x20, "_VACB.ArrayHead");

#pragma clang diagnostic pop
#pragma pack(pop)
