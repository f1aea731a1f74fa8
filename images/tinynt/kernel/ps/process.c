/* The two processes of this system: Idle and System. */
#include "psp.h"

PEPROCESS PsInitialSystemProcess, PsIdleProcess;
LIST_ENTRY PsActiveProcessHead = {&PsActiveProcessHead, &PsActiveProcessHead};
LIST_ENTRY PsLoadedModuleList = {&PsLoadedModuleList, &PsLoadedModuleList};
ERESOURCE PsLoadedModuleResource;
POBJECT_TYPE PsThreadType, PsProcessType;
PHANDLE_TABLE PspCidTable;
static KLDR_DATA_TABLE_ENTRY PspKernelModule;

static PVOID PspAllocateBareObject(SIZE_T body)
{
    POBJECT_HEADER header = ExAllocatePoolZero(NonPagedPool, FIELD_OFFSET(OBJECT_HEADER, Body) + body, 0x636F7250);
    if (header == NULL) {
        KeBugCheck(INSTALL_MORE_MEMORY);
    }
    header->PointerCount = 1;
    return &header->Body;
}

static PEPROCESS PspCreateKernelProcess(PCSTR name, ULONG64 pid)
{
    PEPROCESS process = PspAllocateBareObject(sizeof *process);
    process->Pcb.Header.Type = 3;            /* ProcessObject */
    InitializeListHead(&process->Pcb.Header.WaitListHead);
    InitializeListHead(&process->Pcb.ThreadListHead);
    InitializeListHead(&process->Pcb.ProfileListHead);
    InitializeListHead(&process->ThreadListHead);
    process->Pcb.DirectoryTableBase = ReadCR3() & ~0xFFFULL;
    process->Pcb.BasePriority = 8;
    process->UniqueProcessId = (PVOID)pid;
    KeQuerySystemTime((PLARGE_INTEGER)&process->CreateTime);
    for (ULONG i = 0; name[i] && i < sizeof process->ImageFileName - 1; i++) {
        process->ImageFileName[i] = (UCHAR)name[i];
    }
    return process;
}

static void PspAddKernelModule(PLOADER_BLOCK loader)
{
    PKLDR_DATA_TABLE_ENTRY m = &PspKernelModule;
    PUCHAR base = (PUCHAR)loader->KernelBase;
    PIMAGE_NT_HEADERS64 nt = (PIMAGE_NT_HEADERS64)(base + ((PIMAGE_DOS_HEADER)base)->e_lfanew);
    m->DllBase = base;
    m->EntryPoint = base + nt->OptionalHeader.AddressOfEntryPoint;
    m->SizeOfImage = nt->OptionalHeader.SizeOfImage;
    m->CheckSum = nt->OptionalHeader.CheckSum;
    m->TimeDateStamp = nt->FileHeader.TimeDateStamp;
    m->ExceptionTable = base + nt->OptionalHeader.DataDirectory[3].VirtualAddress;
    m->ExceptionTableSize = nt->OptionalHeader.DataDirectory[3].Size;
    m->LoadCount = 1;
    RtlInitUnicodeString(&m->FullDllName, L"\\SystemRoot\\system32\\ntoskrnl.exe");
    RtlInitUnicodeString(&m->BaseDllName, L"ntoskrnl.exe");
    InsertTailList(&PsLoadedModuleList, &m->InLoadOrderLinks);
}

void PsInitSystemProcess(PLOADER_BLOCK loader)
{
    ExInitializeResourceLite(&PsLoadedModuleResource);
    PspAddKernelModule(loader);
    PsIdleProcess = PspCreateKernelProcess("Idle", 0);
    PsInitialSystemProcess = PspCreateKernelProcess("System", 4);
    InsertTailList(&PsActiveProcessHead, &PsInitialSystemProcess->ActiveProcessLinks);
}

/* Processes and threads that were made before there were object types. */
static void PspAdoptObject(PVOID object, POBJECT_TYPE type)
{
    POBJECT_HEADER header = OBJECT_TO_OBJECT_HEADER(object);
    header->TypeIndex = type->Index ^ ObHeaderCookie ^ (UCHAR)((ULONG64)header >> 8);
    type->TotalNumberOfObjects++;
}

static void PspAdoptProcess(PEPROCESS process)
{
    PspAdoptObject(process, PsProcessType);
    for (PLIST_ENTRY e = process->ThreadListHead.Flink; e != &process->ThreadListHead; e = e->Flink) {
        PspAdoptObject(CONTAINING_RECORD(e, ETHREAD, ThreadListEntry), PsThreadType);
    }
}

static POBJECT_TYPE PspCreateType(PCWSTR text, OB_DELETE_METHOD deleteProcedure, ULONG charge)
{
    OBJECT_TYPE_INITIALIZER init;
    UNICODE_STRING name;
    POBJECT_TYPE type = NULL;
    memset(&init, 0, sizeof init);
    init.Length = sizeof init;
    init.PoolType = NonPagedPool;
    init.DefaultNonPagedPoolCharge = charge;
    init.DeleteProcedure = (void (*)())deleteProcedure;
    RtlInitUnicodeString(&name, text);
    if (!NT_SUCCESS(ObCreateObjectType(&name, &init, NULL, &type))) {
        KeBugCheck(PROCESS_INITIALIZATION_FAILED);
    }
    return type;
}

NTSTATUS PsInitSystem(void)
{
    PspCidTable = ExCreateHandleTable(NULL);
    PsProcessType = PspCreateType(L"Process", NULL, sizeof(EPROCESS));
    PsThreadType = PspCreateType(L"Thread", PspDeleteThread, sizeof(ETHREAD));
    PspAdoptProcess(PsIdleProcess);
    PspAdoptProcess(PsInitialSystemProcess);
    ExCreateHandle(PspCidTable, PsInitialSystemProcess);
    return STATUS_SUCCESS;
}

PEPROCESS PsGetCurrentProcess(void) { return (PEPROCESS)KeGetCurrentThread()->Process; }
HANDLE PsGetCurrentProcessId(void) { return PsGetCurrentProcess()->UniqueProcessId; }
HANDLE PsGetCurrentThreadId(void) { return PsGetCurrentThread()->Cid.UniqueThread; }
