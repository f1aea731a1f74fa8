/* Kernel handles to objects: open, resolve, close. */
#include "obp.h"

#define KERNEL_HANDLE_MASK 0xFFFFFFFF80000000ULL
#define NtCurrentProcessHandle ((HANDLE) - 1LL)
#define NtCurrentThreadHandle ((HANDLE) - 2LL)

PHANDLE_TABLE ObpKernelHandleTable;

HANDLE ExpCreateHandleEx(PHANDLE_TABLE table, PVOID pointer, ULONG attributes, ACCESS_MASK access);
PVOID ExpUseHandle(PHANDLE_TABLE table, HANDLE handle, BOOLEAN (*use)(PVOID pointer), ACCESS_MASK *access);
PVOID ExpRemoveHandle(PHANDLE_TABLE table, HANDLE handle);

NTSTATUS ObpInitializeHandles(void)
{
    ObpKernelHandleTable = ExCreateHandleTable(PsInitialSystemProcess);
    if (ObpKernelHandleTable == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (PsInitialSystemProcess != NULL) {
        PsInitialSystemProcess->ObjectTable = ObpKernelHandleTable;
    }
    return STATUS_SUCCESS;
}

static HANDLE ObpDecodeHandle(HANDLE handle)
{
    ULONG_PTR v = (ULONG_PTR)handle;
    if ((v & KERNEL_HANDLE_MASK) == KERNEL_HANDLE_MASK) {
        v &= ~KERNEL_HANDLE_MASK;
    }
    return (HANDLE)v;
}

static BOOLEAN ObpReferenceHeader(PVOID pointer) { return ObpReferenceObjectSafe(&((POBJECT_HEADER)pointer)->Body); }

/* The handle holds one reference. */
NTSTATUS ObpCreateHandle(PVOID object, ACCESS_MASK access, ULONG attributes, PHANDLE handle)
{
    POBJECT_HEADER header = OBJECT_TO_OBJECT_HEADER(object);
    POBJECT_TYPE type = ObGetObjectType(object);

    if ((header->Flags & OB_FLAG_EXCLUSIVE_OBJECT) && header->HandleCount != 0) {
        return STATUS_ACCESS_DENIED;
    }
    ObfReferenceObject(object);
    ATOMIC_INC(&header->HandleCount);
    ULONG n = ATOMIC_INC(&type->TotalNumberOfHandles);
    if (n > type->HighWaterNumberOfHandles) {
        type->HighWaterNumberOfHandles = n;
    }
    POBJECT_HEADER_HANDLE_INFO info = ObpHeaderInfo(header, OB_INFO_HANDLE);
    if (info != NULL) {
        info->SingleEntry.Process = PsInitialSystemProcess;
        info->SingleEntry.HandleCount = (ULONG)header->HandleCount;
    }
    HANDLE value = ExpCreateHandleEx(ObpKernelHandleTable, header, (attributes & OBJ_INHERIT) ? 2 : 0, access);
    if (value == NULL) {
        ATOMIC_DEC(&header->HandleCount);
        ATOMIC_DEC(&type->TotalNumberOfHandles);
        ObfDereferenceObject(object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *handle = (HANDLE)((ULONG_PTR)value | KERNEL_HANDLE_MASK);
    return STATUS_SUCCESS;
}

/* `info` is an OBJECT_HANDLE_INFORMATION {HandleAttributes, GrantedAccess}. */
NTSTATUS ObReferenceObjectByHandle(HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode,
                                   PVOID *object, PVOID info)
{
    UNREFERENCED_PARAMETER(access);     /* kernel-mode callers are not checked */
    UNREFERENCED_PARAMETER(mode);
    ACCESS_MASK granted = 0x1FFFFF;
    PVOID found;

    *object = NULL;
    if (handle == NtCurrentThreadHandle) {
        found = KeGetCurrentThread();
        ObfReferenceObject(found);
    } else if (handle == NtCurrentProcessHandle) {
        found = KeGetCurrentThread()->ApcState.Process;
        ObfReferenceObject(found);
    } else {
        POBJECT_HEADER header =
            ExpUseHandle(ObpKernelHandleTable, ObpDecodeHandle(handle), ObpReferenceHeader, &granted);
        if (header == NULL) {
            return STATUS_INVALID_HANDLE;
        }
        found = &header->Body;
    }
    if (type != NULL && ObGetObjectType(found) != type) {
        ObfDereferenceObject(found);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (info != NULL) {
        ((PULONG)info)[0] = 0;
        ((PULONG)info)[1] = granted;
    }
    *object = found;
    return STATUS_SUCCESS;
}

NTSTATUS ObReferenceObjectByHandleWithTag(HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode,
                                          ULONG tag, PVOID *object, PVOID info)
{
    UNREFERENCED_PARAMETER(tag);
    return ObReferenceObjectByHandle(handle, access, type, mode, object, info);
}

static void ObpDecrementHandleCount(PVOID object)
{
    POBJECT_HEADER header = OBJECT_TO_OBJECT_HEADER(object);
    POBJECT_TYPE type = ObGetObjectType(object);
    OB_CLOSE_METHOD close = FROM_PROC(OB_CLOSE_METHOD, type->TypeInfo.CloseProcedure);
    LONG64 before = ATOMIC_DEC(&header->HandleCount) + 1;
    POBJECT_HEADER_HANDLE_INFO info = ObpHeaderInfo(header, OB_INFO_HANDLE);
    if (info != NULL) {
        info->SingleEntry.HandleCount = (ULONG)(before - 1);
    }
    if (close != NULL) {
        close(PsInitialSystemProcess, object, (ULONG64)before, (ULONG64)before);
    }
    if (before == 1) {
        ObpDeleteNameCheck(object);
    }
    ATOMIC_DEC(&type->TotalNumberOfHandles);
}

OBP_FRAME static NTSTATUS ObCloseHandleTableEntry(PHANDLE_TABLE table, HANDLE handle)
{
    POBJECT_HEADER header = ExpRemoveHandle(table, handle);
    if (header == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    ObpDecrementHandleCount(&header->Body);
    ObfDereferenceObject(&header->Body);
    return STATUS_SUCCESS;
}

OBP_FRAME static NTSTATUS ObpCloseHandle(HANDLE handle)
{
    return ObCloseHandleTableEntry(ObpKernelHandleTable, ObpDecodeHandle(handle));
}

OBP_FRAME NTSTATUS NtClose(HANDLE handle) { return ObpCloseHandle(handle); }

NTSTATUS ObCloseHandle(HANDLE handle, KPROCESSOR_MODE mode)
{
    UNREFERENCED_PARAMETER(mode);
    return ObpCloseHandle(handle);
}
