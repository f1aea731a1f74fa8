/* Configuration manager, private: keys are nodes of a tree, key objects point to them. */
#pragma once
#include "ntoskrnl.h"

#define CMP_TAG 'bkMC'
#define CMP_MAXIMUM_NAME 512        /* bytes */
#define CMP_MAXIMUM_DATA 0x100000

typedef struct _CMP_VALUE {
    LIST_ENTRY Link;
    UNICODE_STRING Name;
    ULONG Type;
    ULONG DataLength;
    PVOID Data;
} CMP_VALUE, *PCMP_VALUE;

typedef struct _CMP_NODE {
    LONG References;                /* the parent's list, key objects, children */
    BOOLEAN Deleted;
    UNICODE_STRING Name;
    struct _CMP_NODE *Parent;
    LIST_ENTRY Siblings;
    LIST_ENTRY Children;
    LIST_ENTRY Values;
    LARGE_INTEGER LastWriteTime;
} CMP_NODE, *PCMP_NODE;

/* The body of a Key object: ours, not the _CM_KEY_BODY of Windows, which is in the PDB for its readers. */
typedef struct _CMP_KEY_BODY {
    ULONG Type;                     /* 'ky02' */
    PCMP_NODE Node;
} CM_KEY_BODY, *PCM_KEY_BODY;

/* Handed by NtCreateKey to CmpParseKey. */
typedef struct _CM_PARSE_CONTEXT {
    ULONG Signature;
    ULONG Disposition;
} CM_PARSE_CONTEXT, *PCM_PARSE_CONTEXT;
#define CMP_CREATE_SIGNATURE 'rCmC'

extern POBJECT_TYPE CmKeyObjectType;
extern PCMP_NODE CmpRootNode;

void CmpLockRegistry(BOOLEAN exclusive);
void CmpUnlockRegistry(void);

/* All with the lock held. */
PCMP_NODE CmpCreateNode(PCMP_NODE parent, PUNICODE_STRING name);
void CmpDereferenceNode(PCMP_NODE node);
PCMP_NODE CmpFindChild(PCMP_NODE node, PUNICODE_STRING name);
PCMP_VALUE CmpFindValue(PCMP_NODE node, PUNICODE_STRING name);
NTSTATUS CmpSetValue(PCMP_NODE node, PUNICODE_STRING name, ULONG type, PVOID data, ULONG size);
void CmpDeleteValue(PCMP_VALUE value);
NTSTATUS CmpReturnValue(PCMP_VALUE value, int infoClass, PVOID info, ULONG length, PULONG needed);

NTSTATUS CmpCreateKeyObject(PCMP_NODE node, PVOID *object);
NTSTATUS CmpReferenceKey(HANDLE h, PCM_KEY_BODY *key);
NTSTATUS CmpParseKey(PVOID parseObject, POBJECT_TYPE type, PVOID accessState, KPROCESSOR_MODE mode, ULONG attributes,
                     PUNICODE_STRING complete, PUNICODE_STRING remaining, PVOID context, PVOID qos, PVOID *object);
void CmpDeleteKeyObject(PVOID object);
NTSTATUS CmpQueryKeyName(PVOID object, BOOLEAN hasName, PVOID info, ULONG length, PULONG needed, KPROCESSOR_MODE mode);
