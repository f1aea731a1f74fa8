/* The formatter behind the printf family: formats and output of bytes or of 16-bit characters. */
#pragma once
#include "ntoskrnl.h"

typedef struct _RTLP_FORMAT {
    BOOLEAN Wide;           /* of format and output alike */
    PCVOID Format;
    PVOID Buffer;
    SIZE_T Size;            /* in characters */
    SIZE_T Length;          /* of the whole text, whether it fits or not */
} RTLP_FORMAT, *PRTLP_FORMAT;

void RtlpFormat(PRTLP_FORMAT f, va_list args);
