/* What a FAT16 volume looks like on the disk. All numbers are little-endian. */
#pragma once

#define FAT_SECTOR 512
#define FAT_ENTRIES_PER_SECTOR (FAT_SECTOR / sizeof(USHORT))
#define FAT_SIGNATURE 0xAA55

/* Values of an entry in the table; any other is the number of the chain's next cluster. */
#define FAT_CLUSTER_FREE 0
#define FAT_CLUSTER_FIRST 2
#define FAT_CLUSTER_LAST 0xFFFF
#define FatIsLastCluster(c) ((c) >= 0xFFF8)

#pragma pack(push, 1)
typedef struct _FAT_BOOT_SECTOR {
    UCHAR Jump[3];
    CHAR Oem[8];
    USHORT BytesPerSector;
    UCHAR SectorsPerCluster;
    USHORT ReservedSectors;
    UCHAR Fats;
    USHORT RootEntries;
    USHORT Sectors;                 /* 0: see LargeSectors */
    UCHAR Media;
    USHORT SectorsPerFat;
    USHORT SectorsPerTrack;
    USHORT Heads;
    ULONG HiddenSectors;
    ULONG LargeSectors;
    UCHAR DriveNumber;
    UCHAR Dirty;
    UCHAR ExtendedSignature;        /* 0x29: the three fields below are there */
    ULONG SerialNumber;
    CHAR Label[11];
    CHAR FileSystem[8];
    UCHAR Code[448];
    USHORT Signature;
} FAT_BOOT_SECTOR, *PFAT_BOOT_SECTOR;
C_ASSERT(sizeof(FAT_BOOT_SECTOR) == FAT_SECTOR);

typedef struct _FAT_TIME_STAMP {
    USHORT Time;                    /* hour:5 minute:6 two-seconds:5 */
    USHORT Date;                    /* year-1980:7 month:4 day:5 */
} FAT_TIME_STAMP;

#define FAT_DIRENT_NEVER_USED 0x00
#define FAT_DIRENT_DELETED 0xE5
#define FAT_DIRENT_REALLY_E5 0x05
#define FAT_ATTR_VOLUME_ID 0x08
#define FAT_ATTR_LONG_NAME 0x0F
#define FAT_NT_LOWER_BASE 0x08
#define FAT_NT_LOWER_EXT 0x10

typedef struct _DIRENT {
    UCHAR FileName[11];             /* 8 and 3, in capitals, padded with blanks */
    UCHAR Attributes;
    UCHAR NtByte;                   /* FAT_NT_LOWER_* */
    UCHAR CreationTenMs;
    FAT_TIME_STAMP CreationTime;
    USHORT LastAccessDate;
    USHORT ClusterHigh;             /* FAT32 only */
    FAT_TIME_STAMP LastWriteTime;
    USHORT FirstCluster;
    ULONG FileSize;
} DIRENT, *PDIRENT;
C_ASSERT(sizeof(DIRENT) == 32);
#define FAT_DIRENTS_PER_SECTOR (FAT_SECTOR / sizeof(DIRENT))

/* A piece of a long name. The pieces stand before their DIRENT, the last piece first. */
#define FAT_LFN_LAST 0x40
#define FAT_LFN_CHARS 13
#define FAT_LFN_MAX 255

typedef struct _LFN_DIRENT {
    UCHAR Ordinal;                  /* from 1; FAT_LFN_LAST is set in the last piece */
    WCHAR Name1[5];
    UCHAR Attributes;               /* FAT_ATTR_LONG_NAME */
    UCHAR Type;
    UCHAR Checksum;                 /* of the DIRENT's FileName */
    WCHAR Name2[6];
    USHORT FirstCluster;            /* 0 */
    WCHAR Name3[2];
} LFN_DIRENT, *PLFN_DIRENT;
C_ASSERT(sizeof(LFN_DIRENT) == sizeof(DIRENT));
#pragma pack(pop)
