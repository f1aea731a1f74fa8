/* guest-exec: each program runs in a thread of its own, so that the agent answers while a driver's
   DriverEntry hangs. The agent's thread owns the table; a program's thread writes only its entry. */
#include "agent.h"
#include <string.h>

#define MAX_PROGRAMS 32
#define MAX_ARGUMENTS 64

typedef struct EXECUTION {
    LONG64 Pid;
    GA_PROGRAM *Run;
    int Count;
    char **Arguments;
    BOOLEAN Capture;
    KEVENT Go;                  /* the answer with the pid is out: the program may power off */
    GA_TEXT Output;
    int ExitCode;
    volatile LONG Exited;       /* set last; then the entry belongs to the agent's thread */
} EXECUTION;

static EXECUTION *Table[MAX_PROGRAMS];
static LONG64 NextPid = 1000;

static void Release(EXECUTION **slot)
{
    GaTextFree(&(*slot)->Output);
    GaFree(*slot);
    *slot = NULL;
}

static KSTART_ROUTINE ProgramThread;
static void NTAPI ProgramThread(PVOID context)
{
    EXECUTION *e = context;
    KeWaitForSingleObject(&e->Go, Executive, KernelMode, FALSE, NULL);
    e->ExitCode = e->Run(e->Count, e->Arguments, &e->Output);
    InterlockedExchange(&e->Exited, 1);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* A free slot; the oldest result that nobody asked for makes room. */
static EXECUTION **FreeSlot(void)
{
    EXECUTION **oldest = NULL;
    for (ULONG i = 0; i < MAX_PROGRAMS; i++) {
        if (Table[i] == NULL) {
            return &Table[i];
        }
        if (Table[i]->Exited && (oldest == NULL || Table[i]->Pid < (*oldest)->Pid)) {
            oldest = &Table[i];
        }
    }
    if (oldest != NULL) {
        Release(oldest);
    }
    return oldest;
}

/* The entry, with the arguments' text behind it in the same block. */
static EXECUTION *Create(const JSON *list)
{
    SIZE_T bytes = sizeof(EXECUTION) + MAX_ARGUMENTS * sizeof(char *);
    for (const JSON *a = list; a != NULL; a = a->Next) {
        bytes += a->Length + 1;
    }
    EXECUTION *e = GaAllocate(bytes);
    if (e == NULL) {
        return NULL;
    }
    memset(e, 0, sizeof(*e));
    e->Arguments = (char **)(e + 1);
    char *text = (char *)(e->Arguments + MAX_ARGUMENTS);
    for (const JSON *a = list; a != NULL; a = a->Next) {
        memcpy(text, a->Text, a->Length + 1);
        e->Arguments[e->Count++] = text;
        text += a->Length + 1;
    }
    KeInitializeEvent(&e->Go, NotificationEvent, FALSE);
    return e;
}

static BOOLEAN CheckArguments(const JSON *arg, GA_REPLY *r)
{
    ULONG count = 0;
    if (arg != NULL && arg->Kind != JSON_ARRAY) {
        GaFail(r, "Parameter 'arg' must be an array of strings");
        return FALSE;
    }
    for (const JSON *a = arg == NULL ? NULL : arg->Child; a != NULL; a = a->Next, count++) {
        if (a->Kind != JSON_STRING || count == MAX_ARGUMENTS) {
            GaFail(r, "Parameter 'arg' must be an array of at most %d strings", MAX_ARGUMENTS);
            return FALSE;
        }
    }
    return TRUE;
}

/* true, false, or the words of newer clients. */
static BOOLEAN WantsOutput(const JSON *capture)
{
    return capture != NULL && ((capture->Kind == JSON_BOOL && capture->Number != 0) ||
                               (capture->Kind == JSON_STRING && strcmp(capture->Text, "none") != 0));
}

void GaExec(const JSON *arguments, GA_REPLY *r)
{
    const char *path;
    HANDLE thread;
    const JSON *arg = JsonMember(arguments, "arg");
    if (!GaString(arguments, "path", FALSE, &path, NULL, r) || !CheckArguments(arg, r)) {
        return;
    }
    GA_PROGRAM *program = GaFindProgram(path);
    if (program == NULL) {
        GaFail(r, "Failed to execute child process \xE2\x80\x9C%.300s\xE2\x80\x9D (No such file or directory)", path);
        return;
    }
    EXECUTION **slot = FreeSlot();
    EXECUTION *e = slot == NULL ? NULL : Create(arg == NULL ? NULL : arg->Child);
    if (e == NULL) {
        GaFail(r, slot == NULL ? "Too many programs are running" : "No memory to start a program");
        return;
    }
    e->Run = program;
    e->Pid = NextPid;
    e->Capture = WantsOutput(JsonMember(arguments, "capture-output"));
    NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, ProgramThread, e);
    if (!NT_SUCCESS(status)) {
        GaFree(e);
        GaFailStatus(r, "Failed to start a thread", status);
        return;
    }
    ZwClose(thread);
    NextPid += 4;
    *slot = e;
    r->Sent = &e->Go;
    GaTextPrint(&r->Value, "{\"pid\": %lld}", e->Pid);
}

/* The result can be asked for once: then the entry is gone, as in qemu-ga. */
void GaExecStatus(const JSON *arguments, GA_REPLY *r)
{
    LONG64 pid;
    if (!GaInteger(arguments, "pid", FALSE, &pid, r)) {
        return;
    }
    for (ULONG i = 0; i < MAX_PROGRAMS; i++) {
        EXECUTION *e = Table[i];
        if (e == NULL || e->Pid != pid) {
            continue;
        }
        if (!__atomic_load_n(&e->Exited, __ATOMIC_ACQUIRE)) {
            GaTextPut(&r->Value, "{\"exited\": false}");
            return;
        }
        GaTextPrint(&r->Value, "{\"exited\": true, \"exitcode\": %d", e->ExitCode);
        if (e->Capture && e->Output.Length != 0) {
            GaTextPut(&r->Value, ", \"out-data\": \"");
            GaTextBase64(&r->Value, e->Output.Data, e->Output.Length);
            GaTextPut(&r->Value, "\"");
        }
        GaTextPut(&r->Value, "}");
        Release(&Table[i]);
        return;
    }
    GaFail(r, "There is no program with pid %lld", pid);
}
