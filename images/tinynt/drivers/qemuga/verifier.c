/* verifier.exe: the settings of Driver Verifier, in the registry where Windows has them. The kernel
   reads them at each load of a driver, so that nothing waits for a restart. */
#include "agent.h"
#include "sccommand.h"
#include "utf.h"
#include <string.h>

#define SETTINGS L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Session Manager\\Memory Management"
enum { EXIT_CODE_SUCCESS = 0, EXIT_CODE_ERROR = 1, STANDARD_FLAGS = 0x209BB, MAX_LIST = 1000 };

/* Windows' names, and what of it is checked here. */
static const struct {
    ULONG Flag;
    BOOLEAN Here;
    const char *Name;
} Rules[] = {
    {0x1, TRUE, "Special pool"},
    {0x2, TRUE, "Force IRQL checking"},
    {0x4, FALSE, "Randomized low resources simulation"},
    {0x8, TRUE, "Pool tracking"},
    {0x10, TRUE, "I/O verification"},
    {0x20, FALSE, "Deadlock detection"},
    {0x80, FALSE, "DMA checking"},
    {0x100, FALSE, "Security checks"},
    {0x200, FALSE, "Force pending I/O requests"},
    {0x400, FALSE, "IRP logging"},
    {0x800, FALSE, "Miscellaneous checks"},
    {0x20000, FALSE, "DDI compliance checking"},
};

typedef struct OPTIONS {
    BOOLEAN Standard, All, Query, Reset, FlagsGiven;
    ULONG Flags;
    int FirstDriver, Drivers;   /* a range of the arguments */
    const char *Problem;
} OPTIONS;

static BOOLEAN Is(const char *argument, const char *name)
{
    return (argument[0] == '/' || argument[0] == '-') && GaSameText(argument + 1, name);
}

static BOOLEAN Number(const char *s, ULONG *value)
{
    ULONG base = 10, n = 0;
    if (s[0] == '0' && (s[1] | 0x20) == 'x') {
        base = 16;
        s += 2;
    }
    const char *start = s;
    for (; *s != 0; s++) {
        char c = *s >= 'A' && *s <= 'F' ? (char)(*s | 0x20) : *s;
        ULONG digit = c >= '0' && c <= '9' ? (ULONG)(c - '0') : c >= 'a' && c <= 'f' ? (ULONG)(c - 'a') + 10 : 99;
        if (digit >= base || n > 0x0FFFFFFF) {
            return FALSE;
        }
        n = n * base + digit;
    }
    *value = n;
    return s != start;
}

static void Parse(OPTIONS *o, int argc, char **argv)
{
    memset(o, 0, sizeof(*o));
    for (int i = 0; i < argc && o->Problem == NULL; i++) {
        if (Is(argv[i], "standard")) {
            o->Standard = TRUE;
        } else if (Is(argv[i], "all")) {
            o->All = TRUE;
        } else if (Is(argv[i], "query") || Is(argv[i], "querysettings")) {
            o->Query = TRUE;
        } else if (Is(argv[i], "reset")) {
            o->Reset = TRUE;
        } else if (Is(argv[i], "flags") && i + 1 < argc && Number(argv[i + 1], &o->Flags)) {
            o->FlagsGiven = TRUE;
            i++;
        } else if (Is(argv[i], "driver")) {
            for (o->FirstDriver = i + 1; i + 1 < argc && argv[i + 1][0] != '/'; i++) {
                o->Drivers++;
            }
            if (o->Drivers == 0) {
                o->Problem = "/driver needs at least one name, such as x.sys";
            }
        } else {
            o->Problem = argv[i];
        }
    }
    if (o->Problem == NULL && !o->Query && !o->Reset) {
        if (!o->Standard && !o->FlagsGiven) {
            o->Problem = "/standard or /flags is missing";
        } else if (!o->All && o->Drivers == 0) {
            o->Problem = "/driver or /all is missing";
        }
    }
}

static NTSTATUS OpenSettings(PHANDLE key)
{
    UNICODE_STRING path;
    OBJECT_ATTRIBUTES oa;
    RtlInitUnicodeString(&path, SETTINGS);
    InitializeObjectAttributes(&oa, &path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwOpenKey(key, KEY_ALL_ACCESS, &oa);
}

static NTSTATUS SetValue(HANDLE key, PCWSTR name, ULONG type, PVOID data, ULONG bytes)
{
    UNICODE_STRING n;
    RtlInitUnicodeString(&n, name);
    return ZwSetValueKey(key, &n, 0, type, data, bytes);
}

/* The value's data in `info`; FALSE when there is none. */
static BOOLEAN GetValue(HANDLE key, PCWSTR name, ULONG type, PKEY_VALUE_PARTIAL_INFORMATION info, ULONG bytes)
{
    UNICODE_STRING n;
    ULONG size;
    RtlInitUnicodeString(&n, name);
    return NT_SUCCESS(ZwQueryValueKey(key, &n, KeyValuePartialInformation, info, bytes, &size)) && info->Type == type;
}

static int Failed(GA_TEXT *out, NTSTATUS status)
{
    ULONG error = RtlNtStatusToDosError(status);
    GaTextPrint(out, "Error %lu: %s\r\n", error, GaErrorText(error));
    return EXIT_CODE_ERROR;
}

static void PrintFlags(GA_TEXT *out, ULONG flags)
{
    GaTextPrint(out, "\r\nVerifier Flags: 0x%08lx\r\n\r\n", flags);
    for (ULONG i = 0; i < ARRAYSIZE(Rules); i++) {
        BOOLEAN on = (flags & Rules[i].Flag) != 0;
        if (on || Rules[i].Here) {
            GaTextPrint(out, "    [%c] 0x%08lx %s%s\r\n", on ? 'X' : ' ', Rules[i].Flag, Rules[i].Name,
                        on && !Rules[i].Here ? " (TinyNT does not check this)" : "");
        }
    }
}

static int Query(HANDLE key, GA_TEXT *out)
{
    union {
        KEY_VALUE_PARTIAL_INFORMATION Info;
        UCHAR Room[2 * MAX_LIST + 32];
    } *v = GaAllocate(sizeof(*v));
    if (v == NULL) {
        return Failed(out, STATUS_INSUFFICIENT_RESOURCES);
    }
    if (!GetValue(key, L"VerifyDriverLevel", REG_DWORD, &v->Info, sizeof(*v))) {
        GaTextPut(out, "\r\nNo drivers are currently verified.\r\n");
        GaFree(v);
        return EXIT_CODE_SUCCESS;
    }
    PrintFlags(out, *(ULONG UNALIGNED *)v->Info.Data);
    GaTextPut(out, "\r\nVerified Drivers:\r\n\r\n");
    if (GetValue(key, L"VerifyDrivers", REG_SZ, &v->Info, sizeof(*v))) {
        for (WCHAR UNALIGNED *c = (PWCHAR)v->Info.Data; *c != 0; c++) {
            if (c == (PWCHAR)v->Info.Data || c[-1] == L' ') {
                GaTextPut(out, "    ");
            }
            GaTextPrint(out, *c == L' ' ? "\r\n" : "%c", (char)*c);
        }
    }
    GaTextPut(out, "\r\n");
    GaFree(v);
    return EXIT_CODE_SUCCESS;
}

static int Reset(HANDLE key, GA_TEXT *out)
{
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, L"VerifyDrivers");
    ZwDeleteValueKey(key, &name);
    RtlInitUnicodeString(&name, L"VerifyDriverLevel");
    ZwDeleteValueKey(key, &name);
    GaTextPut(out, "\r\nDriver Verifier is off for drivers that are loaded from now on.\r\nVerified drivers that are "
                   "loaded stay verified until they are unloaded.\r\n");
    return EXIT_CODE_SUCCESS;
}

static int Set(HANDLE key, const OPTIONS *o, char **argv, GA_TEXT *out)
{
    ULONG flags = o->Flags | (o->Standard ? STANDARD_FLAGS : 0);
    PWCHAR list = GaAllocate((MAX_LIST + 1) * sizeof(WCHAR));
    if (list == NULL) {
        return Failed(out, STATUS_INSUFFICIENT_RESOURCES);
    }
    SIZE_T at = 0;
    if (o->All) {
        list[at++] = L'*';
    }
    for (int i = 0; i < o->Drivers && !o->All; i++) {
        SIZE_T n = Utf8ToUtf16(argv[o->FirstDriver + i], list + at, MAX_LIST - at);
        if (n == (SIZE_T)-1) {
            GaFree(list);
            return Failed(out, STATUS_INVALID_PARAMETER);
        }
        at += n;
        if (i + 1 < o->Drivers && at < MAX_LIST - 1) {
            list[at++] = L' ';
        }
        list[at] = 0;
    }
    list[at] = 0;
    NTSTATUS status = SetValue(key, L"VerifyDrivers", REG_SZ, list, (ULONG)((at + 1) * sizeof(WCHAR)));
    if (NT_SUCCESS(status)) {
        status = SetValue(key, L"VerifyDriverLevel", REG_DWORD, &flags, sizeof(flags));
    }
    GaFree(list);
    if (!NT_SUCCESS(status)) {
        return Failed(out, status);
    }
    GaTextPut(out, "\r\nNew Verifier Settings:\r\n");
    Query(key, out);
    GaTextPut(out, "\r\nThe settings hold for drivers that are loaded from now on; unlike Windows, TinyNT needs no "
                   "restart.\r\nA driver that is loaded already is not verified.\r\n");
    return EXIT_CODE_SUCCESS;
}

int VerifierMain(int argc, char **argv, GA_TEXT *out)
{
    OPTIONS o;
    HANDLE key;
    Parse(&o, argc, argv);
    if (o.Problem != NULL) {
        GaTextPrint(out,
                    "verifier: %s\r\n\r\nusage: verifier /standard | /flags <0xN> {/driver NAME.sys [NAME.sys ...] | "
                    "/all}\r\n       verifier /query | /querysettings | /reset\r\n",
                    o.Problem);
        return EXIT_CODE_ERROR;
    }
    NTSTATUS status = OpenSettings(&key);
    if (!NT_SUCCESS(status)) {
        return Failed(out, status);
    }
    int code = o.Query ? Query(key, out) : o.Reset ? Reset(key, out) : Set(key, &o, argv, out);
    ZwClose(key);
    return code;
}
