/* UTF-8 and UTF-16. Portable. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Writes one character as 1 to 4 bytes; returns how many. */
size_t Utf8Encode(uint32_t c, char *out);
/* Converts terminated UTF-8 to UTF-16; bad sequences become U+FFFD. Returns the number of units, or
   (size_t)-1 if they and a terminator do not fit into `limit`. */
size_t Utf8ToUtf16(const char *in, uint16_t *out, size_t limit);
