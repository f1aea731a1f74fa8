/* Tests of the portable parts on the host:
     cc -g -fsanitize=address,undefined -D_vsnprintf=vsnprintf -I.. native.c \
         ../{json,utf,base64,text,frame,sccommand}.c && ./a.out
   With clang, -DFUZZ and -fsanitize=fuzzer,address,undefined they become a fuzzer. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base64.h"
#include "frame.h"
#include "json.h"
#include "sccommand.h"
#include "text.h"
#include "utf.h"

void *GaAllocate(size_t n) { return malloc(n); }
void GaFree(void *p) { free(p); }

static JSON Nodes[64];

static const char *Try(const char *text, JSON **value)
{
    static char *copy;
    JSON_READER r;
    free(copy);
    copy = malloc(strlen(text) + 1);
    memcpy(copy, text, strlen(text) + 1);
    *value = JsonRead(&r, copy, strlen(text), Nodes, 64);
    return *value != NULL ? NULL : r.Problem;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FRAME f = {0};
    for (size_t at = 0; at < size;) {
        const char *in = (const char *)data + at;
        size_t piece = size - at > 7 ? 7 : size - at, left = piece;
        FRAME_EVENT e = FrameFeed(&f, &in, &left);
        assert(piece != left);
        at += piece - left;
        if (e != FRAME_MESSAGE) {
            continue;
        }
        JSON_READER r;
        JSON *v = JsonRead(&r, f.Data, f.Length, Nodes, 64);
        char *argv[64];
        int argc = 0;
        for (const JSON *n = v == NULL ? NULL : v->Child; n != NULL; n = n->Next) {
            if (n->Kind != JSON_STRING) {
                continue;
            }
            GA_TEXT t = {0};
            uint16_t wide[32];
            size_t got;
            GaTextString(&t, n->Text);
            GaTextFree(&t);
            Utf8ToUtf16(n->Text, wide, 32);
            char *buffer = malloc(n->Length + 1);
            GaBase64Decode(n->Text, n->Length, buffer, &got);
            free(buffer);
            argv[argc++] = n->Text;
        }
        SC_COMMAND c;
        ScParse(&c, argc, argv);
        FrameNext(&f);
    }
    free(f.Data);
    return 0;
}

#ifndef FUZZ
int main(void)
{
    JSON *v;
    assert(!Try(
        "{\"execute\": \"guest-sync\", 'arguments': {\"id\": -9223372036854775808, \"a\": [1, true, null, 2.5e3]}}",
        &v));
    assert(strcmp(JsonMember(v, "execute")->Text, "guest-sync") == 0);
    const JSON *a = JsonMember(v, "arguments");
    assert(JsonMember(a, "id")->Number == INT64_MIN && JsonMember(a, "id")->Kind == JSON_INTEGER);
    assert(JsonMember(a, "a")->Child->Next->Next->Next->Kind == JSON_FRACTION);
    assert(!Try("\"a\\u00e9\\ud83d\\ude00\\n\\\\\"", &v) && strcmp(v->Text, "a\xC3\xA9\xF0\x9F\x98\x80\n\\") == 0);
    assert(!Try(" [ ] ", &v) && v->Child == NULL);
    static const char *bad[] = {
        "",    "{", "[1,]", "{\"a\":1,\"a\":2}", "\"\\u0000\"", "\"\\ud800x\"", "\"\\x\"", "\"", "\"\\", "\"\\u12",
        "tru", "-", "1 2",  "{\"a\" 1}",         "{a:1}",       "[1 2]",        "\"\n\""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert(Try(bad[i], &v) != NULL);
    }
    char deep[200] = {0};
    memset(deep, '[', 100);
    assert(strcmp(Try(deep, &v), "nested too deeply") == 0);

    for (size_t n = 0; n < 50; n++) {
        char data[50], text[80];
        size_t got;
        for (size_t i = 0; i < n; i++) {
            data[i] = (char)(i * 37 + n);
        }
        GaBase64Encode(data, n, text);
        assert(GaBase64Decode(text, GaBase64Length(n), text, &got) && got == n && memcmp(text, data, n) == 0);
    }
    size_t got;
    char small[8];
    assert(!GaBase64Decode("abc", 3, small, &got) && !GaBase64Decode("a=bc", 4, small, &got) &&
           !GaBase64Decode("====", 4, small, &got));

    FRAME f = {0};
    const char *in = "  {\"a\":\n \"}\\\"\"}\r\n{\"b\"\xFF[1] x y\n{}";
    size_t left = strlen(in);
    assert(FrameFeed(&f, &in, &left) == FRAME_MESSAGE && f.Length == 13);
    FrameNext(&f);
    assert(FrameFeed(&f, &in, &left) == FRAME_GARBAGE);
    assert(FrameFeed(&f, &in, &left) == FRAME_MESSAGE && memcmp(f.Data, "[1]", 3) == 0);
    FrameNext(&f);
    assert(FrameFeed(&f, &in, &left) == FRAME_GARBAGE);
    assert(FrameFeed(&f, &in, &left) == FRAME_MESSAGE && left == 0);
    FrameNext(&f);
    char *big = malloc(FRAME_LIMIT + 100);
    memset(big, '[', FRAME_LIMIT + 100);
    in = big;
    left = FRAME_LIMIT + 100;
    assert(FrameFeed(&f, &in, &left) == FRAME_TOO_LONG);
    in = "zz\n{}";
    left = 5;
    assert(FrameFeed(&f, &in, &left) == FRAME_MESSAGE && f.Length == 2);
    free(big);
    free(f.Data);

    SC_COMMAND c;
    char *create[] = {"create", "x", "TYPE=", "kernel", "binPath=C:\\a=b.sys", "start=", "demand"};
    assert(ScParse(&c, 7, create) && c.Verb == SC_CREATE && c.Type == 1 && c.Start == 3 &&
           strcmp(c.BinaryPath, "C:\\a=b.sys") == 0);
    assert(!ScParse(&c, 4, create) && !ScParse(&c, 1, create) && !ScParse(&c, 0, create) &&
           !ScParse(&c, 6, create + 1));
    char *query[] = {"Query", "x"};
    assert(ScParse(&c, 2, query) && c.Verb == SC_QUERY);

    uint16_t wide[8];
    assert(Utf8ToUtf16("\xC3\xA9\xF0\x9F\x98\x80", wide, 8) == 3 && wide[1] == 0xD83D && wide[2] == 0xDE00);
    assert(Utf8ToUtf16("\xC0\x80\xE2\x82", wide, 8) == 3 && wide[0] == 0xFFFD &&
           Utf8ToUtf16("12345678", wide, 8) == (size_t)-1);
    GA_TEXT t = {0};
    GaTextString(&t, "a\"\x01\n");
    assert(t.Length == 13 && memcmp(t.Data, "\"a\\\"\\u0001\\n\"", 13) == 0);
    GaTextFree(&t);
    puts("ok");
}
#endif
