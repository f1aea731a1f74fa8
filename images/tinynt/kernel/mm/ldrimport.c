/* Imports: by name or ordinal from the modules already loaded. All that is missing is collected
   before the load fails, so that one attempt names everything. */
#include "ldr.h"

typedef struct _IMAGE_IMPORT_DESCRIPTOR {
    ULONG OriginalFirstThunk, TimeDateStamp, ForwarderChain, Name, FirstThunk;
} IMAGE_IMPORT_DESCRIPTOR, *PIMAGE_IMPORT_DESCRIPTOR;

typedef struct _IMAGE_EXPORT_DIRECTORY {
    ULONG Characteristics, TimeDateStamp;
    USHORT MajorVersion, MinorVersion;
    ULONG Name, Base, NumberOfFunctions, NumberOfNames, AddressOfFunctions, AddressOfNames, AddressOfNameOrdinals;
} IMAGE_EXPORT_DIRECTORY, *PIMAGE_EXPORT_DIRECTORY;

#define IMAGE_ORDINAL_FLAG64 0x8000000000000000ULL

/* A loaded module seen as an image, for the bounds-checking helpers. */
static BOOLEAN MiViewModule(PKLDR_DATA_TABLE_ENTRY module, PLDR_IMAGE view)
{
    view->Base = module->DllBase;
    view->Size = module->SizeOfImage;
    view->Problem[0] = view->Name[0] = 0;
    PIMAGE_DOS_HEADER dos = LdrpAt(view, 0, sizeof(*dos));
    view->Headers = dos != NULL ? LdrpAt(view, (ULONG)dos->e_lfanew, sizeof(IMAGE_NT_HEADERS64)) : NULL;
    return view->Headers != NULL;
}

static PVOID MiExportByIndex(PLDR_IMAGE view, PIMAGE_EXPORT_DIRECTORY dir, ULONG dirSize, ULONG index)
{
    PULONG functions = LdrpAt(view, dir->AddressOfFunctions, (SIZE_T)dir->NumberOfFunctions * sizeof(ULONG));
    if (functions == NULL || index >= dir->NumberOfFunctions || functions[index] == 0 ||
        functions[index] >= view->Size) {
        return NULL;
    }
    PUCHAR at = view->Base + functions[index];
    if (at >= (PUCHAR)dir && at < (PUCHAR)dir + dirSize) {
        return NULL;        /* a forwarder; the kernel has none */
    }
    return at;
}

/* `name` NULL: by ordinal. */
static PVOID MiFindExport(PLDR_IMAGE view, PCSTR name, ULONG ordinal)
{
    PIMAGE_EXPORT_DIRECTORY dir;
    ULONG size;
    if (!NT_SUCCESS(LdrpDirectory(view, IMAGE_DIRECTORY_ENTRY_EXPORT, (PVOID *)&dir, &size)) || dir == NULL ||
        size < sizeof(*dir)) {
        return NULL;
    }
    if (name == NULL) {
        return ordinal >= dir->Base ? MiExportByIndex(view, dir, size, ordinal - dir->Base) : NULL;
    }
    PULONG names = LdrpAt(view, dir->AddressOfNames, (SIZE_T)dir->NumberOfNames * sizeof(ULONG));
    PUSHORT ordinals = LdrpAt(view, dir->AddressOfNameOrdinals, (SIZE_T)dir->NumberOfNames * sizeof(USHORT));
    if (names == NULL || ordinals == NULL) {
        return NULL;
    }
    for (LONG64 low = 0, high = (LONG64)dir->NumberOfNames - 1; low <= high;) {
        LONG64 middle = (low + high) / 2;
        PCSTR text = LdrpString(view, names[middle]);
        int order = text != NULL ? strcmp(name, text) : -1;
        if (order == 0) {
            return MiExportByIndex(view, dir, size, ordinals[middle]);
        }
        if (order < 0) {
            high = middle - 1;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

PVOID MiFindExportedRoutine(PKLDR_DATA_TABLE_ENTRY module, PCSTR name, ULONG ordinal)
{
    PLDR_IMAGE view = ExAllocatePoolWithTag(NonPagedPool, sizeof(*view), 'dLmM');
    PVOID found = view != NULL && MiViewModule(module, view) ? MiFindExport(view, name, ordinal) : NULL;
    if (view != NULL) {
        ExFreePoolWithTag(view, 'dLmM');
    }
    return found;
}

static BOOLEAN MiNameEquals(PUNICODE_STRING wide, PCSTR text)
{
    ULONG chars = wide->Length / sizeof(WCHAR), i = 0;
    for (; i < chars && text[i] != 0; i++) {
        if (RtlUpcaseUnicodeChar(wide->Buffer[i]) != RtlUpcaseUnicodeChar((UCHAR)text[i])) {
            return FALSE;
        }
    }
    return i == chars && text[i] == 0;
}

/* The kernel is the first module, and answers for the HAL too, as it does since Windows 10 2004. */
static PKLDR_DATA_TABLE_ENTRY MiFindModule(PCSTR name)
{
    static const PCSTR kernels[] = {"ntoskrnl.exe", "hal.dll", "ntkrnlmp.exe"};
    for (ULONG i = 0; i < ARRAYSIZE(kernels); i++) {
        if (_stricmp(name, kernels[i]) == 0 && !IsListEmpty(&PsLoadedModuleList)) {
            return CONTAINING_RECORD(PsLoadedModuleList.Flink, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        }
    }
    for (PLIST_ENTRY e = PsLoadedModuleList.Flink; e != &PsLoadedModuleList; e = e->Flink) {
        PKLDR_DATA_TABLE_ENTRY module = CONTAINING_RECORD(e, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        if (MiNameEquals(&module->BaseDllName, name)) {
            return module;
        }
    }
    return NULL;
}

static void MiMissing(PLDR_IMAGE image, PULONG missing, PCSTR dll, PCSTR name, ULONG ordinal)
{
    LdrpProblem(image, (*missing)++ == 0 ? "%s needs " : ", ", image->Name);
    if (name != NULL) {
        LdrpProblem(image, "%s!%s", dll, name);
    } else {
        LdrpProblem(image, "%s!#%u", dll, ordinal);
    }
}

static NTSTATUS MiDamagedImports(PLDR_IMAGE image)
{
    image->Problem[0] = 0;
    LdrpProblem(image, "%s has damaged imports", image->Name);
    return STATUS_INVALID_IMAGE_FORMAT;
}

/* One DLL's thunks. `view` is NULL when the DLL itself is not there. */
static NTSTATUS MiSnapThunks(PLDR_IMAGE image, PIMAGE_IMPORT_DESCRIPTOR d, PCSTR dll, PLDR_IMAGE view, PULONG missing)
{
    ULONG lookup = d->OriginalFirstThunk != 0 ? d->OriginalFirstThunk : d->FirstThunk, address = d->FirstThunk;
    for (;; lookup += sizeof(ULONG64), address += sizeof(ULONG64)) {
        PULONG64 from = LdrpAt(image, lookup, sizeof(ULONG64)), to = LdrpAt(image, address, sizeof(ULONG64));
        if (from == NULL || to == NULL) {
            return MiDamagedImports(image);
        }
        if (*from == 0) {
            return STATUS_SUCCESS;
        }
        PCSTR name = NULL;
        ULONG ordinal = *from & 0xFFFF;
        if (!(*from & IMAGE_ORDINAL_FLAG64)) {
            name = *from < image->Size - 2 ? LdrpString(image, (ULONG)*from + 2) : NULL;    /* behind the hint */
            if (name == NULL) {
                return MiDamagedImports(image);
            }
        }
        PVOID target = view != NULL ? MiFindExport(view, name, ordinal) : NULL;
        PVOID thunk = image->Verified && target != NULL && name != NULL ? VfThunkFindExportAddress(name) : NULL;
        target = thunk != NULL ? thunk : target;
        if (target == NULL) {
            MiMissing(image, missing, dll, name, ordinal);
        } else {
            *to = (ULONG64)target;
        }
    }
}

NTSTATUS MiResolveImageReferences(PLDR_IMAGE image)
{
    PIMAGE_IMPORT_DESCRIPTOR d;
    ULONG size, missing = 0;
    NTSTATUS status = LdrpDirectory(image, IMAGE_DIRECTORY_ENTRY_IMPORT, (PVOID *)&d, &size);
    if (!NT_SUCCESS(status) || d == NULL) {
        return status;
    }
    PLDR_IMAGE view = ExAllocatePoolWithTag(NonPagedPool, sizeof(*view), 'dLmM');
    if (view == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ULONG rva = (ULONG)((PUCHAR)d - image->Base);
    for (; NT_SUCCESS(status); rva += sizeof(*d)) {
        d = LdrpAt(image, rva, sizeof(*d));
        if (d == NULL) {
            status = MiDamagedImports(image);
            break;
        }
        if (d->Name == 0 || d->FirstThunk == 0) {
            break;
        }
        PCSTR dll = LdrpString(image, d->Name);
        if (dll == NULL) {
            status = MiDamagedImports(image);
            break;
        }
        PKLDR_DATA_TABLE_ENTRY module = MiFindModule(dll);
        BOOLEAN there = module != NULL && MiViewModule(module, view);
        status = MiSnapThunks(image, d, dll, there ? view : NULL, &missing);
    }
    ExFreePoolWithTag(view, 'dLmM');
    if (NT_SUCCESS(status) && missing != 0) {
        if (strlen(image->Problem) > sizeof(image->Problem) - 80) {     /* there were more */
            image->Problem[sizeof(image->Problem) - 80] = 0;
            LdrpProblem(image, "...");
        }
        LdrpProblem(image, ", which this kernel does not have");
        status = STATUS_DRIVER_ENTRYPOINT_NOT_FOUND;
    }
    return status;
}
