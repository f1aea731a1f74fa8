/* Opening existing objects by name or by pointer. */
#include "obp.h"

/* The working routine behind every open by name: look up, check the type, make a handle. */
OBP_FRAME NTSTATUS ObOpenObjectByNameEx(POBJECT_ATTRIBUTES oa, POBJECT_TYPE type, KPROCESSOR_MODE mode,
                                        PVOID accessState, ACCESS_MASK access, PVOID parseContext, PHANDLE handle)
{
    *handle = NULL;
    if (oa == NULL || oa->Length != sizeof(*oa)) {
        return STATUS_INVALID_PARAMETER;
    }
    PVOID object;
    NTSTATUS status = ObpLookupObjectName(oa->RootDirectory, oa->ObjectName, oa->Attributes, type, mode, accessState,
                                          parseContext, NULL, &object);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (type != NULL && ObGetObjectType(object) != type) {
        ObfDereferenceObject(object);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    NTSTATUS s = ObpCreateHandle(object, access, oa->Attributes, handle);
    ObfDereferenceObject(object);
    return NT_SUCCESS(s) ? status : s;
}

OBP_FRAME NTSTATUS ObOpenObjectByName(POBJECT_ATTRIBUTES oa, POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID accessState,
                                      ACCESS_MASK access, PVOID parseContext, PHANDLE handle)
{
    return ObOpenObjectByNameEx(oa, type, mode, accessState, access, parseContext, handle);
}

NTSTATUS ObOpenObjectByPointer(PVOID object, ULONG attributes, PVOID accessState, ACCESS_MASK access, POBJECT_TYPE type,
                               KPROCESSOR_MODE mode, PHANDLE handle)
{
    UNREFERENCED_PARAMETER(accessState);
    *handle = NULL;
    NTSTATUS status = ObReferenceObjectByPointer(object, access, type, type == NULL ? KernelMode : mode);
    if (NT_SUCCESS(status)) {
        status = ObpCreateHandle(object, access, attributes, handle);
        ObfDereferenceObject(object);
    }
    return status;
}

NTSTATUS ObReferenceObjectByName(PUNICODE_STRING name, ULONG attributes, PVOID accessState, ACCESS_MASK access,
                                 POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID parseContext, PVOID *object)
{
    UNREFERENCED_PARAMETER(access);
    PVOID found;
    *object = NULL;
    NTSTATUS status = ObpLookupObjectName(NULL, name, attributes, type, mode, accessState, parseContext, NULL, &found);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (type != NULL && ObGetObjectType(found) != type) {
        ObfDereferenceObject(found);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *object = found;
    return status;
}
