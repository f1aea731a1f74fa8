/* ObInitSystem: the first types and the directories everybody expects. */
#include "obp.h"

static NTSTATUS ObpCreateType(PCWSTR text, OB_DELETE_METHOD delete, OB_PARSE_METHOD parse, ULONG access,
                              POBJECT_TYPE *type)
{
    OBJECT_TYPE_INITIALIZER init = {0};
    UNICODE_STRING name;
    init.Length = sizeof(init);
    init.PoolType = NonPagedPool;
    init.CaseInsensitive = TRUE;
    init.UseDefaultObject = TRUE;
    init.MaintainTypeList = *type == NULL && ObpTypeObjectType == NULL;
    init.ValidAccessMask = access;
    init.DeleteProcedure = TO_PROC(delete);
    init.ParseProcedure = TO_PROC(parse);
    RtlInitUnicodeString(&name, text);
    return ObCreateObjectType(&name, &init, NULL, type);
}

static NTSTATUS ObpCreateDirectory(PCWSTR text)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES oa = {0};
    HANDLE handle;
    RtlInitUnicodeString(&name, text);
    oa.Length = sizeof(oa);
    oa.ObjectName = &name;
    oa.Attributes = OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
    NTSTATUS status = NtCreateDirectoryObject(&handle, 0xF000F, &oa);
    return NT_SUCCESS(status) ? NtClose(handle) : status;
}

static NTSTATUS ObpCreateLink(PCWSTR text, PCWSTR to)
{
    UNICODE_STRING name, target;
    OBJECT_ATTRIBUTES oa = {0};
    HANDLE handle;
    RtlInitUnicodeString(&name, text);
    RtlInitUnicodeString(&target, to);
    oa.Length = sizeof(oa);
    oa.ObjectName = &name;
    oa.Attributes = OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
    NTSTATUS status = NtCreateSymbolicLinkObject(&handle, 0xF0001, &oa, &target);
    return NT_SUCCESS(status) ? NtClose(handle) : status;
}

/* The types made before \ObjectTypes existed get their entries here. */
static NTSTATUS ObpNameTypes(void)
{
    UNICODE_STRING path;
    POBJECT_DIRECTORY directory;
    RtlInitUnicodeString(&path, L"\\ObjectTypes");
    NTSTATUS status =
        ObReferenceObjectByName(&path, 0, NULL, 0, ObpDirectoryObjectType, KernelMode, NULL, (PVOID *)&directory);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    ObpTypeDirectoryObject = directory;
    for (ULONG i = 2; i < 256 && ObTypeIndexTable[i] != NULL; i++) {
        ObpPublishType(ObTypeIndexTable[i]);
    }
    return STATUS_SUCCESS;
}

NTSTATUS ObInitSystem(void)
{
    static const PCWSTR directories[] = {
        L"\\ObjectTypes", L"\\Device",           L"\\Driver",        L"\\FileSystem",
        L"\\GLOBAL??",    L"\\BaseNamedObjects", L"\\KernelObjects", L"\\Callback",
    };
    NTSTATUS status;

    ObHeaderCookie = (UCHAR)MiRandom();
    ObpInitializeInfoMasks();
    ObpInitializeReaper();
    ExInitializeResourceLite(&ObpNameSpaceLock);
    KeInitializeEvent(&ObpDefaultObject, NotificationEvent, TRUE);
    status = ObpInitializeHandles();
    if (!NT_SUCCESS(status)) {
        return status;
    }

    status = ObpCreateType(L"Type", NULL, NULL, 0xF0001, &ObpTypeObjectType);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = ObpCreateType(L"Directory", NULL, NULL, 0xF000F, &ObpDirectoryObjectType);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = ObpCreateType(L"SymbolicLink", ObpDeleteSymbolicLink, ObpParseSymbolicLink, 0xF0001,
                           &ObpSymbolicLinkObjectType);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = ObpInitializeEvents();
    if (!NT_SUCCESS(status)) {
        return status;
    }

    POBJECT_HEADER header;
    status = ObpAllocateObject(ObpDirectoryObjectType, NULL, OBJ_PERMANENT, sizeof(OBJECT_DIRECTORY), &header);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    ObpFreeObjectCreateInformation(header);
    ObpRootDirectoryObject = (POBJECT_DIRECTORY)&header->Body;

    for (ULONG i = 0; i < ARRAYSIZE(directories); i++) {
        status = ObpCreateDirectory(directories[i]);
        if (!NT_SUCCESS(status)) {
            return status;
        }
    }
    status = ObpCreateLink(L"\\??", L"\\GLOBAL??");
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = ObpCreateLink(L"\\DosDevices", L"\\??");
    if (!NT_SUCCESS(status)) {
        return status;
    }
    return ObpNameTypes();
}
