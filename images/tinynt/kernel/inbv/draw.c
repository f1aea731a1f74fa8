/* Rectangles and text. Glyphs grow by doubling; each doubling rounds the diagonals, so that they
   do not turn into stairs. */
#include "inbvp.h"

#define MAX_SCALE 4
typedef ULONG GLYPH[INBV_GLYPH_ROWS * MAX_SCALE];      /* a row is a word, bit 31 its left end */

void InbvFill(PULONG screen, ULONG x, ULONG y, ULONG width, ULONG height, ULONG colour)
{
    ULONG64 pair = (ULONG64)colour << 32 | colour;
    for (ULONG row = y; row < y + height && row < INBV_HEIGHT; row++) {
        PULONG to = screen + row * INBV_WIDTH + x;
        SIZE_T pairs = min(width, INBV_WIDTH - x) / 2;
        __asm__ volatile("rep stosq" : "+D"(to), "+c"(pairs) : "a"(pair) : "memory");
    }
}

static BOOLEAN Bit(const ULONG *rows, LONG count, LONG x, LONG y)
{
    return x >= 0 && x < 32 && y >= 0 && y < count && (rows[y] >> (31 - x) & 1);
}

/* Twice as large. A quarter of an empty dot is set where the dots on both its sides are set and
   the one at its corner is not: there the outline runs diagonally. */
static void Double(const ULONG *from, LONG width, LONG height, PULONG to)
{
    for (LONG y = 0; y < height; y++) {
        to[2 * y] = to[2 * y + 1] = 0;
        for (LONG x = 0; x < width; x++) {
            for (LONG quarter = 0; quarter < 4; quarter++) {
                LONG dx = quarter & 1 ? 1 : -1, dy = quarter & 2 ? 1 : -1;
                BOOLEAN set = Bit(from, height, x, y);
                if (!set) {
                    set = Bit(from, height, x + dx, y) && Bit(from, height, x, y + dy) &&
                          !Bit(from, height, x + dx, y + dy);
                }
                if (set) {
                    to[2 * y + (quarter >> 1)] |= 0x80000000u >> (2 * x + (quarter & 1));
                }
            }
        }
    }
}

static void MakeGlyph(CHAR c, ULONG scale, GLYPH out)
{
    GLYPH small, twice;
    UCHAR code = c < 32 || c > 126 ? '?' : c;
    for (ULONG i = 0; i < INBV_GLYPH_ROWS; i++) {
        small[i] = (ULONG)InbvFont[code - 32][i] << (32 - INBV_GLYPH_COLUMNS);
    }
    Double(small, INBV_GLYPH_COLUMNS, INBV_GLYPH_ROWS, scale == 2 ? out : twice);
    if (scale == 4) {
        Double(twice, 2 * INBV_GLYPH_COLUMNS, 2 * INBV_GLYPH_ROWS, out);
    }
}

void InbvText(PULONG screen, ULONG x, ULONG y, ULONG scale, ULONG colour, PCSTR text)
{
    GLYPH rows;
    for (; *text != 0 && x + INBV_ADVANCE(scale) <= INBV_WIDTH && y + INBV_LINE(scale) <= INBV_HEIGHT; text++) {
        if (*text != ' ') {
            MakeGlyph(*text, scale, rows);
            for (ULONG row = 0; row < INBV_GLYPH_ROWS * scale; row++) {
                PULONG to = screen + (y + row) * INBV_WIDTH + x;
                for (ULONG bits = rows[row]; bits != 0; bits <<= 1, to++) {
                    if (bits & 0x80000000u) {
                        *to = colour;
                    }
                }
            }
        }
        x += INBV_ADVANCE(scale);
    }
}
