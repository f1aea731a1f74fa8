/* RtlQueryRegistryValues and its relatives, for drivers. */
#include "cmp.h"

typedef NTSTATUS (*PRTL_QUERY_REGISTRY_ROUTINE)(PWSTR name, ULONG type, PVOID data, ULONG length, PVOID context,
                                                PVOID entryContext);
typedef struct _RTL_QUERY_REGISTRY_TABLE {
    PRTL_QUERY_REGISTRY_ROUTINE QueryRoutine;
    ULONG Flags;
    PWSTR Name;
    PVOID EntryContext;
    ULONG DefaultType;
    PVOID DefaultData;
    ULONG DefaultLength;
} RTL_QUERY_REGISTRY_TABLE, *PRTL_QUERY_REGISTRY_TABLE;

enum {
    RTL_QUERY_REGISTRY_SUBKEY = 1,
    RTL_QUERY_REGISTRY_TOPKEY = 2,
    RTL_QUERY_REGISTRY_REQUIRED = 4,
    RTL_QUERY_REGISTRY_NOVALUE = 8,
    RTL_QUERY_REGISTRY_DIRECT = 0x20,
    RTL_QUERY_REGISTRY_DELETE = 0x40
};
#define RTL_REGISTRY_HANDLE 0x40000000
#define RTL_REGISTRY_OPTIONAL 0x80000000

static const PCWSTR RtlpRegistryRoots[] = {
    L"",
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Services",
    L"\\Registry\\Machine\\System\\CurrentControlSet\\Control",
    L"\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
    L"\\Registry\\Machine\\Hardware\\DeviceMap",
    L"\\Registry\\User\\.Default",
};

static NTSTATUS RtlpOpenKey(HANDLE root, PCWSTR base, PCWSTR path, BOOLEAN create, PHANDLE h)
{
    OBJECT_ATTRIBUTES oa = {0};
    UNICODE_STRING name;
    SIZE_T b = wcslen(base), p = path != NULL ? wcslen(path) : 0;
    PWSTR text = ExAllocatePoolWithTag(NonPagedPool, (b + p + 2) * sizeof(WCHAR), CMP_TAG);
    if (text == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(text, base, b * sizeof(WCHAR));
    if (b != 0 && p != 0) {
        text[b++] = L'\\';
    }
    memcpy(text + b, path, p * sizeof(WCHAR));
    text[b + p] = 0;
    RtlInitUnicodeString(&name, text);
    oa.Length = sizeof(oa);
    oa.RootDirectory = root;
    oa.ObjectName = &name;
    oa.Attributes = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
    NTSTATUS status = create ? NtCreateKey(h, 0xF003F, &oa, 0, NULL, 0, NULL) : NtOpenKey(h, 0xF003F, &oa);
    ExFreePoolWithTag(text, CMP_TAG);
    return status;
}

static NTSTATUS RtlpGetRegistryHandle(ULONG relativeTo, PCWSTR path, BOOLEAN create, PHANDLE h, PBOOLEAN close)
{
    *close = TRUE;
    if (relativeTo & RTL_REGISTRY_HANDLE) {
        *h = (HANDLE)path;
        *close = FALSE;
        return STATUS_SUCCESS;
    }
    relativeTo &= ~RTL_REGISTRY_OPTIONAL;
    if (relativeTo >= ARRAYSIZE(RtlpRegistryRoots)) {
        return STATUS_INVALID_PARAMETER;
    }
    return RtlpOpenKey(NULL, RtlpRegistryRoots[relativeTo], path, create, h);
}

/* Strings go into the caller's UNICODE_STRING (a buffer is allocated if it has none), small data
   straight to the address, anything else is size, type, data. */
static NTSTATUS RtlpStoreDirect(PVOID to, ULONG type, PVOID data, ULONG length)
{
    if (type == REG_SZ || type == REG_EXPAND_SZ) {
        PUNICODE_STRING s = to;
        if (length > 0xFFF0) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        ULONG chars = length / sizeof(WCHAR);
        if (chars != 0 && ((PWSTR)data)[chars - 1] == 0) {
            chars--;
        }
        ULONG bytes = chars * sizeof(WCHAR);
        if (s->Buffer == NULL) {
            s->Buffer = ExAllocatePoolWithTag(PagedPool, bytes + sizeof(WCHAR), 'grtR');
            if (s->Buffer == NULL) {
                return STATUS_INSUFFICIENT_RESOURCES;
            }
            s->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
        } else if (s->MaximumLength < bytes) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        memcpy(s->Buffer, data, bytes);
        s->Length = (USHORT)bytes;
        if (s->MaximumLength >= bytes + sizeof(WCHAR)) {
            s->Buffer[chars] = 0;
        }
        return STATUS_SUCCESS;
    }
    if (length <= sizeof(ULONG)) {
        memcpy(to, data, length);
        return STATUS_SUCCESS;
    }
    LONG room = *(PLONG)to;     /* negative: plain data of up to that many bytes */
    if (room < 0) {
        if ((ULONG)-room < length) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        memcpy(to, data, length);
        return STATUS_SUCCESS;
    }
    if ((ULONG)room < length + 2 * sizeof(ULONG)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    ((PULONG)to)[0] = length;
    ((PULONG)to)[1] = type;
    memcpy((PULONG)to + 2, data, length);
    return STATUS_SUCCESS;
}

static NTSTATUS RtlpDeliver(PRTL_QUERY_REGISTRY_TABLE q, PVOID context, ULONG type, PVOID data, ULONG length)
{
    if (q->Flags & RTL_QUERY_REGISTRY_DIRECT) {
        return RtlpStoreDirect(q->EntryContext, type, data, length);
    }
    return q->QueryRoutine(q->Name, type, data, length, context, q->EntryContext);
}

static NTSTATUS RtlpQueryOne(HANDLE h, PRTL_QUERY_REGISTRY_TABLE q, PVOID context)
{
    UNICODE_STRING name;
    ULONG needed = 0, size = 1024;
    RtlInitUnicodeString(&name, q->Name);
    for (;;) {
        PULONG info = ExAllocatePoolWithTag(PagedPool, size, CMP_TAG);  /* KEY_VALUE_PARTIAL_INFORMATION */
        if (info == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        NTSTATUS status = NtQueryValueKey(h, &name, 2, info, size, &needed);
        if (status == STATUS_BUFFER_OVERFLOW) {
            ExFreePoolWithTag(info, CMP_TAG);
            size = needed;
            continue;
        }
        if (NT_SUCCESS(status)) {
            status = RtlpDeliver(q, context, info[1], info + 3, info[2]);
            if (NT_SUCCESS(status) && (q->Flags & RTL_QUERY_REGISTRY_DELETE)) {
                NtDeleteValueKey(h, &name);
            }
        } else if (status == STATUS_OBJECT_NAME_NOT_FOUND && !(q->Flags & RTL_QUERY_REGISTRY_REQUIRED)) {
            status = STATUS_SUCCESS;
            if (q->DefaultType != REG_NONE) {
                ULONG length = q->DefaultLength;
                if (length == 0 && (q->DefaultType == REG_SZ || q->DefaultType == REG_EXPAND_SZ)) {
                    length = (ULONG)((wcslen(q->DefaultData) + 1) * sizeof(WCHAR));
                }
                status = RtlpDeliver(q, context, q->DefaultType, q->DefaultData, length);
            }
        }
        ExFreePoolWithTag(info, CMP_TAG);
        return status;
    }
}

NTSTATUS RtlQueryRegistryValues(ULONG relativeTo, PCWSTR path, PRTL_QUERY_REGISTRY_TABLE table, PVOID context,
                                PVOID environment)
{
    UNREFERENCED_PARAMETER(environment);
    HANDLE top, h;
    BOOLEAN close;
    NTSTATUS status = RtlpGetRegistryHandle(relativeTo, path, FALSE, &top, &close);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    h = top;
    for (; NT_SUCCESS(status) &&
           (table->QueryRoutine != NULL || (table->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)));
         table++) {
        if ((table->Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY)) && h != top) {
            NtClose(h);
            h = top;
        }
        if (table->Flags & RTL_QUERY_REGISTRY_SUBKEY) {
            HANDLE sub;
            status = RtlpOpenKey(top, L"", table->Name, FALSE, &sub);
            if (NT_SUCCESS(status)) {
                h = sub;
                status =
                    table->QueryRoutine != NULL ? STATUS_NOT_IMPLEMENTED : STATUS_SUCCESS; /* all values of a subkey */
            } else if (!(table->Flags & RTL_QUERY_REGISTRY_REQUIRED)) {
                status = STATUS_SUCCESS;
            }
        } else if (table->Flags & RTL_QUERY_REGISTRY_NOVALUE) {
            status = table->QueryRoutine(NULL, REG_NONE, NULL, 0, context, table->EntryContext);
        } else if (table->Name == NULL) {
            status = STATUS_NOT_IMPLEMENTED; /* enumeration through a callback */
        } else {
            status = RtlpQueryOne(h, table, context);
        }
    }
    if (h != top) {
        NtClose(h);
    }
    if (close) {
        NtClose(top);
    }
    return status;
}

NTSTATUS RtlWriteRegistryValue(ULONG relativeTo, PCWSTR path, PCWSTR valueName, ULONG type, PVOID data, ULONG length)
{
    UNICODE_STRING name;
    HANDLE h;
    BOOLEAN close;
    NTSTATUS status = RtlpGetRegistryHandle(relativeTo, path, TRUE, &h, &close);
    if (NT_SUCCESS(status)) {
        RtlInitUnicodeString(&name, valueName);
        status = NtSetValueKey(h, &name, 0, type, data, length);
        if (close) {
            NtClose(h);
        }
    }
    return status;
}

NTSTATUS RtlDeleteRegistryValue(ULONG relativeTo, PCWSTR path, PCWSTR valueName)
{
    UNICODE_STRING name;
    HANDLE h;
    BOOLEAN close;
    NTSTATUS status = RtlpGetRegistryHandle(relativeTo, path, FALSE, &h, &close);
    if (NT_SUCCESS(status)) {
        RtlInitUnicodeString(&name, valueName);
        status = NtDeleteValueKey(h, &name);
        if (close) {
            NtClose(h);
        }
    }
    return status;
}

NTSTATUS RtlCreateRegistryKey(ULONG relativeTo, PCWSTR path)
{
    HANDLE h;
    BOOLEAN close;
    NTSTATUS status = RtlpGetRegistryHandle(relativeTo, path, TRUE, &h, &close);
    return NT_SUCCESS(status) && close ? NtClose(h) : status;
}

NTSTATUS RtlCheckRegistryKey(ULONG relativeTo, PCWSTR path)
{
    HANDLE h;
    BOOLEAN close;
    NTSTATUS status = RtlpGetRegistryHandle(relativeTo, path, FALSE, &h, &close);
    return NT_SUCCESS(status) && close ? NtClose(h) : status;
}
