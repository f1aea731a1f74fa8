/* Cuts the byte stream into JSON messages by their brackets, as qemu-ga does: a message may span
   lines. A byte 0xFF drops what came before it. Portable. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_LIMIT (4u << 20)

typedef enum {
    FRAME_MORE,                 /* all input was taken, no message is complete */
    FRAME_MESSAGE,              /* Data, Length: a message; writable, one byte more than Length */
    FRAME_GARBAGE,              /* something that is no message was dropped */
    FRAME_TOO_LONG,             /* a message above FRAME_LIMIT was dropped */
    FRAME_NO_MEMORY,
} FRAME_EVENT;

typedef struct FRAME {
    char *Data;
    size_t Length, Capacity, Depth;
    char Quote;                 /* the quote that ends the string we are in, or 0 */
    bool Escape, Skipping;      /* Skipping: until the line's end */
} FRAME;

/* Takes input up to the next event; *in and *length move behind what was taken. */
FRAME_EVENT FrameFeed(FRAME *f, const char **in, size_t *length);
/* After a message was handled: makes room for the next. */
void FrameNext(FRAME *f);
