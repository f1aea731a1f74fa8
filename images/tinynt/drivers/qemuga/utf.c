#include "utf.h"

size_t Utf8Encode(uint32_t c, char *out)
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6) {
        out[i] = (char)(0x80 | (c & 0x3F));
    }
    out[0] = (char)(marks[n] | c);
    return n;
}

/* One character; moves *in behind it. */
static uint32_t Decode(const char **in)
{
    const uint8_t *p = (const uint8_t *)*in;
    uint32_t c = *p++;
    int more = c < 0x80 ? 0 : c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : c >= 0xF0 && c < 0xF5 ? 3 : -1;
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (more > 0) {
        c &= 0x3Fu >> more;
    }
    for (int i = 0; i < more; i++) {
        if ((*p & 0xC0) != 0x80) {
            *in = (const char *)p;
            return 0xFFFD;
        }
        c = c << 6 | (*p++ & 0x3F);
    }
    *in = (const char *)p;
    if (more < 0 || c < least[more] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) {
        return 0xFFFD;
    }
    return c;
}

size_t Utf8ToUtf16(const char *in, uint16_t *out, size_t limit)
{
    size_t n = 0;
    while (*in != 0) {
        uint32_t c = Decode(&in);
        if (n + (c >= 0x10000) + 1 >= limit) {
            return (size_t)-1;
        }
        if (c >= 0x10000) {
            out[n++] = (uint16_t)(0xD800 + ((c - 0x10000) >> 10));
            c = 0xDC00 + ((c - 0x10000) & 0x3FF);
        }
        out[n++] = (uint16_t)c;
    }
    if (n >= limit) {
        return (size_t)-1;
    }
    out[n] = 0;
    return n;
}
