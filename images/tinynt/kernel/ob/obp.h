/* Object manager, private. */
#pragma once
#include "ntoskrnl.h"

#define OBP_FRAME __attribute__((noinline, disable_tail_calls))
#define OBJ_NAME_PATH_SEPARATOR L'\\'
#define OBP_NUMBER_HASH_BUCKETS 37
#define OBP_MAXIMUM_REPARSES 32
#define OB_FLAG_NEW_OBJECT 0x01
#define OB_FLAG_KERNEL_OBJECT 0x02
#define OB_FLAG_EXCLUSIVE_OBJECT 0x08
#define OB_FLAG_PERMANENT_OBJECT 0x10

/* Optional headers lie in front of the object header; bit order is distance order. */
#define OB_INFO_CREATOR 0x01
#define OB_INFO_NAME 0x02
#define OB_INFO_HANDLE 0x04
#define OB_INFO_QUOTA 0x08
#define OB_INFO_PROCESS 0x10

NT_TYPE(HANDLE_TABLE_FREE_LIST);
NT_TYPE(OBJECT_HEADER_CREATOR_INFO);
NT_TYPE(OBJECT_HEADER_HANDLE_INFO);
NT_TYPE(OBJECT_HEADER_PROCESS_INFO);

/* Held over one directory step only, never over a parse procedure. */
extern ERESOURCE ObpNameSpaceLock;
void ObpLockNameSpace(BOOLEAN exclusive);
void ObpUnlockNameSpace(void);

extern PHANDLE_TABLE ObpKernelHandleTable;
extern KEVENT ObpDefaultObject;

extern POBJECT_DIRECTORY ObpTypeDirectoryObject;
void ObpPublishType(POBJECT_TYPE type);
PVOID ObpHeaderInfo(POBJECT_HEADER header, UCHAR bit);
POBJECT_HEADER_NAME_INFO ObpNameInfo(POBJECT_HEADER header);
void ObpInitializeInfoMasks(void);
UCHAR ObpEncodeTypeIndex(POBJECT_HEADER header, UCHAR index);
NTSTATUS ObpAllocateObject(POBJECT_TYPE type, PUNICODE_STRING name, ULONG attributes, SIZE_T body,
                           POBJECT_HEADER *header);
void ObpFreeObject(POBJECT_HEADER header);
void ObpFreeObjectCreateInformation(POBJECT_HEADER header);
void ObpRemoveObjectRoutine(PVOID object);
void ObpDeleteNameCheck(PVOID object);
/* References an object that may be on its way out; FALSE when its count has reached zero. */
BOOLEAN ObpReferenceObjectSafe(PVOID object);

/* Directories; the name-space lock is held. */
PVOID ObpLookupDirectoryEntry(POBJECT_DIRECTORY directory, PUNICODE_STRING name, BOOLEAN ignoreCase);
BOOLEAN ObpInsertDirectoryEntry(POBJECT_DIRECTORY directory, POBJECT_HEADER_NAME_INFO name, PVOID object);
void ObpDeleteDirectoryEntry(POBJECT_DIRECTORY directory, PVOID object);

/* Finds, or with `insert` inserts, what the name stands for; returns it referenced. With `insert`
   an existing object comes back with STATUS_OBJECT_NAME_EXISTS or _COLLISION. */
NTSTATUS ObpLookupObjectName(HANDLE root, PUNICODE_STRING name, ULONG attributes, POBJECT_TYPE type,
                             KPROCESSOR_MODE mode, PVOID accessState, PVOID parseContext, PVOID insert, PVOID *object);
NTSTATUS ObpParseSymbolicLink(PVOID parseObject, POBJECT_TYPE type, PVOID accessState, KPROCESSOR_MODE mode,
                              ULONG attributes, PUNICODE_STRING complete, PUNICODE_STRING remaining, PVOID context,
                              PVOID qos, PVOID *object);
void ObpDeleteSymbolicLink(PVOID object);
/* `complete` becomes prefix + rest in a new buffer. */
NTSTATUS ObpReplaceName(PUNICODE_STRING complete, PUNICODE_STRING prefix, PUNICODE_STRING rest);

NTSTATUS ObpCreateHandle(PVOID object, ACCESS_MASK access, ULONG attributes, PHANDLE handle);
PVOID ObpHandleEntryObject(PHANDLE_TABLE_ENTRY entry);
NTSTATUS ObpInitializeHandles(void);
NTSTATUS ObpInitializeEvents(void);
void ObpInitializeReaper(void);
