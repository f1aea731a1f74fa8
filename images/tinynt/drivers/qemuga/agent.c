/* Takes commands from the port, one after the other, and answers them. */
#include "agent.h"
#include "channel.h"
#include "frame.h"
#include <string.h>

#define NODE_COUNT 512

static GA_COMMAND GuestSync, GuestSyncDelimited, GuestPing, GuestInfo, GuestOsInfo, GuestTime, GuestHostName,
    GuestShutdown;

static const struct {
    const char *Name;
    GA_COMMAND *Run;
    BOOLEAN Answers;
} Commands[] = {
    {"guest-exec", GaExec, TRUE},
    {"guest-exec-status", GaExecStatus, TRUE},
    {"guest-file-close", GaFileClose, TRUE},
    {"guest-file-flush", GaFileFlush, TRUE},
    {"guest-file-open", GaFileOpen, TRUE},
    {"guest-file-read", GaFileRead, TRUE},
    {"guest-file-seek", GaFileSeek, TRUE},
    {"guest-file-write", GaFileWrite, TRUE},
    {"guest-get-host-name", GuestHostName, TRUE},
    {"guest-get-osinfo", GuestOsInfo, TRUE},
    {"guest-get-time", GuestTime, TRUE},
    {"guest-info", GuestInfo, TRUE},
    {"guest-ping", GuestPing, TRUE},
    {"guest-shutdown", GuestShutdown, FALSE},
    {"guest-sync", GuestSync, TRUE},
    {"guest-sync-delimited", GuestSyncDelimited, TRUE},
};

static JSON Nodes[NODE_COUNT];

static void GuestSync(const JSON *arguments, GA_REPLY *r)
{
    LONG64 id;
    if (GaInteger(arguments, "id", FALSE, &id, r)) {
        GaTextPrint(&r->Value, "%lld", id);
    }
}

static void GuestSyncDelimited(const JSON *arguments, GA_REPLY *r)
{
    GuestSync(arguments, r);
    r->Delimited = TRUE;
}

static void GuestPing(const JSON *arguments, GA_REPLY *r) {}

static void GuestInfo(const JSON *arguments, GA_REPLY *r)
{
    GaTextPut(&r->Value, "{\"version\": \"1.0.0-tinynt\", \"supported_commands\": [");
    for (ULONG i = 0; i < ARRAYSIZE(Commands); i++) {
        GaTextPrint(&r->Value, "%s{\"enabled\": true, \"name\": \"%s\", \"success-response\": %s}", i == 0 ? "" : ", ",
                    Commands[i].Name, Commands[i].Answers ? "true" : "false");
    }
    GaTextPut(&r->Value, "]}");
}

static void GuestOsInfo(const JSON *arguments, GA_REPLY *r)
{
    RTL_OSVERSIONINFOW v = {.dwOSVersionInfoSize = sizeof(v)};
    RtlGetVersion(&v);
    GaTextPrint(
        &r->Value,
        "{\"id\": \"tinynt\", \"name\": \"TinyNT\", \"pretty-name\": \"TinyNT (compatible with NT %lu.%lu.%lu)\", "
        "\"version\": \"TinyNT\", \"version-id\": \"%lu\", \"machine\": \"x86_64\", \"kernel-release\": \"%lu\", "
        "\"kernel-version\": \"%lu.%lu\"}",
        v.dwMajorVersion, v.dwMinorVersion, v.dwBuildNumber, v.dwMajorVersion, v.dwBuildNumber, v.dwMajorVersion,
        v.dwMinorVersion);
}

static void GuestTime(const JSON *arguments, GA_REPLY *r)
{
    LARGE_INTEGER now;
    KeQuerySystemTime(&now);
    /* 100 ns units since 1601 to nanoseconds since 1970. */
    GaTextPrint(&r->Value, "%lld", (now.QuadPart - 116444736000000000LL) * 100);
}

static void GuestHostName(const JSON *arguments, GA_REPLY *r) { GaTextPut(&r->Value, "{\"host-name\": \"tinynt\"}"); }

static KSTART_ROUTINE ShutdownThread;
static void NTAPI ShutdownThread(PVOID action) { PsTerminateSystemThread(ZwShutdownSystem((ULONG)(ULONG_PTR)action)); }

/* In a thread of its own: the agent answers until the end. */
static void GuestShutdown(const JSON *arguments, GA_REPLY *r)
{
    const char *mode = "powerdown";
    HANDLE thread;
    if (!GaString(arguments, "mode", TRUE, &mode, NULL, r)) {
        return;
    }
    if (strcmp(mode, "powerdown") != 0 && strcmp(mode, "halt") != 0 && strcmp(mode, "reboot") != 0) {
        GaFail(r, "Parameter 'mode' must be halt, powerdown or reboot");
        return;
    }
    ULONG_PTR action = mode[0] == 'r' ? GA_SHUTDOWN_REBOOT : GA_SHUTDOWN_POWER_OFF;
    NTSTATUS status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, ShutdownThread, (PVOID)action);
    if (NT_SUCCESS(status)) {
        ZwClose(thread);
    } else {
        GaFailStatus(r, "Failed to start a thread", status);
    }
}

static void Execute(const JSON *request, GA_REPLY *r)
{
    const JSON *name = JsonMember(request, "execute"), *arguments = JsonMember(request, "arguments");
    if (request->Kind != JSON_OBJECT || name == NULL || name->Kind != JSON_STRING) {
        GaFail(r, "A command is an object with a string 'execute'");
        return;
    }
    if (arguments != NULL && arguments->Kind != JSON_OBJECT) {
        GaFail(r, "'arguments' must be an object");
        return;
    }
    for (ULONG i = 0; i < ARRAYSIZE(Commands); i++) {
        if (strcmp(Commands[i].Name, name->Text) == 0) {
            Commands[i].Run(arguments, r);
            return;
        }
    }
    GaFail(r, "The command %.200s has not been found", name->Text);
    r->ErrorClass = "CommandNotFound";
}

/* {"return": …} or {"error": …}, with the request's id if it had one. */
static void Answer(GA_REPLY *r, const JSON *request)
{
    GA_TEXT t = {0};
    const JSON *id = JsonMember(request, "id");
    if (r->Value.Failed && r->ErrorClass == NULL) {
        GaFail(r, "The answer does not fit into memory");
    }
    if (r->Delimited) {
        GaTextAppend(&t, "\xFF", 1);
    }
    if (r->ErrorClass != NULL) {
        GaTextPrint(&t, "{\"error\": {\"class\": \"%s\", \"desc\": ", r->ErrorClass);
        GaTextString(&t, r->Error);
        GaTextPut(&t, "}");
    } else {
        GaTextPut(&t, "{\"return\": ");
        if (r->Value.Length == 0) {
            GaTextPut(&t, "{}");
        }
        GaTextAppend(&t, r->Value.Data, r->Value.Length);
    }
    if (id != NULL && id->Kind == JSON_INTEGER) {
        GaTextPrint(&t, ", \"id\": %lld", id->Number);
    } else if (id != NULL && id->Kind == JSON_STRING) {
        GaTextPut(&t, ", \"id\": ");
        GaTextString(&t, id->Text);
    }
    GaTextPut(&t, "}\n");
    if (t.Failed) {
        static const char noMemory[] = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"Out of memory\"}}\n";
        GaChannel.Write(noMemory, sizeof(noMemory) - 1);
    } else {
        GaChannel.Write(t.Data, t.Length);
    }
    GaTextFree(&t);
}

static void HandleMessage(FRAME *f)
{
    JSON_READER reader;
    GA_REPLY r = {0};
    JSON *request = JsonRead(&reader, f->Data, f->Length, Nodes, NODE_COUNT);
    if (request == NULL) {
        GaFail(&r, "JSON parse error at byte %lu: %s", (ULONG)(reader.At - f->Data), reader.Problem);
    } else {
        Execute(request, &r);
    }
    Answer(&r, request);
    if (r.Sent != NULL) {
        KeSetEvent(r.Sent, IO_NO_INCREMENT, FALSE);
    }
    GaTextFree(&r.Value);
}

static void HandleEvent(FRAME *f, FRAME_EVENT event)
{
    GA_REPLY r = {0};
    if (event == FRAME_MESSAGE) {
        HandleMessage(f);
        FrameNext(f);
    } else if (event != FRAME_MORE) {
        if (event == FRAME_GARBAGE) {
            GaFail(&r, "JSON parse error: input that is no command was dropped");
        } else if (event == FRAME_TOO_LONG) {
            GaFail(&r, "A command may have at most %u bytes", FRAME_LIMIT);
        } else {
            GaFail(&r, "No memory for so long a command");
        }
        Answer(&r, NULL);
    }
}

void GaServe(void)
{
    static FRAME frame;
    for (;;) {
        const char *data;
        SIZE_T length;
        GaChannel.Read(&data, &length);
        while (length != 0) {
            HandleEvent(&frame, FrameFeed(&frame, &data, &length));
        }
    }
}
