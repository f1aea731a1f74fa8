#include "text.h"
#include "base64.h"
#include <string.h>

int _vsnprintf(char *buffer, size_t size, const char *format, va_list args);

/* Always terminates; cut text is no error. */
int GaFormatV(char *buffer, size_t size, const char *format, va_list args)
{
    int n = _vsnprintf(buffer, size, format, args);
    buffer[size - 1] = 0;
    return n < 0 || (size_t)n >= size ? (int)size - 1 : n;
}

int GaFormat(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = GaFormatV(buffer, size, format, args);
    va_end(args);
    return n;
}

char *GaTextReserve(GA_TEXT *t, size_t bytes)
{
    if (t->Failed) {
        return NULL;
    }
    if (bytes > GA_TEXT_LIMIT || t->Length + bytes > GA_TEXT_LIMIT) {
        t->Failed = true;
        return NULL;
    }
    if (t->Length + bytes > t->Capacity) {
        size_t capacity = t->Capacity == 0 ? 512 : t->Capacity * 2;
        while (capacity < t->Length + bytes) {
            capacity *= 2;
        }
        char *data = GaAllocate(capacity);
        if (data == NULL) {
            t->Failed = true;
            return NULL;
        }
        if (t->Length != 0) {
            memcpy(data, t->Data, t->Length);
        }
        GaFree(t->Data);
        t->Data = data;
        t->Capacity = capacity;
    }
    return t->Data + t->Length;
}

void GaTextAppend(GA_TEXT *t, const void *data, size_t bytes)
{
    char *to = GaTextReserve(t, bytes);
    if (to != NULL && bytes != 0) {
        memcpy(to, data, bytes);
        t->Length += bytes;
    }
}

void GaTextPut(GA_TEXT *t, const char *s) { GaTextAppend(t, s, strlen(s)); }

void GaTextPrint(GA_TEXT *t, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    int n = GaFormatV(line, sizeof(line), format, args);
    va_end(args);
    GaTextAppend(t, line, n);
}

void GaTextString(GA_TEXT *t, const char *s)
{
    GaTextPut(t, "\"");
    for (; *s != 0; s++) {
        unsigned char c = (unsigned char)*s;
        const char *named = c == '"'    ? "\\\""
                            : c == '\\' ? "\\\\"
                            : c == '\n' ? "\\n"
                            : c == '\r' ? "\\r"
                            : c == '\t' ? "\\t"
                                        : NULL;
        if (named != NULL) {
            GaTextPut(t, named);
        } else if (c < 0x20 || c == 0x7F) {
            GaTextPrint(t, "\\u%04x", c);
        } else {
            GaTextAppend(t, s, 1);
        }
    }
    GaTextPut(t, "\"");
}

void GaTextBase64(GA_TEXT *t, const void *data, size_t bytes)
{
    size_t length = GaBase64Length(bytes);
    char *to = GaTextReserve(t, length);
    if (to != NULL) {
        GaBase64Encode(data, bytes, to);
        t->Length += length;
    }
}

void GaTextFree(GA_TEXT *t)
{
    GaFree(t->Data);
    *t = (GA_TEXT){0};
}
