/* ObpLookupObjectName: walks a name through directories, links and parse procedures. */
#include "obp.h"

/* Cuts the first component off `rest`, which starts behind its separator. */
static void ObpNextComponent(PUNICODE_STRING rest, PUNICODE_STRING component)
{
    ULONG chars = rest->Length / sizeof(WCHAR), n = 0;
    while (n < chars && rest->Buffer[n] != OBJ_NAME_PATH_SEPARATOR) {
        n++;
    }
    component->Buffer = rest->Buffer;
    component->Length = component->MaximumLength = (USHORT)(n * sizeof(WCHAR));
    rest->Buffer += n;
    rest->Length -= component->Length;
    rest->MaximumLength = rest->Length;
}

/* One step in one directory: the named object, referenced; or, with `insert`, the insertion. */
static NTSTATUS ObpLookupOrInsert(POBJECT_DIRECTORY directory, PUNICODE_STRING component, ULONG attributes,
                                  PVOID insert, PVOID *object)
{
    BOOLEAN ignoreCase = (attributes & OBJ_CASE_INSENSITIVE) != 0;
    NTSTATUS status = STATUS_SUCCESS;
    ObpLockNameSpace(insert != NULL);
    PVOID found = ObpLookupDirectoryEntry(directory, component, ignoreCase);
    if (found != NULL && !ObpReferenceObjectSafe(found)) {
        found = NULL;
    }
    if (found == NULL && insert == NULL) {
        status = STATUS_OBJECT_NAME_NOT_FOUND;
    } else if (found == NULL) {
        POBJECT_HEADER_NAME_INFO name = ObpNameInfo(OBJECT_TO_OBJECT_HEADER(insert));
        PWSTR text = ExAllocatePoolWithTag(NonPagedPool, component->Length + sizeof(WCHAR), 'mNbO');
        if (text == NULL) {
            status = STATUS_INSUFFICIENT_RESOURCES;
        } else {    /* from now on the object carries only its last component */
            PWSTR whole = name->Name.Buffer;
            UNICODE_STRING old = name->Name;
            memcpy(text, component->Buffer, component->Length);
            text[component->Length / sizeof(WCHAR)] = 0;
            name->Name.Buffer = text;
            name->Name.Length = component->Length;
            name->Name.MaximumLength = component->Length + sizeof(WCHAR);
            if (ObpInsertDirectoryEntry(directory, name, insert)) {
                ExFreePoolWithTag(whole, 'mNbO');
                ObfReferenceObject(insert);
                found = insert;
            } else {
                name->Name = old;
                ExFreePoolWithTag(text, 'mNbO');
                status = STATUS_INSUFFICIENT_RESOURCES;
            }
        }
    }
    ObpUnlockNameSpace();
    *object = found;
    return status;
}

/* Follows `complete` from `start` (referenced; consumed). STATUS_REPARSE: `complete` is a new name. */
static NTSTATUS ObpWalkName(PVOID start, PUNICODE_STRING complete, PUNICODE_STRING rest, ULONG attributes,
                            POBJECT_TYPE type, KPROCESSOR_MODE mode, PVOID accessState, PVOID parseContext,
                            PVOID insert, PVOID *object)
{
    PVOID current = start;
    for (;;) {
        POBJECT_TYPE currentType = ObGetObjectType(current);
        OB_PARSE_METHOD parse = FROM_PROC(OB_PARSE_METHOD, currentType->TypeInfo.ParseProcedure);
        NTSTATUS status;

        if (currentType == ObpDirectoryObjectType) {
            if (rest->Length == 0) {
                *object = current;
                return STATUS_SUCCESS;
            }
            if (rest->Buffer[0] == OBJ_NAME_PATH_SEPARATOR) {
                rest->Buffer++;
                rest->Length -= sizeof(WCHAR);
            }
            UNICODE_STRING component;
            ObpNextComponent(rest, &component);
            if (component.Length == 0) {
                ObfDereferenceObject(current);
                return STATUS_OBJECT_NAME_INVALID;
            }
            PVOID next;
            status = ObpLookupOrInsert(current, &component, attributes, rest->Length == 0 ? insert : NULL, &next);
            ObfDereferenceObject(current);
            if (!NT_SUCCESS(status)) {
                return status == STATUS_OBJECT_NAME_NOT_FOUND && rest->Length != 0 ? STATUS_OBJECT_PATH_NOT_FOUND
                                                                                   : status;
            }
            if (next == insert && insert != NULL) {
                *object = next;
                return STATUS_SUCCESS;
            }
            current = next;
            if (insert != NULL && rest->Length == 0 && ObGetObjectType(current) != ObpSymbolicLinkObjectType) {
                *object = current;
                if (!(attributes & OBJ_OPENIF)) {
                    return STATUS_OBJECT_NAME_COLLISION;
                }
                return ObGetObjectType(current) == type ? STATUS_OBJECT_NAME_EXISTS : STATUS_OBJECT_TYPE_MISMATCH;
            }
            if (insert != NULL && rest->Length == 0 && type == ObpSymbolicLinkObjectType) {
                *object = current;
                return attributes & OBJ_OPENIF ? STATUS_OBJECT_NAME_EXISTS : STATUS_OBJECT_NAME_COLLISION;
            }
            continue;
        }

        if (parse != NULL) {
            PVOID result = NULL;
            status = parse(current, type, accessState, mode, attributes, complete, rest, parseContext, NULL, &result);
            ObfDereferenceObject(current);
            if (status == STATUS_REPARSE || !NT_SUCCESS(status)) {
                return status;
            }
            *object = result;
            return result != NULL ? status : STATUS_OBJECT_NAME_NOT_FOUND;
        }
        if (rest->Length != 0) {
            ObfDereferenceObject(current);
            return STATUS_OBJECT_TYPE_MISMATCH;
        }
        *object = current;
        return STATUS_SUCCESS;
    }
}

OBP_FRAME NTSTATUS ObpLookupObjectName(HANDLE root, PUNICODE_STRING name, ULONG attributes, POBJECT_TYPE type,
                                       KPROCESSOR_MODE mode, PVOID accessState, PVOID parseContext, PVOID insert,
                                       PVOID *object)
{
    UNICODE_STRING complete, empty = {0};
    PVOID start;
    NTSTATUS status;

    *object = NULL;
    if (type != NULL && type->TypeInfo.CaseInsensitive) {
        attributes |= OBJ_CASE_INSENSITIVE;
    }
    if (name == NULL) {
        name = &empty;
    }
    if (name->Length & 1) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    if (root == NULL) {
        if (name->Length == 0 || name->Buffer[0] != OBJ_NAME_PATH_SEPARATOR) {
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        }
        start = ObpRootDirectoryObject;
        ObfReferenceObject(start);
    } else {
        status = ObReferenceObjectByHandle(root, 0, NULL, mode, &start, NULL);
        if (!NT_SUCCESS(status)) {
            return status;
        }
        if (name->Length != 0 && name->Buffer[0] == OBJ_NAME_PATH_SEPARATOR) {
            ObfDereferenceObject(start);
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        }
    }

    complete.Length = name->Length;
    complete.MaximumLength = name->Length + sizeof(WCHAR);
    complete.Buffer = ExAllocatePoolWithTag(NonPagedPool, name->Length + sizeof(WCHAR), 'mNbO');
    if (complete.Buffer == NULL) {
        ObfDereferenceObject(start);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(complete.Buffer, name->Buffer, name->Length);
    complete.Buffer[name->Length / sizeof(WCHAR)] = 0;

    for (ULONG tries = 0;; tries++) {
        UNICODE_STRING rest = complete;
        if (rest.Length == sizeof(WCHAR) && rest.Buffer[0] == OBJ_NAME_PATH_SEPARATOR) {
            rest.Length = 0;    /* "\" is the root directory itself */
        }
        status =
            ObpWalkName(start, &complete, &rest, attributes, type, mode, accessState, parseContext, insert, object);
        if (status != STATUS_REPARSE) {
            break;
        }
        if (tries == OBP_MAXIMUM_REPARSES || complete.Length == 0 || complete.Buffer[0] != OBJ_NAME_PATH_SEPARATOR) {
            status = STATUS_OBJECT_PATH_SYNTAX_BAD;
            break;
        }
        start = ObpRootDirectoryObject;
        ObfReferenceObject(start);
    }
    ExFreePoolWithTag(complete.Buffer, 'mNbO');
    return status;
}
