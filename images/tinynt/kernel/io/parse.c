/* IopParseDevice: the object manager reached a device, the rest of the name is the driver's. */
#include "iop.h"

struct _IO_SECURITY_CONTEXT {
    struct _SECURITY_QUALITY_OF_SERVICE *SecurityQos;
    PACCESS_STATE AccessState;
    ACCESS_MASK DesiredAccess;
    ULONG FullCreateOptions;
};

static void IopSetFileFlags(PFILE_OBJECT file, POPEN_PACKET op, ULONG attributes)
{
    static const struct _IOP_OPTION_FLAG {
        ULONG Option, Flag;
    } map[] = {
        {FILE_SYNCHRONOUS_IO_ALERT, FO_SYNCHRONOUS_IO | FO_ALERTABLE_IO},
        {FILE_SYNCHRONOUS_IO_NONALERT, FO_SYNCHRONOUS_IO},
        {FILE_NO_INTERMEDIATE_BUFFERING, FO_NO_INTERMEDIATE_BUFFERING},
        {FILE_WRITE_THROUGH, FO_WRITE_THROUGH},
        {FILE_SEQUENTIAL_ONLY, FO_SEQUENTIAL_ONLY},
        {FILE_RANDOM_ACCESS, FO_RANDOM_ACCESS},
    };
    for (ULONG i = 0; i < ARRAYSIZE(map); i++) {
        if (op->CreateOptions & map[i].Option) {
            file->Flags |= map[i].Flag;
        }
    }
    if (!(attributes & OBJ_CASE_INSENSITIVE)) {
        file->Flags |= FO_OPENED_CASE_SENSITIVE;
    }
}

static NTSTATUS IopAllocateFileObject(PDEVICE_OBJECT device, POPEN_PACKET op, ULONG attributes, PUNICODE_STRING name,
                                      PFILE_OBJECT *result)
{
    OBJECT_ATTRIBUTES oa = {0};
    PFILE_OBJECT file;
    oa.Length = sizeof(oa);
    oa.Attributes = attributes & OBJ_CASE_INSENSITIVE;
    NTSTATUS status =
        ObCreateObject(KernelMode, IopFileObjectType, &oa, KernelMode, NULL, sizeof(*file), 0, 0, (PVOID *)&file);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    RtlZeroMemory(file, sizeof(*file));
    file->Type = IO_TYPE_FILE;
    file->Size = sizeof(*file);
    file->RelatedFileObject = op->RelatedFileObject;
    IopSetFileFlags(file, op, attributes);
    KeInitializeEvent(&file->Lock, SynchronizationEvent, FALSE);
    KeInitializeEvent(&file->Event, NotificationEvent, FALSE);
    InitializeListHead(&file->IrpList);
    if (name->Length != 0) {
        file->FileName.Buffer = ExAllocatePoolWithTag(NonPagedPool, name->Length + sizeof(WCHAR), 'mNoI');
        if (file->FileName.Buffer == NULL) {
            ObDereferenceObject(file);  /* without a device it sends nothing */
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        memcpy(file->FileName.Buffer, name->Buffer, name->Length);
        file->FileName.Buffer[name->Length / sizeof(WCHAR)] = 0;
        file->FileName.Length = name->Length;
        file->FileName.MaximumLength = name->Length + sizeof(WCHAR);
    }
    file->DeviceObject = device;
    *result = file;
    return STATUS_SUCCESS;
}

/* Sends IRP_MJ_CREATE and waits for it. Inline: on a Windows stack the sender is IopParseDevice. */
static inline __attribute__((always_inline)) NTSTATUS IopSendCreate(PDEVICE_OBJECT device, PFILE_OBJECT file,
                                                                    POPEN_PACKET op, PIO_STATUS_BLOCK iosb)
{
    KEVENT event ON_STACK;
    IO_SECURITY_CONTEXT security ON_STACK = {0};
    ACCESS_STATE access ON_STACK;
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    if (irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(&access, sizeof(access));
    access.RemainingDesiredAccess = access.PreviouslyGrantedAccess = access.OriginalDesiredAccess = op->DesiredAccess;
    security.AccessState = &access;
    security.DesiredAccess = op->DesiredAccess;
    security.FullCreateOptions = op->CreateOptions;
    KeInitializeEvent(&event, SynchronizationEvent, FALSE);
    irp->Flags = IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
    irp->Overlay.AllocationSize = op->AllocationSize;
    irp->AssociatedIrp.SystemBuffer = op->EaBuffer;
    irp->UserIosb = iosb;
    irp->UserEvent = &event;
    irp->Tail.Overlay.OriginalFileObject = file;

    PIO_STACK_LOCATION stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_CREATE;
    stack->Flags = (UCHAR)op->Options | (file->Flags & FO_OPENED_CASE_SENSITIVE ? SL_CASE_SENSITIVE : 0);
    stack->FileObject = file;
    stack->Parameters.Create.SecurityContext = &security;
    stack->Parameters.Create.Options = (op->Disposition << 24) | (op->CreateOptions & 0x00FFFFFF);
    stack->Parameters.Create.FileAttributes = op->FileAttributes;
    stack->Parameters.Create.ShareAccess = op->ShareAccess;
    stack->Parameters.Create.EaLength = op->EaLength;

    IopQueueThreadIrp(irp);
    NTSTATUS status = IofCallDriver(device, irp);
    if (status == STATUS_PENDING) {
        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        return iosb->Status;
    }
    /* Completed on this very stack; finish it here. */
    KIRQL old;
    KeRaiseIrql(max(KeGetCurrentIrql(), APC_LEVEL), &old);
    *iosb = irp->IoStatus;
    IopDequeueThreadIrp(irp);
    KeLowerIrql(old);
    status = irp->IoStatus.Status;
    IoFreeIrp(irp);
    return status;
}

/* An open of a mounted volume goes to the file system's stack; any other to the device's own. */
static PDEVICE_OBJECT IopChooseTarget(PDEVICE_OBJECT device, PVPB *vpb)
{
    PDEVICE_OBJECT target = device;
    *vpb = NULL;
    if (device->Vpb != NULL && (device->Vpb->Flags & VPB_MOUNTED) && device->Vpb->DeviceObject != NULL) {
        *vpb = device->Vpb;
        ATOMIC_INC(&device->Vpb->ReferenceCount);
        target = device->Vpb->DeviceObject;
    }
    return IoGetAttachedDevice(target);
}

static void IopAbandonFileObject(PFILE_OBJECT file)
{
    if (file->Vpb != NULL) {
        ATOMIC_DEC(&file->Vpb->ReferenceCount);
        file->Vpb = NULL;
    }
    file->DeviceObject = NULL;      /* the delete procedure then sends no close */
    ObDereferenceObject(file);
}

IOP_FRAME NTSTATUS IopParseDevice(PVOID parseObject, POBJECT_TYPE type, PVOID accessState, KPROCESSOR_MODE mode,
                                  ULONG attributes, PUNICODE_STRING complete, PUNICODE_STRING remaining, PVOID context,
                                  PVOID qos, PVOID *object)
{
    UNREFERENCED_PARAMETER(type);
    UNREFERENCED_PARAMETER(accessState);
    UNREFERENCED_PARAMETER(mode);
    UNREFERENCED_PARAMETER(complete);
    UNREFERENCED_PARAMETER(qos);
    PDEVICE_OBJECT device = parseObject;
    POPEN_PACKET op = context;
    IO_STATUS_BLOCK iosb ON_STACK;
    PFILE_OBJECT file;

    *object = NULL;
    if (op == NULL || op->Type != IO_TYPE_OPEN_PACKET || op->Size != sizeof(*op)) {
        if (remaining->Length != 0) {
            return STATUS_OBJECT_TYPE_MISMATCH;
        }
        ObReferenceObject(device);      /* the device itself is wanted */
        *object = device;
        return STATUS_SUCCESS;
    }
    NTSTATUS status = IopReferenceDeviceObject(device);
    if (!NT_SUCCESS(status)) {
        return op->FinalStatus = status;
    }
    status = IopAllocateFileObject(device, op, attributes, remaining, &file);
    if (!NT_SUCCESS(status)) {
        IopDecrementDeviceObjectRef(device);
        return op->FinalStatus = status;
    }
    ObReferenceObject(device);          /* the file object's, until it is deleted */

    PDEVICE_OBJECT target = IopChooseTarget(device, &file->Vpb);
    iosb.Status = STATUS_SUCCESS;
    iosb.Information = 0;
    status = IopSendCreate(target, file, op, &iosb);
    if (status == STATUS_REPARSE) {
        status = STATUS_NOT_IMPLEMENTED;    /* reparse points */
    }
    op->Information = iosb.Information;
    op->FinalStatus = status;
    if (!NT_SUCCESS(status)) {
        IopAbandonFileObject(file);
        IopDecrementDeviceObjectRef(device);
        ObDereferenceObject(device);
        return status;
    }
    file->RelatedFileObject = NULL;     /* valid during the create only */
    file->Flags |= FO_FILE_OPEN;
    op->FileObject = file;
    op->ParseCheck = IOP_OPEN_PACKET_PATTERN;
    *object = file;
    return status;
}

/* A name relative to an open file. */
NTSTATUS IopParseFile(PVOID parseObject, POBJECT_TYPE type, PVOID accessState, KPROCESSOR_MODE mode, ULONG attributes,
                      PUNICODE_STRING complete, PUNICODE_STRING remaining, PVOID context, PVOID qos, PVOID *object)
{
    PFILE_OBJECT related = parseObject;
    POPEN_PACKET op = context;
    if (op == NULL || op->Type != IO_TYPE_OPEN_PACKET || op->Size != sizeof(*op)) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    op->RelatedFileObject = related;
    return IopParseDevice(related->DeviceObject, type, accessState, mode, attributes, complete, remaining, context, qos,
                          object);
}
