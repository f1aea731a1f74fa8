/* The image loader, private: validation, relocation, imports. All input is hostile. */
#pragma once
#include "ntoskrnl.h"

enum {
    IMAGE_DIRECTORY_ENTRY_EXPORT = 0,
    IMAGE_DIRECTORY_ENTRY_IMPORT = 1,
    IMAGE_DIRECTORY_ENTRY_EXCEPTION = 3,
    IMAGE_DIRECTORY_ENTRY_BASERELOC = 5,
    IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG = 10
};
#define IMAGE_SCN_MEM_DISCARDABLE 0x02000000
#define IMAGE_SCN_MEM_EXECUTE 0x20000000
#define IMAGE_SCN_MEM_WRITE 0x80000000
#define LDR_PROBLEM_SIZE 2048
NT_TYPE(IMAGE_OPTIONAL_HEADER64);

/* An image on its way in. */
typedef struct _LDR_IMAGE {
    PUCHAR Base;                        /* where it is mapped */
    ULONG Size;                         /* SizeOfImage, whole pages */
    PIMAGE_NT_HEADERS64 Headers;        /* in the file while validating, then in the mapping */
    PIMAGE_SECTION_HEADER Sections;
    ULONG SectionCount;
    BOOLEAN Verified;                   /* its imports go to Driver Verifier */
    CHAR Name[64];                      /* for messages */
    CHAR Problem[LDR_PROBLEM_SIZE];
} LDR_IMAGE, *PLDR_IMAGE;

void LdrpProblem(PLDR_IMAGE image, PCSTR format, ...);
NTSTATUS LdrpValidateFile(PLDR_IMAGE image, PUCHAR file, SIZE_T size);
/* An address in the mapping, or NULL when not all `bytes` lie inside. */
PVOID LdrpAt(PLDR_IMAGE image, ULONG rva, SIZE_T bytes);
/* The directory's start and size, or NULL when it is absent; STATUS_INVALID_IMAGE_FORMAT when it is wrong. */
NTSTATUS LdrpDirectory(PLDR_IMAGE image, ULONG index, PVOID *start, PULONG size);
/* As LdrpAt, for what a fix-up changes: never the headers, which were checked. */
PVOID LdrpFixupAt(PLDR_IMAGE image, ULONG64 rva, SIZE_T bytes);
PCSTR LdrpString(PLDR_IMAGE image, ULONG rva);
NTSTATUS LdrRelocateImage(PLDR_IMAGE image);
/* The module list's resource is held. */
NTSTATUS MiResolveImageReferences(PLDR_IMAGE image);
PVOID MiFindExportedRoutine(PKLDR_DATA_TABLE_ENTRY module, PCSTR name, ULONG ordinal);
void MiRememberUnloadedDriver(PUNICODE_STRING name, PVOID base, ULONG size);
