#include "json.h"
#include "utf.h"
#include <string.h>

static JSON *Value(JSON_READER *r);

static void *Fail(JSON_READER *r, const char *why)
{
    if (r->Problem == NULL) {
        r->Problem = why;
    }
    return NULL;
}

static void Blanks(JSON_READER *r)
{
    while (*r->At == ' ' || *r->At == '\t' || *r->At == '\r' || *r->At == '\n') {
        r->At++;
    }
}

static JSON *Node(JSON_READER *r, JSON_KIND kind)
{
    if (r->Used == r->Limit) {
        return Fail(r, "too many values");
    }
    JSON *n = &r->Nodes[r->Used++];
    *n = (JSON){.Kind = kind};
    return n;
}

static int Hex4(const char *p)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            return -1;          /* also stops at the text's end, a NUL */
        }
        value = value * 16 + digit;
    }
    return value;
}

/* A \u escape with its four hex digits, or two that are a surrogate pair; At is behind the u. */
static char *Unicode(JSON_READER *r, char *out)
{
    int c = Hex4(r->At);
    if (c <= 0) {
        return Fail(r, c == 0 ? "a string holds a NUL" : "bad \\u escape");
    }
    r->At += 4;
    if (c >= 0xD800 && c < 0xDC00 && r->At[0] == '\\' && r->At[1] == 'u') {
        int low = Hex4(r->At + 2);
        if (low >= 0xDC00 && low < 0xE000) {
            r->At += 6;
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    if (c >= 0xD800 && c < 0xE000) {
        return Fail(r, "half a surrogate pair");
    }
    return out + Utf8Encode((uint32_t)c, out);
}

/* Decodes the string at At (a quote) onto itself: no escape is shorter than what it stands for. */
static char *String(JSON_READER *r, size_t *length)
{
    char quote = *r->At++, *start = r->At, *out = start;
    while (*r->At != quote) {
        unsigned char c = (unsigned char)*r->At++;
        if (c < 0x20) {
            return Fail(r, r->At > r->End ? "a string does not end" : "a control character in a string");
        }
        if (c != '\\') {
            *out++ = (char)c;
            continue;
        }
        char escape = *r->At++;
        switch (escape) {
        case '"':
        case '\'':
        case '\\':
        case '/': *out++ = escape; break;
        case 'b': *out++ = '\b'; break;
        case 'f': *out++ = '\f'; break;
        case 'n': *out++ = '\n'; break;
        case 'r': *out++ = '\r'; break;
        case 't': *out++ = '\t'; break;
        case 'u':
            out = Unicode(r, out);
            if (out == NULL) {
                return NULL;
            }
            break;
        default: r->At--; return Fail(r, "unknown escape in a string");
        }
    }
    r->At++;
    *out = 0;
    *length = (size_t)(out - start);
    return start;
}

static JSON *Number(JSON_READER *r)
{
    JSON *n = Node(r, JSON_INTEGER);
    if (n == NULL) {
        return NULL;
    }
    bool negative = *r->At == '-';
    r->At += negative;
    if (*r->At < '0' || *r->At > '9') {
        return Fail(r, "not a value");
    }
    uint64_t value = 0;
    for (; *r->At >= '0' && *r->At <= '9'; r->At++) {
        uint64_t digit = (uint64_t)(*r->At - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            n->Kind = JSON_FRACTION;
        }
        value = value * 10 + digit;
    }
    if (value > (uint64_t)INT64_MAX + negative) {
        n->Kind = JSON_FRACTION;
    }
    /* No caller wants fractions: they are recognised, not evaluated. */
    while (*r->At == '.' || *r->At == 'e' || *r->At == 'E' || *r->At == '+' || *r->At == '-' ||
           (*r->At >= '0' && *r->At <= '9')) {
        n->Kind = JSON_FRACTION;
        r->At++;
    }
    n->Number = (int64_t)(negative ? 0 - value : value);
    return n;
}

static JSON *Word(JSON_READER *r)
{
    static const struct {
        const char *Text;
        JSON_KIND Kind;
        int Number;
    } words[] = {
        {"true", JSON_BOOL, 1},
        {"false", JSON_BOOL, 0},
        {"null", JSON_NULL, 0},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t n = strlen(words[i].Text);
        if (strncmp(r->At, words[i].Text, n) == 0) {
            JSON *node = Node(r, words[i].Kind);
            if (node != NULL) {
                node->Number = words[i].Number;
            }
            r->At += n;
            return node;
        }
    }
    return Fail(r, "not a value");
}

static bool Key(JSON_READER *r, const JSON *object, const char **key)
{
    size_t length;
    Blanks(r);
    if (*r->At != '"' && *r->At != '\'') {
        return Fail(r, "a member needs a name");
    }
    *key = String(r, &length);
    if (*key == NULL) {
        return false;
    }
    if (JsonMember(object, *key) != NULL) {
        return Fail(r, "a member appears twice");
    }
    Blanks(r);
    if (*r->At++ != ':') {
        r->At--;
        return Fail(r, "a colon is missing");
    }
    return true;
}

/* An object or an array; At is on the opening bracket. */
static JSON *Container(JSON_READER *r, JSON_KIND kind, char close)
{
    JSON *n = Node(r, kind), **link;
    if (n == NULL) {
        return NULL;
    }
    if (r->Depth++ == JSON_MAX_DEPTH) {
        return Fail(r, "nested too deeply");
    }
    r->At++;
    Blanks(r);
    for (link = &n->Child; *r->At != close; link = &(*link)->Next) {
        const char *key = NULL;
        if (link != &n->Child && *r->At++ != ',') {
            r->At--;
            return Fail(r, "a comma or a closing bracket is missing");
        }
        if (kind == JSON_OBJECT && !Key(r, n, &key)) {
            return NULL;
        }
        JSON *value = Value(r);
        if (value == NULL) {
            return NULL;
        }
        value->Key = key;
        *link = value;
        Blanks(r);
    }
    r->At++;
    r->Depth--;
    return n;
}

static JSON *Value(JSON_READER *r)
{
    Blanks(r);
    switch (*r->At) {
    case '{': return Container(r, JSON_OBJECT, '}');
    case '[': return Container(r, JSON_ARRAY, ']');
    case '"':
    case '\'': {
        JSON *n = Node(r, JSON_STRING);
        if (n != NULL) {
            n->Text = String(r, &n->Length);
        }
        return n == NULL || n->Text == NULL ? NULL : n;
    }
    case 't':
    case 'f':
    case 'n': return Word(r);
    default: return Number(r);
    }
}

JSON *JsonRead(JSON_READER *r, char *text, size_t length, JSON *nodes, size_t limit)
{
    *r = (JSON_READER){.At = text, .End = text + length, .Nodes = nodes, .Limit = limit};
    text[length] = 0;
    JSON *n = Value(r);
    if (n == NULL) {
        return NULL;
    }
    Blanks(r);
    return r->At == r->End ? n : Fail(r, "text behind the value");
}

const JSON *JsonMember(const JSON *object, const char *key)
{
    if (object == NULL || object->Kind != JSON_OBJECT) {
        return NULL;
    }
    for (const JSON *n = object->Child; n != NULL; n = n->Next) {
        if (strcmp(n->Key, key) == 0) {
            return n;
        }
    }
    return NULL;
}
