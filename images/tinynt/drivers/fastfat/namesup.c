/* Names: paths, the 8.3 form, long names and patterns. FatHashName and FatDissectName are not
   pageable because FatFindPrefix is not. */
#include "fat.h"

ULONG FatHashName(PCUNICODE_STRING name)
{
    ULONG hash = 0;
    for (ULONG i = 0; i < name->Length / sizeof(WCHAR); i++) {
        hash = hash * 31 + RtlUpcaseUnicodeChar(name->Buffer[i]);
    }
    return hash;
}

/* Splits off a path's first component; a backslash before it and the one behind it go. */
void FatDissectName(PUNICODE_STRING path, PUNICODE_STRING first)
{
    ULONG count = path->Length / sizeof(WCHAR), start = 0, end;

    if (count && path->Buffer[0] == L'\\') {
        start = 1;
    }
    for (end = start; end < count && path->Buffer[end] != L'\\'; end++)
        ;
    first->Buffer = path->Buffer + start;
    first->Length = first->MaximumLength = (USHORT)((end - start) * sizeof(WCHAR));
    if (end < count) {
        end++;
    }
    path->Buffer += end;
    path->Length -= (USHORT)(end * sizeof(WCHAR));
    path->MaximumLength = path->Length;
}

static BOOLEAN FatIsOneOf(WCHAR c, PCSTR set)
{
    for (; *set; set++) {
        if (c == (WCHAR)*set) {
            return TRUE;
        }
    }
    return FALSE;
}

PAGED BOOLEAN FatIsNameValid(PCUNICODE_STRING name)
{
    ULONG count = name->Length / sizeof(WCHAR), dots = 0;

    if (count == 0 || count > FAT_LFN_MAX) {
        return FALSE;
    }
    for (ULONG i = 0; i < count; i++) {
        if (name->Buffer[i] < L' ' || FatIsOneOf(name->Buffer[i], "\"*/:<>?\\|")) {
            return FALSE;
        }
        dots += name->Buffer[i] == L'.';
    }
    return dots < count;            /* "." and ".." are not for opening */
}

/* What a character is in an 8.3 name; 0 if it has no place there. */
static UCHAR FatShortChar(WCHAR c)
{
    if (c >= L'a' && c <= L'z') {
        return (UCHAR)(c - L'a' + 'A');
    }
    if ((c >= L'A' && c <= L'Z') || (c >= L'0' && c <= L'9') || FatIsOneOf(c, "!#$%&'()-@^_`{}~")) {
        return (UCHAR)c;
    }
    return 0;
}

/* One part of a name, in capitals; `lower` tells whether the name spells it in small letters. A part
   that mixes both, is too long or has other characters needs a long name. */
static BOOLEAN FatShortPart(const WCHAR *part, ULONG count, PUCHAR out, ULONG room, PBOOLEAN lower)
{
    BOOLEAN upper = FALSE;

    *lower = FALSE;
    if (count > room) {
        return FALSE;
    }
    for (ULONG i = 0; i < count; i++) {
        out[i] = FatShortChar(part[i]);
        if (!out[i]) {
            return FALSE;
        }
        upper |= part[i] >= L'A' && part[i] <= L'Z';
        *lower |= part[i] >= L'a' && part[i] <= L'z';
    }
    return !(upper && *lower);
}

/* TRUE if the name needs no long form. */
PAGED BOOLEAN FatIsShortName(PCUNICODE_STRING name, PUCHAR fileName, PUCHAR ntByte)
{
    ULONG count = name->Length / sizeof(WCHAR), dot = 0;
    BOOLEAN lowerBase, lowerExt = FALSE;

    while (dot < count && name->Buffer[dot] != L'.') {
        dot++;
    }
    RtlFillMemory(fileName, 11, ' ');
    *ntByte = 0;
    if (dot == 0 || dot + 1 == count) {
        return FALSE;
    }
    if (!FatShortPart(name->Buffer, dot, fileName, 8, &lowerBase)) {
        return FALSE;
    }
    if (dot < count && !FatShortPart(name->Buffer + dot + 1, count - dot - 1, fileName + 8, 3, &lowerExt)) {
        return FALSE;
    }
    *ntByte = (lowerBase ? FAT_NT_LOWER_BASE : 0) | (lowerExt ? FAT_NT_LOWER_EXT : 0);
    return TRUE;
}

/* The 8.3 name that a long name's alias begins with, before its number. */
PAGED void FatShortBasis(PCUNICODE_STRING name, PUCHAR fileName)
{
    ULONG count = name->Length / sizeof(WCHAR), dot = count, length = 0;

    for (ULONG i = 1; i < count; i++) {
        if (name->Buffer[i] == L'.') {
            dot = i;
        }
    }
    RtlFillMemory(fileName, 11, ' ');
    for (ULONG i = 0; i < dot && length < 8; i++) {
        WCHAR c = name->Buffer[i];
        if (c != L' ' && c != L'.') {
            fileName[length++] = FatShortChar(c) ? FatShortChar(c) : '_';
        }
    }
    if (length == 0) {
        fileName[0] = '_';
    }
    length = 8;
    for (ULONG i = dot + 1; i < count && length < 11; i++) {
        if (name->Buffer[i] != L' ') {
            fileName[length++] = FatShortChar(name->Buffer[i]) ? FatShortChar(name->Buffer[i]) : '_';
        }
    }
}

/* LONGNAME becomes LONGNA~7. */
PAGED void FatAddTail(PUCHAR fileName, ULONG number)
{
    UCHAR digits[8];
    ULONG count = 0, length = 0;

    do {
        digits[count++] = (UCHAR)('0' + number % 10);
    } while (number /= 10);
    while (length < 8 - 1 - count && fileName[length] != ' ') {
        length++;
    }
    fileName[length++] = '~';
    while (count) {
        fileName[length++] = digits[--count];
    }
    while (length < 8) {
        fileName[length++] = ' ';
    }
}

/* The number with which FatAddTail makes `fileName` of `basis`; 0 if none does. */
PAGED ULONG FatTailOf(const UCHAR *basis, const UCHAR *fileName)
{
    UCHAR candidate[11];
    ULONG at = 1, number = 0;

    while (at < 8 && fileName[at] != '~') {
        at++;
    }
    for (at++; at < 8 && fileName[at] >= '0' && fileName[at] <= '9'; at++) {
        number = number * 10 + (fileName[at] - '0');
    }
    if (number == 0) {
        return 0;
    }
    RtlCopyMemory(candidate, basis, sizeof(candidate));
    FatAddTail(candidate, number);
    return memcmp(candidate, fileName, sizeof(candidate)) == 0 ? number : 0;
}

/* Ties the pieces of a long name to the 8.3 entry behind them. */
PAGED UCHAR FatChecksum(const UCHAR *fileName)
{
    UCHAR sum = 0;
    for (ULONG i = 0; i < 11; i++) {
        sum = (UCHAR)((sum >> 1 | sum << 7) + fileName[i]);
    }
    return sum;
}

/* `name` has room for 12 characters. */
PAGED void FatShortToUnicode(const DIRENT *dirent, PUNICODE_STRING name)
{
    ULONG count = 0;

    for (ULONG i = 0; i < 11; i++) {
        UCHAR c = dirent->FileName[i];
        if (c == ' ') {
            continue;
        }
        if (i == 0 && c == FAT_DIRENT_REALLY_E5) {
            c = FAT_DIRENT_DELETED;
        }
        if (i == 8) {
            name->Buffer[count++] = L'.';
        }
        BOOLEAN lower = (dirent->NtByte & (i < 8 ? FAT_NT_LOWER_BASE : FAT_NT_LOWER_EXT)) != 0;
        name->Buffer[count++] = lower && c >= 'A' && c <= 'Z' ? (WCHAR)(c - 'A' + 'a') : c;
    }
    name->Length = (USHORT)(count * sizeof(WCHAR));
}

/* Patterns with * and ?, and with the forms < > " that Win32 makes of them. */
static BOOLEAN FatMatch(const WCHAR *p, ULONG np, const WCHAR *n, ULONG nn)
{
    for (; np; p++, np--) {
        if (*p == L'*' || *p == L'<') {
            for (ULONG skip = 0; skip <= nn; skip++) {
                if (FatMatch(p + 1, np - 1, n + skip, nn - skip)) {
                    return TRUE;
                }
            }
            return FALSE;
        }
        if (nn == 0) {              /* *.* finds names without a dot too */
            if (*p == L'>' || *p == L'"' || (*p == L'.' && np == 2 && p[1] == L'*')) {
                continue;
            }
            return FALSE;
        }
        BOOLEAN any = *p == L'?' || *p == L'>', dot = *p == L'"' && *n == L'.';
        if (!any && !dot && RtlUpcaseUnicodeChar(*p) != RtlUpcaseUnicodeChar(*n)) {
            return FALSE;
        }
        n++;
        nn--;
    }
    return nn == 0;
}

PAGED BOOLEAN FatMatchPattern(PCUNICODE_STRING pattern, PCUNICODE_STRING name)
{
    return FatMatch(pattern->Buffer, pattern->Length / sizeof(WCHAR), name->Buffer, name->Length / sizeof(WCHAR));
}
