/* sc.exe: driver services in the registry, started and stopped through the kernel. The exit code is
   the Win32 error, as on Windows. */
#include "agent.h"
#include "sccommand.h"
#include "utf.h"
#include <string.h>

#define SERVICES L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\"
enum {
    ERROR_INVALID_CONTROL = 1052,
    ERROR_RUNNING = 1056,
    ERROR_DISABLED = 1058,
    ERROR_NO_SERVICE = 1060,
    ERROR_NOT_ACTIVE = 1062,
    ERROR_EXISTS = 1073,
    ERROR_COMMAND_LINE = 1639
};

typedef struct SERVICE {
    WCHAR Path[300];
    UNICODE_STRING Key;
} SERVICE;

static int Failed(GA_TEXT *out, const char *what, ULONG error)
{
    GaTextPrint(out, "[SC] %s FAILED %lu:\r\n\r\n%s\r\n\r\n", what, error, GaErrorText(error));
    return (int)error;
}

static void SetService(SERVICE *s, const char *name)
{
    SIZE_T lead = ARRAYSIZE(SERVICES) - 1;
    memcpy(s->Path, SERVICES, sizeof(SERVICES));
    Utf8ToUtf16(name, s->Path + lead, ARRAYSIZE(s->Path) - lead);
    RtlInitUnicodeString(&s->Key, s->Path);
}

static NTSTATUS OpenService(SERVICE *s, PHANDLE key)
{
    OBJECT_ATTRIBUTES oa;
    InitializeObjectAttributes(&oa, &s->Key, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenKey(key, KEY_ALL_ACCESS, &oa);
}

static NTSTATUS SetText(HANDLE key, PCWSTR name, ULONG type, PCWSTR text)
{
    UNICODE_STRING n;
    RtlInitUnicodeString(&n, name);
    return ZwSetValueKey(key, &n, 0, type, (PVOID)text, (ULONG)((wcslen(text) + 1) * sizeof(WCHAR)));
}

static NTSTATUS SetNumber(HANDLE key, PCWSTR name, ULONG value)
{
    UNICODE_STRING n;
    RtlInitUnicodeString(&n, name);
    return ZwSetValueKey(key, &n, 0, REG_DWORD, &value, sizeof(value));
}

static ULONG GetNumber(HANDLE key, PCWSTR name, ULONG missing)
{
    UNICODE_STRING n;
    struct {
        KEY_VALUE_PARTIAL_INFORMATION Info;
        UCHAR More[8];
    } v;
    ULONG size;
    RtlInitUnicodeString(&n, name);
    NTSTATUS status = ZwQueryValueKey(key, &n, KeyValuePartialInformation, &v, sizeof(v), &size);
    return NT_SUCCESS(status) && v.Info.DataLength == sizeof(ULONG) ? *(ULONG UNALIGNED *)v.Info.Data : missing;
}

/* C:\x.sys becomes \??\C:\x.sys; what is an NT path or relative to the system folder stays. */
static BOOLEAN ImagePath(const char *given, PWCHAR buffer)
{
    UNICODE_STRING unused;
    char path[GA_MAX_PATH];
    SIZE_T n = strlen(given);
    if (n >= 2 && given[0] == '"' && given[n - 1] == '"') {
        given++;
        n -= 2;
    }
    if (n >= sizeof(path)) {
        return FALSE;
    }
    memcpy(path, given, n);
    path[n] = 0;
    return GaNtPath(path, &unused, buffer) || Utf8ToUtf16(path, buffer, GA_MAX_PATH) != (SIZE_T)-1;
}

static int Create(const SC_COMMAND *c, SERVICE *s, GA_TEXT *out)
{
    OBJECT_ATTRIBUTES oa;
    HANDLE key;
    ULONG disposition;
    WCHAR text[GA_MAX_PATH];
    if (!ImagePath(c->BinaryPath, text)) {
        return Failed(out, "CreateService", 87);
    }
    InitializeObjectAttributes(&oa, &s->Key, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS status = ZwCreateKey(&key, KEY_ALL_ACCESS, &oa, 0, NULL, 0, &disposition);
    if (!NT_SUCCESS(status)) {
        return Failed(out, "CreateService", RtlNtStatusToDosError(status));
    }
    if (disposition == REG_OPENED_EXISTING_KEY) {
        ZwClose(key);
        return Failed(out, "CreateService", ERROR_EXISTS);
    }
    status = SetText(key, L"ImagePath", REG_EXPAND_SZ, text);
    if (NT_SUCCESS(status)) {
        status = SetNumber(key, L"Type", (ULONG)c->Type);
    }
    if (NT_SUCCESS(status)) {
        status = SetNumber(key, L"Start", (ULONG)c->Start);
    }
    if (NT_SUCCESS(status)) {
        status = SetNumber(key, L"ErrorControl", (ULONG)c->ErrorControl);
    }
    if (NT_SUCCESS(status) &&
        Utf8ToUtf16(c->DisplayName == NULL ? c->Name : c->DisplayName, text, ARRAYSIZE(text)) != (SIZE_T)-1) {
        status = SetText(key, L"DisplayName", REG_SZ, text);
    }
    ZwClose(key);
    if (!NT_SUCCESS(status)) {
        return Failed(out, "CreateService", RtlNtStatusToDosError(status));
    }
    GaTextPut(out, "[SC] CreateService SUCCESS\r\n");
    return 0;
}

/* A driver runs as long as its object is in \Driver. */
static BOOLEAN IsRunning(const SERVICE *s)
{
    WCHAR path[300] = L"\\Driver\\";
    UNICODE_STRING name;
    PVOID driver;
    wcscpy(path + 8, s->Path + ARRAYSIZE(SERVICES) - 1);
    RtlInitUnicodeString(&name, path);
    if (!NT_SUCCESS(ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, NULL, 0, IoDriverObjectType, KernelMode, NULL,
                                            &driver))) {
        return FALSE;
    }
    ObDereferenceObject(driver);
    return TRUE;
}

static void PrintState(const SC_COMMAND *c, ULONG type, BOOLEAN running, GA_TEXT *out)
{
    GaTextPrint(out, "\r\nSERVICE_NAME: %s \r\n        TYPE               : %lu  %s  \r\n", c->Name, type,
                type == 2 ? "FILE_SYSTEM_DRIVER" : "KERNEL_DRIVER");
    GaTextPrint(out, "        STATE              : %s \r\n", running ? "4  RUNNING" : "1  STOPPED");
    GaTextPrint(out, "                                (%s, NOT_PAUSABLE, IGNORES_SHUTDOWN)\r\n",
                running ? "STOPPABLE" : "NOT_STOPPABLE");
    GaTextPut(out, "        WIN32_EXIT_CODE    : 0  (0x0)\r\n        SERVICE_EXIT_CODE  : 0  (0x0)\r\n        "
                   "CHECKPOINT         : 0x0\r\n        WAIT_HINT          : 0x0\r\n");
}

static int Start(const SC_COMMAND *c, SERVICE *s, ULONG type, ULONG start, GA_TEXT *out)
{
    char problem[1024];
    if (IsRunning(s)) {
        return Failed(out, "StartService", ERROR_RUNNING);
    }
    if (start == 4) {
        return Failed(out, "StartService", ERROR_DISABLED);
    }
    NTSTATUS status = ZwLoadDriver(&s->Key);
    if (NT_SUCCESS(status)) {
        PrintState(c, type, TRUE, out);
        return 0;
    }
    ULONG error = RtlNtStatusToDosError(status);
    Failed(out, "StartService", error);
    /* What Windows does not say: which imports are missing, which status DriverEntry returned. */
    IoQueryLastLoadProblem(problem, sizeof(problem));
    GaTextPrint(out, "NTSTATUS 0x%08lx\r\n", (ULONG)status);
    if (problem[0] != 0) {
        GaTextPut(out, problem);
        GaTextPut(out, "\r\n");
    }
    return (int)error;
}

static int Stop(const SC_COMMAND *c, SERVICE *s, ULONG type, GA_TEXT *out)
{
    if (!IsRunning(s)) {
        return Failed(out, "ControlService", ERROR_NOT_ACTIVE);
    }
    NTSTATUS status = ZwUnloadDriver(&s->Key);
    /* A driver without an unload routine cannot be stopped. */
    if (status == STATUS_INVALID_DEVICE_REQUEST) {
        return Failed(out, "ControlService", ERROR_INVALID_CONTROL);
    }
    if (!NT_SUCCESS(status)) {
        return Failed(out, "ControlService", RtlNtStatusToDosError(status));
    }
    PrintState(c, type, FALSE, out);
    return 0;
}

static int Delete(HANDLE key, GA_TEXT *out)
{
    NTSTATUS status = ZwDeleteKey(key);
    if (!NT_SUCCESS(status)) {
        return Failed(out, "DeleteService", RtlNtStatusToDosError(status));
    }
    GaTextPut(out, "[SC] DeleteService SUCCESS\r\n");
    return 0;
}

int ScMain(int argc, char **argv, GA_TEXT *out)
{
    static const char *const opening[] = {"CreateService", "StartService: OpenService", "OpenService", "OpenService",
                                          "EnumQueryServicesStatus:OpenService"};
    SC_COMMAND c;
    SERVICE s;
    HANDLE key;
    int code = 0;
    if (!ScParse(&c, argc, argv)) {
        GaTextPrint(out,
                    "ERROR:  %s.\r\n\r\nUSAGE:\r\n        sc create NAME type= kernel binPath= C:\\path\\driver.sys "
                    "[start= demand]\r\n        sc start | stop | query | delete NAME\r\n",
                    c.Problem);
        return ERROR_COMMAND_LINE;
    }
    SetService(&s, c.Name);
    if (c.Verb == SC_CREATE) {
        return Create(&c, &s, out);
    }
    NTSTATUS status = OpenService(&s, &key);
    if (!NT_SUCCESS(status)) {
        return Failed(out, opening[c.Verb],
                      status == STATUS_OBJECT_NAME_NOT_FOUND ? ERROR_NO_SERVICE : RtlNtStatusToDosError(status));
    }
    ULONG type = GetNumber(key, L"Type", 1), start = GetNumber(key, L"Start", 3);
    if (c.Verb == SC_START) {
        code = Start(&c, &s, type, start, out);
    } else if (c.Verb == SC_STOP) {
        code = Stop(&c, &s, type, out);
    } else if (c.Verb == SC_DELETE) {
        code = Delete(key, out);
    } else {
        PrintState(&c, type, IsRunning(&s), out);
    }
    ZwClose(key);
    return code;
}
