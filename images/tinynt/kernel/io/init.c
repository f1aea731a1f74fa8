/* IoInitSystem: the I/O manager's object types and names. */
#include "iop.h"

POBJECT_TYPE IopDeviceObjectType, IopDriverObjectType, IopFileObjectType, IopAdapterObjectType, IopControllerObjectType;
POBJECT_TYPE IoDeviceObjectType, IoDriverObjectType, IoFileObjectType;

void IopInitializeShutdown(void);

static NTSTATUS IopCreateType(PCWSTR text, POBJECT_TYPE_INITIALIZER init, POBJECT_TYPE *type)
{
    UNICODE_STRING name;
    init->Length = sizeof(*init);
    init->PoolType = NonPagedPool;
    init->InvalidAttributes = 0x100;    /* OBJ_OPENLINK */
    init->ValidAccessMask = 0x1F01FF;
    RtlInitUnicodeString(&name, text);
    return ObCreateObjectType(&name, init, NULL, type);
}

static NTSTATUS IopCreateObjectTypes(void)
{
    OBJECT_TYPE_INITIALIZER init;

    RtlZeroMemory(&init, sizeof(init));
    init.CaseInsensitive = TRUE;
    init.UseDefaultObject = TRUE;
    NTSTATUS status = IopCreateType(L"Adapter", &init, &IopAdapterObjectType);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = IopCreateType(L"Controller", &init, &IopControllerObjectType);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    init.ParseProcedure = TO_PROC(IopParseDevice);
    init.DeleteProcedure = TO_PROC(IopDeleteDevice);
    status = IopCreateType(L"Device", &init, &IopDeviceObjectType);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    init.ParseProcedure = NULL;
    init.DeleteProcedure = TO_PROC(IopDeleteDriver);
    status = IopCreateType(L"Driver", &init, &IopDriverObjectType);
    if (!NT_SUCCESS(status)) {
        return status;
    }

    init.UseDefaultObject = FALSE;
    init.MaintainHandleCount = TRUE;
    init.ParseProcedure = TO_PROC(IopParseFile);
    init.DeleteProcedure = TO_PROC(IopDeleteFile);
    init.CloseProcedure = TO_PROC(IopCloseFile);
    init.QueryNameProcedure = TO_PROC(IopQueryName);
    status = IopCreateType(L"File", &init, &IopFileObjectType);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    /* Waiting for a file is waiting for its event. */
    IopFileObjectType->DefaultObject = (PVOID)(ULONG_PTR)FIELD_OFFSET(FILE_OBJECT, Event);

    IoDeviceObjectType = IopDeviceObjectType;
    IoDriverObjectType = IopDriverObjectType;
    IoFileObjectType = IopFileObjectType;
    return STATUS_SUCCESS;
}

NTSTATUS IoInitSystem(void)
{
    UNICODE_STRING link, target;
    IopInitializeShutdown();
    NTSTATUS status = IopCreateObjectTypes();
    if (!NT_SUCCESS(status)) {
        return status;
    }
    RtlInitUnicodeString(&link, L"\\SystemRoot");
    RtlInitUnicodeString(&target, L"\\??\\C:\\Windows");
    return IoCreateSymbolicLink(&link, &target);
}
