/* Base relocations. */
#include "ldr.h"

enum { IMAGE_REL_BASED_ABSOLUTE = 0, IMAGE_REL_BASED_DIR64 = 10 };
typedef struct _IMAGE_BASE_RELOCATION {
    ULONG VirtualAddress;
    ULONG SizeOfBlock;
} IMAGE_BASE_RELOCATION, *PIMAGE_BASE_RELOCATION;

static BOOLEAN LdrProcessRelocationBlock(PLDR_IMAGE image, PIMAGE_BASE_RELOCATION block, ULONG64 delta)
{
    PUSHORT entry = (PUSHORT)(block + 1);
    ULONG count = (block->SizeOfBlock - sizeof(*block)) / sizeof(USHORT);
    for (ULONG i = 0; i < count; i++) {
        USHORT type = entry[i] >> 12;
        if (type == IMAGE_REL_BASED_ABSOLUTE) {
            continue;       /* padding */
        }
        ULONG64 rva = (ULONG64)block->VirtualAddress + (entry[i] & 0xFFF);
        PVOID at = LdrpFixupAt(image, rva, sizeof(ULONG64));
        if (type != IMAGE_REL_BASED_DIR64 || at == NULL) {
            return FALSE;
        }
        ULONG64 value;
        memcpy(&value, at, sizeof(value));
        value += delta;
        memcpy(at, &value, sizeof(value));
    }
    return TRUE;
}

/* The blocks are read from the mapping that they change, so each header is read once. */
NTSTATUS LdrRelocateImage(PLDR_IMAGE image)
{
    ULONG64 delta = (ULONG64)image->Base - image->Headers->OptionalHeader.ImageBase;
    PUCHAR start;
    ULONG size;
    NTSTATUS status = LdrpDirectory(image, IMAGE_DIRECTORY_ENTRY_BASERELOC, (PVOID *)&start, &size);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    image->Headers->OptionalHeader.ImageBase = (ULONG64)image->Base;
    if (start == NULL || delta == 0) {
        return STATUS_SUCCESS;      /* position-independent throughout */
    }
    for (ULONG at = 0; size - at >= sizeof(IMAGE_BASE_RELOCATION);) {
        IMAGE_BASE_RELOCATION head;
        memcpy(&head, start + at, sizeof(head));
        if (head.SizeOfBlock < sizeof(head) || head.SizeOfBlock > size - at ||
            !LdrProcessRelocationBlock(image, (PIMAGE_BASE_RELOCATION)(start + at), delta)) {
            LdrpProblem(image, "%s has damaged relocations", image->Name);
            return STATUS_INVALID_IMAGE_FORMAT;
        }
        at += head.SizeOfBlock;
    }
    return STATUS_SUCCESS;
}
