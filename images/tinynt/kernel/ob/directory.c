/* Object directories: 37 hash buckets of entries, case-insensitive or exact. */
#include "obp.h"

ERESOURCE ObpNameSpaceLock;
POBJECT_DIRECTORY ObpRootDirectoryObject;

void ObpLockNameSpace(BOOLEAN exclusive)
{
    KeEnterCriticalRegion();
    if (exclusive) {
        ExAcquireResourceExclusiveLite(&ObpNameSpaceLock, TRUE);
    } else {
        ExAcquireResourceSharedLite(&ObpNameSpaceLock, TRUE);
    }
}

void ObpUnlockNameSpace(void)
{
    ExReleaseResourceLite(&ObpNameSpaceLock);
    KeLeaveCriticalRegion();
}

static ULONG ObpHashName(PUNICODE_STRING name)
{
    ULONG hash = 0;
    for (ULONG i = 0; i < name->Length / sizeof(WCHAR); i++) {
        hash += (hash << 1) + (hash >> 1) + RtlUpcaseUnicodeChar(name->Buffer[i]);
    }
    return hash;
}

PVOID ObpLookupDirectoryEntry(POBJECT_DIRECTORY directory, PUNICODE_STRING name, BOOLEAN ignoreCase)
{
    ULONG hash = ObpHashName(name);
    POBJECT_DIRECTORY_ENTRY e = directory->HashBuckets[hash % OBP_NUMBER_HASH_BUCKETS];
    for (; e != NULL; e = e->ChainLink) {
        POBJECT_HEADER_NAME_INFO n = ObpNameInfo(OBJECT_TO_OBJECT_HEADER(e->Object));
        if (e->HashValue == hash && RtlEqualUnicodeString(&n->Name, name, ignoreCase)) {
            return e->Object;
        }
    }
    return NULL;
}

BOOLEAN ObpInsertDirectoryEntry(POBJECT_DIRECTORY directory, POBJECT_HEADER_NAME_INFO name, PVOID object)
{
    POBJECT_DIRECTORY_ENTRY e = ExAllocatePoolWithTag(NonPagedPool, sizeof(*e), 'iDbO');
    if (e == NULL) {
        return FALSE;
    }
    ULONG hash = ObpHashName(&name->Name);
    POBJECT_DIRECTORY_ENTRY *bucket = &directory->HashBuckets[hash % OBP_NUMBER_HASH_BUCKETS];
    RtlZeroMemory(e, sizeof(*e));
    e->Object = object;
    e->HashValue = hash;
    e->ChainLink = *bucket;
    *bucket = e;
    ObfReferenceObject(directory);  /* a directory outlives what it names */
    ObfReferenceObject(object);     /* and the name keeps the object */
    name->Directory = directory;
    return TRUE;
}

void ObpDeleteDirectoryEntry(POBJECT_DIRECTORY directory, PVOID object)
{
    POBJECT_HEADER_NAME_INFO name = ObpNameInfo(OBJECT_TO_OBJECT_HEADER(object));
    POBJECT_DIRECTORY_ENTRY *link = &directory->HashBuckets[ObpHashName(&name->Name) % OBP_NUMBER_HASH_BUCKETS];
    while (*link != NULL && (*link)->Object != object) {
        link = &(*link)->ChainLink;
    }
    POBJECT_DIRECTORY_ENTRY e = *link;
    if (e != NULL) {
        *link = e->ChainLink;
        name->Directory = NULL;
        ExFreePoolWithTag(e, 'iDbO');
    }
}

/* A name goes when the object is temporary and nobody has a handle to it. */
void ObpDeleteNameCheck(PVOID object)
{
    POBJECT_HEADER header = OBJECT_TO_OBJECT_HEADER(object);
    POBJECT_HEADER_NAME_INFO name = ObpNameInfo(header);
    if (name == NULL || name->Directory == NULL) {
        return;
    }
    ObpLockNameSpace(TRUE);
    POBJECT_DIRECTORY directory = name->Directory;
    BOOLEAN remove = directory != NULL && header->HandleCount == 0 && !(header->Flags & OB_FLAG_PERMANENT_OBJECT);
    if (remove) {
        ObpDeleteDirectoryEntry(directory, object);
    }
    ObpUnlockNameSpace();
    if (remove) {
        ObfDereferenceObject(object);
        ObfDereferenceObject(directory);
    }
}

void ObMakeTemporaryObject(PVOID object)
{
    POBJECT_HEADER header = OBJECT_TO_OBJECT_HEADER(object);
    ATOMIC_AND(&header->Flags, (UCHAR)~OB_FLAG_PERMANENT_OBJECT);
    ObpDeleteNameCheck(object);
}

NTSTATUS NtMakeTemporaryObject(HANDLE handle)
{
    PVOID object;
    NTSTATUS status = ObReferenceObjectByHandle(handle, 0, NULL, KernelMode, &object, NULL);
    if (NT_SUCCESS(status)) {
        ObMakeTemporaryObject(object);
        ObfDereferenceObject(object);
    }
    return status;
}

NTSTATUS NtCreateDirectoryObject(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES oa)
{
    POBJECT_DIRECTORY directory;
    NTSTATUS status = ObCreateObject(KernelMode, ObpDirectoryObjectType, oa, KernelMode, NULL, sizeof(*directory), 0, 0,
                                     (PVOID *)&directory);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    RtlZeroMemory(directory, sizeof(*directory));
    directory->SessionId = 0xFFFFFFFF;
    return ObInsertObject(directory, NULL, access, 0, NULL, handle);
}

NTSTATUS NtOpenDirectoryObject(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES oa)
{
    return ObOpenObjectByName(oa, ObpDirectoryObjectType, KernelMode, NULL, access, NULL, handle);
}
