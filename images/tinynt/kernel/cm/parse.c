/* Key objects: opening and creating by name, naming, going away. */
#include "cmp.h"

NTSTATUS CmpCreateKeyObject(PCMP_NODE node, PVOID *object)
{
    PCM_KEY_BODY key;
    OBJECT_ATTRIBUTES oa = {0};
    oa.Length = sizeof(oa);
    NTSTATUS status =
        ObCreateObject(KernelMode, CmKeyObjectType, &oa, KernelMode, NULL, sizeof(*key), 0, 0, (PVOID *)&key);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    key->Type = 'ky02';
    key->Node = node;
    ATOMIC_INC(&node->References);
    *object = key;
    return ObInsertObject(key, NULL, 0, 0, NULL, NULL);
}

void CmpDeleteKeyObject(PVOID object)
{
    PCM_KEY_BODY key = object;
    if (key->Node != NULL) {
        CmpLockRegistry(TRUE);
        CmpDereferenceNode(key->Node);
        CmpUnlockRegistry();
    }
}

NTSTATUS CmpReferenceKey(HANDLE h, PCM_KEY_BODY *key)
{
    return ObReferenceObjectByHandle(h, 0, CmKeyObjectType, KernelMode, (PVOID *)key, NULL);
}

/* Walks `remaining` ("\A\B" below the root, "A\B" below an open key); a create context allows the
   last component to be new. */
NTSTATUS CmpParseKey(PVOID parseObject, POBJECT_TYPE type, PVOID accessState, KPROCESSOR_MODE mode, ULONG attributes,
                     PUNICODE_STRING complete, PUNICODE_STRING remaining, PVOID context, PVOID qos, PVOID *object)
{
    UNREFERENCED_PARAMETER(type);
    UNREFERENCED_PARAMETER(accessState);
    UNREFERENCED_PARAMETER(mode);
    UNREFERENCED_PARAMETER(attributes);
    UNREFERENCED_PARAMETER(complete);
    UNREFERENCED_PARAMETER(qos);
    PCM_PARSE_CONTEXT create = context;
    UNICODE_STRING rest = *remaining;
    NTSTATUS status = STATUS_SUCCESS;

    *object = NULL;
    if (create != NULL && create->Signature != CMP_CREATE_SIGNATURE) {
        return STATUS_OBJECT_TYPE_MISMATCH;     /* somebody opens the registry as a file */
    }
    CmpLockRegistry(create != NULL);
    PCMP_NODE node = ((PCM_KEY_BODY)parseObject)->Node;
    if (create != NULL) {
        create->Disposition = 2;                /* REG_OPENED_EXISTING_KEY */
    }
    if (node->Deleted) {
        status = STATUS_KEY_DELETED;
    }
    while (NT_SUCCESS(status) && rest.Length != 0) {
        if (rest.Buffer[0] == L'\\') {
            rest.Buffer++;
            rest.Length -= sizeof(WCHAR);
            continue;
        }
        UNICODE_STRING part = rest;
        part.Length = 0;
        while (part.Length < rest.Length && part.Buffer[part.Length / sizeof(WCHAR)] != L'\\') {
            part.Length += sizeof(WCHAR);
        }
        rest.Buffer += part.Length / sizeof(WCHAR);
        rest.Length -= part.Length;
        PCMP_NODE child = part.Length > CMP_MAXIMUM_NAME ? NULL : CmpFindChild(node, &part);
        if (child == NULL) {
            if (part.Length > CMP_MAXIMUM_NAME) {
                status = STATUS_OBJECT_NAME_INVALID;
            } else if (create == NULL || rest.Length != 0) {
                status = STATUS_OBJECT_NAME_NOT_FOUND;
            } else if ((child = CmpCreateNode(node, &part)) == NULL) {
                status = STATUS_INSUFFICIENT_RESOURCES;
            } else {
                create->Disposition = 1;        /* REG_CREATED_NEW_KEY */
            }
        }
        node = child;
    }
    if (NT_SUCCESS(status)) {
        status = CmpCreateKeyObject(node, object);
    }
    CmpUnlockRegistry();
    return status;
}

NTSTATUS CmpQueryKeyName(PVOID object, BOOLEAN hasName, PVOID info, ULONG length, PULONG needed, KPROCESSOR_MODE mode)
{
    UNREFERENCED_PARAMETER(hasName);
    UNREFERENCED_PARAMETER(mode);
    PUNICODE_STRING out = info;
    NTSTATUS status = STATUS_INFO_LENGTH_MISMATCH;
    ULONG bytes = 0;

    CmpLockRegistry(FALSE);
    PCMP_NODE first = ((PCM_KEY_BODY)object)->Node;
    for (PCMP_NODE n = first; n != NULL; n = n->Parent) {
        bytes += sizeof(WCHAR) + n->Name.Length;
    }
    *needed = sizeof(*out) + bytes + sizeof(WCHAR);
    if (first->Deleted) {
        status = STATUS_KEY_DELETED;
    } else if (length >= *needed && bytes < 0xFFFE) {
        PWSTR at = (PWSTR)(out + 1) + bytes / sizeof(WCHAR);
        *at = 0;
        for (PCMP_NODE n = first; n != NULL; n = n->Parent) {
            at -= n->Name.Length / sizeof(WCHAR);
            memcpy(at, n->Name.Buffer, n->Name.Length);
            *--at = L'\\';
        }
        out->Buffer = at;
        out->Length = (USHORT)bytes;
        out->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
        status = STATUS_SUCCESS;
    }
    CmpUnlockRegistry();
    return status;
}
