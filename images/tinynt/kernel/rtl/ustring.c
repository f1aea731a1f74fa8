/* Counted strings of 16-bit characters. */
#include "ntoskrnl.h"

#define MAX_BYTES 0xFFFC        /* an even length that leaves room for the terminator */

void RtlInitUnicodeString(PUNICODE_STRING s, PCWSTR text)
{
    SIZE_T bytes = text == NULL ? 0 : wcslen(text) * sizeof(WCHAR);
    s->Buffer = (PWSTR)text;
    s->Length = (USHORT)min(bytes, MAX_BYTES);
    s->MaximumLength = text == NULL ? 0 : s->Length + sizeof(WCHAR);
}

NTSTATUS RtlInitUnicodeStringEx(PUNICODE_STRING s, PCWSTR text)
{
    if (text != NULL && wcslen(text) * sizeof(WCHAR) > MAX_BYTES) {
        return STATUS_NAME_TOO_LONG;
    }
    RtlInitUnicodeString(s, text);
    return STATUS_SUCCESS;
}

static LONG CompareChars(PCWSTR a, PCWSTR b, SIZE_T count, BOOLEAN ignoreCase)
{
    for (SIZE_T i = 0; i < count; i++) {
        WCHAR x = a[i], y = b[i];
        if (x != y && ignoreCase) {
            x = RtlUpcaseUnicodeChar(x);
            y = RtlUpcaseUnicodeChar(y);
        }
        if (x != y) {
            return x - y;
        }
    }
    return 0;
}

LONG RtlCompareUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignoreCase)
{
    LONG d = CompareChars(a->Buffer, b->Buffer, min(a->Length, b->Length) / sizeof(WCHAR), ignoreCase);
    return d != 0 ? d : a->Length - b->Length;
}

BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignoreCase)
{
    return a->Length == b->Length && CompareChars(a->Buffer, b->Buffer, a->Length / sizeof(WCHAR), ignoreCase) == 0;
}

BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING p, PCUNICODE_STRING s, BOOLEAN ignoreCase)
{
    return p->Length <= s->Length && CompareChars(p->Buffer, s->Buffer, p->Length / sizeof(WCHAR), ignoreCase) == 0;
}

static void Terminate(PUNICODE_STRING s)
{
    if (s->Length + sizeof(WCHAR) <= s->MaximumLength) {
        s->Buffer[s->Length / sizeof(WCHAR)] = 0;
    }
}

void RtlCopyUnicodeString(PUNICODE_STRING d, PCUNICODE_STRING s)
{
    d->Length = s == NULL ? 0 : min(s->Length, d->MaximumLength);
    if (d->Length != 0) {
        memmove(d->Buffer, s->Buffer, d->Length);
    }
    Terminate(d);
}

static NTSTATUS Append(PUNICODE_STRING d, PCWSTR text, SIZE_T bytes)
{
    if (d->Length + bytes > d->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memmove((PUCHAR)d->Buffer + d->Length, text, bytes);
    d->Length += (USHORT)bytes;
    Terminate(d);
    return STATUS_SUCCESS;
}

NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING d, PCUNICODE_STRING s)
{
    return s->Length == 0 ? STATUS_SUCCESS : Append(d, s->Buffer, s->Length);
}

NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING d, PCWSTR s)
{
    return s == NULL || *s == 0 ? STATUS_SUCCESS : Append(d, s, wcslen(s) * sizeof(WCHAR));
}

/* Makes `d` big enough if `allocate`; else checks that it is. */
static NTSTATUS Prepare(PUNICODE_STRING d, USHORT bytes, BOOLEAN allocate)
{
    if (allocate) {
        d->MaximumLength = bytes;
        d->Buffer = bytes == 0 ? NULL : ExAllocatePoolWithTag(PagedPool, bytes, 'grtS');
        if (d->Buffer == NULL && bytes != 0) {
            return STATUS_NO_MEMORY;
        }
    } else if (bytes > d->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    d->Length = bytes;
    return STATUS_SUCCESS;
}

static NTSTATUS MapChars(PUNICODE_STRING d, PCUNICODE_STRING s, BOOLEAN allocate, WCHAR (*map)(WCHAR))
{
    NTSTATUS status = Prepare(d, s->Length, allocate);
    if (NT_SUCCESS(status)) {
        for (ULONG i = 0; i < s->Length / sizeof(WCHAR); i++) {
            d->Buffer[i] = map(s->Buffer[i]);
        }
    }
    return status;
}

NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING d, PCUNICODE_STRING s, BOOLEAN allocate)
{
    return MapChars(d, s, allocate, RtlUpcaseUnicodeChar);
}

NTSTATUS RtlDowncaseUnicodeString(PUNICODE_STRING d, PCUNICODE_STRING s, BOOLEAN allocate)
{
    return MapChars(d, s, allocate, RtlDowncaseUnicodeChar);
}

BOOLEAN RtlCreateUnicodeString(PUNICODE_STRING d, PCWSTR text)
{
    SIZE_T bytes = (wcslen(text) + 1) * sizeof(WCHAR);
    if (bytes > MAX_BYTES || !NT_SUCCESS(Prepare(d, (USHORT)bytes, TRUE))) {
        return FALSE;
    }
    memcpy(d->Buffer, text, bytes);
    d->Length -= sizeof(WCHAR);
    return TRUE;
}

void RtlFreeUnicodeString(PUNICODE_STRING s)
{
    if (s->Buffer != NULL) {
        ExFreePool(s->Buffer);
    }
    memset(s, 0, sizeof(*s));
}

/* Algorithm 0 and 1 are the same: x65599. */
NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING s, BOOLEAN ignoreCase, ULONG algorithm, PULONG hash)
{
    ULONG h = 0;
    if (algorithm > 1) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG i = 0; i < s->Length / sizeof(WCHAR); i++) {
        h = h * 65599 + (ignoreCase ? RtlUpcaseUnicodeChar(s->Buffer[i]) : s->Buffer[i]);
    }
    *hash = h;
    return STATUS_SUCCESS;
}
