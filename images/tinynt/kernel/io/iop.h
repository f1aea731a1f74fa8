/* I/O manager, private. */
#pragma once
#include "ntoskrnl.h"

/* Functions whose frames debuggers and analyzers expect to see. */
#define IOP_FRAME __attribute__((noinline, disable_tail_calls))
#define ON_STACK __attribute__((aligned(16)))

enum {
    IO_TYPE_ADAPTER = 1,
    IO_TYPE_CONTROLLER,
    IO_TYPE_DEVICE,
    IO_TYPE_DRIVER,
    IO_TYPE_FILE,
    IO_TYPE_IRP,
    IO_TYPE_MASTER_ADAPTER,
    IO_TYPE_OPEN_PACKET,
    IO_TYPE_TIMER,
    IO_TYPE_VPB,
    IO_TYPE_DEVICE_OBJECT_EXTENSION = 13
};

#define DO_BUFFERED_IO 0x04
#define DO_EXCLUSIVE 0x08
#define DO_DIRECT_IO 0x10
#define DO_DEVICE_HAS_NAME 0x40
#define DO_DEVICE_INITIALIZING 0x80
#define DO_SHUTDOWN_REGISTERED 0x800
#define DOE_UNLOAD_PENDING 0x01
#define DOE_DELETE_PENDING 0x02
#define DRVO_UNLOAD_INVOKED 0x01
#define DRVO_LEGACY_DRIVER 0x02
#define DRVO_INITIALIZED 0x10
#define VPB_MOUNTED 0x01

#define FO_FILE_OPEN 0x01
#define FO_SYNCHRONOUS_IO 0x02
#define FO_ALERTABLE_IO 0x04
#define FO_NO_INTERMEDIATE_BUFFERING 0x08
#define FO_WRITE_THROUGH 0x10
#define FO_SEQUENTIAL_ONLY 0x20
#define FO_DIRECT_DEVICE_OPEN 0x800
#define FO_OPENED_CASE_SENSITIVE 0x20000
#define FO_HANDLE_CREATED 0x40000
#define FO_RANDOM_ACCESS 0x100000
#define FO_FILE_OPEN_CANCELLED 0x200000

#define FILE_WRITE_THROUGH 0x02
#define FILE_SEQUENTIAL_ONLY 0x04
#define FILE_NO_INTERMEDIATE_BUFFERING 0x08
#define FILE_SYNCHRONOUS_IO_ALERT 0x10
#define FILE_SYNCHRONOUS_IO_NONALERT 0x20
#define FILE_RANDOM_ACCESS 0x800
#define FILE_DELETE_ON_CLOSE 0x1000

#define IRP_NOCACHE 0x01
#define IRP_PAGING_IO 0x02
#define IRP_SYNCHRONOUS_API 0x04
#define IRP_ASSOCIATED_IRP 0x08
#define IRP_BUFFERED_IO 0x10
#define IRP_DEALLOCATE_BUFFER 0x20
#define IRP_INPUT_OPERATION 0x40
#define IRP_CREATE_OPERATION 0x80
#define IRP_READ_OPERATION 0x100
#define IRP_WRITE_OPERATION 0x200
#define IRP_CLOSE_OPERATION 0x400
#define IRP_DEFER_IO_COMPLETION 0x800

#define SL_RESTART_SCAN 0x01
#define SL_RETURN_SINGLE_ENTRY 0x02
#define SL_INDEX_SPECIFIED 0x04
#define SL_CASE_SENSITIVE 0x80
#define SL_ERROR_RETURNED 0x02

#define NT_ERROR(s) ((ULONG)(s) >= 0xC0000000)
#define FILE_READ_DATA 0x01
#define FILE_WRITE_DATA 0x02
#define FILE_APPEND_DATA 0x04
#define SYNCHRONIZE 0x100000

/* What IopCreateFile hands to IopParseDevice through the object manager. */
#define IOP_OPEN_PACKET_PATTERN 0xBEAA0251
typedef struct _OPEN_PACKET {
    CSHORT Type;
    CSHORT Size;
    PFILE_OBJECT FileObject;
    NTSTATUS FinalStatus;
    ULONG_PTR Information;
    ULONG ParseCheck;
    PFILE_OBJECT RelatedFileObject;
    LARGE_INTEGER AllocationSize;
    ULONG CreateOptions;
    USHORT FileAttributes;
    USHORT ShareAccess;
    PVOID EaBuffer;
    ULONG EaLength;
    ULONG Options;              /* SL_ flags of the create */
    ULONG Disposition;
    ACCESS_MASK DesiredAccess;
} OPEN_PACKET, *POPEN_PACKET;

typedef struct _IO_SECURITY_CONTEXT IO_SECURITY_CONTEXT;
NT_TYPE(ACCESS_STATE);

extern KSPIN_LOCK IopDatabaseLock;

static inline PIO_STACK_LOCATION IoGetCurrentIrpStackLocation(PIRP irp)
{
    return irp->Tail.Overlay.CurrentStackLocation;
}
static inline PIO_STACK_LOCATION IoGetNextIrpStackLocation(PIRP irp)
{
    return irp->Tail.Overlay.CurrentStackLocation - 1;
}

/* IRPs. */
PIRP IopAllocateIrpPrivate(CCHAR stackSize);
void IopQueueThreadIrp(PIRP irp);
void IopDequeueThreadIrp(PIRP irp);
void IopCompleteRequest(PKAPC apc, PVOID *normalRoutine, PVOID *normalContext, PVOID *fileObject, PVOID *unused);
void IopAbortRequest(PKAPC apc);
NTSTATUS IopInvalidDeviceRequest(PDEVICE_OBJECT device, PIRP irp);

/* Services on files. `sync`: the file object is synchronous and its lock is held. */
NTSTATUS IopReferenceFileAndEvent(HANDLE h, ACCESS_MASK access, HANDLE eventHandle, PFILE_OBJECT *file, PKEVENT *event);
void IopAbandonFileService(PFILE_OBJECT file, PKEVENT event, BOOLEAN sync);
PIRP IopAllocateFileIrp(PDEVICE_OBJECT device, PFILE_OBJECT file, PKEVENT event, PIO_STATUS_BLOCK iosb, UCHAR major);
NTSTATUS IopSynchronousServiceTail(PDEVICE_OBJECT device, PIRP irp, PFILE_OBJECT file, BOOLEAN deferred, BOOLEAN sync);
NTSTATUS IopSynchronousApiServiceTail(PDEVICE_OBJECT device, PIRP irp, PFILE_OBJECT file, PKEVENT event,
                                      PIO_STATUS_BLOCK local, PIO_STATUS_BLOCK iosb);
void IopAcquireFileObjectLock(PFILE_OBJECT file);
void IopReleaseFileObjectLock(PFILE_OBJECT file);
NTSTATUS IopSetUpBuffer(PDEVICE_OBJECT device, PIRP irp, PVOID buffer, ULONG length, BOOLEAN input);

/* Objects. */
NTSTATUS IopParseDevice(PVOID parseObject, POBJECT_TYPE type, PVOID accessState, KPROCESSOR_MODE mode, ULONG attributes,
                        PUNICODE_STRING complete, PUNICODE_STRING remaining, PVOID context, PVOID qos, PVOID *object);
NTSTATUS IopParseFile(PVOID parseObject, POBJECT_TYPE type, PVOID accessState, KPROCESSOR_MODE mode, ULONG attributes,
                      PUNICODE_STRING complete, PUNICODE_STRING remaining, PVOID context, PVOID qos, PVOID *object);
void IopDeleteDevice(PVOID object);
void IopDeleteDriver(PVOID object);
void IopDeleteFile(PVOID object);
void IopCloseFile(PEPROCESS process, PVOID object, ULONG64 processHandleCount, ULONG64 systemHandleCount);
NTSTATUS IopQueryName(PVOID object, BOOLEAN hasName, PVOID info, ULONG length, PULONG needed, KPROCESSOR_MODE mode);
NTSTATUS IopReferenceDeviceObject(PDEVICE_OBJECT device);
void IopDecrementDeviceObjectRef(PDEVICE_OBJECT device);
void IopCompleteUnloadOrDelete(PDEVICE_OBJECT device);
NTSTATUS IopCreateFile(PHANDLE h, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, PIO_STATUS_BLOCK iosb, PLARGE_INTEGER size,
                       ULONG attributes, ULONG share, ULONG disposition, ULONG options, PVOID ea, ULONG eaLength,
                       ULONG internal);

/* Driver loading. `file` is the image's bytes, or NULL to read the service's ImagePath. */
NTSTATUS IopLoadDriver(PUNICODE_STRING serviceKey, PVOID file, SIZE_T size);
NTSTATUS IopUnloadDriver(PUNICODE_STRING serviceKey);
NTSTATUS IopCreateDriverObject(PUNICODE_STRING name, PUNICODE_STRING service, PKLDR_DATA_TABLE_ENTRY module,
                               PDRIVER_OBJECT *result);
NTSTATUS IopReadImageFile(PUNICODE_STRING path, PVOID *file, PSIZE_T size);
NTSTATUS IopBuildImagePath(PUNICODE_STRING serviceKey, PUNICODE_STRING service, PUNICODE_STRING path);
void IopServiceName(PUNICODE_STRING serviceKey, PUNICODE_STRING service);
NTSTATUS IopBuildDriverName(PUNICODE_STRING service, ULONG type, PUNICODE_STRING name);
BOOLEAN IopCheckUnloadDriver(PDRIVER_OBJECT driver);
void IopReadyDeviceObjects(PDRIVER_OBJECT driver);
void IopSetLoadProblem(PCSTR format, ...);
