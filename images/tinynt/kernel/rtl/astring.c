/* Counted strings of bytes, and their conversion. The ANSI code page is Latin-1. */
#include "ntoskrnl.h"

void RtlInitAnsiString(PANSI_STRING s, PCSTR text)
{
    SIZE_T n = text == NULL ? 0 : strlen(text);
    s->Buffer = (PSTR)text;
    s->Length = (USHORT)min(n, 0xFFFE);
    s->MaximumLength = text == NULL ? 0 : s->Length + 1;
}

void RtlInitString(PSTRING s, PCSTR text) { RtlInitAnsiString(s, text); }

LONG RtlCompareString(const STRING *a, const STRING *b, BOOLEAN ignoreCase)
{
    for (ULONG i = 0; i < a->Length && i < b->Length; i++) {
        CHAR x = a->Buffer[i], y = b->Buffer[i];
        if (ignoreCase) {
            x = RtlUpperChar(x);
            y = RtlUpperChar(y);
        }
        if (x != y) {
            return (UCHAR)x - (UCHAR)y;
        }
    }
    return a->Length - b->Length;
}

BOOLEAN RtlEqualString(const STRING *a, const STRING *b, BOOLEAN ignoreCase)
{
    return a->Length == b->Length && RtlCompareString(a, b, ignoreCase) == 0;
}

void RtlCopyString(PSTRING d, const STRING *s)
{
    d->Length = s == NULL ? 0 : min(s->Length, d->MaximumLength);
    if (d->Length != 0) {
        memmove(d->Buffer, s->Buffer, d->Length);
    }
}

void RtlUpperString(PSTRING d, const STRING *s)
{
    d->Length = min(s->Length, d->MaximumLength);
    for (ULONG i = 0; i < d->Length; i++) {
        d->Buffer[i] = RtlUpperChar(s->Buffer[i]);
    }
}

NTSTATUS RtlAppendStringToString(PSTRING d, const STRING *s)
{
    if (d->Length + s->Length > d->MaximumLength) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    memmove(d->Buffer + d->Length, s->Buffer, s->Length);
    d->Length += s->Length;
    return STATUS_SUCCESS;
}

ULONG RtlxAnsiStringToUnicodeSize(const STRING *s) { return (s->Length + 1) * sizeof(WCHAR); }
ULONG RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING s) { return s->Length / sizeof(WCHAR) + 1; }

NTSTATUS RtlMultiByteToUnicodeN(PWSTR d, ULONG bytes, PULONG written, PCSTR s, ULONG n)
{
    n = min(n, bytes / (ULONG)sizeof(WCHAR));
    for (ULONG i = 0; i < n; i++) {
        d[i] = (UCHAR)s[i];
    }
    if (written != NULL) {
        *written = n * sizeof(WCHAR);
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeToMultiByteN(PSTR d, ULONG bytes, PULONG written, PCWSTR s, ULONG n)
{
    n = min(n / (ULONG)sizeof(WCHAR), bytes);
    for (ULONG i = 0; i < n; i++) {
        d[i] = s[i] < 0x100 ? (CHAR)s[i] : '?';
    }
    if (written != NULL) {
        *written = n;
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING d, const STRING *s, BOOLEAN allocate)
{
    ULONG need = RtlxAnsiStringToUnicodeSize(s);
    if (need > 0xFFFE) {
        return STATUS_INVALID_PARAMETER;
    }
    if (allocate) {
        d->Buffer = ExAllocatePoolWithTag(PagedPool, need, 'grtS');
        if (d->Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
        d->MaximumLength = (USHORT)need;
    } else if (need > d->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    d->Length = (USHORT)(need - sizeof(WCHAR));
    RtlMultiByteToUnicodeN(d->Buffer, d->Length, NULL, s->Buffer, s->Length);
    d->Buffer[d->Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING d, PCUNICODE_STRING s, BOOLEAN allocate)
{
    ULONG need = RtlxUnicodeStringToAnsiSize(s);
    NTSTATUS status = STATUS_SUCCESS;
    if (allocate) {
        d->Buffer = ExAllocatePoolWithTag(PagedPool, need, 'grtS');
        if (d->Buffer == NULL) {
            return STATUS_NO_MEMORY;
        }
        d->MaximumLength = (USHORT)need;
    } else if (need > d->MaximumLength) {
        /* As much as fits, terminated: this is what callers have come to expect. */
        if (d->MaximumLength == 0) {
            return STATUS_BUFFER_OVERFLOW;
        }
        need = d->MaximumLength;
        status = STATUS_BUFFER_OVERFLOW;
    }
    d->Length = (USHORT)(need - 1);
    RtlUnicodeToMultiByteN(d->Buffer, d->Length, NULL, s->Buffer, s->Length);
    d->Buffer[d->Length] = 0;
    return status;
}

void RtlFreeAnsiString(PANSI_STRING s)
{
    if (s->Buffer != NULL) {
        ExFreePool(s->Buffer);
    }
    memset(s, 0, sizeof(*s));
}
