/* The command line of sc.exe, as far as kernel drivers need it. Portable. */
#pragma once
#include <stdbool.h>

typedef enum { SC_CREATE, SC_START, SC_STOP, SC_DELETE, SC_QUERY } SC_VERB;

typedef struct SC_COMMAND {
    SC_VERB Verb;
    const char *Name, *BinaryPath, *DisplayName;
    int Type, Start, ErrorControl;
    const char *Problem;        /* why the command line is no good */
} SC_COMMAND;

/* argv[0] is the first argument behind the program's name. */
bool ScParse(SC_COMMAND *c, int argc, char **argv);
bool GaSameText(const char *a, const char *b);
