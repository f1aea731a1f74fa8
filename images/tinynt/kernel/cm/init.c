/* CmInitSystem, and the short way for the kernel's own questions. */
#include "cmp.h"

POBJECT_TYPE CmKeyObjectType;

static NTSTATUS CmpCreateRoot(void)
{
    UNICODE_STRING name, path;
    OBJECT_ATTRIBUTES oa = {0};
    PCM_KEY_BODY key;
    HANDLE h;

    RtlInitUnicodeString(&name, L"REGISTRY");
    RtlInitUnicodeString(&path, L"\\REGISTRY");
    CmpLockRegistry(TRUE);
    CmpRootNode = CmpCreateNode(NULL, &name);
    CmpUnlockRegistry();
    if (CmpRootNode == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    oa.Length = sizeof(oa);
    oa.ObjectName = &path;
    oa.Attributes = OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
    NTSTATUS status =
        ObCreateObject(KernelMode, CmKeyObjectType, &oa, KernelMode, NULL, sizeof(*key), 0, 0, (PVOID *)&key);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    key->Type = 'ky02';
    key->Node = CmpRootNode;
    status = ObInsertObject(key, NULL, 0xF003F, 0, NULL, &h);
    return NT_SUCCESS(status) ? NtClose(h) : status;
}

NTSTATUS CmpCreatePath(PCWSTR text)
{
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES oa = {0};
    HANDLE h;
    RtlInitUnicodeString(&path, text);
    oa.Length = sizeof(oa);
    oa.ObjectName = &path;
    oa.Attributes = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
    NTSTATUS status = NtCreateKey(&h, 0xF003F, &oa, 0, NULL, 0, NULL);
    return NT_SUCCESS(status) ? NtClose(h) : status;
}

NTSTATUS CmInitSystem(void)
{
    static const PCWSTR paths[] = {
        L"\\Registry\\Machine",
        L"\\Registry\\User",
        L"\\Registry\\Machine\\Hardware",
        L"\\Registry\\Machine\\Software",
        L"\\Registry\\Machine\\System",
        L"\\Registry\\Machine\\System\\CurrentControlSet",
        L"\\Registry\\Machine\\System\\CurrentControlSet\\Control",
        L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Session Manager",
        L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Session Manager\\Memory Management",
        L"\\Registry\\Machine\\System\\CurrentControlSet\\Services",
        L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Session Manager\\Power",
        L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum",
    };
    OBJECT_TYPE_INITIALIZER init;
    UNICODE_STRING name;
    RtlZeroMemory(&init, sizeof(init));
    init.Length = sizeof(init);
    init.PoolType = NonPagedPool;       /* the handle table touches headers under a spin lock */
    init.CaseInsensitive = TRUE;
    init.UseDefaultObject = TRUE;
    init.ValidAccessMask = 0x1F003F;
    init.ParseProcedure = TO_PROC(CmpParseKey);
    init.DeleteProcedure = TO_PROC(CmpDeleteKeyObject);
    init.QueryNameProcedure = TO_PROC(CmpQueryKeyName);
    RtlInitUnicodeString(&name, L"Key");
    NTSTATUS status = ObCreateObjectType(&name, &init, NULL, &CmKeyObjectType);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = CmpCreateRoot();
    for (ULONG i = 0; i < ARRAYSIZE(paths) && NT_SUCCESS(status); i++) {
        status = CmpCreatePath(paths[i]);
    }
    return status;
}

/* Finds a value of a key by its path; the lock is held on success. */
static NTSTATUS CmpFindByPath(PUNICODE_STRING keyPath, PCWSTR valueName, PCM_KEY_BODY *key, PCMP_VALUE *value)
{
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, valueName);
    NTSTATUS status = ObReferenceObjectByName(keyPath, OBJ_CASE_INSENSITIVE, NULL, 0, CmKeyObjectType, KernelMode, NULL,
                                              (PVOID *)key);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    CmpLockRegistry(FALSE);
    *value = CmpFindValue((*key)->Node, &name);
    if (*value == NULL) {
        CmpUnlockRegistry();
        ObDereferenceObject(*key);
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    return STATUS_SUCCESS;
}

NTSTATUS CmpQueryString(PUNICODE_STRING keyPath, PCWSTR valueName, PUNICODE_STRING out)
{
    PCM_KEY_BODY key;
    PCMP_VALUE value;
    RtlZeroMemory(out, sizeof(*out));
    NTSTATUS status = CmpFindByPath(keyPath, valueName, &key, &value);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if ((value->Type != REG_SZ && value->Type != REG_EXPAND_SZ && value->Type != REG_MULTI_SZ) ||
        value->DataLength > 0xFFF0) {
        status = STATUS_OBJECT_TYPE_MISMATCH;
    } else {
        ULONG bytes = value->DataLength & ~1UL;
        /* Two terminators: a list of strings ends with an empty one, whoever wrote it. */
        PWSTR text = ExAllocatePoolWithTag(NonPagedPool, bytes + 2 * sizeof(WCHAR), CMP_TAG);
        if (text == NULL) {
            status = STATUS_INSUFFICIENT_RESOURCES;
        } else {
            memcpy(text, value->Data, bytes);
            text[bytes / sizeof(WCHAR)] = text[bytes / sizeof(WCHAR) + 1] = 0;
            RtlInitUnicodeString(out, text);    /* up to the first terminator */
        }
    }
    CmpUnlockRegistry();
    ObDereferenceObject(key);
    return status;
}

NTSTATUS CmpQueryDword(PUNICODE_STRING keyPath, PCWSTR valueName, PULONG out)
{
    PCM_KEY_BODY key;
    PCMP_VALUE value;
    NTSTATUS status = CmpFindByPath(keyPath, valueName, &key, &value);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (value->Type != REG_DWORD || value->DataLength != sizeof(ULONG)) {
        status = STATUS_OBJECT_TYPE_MISMATCH;
    } else {
        *out = *(PULONG)value->Data;
    }
    CmpUnlockRegistry();
    ObDereferenceObject(key);
    return status;
}
