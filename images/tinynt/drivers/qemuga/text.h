/* A growing byte buffer for replies. Allocation failure and overlong text are remembered, so that
   callers check once, at the end. Portable: the tests build this with the host's compiler. */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GA_TEXT_LIMIT (16u << 20)

typedef struct GA_TEXT {
    char *Data;
    size_t Length, Capacity;
    bool Failed;
} GA_TEXT;

/* Memory comes from these two: pool in the driver, the heap in the tests. */
void *GaAllocate(size_t bytes);
void GaFree(void *p);

/* Room for `bytes` more at the end (NULL: failed); the caller fills it and adds to Length. */
char *GaTextReserve(GA_TEXT *t, size_t bytes);
void GaTextAppend(GA_TEXT *t, const void *data, size_t bytes);
void GaTextPut(GA_TEXT *t, const char *s);
void GaTextPrint(GA_TEXT *t, const char *format, ...);
/* `s` as a JSON string with its quotes. */
void GaTextString(GA_TEXT *t, const char *s);
void GaTextBase64(GA_TEXT *t, const void *data, size_t bytes);
void GaTextFree(GA_TEXT *t);

int GaFormat(char *buffer, size_t size, const char *format, ...);
int GaFormatV(char *buffer, size_t size, const char *format, va_list args);
