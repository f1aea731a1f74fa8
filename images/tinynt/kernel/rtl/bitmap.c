/* Bitmaps: bit n is bit n % 32 of word n / 32. */
#include "ntoskrnl.h"

void RtlInitializeBitMap(PRTL_BITMAP m, PULONG buffer, ULONG bits)
{
    m->SizeOfBitMap = bits;
    m->Buffer = buffer;
}

BOOLEAN RtlTestBit(PRTL_BITMAP m, ULONG i) { return (m->Buffer[i / 32] >> (i % 32)) & 1; }
void RtlSetBit(PRTL_BITMAP m, ULONG i) { m->Buffer[i / 32] |= 1u << (i % 32); }
void RtlClearBit(PRTL_BITMAP m, ULONG i) { m->Buffer[i / 32] &= ~(1u << (i % 32)); }

/* Whole words at a time where possible. */
static void Change(PRTL_BITMAP m, ULONG start, ULONG count, BOOLEAN set)
{
    while (count != 0) {
        ULONG shift = start % 32, n = min(count, 32 - shift);
        ULONG mask = (n == 32 ? 0xFFFFFFFFu : (1u << n) - 1) << shift;
        if (set) {
            m->Buffer[start / 32] |= mask;
        } else {
            m->Buffer[start / 32] &= ~mask;
        }
        start += n;
        count -= n;
    }
}

void RtlSetBits(PRTL_BITMAP m, ULONG start, ULONG count) { Change(m, start, count, TRUE); }
void RtlClearBits(PRTL_BITMAP m, ULONG start, ULONG count) { Change(m, start, count, FALSE); }
void RtlSetAllBits(PRTL_BITMAP m) { memset(m->Buffer, 0xFF, (m->SizeOfBitMap + 31ULL) / 32 * 4); }
void RtlClearAllBits(PRTL_BITMAP m) { memset(m->Buffer, 0, (m->SizeOfBitMap + 31ULL) / 32 * 4); }

/* Length of the run of `set` bits that begins at `start`, looking no further than `limit`. */
static ULONG RunLength(PRTL_BITMAP m, ULONG start, ULONG limit, BOOLEAN set)
{
    ULONG i = start, end = min(limit, m->SizeOfBitMap - start) + start;
    while (i < end) {
        ULONG word = m->Buffer[i / 32];
        ULONG other = (set ? ~word : word) >> (i % 32);
        if (other != 0) {
            i += __builtin_ctz(other);
            break;
        }
        i += 32 - i % 32;
    }
    return min(i, end) - start;
}

static ULONG FindRun(PRTL_BITMAP m, ULONG from, ULONG to, ULONG count, BOOLEAN set)
{
    while (from < to) {
        ULONG run = RunLength(m, from, count, set);
        if (run >= count) {
            return from;
        }
        from += run;
        from += RunLength(m, from, 0xFFFFFFFF, !set);
    }
    return 0xFFFFFFFF;
}

static ULONG Find(PRTL_BITMAP m, ULONG count, ULONG hint, BOOLEAN set)
{
    if (hint >= m->SizeOfBitMap) {
        hint = 0;
    }
    if (count == 0) {
        return hint & ~7u;
    }
    if (count > m->SizeOfBitMap) {
        return 0xFFFFFFFF;
    }
    ULONG at = FindRun(m, hint, m->SizeOfBitMap, count, set);
    return at == 0xFFFFFFFF && hint != 0 ? FindRun(m, 0, hint, count, set) : at;
}

ULONG RtlFindClearBits(PRTL_BITMAP m, ULONG count, ULONG hint) { return Find(m, count, hint, FALSE); }
ULONG RtlFindSetBits(PRTL_BITMAP m, ULONG count, ULONG hint) { return Find(m, count, hint, TRUE); }

ULONG RtlFindClearBitsAndSet(PRTL_BITMAP m, ULONG count, ULONG hint)
{
    ULONG at = Find(m, count, hint, FALSE);
    if (at != 0xFFFFFFFF) {
        RtlSetBits(m, at, count);
    }
    return at;
}

ULONG RtlFindSetBitsAndClear(PRTL_BITMAP m, ULONG count, ULONG hint)
{
    ULONG at = Find(m, count, hint, TRUE);
    if (at != 0xFFFFFFFF) {
        RtlClearBits(m, at, count);
    }
    return at;
}

static BOOLEAN AreBits(PRTL_BITMAP m, ULONG start, ULONG count, BOOLEAN set)
{
    return count != 0 && start < m->SizeOfBitMap && count <= m->SizeOfBitMap - start &&
           RunLength(m, start, count, set) == count;
}

BOOLEAN RtlAreBitsClear(PRTL_BITMAP m, ULONG start, ULONG count) { return AreBits(m, start, count, FALSE); }
BOOLEAN RtlAreBitsSet(PRTL_BITMAP m, ULONG start, ULONG count) { return AreBits(m, start, count, TRUE); }

ULONG RtlFindNextForwardRunClear(PRTL_BITMAP m, ULONG from, PULONG start)
{
    ULONG at = from < m->SizeOfBitMap ? FindRun(m, from, m->SizeOfBitMap, 1, FALSE) : 0xFFFFFFFF;
    *start = at == 0xFFFFFFFF ? m->SizeOfBitMap : at;
    return at == 0xFFFFFFFF ? 0 : RunLength(m, at, 0xFFFFFFFF, FALSE);
}

ULONG RtlFindFirstRunClear(PRTL_BITMAP m, PULONG start) { return RtlFindNextForwardRunClear(m, 0, start); }

ULONG RtlNumberOfSetBits(PRTL_BITMAP m)
{
    ULONG count = 0, n = m->SizeOfBitMap;
    for (ULONG i = 0; i < n; i += 32) {
        ULONG word = m->Buffer[i / 32];
        if (n - i < 32) {
            word &= (1u << (n - i)) - 1;
        }
        for (; word != 0; word &= word - 1) {
            count++;
        }
    }
    return count;
}

ULONG RtlNumberOfClearBits(PRTL_BITMAP m) { return m->SizeOfBitMap - RtlNumberOfSetBits(m); }
