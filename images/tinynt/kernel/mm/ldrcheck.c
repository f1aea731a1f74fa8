/* Is this file a driver for this machine? Every offset and size is checked before use. */
#include "ldr.h"

#define IMAGE_FILE_MACHINE_I386 0x014C
#define IMAGE_FILE_MACHINE_AMD64 0x8664
#define IMAGE_FILE_RELOCS_STRIPPED 0x0001
#define IMAGE_FILE_EXECUTABLE_IMAGE 0x0002
#define IMAGE_SUBSYSTEM_NATIVE 1
#define LDR_LARGEST_IMAGE 0x8000000

void LdrpProblem(PLDR_IMAGE image, PCSTR format, ...)
{
    SIZE_T used = strlen(image->Problem), room = sizeof(image->Problem) - used;
    va_list args;
    va_start(args, format);
    if (room > 1) {
        _vsnprintf(image->Problem + used, room - 1, format, args);
        image->Problem[sizeof(image->Problem) - 1] = 0;
    }
    va_end(args);
}

static NTSTATUS LdrpReject(PLDR_IMAGE image, NTSTATUS status, PCSTR why)
{
    LdrpProblem(image, "%s %s", image->Name, why);
    return status;
}

static NTSTATUS LdrpValidateSections(PLDR_IMAGE image, SIZE_T fileSize)
{
    PIMAGE_NT_HEADERS64 nt = image->Headers;
    ULONG64 next = ALIGN_UP(nt->OptionalHeader.SizeOfHeaders, PAGE_SIZE);
    BOOLEAN entry = FALSE;
    for (ULONG i = 0; i < image->SectionCount; i++) {
        PIMAGE_SECTION_HEADER s = &image->Sections[i];
        ULONG64 start = s->VirtualAddress, size = s->Misc.VirtualSize != 0 ? s->Misc.VirtualSize : s->SizeOfRawData;
        if (start % PAGE_SIZE != 0 || start < next || start + size > image->Size) {
            return LdrpReject(image, STATUS_INVALID_IMAGE_FORMAT,
                              "has a section outside its image or on top of another");
        }
        if (s->SizeOfRawData != 0 &&
            (s->PointerToRawData > fileSize || s->SizeOfRawData > fileSize - s->PointerToRawData)) {
            return LdrpReject(image, STATUS_INVALID_IMAGE_FORMAT,
                              "is truncated: a section lies behind the end of the file");
        }
        ULONG at = nt->OptionalHeader.AddressOfEntryPoint;
        entry |= (s->Characteristics & IMAGE_SCN_MEM_EXECUTE) && at >= start && at < start + size;
        next = ALIGN_UP(start + size, PAGE_SIZE);
    }
    if (!entry) {
        return LdrpReject(image, STATUS_INVALID_IMAGE_FORMAT, "has no entry point in an executable section");
    }
    return STATUS_SUCCESS;
}

NTSTATUS LdrpValidateFile(PLDR_IMAGE image, PUCHAR file, SIZE_T size)
{
    PIMAGE_DOS_HEADER dos = (PIMAGE_DOS_HEADER)file;
    if (size < sizeof(*dos) || dos->e_magic != 0x5A4D) {
        return LdrpReject(image, STATUS_INVALID_IMAGE_FORMAT, "is not a PE file");
    }
    ULONG64 offset = (ULONG)dos->e_lfanew;
    ULONG fixed = FIELD_OFFSET(IMAGE_NT_HEADERS64, OptionalHeader);
    if (offset < sizeof(*dos) || offset % 4 != 0 || offset > size || size - offset < fixed) {
        return LdrpReject(image, STATUS_INVALID_IMAGE_FORMAT, "is not a PE file: its header lies outside");
    }
    PIMAGE_NT_HEADERS64 nt = image->Headers = (PIMAGE_NT_HEADERS64)(file + offset);
    if (nt->Signature != 0x4550) {
        return LdrpReject(image, STATUS_INVALID_IMAGE_FORMAT, "is not a PE file: no PE signature");
    }
    if (nt->FileHeader.Machine == IMAGE_FILE_MACHINE_I386) {
        return LdrpReject(image, STATUS_INVALID_IMAGE_WIN_32, "is a 32-bit image; this kernel loads x64 drivers");
    }
    if (nt->FileHeader.Machine != IMAGE_FILE_MACHINE_AMD64) {
        return LdrpReject(image, STATUS_INVALID_IMAGE_FORMAT, "is for another machine; this kernel loads x64 drivers");
    }
    if (nt->FileHeader.SizeOfOptionalHeader < sizeof(IMAGE_OPTIONAL_HEADER64) || size - offset < sizeof(*nt) ||
        nt->OptionalHeader.Magic != 0x20B || nt->OptionalHeader.NumberOfRvaAndSizes < 16) {
        return LdrpReject(image, STATUS_INVALID_IMAGE_FORMAT, "is not a PE32+ file");
    }
    ULONG64 table = offset + fixed + nt->FileHeader.SizeOfOptionalHeader;
    image->SectionCount = nt->FileHeader.NumberOfSections;
    if (image->SectionCount == 0 || image->SectionCount > 96 || nt->OptionalHeader.SizeOfHeaders > size ||
        table + image->SectionCount * sizeof(IMAGE_SECTION_HEADER) > nt->OptionalHeader.SizeOfHeaders) {
        return LdrpReject(image, STATUS_INVALID_IMAGE_FORMAT, "has a damaged section table");
    }
    image->Sections = (PIMAGE_SECTION_HEADER)(file + table);
    if (nt->OptionalHeader.SizeOfImage == 0 || nt->OptionalHeader.SizeOfImage > LDR_LARGEST_IMAGE ||
        nt->OptionalHeader.SizeOfHeaders > nt->OptionalHeader.SizeOfImage ||
        nt->OptionalHeader.SectionAlignment < PAGE_SIZE) {
        return LdrpReject(image, STATUS_INVALID_IMAGE_FORMAT, "has an impossible image size or alignment");
    }
    image->Size = (ULONG)ALIGN_UP(nt->OptionalHeader.SizeOfImage, PAGE_SIZE);
    if (!(nt->FileHeader.Characteristics & IMAGE_FILE_EXECUTABLE_IMAGE) ||
        nt->OptionalHeader.Subsystem != IMAGE_SUBSYSTEM_NATIVE) {
        return LdrpReject(image, STATUS_INVALID_IMAGE_FORMAT, "is not a driver (its subsystem is not native)");
    }
    if (nt->FileHeader.Characteristics & IMAGE_FILE_RELOCS_STRIPPED) {
        return LdrpReject(image, STATUS_INVALID_IMAGE_FORMAT, "has no relocations");
    }
    return LdrpValidateSections(image, size);
}

PVOID LdrpAt(PLDR_IMAGE image, ULONG rva, SIZE_T bytes)
{
    if (rva >= image->Size || bytes > image->Size - rva) {
        return NULL;
    }
    return image->Base + rva;
}

PVOID LdrpFixupAt(PLDR_IMAGE image, ULONG64 rva, SIZE_T bytes)
{
    if (rva < image->Headers->OptionalHeader.SizeOfHeaders || rva >= image->Size) {
        return NULL;
    }
    return LdrpAt(image, (ULONG)rva, bytes);
}

NTSTATUS LdrpDirectory(PLDR_IMAGE image, ULONG index, PVOID *start, PULONG size)
{
    PIMAGE_DATA_DIRECTORY d = &image->Headers->OptionalHeader.DataDirectory[index];
    *start = NULL;
    *size = d->Size;
    if (d->VirtualAddress == 0 || d->Size == 0) {
        return STATUS_SUCCESS;
    }
    *start = LdrpAt(image, d->VirtualAddress, d->Size);
    if (*start == NULL) {
        LdrpProblem(image, "%s has data directory %u outside its image", image->Name, index);
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    return STATUS_SUCCESS;
}

/* A terminated string that lies wholly inside, or NULL. */
PCSTR LdrpString(PLDR_IMAGE image, ULONG rva)
{
    for (ULONG at = rva; at < image->Size && at - rva < 256; at++) {
        if (image->Base[at] == 0) {
            return (PCSTR)image->Base + rva;
        }
    }
    return NULL;
}
