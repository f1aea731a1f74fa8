/* The programs of C:\Windows\System32 that exist here, and swenum.exe, which is TinyNT's own. */
#include "agent.h"
#include "sccommand.h"
#include <string.h>

GA_PROGRAM *GaFindProgram(const char *path)
{
    static const struct {
        const char *Name;
        GA_PROGRAM *Run;
    } programs[] = {
        {"sc.exe", ScMain},         {"sc", ScMain},         {"shutdown.exe", ShutdownMain}, {"shutdown", ShutdownMain},
        {"swenum.exe", SwenumMain}, {"swenum", SwenumMain}, {"verifier.exe", VerifierMain}, {"verifier", VerifierMain},
    };
    static const char folder[] = "c:\\windows\\system32\\";
    char name[64];
    SIZE_T n = strlen(path), lead = sizeof(folder) - 1;
    if (n >= sizeof(name)) {
        return NULL;
    }
    for (SIZE_T i = 0; i <= n; i++) {
        name[i] = path[i] == '/' ? '\\' : path[i];
    }
    if (n > lead) {
        char kept = name[lead];
        name[lead] = 0;
        BOOLEAN system = GaSameText(name, folder);
        name[lead] = kept;
        if (system) {
            memmove(name, name + lead, n - lead + 1);
        }
    }
    for (ULONG i = 0; i < ARRAYSIZE(programs); i++) {
        if (GaSameText(programs[i].Name, name)) {
            return programs[i].Run;
        }
    }
    return NULL;
}

static ULONG Decimal(const char *s)
{
    ULONG value = 0;
    for (; *s >= '0' && *s <= '9' && value < 1000000; s++) {
        value = value * 10 + (ULONG)(*s - '0');
    }
    return value;
}

/* shutdown /s|/r [/t seconds] [/f]; Windows' default delay is 30 seconds. */
int ShutdownMain(int argc, char **argv, GA_TEXT *out)
{
    int action = -1;
    ULONG seconds = 30;
    for (int i = 0; i < argc; i++) {
        char c = argv[i][0] == '/' || argv[i][0] == '-' ? (char)(argv[i][1] | 0x20) : 0;
        if (c != 0 && argv[i][2] != 0) {
            c = 0;
        }
        if (c == 's' || c == 'p') {
            action = GA_SHUTDOWN_POWER_OFF;
        } else if (c == 'r') {
            action = GA_SHUTDOWN_REBOOT;
        }
        if (c == 'p') {
            seconds = 0;
        } else if (c == 't' && i + 1 < argc) {
            seconds = Decimal(argv[++i]);
        } else if (c != 's' && c != 'r' && c != 'f') {
            action = -1, i = argc;
        }
    }
    if (action < 0) {
        GaTextPut(out, "usage: shutdown /s | /r | /p  [/t seconds] [/f]\r\n");
        return 1;
    }
    LARGE_INTEGER delay = {.QuadPart = -10000000LL * seconds};
    KeDelayExecutionThread(KernelMode, FALSE, &delay);
    ZwShutdownSystem(action);
    return 31;          /* ERROR_GEN_FAILURE: it should not have come back */
}
