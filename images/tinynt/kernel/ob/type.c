/* Object types: themselves objects in \ObjectTypes, found from any object by an encoded index. */
#include "obp.h"

POBJECT_TYPE ObpTypeObjectType, ObpDirectoryObjectType, ObpSymbolicLinkObjectType;
POBJECT_TYPE ObTypeIndexTable[256] = {NULL, (POBJECT_TYPE)0xBAD0B0B0ULL};
UCHAR ObHeaderCookie;
KEVENT ObpDefaultObject;
POBJECT_DIRECTORY ObpTypeDirectoryObject;
static LONG ObpTypeCount = 1;

/* Enters a type into \ObjectTypes, once that exists. */
void ObpPublishType(POBJECT_TYPE type)
{
    if (ObpTypeDirectoryObject != NULL) {
        ObpLockNameSpace(TRUE);
        ObpInsertDirectoryEntry(ObpTypeDirectoryObject, ObpNameInfo(OBJECT_TO_OBJECT_HEADER(type)), type);
        ObpUnlockNameSpace();
    }
}

/* The address is mixed in so that a header copied elsewhere shows as corrupt. */
UCHAR ObpEncodeTypeIndex(POBJECT_HEADER header, UCHAR index)
{
    return index ^ ObHeaderCookie ^ (UCHAR)((ULONG_PTR)header >> 8);
}

POBJECT_TYPE ObGetObjectType(PVOID object)
{
    POBJECT_HEADER header = OBJECT_TO_OBJECT_HEADER(object);
    return ObTypeIndexTable[ObpEncodeTypeIndex(header, header->TypeIndex)];
}

NTSTATUS ObCreateObjectType(PUNICODE_STRING name, POBJECT_TYPE_INITIALIZER init, PVOID unused, POBJECT_TYPE *result)
{
    UNREFERENCED_PARAMETER(unused);
    if (name->Length == 0 || init->Length != sizeof(OBJECT_TYPE_INITIALIZER)) {
        return STATUS_INVALID_PARAMETER;
    }
    LONG index = ATOMIC_INC(&ObpTypeCount);
    if (index > 255) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }

    POBJECT_HEADER header;
    NTSTATUS status = ObpAllocateObject(ObpTypeObjectType, name, OBJ_PERMANENT, sizeof(OBJECT_TYPE), &header);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    ObpFreeObjectCreateInformation(header);
    POBJECT_TYPE type = (POBJECT_TYPE)&header->Body;
    if (ObpTypeObjectType == NULL) {    /* the type of types is its own type */
        ObpTypeObjectType = type;
        header->TypeIndex = ObpEncodeTypeIndex(header, (UCHAR)index);
        type->TotalNumberOfObjects = type->HighWaterNumberOfObjects = 1;
    }
    RtlZeroMemory(&type->TypeInfo, sizeof(type->TypeInfo));
    type->Name = ObpNameInfo(header)->Name;
    type->Index = (UCHAR)index;
    type->TypeInfo = *init;
    for (ULONG i = 0; i < 4; i++) {     /* the type's pool tag: the first letters of its name */
        type->Key |= (ULONG)(i < name->Length / sizeof(WCHAR) ? name->Buffer[i] & 0x7F : ' ') << (8 * i);
    }
    InitializeListHead(&type->TypeList);
    InitializeListHead(&type->CallbackList);
    type->DefaultObject = init->UseDefaultObject ? &ObpDefaultObject : NULL;
    ObTypeIndexTable[index] = type;
    ObpPublishType(type);
    *result = type;
    return STATUS_SUCCESS;
}
