#include "base64.h"
#include <stdbool.h>
#include <stdint.h>

static const char Alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t GaBase64Length(size_t bytes) { return (bytes + 2) / 3 * 4; }

void GaBase64Encode(const void *data, size_t bytes, char *out)
{
    const uint8_t *in = data;
    for (; bytes != 0; out += 4) {
        size_t n = bytes < 3 ? bytes : 3;
        uint32_t v = (uint32_t)in[0] << 16 | (n > 1 ? (uint32_t)in[1] << 8 : 0) | (n > 2 ? in[2] : 0);
        out[0] = Alphabet[v >> 18];
        out[1] = Alphabet[v >> 12 & 63];
        out[2] = n > 1 ? Alphabet[v >> 6 & 63] : '=';
        out[3] = n > 2 ? Alphabet[v & 63] : '=';
        in += n;
        bytes -= n;
    }
}

static uint32_t Value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : 0x1000000;
}

bool GaBase64Decode(const char *text, size_t length, void *out, size_t *bytes)
{
    uint8_t *o = out;
    size_t pad = 0;
    *bytes = 0;
    if (length % 4 != 0) {
        return false;
    }
    if (length != 0 && text[length - 1] == '=') {
        pad = text[length - 2] == '=' ? 2 : 1;
    }
    for (size_t i = 0; i < length; i += 4) {
        size_t n = i + 4 == length ? 3 - pad : 3;
        uint32_t v = Value(text[i]) << 18 | Value(text[i + 1]) << 12;
        uint32_t c = n > 1 ? Value(text[i + 2]) : 0, d = n > 2 ? Value(text[i + 3]) : 0;
        if (Value(text[i]) > 63 || Value(text[i + 1]) > 63 || c > 63 || d > 63) {
            return false;
        }
        v |= c << 6 | d;
        o[0] = (uint8_t)(v >> 16);
        if (n > 1) {
            o[1] = (uint8_t)(v >> 8);
        }
        if (n > 2) {
            o[2] = (uint8_t)v;
        }
        o += n;
    }
    *bytes = (size_t)(o - (uint8_t *)out);
    return true;
}
