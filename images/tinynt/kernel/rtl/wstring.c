/* C strings of 16-bit characters. */
#include "ntoskrnl.h"

WCHAR towupper(WCHAR c) { return RtlUpcaseUnicodeChar(c); }
WCHAR towlower(WCHAR c) { return RtlDowncaseUnicodeChar(c); }

SIZE_T wcslen(PCWSTR s)
{
    SIZE_T n = 0;
    while (s[n] != 0) {
        n++;
    }
    return n;
}

SIZE_T wcsnlen(PCWSTR s, SIZE_T limit)
{
    SIZE_T n = 0;
    while (n < limit && s[n] != 0) {
        n++;
    }
    return n;
}

int wcsncmp(PCWSTR a, PCWSTR b, SIZE_T n)
{
    for (; n != 0; n--, a++, b++) {
        if (*a != *b || *a == 0) {
            return *a - *b;
        }
    }
    return 0;
}

int _wcsnicmp(PCWSTR a, PCWSTR b, SIZE_T n)
{
    for (; n != 0; n--, a++, b++) {
        int d = towlower(*a) - towlower(*b);
        if (d != 0 || *a == 0) {
            return d;
        }
    }
    return 0;
}

int wcscmp(PCWSTR a, PCWSTR b) { return wcsncmp(a, b, (SIZE_T)-1); }
int _wcsicmp(PCWSTR a, PCWSTR b) { return _wcsnicmp(a, b, (SIZE_T)-1); }

PWSTR wcscpy(PWSTR d, PCWSTR s)
{
    memcpy(d, s, (wcslen(s) + 1) * sizeof(WCHAR));
    return d;
}

PWSTR wcsncpy(PWSTR d, PCWSTR s, SIZE_T n)
{
    SIZE_T length = wcsnlen(s, n);
    memcpy(d, s, length * sizeof(WCHAR));
    memset(d + length, 0, (n - length) * sizeof(WCHAR));
    return d;
}

PWSTR wcscat(PWSTR d, PCWSTR s)
{
    wcscpy(d + wcslen(d), s);
    return d;
}

PWSTR wcsncat(PWSTR d, PCWSTR s, SIZE_T n)
{
    PWSTR end = d + wcslen(d);
    SIZE_T length = wcsnlen(s, n);
    memcpy(end, s, length * sizeof(WCHAR));
    end[length] = 0;
    return d;
}

PWSTR wcschr(PCWSTR s, WCHAR c)
{
    for (;; s++) {
        if (*s == c) {
            return (PWSTR)s;
        }
        if (*s == 0) {
            return NULL;
        }
    }
}

PWSTR wcsrchr(PCWSTR s, WCHAR c)
{
    PWSTR found = NULL;
    for (;; s++) {
        if (*s == c) {
            found = (PWSTR)s;
        }
        if (*s == 0) {
            return found;
        }
    }
}

PWSTR wcsstr(PCWSTR s, PCWSTR what)
{
    SIZE_T n = wcslen(what);
    for (;; s++) {
        if (wcsncmp(s, what, n) == 0) {
            return (PWSTR)s;
        }
        if (*s == 0) {
            return NULL;
        }
    }
}
