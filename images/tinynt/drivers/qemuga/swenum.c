/* swenum.exe: plugs devices into the virtual bus and out of it. Windows has no program of this name;
   there, the same is done with a device installation API. The exit code is a Win32 error. */
#include "agent.h"
#include "sccommand.h"
#include "utf.h"
#include "../swenum/swenum.h"
#include <string.h>

#define START_LIMIT 10000               /* ms that a device may take to start or to go */
#define UNPLUG_LIMIT 2000

static NTSTATUS Control(ULONG code, PCWSTR name)
{
    UNICODE_STRING bus = RTL_CONSTANT_STRING(L"\\Device\\SwEnum");
    OBJECT_ATTRIBUTES oa;
    IO_STATUS_BLOCK iosb;
    HANDLE h;
    InitializeObjectAttributes(&oa, &bus, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS status = ZwOpenFile(&h, GENERIC_READ | SYNCHRONIZE, &oa, &iosb, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                 FILE_SYNCHRONOUS_IO_NONALERT);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = ZwDeviceIoControlFile(h, NULL, NULL, NULL, &iosb, code, (PVOID)name,
                                   (ULONG)((wcslen(name) + 1) * sizeof(WCHAR)), NULL, 0);
    ZwClose(h);
    return status;
}

static NTSTATUS SetText(HANDLE key, PCWSTR name, ULONG type, PCWSTR text, SIZE_T chars)
{
    UNICODE_STRING n;
    RtlInitUnicodeString(&n, name);
    return ZwSetValueKey(key, &n, 0, type, (PVOID)text, (ULONG)(chars * sizeof(WCHAR)));
}

static NTSTATUS CreateKey(PWCHAR path, HANDLE *key)
{
    UNICODE_STRING n;
    OBJECT_ATTRIBUTES oa;
    RtlInitUnicodeString(&n, path);
    InitializeObjectAttributes(&oa, &n, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateKey(key, KEY_ALL_ACCESS, &oa, 0, NULL, 0, NULL);
}

/* Enum\SW\<name>\0 with its service and upper filters: what a device's installation leaves. */
static NTSTATUS Install(PCWSTR name, int argc, char **argv)
{
    WCHAR path[160] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\SW", text[256];
    HANDLE key;
    SIZE_T at = 0;
    NTSTATUS status = CreateKey(path, &key);
    for (ULONG i = 0; i < 2 && NT_SUCCESS(status); i++) {
        ZwClose(key);
        wcscat(path, L"\\");
        wcscat(path, i == 0 ? name : L"0");
        status = CreateKey(path, &key);
    }
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (Utf8ToUtf16(argv[0], text, ARRAYSIZE(text)) == (SIZE_T)-1) {
        status = STATUS_NAME_TOO_LONG;
    } else {
        status = SetText(key, L"Service", REG_SZ, text, wcslen(text) + 1);
    }
    for (int i = 1; i < argc && NT_SUCCESS(status); i++) {
        if (at + strlen(argv[i]) + 2 > ARRAYSIZE(text) ||
            Utf8ToUtf16(argv[i], text + at, ARRAYSIZE(text) - at - 1) == (SIZE_T)-1) {
            status = STATUS_NAME_TOO_LONG;
        } else {
            at += wcslen(text + at) + 1;
        }
    }
    if (NT_SUCCESS(status) && argc > 1) {
        text[at++] = 0;
        status = SetText(key, L"UpperFilters", REG_MULTI_SZ, text, at);
    }
    ZwClose(key);
    return status;
}

/* Until the bus says something else than `now`, or too much time has gone by. */
static NTSTATUS WaitWhile(PCWSTR name, NTSTATUS now, ULONG limit)
{
    LARGE_INTEGER interval = {.QuadPart = -10 * 10000};
    NTSTATUS status = Control(IOCTL_SWENUM_QUERY, name);
    for (ULONG ms = 0; status == now && ms < limit; ms += 10) {
        KeDelayExecutionThread(KernelMode, FALSE, &interval);
        status = Control(IOCTL_SWENUM_QUERY, name);
    }
    return status;
}

static int Usage(GA_TEXT *out)
{
    GaTextPut(out, "usage: swenum plug NAME SERVICE [UPPER-FILTER]...   a device with these drivers appears\r\n"
                   "       swenum unplug NAME                          it is gone, without a warning\r\n"
                   "       swenum eject NAME                           it is removed, if its drivers agree\r\n");
    return 87;
}

int SwenumMain(int argc, char **argv, GA_TEXT *out)
{
    WCHAR name[SWENUM_NAME_CHARS];
    NTSTATUS status;
    if (argc < 2 || strchr(argv[1], '\\') != NULL || Utf8ToUtf16(argv[1], name, ARRAYSIZE(name)) == (SIZE_T)-1) {
        return Usage(out);
    }
    if (GaSameText(argv[0], "plug") && argc > 2) {
        status = Install(name, argc - 2, argv + 2);
        if (NT_SUCCESS(status)) {
            status = Control(IOCTL_SWENUM_PLUG, name);
        }
        if (NT_SUCCESS(status)) {
            status = WaitWhile(name, STATUS_DEVICE_NOT_READY, START_LIMIT);
        }
    } else if (GaSameText(argv[0], "unplug") && argc == 2) {
        status = Control(IOCTL_SWENUM_UNPLUG, name);
        /* The drivers get a moment, but the device is gone whatever they do. */
        if (NT_SUCCESS(status) && WaitWhile(name, STATUS_DELETE_PENDING, UNPLUG_LIMIT) == STATUS_DELETE_PENDING) {
            GaTextPut(out, "The device's drivers are still busy with its removal.\r\n");
        }
    } else if (GaSameText(argv[0], "eject") && argc == 2) {
        status = Control(IOCTL_SWENUM_EJECT, name);
        if (NT_SUCCESS(status)) {
            /* Started, then for a moment removed but still there, then on its way out, then gone. */
            status = WaitWhile(name, STATUS_SUCCESS, START_LIMIT);
            if (status == STATUS_DEVICE_CONFIGURATION_ERROR) {
                status = WaitWhile(name, STATUS_DEVICE_CONFIGURATION_ERROR, START_LIMIT);
            }
            if (status == STATUS_DELETE_PENDING) {
                status = WaitWhile(name, STATUS_DELETE_PENDING, START_LIMIT);
            }
            status = status == STATUS_NO_SUCH_DEVICE ? STATUS_SUCCESS
                     : NT_SUCCESS(status)            ? STATUS_DEVICE_BUSY
                                                     : status;
        }
    } else {
        return Usage(out);
    }
    if (NT_SUCCESS(status)) {
        return 0;
    }
    ULONG error = RtlNtStatusToDosError(status);
    GaTextPrint(out, "swenum: %s %s: %s (status 0x%08lx)\r\n", argv[0], argv[1], GaErrorText(error), (ULONG)status);
    return error != 0 ? (int)error : 31;
}
