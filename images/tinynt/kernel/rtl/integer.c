/* Integers from and to counted strings. */
#include "ntoskrnl.h"

NTSTATUS RtlInt64ToUnicodeString(ULONG64 value, ULONG base, PUNICODE_STRING s)
{
    WCHAR digits[65];
    ULONG at = ARRAYSIZE(digits);
    if (base == 0) {
        base = 10;
    }
    if (base != 2 && base != 8 && base != 10 && base != 16) {
        return STATUS_INVALID_PARAMETER;
    }
    do {
        digits[--at] = "0123456789ABCDEF"[value % base];
        value /= base;
    } while (value != 0);
    ULONG bytes = (ARRAYSIZE(digits) - at) * sizeof(WCHAR);
    if (bytes > s->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    s->Length = (USHORT)bytes;
    memcpy(s->Buffer, digits + at, bytes);
    if (bytes + sizeof(WCHAR) <= s->MaximumLength) {
        s->Buffer[bytes / sizeof(WCHAR)] = 0;
    }
    return STATUS_SUCCESS;
}

NTSTATUS RtlIntegerToUnicodeString(ULONG value, ULONG base, PUNICODE_STRING s)
{
    return RtlInt64ToUnicodeString(value, base, s);
}

static ULONG DigitValue(WCHAR c)
{
    c = RtlUpcaseUnicodeChar(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10u : 99;
}

/* Reads as many digits as there are; no digits at all give 0. */
NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING s, ULONG base, PULONG value)
{
    ULONG i = 0, n = s->Length / sizeof(WCHAR), result = 0;
    BOOLEAN negative = FALSE;
    while (i < n && s->Buffer[i] <= ' ') {
        i++;
    }
    if (i < n && (s->Buffer[i] == '-' || s->Buffer[i] == '+')) {
        negative = s->Buffer[i++] == '-';
    }
    if (base == 0) {
        base = 10;
        if (i + 1 < n && s->Buffer[i] == '0') {
            WCHAR mark = s->Buffer[i + 1];
            base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
            i += base == 10 ? 0 : 2;
        }
    }
    if (base != 2 && base != 8 && base != 10 && base != 16) {
        return STATUS_INVALID_PARAMETER;
    }
    for (; i < n && DigitValue(s->Buffer[i]) < base; i++) {
        result = result * base + DigitValue(s->Buffer[i]);
    }
    *value = negative ? 0 - result : result;
    return STATUS_SUCCESS;
}
