/* guest-file-*: files by handles of our own; each keeps its position. */
#include "agent.h"
#include "base64.h"
#include <string.h>

#define MAX_FILES 32
#define MAX_READ (4u << 20)

typedef struct OPEN_FILE {
    LONG64 Id;                  /* 0: free */
    HANDLE Handle;
    LARGE_INTEGER Position;
    BOOLEAN Append;
} OPEN_FILE;

static OPEN_FILE Files[MAX_FILES];
static LONG64 NextId = 1000;

static OPEN_FILE *Find(const JSON *arguments, GA_REPLY *r)
{
    LONG64 id;
    if (!GaInteger(arguments, "handle", FALSE, &id, r)) {
        return NULL;
    }
    for (ULONG i = 0; i < MAX_FILES; i++) {
        if (Files[i].Id == id && id != 0) {
            return &Files[i];
        }
    }
    GaFail(r, "There is no open file with handle %lld", id);
    return NULL;
}

/* C's fopen modes; the b changes nothing. */
static BOOLEAN ParseMode(const char *mode, PACCESS_MASK access, PULONG disposition, PBOOLEAN append)
{
    BOOLEAN plus = FALSE;
    for (const char *p = mode; *p != 0 && p[1] != 0; p++) {
        if (p[1] != 'b' && p[1] != '+') {
            return FALSE;
        }
        plus |= p[1] == '+';
    }
    *append = mode[0] == 'a';
    *disposition = mode[0] == 'r' ? FILE_OPEN : mode[0] == 'w' ? FILE_OVERWRITE_IF : FILE_OPEN_IF;
    *access = SYNCHRONIZE | FILE_READ_ATTRIBUTES;
    if (mode[0] == 'r' || plus) {
        *access |= FILE_READ_DATA;
    }
    if (mode[0] != 'r' || plus) {
        *access |= FILE_WRITE_DATA;
    }
    return mode[0] == 'r' || mode[0] == 'w' || mode[0] == 'a';
}

static NTSTATUS FileSize(OPEN_FILE *f, PLARGE_INTEGER size)
{
    FILE_STANDARD_INFORMATION info;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = ZwQueryInformationFile(f->Handle, &iosb, &info, sizeof(info), FileStandardInformation);
    if (NT_SUCCESS(status)) {
        *size = info.EndOfFile;
    }
    return status;
}

void GaFileOpen(const JSON *arguments, GA_REPLY *r)
{
    const char *path, *mode = "r";
    WCHAR buffer[GA_MAX_PATH];
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES oa;
    IO_STATUS_BLOCK iosb;
    ACCESS_MASK access;
    ULONG disposition;
    OPEN_FILE *f = NULL, new = {0};
    if (!GaString(arguments, "path", FALSE, &path, NULL, r) || !GaString(arguments, "mode", TRUE, &mode, NULL, r)) {
        return;
    }
    for (ULONG i = 0; i < MAX_FILES && f == NULL; i++) {
        if (Files[i].Id == 0) {
            f = &Files[i];
        }
    }
    if (f == NULL) {
        GaFail(r, "Too many open files");
    } else if (!ParseMode(mode, &access, &disposition, &new.Append)) {
        GaFail(r, "Invalid file open mode '%.20s'", mode);
    } else if (!GaNtPath(path, &name, buffer)) {
        GaFail(r, "'%.400s' is not a full path", path);
    } else {
        InitializeObjectAttributes(&oa, &name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
        NTSTATUS status = ZwCreateFile(&new.Handle, access, &oa, &iosb, NULL, FILE_ATTRIBUTE_NORMAL,
                                       FILE_SHARE_READ | FILE_SHARE_WRITE, disposition,
                                       FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE, NULL, 0);
        if (!NT_SUCCESS(status)) {
            char what[GA_MAX_PATH];
            GaFormat(what, sizeof(what), "Failed to open file '%s' (mode '%s')", path, mode);
            GaFailStatus(r, what, status);
            return;
        }
        *f = new;
        f->Id = NextId++;
        GaTextPrint(&r->Value, "%lld", f->Id);
    }
}

void GaFileClose(const JSON *arguments, GA_REPLY *r)
{
    OPEN_FILE *f = Find(arguments, r);
    if (f == NULL) {
        return;
    }
    NTSTATUS status = ZwClose(f->Handle);
    f->Id = 0;
    if (!NT_SUCCESS(status)) {
        GaFailStatus(r, "Failed to close the file", status);
    }
}

void GaFileRead(const JSON *arguments, GA_REPLY *r)
{
    LONG64 count = 4096;
    IO_STATUS_BLOCK iosb = {0};
    OPEN_FILE *f = Find(arguments, r);
    if (f == NULL || !GaInteger(arguments, "count", TRUE, &count, r)) {
        return;
    }
    if (count < 0) {
        GaFail(r, "Parameter 'count' must not be negative");
        return;
    }
    /* A short read is no error: the caller goes on until eof. */
    count = min(count, MAX_READ);
    char *data = GaAllocate((size_t)count + 1);
    if (data == NULL) {
        GaFail(r, "No memory to read %lld bytes", count);
        return;
    }
    NTSTATUS status = STATUS_SUCCESS;
    if (count != 0) {
        status = ZwReadFile(f->Handle, NULL, NULL, NULL, &iosb, data, (ULONG)count, &f->Position, NULL);
    }
    if (NT_SUCCESS(status) || status == STATUS_END_OF_FILE) {
        ULONG got = status == STATUS_END_OF_FILE ? 0 : (ULONG)iosb.Information;
        f->Position.QuadPart += got;
        GaTextPrint(&r->Value, "{\"count\": %lu, \"buf-b64\": \"", got);
        GaTextBase64(&r->Value, data, got);
        GaTextPrint(&r->Value, "\", \"eof\": %s}", got < (ULONG)count ? "true" : "false");
    } else {
        GaFailStatus(r, "Failed to read", status);
    }
    GaFree(data);
}

void GaFileWrite(const JSON *arguments, GA_REPLY *r)
{
    const char *text;
    SIZE_T length, bytes;
    LONG64 count = -1;
    IO_STATUS_BLOCK iosb = {0};
    NTSTATUS status = STATUS_SUCCESS;
    OPEN_FILE *f = Find(arguments, r);
    if (f == NULL || !GaString(arguments, "buf-b64", FALSE, &text, &length, r) ||
        !GaInteger(arguments, "count", TRUE, &count, r)) {
        return;
    }
    /* Decoded onto itself: the message's buffer is ours and not pageable. */
    char *data = (char *)text;
    if (!GaBase64Decode(text, length, data, &bytes)) {
        GaFail(r, "Parameter 'buf-b64' is not base 64");
        return;
    }
    if (count > (LONG64)bytes || count < -1) {
        GaFail(r, "Parameter 'count' (%lld) does not fit the %llu bytes given", count, (ULONG64)bytes);
        return;
    }
    if (count >= 0) {
        bytes = (SIZE_T)count;
    }
    if (f->Append) {
        status = FileSize(f, &f->Position);
    }
    if (NT_SUCCESS(status) && bytes != 0) {
        status = ZwWriteFile(f->Handle, NULL, NULL, NULL, &iosb, data, (ULONG)bytes, &f->Position, NULL);
    }
    if (!NT_SUCCESS(status)) {
        GaFailStatus(r, "Failed to write", status);
        return;
    }
    f->Position.QuadPart += (LONG64)iosb.Information;
    GaTextPrint(&r->Value, "{\"count\": %llu, \"eof\": false}", (ULONG64)iosb.Information);
}

void GaFileFlush(const JSON *arguments, GA_REPLY *r)
{
    IO_STATUS_BLOCK iosb;
    OPEN_FILE *f = Find(arguments, r);
    if (f == NULL) {
        return;
    }
    NTSTATUS status = ZwFlushBuffersFile(f->Handle, &iosb);
    if (!NT_SUCCESS(status)) {
        GaFailStatus(r, "Failed to flush", status);
    }
}

/* `whence` is a number, or a word in newer clients. */
static int Whence(const JSON *arguments)
{
    const JSON *w = JsonMember(arguments, "whence");
    if (w != NULL && w->Kind == JSON_INTEGER && w->Number >= 0 && w->Number <= 2) {
        return (int)w->Number;
    }
    if (w == NULL || w->Kind != JSON_STRING) {
        return -1;
    }
    return strcmp(w->Text, "set") == 0 ? 0 : strcmp(w->Text, "cur") == 0 ? 1 : strcmp(w->Text, "end") == 0 ? 2 : -1;
}

void GaFileSeek(const JSON *arguments, GA_REPLY *r)
{
    LONG64 offset;
    LARGE_INTEGER base = {0};
    NTSTATUS status = STATUS_SUCCESS;
    int whence = Whence(arguments);
    OPEN_FILE *f = Find(arguments, r);
    if (f == NULL || !GaInteger(arguments, "offset", FALSE, &offset, r)) {
        return;
    }
    if (whence < 0) {
        GaFail(r, "Parameter 'whence' must be set, cur or end (0, 1, 2)");
        return;
    }
    if (whence == 1) {
        base = f->Position;
    } else if (whence == 2) {
        status = FileSize(f, &base);
    }
    if (!NT_SUCCESS(status)) {
        GaFailStatus(r, "Failed to seek", status);
    } else if ((offset < 0 && base.QuadPart < -offset) || offset > MAXLONGLONG - base.QuadPart ||
               offset == MINLONGLONG) {
        GaFail(r, "Cannot seek before the file's start");
    } else {
        f->Position.QuadPart = base.QuadPart + offset;
        GaTextPrint(&r->Value, "{\"position\": %lld, \"eof\": false}", f->Position.QuadPart);
    }
}
