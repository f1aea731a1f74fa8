/* Case of single characters: Latin, Greek and Cyrillic; everything else has none. */
#include "ntoskrnl.h"

WCHAR RtlUpcaseUnicodeChar(WCHAR c)
{
    if (c < 0x80) {
        return c >= 'a' && c <= 'z' ? c - 32 : c;
    }
    if ((c >= 0xE0 && c <= 0xFE && c != 0xF7) || (c >= 0x3B1 && c <= 0x3CB && c != 0x3C2) ||
        (c >= 0x430 && c <= 0x44F)) {
        return c - 32;
    }
    if (c == 0xFF) {
        return 0x178;
    }
    if (c >= 0x450 && c <= 0x45F) {
        return c - 80;
    }
    /* Pairs: the small letter is odd, except in 139..148 and 179..17E. */
    if (c >= 0x100 && c <= 0x17E && c != 0x131 && c != 0x138 && c != 0x149) {
        BOOLEAN evenIsSmall = (c >= 0x139 && c <= 0x148) || c >= 0x179;
        return (c & 1) != evenIsSmall && c != 0x178 ? c - 1 : c;
    }
    return c;
}

WCHAR RtlDowncaseUnicodeChar(WCHAR c)
{
    if (c < 0x80) {
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }
    if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3AB && c != 0x3A2) ||
        (c >= 0x410 && c <= 0x42F)) {
        return c + 32;
    }
    if (c == 0x178) {
        return 0xFF;
    }
    if (c >= 0x400 && c <= 0x40F) {
        return c + 80;
    }
    if (c >= 0x100 && c <= 0x17D && RtlUpcaseUnicodeChar(c + 1) == c) {
        return c + 1;
    }
    return c;
}

CHAR RtlUpperChar(CHAR c) { return c >= 'a' && c <= 'z' ? c - 32 : c; }
