/* The screen and what draws on it. */
#pragma once
#include "ntoskrnl.h"

#define INBV_WIDTH 800
#define INBV_HEIGHT 600
#define INBV_GLYPH_COLUMNS 5
#define INBV_GLYPH_ROWS 9

extern const UCHAR InbvFont[95][INBV_GLYPH_ROWS];
/* Width of a character with the gap behind it, and from line to line, for a scale of 2 or 4. */
#define INBV_ADVANCE(scale) ((INBV_GLYPH_COLUMNS + 1) * (scale))
#define INBV_LINE(scale) ((INBV_GLYPH_ROWS + 2) * (scale))

void InbvFill(PULONG screen, ULONG x, ULONG y, ULONG width, ULONG height, ULONG colour);
/* Text in one line, cut at the screen's edge. `scale` is 2 or 4. */
void InbvText(PULONG screen, ULONG x, ULONG y, ULONG scale, ULONG colour, PCSTR text);
