#include "frame.h"
#include "text.h"
#include <string.h>

#define KEEP 65536              /* a buffer of this size stays between messages */

void FrameNext(FRAME *f)
{
    if (f->Capacity > KEEP) {
        GaFree(f->Data);
        f->Data = NULL;
        f->Capacity = 0;
    }
    f->Length = f->Depth = 0;
    f->Quote = 0;
    f->Escape = false;
}

static FRAME_EVENT Drop(FRAME *f, FRAME_EVENT event, bool skip)
{
    FrameNext(f);
    f->Skipping = skip;
    return event;
}

/* Room for `more` characters and a terminator. */
static bool Grow(FRAME *f, size_t more)
{
    size_t capacity = f->Capacity == 0 ? 8192 : f->Capacity;
    while (capacity < f->Length + more + 1) {
        capacity *= 2;
    }
    if (capacity == f->Capacity) {
        return true;
    }
    char *data = GaAllocate(capacity);
    if (data == NULL) {
        return false;
    }
    if (f->Length != 0) {
        memcpy(data, f->Data, f->Length);
    }
    GaFree(f->Data);
    f->Data = data;
    f->Capacity = capacity;
    return true;
}

/* Follows one character of a message; true when it was the last. */
static bool Step(FRAME *f, char c)
{
    if (f->Quote != 0) {
        if (f->Escape) {
            f->Escape = false;
        } else if (c == '\\') {
            f->Escape = true;
        } else if (c == f->Quote) {
            f->Quote = 0;
        }
        return false;
    }
    if (c == '"' || c == '\'') {
        f->Quote = c;
    } else if (c == '{' || c == '[') {
        f->Depth++;
    } else if (c == '}' || c == ']') {
        return --f->Depth == 0;
    }
    return false;
}

FRAME_EVENT FrameFeed(FRAME *f, const char **in, size_t *length)
{
    const char *p = *in, *end = p + *length;
    FRAME_EVENT event = FRAME_MORE;
    while (p < end && event == FRAME_MORE) {
        if ((uint8_t)*p == 0xFF) {
            event = Drop(f, f->Depth != 0 ? FRAME_GARBAGE : FRAME_MORE, false);
            p++;
        } else if (f->Skipping) {
            f->Skipping = *p++ != '\n';
        } else if (f->Depth == 0) {
            char c = *p;
            if (c == '{' || c == '[') {
                f->Depth = 1;
            } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
                event = Drop(f, FRAME_GARBAGE, true);
            }
            if (f->Depth == 0) {
                p++;
            } else if (!Grow(f, 1)) {
                event = Drop(f, FRAME_NO_MEMORY, true);
            } else {
                f->Data[f->Length++] = *p++;
            }
        } else {
            const char *start = p;
            bool last = false;
            while (p < end && !last && (uint8_t)*p != 0xFF) {
                last = Step(f, *p++);
            }
            if (f->Length + (size_t)(p - start) > FRAME_LIMIT) {
                event = Drop(f, FRAME_TOO_LONG, !last);
            } else if (!Grow(f, (size_t)(p - start))) {
                event = Drop(f, FRAME_NO_MEMORY, !last);
            } else {
                memcpy(f->Data + f->Length, start, (size_t)(p - start));
                f->Length += (size_t)(p - start);
                if (last) {
                    event = FRAME_MESSAGE;
                }
            }
        }
    }
    *in = p;
    *length = (size_t)(end - p);
    return event;
}
