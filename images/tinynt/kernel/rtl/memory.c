/* Block memory operations. Plain 64-bit loops: under emulation they beat the string instructions,
   which cost one emulated iteration an element. */
#include "ntoskrnl.h"
#undef RtlCopyMemory
#undef RtlZeroMemory

typedef ULONG64 __attribute__((aligned(1), may_alias)) WORD64;

static void CopyForward(PUCHAR d, const UCHAR *s, SIZE_T n)
{
    for (; n >= 32; n -= 32, d += 32, s += 32) {
        ULONG64 a = ((const WORD64 *)s)[0], b = ((const WORD64 *)s)[1];
        ULONG64 c = ((const WORD64 *)s)[2], e = ((const WORD64 *)s)[3];
        ((WORD64 *)d)[0] = a;
        ((WORD64 *)d)[1] = b;
        ((WORD64 *)d)[2] = c;
        ((WORD64 *)d)[3] = e;
    }
    for (; n >= 8; n -= 8, d += 8, s += 8) {
        *(WORD64 *)d = *(const WORD64 *)s;
    }
    for (; n != 0; n--) {
        *d++ = *s++;
    }
}

static void CopyBackward(PUCHAR d, const UCHAR *s, SIZE_T n)
{
    for (; n >= 8; n -= 8) {
        *(WORD64 *)(d + n - 8) = *(const WORD64 *)(s + n - 8);
    }
    for (; n != 0; n--) {
        d[n - 1] = s[n - 1];
    }
}

PVOID memmove(PVOID d, PCVOID s, SIZE_T n)
{
    /* Unsigned distance: only a destination inside the source needs the backward copy. */
    if ((ULONG_PTR)d - (ULONG_PTR)s < n) {
        CopyBackward(d, s, n);
    } else {
        CopyForward(d, s, n);
    }
    return d;
}

/* On x64 Windows memcpy tolerates overlap, and drivers came to depend on it. */
PVOID memcpy(PVOID d, PCVOID s, SIZE_T n) { return memmove(d, s, n); }

PVOID memset(PVOID target, int c, SIZE_T n)
{
    PUCHAR d = target;
    ULONG64 word = 0x0101010101010101ULL * (UCHAR)c;
    for (; n >= 32; n -= 32, d += 32) {
        ((WORD64 *)d)[0] = word;
        ((WORD64 *)d)[1] = word;
        ((WORD64 *)d)[2] = word;
        ((WORD64 *)d)[3] = word;
    }
    for (; n >= 8; n -= 8, d += 8) {
        *(WORD64 *)d = word;
    }
    for (; n != 0; n--) {
        *d++ = (UCHAR)c;
    }
    return target;
}

SIZE_T RtlCompareMemory(PCVOID a, PCVOID b, SIZE_T n)
{
    const UCHAR *x = a, *y = b;
    SIZE_T i = 0;
    while (i + 8 <= n && *(const WORD64 *)(x + i) == *(const WORD64 *)(y + i)) {
        i += 8;
    }
    while (i < n && x[i] == y[i]) {
        i++;
    }
    return i;
}

int memcmp(PCVOID a, PCVOID b, SIZE_T n)
{
    SIZE_T i = RtlCompareMemory(a, b, n);
    return i == n ? 0 : ((const UCHAR *)a)[i] - ((const UCHAR *)b)[i];
}

PVOID memchr(PCVOID p, int c, SIZE_T n)
{
    for (const UCHAR *s = p; n != 0; s++, n--) {
        if (*s == (UCHAR)c) {
            return (PVOID)s;
        }
    }
    return NULL;
}

void RtlCopyMemory(PVOID d, PCVOID s, SIZE_T n) { memmove(d, s, n); }
void RtlMoveMemory(PVOID d, PCVOID s, SIZE_T n) { memmove(d, s, n); }
void RtlZeroMemory(PVOID d, SIZE_T n) { memset(d, 0, n); }
void RtlFillMemory(PVOID d, SIZE_T n, UCHAR c) { memset(d, c, n); }
