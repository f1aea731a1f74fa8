/* A bounded JSON reader. Strings are decoded in place, so the input is overwritten and must outlive
   the nodes; nodes come from a fixed array. Portable. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_DEPTH 24

typedef enum { JSON_NULL, JSON_BOOL, JSON_INTEGER, JSON_FRACTION, JSON_STRING, JSON_ARRAY, JSON_OBJECT } JSON_KIND;

typedef struct JSON {
    JSON_KIND Kind;
    const char *Key;            /* in an object: UTF-8, terminated */
    char *Text;                 /* of a string: UTF-8, terminated, no NUL inside */
    size_t Length;
    int64_t Number;             /* of an integer; 0 or 1 of a boolean */
    struct JSON *Child, *Next;
} JSON;

typedef struct JSON_READER {
    char *At, *End;
    JSON *Nodes;
    size_t Used, Limit;
    unsigned Depth;
    const char *Problem;        /* why reading failed */
} JSON_READER;

/* The one value that the text holds, or NULL (then Problem says why). text[length] must be
   writable: it becomes 0. */
JSON *JsonRead(JSON_READER *r, char *text, size_t length, JSON *nodes, size_t limit);
/* A member of an object; NULL if `object` is no object or lacks it. */
const JSON *JsonMember(const JSON *object, const char *key);
