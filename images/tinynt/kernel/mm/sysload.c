/* MmLoadSystemImage, MmUnloadSystemImage: from a PE file to a module and back. */
#include "ldr.h"
#include "mi.h"

#define IMAGE_PROTECTION(c) \
    (((c) & IMAGE_SCN_MEM_WRITE ? MM_READWRITE : MM_READONLY) | ((c) & IMAGE_SCN_MEM_EXECUTE ? MM_EXECUTE : 0))
#define DEFAULT_SECURITY_COOKIE 0x00002B992DDFA232ULL
#define SECURITY_COOKIE_OFFSET 0x58     /* in IMAGE_LOAD_CONFIG_DIRECTORY64 */

static void MiLastComponent(PUNICODE_STRING path, PUNICODE_STRING base)
{
    ULONG chars = path->Length / sizeof(WCHAR), at = chars;
    while (at > 0 && path->Buffer[at - 1] != L'\\') {
        at--;
    }
    base->Buffer = path->Buffer + at;
    base->Length = base->MaximumLength = (USHORT)((chars - at) * sizeof(WCHAR));
}

static void MiCopyImage(PLDR_IMAGE image, PUCHAR file)
{
    memcpy(image->Base, file, image->Headers->OptionalHeader.SizeOfHeaders);
    for (ULONG i = 0; i < image->SectionCount; i++) {
        PIMAGE_SECTION_HEADER s = &image->Sections[i];
        ULONG64 room = ALIGN_UP(s->Misc.VirtualSize != 0 ? s->Misc.VirtualSize : s->SizeOfRawData, PAGE_SIZE);
        memcpy(image->Base + s->VirtualAddress, file + s->PointerToRawData, min((ULONG64)s->SizeOfRawData, room));
    }
    /* From now on the mapping's own headers count. */
    image->Headers = (PIMAGE_NT_HEADERS64)(image->Base + ((PUCHAR)image->Headers - file));
    image->Sections = (PIMAGE_SECTION_HEADER)(image->Base + ((PUCHAR)image->Sections - file));
}

/* /GS code bugchecks when its cookie still is the linker's. */
static NTSTATUS MiInitializeSecurityCookie(PLDR_IMAGE image)
{
    PUCHAR config;
    ULONG size;
    NTSTATUS status = LdrpDirectory(image, IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG, (PVOID *)&config, &size);
    if (!NT_SUCCESS(status) || config == NULL || size < SECURITY_COOKIE_OFFSET + sizeof(ULONG64)) {
        return status;
    }
    ULONG64 address;
    memcpy(&address, config + SECURITY_COOKIE_OFFSET, sizeof(address));
    PULONG64 cookie = LdrpFixupAt(image, address - (ULONG64)image->Base, sizeof(*cookie));
    if (cookie != NULL && *cookie == DEFAULT_SECURITY_COOKIE) {
        *cookie = MiRandom() & 0x0000FFFFFFFFFFFFULL;
    }
    return STATUS_SUCCESS;
}

static SIZE_T MiSectionPages(PIMAGE_SECTION_HEADER s)
{
    return BYTES_TO_PAGES(s->Misc.VirtualSize != 0 ? s->Misc.VirtualSize : s->SizeOfRawData);
}

static BOOLEAN MiIsPageable(PIMAGE_SECTION_HEADER s) { return memcmp(s->Name, "PAGE", 4) == 0; }

/* Final protections; what the driver's author put into PAGE sections may be paged out. */
static void MiSetImageProtection(PLDR_IMAGE image)
{
    for (ULONG i = 0; i < image->SectionCount; i++) {
        PIMAGE_SECTION_HEADER s = &image->Sections[i];
        PUCHAR at = image->Base + s->VirtualAddress;
        if (MiSectionPages(s) == 0) {
            continue;
        }
        MiProtectRange(at, MiSectionPages(s), IMAGE_PROTECTION(s->Characteristics));
        if (MiIsPageable(s)) {
            MiMakePageable(at, MiSectionPages(s));
        }
    }
    MiProtectRange(image->Base, BYTES_TO_PAGES(image->Headers->OptionalHeader.SizeOfHeaders), MM_READONLY);
}

static PKLDR_DATA_TABLE_ENTRY MiConstructLoaderEntry(PLDR_IMAGE image, PUNICODE_STRING name, PUNICODE_STRING base)
{
    PKLDR_DATA_TABLE_ENTRY entry =
        ExAllocatePoolWithTag(NonPagedPool, sizeof(*entry) + base->Length + sizeof(WCHAR), 'dLmM');
    PWSTR full = ExAllocatePoolWithTag(NonPagedPool, name->Length + sizeof(WCHAR), 'dLmM');
    if (entry == NULL || full == NULL) {
        if (entry != NULL) {
            ExFreePoolWithTag(entry, 'dLmM');
        }
        if (full != NULL) {
            ExFreePoolWithTag(full, 'dLmM');
        }
        return NULL;
    }
    RtlZeroMemory(entry, sizeof(*entry));
    memcpy(full, name->Buffer, name->Length);
    full[name->Length / sizeof(WCHAR)] = 0;
    entry->FullDllName.Buffer = full;
    entry->FullDllName.Length = name->Length;
    entry->FullDllName.MaximumLength = name->Length + sizeof(WCHAR);
    entry->BaseDllName.Buffer = (PWSTR)(entry + 1);
    memcpy(entry->BaseDllName.Buffer, base->Buffer, base->Length);
    entry->BaseDllName.Buffer[base->Length / sizeof(WCHAR)] = 0;
    entry->BaseDllName.Length = base->Length;
    entry->BaseDllName.MaximumLength = base->Length + sizeof(WCHAR);
    PVOID table;
    ULONG size;
    if (NT_SUCCESS(LdrpDirectory(image, IMAGE_DIRECTORY_ENTRY_EXCEPTION, &table, &size)) && table != NULL) {
        entry->ExceptionTable = table;
        entry->ExceptionTableSize = size;
    }
    PIMAGE_OPTIONAL_HEADER64 o = &image->Headers->OptionalHeader;
    entry->DllBase = image->Base;
    entry->EntryPoint = image->Base + o->AddressOfEntryPoint;
    entry->SizeOfImage = image->Size;
    entry->SizeOfImageNotRounded = o->SizeOfImage;
    entry->CheckSum = o->CheckSum;
    entry->TimeDateStamp = image->Headers->FileHeader.TimeDateStamp;
    entry->LoadCount = 1;
    return entry;
}

static BOOLEAN MiIsLoaded(PUNICODE_STRING base)
{
    for (PLIST_ENTRY e = PsLoadedModuleList.Flink; e != &PsLoadedModuleList; e = e->Flink) {
        if (RtlEqualUnicodeString(&CONTAINING_RECORD(e, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks)->BaseDllName, base,
                                  TRUE)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* With the module list locked: map, fix up, link in. */
static NTSTATUS MiMapSystemImage(PLDR_IMAGE image, PUNICODE_STRING name, PUNICODE_STRING base, PUCHAR file,
                                 PKLDR_DATA_TABLE_ENTRY *entry)
{
    if (MiIsLoaded(base)) {
        LdrpProblem(image, "%s is already loaded", image->Name);
        return STATUS_IMAGE_ALREADY_LOADED;
    }
    SIZE_T pages = BYTES_TO_PAGES(image->Size);
    image->Base = MiReserveImageSpace(pages);
    if (image->Base == NULL || !MiCommitRange(image->Base, pages, MM_READWRITE)) {
        LdrpProblem(image, "%s does not fit into memory", image->Name);
        return STATUS_NO_MEMORY;
    }
    MiCopyImage(image, file);
    NTSTATUS status = LdrRelocateImage(image);
    if (NT_SUCCESS(status)) {
        status = MiResolveImageReferences(image);
    }
    if (NT_SUCCESS(status)) {
        status = MiInitializeSecurityCookie(image);
    }
    if (NT_SUCCESS(status)) {
        *entry = MiConstructLoaderEntry(image, name, base);
        status = *entry != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!NT_SUCCESS(status)) {
        MiDecommitRange(image->Base, pages);
        return status;
    }
    MiSetImageProtection(image);
    if (image->Verified) {
        VfDriverLoadImage(*entry);
    }
    InsertTailList(&PsLoadedModuleList, &(*entry)->InLoadOrderLinks);
    return STATUS_SUCCESS;
}

__attribute__((noinline, disable_tail_calls)) NTSTATUS MmLoadSystemImage(PUNICODE_STRING name, PVOID file, SIZE_T size,
                                                                         PKLDR_DATA_TABLE_ENTRY *entry, PSTR *problem)
{
    UNICODE_STRING base;
    PLDR_IMAGE image = ExAllocatePoolWithTag(NonPagedPool, sizeof(*image), 'dLmM');
    *entry = NULL;
    if (problem != NULL) {
        *problem = NULL;
    }
    if (image == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(image, sizeof(*image));
    MiLastComponent(name, &base);
    for (ULONG i = 0; i < base.Length / sizeof(WCHAR) && i < sizeof(image->Name) - 1; i++) {
        image->Name[i] = (CHAR)base.Buffer[i];
    }

    NTSTATUS status = LdrpValidateFile(image, file, size);
    if (NT_SUCCESS(status)) {
        image->Verified = VfIsDriverSuspect(&base);
        KeEnterCriticalRegion();
        ExAcquireResourceExclusiveLite(&PsLoadedModuleResource, TRUE);
        status = MiMapSystemImage(image, name, &base, file, entry);
        ExReleaseResourceLite(&PsLoadedModuleResource);
        KeLeaveCriticalRegion();
    }
    if (!NT_SUCCESS(status) && problem != NULL && image->Problem[0] != 0) {
        SIZE_T bytes = strlen(image->Problem) + 1;
        *problem = ExAllocatePoolWithTag(NonPagedPool, bytes, 'dLmM');
        if (*problem != NULL) {
            memcpy(*problem, image->Problem, bytes);
        }
    }
    ExFreePoolWithTag(image, 'dLmM');
    return status;
}

/* The address range stays reserved: a call into it faults for ever after. */
__attribute__((noinline, disable_tail_calls)) void MmUnloadSystemImage(PKLDR_DATA_TABLE_ENTRY entry)
{
    PUCHAR base = entry->DllBase;
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&PsLoadedModuleResource, TRUE);
    VfDriverUnloadImage(entry);
    RemoveEntryList(&entry->InLoadOrderLinks);
    MiFlushAll();       /* stack walks on other processors are done with it */
    MiRememberUnloadedDriver(&entry->BaseDllName, base, entry->SizeOfImage);
    PIMAGE_NT_HEADERS64 nt = (PIMAGE_NT_HEADERS64)(base + ((PIMAGE_DOS_HEADER)base)->e_lfanew);
    PIMAGE_SECTION_HEADER s =
        (PIMAGE_SECTION_HEADER)((PUCHAR)&nt->OptionalHeader + nt->FileHeader.SizeOfOptionalHeader);
    for (ULONG i = 0; i < nt->FileHeader.NumberOfSections; i++) {
        if (MiIsPageable(&s[i]) && MiSectionPages(&s[i]) != 0) {
            MiEndPageable(base + s[i].VirtualAddress, MiSectionPages(&s[i]));
        }
    }
    MiDecommitRange(base, BYTES_TO_PAGES(entry->SizeOfImage));
    ExReleaseResourceLite(&PsLoadedModuleResource);
    KeLeaveCriticalRegion();
    ExFreePoolWithTag(entry->FullDllName.Buffer, 'dLmM');
    ExFreePoolWithTag(entry, 'dLmM');
}
