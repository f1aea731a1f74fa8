/* Symbolic links: a name that stands for another name. */
#include "obp.h"

NTSTATUS ObpReplaceName(PUNICODE_STRING complete, PUNICODE_STRING prefix, PUNICODE_STRING rest)
{
    ULONG length = prefix->Length + rest->Length;
    if (length > 0xFFFC) {
        return STATUS_NAME_TOO_LONG;
    }
    PWSTR text = ExAllocatePoolWithTag(NonPagedPool, length + sizeof(WCHAR), 'mNbO');
    if (text == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(text, prefix->Buffer, prefix->Length);
    memcpy((PUCHAR)text + prefix->Length, rest->Buffer, rest->Length);  /* `rest` lies in the old buffer */
    text[length / sizeof(WCHAR)] = 0;
    ExFreePoolWithTag(complete->Buffer, 'mNbO');
    complete->Buffer = text;
    complete->Length = (USHORT)length;
    complete->MaximumLength = (USHORT)(length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS ObpParseSymbolicLink(PVOID parseObject, POBJECT_TYPE type, PVOID accessState, KPROCESSOR_MODE mode,
                              ULONG attributes, PUNICODE_STRING complete, PUNICODE_STRING remaining, PVOID context,
                              PVOID qos, PVOID *object)
{
    UNREFERENCED_PARAMETER(accessState);
    UNREFERENCED_PARAMETER(mode);
    UNREFERENCED_PARAMETER(attributes);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(qos);
    POBJECT_SYMBOLIC_LINK link = parseObject;
    *object = NULL;
    if (remaining->Length == 0 && type == ObpSymbolicLinkObjectType) {
        ObfReferenceObject(link);   /* the link itself is wanted */
        *object = link;
        return STATUS_SUCCESS;
    }
    NTSTATUS status = ObpReplaceName(complete, &link->LinkTarget, remaining);
    return NT_SUCCESS(status) ? STATUS_REPARSE : status;
}

void ObpDeleteSymbolicLink(PVOID object)
{
    POBJECT_SYMBOLIC_LINK link = object;
    if (link->LinkTarget.Buffer != NULL) {
        ExFreePoolWithTag(link->LinkTarget.Buffer, 'tmyS');
    }
}

NTSTATUS NtCreateSymbolicLinkObject(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PUNICODE_STRING target)
{
    if (target->Length == 0 || target->Length > 0xFFFC) {
        return STATUS_INVALID_PARAMETER;
    }
    POBJECT_SYMBOLIC_LINK link;
    NTSTATUS status = ObCreateObject(KernelMode, ObpSymbolicLinkObjectType, oa, KernelMode, NULL, sizeof(*link), 0, 0,
                                     (PVOID *)&link);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    RtlZeroMemory(link, sizeof(*link));
    link->LinkTarget.Buffer = ExAllocatePoolWithTag(NonPagedPool, target->Length + sizeof(WCHAR), 'tmyS');
    if (link->LinkTarget.Buffer == NULL) {
        ObfDereferenceObject(link);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    link->LinkTarget.MaximumLength = target->Length + sizeof(WCHAR);
    memcpy(link->LinkTarget.Buffer, target->Buffer, target->Length);
    link->LinkTarget.Length = target->Length;
    link->LinkTarget.Buffer[target->Length / sizeof(WCHAR)] = 0;
    KeQuerySystemTime(&link->CreationTime);
    return ObInsertObject(link, NULL, access, 0, NULL, handle);
}

NTSTATUS NtOpenSymbolicLinkObject(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES oa)
{
    return ObOpenObjectByName(oa, ObpSymbolicLinkObjectType, KernelMode, NULL, access, NULL, handle);
}

NTSTATUS NtQuerySymbolicLinkObject(HANDLE handle, PUNICODE_STRING target, PULONG needed)
{
    POBJECT_SYMBOLIC_LINK link;
    NTSTATUS status = ObReferenceObjectByHandle(handle, 0, ObpSymbolicLinkObjectType, KernelMode, (PVOID *)&link, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (needed != NULL) {
        *needed = link->LinkTarget.Length;
    }
    if (target->MaximumLength < link->LinkTarget.Length) {
        status = STATUS_BUFFER_TOO_SMALL;
    } else {
        RtlCopyUnicodeString(target, &link->LinkTarget);
    }
    ObfDereferenceObject(link);
    return status;
}
