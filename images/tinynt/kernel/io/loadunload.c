/* NtLoadDriver, NtUnloadDriver. The caller already is a system thread, so the work is done in it. */
#include "iop.h"

typedef struct _LOAD_PACKET {
    PUNICODE_STRING DriverServiceName;
    BOOLEAN Unload;
    NTSTATUS FinalStatus;
} LOAD_PACKET, *PLOAD_PACKET;

IOP_FRAME static void IopLoadUnloadDriver(PLOAD_PACKET packet)
{
    packet->FinalStatus =
        packet->Unload ? IopUnloadDriver(packet->DriverServiceName) : IopLoadDriver(packet->DriverServiceName, NULL, 0);
}

IOP_FRAME NTSTATUS NtLoadDriver(PUNICODE_STRING registryPath)
{
    LOAD_PACKET packet = {registryPath, FALSE, STATUS_SUCCESS};
    IopLoadUnloadDriver(&packet);
    return packet.FinalStatus;
}

IOP_FRAME NTSTATUS NtUnloadDriver(PUNICODE_STRING registryPath)
{
    LOAD_PACKET packet = {registryPath, TRUE, STATUS_SUCCESS};
    IopLoadUnloadDriver(&packet);
    return packet.FinalStatus;
}

static NTSTATUS IopReferenceServiceDriver(PUNICODE_STRING serviceKey, PDRIVER_OBJECT *driver)
{
    UNICODE_STRING service, name;
    ULONG type = 1;
    IopServiceName(serviceKey, &service);
    CmpQueryDword(serviceKey, L"Type", &type);
    NTSTATUS status = IopBuildDriverName(&service, type, &name);
    if (NT_SUCCESS(status)) {
        status = ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, NULL, 0, IopDriverObjectType, KernelMode, NULL,
                                         (PVOID *)driver);
        ExFreePoolWithTag(name.Buffer, 'mNoI');
    }
    return status;
}

/* With opens or attachments left, the devices are marked and the unload follows the last close. */
IOP_FRAME NTSTATUS IopUnloadDriver(PUNICODE_STRING serviceKey)
{
    PDRIVER_OBJECT driver;
    NTSTATUS status = IopReferenceServiceDriver(serviceKey, &driver);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (driver->DriverUnload == NULL || driver->DriverSection == NULL || (driver->Flags & DRVO_UNLOAD_INVOKED) ||
        (driver->DriverExtension->AddDevice != NULL && driver->DeviceObject != NULL)) {
        ObDereferenceObject(driver);    /* a PnP driver stays as long as it has devices */
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (IopCheckUnloadDriver(driver)) {
        FROM_PROC(PDRIVER_UNLOAD, driver->DriverUnload)(driver);
        ObMakeTemporaryObject(driver);
        ObDereferenceObject(driver);    /* the loader's; the last one unmaps the image */
    }
    ObDereferenceObject(driver);
    return STATUS_SUCCESS;
}
