/* Which drivers are verified. Windows reads the settings at boot; here they are read whenever an
   image is loaded, so that they hold for the next driver without a restart. */
#include "vf.h"

#define SETTINGS L"\\Registry\\Machine\\System\\CurrentControlSet\\Control\\Session Manager\\Memory Management"

MM_DRIVER_VERIFIER_DATA MmVerifierData;
LIST_ENTRY VfSuspectDriversList = {&VfSuspectDriversList, &VfSuspectDriversList};

static BOOLEAN ViIsSeparator(WCHAR c) { return c == L' ' || c == L'\t' || c == L',' || c == L';'; }

/* `list`: names with their extension, separated by blanks; `*` means all. */
static BOOLEAN ViListNames(PUNICODE_STRING list, PUNICODE_STRING name)
{
    UNICODE_STRING star;
    RtlInitUnicodeString(&star, L"*");
    ULONG chars = list->Length / sizeof(WCHAR);
    for (ULONG at = 0; at < chars;) {
        if (ViIsSeparator(list->Buffer[at])) {
            at++;
            continue;
        }
        UNICODE_STRING one = {.Buffer = list->Buffer + at};
        while (at < chars && !ViIsSeparator(list->Buffer[at])) {
            at++;
            one.Length += sizeof(WCHAR);
        }
        one.MaximumLength = one.Length;
        if (RtlEqualUnicodeString(&one, name, TRUE) || RtlEqualUnicodeString(&one, &star, TRUE)) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN VfIsDriverSuspect(PUNICODE_STRING baseName)
{
    UNICODE_STRING key, list;
    ULONG level = 0;
    RtlInitUnicodeString(&key, SETTINGS);
    if (!NT_SUCCESS(CmpQueryString(&key, L"VerifyDrivers", &list))) {
        return FALSE;
    }
    BOOLEAN suspect = ViListNames(&list, baseName);
    ExFreePool(list.Buffer);
    if (suspect && NT_SUCCESS(CmpQueryDword(&key, L"VerifyDriverLevel", &level))) {
        MmVerifierData.Level = level;
    }
    return suspect;
}

static PVF_SUSPECT_DRIVER_ENTRY VfSuspectDriversAllocateEntry(PUNICODE_STRING name)
{
    for (PLIST_ENTRY e = VfSuspectDriversList.Flink; e != &VfSuspectDriversList; e = e->Flink) {
        PVF_SUSPECT_DRIVER_ENTRY s = CONTAINING_RECORD(e, VF_SUSPECT_DRIVER_ENTRY, Links);
        if (RtlEqualUnicodeString(&s->BaseName, name, TRUE)) {
            return s;
        }
    }
    PVF_SUSPECT_DRIVER_ENTRY s = ExAllocatePoolZero(NonPagedPool, sizeof(*s) + name->Length, 'tsfV');
    if (s != NULL) {
        s->BaseName.Buffer = (PWSTR)(s + 1);
        s->BaseName.Length = s->BaseName.MaximumLength = name->Length;
        memcpy(s->BaseName.Buffer, name->Buffer, name->Length);
        InsertTailList(&VfSuspectDriversList, &s->Links);
    }
    return s;
}

/* Both with the module list locked. */
void VfDriverLoadImage(PKLDR_DATA_TABLE_ENTRY module)
{
    static BOOLEAN initialized;
    if (!initialized) {
        initialized = TRUE;
        ViKeInitializeIrqlLog();
        ViPoolInitialize();
        IovInitialize();
    }
    module->Flags |= LDRP_IMAGE_VERIFYING;
    VF_COUNT(Loads);
    PVF_SUSPECT_DRIVER_ENTRY s = VfSuspectDriversAllocateEntry(&module->BaseDllName);
    if (s != NULL) {
        s->Loads++;
    }
}

VF_FRAME void VfDriverUnloadImage(PKLDR_DATA_TABLE_ENTRY module)
{
    if (!(module->Flags & LDRP_IMAGE_VERIFYING)) {
        return;
    }
    VF_COUNT(Unloads);
    PVF_SUSPECT_DRIVER_ENTRY s = VfSuspectDriversAllocateEntry(&module->BaseDllName);
    if (s != NULL) {
        s->Unloads++;
    }
    ULONG left = ViPoolCountOf(module);
    if (left != 0 && VfOption(DRIVER_VERIFIER_TRACK_POOL_ALLOCATIONS)) {
        KiBugCheckDriver = &module->BaseDllName;
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x62, (ULONG64)module->BaseDllName.Buffer,
                                      (ULONG64)module, left);
    }
}

PVOID VfThunkFindExportAddress(PCSTR name)
{
    static const VF_THUNK *const tables[] = {VfIrqlThunks, VfWaitThunks, VfPoolThunks, VfIoThunks};
    for (ULONG t = 0; t < ARRAYSIZE(tables); t++) {
        for (const VF_THUNK *thunk = tables[t]; thunk->Name != NULL; thunk++) {
            if (strcmp(thunk->Name, name) == 0) {
                return thunk->Routine;
            }
        }
    }
    return NULL;
}
