#include "sccommand.h"
#include <stddef.h>
#include <string.h>

typedef struct {
    const char *Text;
    int Value;
} WORD_VALUE;

static char Lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

bool GaSameText(const char *a, const char *b)
{
    while (*a != 0 && Lower(*a) == Lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

static bool Choose(const WORD_VALUE *words, const char *text, int *value)
{
    for (; words->Text != NULL; words++) {
        if (GaSameText(words->Text, text)) {
            *value = words->Value;
            return true;
        }
    }
    return false;
}

/* Matches `name=` at the start of an argument; the value is behind it or in the next argument. */
static const char *Option(const char *name, int argc, char **argv, int *i)
{
    size_t n = strlen(name);
    for (size_t k = 0; k < n; k++) {
        if (Lower(argv[*i][k]) != name[k]) {
            return NULL;
        }
    }
    if (argv[*i][n] != '=') {
        return NULL;
    }
    if (argv[*i][n + 1] != 0) {
        return argv[*i] + n + 1;
    }
    return *i + 1 < argc ? argv[++*i] : "";
}

static bool Fail(SC_COMMAND *c, const char *why)
{
    c->Problem = why;
    return false;
}

static bool Options(SC_COMMAND *c, int argc, char **argv)
{
    static const WORD_VALUE types[] = {{"kernel", 1}, {"filesys", 2}, {NULL, 0}};
    static const WORD_VALUE starts[] = {{"boot", 0},   {"system", 1},   {"auto", 2},
                                        {"demand", 3}, {"disabled", 4}, {NULL, 0}};
    static const WORD_VALUE errors[] = {{"ignore", 0}, {"normal", 1}, {"severe", 2}, {"critical", 3}, {NULL, 0}};
    const char *v;
    for (int i = 0; i < argc; i++) {
        if ((v = Option("type", argc, argv, &i)) != NULL) {
            if (!Choose(types, v, &c->Type)) {
                return Fail(c, "type= must be kernel or filesys: there is no user mode here");
            }
        } else if ((v = Option("start", argc, argv, &i)) != NULL) {
            if (!Choose(starts, v, &c->Start)) {
                return Fail(c, "start= must be boot, system, auto, demand or disabled");
            }
        } else if ((v = Option("error", argc, argv, &i)) != NULL) {
            if (!Choose(errors, v, &c->ErrorControl)) {
                return Fail(c, "error= must be normal, severe, critical or ignore");
            }
        } else if ((v = Option("binpath", argc, argv, &i)) != NULL) {
            c->BinaryPath = v;
        } else if ((v = Option("displayname", argc, argv, &i)) != NULL) {
            c->DisplayName = v;
        } else {
            return Fail(c, "unknown option");
        }
    }
    if (c->BinaryPath == NULL || *c->BinaryPath == 0) {
        return Fail(c, "binPath= is missing");
    }
    return c->Type != 0 || Fail(c, "type= is missing: only type= kernel can be made here");
}

bool ScParse(SC_COMMAND *c, int argc, char **argv)
{
    static const WORD_VALUE verbs[] = {
        {"create", SC_CREATE}, {"start", SC_START}, {"stop", SC_STOP},
        {"delete", SC_DELETE}, {"query", SC_QUERY}, {NULL, 0},
    };
    int verb = 0;
    *c = (SC_COMMAND){.Start = 3, .ErrorControl = 1};
    if (argc < 1 || !Choose(verbs, argv[0], &verb)) {
        return Fail(c, "expected create, start, stop, delete or query");
    }
    c->Verb = (SC_VERB)verb;
    if (argc < 2 || *argv[1] == 0) {
        return Fail(c, "a service name is missing");
    }
    c->Name = argv[1];
    if (strchr(c->Name, '/') != NULL || strchr(c->Name, '\\') != NULL || strlen(c->Name) > 200) {
        return Fail(c, "not a service name");
    }
    return verb == SC_CREATE ? Options(c, argc - 2, argv + 2) : true;
}
