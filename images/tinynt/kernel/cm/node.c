/* The tree: nodes, names, values. Paged pool; the caller holds the registry lock. */
#include "cmp.h"

PCMP_NODE CmpRootNode;
static ERESOURCE CmpRegistryLock;
static BOOLEAN CmpLockReady;

void CmpLockRegistry(BOOLEAN exclusive)
{
    if (!CmpLockReady) {    /* the first caller is CmInitSystem, alone */
        ExInitializeResourceLite(&CmpRegistryLock);
        CmpLockReady = TRUE;
    }
    KeEnterCriticalRegion();
    if (exclusive) {
        ExAcquireResourceExclusiveLite(&CmpRegistryLock, TRUE);
    } else {
        ExAcquireResourceSharedLite(&CmpRegistryLock, TRUE);
    }
}

void CmpUnlockRegistry(void)
{
    ExReleaseResourceLite(&CmpRegistryLock);
    KeLeaveCriticalRegion();
}

static BOOLEAN CmpCopyName(PUNICODE_STRING to, PUNICODE_STRING from)
{
    to->Buffer = ExAllocatePoolWithTag(PagedPool, from->Length + sizeof(WCHAR), CMP_TAG);
    if (to->Buffer == NULL) {
        return FALSE;
    }
    memcpy(to->Buffer, from->Buffer, from->Length);
    to->Buffer[from->Length / sizeof(WCHAR)] = 0;
    to->Length = from->Length;
    to->MaximumLength = from->Length + sizeof(WCHAR);
    return TRUE;
}

PCMP_NODE CmpCreateNode(PCMP_NODE parent, PUNICODE_STRING name)
{
    PCMP_NODE node = ExAllocatePoolWithTag(PagedPool, sizeof(*node), CMP_TAG);
    if (node == NULL) {
        return NULL;
    }
    RtlZeroMemory(node, sizeof(*node));
    if (!CmpCopyName(&node->Name, name)) {
        ExFreePoolWithTag(node, CMP_TAG);
        return NULL;
    }
    InitializeListHead(&node->Children);
    InitializeListHead(&node->Values);
    KeQuerySystemTime(&node->LastWriteTime);
    node->References = 1;
    node->Parent = parent;
    if (parent != NULL) {
        InsertTailList(&parent->Children, &node->Siblings);
        ATOMIC_INC(&parent->References);
    }
    return node;
}

void CmpDereferenceNode(PCMP_NODE node)
{
    while (node != NULL && ATOMIC_DEC(&node->References) == 0) {
        PCMP_NODE parent = node->Parent;
        while (!IsListEmpty(&node->Values)) {
            CmpDeleteValue(CONTAINING_RECORD(node->Values.Flink, CMP_VALUE, Link));
        }
        ExFreePoolWithTag(node->Name.Buffer, CMP_TAG);
        ExFreePoolWithTag(node, CMP_TAG);
        node = parent;
    }
}

PCMP_NODE CmpFindChild(PCMP_NODE node, PUNICODE_STRING name)
{
    for (PLIST_ENTRY e = node->Children.Flink; e != &node->Children; e = e->Flink) {
        PCMP_NODE child = CONTAINING_RECORD(e, CMP_NODE, Siblings);
        if (RtlEqualUnicodeString(&child->Name, name, TRUE)) {
            return child;
        }
    }
    return NULL;
}

PCMP_VALUE CmpFindValue(PCMP_NODE node, PUNICODE_STRING name)
{
    for (PLIST_ENTRY e = node->Values.Flink; e != &node->Values; e = e->Flink) {
        PCMP_VALUE value = CONTAINING_RECORD(e, CMP_VALUE, Link);
        if (RtlEqualUnicodeString(&value->Name, name, TRUE)) {
            return value;
        }
    }
    return NULL;
}

void CmpDeleteValue(PCMP_VALUE value)
{
    RemoveEntryList(&value->Link);
    if (value->Data != NULL) {
        ExFreePoolWithTag(value->Data, CMP_TAG);
    }
    ExFreePoolWithTag(value->Name.Buffer, CMP_TAG);
    ExFreePoolWithTag(value, CMP_TAG);
}

NTSTATUS CmpSetValue(PCMP_NODE node, PUNICODE_STRING name, ULONG type, PVOID data, ULONG size)
{
    if (size > CMP_MAXIMUM_DATA) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PVOID copy = NULL;
    if (size != 0) {
        copy = ExAllocatePoolWithTag(PagedPool, size, CMP_TAG);
        if (copy == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        memcpy(copy, data, size);
    }
    PCMP_VALUE value = CmpFindValue(node, name);
    if (value == NULL) {
        value = ExAllocatePoolWithTag(PagedPool, sizeof(*value), CMP_TAG);
        if (value == NULL || !CmpCopyName(&value->Name, name)) {
            if (value != NULL) {
                ExFreePoolWithTag(value, CMP_TAG);
            }
            if (copy != NULL) {
                ExFreePoolWithTag(copy, CMP_TAG);
            }
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        InsertTailList(&node->Values, &value->Link);
    } else if (value->Data != NULL) {
        ExFreePoolWithTag(value->Data, CMP_TAG);
    }
    value->Type = type;
    value->Data = copy;
    value->DataLength = size;
    KeQuerySystemTime(&node->LastWriteTime);
    return STATUS_SUCCESS;
}
