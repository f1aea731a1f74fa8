/* ObInsertObject: gives a new object its place in the name space and its first handle. */
#include "obp.h"

/* Without `handle` the creation reference stays the caller's. With it, the handle's reference and
   `bias` references for the caller take its place. On failure the object is gone. */
OBP_FRAME NTSTATUS ObInsertObject(PVOID object, PVOID accessState, ACCESS_MASK access, ULONG bias, PVOID *newObject,
                                  PHANDLE handle)
{
    POBJECT_HEADER header = OBJECT_TO_OBJECT_HEADER(object);
    POBJECT_HEADER_NAME_INFO name = ObpNameInfo(header);
    POBJECT_CREATE_INFORMATION info = header->ObjectCreateInfo;
    PVOID result = object;
    ULONG attributes = info->Attributes;
    NTSTATUS status = STATUS_SUCCESS;

    if (name != NULL) {
        PVOID found;
        status = ObpLookupObjectName(info->RootDirectory, &name->Name, attributes, ObGetObjectType(object), KernelMode,
                                     accessState, NULL, object, &found);
        if (!NT_SUCCESS(status) || (found != object && status != STATUS_OBJECT_NAME_EXISTS)) {
            if (found != NULL) {
                ObfDereferenceObject(found);
            }
            ObfDereferenceObject(object);
            return NT_SUCCESS(status) ? STATUS_OBJECT_NAME_INVALID : status;
        }
        result = found;     /* referenced by the lookup */
        if (found != object) {
            ObfDereferenceObject(object);
        } else {
            ObfDereferenceObject(found);
        }
    }
    if (result == object) {
        ObpFreeObjectCreateInformation(header);
    }

    if (handle != NULL) {
        NTSTATUS s = ObpCreateHandle(result, access, attributes, handle);
        if (!NT_SUCCESS(s)) {
            if (result == object) {
                ObMakeTemporaryObject(object);
            }
            ObfDereferenceObject(result);
            return s;
        }
        for (ULONG i = 0; i < bias; i++) {
            ObfReferenceObject(result);
        }
        ObfDereferenceObject(result);
    }
    if (newObject != NULL) {
        *newObject = result;
    }
    return status;
}
