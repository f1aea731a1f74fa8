/* A pseudo-random stream of 31-bit numbers that the caller's seed determines (not for secrets). */
#include "ntoskrnl.h"

ULONG RtlRandomEx(PULONG seed)
{
    /* Lehmer's generator; zero would be a fixed point. */
    ULONG64 s = *seed % 0x7FFFFFFF;
    s = (s == 0 ? 0x2545F491 : s) * 48271 % 0x7FFFFFFF;
    *seed = (ULONG)s;
    return (ULONG)s;
}

ULONG RtlRandom(PULONG seed) { return RtlRandomEx(seed); }
