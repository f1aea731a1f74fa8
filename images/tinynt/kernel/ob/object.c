/* Objects in memory: header, optional headers in front of it, body behind it. */
#include "obp.h"

UCHAR ObpInfoMaskToOffset[256];

static const UCHAR ObpInfoSizes[] = {
    sizeof(OBJECT_HEADER_CREATOR_INFO),
    sizeof(OBJECT_HEADER_NAME_INFO),
    sizeof(OBJECT_HEADER_HANDLE_INFO),
    sizeof(struct _OBJECT_HEADER_QUOTA_INFO),
    sizeof(OBJECT_HEADER_PROCESS_INFO),
    0x10,
    0x10,
    4,
};

void ObpInitializeInfoMasks(void)
{
    for (ULONG mask = 0; mask < ARRAYSIZE(ObpInfoMaskToOffset); mask++) {
        UCHAR offset = 0;
        for (ULONG bit = 0; bit < ARRAYSIZE(ObpInfoSizes); bit++) {
            if (mask & (1u << bit)) {
                offset += ObpInfoSizes[bit];
            }
        }
        ObpInfoMaskToOffset[mask] = offset;
    }
}

/* Headers of lower bits lie nearer to the object header. */
PVOID ObpHeaderInfo(POBJECT_HEADER header, UCHAR bit)
{
    if (!(header->InfoMask & bit)) {
        return NULL;
    }
    return (PUCHAR)header - ObpInfoMaskToOffset[header->InfoMask & (bit | (bit - 1))];
}

POBJECT_HEADER_NAME_INFO ObpNameInfo(POBJECT_HEADER header) { return ObpHeaderInfo(header, OB_INFO_NAME); }

static POOL_TYPE ObpPoolType(POBJECT_TYPE type) { return type != NULL ? type->TypeInfo.PoolType : NonPagedPool; }

NTSTATUS ObpAllocateObject(POBJECT_TYPE type, PUNICODE_STRING name, ULONG attributes, SIZE_T body,
                           POBJECT_HEADER *result)
{
    UCHAR mask = 0;
    if (type == NULL || type->TypeInfo.MaintainTypeList) {
        mask |= OB_INFO_CREATOR;
    }
    if (name != NULL && name->Length != 0) {
        mask |= OB_INFO_NAME;
    }
    if (type != NULL && type->TypeInfo.MaintainHandleCount) {
        mask |= OB_INFO_HANDLE;
    }
    if (attributes & OBJ_EXCLUSIVE) {
        mask |= OB_INFO_PROCESS;
    }

    SIZE_T front = ObpInfoMaskToOffset[mask];
    SIZE_T bytes = front + __builtin_offsetof(OBJECT_HEADER, Body) + body;
    ULONG tag = type != NULL ? type->Key : 'TjbO';
    PUCHAR block = ExAllocatePoolWithTag(ObpPoolType(type), bytes, tag);
    POBJECT_CREATE_INFORMATION info = ExAllocatePoolWithTag(NonPagedPool, sizeof(*info), 'iCbO');
    PWSTR text = NULL;
    if (mask & OB_INFO_NAME) {
        text = ExAllocatePoolWithTag(NonPagedPool, name->Length + sizeof(WCHAR), 'mNbO');
    }
    if (block == NULL || info == NULL || ((mask & OB_INFO_NAME) && text == NULL)) {
        if (block != NULL) {
            ExFreePool(block);
        }
        if (info != NULL) {
            ExFreePool(info);
        }
        if (text != NULL) {
            ExFreePool(text);
        }
        return STATUS_INSUFFICIENT_RESOURCES;
    }

    RtlZeroMemory(block, bytes);
    RtlZeroMemory(info, sizeof(*info));
    POBJECT_HEADER header = (POBJECT_HEADER)(block + front);
    header->PointerCount = 1;
    header->InfoMask = mask;
    header->Flags = OB_FLAG_NEW_OBJECT | OB_FLAG_KERNEL_OBJECT;
    if (attributes & OBJ_PERMANENT) {
        header->Flags |= OB_FLAG_PERMANENT_OBJECT;
    }
    info->Attributes = attributes;
    header->ObjectCreateInfo = info;
    if (mask & OB_INFO_NAME) {
        POBJECT_HEADER_NAME_INFO n = ObpNameInfo(header);
        memcpy(text, name->Buffer, name->Length);
        text[name->Length / sizeof(WCHAR)] = 0;
        n->Name.Buffer = text;
        n->Name.Length = name->Length;
        n->Name.MaximumLength = name->Length + sizeof(WCHAR);
        n->ReferenceCount = 1;
    }
    if (mask & OB_INFO_CREATOR) {
        POBJECT_HEADER_CREATOR_INFO c = ObpHeaderInfo(header, OB_INFO_CREATOR);
        InitializeListHead(&c->TypeList);
        c->CreatorUniqueProcess = PsInitialSystemProcess != NULL ? PsInitialSystemProcess->UniqueProcessId : NULL;
    }
    if (attributes & OBJ_EXCLUSIVE) {
        header->Flags |= OB_FLAG_EXCLUSIVE_OBJECT;
    }
    if (type != NULL) {
        header->TypeIndex = ObpEncodeTypeIndex(header, type->Index);
        ULONG n = ATOMIC_INC(&type->TotalNumberOfObjects);
        if (n > type->HighWaterNumberOfObjects) {
            type->HighWaterNumberOfObjects = n;
        }
    }
    *result = header;
    return STATUS_SUCCESS;
}

void ObpFreeObjectCreateInformation(POBJECT_HEADER header)
{
    if (!(header->Flags & OB_FLAG_NEW_OBJECT)) {
        return;
    }
    POBJECT_CREATE_INFORMATION info = header->ObjectCreateInfo;
    header->Flags &= (UCHAR)~OB_FLAG_NEW_OBJECT;
    header->ObjectCreateInfo = NULL;
    if (info != NULL) {
        ExFreePoolWithTag(info, 'iCbO');
    }
}

void ObpFreeObject(POBJECT_HEADER header)
{
    POBJECT_TYPE type = ObGetObjectType(&header->Body);
    POBJECT_HEADER_NAME_INFO name = ObpNameInfo(header);
    ObpFreeObjectCreateInformation(header);
    if (name != NULL && name->Name.Buffer != NULL) {
        ExFreePoolWithTag(name->Name.Buffer, 'mNbO');
    }
    ATOMIC_DEC(&type->TotalNumberOfObjects);
    ExFreePoolWithTag((PUCHAR)header - ObpInfoMaskToOffset[header->InfoMask], type->Key);
}

NTSTATUS ObCreateObject(KPROCESSOR_MODE probe, POBJECT_TYPE type, POBJECT_ATTRIBUTES oa, KPROCESSOR_MODE owner,
                        PVOID parse, ULONG bodySize, ULONG pagedCharge, ULONG nonPagedCharge, PVOID *object)
{
    UNREFERENCED_PARAMETER(owner);
    UNREFERENCED_PARAMETER(parse);
    ULONG attributes = oa != NULL ? oa->Attributes : 0;
    if (attributes & type->TypeInfo.InvalidAttributes) {
        return STATUS_INVALID_PARAMETER;
    }
    POBJECT_HEADER header;
    NTSTATUS status = ObpAllocateObject(type, oa != NULL ? oa->ObjectName : NULL, attributes, bodySize, &header);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    header->ObjectCreateInfo->ProbeMode = probe;
    header->ObjectCreateInfo->PagedPoolCharge = pagedCharge;
    header->ObjectCreateInfo->NonPagedPoolCharge = nonPagedCharge;
    header->ObjectCreateInfo->RootDirectory = oa != NULL ? oa->RootDirectory : NULL;
    *object = &header->Body;
    return STATUS_SUCCESS;
}
