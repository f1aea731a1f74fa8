/* fastfat: the FAT16 file system of C:, on one disk.

   A volume (VCB) is the extension of its device, in nonpaged pool. What a name leads to is a node
   (FCB; a directory's is called DCB) in PAGED pool, and so are a handle's state (CCB) and the copy
   of the allocation table: none of it is needed above APC_LEVEL, where no file system may be
   called. The code below the first look-up of a name is pageable for the same reason. */
#pragma once
#include <ntifs.h>
#include "disk.h"

#define PAGED __attribute__((section("PAGE"), noinline))

#define TAG_FCB 'FtaF'
#define TAG_NAME 'NtaF'
#define TAG_CCB 'CtaF'
#define TAG_TABLE 'TtaF'
#define TAG_BUFFER 'BtaF'
#define TAG_CACHE 'DtaF'

#define FAT_BUFFER_SIZE (16 * 1024)
#define FAT_PREFIX_BUCKETS 16

/* The first field of what FILE_OBJECT.FsContext may point to. */
#define FAT_NTC_VCB 0x0401
#define FAT_NTC_FCB 0x0402
#define FAT_NTC_DCB 0x0403

typedef struct _VCB {
    CSHORT NodeTypeCode;
    PDEVICE_OBJECT DeviceObject;
    PDEVICE_OBJECT TargetDeviceObject;
    PFILE_OBJECT TargetFileObject;
    ERESOURCE Resource;             /* held by every request while it works on the volume */
    PUCHAR Buffer;                  /* FAT_BUFFER_SIZE bytes for disk transfers */

    /* Where things are, in bytes from the start of the disk. */
    ULONG FatLbo, FatBytes, Fats;
    ULONG RootLbo, RootBytes;
    ULONG DataLbo, ClusterBytes;
    ULONG ClusterLimit;             /* one more than the highest cluster */

    PUSHORT Fat;                    /* the whole table */
    ULONG FreeHint;
    ULONG DirtyFirst, DirtyLimit;   /* sectors of the table that the disk does not have yet */
    struct _FCB *RootDcb;

    /* The last read piece of a directory, so that a search costs no transfer; see dircache.c. */
    struct _FCB *CacheDcb;
    ULONG CacheVbo, CacheLength;
    PUCHAR Cache;
} VCB, *PVCB;

typedef struct _FCB {
    FSRTL_COMMON_FCB_HEADER Header;
    PVCB Vcb;
    struct _FCB *ParentDcb;         /* NULL for the root, and after deletion */
    LIST_ENTRY PrefixLinks;         /* in the parent's PrefixTable */
    ULONG NameHash;
    UNICODE_STRING Name;
    ULONG OpenCount;                /* file objects not closed yet */
    ULONG UncleanCount;             /* file objects whose last handle is open */
    BOOLEAN DeletePending;          /* the last handle deletes it */
    BOOLEAN Deleted;
    BOOLEAN DirentStale;            /* what follows is newer than the disk */
    UCHAR Attributes;
    UCHAR CreationTenMs;
    FAT_TIME_STAMP CreationTime;
    FAT_TIME_STAMP LastWriteTime;
    USHORT LastAccessDate;
    ULONG FirstCluster;
    ULONG HintIndex, HintCluster;   /* a place in the chain, so that reading on is not a search */
    ULONG FirstSlot, DirentSlot;    /* its entries in the parent, in bytes; the DIRENT is the last */
    LIST_ENTRY PrefixTable[FAT_PREFIX_BUCKETS]; /* a directory's nodes, by hash of the name */
} FCB, *PFCB, *PDCB;

#define FatIsDirectory(fcb) ((fcb)->Header.NodeTypeCode == FAT_NTC_DCB)

typedef struct _CCB {
    BOOLEAN DeleteOnClose;
    BOOLEAN PatternSet;
    ULONG NextSlot;                 /* where the directory query goes on */
    UNICODE_STRING Pattern;
} CCB, *PCCB;

/* A walk over a directory's entries, and the entry that it is at. */
typedef struct _FAT_SCAN {
    PDCB Dcb;
    ULONG Next;
    DIRENT Dirent;
    ULONG FirstSlot, DirentSlot;
    UNICODE_STRING Name, ShortName; /* Name is the long one if there is one */
    WCHAR ShortBuffer[12];
    WCHAR LongBuffer[FAT_LFN_MAX + 1 + FAT_LFN_CHARS];
} FAT_SCAN, *PFAT_SCAN;

/* deviosup.c */
NTSTATUS FatDiskIo(PVCB vcb, UCHAR major, ULONG lbo, PVOID buffer, ULONG length);
NTSTATUS FatTransfer(PFCB fcb, ULONG vbo, PVOID buffer, ULONG length, BOOLEAN write);
PVOID FatMapUserBuffer(PIRP irp);

/* allocsup.c */
NTSTATUS FatLookupRun(PFCB fcb, ULONG vbo, PULONG lbo, PULONG length);
ULONG FatClusterLbo(PVCB vcb, ULONG cluster);
ULONG FatTakeCluster(PVCB vcb, ULONG last);
void FatFreeChain(PVCB vcb, ULONG cluster);
ULONG FatChainBytes(PVCB vcb, ULONG cluster);
NTSTATUS FatSetAllocation(PFCB fcb, ULONG bytes);
NTSTATUS FatSetFileSize(PFCB fcb, ULONG size);
NTSTATUS FatFlushTable(PVCB vcb);

/* namesup.c */
ULONG FatHashName(PCUNICODE_STRING name);
void FatDissectName(PUNICODE_STRING path, PUNICODE_STRING first);
BOOLEAN FatIsNameValid(PCUNICODE_STRING name);
BOOLEAN FatIsShortName(PCUNICODE_STRING name, PUCHAR fileName, PUCHAR ntByte);
void FatShortBasis(PCUNICODE_STRING name, PUCHAR fileName);
void FatAddTail(PUCHAR fileName, ULONG number);
ULONG FatTailOf(const UCHAR *basis, const UCHAR *fileName);
UCHAR FatChecksum(const UCHAR *fileName);
void FatShortToUnicode(const DIRENT *dirent, PUNICODE_STRING name);
BOOLEAN FatMatchPattern(PCUNICODE_STRING pattern, PCUNICODE_STRING name);

/* timesup.c */
FAT_TIME_STAMP FatTimeFromNt(LARGE_INTEGER time);
LARGE_INTEGER FatTimeToNt(FAT_TIME_STAMP time);
void FatNow(FAT_TIME_STAMP *now);

/* dircache.c */
NTSTATUS FatReadSlot(PDCB dcb, ULONG slot, PDIRENT dirent);
NTSTATUS FatWriteSlots(PDCB dcb, ULONG slot, const void *dirents, ULONG bytes);
NTSTATUS FatGrowDirectory(PDCB dcb);
void FatForgetCache(PDCB dcb);

/* dirsup.c, direntry.c */
void FatStartScan(PFAT_SCAN scan, PDCB dcb, ULONG slot);
NTSTATUS FatNextDirent(PFAT_SCAN scan);
NTSTATUS FatFindDirent(PFAT_SCAN scan, PDCB dcb, PCUNICODE_STRING name);
NTSTATUS FatIsDirectoryEmpty(PDCB dcb);
NTSTATUS FatAddDirent(PDCB dcb, PCUNICODE_STRING name, PDIRENT dirent, PULONG firstSlot, PULONG direntSlot);
NTSTATUS FatEraseDirent(PDCB dcb, ULONG firstSlot, ULONG direntSlot);
NTSTATUS FatUpdateDirent(PFCB fcb);

/* prefxsup.c, strucsup.c */
PFCB FatFindPrefix(PFCB start, PUNICODE_STRING remaining);
void FatInsertPrefix(PDCB dcb, PFCB fcb);
void FatRemovePrefix(PFCB fcb);
PFCB FatFindBySlot(PDCB dcb, ULONG direntSlot);
NTSTATUS FatSetName(PFCB fcb, PCUNICODE_STRING name);
NTSTATUS FatCreateRootDcb(PVCB vcb);
NTSTATUS FatCreateFcb(PDCB dcb, PCUNICODE_STRING name, const DIRENT *dirent, ULONG firstSlot, ULONG direntSlot,
                      PFCB *fcb);
void FatReleaseFcb(PFCB fcb);

/* mount.c, format.c */
NTSTATUS FatMountVolume(PVCB vcb);
NTSTATUS FatFormatVolume(PVCB vcb, PFAT_BOOT_SECTOR boot);

/* newfile.c */
NTSTATUS FatSetParentEntry(PDCB dcb);
NTSTATUS FatCreateNewFile(PDCB dcb, PCUNICODE_STRING name, UCHAR attributes, PFCB *fcb);
NTSTATUS FatDeleteFile(PFCB fcb);

/* The dispatch routines, each in the file of its name. */
DRIVER_DISPATCH FatFsdCreate, FatFsdCleanup, FatFsdClose, FatFsdRead, FatFsdWrite, FatFsdQueryInformation,
    FatFsdSetInformation, FatFsdDirectoryControl, FatFsdFlushBuffers;
NTSTATUS FatSetRenameInfo(PFCB fcb, PIRP irp, PIO_STACK_LOCATION stack);

/* fatdata.c: what every dispatch routine begins and ends with. */
PVCB FatEnter(PDEVICE_OBJECT device);
NTSTATUS FatLeave(PVCB vcb, PIRP irp, NTSTATUS status);
