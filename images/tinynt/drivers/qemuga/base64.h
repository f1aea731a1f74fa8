/* Base 64 with padding (RFC 4648, section 4). Portable. */
#pragma once
#include <stddef.h>

size_t GaBase64Length(size_t bytes);
void GaBase64Encode(const void *data, size_t bytes, char *out);
/* Decodes `length` characters into `out` (which may be `text` itself); false if they are not base 64. */
_Bool GaBase64Decode(const char *text, size_t length, void *out, size_t *bytes);
