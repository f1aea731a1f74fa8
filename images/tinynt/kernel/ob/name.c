/* ObQueryNameString: from an object back to its full name. */
#include "obp.h"

typedef NTSTATUS (*OB_QUERYNAME_METHOD)(PVOID object, BOOLEAN hasName, PVOID info, ULONG length, PULONG needed,
                                        KPROCESSOR_MODE mode);

/* `info` is an OBJECT_NAME_INFORMATION: a UNICODE_STRING with its text behind it. The text is
   laid down from the end of the buffer, parent by parent. */
NTSTATUS ObQueryNameString(PVOID object, PVOID info, ULONG length, PULONG needed)
{
    OB_QUERYNAME_METHOD method = FROM_PROC(OB_QUERYNAME_METHOD, ObGetObjectType(object)->TypeInfo.QueryNameProcedure);
    POBJECT_HEADER_NAME_INFO name = ObpNameInfo(OBJECT_TO_OBJECT_HEADER(object));
    PUNICODE_STRING out = info;

    if (method != NULL) {
        return method(object, name != NULL, info, length, needed, KernelMode);
    }
    BOOLEAN root = object == ObpRootDirectoryObject;
    if (!root && (name == NULL || name->Directory == NULL)) {
        *needed = sizeof(UNICODE_STRING);
        if (length < sizeof(UNICODE_STRING)) {
            return STATUS_INFO_LENGTH_MISMATCH;
        }
        RtlZeroMemory(out, sizeof(*out));
        return STATUS_SUCCESS;
    }

    ObpLockNameSpace(FALSE);
    ULONG bytes = root ? sizeof(WCHAR) : 0;
    for (POBJECT_HEADER_NAME_INFO n = name; !root && n != NULL && n->Directory != NULL;
         n = ObpNameInfo(OBJECT_TO_OBJECT_HEADER(n->Directory))) {
        bytes += sizeof(WCHAR) + n->Name.Length;
        if (n->Directory == ObpRootDirectoryObject) {
            break;
        }
    }
    *needed = sizeof(UNICODE_STRING) + bytes + sizeof(WCHAR);
    NTSTATUS status = STATUS_INFO_LENGTH_MISMATCH;
    if (length >= *needed && bytes < 0xFFFE) {
        PWSTR text = (PWSTR)(out + 1);
        PWSTR at = text + bytes / sizeof(WCHAR);
        *at = 0;
        for (POBJECT_HEADER_NAME_INFO n = name; !root && n != NULL && n->Directory != NULL;
             n = ObpNameInfo(OBJECT_TO_OBJECT_HEADER(n->Directory))) {
            at -= n->Name.Length / sizeof(WCHAR);
            memcpy(at, n->Name.Buffer, n->Name.Length);
            *--at = OBJ_NAME_PATH_SEPARATOR;
            if (n->Directory == ObpRootDirectoryObject) {
                break;
            }
        }
        if (root) {
            text[0] = OBJ_NAME_PATH_SEPARATOR;
        }
        out->Buffer = text;
        out->Length = (USHORT)bytes;
        out->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
        status = STATUS_SUCCESS;
    }
    ObpUnlockNameSpace();
    return status;
}
