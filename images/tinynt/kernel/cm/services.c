/* The registry's system services on keys. */
#include "cmp.h"

NTSTATUS NtCreateKey(PHANDLE h, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, ULONG titleIndex, PUNICODE_STRING c,
                     ULONG options, PULONG disposition)
{
    UNREFERENCED_PARAMETER(titleIndex);
    UNREFERENCED_PARAMETER(c);
    UNREFERENCED_PARAMETER(options);    /* every key is volatile here */
    CM_PARSE_CONTEXT context = {CMP_CREATE_SIGNATURE, 0};
    NTSTATUS status = ObOpenObjectByName(oa, CmKeyObjectType, KernelMode, NULL, access, &context, h);
    if (NT_SUCCESS(status) && disposition != NULL) {
        *disposition = context.Disposition;
    }
    return status;
}

NTSTATUS NtOpenKey(PHANDLE h, ACCESS_MASK access, POBJECT_ATTRIBUTES oa)
{
    return ObOpenObjectByName(oa, CmKeyObjectType, KernelMode, NULL, access, NULL, h);
}

NTSTATUS NtDeleteKey(HANDLE h)
{
    PCM_KEY_BODY key;
    NTSTATUS status = CmpReferenceKey(h, &key);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    CmpLockRegistry(TRUE);
    PCMP_NODE node = key->Node;
    if (node->Deleted) {
        status = STATUS_KEY_DELETED;
    } else if (!IsListEmpty(&node->Children) || node->Parent == NULL) {
        status = STATUS_CANNOT_DELETE;
    } else {
        node->Deleted = TRUE;
        RemoveEntryList(&node->Siblings);
        CmpDereferenceNode(node);       /* the parent's; this key object keeps the node */
    }
    CmpUnlockRegistry();
    ObDereferenceObject(key);
    return status;
}

static PCMP_NODE CmpNthChild(PCMP_NODE node, ULONG index)
{
    for (PLIST_ENTRY e = node->Children.Flink; e != &node->Children; e = e->Flink) {
        if (index-- == 0) {
            return CONTAINING_RECORD(e, CMP_NODE, Siblings);
        }
    }
    return NULL;
}

typedef struct _KEY_BASIC_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex;
    ULONG NameLength;
    WCHAR Name[1];
} KEY_BASIC_INFORMATION, *PKEY_BASIC_INFORMATION;

typedef struct _KEY_FULL_INFORMATION {
    LARGE_INTEGER LastWriteTime;
    ULONG TitleIndex, ClassOffset, ClassLength, SubKeys, MaxNameLen, MaxClassLen, Values, MaxValueNameLen,
        MaxValueDataLen;
    WCHAR Class[1];
} KEY_FULL_INFORMATION, *PKEY_FULL_INFORMATION;

/* KeyBasicInformation 0, KeyNodeInformation 1, KeyFullInformation 2. */
static NTSTATUS CmpReturnKey(PCMP_NODE node, int infoClass, PVOID info, ULONG length, PULONG needed)
{
    if (infoClass == 0) {
        PKEY_BASIC_INFORMATION b = info;
        ULONG head = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name);
        *needed = head + node->Name.Length;
        if (length < head) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        b->LastWriteTime = node->LastWriteTime;
        b->TitleIndex = 0;
        b->NameLength = node->Name.Length;
        memcpy(b->Name, node->Name.Buffer, min((ULONG)node->Name.Length, length - head));
        return length < *needed ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    }
    if (infoClass == 2) {
        PKEY_FULL_INFORMATION f = info;
        *needed = FIELD_OFFSET(KEY_FULL_INFORMATION, Class);
        if (length < *needed) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        RtlZeroMemory(f, *needed);
        f->LastWriteTime = node->LastWriteTime;
        f->ClassOffset = 0xFFFFFFFF;
        for (PLIST_ENTRY e = node->Children.Flink; e != &node->Children; e = e->Flink) {
            f->SubKeys++;
            f->MaxNameLen = max(f->MaxNameLen, (ULONG)CONTAINING_RECORD(e, CMP_NODE, Siblings)->Name.Length);
        }
        for (PLIST_ENTRY e = node->Values.Flink; e != &node->Values; e = e->Flink) {
            PCMP_VALUE v = CONTAINING_RECORD(e, CMP_VALUE, Link);
            f->Values++;
            f->MaxValueNameLen = max(f->MaxValueNameLen, (ULONG)v->Name.Length);
            f->MaxValueDataLen = max(f->MaxValueDataLen, v->DataLength);
        }
        return STATUS_SUCCESS;
    }
    return STATUS_NOT_IMPLEMENTED;
}

static NTSTATUS CmpQueryKey(HANDLE h, BOOLEAN child, ULONG index, int infoClass, PVOID info, ULONG length,
                            PULONG needed)
{
    PCM_KEY_BODY key;
    NTSTATUS status = CmpReferenceKey(h, &key);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    CmpLockRegistry(FALSE);
    if (key->Node->Deleted) {
        status = STATUS_KEY_DELETED;
    } else {
        PCMP_NODE node = child ? CmpNthChild(key->Node, index) : key->Node;
        status = node == NULL ? STATUS_NO_MORE_ENTRIES : CmpReturnKey(node, infoClass, info, length, needed);
    }
    CmpUnlockRegistry();
    ObDereferenceObject(key);
    return status;
}

NTSTATUS NtEnumerateKey(HANDLE h, ULONG index, int infoClass, PVOID info, ULONG length, PULONG needed)
{
    return CmpQueryKey(h, TRUE, index, infoClass, info, length, needed);
}

NTSTATUS NtQueryKey(HANDLE h, int infoClass, PVOID info, ULONG length, PULONG needed)
{
    return CmpQueryKey(h, FALSE, 0, infoClass, info, length, needed);
}
