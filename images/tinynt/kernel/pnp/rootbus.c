/* \Driver\PnpManager: the bus of devices that only the registry knows, below Enum\Root. */
#include "pnpp.h"

typedef struct _IOPNP_DEVICE_EXTENSION {
    PWSTR DeviceId, InstanceId;
    BOOLEAN IsRoot;
} IOPNP_DEVICE_EXTENSION, *PIOPNP_DEVICE_EXTENSION;

PDRIVER_OBJECT PnpDriverObject;
/* What Setup has written on Windows: the virtual buses. */
static struct {
    PCWSTR DeviceId, Service;
    PDEVICE_OBJECT Pdo;
} IopRootDevices[] = {
    {L"ROOT\\SWENUM", L"swenum", NULL},
};

static NTSTATUS IopDone(PIRP irp, NTSTATUS status, PVOID information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = (ULONG_PTR)information;
    IofCompleteRequest(irp, 0);
    return status;
}

static NTSTATUS IopCreateRootPdo(PCWSTR deviceId, PCWSTR instanceId, BOOLEAN root, PDEVICE_OBJECT *pdo)
{
    NTSTATUS status = IoCreateDevice(PnpDriverObject, sizeof(IOPNP_DEVICE_EXTENSION), NULL,
                                     4 /* FILE_DEVICE_CONTROLLER */, 0x80, FALSE, pdo);
    if (NT_SUCCESS(status)) {
        PIOPNP_DEVICE_EXTENSION ext = (*pdo)->DeviceExtension;
        ext->DeviceId = (PWSTR)deviceId;
        ext->InstanceId = (PWSTR)instanceId;
        ext->IsRoot = root;
        (*pdo)->Flags &= ~DO_DEVICE_INITIALIZING;
    }
    return status;
}

static BOOLEAN IopServiceExists(PCWSTR service)
{
    WCHAR text[200] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";
    UNICODE_STRING key;
    ULONG type;
    memcpy(text + wcslen(text), service, (wcslen(service) + 1) * sizeof(WCHAR));
    RtlInitUnicodeString(&key, text);
    return NT_SUCCESS(CmpQueryDword(&key, L"Type", &type));
}

/* Devices whose service is installed. */
static NTSTATUS IopGetRootDevices(PDEVICE_RELATIONS *result)
{
    PDEVICE_RELATIONS relations =
        ExAllocatePoolZero(NonPagedPool, sizeof(*relations) + ARRAYSIZE(IopRootDevices) * sizeof(PVOID), 'rpnP');
    if (relations == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG i = 0; i < ARRAYSIZE(IopRootDevices); i++) {
        if (IopRootDevices[i].Pdo == NULL && IopServiceExists(IopRootDevices[i].Service)) {
            IopCreateRootPdo(IopRootDevices[i].DeviceId, L"0000", FALSE, &IopRootDevices[i].Pdo);
        }
        if (IopRootDevices[i].Pdo != NULL) {
            ObReferenceObject(IopRootDevices[i].Pdo);
            relations->Objects[relations->Count++] = IopRootDevices[i].Pdo;
        }
    }
    *result = relations;
    return STATUS_SUCCESS;
}

static NTSTATUS IopQueryId(PIOPNP_DEVICE_EXTENSION ext, ULONG type, PVOID *id)
{
    PWSTR text = type == BusQueryDeviceID ? ext->DeviceId : type == BusQueryInstanceID ? ext->InstanceId : NULL;
    if (text == NULL) {
        return STATUS_NOT_SUPPORTED;
    }
    SIZE_T bytes = (wcslen(text) + 1) * sizeof(WCHAR);
    *id = ExAllocatePoolZero(NonPagedPool, bytes, 'ipnP');
    if (*id == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    memcpy(*id, text, bytes);
    return STATUS_SUCCESS;
}

static IOP_FRAME NTSTATUS IopPnPDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    PIOPNP_DEVICE_EXTENSION ext = device->DeviceExtension;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = irp->IoStatus.Status;
    PVOID information = (PVOID)irp->IoStatus.Information;
    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE:
    case IRP_MN_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_SURPRISE_REMOVAL: status = STATUS_SUCCESS; break;
    case IRP_MN_QUERY_REMOVE_DEVICE:
        status = STATUS_NOT_SUPPORTED;      /* root devices stay */
        break;
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        if (ext->IsRoot && stack->Parameters.QueryDeviceRelations.Type == BusRelations) {
            status = IopGetRootDevices((PDEVICE_RELATIONS *)&information);
        }
        break;
    case IRP_MN_QUERY_ID: status = IopQueryId(ext, stack->Parameters.QueryId.IdType, &information); break;
    }
    return IopDone(irp, status, information);
}

static IOP_FRAME NTSTATUS IopPowerDispatch(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    UCHAR minor = IoGetCurrentIrpStackLocation(irp)->MinorFunction;
    PoStartNextPowerIrp(irp);
    return IopDone(
        irp, minor == IRP_MN_SET_POWER || minor == IRP_MN_QUERY_POWER ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED, NULL);
}

/* The registry's side of the table above. */
static void IopInstallRootDevice(PCWSTR deviceId, PCWSTR service)
{
    WCHAR text[200] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\";
    UNICODE_STRING key, value;
    OBJECT_ATTRIBUTES oa = {0};
    HANDLE h;
    memcpy(text + wcslen(text), deviceId, (wcslen(deviceId) + 1) * sizeof(WCHAR));
    CmpCreatePath(text);
    memcpy(text + wcslen(text), L"\\0000", 6 * sizeof(WCHAR));
    RtlInitUnicodeString(&key, text);
    oa.Length = sizeof(oa);
    oa.ObjectName = &key;
    oa.Attributes = OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
    if (NT_SUCCESS(NtCreateKey(&h, 0xF003F, &oa, 0, NULL, 0, NULL))) {
        RtlInitUnicodeString(&value, L"Service");
        NtSetValueKey(h, &value, 0, REG_SZ, (PVOID)service, (ULONG)((wcslen(service) + 1) * sizeof(WCHAR)));
        NtClose(h);
    }
}

NTSTATUS IopPnpDriverEntry(PDRIVER_OBJECT driver)
{
    PDEVICE_OBJECT pdo;
    PnpDriverObject = driver;
    driver->MajorFunction[IRP_MJ_PNP] = TO_PROC(IopPnPDispatch);
    driver->MajorFunction[IRP_MJ_POWER] = TO_PROC(IopPowerDispatch);
    CmpCreatePath(L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\ROOT");
    for (ULONG i = 0; i < ARRAYSIZE(IopRootDevices); i++) {
        IopInstallRootDevice(IopRootDevices[i].DeviceId, IopRootDevices[i].Service);
    }
    NTSTATUS status = IopCreateRootPdo(L"HTREE\\ROOT", L"0", TRUE, &pdo);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    IopRootDeviceNode = PipAllocateDeviceNode(pdo);
    return IopRootDeviceNode != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
