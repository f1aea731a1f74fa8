/* Share access: who may open a file together with whom. File systems call these. */
#include "iop.h"

typedef struct _SHARE_ACCESS {
    ULONG OpenCount, Readers, Writers, Deleters, SharedRead, SharedWrite, SharedDelete;
} SHARE_ACCESS, *PSHARE_ACCESS;

enum { FILE_SHARE_READ = 1, FILE_SHARE_WRITE = 2, FILE_SHARE_DELETE = 4 };
#define DELETE 0x10000
#define FILE_EXECUTE 0x20

static void IopSetAccess(ACCESS_MASK access, ULONG share, PFILE_OBJECT file)
{
    file->ReadAccess = (access & (FILE_READ_DATA | FILE_EXECUTE)) != 0;
    file->WriteAccess = (access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
    file->DeleteAccess = (access & DELETE) != 0;
    BOOLEAN any = file->ReadAccess || file->WriteAccess || file->DeleteAccess;
    file->SharedRead = any && (share & FILE_SHARE_READ) != 0;
    file->SharedWrite = any && (share & FILE_SHARE_WRITE) != 0;
    file->SharedDelete = any && (share & FILE_SHARE_DELETE) != 0;
}

static void IopCount(PFILE_OBJECT file, PSHARE_ACCESS s, ULONG by)
{
    if (!file->ReadAccess && !file->WriteAccess && !file->DeleteAccess) {
        return;
    }
    s->OpenCount += by;
    s->Readers += file->ReadAccess ? by : 0;
    s->Writers += file->WriteAccess ? by : 0;
    s->Deleters += file->DeleteAccess ? by : 0;
    s->SharedRead += file->SharedRead ? by : 0;
    s->SharedWrite += file->SharedWrite ? by : 0;
    s->SharedDelete += file->SharedDelete ? by : 0;
}

NTSTATUS IoCheckShareAccess(ACCESS_MASK access, ULONG share, PFILE_OBJECT file, PSHARE_ACCESS s, BOOLEAN update)
{
    IopSetAccess(access, share, file);
    if (!file->ReadAccess && !file->WriteAccess && !file->DeleteAccess) {
        return STATUS_SUCCESS;
    }
    /* What this opener wants all others must share, and what they have it must share. */
    if ((file->ReadAccess && s->SharedRead < s->OpenCount) || (file->WriteAccess && s->SharedWrite < s->OpenCount) ||
        (file->DeleteAccess && s->SharedDelete < s->OpenCount) || (s->Readers != 0 && !file->SharedRead) ||
        (s->Writers != 0 && !file->SharedWrite) || (s->Deleters != 0 && !file->SharedDelete)) {
        return STATUS_SHARING_VIOLATION;
    }
    if (update) {
        IopCount(file, s, 1);
    }
    return STATUS_SUCCESS;
}

void IoSetShareAccess(ACCESS_MASK access, ULONG share, PFILE_OBJECT file, PSHARE_ACCESS s)
{
    IopSetAccess(access, share, file);
    RtlZeroMemory(s, sizeof(*s));
    IopCount(file, s, 1);
}

void IoUpdateShareAccess(PFILE_OBJECT file, PSHARE_ACCESS s) { IopCount(file, s, 1); }

void IoRemoveShareAccess(PFILE_OBJECT file, PSHARE_ACCESS s) { IopCount(file, s, (ULONG)-1); }
