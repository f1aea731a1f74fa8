/* C strings of bytes. Case folding is ASCII only, as in the kernel's C library. */
#include "ntoskrnl.h"

int tolower(int c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }
int toupper(int c) { return c >= 'a' && c <= 'z' ? c - 32 : c; }
int isdigit(int c) { return c >= '0' && c <= '9'; }
int isspace(int c) { return c == ' ' || (c >= 9 && c <= 13); }
int isxdigit(int c) { return isdigit(c) || (tolower(c) >= 'a' && tolower(c) <= 'f'); }
int isupper(int c) { return c >= 'A' && c <= 'Z'; }
int islower(int c) { return c >= 'a' && c <= 'z'; }
int isprint(int c) { return c >= 32 && c < 127; }

SIZE_T strlen(PCSTR s)
{
    SIZE_T n = 0;
    while (s[n] != 0) {
        n++;
    }
    return n;
}

SIZE_T strnlen(PCSTR s, SIZE_T limit)
{
    SIZE_T n = 0;
    while (n < limit && s[n] != 0) {
        n++;
    }
    return n;
}

int strncmp(PCSTR a, PCSTR b, SIZE_T n)
{
    for (; n != 0; n--, a++, b++) {
        if (*a != *b || *a == 0) {
            return (UCHAR)*a - (UCHAR)*b;
        }
    }
    return 0;
}

int _strnicmp(PCSTR a, PCSTR b, SIZE_T n)
{
    for (; n != 0; n--, a++, b++) {
        int d = tolower((UCHAR)*a) - tolower((UCHAR)*b);
        if (d != 0 || *a == 0) {
            return d;
        }
    }
    return 0;
}

int strcmp(PCSTR a, PCSTR b) { return strncmp(a, b, (SIZE_T)-1); }
int _stricmp(PCSTR a, PCSTR b) { return _strnicmp(a, b, (SIZE_T)-1); }

PSTR strcpy(PSTR d, PCSTR s)
{
    memcpy(d, s, strlen(s) + 1);
    return d;
}

PSTR strncpy(PSTR d, PCSTR s, SIZE_T n)
{
    SIZE_T length = strnlen(s, n);
    memcpy(d, s, length);
    memset(d + length, 0, n - length);
    return d;
}

PSTR strcat(PSTR d, PCSTR s)
{
    strcpy(d + strlen(d), s);
    return d;
}

PSTR strncat(PSTR d, PCSTR s, SIZE_T n)
{
    PSTR end = d + strlen(d);
    SIZE_T length = strnlen(s, n);
    memcpy(end, s, length);
    end[length] = 0;
    return d;
}

PSTR strchr(PCSTR s, int c)
{
    for (;; s++) {
        if (*s == (char)c) {
            return (PSTR)s;
        }
        if (*s == 0) {
            return NULL;
        }
    }
}

PSTR strrchr(PCSTR s, int c)
{
    PSTR found = NULL;
    for (;; s++) {
        if (*s == (char)c) {
            found = (PSTR)s;
        }
        if (*s == 0) {
            return found;
        }
    }
}

PSTR strstr(PCSTR s, PCSTR what)
{
    SIZE_T n = strlen(what);
    for (;; s++) {
        if (strncmp(s, what, n) == 0) {
            return (PSTR)s;
        }
        if (*s == 0) {
            return NULL;
        }
    }
}

LONG atol(PCSTR s)
{
    ULONG value = 0;
    while (isspace((UCHAR)*s)) {
        s++;
    }
    BOOLEAN negative = *s == '-';
    if (*s == '-' || *s == '+') {
        s++;
    }
    for (; isdigit((UCHAR)*s); s++) {
        value = value * 10 + (*s - '0');
    }
    return negative ? -(LONG)value : (LONG)value;
}

int atoi(PCSTR s) { return atol(s); }
