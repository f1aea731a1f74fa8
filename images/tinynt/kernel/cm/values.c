/* The registry's system services on values. */
#include "cmp.h"

typedef struct _KEY_VALUE_BASIC_INFORMATION {
    ULONG TitleIndex, Type, NameLength;
    WCHAR Name[1];
} KEY_VALUE_BASIC_INFORMATION, *PKEY_VALUE_BASIC_INFORMATION;

typedef struct _KEY_VALUE_FULL_INFORMATION {
    ULONG TitleIndex, Type, DataOffset, DataLength, NameLength;
    WCHAR Name[1];
} KEY_VALUE_FULL_INFORMATION, *PKEY_VALUE_FULL_INFORMATION;

typedef struct _KEY_VALUE_PARTIAL_INFORMATION {
    ULONG TitleIndex, Type, DataLength;
    UCHAR Data[1];
} KEY_VALUE_PARTIAL_INFORMATION, *PKEY_VALUE_PARTIAL_INFORMATION;

enum { KeyValueBasicInformation, KeyValueFullInformation, KeyValuePartialInformation };

/* As much as fits: the fixed part must, the rest may be cut (STATUS_BUFFER_OVERFLOW). */
NTSTATUS CmpReturnValue(PCMP_VALUE value, int infoClass, PVOID info, ULONG length, PULONG needed)
{
    ULONG head;
    switch (infoClass) {
    case KeyValueBasicInformation: {
        PKEY_VALUE_BASIC_INFORMATION b = info;
        head = FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name);
        *needed = head + value->Name.Length;
        if (length < head) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        b->TitleIndex = 0;
        b->Type = value->Type;
        b->NameLength = value->Name.Length;
        memcpy(b->Name, value->Name.Buffer, min((ULONG)value->Name.Length, length - head));
        break;
    }
    case KeyValueFullInformation: {
        PKEY_VALUE_FULL_INFORMATION f = info;
        head = FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name);
        ULONG data = (ULONG)ALIGN_UP(head + value->Name.Length, 8);
        *needed = data + value->DataLength;
        if (length < head) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        f->TitleIndex = 0;
        f->Type = value->Type;
        f->DataOffset = data;
        f->DataLength = value->DataLength;
        f->NameLength = value->Name.Length;
        memcpy(f->Name, value->Name.Buffer, min((ULONG)value->Name.Length, length - head));
        if (length > data) {
            memcpy((PUCHAR)info + data, value->Data, min(value->DataLength, length - data));
        }
        break;
    }
    case KeyValuePartialInformation: {
        PKEY_VALUE_PARTIAL_INFORMATION p = info;
        head = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
        *needed = head + value->DataLength;
        if (length < head) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        p->TitleIndex = 0;
        p->Type = value->Type;
        p->DataLength = value->DataLength;
        memcpy(p->Data, value->Data, min(value->DataLength, length - head));
        break;
    }
    default: return STATUS_NOT_IMPLEMENTED;
    }
    return length < *needed ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS NtSetValueKey(HANDLE h, PUNICODE_STRING name, ULONG titleIndex, ULONG type, PVOID data, ULONG size)
{
    UNREFERENCED_PARAMETER(titleIndex);
    PCM_KEY_BODY key;
    NTSTATUS status = CmpReferenceKey(h, &key);
    if (NT_SUCCESS(status)) {
        CmpLockRegistry(TRUE);
        status = key->Node->Deleted ? STATUS_KEY_DELETED : CmpSetValue(key->Node, name, type, data, size);
        CmpUnlockRegistry();
        ObDereferenceObject(key);
    }
    return status;
}

NTSTATUS NtQueryValueKey(HANDLE h, PUNICODE_STRING name, int infoClass, PVOID info, ULONG length, PULONG needed)
{
    PCM_KEY_BODY key;
    NTSTATUS status = CmpReferenceKey(h, &key);
    if (NT_SUCCESS(status)) {
        CmpLockRegistry(FALSE);
        PCMP_VALUE value = CmpFindValue(key->Node, name);
        status = key->Node->Deleted ? STATUS_KEY_DELETED
                 : value == NULL    ? STATUS_OBJECT_NAME_NOT_FOUND
                                    : CmpReturnValue(value, infoClass, info, length, needed);
        CmpUnlockRegistry();
        ObDereferenceObject(key);
    }
    return status;
}

NTSTATUS NtEnumerateValueKey(HANDLE h, ULONG index, int infoClass, PVOID info, ULONG length, PULONG needed)
{
    PCM_KEY_BODY key;
    NTSTATUS status = CmpReferenceKey(h, &key);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    CmpLockRegistry(FALSE);
    status = key->Node->Deleted ? STATUS_KEY_DELETED : STATUS_NO_MORE_ENTRIES;
    for (PLIST_ENTRY e = key->Node->Values.Flink; e != &key->Node->Values; e = e->Flink) {
        if (index-- == 0) {
            status = CmpReturnValue(CONTAINING_RECORD(e, CMP_VALUE, Link), infoClass, info, length, needed);
            break;
        }
    }
    CmpUnlockRegistry();
    ObDereferenceObject(key);
    return status;
}

NTSTATUS NtDeleteValueKey(HANDLE h, PUNICODE_STRING name)
{
    PCM_KEY_BODY key;
    NTSTATUS status = CmpReferenceKey(h, &key);
    if (NT_SUCCESS(status)) {
        CmpLockRegistry(TRUE);
        PCMP_VALUE value = CmpFindValue(key->Node, name);
        if (value == NULL) {
            status = STATUS_OBJECT_NAME_NOT_FOUND;
        } else {
            CmpDeleteValue(value);
        }
        CmpUnlockRegistry();
        ObDereferenceObject(key);
    }
    return status;
}
