/* Names on the way from a service to its driver: service, object, image. */
#include "iop.h"

#define SERVICE_FILE_SYSTEM_DRIVER 2

/* Starts a pool string with room for `bytes`. */
static BOOLEAN IopNewString(PUNICODE_STRING s, ULONG bytes)
{
    s->Length = 0;
    s->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    s->Buffer = bytes < 0xFFF0 ? ExAllocatePoolWithTag(NonPagedPool, bytes + sizeof(WCHAR), 'mNoI') : NULL;
    if (s->Buffer != NULL) {
        RtlZeroMemory(s->Buffer, bytes + sizeof(WCHAR));
    }
    return s->Buffer != NULL;
}

/* Concatenation into a new, terminated string. */
static NTSTATUS IopJoin(PCWSTR prefix, PUNICODE_STRING rest, PCWSTR suffix, PUNICODE_STRING out)
{
    if (!IopNewString(out, (ULONG)((wcslen(prefix) + wcslen(suffix)) * sizeof(WCHAR)) + rest->Length)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlAppendUnicodeToString(out, prefix);
    RtlAppendUnicodeStringToString(out, rest);
    RtlAppendUnicodeToString(out, suffix);
    return STATUS_SUCCESS;
}

/* The last component of the service's registry path; points into it. */
void IopServiceName(PUNICODE_STRING serviceKey, PUNICODE_STRING service)
{
    ULONG chars = serviceKey->Length / sizeof(WCHAR), at = chars;
    while (at > 0 && serviceKey->Buffer[at - 1] != L'\\') {
        at--;
    }
    service->Buffer = serviceKey->Buffer + at;
    service->Length = service->MaximumLength = (USHORT)((chars - at) * sizeof(WCHAR));
}

NTSTATUS IopBuildDriverName(PUNICODE_STRING service, ULONG type, PUNICODE_STRING name)
{
    return IopJoin(type == SERVICE_FILE_SYSTEM_DRIVER ? L"\\FileSystem\\" : L"\\Driver\\", service, L"", name);
}

static BOOLEAN IopStartsWith(PUNICODE_STRING s, PCWSTR prefix)
{
    UNICODE_STRING p;
    RtlInitUnicodeString(&p, prefix);
    return RtlPrefixUnicodeString(&p, s, TRUE);
}

/* ImagePath as an object name: full names as they are, drive paths below \??, anything else below
   \SystemRoot; the default is System32\drivers\<service>.sys. */
NTSTATUS IopBuildImagePath(PUNICODE_STRING serviceKey, PUNICODE_STRING service, PUNICODE_STRING path)
{
    UNICODE_STRING image, rest;
    NTSTATUS status = CmpQueryString(serviceKey, L"ImagePath", &image);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND) {
        return IopJoin(L"\\SystemRoot\\System32\\drivers\\", service, L".sys", path);
    }
    if (!NT_SUCCESS(status)) {
        return status;
    }
    rest = image;
    PCWSTR prefix = L"\\SystemRoot\\";
    if (rest.Length >= sizeof(WCHAR) && rest.Buffer[0] == L'\\') {
        prefix = L"";
    } else if (rest.Length >= 2 * sizeof(WCHAR) && rest.Buffer[1] == L':') {
        prefix = L"\\??\\";
    } else if (IopStartsWith(&rest, L"%SystemRoot%\\")) {
        rest.Buffer += 13;
        rest.Length -= 13 * sizeof(WCHAR);
    } else if (IopStartsWith(&rest, L"SystemRoot\\")) {
        prefix = L"\\";
    }
    status = IopJoin(prefix, &rest, L"", path);
    ExFreePool(image.Buffer);
    return status;
}
