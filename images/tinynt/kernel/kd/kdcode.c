/* KdDebuggerDataBlock is no open book on a machine that was booted without a debugger: Windows keeps
   it scrambled until the stop. */
#include "ntoskrnl.h"
#include "kd.h"
#include "kddata.h"

BOOLEAN KdpBootedNodebug, KdpDataBlockEncoded;

_Static_assert(sizeof(KDDEBUGGER_DATA64) % sizeof(ULONG64) == 0, "KDDEBUGGER_DATA64 is scrambled by words");
#define KDP_WORDS (sizeof(KDDEBUGGER_DATA64) / sizeof(ULONG64))

static ULONG64 KdpRotateLeft(ULONG64 v, ULONG64 n)
{
    n &= 63;
    return n ? v << n | v >> (64 - n) : v;
}

void KdEncodeDataBlock(void)
{
    ULONG64 *word = (ULONG64 *)&KdDebuggerDataBlock;
    if (!KdpBootedNodebug || KdpDataBlockEncoded) {
        return;
    }
    KdpDataBlockEncoded = TRUE;
    for (ULONG i = 0; i < KDP_WORDS; i++) {
        ULONG64 v = __builtin_bswap64(word[i] ^ KiWaitAlways) ^ (ULONG64)&KdpDataBlockEncoded;
        word[i] = KdpRotateLeft(v, 64 - (KiWaitNever & 63)) ^ KiWaitNever;
    }
}

void KdDecodeDataBlock(void)
{
    ULONG64 *word = (ULONG64 *)&KdDebuggerDataBlock;
    if (!KdpDataBlockEncoded) {
        return;
    }
    for (ULONG i = 0; i < KDP_WORDS; i++) {
        ULONG64 v = KdpRotateLeft(word[i] ^ KiWaitNever, KiWaitNever);
        word[i] = __builtin_bswap64(v ^ (ULONG64)&KdpDataBlockEncoded) ^ KiWaitAlways;
    }
    KdpDataBlockEncoded = FALSE;
}
