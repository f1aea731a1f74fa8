/* Object manager: types, names, handles. One kernel handle table; no user mode. */
#pragma once
#include "ke.h"

#define OBJ_INHERIT 2
#define OBJ_PERMANENT 0x10
#define OBJ_EXCLUSIVE 0x20
#define OBJ_CASE_INSENSITIVE 0x40
#define OBJ_OPENIF 0x80
#define OBJ_KERNEL_HANDLE 0x200

/* `remaining` is what of the name lies behind the parsed object; the routine returns the object
   that the whole name stands for (IopParseDevice sends IRP_MJ_CREATE and returns a file object). */
typedef NTSTATUS (*OB_PARSE_METHOD)(PVOID parseObject, POBJECT_TYPE type, PVOID accessState, KPROCESSOR_MODE mode,
                                    ULONG attributes, PUNICODE_STRING complete, PUNICODE_STRING remaining,
                                    PVOID context, PVOID qos, PVOID *object);
typedef void (*OB_DELETE_METHOD)(PVOID object);
typedef void (*OB_CLOSE_METHOD)(PEPROCESS process, PVOID object, ULONG64 processHandleCount, ULONG64 systemHandleCount);

/* The generated structures are packed; a pointer variable gives a field its natural alignment
   back, without which the compiler would call a library for atomic operations. */
#define ATOMIC_INC(p)                                \
    ({                                               \
        __typeof__(p) p_ = (p);                      \
        __atomic_add_fetch(p_, 1, __ATOMIC_SEQ_CST); \
    })
#define ATOMIC_DEC(p)                                \
    ({                                               \
        __typeof__(p) p_ = (p);                      \
        __atomic_sub_fetch(p_, 1, __ATOMIC_SEQ_CST); \
    })
#define ATOMIC_READ(p)                         \
    ({                                         \
        __typeof__(p) p_ = (p);                \
        __atomic_load_n(p_, __ATOMIC_SEQ_CST); \
    })
#define ATOMIC_SWAP(p, v)                               \
    ({                                                  \
        __typeof__(p) p_ = (p);                         \
        __atomic_exchange_n(p_, (v), __ATOMIC_SEQ_CST); \
    })
#define ATOMIC_AND(p, v)                               \
    ({                                                 \
        __typeof__(p) p_ = (p);                        \
        __atomic_fetch_and(p_, (v), __ATOMIC_SEQ_CST); \
    })
#define ATOMIC_CAS(p, old, v)                                                               \
    ({                                                                                      \
        __typeof__(p) p_ = (p);                                                             \
        __atomic_compare_exchange_n(p_, (old), (v), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
    })
/* Procedure fields of the generated structures have no prototype. */
#define TO_PROC(f) ((void (*)())(PVOID)(f))
#define FROM_PROC(t, f) ((t)(PVOID)(f))

extern POBJECT_DIRECTORY ObpRootDirectoryObject;
extern POBJECT_TYPE ObpTypeObjectType, ObpDirectoryObjectType, ObpSymbolicLinkObjectType;
extern POBJECT_TYPE ExEventObjectType;
extern POBJECT_TYPE ObTypeIndexTable[256];
extern UCHAR ObHeaderCookie;
extern UCHAR ObpInfoMaskToOffset[256];
#define OBJECT_TO_OBJECT_HEADER(o) CONTAINING_RECORD(o, OBJECT_HEADER, Body)

NTSTATUS ObInitSystem(void);
NTSTATUS ObCreateObjectType(PUNICODE_STRING name, POBJECT_TYPE_INITIALIZER init, PVOID unused, POBJECT_TYPE *type);
/* Creates an object with room for a name (oa may be NULL); refcount 1, no handle. */
NTSTATUS ObCreateObject(KPROCESSOR_MODE probe, POBJECT_TYPE type, POBJECT_ATTRIBUTES oa, KPROCESSOR_MODE owner,
                        PVOID parse, ULONG bodySize, ULONG pagedCharge, ULONG nonPagedCharge, PVOID *object);
/* Puts it into the name space of its attributes and, if `handle` is not NULL, opens a handle. */
NTSTATUS ObInsertObject(PVOID object, PVOID accessState, ACCESS_MASK access, ULONG bias, PVOID *newObject,
                        PHANDLE handle);
NTSTATUS ObOpenObjectByName(POBJECT_ATTRIBUTES oa, POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID accessState,
                            ACCESS_MASK access, PVOID parseContext, PHANDLE handle);
NTSTATUS ObOpenObjectByNameEx(POBJECT_ATTRIBUTES oa, POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID accessState,
                              ACCESS_MASK access, PVOID parseContext, PHANDLE handle);
NTSTATUS ObOpenObjectByPointer(PVOID object, ULONG attributes, PVOID accessState, ACCESS_MASK access, POBJECT_TYPE type,
                               KPROCESSOR_MODE mode, PHANDLE handle);
NTSTATUS ObReferenceObjectByHandle(HANDLE handle, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode,
                                   PVOID *object, PVOID info);
NTSTATUS ObReferenceObjectByName(PUNICODE_STRING name, ULONG attributes, PVOID accessState, ACCESS_MASK access,
                                 POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID parseContext, PVOID *object);
LONG_PTR ObfReferenceObject(PVOID object);
LONG_PTR ObfDereferenceObject(PVOID object);
#define ObReferenceObject ObfReferenceObject
#define ObDereferenceObject ObfDereferenceObject
void ObMakeTemporaryObject(PVOID object);
NTSTATUS ObQueryNameString(PVOID object, PVOID info, ULONG length, PULONG needed);
NTSTATUS NtClose(HANDLE handle);
NTSTATUS ObReferenceObjectByPointer(PVOID object, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode);
POBJECT_TYPE ObGetObjectType(PVOID object);
/* Handle tables also serve as PspCidTable, where an entry's pointer is the object itself. */
PHANDLE_TABLE ExCreateHandleTable(PEPROCESS process);
HANDLE ExCreateHandle(PHANDLE_TABLE table, PVOID object);
BOOLEAN ExDestroyHandle(PHANDLE_TABLE table, HANDLE handle);
/* The entry's pointer (NULL when there is none); `use` runs on it while the entry cannot go away. */
PVOID ExpUseHandle(PHANDLE_TABLE table, HANDLE handle, BOOLEAN (*use)(PVOID pointer), ACCESS_MASK *access);
NTSTATUS NtCreateDirectoryObject(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES oa);
NTSTATUS NtOpenDirectoryObject(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES oa);
NTSTATUS NtCreateSymbolicLinkObject(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PUNICODE_STRING target);
NTSTATUS NtOpenSymbolicLinkObject(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES oa);
NTSTATUS NtQuerySymbolicLinkObject(HANDLE handle, PUNICODE_STRING target, PULONG needed);
NTSTATUS NtMakeTemporaryObject(HANDLE handle);
NTSTATUS NtCreateEvent(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, EVENT_TYPE type, BOOLEAN state);
NTSTATUS NtOpenEvent(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES oa);
NTSTATUS NtSetEvent(HANDLE handle, PLONG previous);
NTSTATUS NtResetEvent(HANDLE handle, PLONG previous);
NTSTATUS NtClearEvent(HANDLE handle);
NTSTATUS NtWaitForSingleObject(HANDLE handle, BOOLEAN alertable, PLARGE_INTEGER timeout);
