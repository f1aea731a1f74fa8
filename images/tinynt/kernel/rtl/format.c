/* Interprets a format string. Integer conversions as in Microsoft's C library, where long is
   32 bits; no floating point in the kernel. */
#include "format.h"

typedef struct _SPEC {
    BOOLEAN Left, Plus, Space, Alternate, Zero;
    LONG Width, Precision;  /* precision -1: none given */
    ULONG Bytes;            /* of an integer argument; 0: none given */
    BOOLEAN Narrow, WideText;
} SPEC;

static WCHAR FormatChar(PRTLP_FORMAT f, SIZE_T i)
{
    return f->Wide ? ((PCWSTR)f->Format)[i] : ((const UCHAR *)f->Format)[i];
}

static void Put(PRTLP_FORMAT f, WCHAR c)
{
    if (f->Length < f->Size) {
        if (f->Wide) {
            ((PWSTR)f->Buffer)[f->Length] = c;
        } else {
            ((PSTR)f->Buffer)[f->Length] = c < 0x100 ? (CHAR)c : '?';
        }
    }
    f->Length++;
}

static void Fill(PRTLP_FORMAT f, WCHAR c, LONG count)
{
    for (; count > 0; count--) {
        Put(f, c);
    }
}

static void PutText(PRTLP_FORMAT f, const SPEC *s, PCVOID text, BOOLEAN wide, SIZE_T length)
{
    if (s->Precision >= 0 && length > (SIZE_T)s->Precision) {
        length = s->Precision;
    }
    LONG pad = s->Width > (LONG)length ? s->Width - (LONG)length : 0;
    if (!s->Left) {
        Fill(f, s->Zero ? '0' : ' ', pad);
    }
    for (SIZE_T i = 0; i < length; i++) {
        Put(f, wide ? ((PCWSTR)text)[i] : ((const UCHAR *)text)[i]);
    }
    if (s->Left) {
        Fill(f, ' ', pad);
    }
}

static void PutString(PRTLP_FORMAT f, const SPEC *s, PCVOID text, BOOLEAN wide)
{
    SIZE_T length = 0, limit = s->Precision >= 0 ? (SIZE_T)s->Precision : (SIZE_T)-1;
    if (text == NULL) {
        text = "(null)";
        wide = FALSE;
    }
    /* Never reads past the precision: such text need not be terminated. */
    while (length < limit && (wide ? ((PCWSTR)text)[length] : ((PCSTR)text)[length]) != 0) {
        length++;
    }
    PutText(f, s, text, wide, length);
}

static void PutCounted(PRTLP_FORMAT f, const SPEC *s, PCUNICODE_STRING text, BOOLEAN wide)
{
    if (text == NULL || text->Buffer == NULL) {
        PutString(f, s, NULL, FALSE);
    } else {
        PutText(f, s, text->Buffer, wide, wide ? text->Length / sizeof(WCHAR) : text->Length);
    }
}

static void PutInteger(PRTLP_FORMAT f, const SPEC *s, ULONG64 value, ULONG base, BOOLEAN upper, CHAR sign)
{
    CHAR digits[24], prefix[3];
    LONG count = 0, prefixes = 0, zeros = 0;
    BOOLEAN zero = value == 0;
    for (; value != 0; value /= base) {
        digits[count++] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[value % base];
    }
    if (zero && s->Precision != 0) {
        digits[count++] = '0';
    }
    if (sign != 0) {
        prefix[prefixes++] = sign;
    }
    if (s->Alternate && base == 16 && !zero) {
        prefix[prefixes++] = '0';
        prefix[prefixes++] = upper ? 'X' : 'x';
    }
    if (s->Precision > count) {
        zeros = s->Precision - count;
    } else if (s->Alternate && base == 8 && (count == 0 || digits[count - 1] != '0')) {
        zeros = 1;
    }
    if (s->Zero && !s->Left && s->Precision < 0 && s->Width > count + prefixes + zeros) {
        zeros = s->Width - count - prefixes;
    }
    LONG pad = s->Width - count - prefixes - zeros;
    if (!s->Left) {
        Fill(f, ' ', pad);
    }
    for (LONG i = 0; i < prefixes; i++) {
        Put(f, prefix[i]);
    }
    Fill(f, '0', zeros);
    while (count > 0) {
        Put(f, digits[--count]);
    }
    if (s->Left) {
        Fill(f, ' ', pad);
    }
}

static SIZE_T ParseFlags(PRTLP_FORMAT f, SIZE_T i, SPEC *s)
{
    for (;; i++) {
        switch (FormatChar(f, i)) {
        case '-': s->Left = TRUE; break;
        case '+': s->Plus = TRUE; break;
        case ' ': s->Space = TRUE; break;
        case '#': s->Alternate = TRUE; break;
        case '0': s->Zero = TRUE; break;
        default: return i;
        }
    }
}

static SIZE_T ParseNumber(PRTLP_FORMAT f, SIZE_T i, PLONG value)
{
    /* Absurd widths are cut: nothing in a kernel is that long. */
    for (*value = 0; FormatChar(f, i) >= '0' && FormatChar(f, i) <= '9'; i++) {
        if (*value < 0x10000) {
            *value = *value * 10 + FormatChar(f, i) - '0';
        }
    }
    return i;
}

static SIZE_T ParseSize(PRTLP_FORMAT f, SIZE_T i, SPEC *s)
{
    for (;; i++) {
        switch (FormatChar(f, i)) {
        case 'h':
            s->Bytes = s->Narrow ? 1 : 2;
            s->Narrow = TRUE;
            break;
        case 'l':
            s->Bytes = s->Bytes == 4 ? 8 : 4;
            s->WideText = TRUE;
            break;
        case 'w': s->WideText = TRUE; break;
        case 'z':
        case 't':
        case 'j':
        case 'L':
        case 'q': s->Bytes = 8; break;
        case 'I':
            s->Bytes = 8;
            if (FormatChar(f, i + 1) == '6' && FormatChar(f, i + 2) == '4') {
                i += 2;
            } else if (FormatChar(f, i + 1) == '3' && FormatChar(f, i + 2) == '2') {
                s->Bytes = 4;
                i += 2;
            }
            break;
        default: return i;
        }
    }
}

static LONG64 SignedArgument(ULONG64 raw, ULONG bytes)
{
    switch (bytes) {
    case 8: return (LONG64)raw;
    case 2: return (SHORT)raw;
    case 1: return (SCHAR)raw;
    default: return (LONG)raw;
    }
}

static ULONG64 UnsignedArgument(ULONG64 raw, ULONG bytes)
{
    switch (bytes) {
    case 8: return raw;
    case 2: return (USHORT)raw;
    case 1: return (UCHAR)raw;
    default: return (ULONG)raw;
    }
}

/* One conversion whose argument (always an 8-byte slot on x64) is `raw`. FALSE: not a conversion. */
static BOOLEAN Convert(PRTLP_FORMAT f, SPEC *s, WCHAR kind, ULONG64 raw)
{
    LONG64 value;
    WCHAR c;
    switch (kind) {
    case 'd':
    case 'i':
        value = SignedArgument(raw, s->Bytes);
        PutInteger(f, s, value < 0 ? 0 - (ULONG64)value : (ULONG64)value, 10, FALSE,
                   value < 0  ? '-'
                   : s->Plus  ? '+'
                   : s->Space ? ' '
                              : 0);
        return TRUE;
    case 'u': PutInteger(f, s, UnsignedArgument(raw, s->Bytes), 10, FALSE, 0); return TRUE;
    case 'o': PutInteger(f, s, UnsignedArgument(raw, s->Bytes), 8, FALSE, 0); return TRUE;
    case 'x': PutInteger(f, s, UnsignedArgument(raw, s->Bytes), 16, FALSE, 0); return TRUE;
    case 'X': PutInteger(f, s, UnsignedArgument(raw, s->Bytes), 16, TRUE, 0); return TRUE;
    case 'p':
        s->Precision = 16;
        PutInteger(f, s, raw, 16, TRUE, 0);
        return TRUE;
    case 'c':
    case 'C':
        c = (WCHAR)raw;
        if (s->Narrow || (!s->WideText && f->Wide == (kind == 'C'))) {
            c &= 0xFF;
        }
        s->Precision = -1;
        PutText(f, s, &c, TRUE, 1);
        return TRUE;
    case 's':
    case 'S':
        /* The capital means the kind of text that the format itself is not made of. */
        PutString(f, s, (PCVOID)raw, !s->Narrow && (s->WideText || f->Wide == (kind == 's')));
        return TRUE;
    case 'Z': PutCounted(f, s, (PCUNICODE_STRING)raw, s->WideText); return TRUE;
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
    case 'a':
    case 'A': PutText(f, s, "?", FALSE, 1); return TRUE;
    default: return FALSE;
    }
}

void RtlpFormat(PRTLP_FORMAT f, va_list args)
{
    for (SIZE_T i = 0; FormatChar(f, i) != 0; i++) {
        WCHAR c = FormatChar(f, i);
        if (c != '%' || FormatChar(f, i + 1) == '%') {
            Put(f, c);
            i += c == '%';
            continue;
        }
        SPEC s = {.Precision = -1};
        i = ParseFlags(f, i + 1, &s);
        if (FormatChar(f, i) == '*') {
            s.Width = va_arg(args, int);
            if (s.Width < 0) {
                s.Left = TRUE;
                s.Width = -s.Width;
            }
            i++;
        } else {
            i = ParseNumber(f, i, &s.Width);
        }
        if (FormatChar(f, i) == '.') {
            if (FormatChar(f, ++i) == '*') {
                s.Precision = va_arg(args, int);
                i++;
            } else {
                i = ParseNumber(f, i, &s.Precision);
            }
        }
        i = ParseSize(f, i, &s);
        c = FormatChar(f, i);
        if (c == 0) {
            break;
        }
        if (c >= 'A' && c <= 'z' && c != 'n' && Convert(f, &s, c, va_arg(args, ULONG64))) {
            continue;
        }
        Put(f, c);
    }
}
