/* The drivers that the loader brought into memory, because there is no file system yet. */
#include "iop.h"

static const WCHAR IopServicesKey[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";
static const WCHAR IopDriversPath[] = L"\\SystemRoot\\System32\\drivers\\";

/* "10-ramdisk.sys": the number orders the files, it is no part of the name. */
static PCSTR IopModuleName(PCSTR name)
{
    PCSTR p = name;
    while (*p >= '0' && *p <= '9') {
        p++;
    }
    return p != name && *p == '-' ? p + 1 : name;
}

static void IopAppendAnsi(PWSTR to, ULONG room, PCSTR text, SIZE_T length)
{
    SIZE_T at = wcslen(to);
    for (SIZE_T i = 0; i < length && at + 1 < room; i++) {
        to[at++] = (UCHAR)text[i];
    }
    to[at] = 0;
}

static NTSTATUS IopSetService(PCWSTR key, PCWSTR path)
{
    UNICODE_STRING name, value;
    OBJECT_ATTRIBUTES oa = {0};
    ULONG type = 1, start = 0;
    HANDLE h;
    RtlInitUnicodeString(&name, key);
    oa.Length = sizeof(oa);
    oa.ObjectName = &name;
    oa.Attributes = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
    NTSTATUS status = NtCreateKey(&h, 0xF003F, &oa, 0, NULL, 0, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    RtlInitUnicodeString(&value, L"ImagePath");
    status = NtSetValueKey(h, &value, 0, REG_EXPAND_SZ, (PVOID)path, (ULONG)((wcslen(path) + 1) * sizeof(WCHAR)));
    RtlInitUnicodeString(&value, L"Type");
    if (NT_SUCCESS(status)) {
        status = NtSetValueKey(h, &value, 0, REG_DWORD, &type, sizeof(type));
    }
    RtlInitUnicodeString(&value, L"Start");
    if (NT_SUCCESS(status)) {
        status = NtSetValueKey(h, &value, 0, REG_DWORD, &start, sizeof(start));
    }
    NtClose(h);
    return status;
}

static NTSTATUS IopLoadBootModule(PCSTR name, ULONG64 physical, ULONG64 size)
{
    WCHAR key[128], path[128];
    UNICODE_STRING keyName;
    SIZE_T length = strlen(name);
    memcpy(key, IopServicesKey, sizeof(IopServicesKey));
    memcpy(path, IopDriversPath, sizeof(IopDriversPath));
    IopAppendAnsi(key, ARRAYSIZE(key), name, length - 4);   /* without .sys */
    IopAppendAnsi(path, ARRAYSIZE(path), name, length);
    NTSTATUS status = IopSetService(key, path);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    PVOID file = MmMapIoSpace(physical, size, 1 /* MmCached */);
    if (file == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlInitUnicodeString(&keyName, key);
    status = IopLoadDriver(&keyName, file, size);
    MmUnmapIoSpace(file, size);
    return status;
}

NTSTATUS IopInitializeBootDrivers(PLOADER_BLOCK loader)
{
    for (ULONG i = 0; i < loader->ModuleCount && i < LOADER_MAX_MODULES; i++) {
        CHAR name[sizeof(loader->Modules[i].Name) + 1];
        memcpy(name, loader->Modules[i].Name, sizeof(loader->Modules[i].Name));
        name[sizeof(name) - 1] = 0;
        PCSTR module = IopModuleName(name);
        SIZE_T length = strlen(module);
        if (length <= 4 || _stricmp(module + length - 4, ".sys") != 0) {
            continue;
        }
        NTSTATUS status = IopLoadBootModule(module, loader->Modules[i].Physical, loader->Modules[i].Size);
        if (!NT_SUCCESS(status)) {
            CHAR problem[1024];
            IoQueryLastLoadProblem(problem, sizeof(problem));
            DbgPrint("The boot driver %s failed (status 0x%08lx): %s\n", module, (ULONG)status, problem);
            KeBugCheckEx(INACCESSIBLE_BOOT_DEVICE, (ULONG_PTR)module, (ULONG)status, 0, 0);
        }
        PnpStartBootDevices();
    }
    return STATUS_SUCCESS;
}
