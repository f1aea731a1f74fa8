/* I/O manager: drivers, devices, IRPs, files. */
#pragma once
#include "ke.h"

#define IRP_MJ_CREATE 0x00
#define IRP_MJ_CLOSE 0x02
#define IRP_MJ_READ 0x03
#define IRP_MJ_WRITE 0x04
#define IRP_MJ_QUERY_INFORMATION 0x05
#define IRP_MJ_SET_INFORMATION 0x06
#define IRP_MJ_FLUSH_BUFFERS 0x09
#define IRP_MJ_DIRECTORY_CONTROL 0x0C
#define IRP_MJ_DEVICE_CONTROL 0x0E
#define IRP_MJ_INTERNAL_DEVICE_CONTROL 0x0F
#define IRP_MJ_SHUTDOWN 0x10
#define IRP_MJ_CLEANUP 0x12
#define IRP_MJ_POWER 0x16
#define IRP_MJ_PNP 0x1B
#define IRP_MJ_MAXIMUM_FUNCTION 0x1B

#define SL_PENDING_RETURNED 0x01
#define SL_INVOKE_ON_CANCEL 0x20
#define SL_INVOKE_ON_SUCCESS 0x40
#define SL_INVOKE_ON_ERROR 0x80

typedef NTSTATUS (*PDRIVER_DISPATCH)(PDEVICE_OBJECT device, PIRP irp);
typedef NTSTATUS (*PDRIVER_INITIALIZE)(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath);
typedef void (*PDRIVER_UNLOAD)(PDRIVER_OBJECT driver);
typedef NTSTATUS (*PIO_COMPLETION_ROUTINE)(PDEVICE_OBJECT device, PIRP irp, PVOID context);

extern POBJECT_TYPE IopDeviceObjectType, IopDriverObjectType, IopFileObjectType;
/* The names under which drivers know the same types. */
extern POBJECT_TYPE IoDeviceObjectType, IoDriverObjectType, IoFileObjectType;

NTSTATUS IoInitSystem(void);                    /* types, \Device, \Driver, ... */
NTSTATUS IopInitializeBootDrivers(struct _LOADER_BLOCK *loader);

/* Maps a PE file from memory as a module named `name` (for example \SystemRoot\System32\drivers\
   x.sys), resolves its imports against the loaded modules, makes its PAGE sections pageable.
   On a missing import the status is STATUS_DRIVER_ENTRYPOINT_NOT_FOUND and `*problem` (a pool
   string, or NULL) names every import that is missing. */
NTSTATUS MmLoadSystemImage(PUNICODE_STRING name, PVOID file, SIZE_T size, PKLDR_DATA_TABLE_ENTRY *entry, PSTR *problem);
void MmUnloadSystemImage(PKLDR_DATA_TABLE_ENTRY entry);

/* Loads the service \Registry\Machine\System\CurrentControlSet\Services\<name>: reads ImagePath,
   the file, maps it, creates \Driver\<name>, calls DriverEntry in a system thread. */
NTSTATUS NtLoadDriver(PUNICODE_STRING registryPath);
NTSTATUS NtUnloadDriver(PUNICODE_STRING registryPath);

NTSTATUS IoCreateDevice(PDRIVER_OBJECT driver, ULONG extension, PUNICODE_STRING name, DEVICE_TYPE type,
                        ULONG characteristics, BOOLEAN exclusive, PDEVICE_OBJECT *device);
void IoDeleteDevice(PDEVICE_OBJECT device);
NTSTATUS IofCallDriver(PDEVICE_OBJECT device, PIRP irp);
void IofCompleteRequest(PIRP irp, CCHAR boost);
PIRP IoAllocateIrp(CCHAR stackSize, BOOLEAN charge);
void IoFreeIrp(PIRP irp);

NTSTATUS NtCreateFile(PHANDLE h, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PIO_STATUS_BLOCK iosb, PLARGE_INTEGER size,
                      ULONG attributes, ULONG share, ULONG disposition, ULONG options, PVOID ea, ULONG eaLength);
NTSTATUS NtOpenFile(PHANDLE h, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PIO_STATUS_BLOCK iosb, ULONG share,
                    ULONG options);
NTSTATUS NtReadFile(HANDLE h, HANDLE event, PVOID apc, PVOID apcContext, PIO_STATUS_BLOCK iosb, PVOID buffer,
                    ULONG length, PLARGE_INTEGER offset, PULONG key);
NTSTATUS NtWriteFile(HANDLE h, HANDLE event, PVOID apc, PVOID apcContext, PIO_STATUS_BLOCK iosb, PVOID buffer,
                     ULONG length, PLARGE_INTEGER offset, PULONG key);
NTSTATUS NtQueryInformationFile(HANDLE h, PIO_STATUS_BLOCK iosb, PVOID info, ULONG length, FILE_INFORMATION_CLASS c);
NTSTATUS NtSetInformationFile(HANDLE h, PIO_STATUS_BLOCK iosb, PVOID info, ULONG length, FILE_INFORMATION_CLASS c);
/* Why the last image could not be loaded, in words (the missing imports); empty if it could. */
void IoQueryLastLoadProblem(PSTR buffer, ULONG size);

/* Devices and stacks. */
NTSTATUS IoCreateSymbolicLink(PUNICODE_STRING link, PUNICODE_STRING target);
NTSTATUS IoDeleteSymbolicLink(PUNICODE_STRING link);
PDEVICE_OBJECT IoGetAttachedDevice(PDEVICE_OBJECT device);
PDEVICE_OBJECT IoGetAttachedDeviceReference(PDEVICE_OBJECT device);
PDEVICE_OBJECT IoAttachDeviceToDeviceStack(PDEVICE_OBJECT source, PDEVICE_OBJECT target);
void IoDetachDevice(PDEVICE_OBJECT target);
PDEVICE_OBJECT IoGetRelatedDeviceObject(PFILE_OBJECT file);
NTSTATUS IoGetDeviceObjectPointer(PUNICODE_STRING name, ACCESS_MASK access, PFILE_OBJECT *file, PDEVICE_OBJECT *device);

/* IRPs. Driver Verifier takes over the two ways through these pointers. */
extern NTSTATUS (*pIofCallDriver)(PDEVICE_OBJECT device, PIRP irp, PVOID returnAddress);
extern void (*pIofCompleteRequest)(PIRP irp, CCHAR boost);
NTSTATUS IopfCallDriver(PDEVICE_OBJECT device, PIRP irp);
void IopfCompleteRequest(PIRP irp, CCHAR boost);
PIRP IoBuildSynchronousFsdRequest(ULONG major, PDEVICE_OBJECT device, PVOID buffer, ULONG length, PLARGE_INTEGER offset,
                                  PKEVENT event, PIO_STATUS_BLOCK iosb);
PIRP IoBuildAsynchronousFsdRequest(ULONG major, PDEVICE_OBJECT device, PVOID buffer, ULONG length,
                                   PLARGE_INTEGER offset, PIO_STATUS_BLOCK iosb);
PIRP IoBuildDeviceIoControlRequest(ULONG code, PDEVICE_OBJECT device, PVOID in, ULONG inLength, PVOID out,
                                   ULONG outLength, BOOLEAN internal, PKEVENT event, PIO_STATUS_BLOCK iosb);
BOOLEAN IoCancelIrp(PIRP irp);

/* Memory descriptor lists. */
PMDL IoAllocateMdl(PVOID va, ULONG length, BOOLEAN secondary, BOOLEAN charge, PIRP irp);
void IoFreeMdl(PMDL mdl);
void MmProbeAndLockPages(PMDL mdl, KPROCESSOR_MODE mode, ULONG operation);
void MmUnlockPages(PMDL mdl);
void MmBuildMdlForNonPagedPool(PMDL mdl);
PVOID MmMapLockedPagesSpecifyCache(PMDL mdl, KPROCESSOR_MODE mode, ULONG cacheType, PVOID base, ULONG bugCheck,
                                   ULONG priority);

/* What was unloaded, for debuggers: the last 50, MmLastUnloadedDriver counts up modulo 50. */
typedef struct _UNLOADED_DRIVERS {
    UNICODE_STRING Name;
    PVOID StartAddress;
    PVOID EndAddress;
    LARGE_INTEGER CurrentTime;
} UNLOADED_DRIVERS, *PUNLOADED_DRIVERS;
#define MI_UNLOADED_DRIVERS 50
extern PUNLOADED_DRIVERS MmUnloadedDrivers;
extern ULONG MmLastUnloadedDriver;

/* IRP_MJ_SHUTDOWN to every device that asked for it. */
void IoShutdownSystem(void);
void IoCancelThreadIo(PETHREAD thread);
NTSTATUS NtFlushBuffersFile(HANDLE h, PIO_STATUS_BLOCK iosb);
NTSTATUS NtQueryDirectoryFile(HANDLE h, HANDLE event, PVOID apc, PVOID apcContext, PIO_STATUS_BLOCK iosb, PVOID info,
                              ULONG length, FILE_INFORMATION_CLASS c, BOOLEAN single, PUNICODE_STRING pattern,
                              BOOLEAN restart);
NTSTATUS NtDeviceIoControlFile(HANDLE h, HANDLE event, PVOID apc, PVOID apcContext, PIO_STATUS_BLOCK iosb, ULONG code,
                               PVOID in, ULONG inLength, PVOID out, ULONG outLength);
NTSTATUS NtFsControlFile(HANDLE h, HANDLE event, PVOID apc, PVOID apcContext, PIO_STATUS_BLOCK iosb, ULONG code,
                         PVOID in, ULONG inLength, PVOID out, ULONG outLength);
