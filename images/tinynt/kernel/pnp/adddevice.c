/* Building a device's stack: its lower filters, its function driver, its upper filters. */
#include "pnpp.h"

typedef NTSTATUS (*PDRIVER_ADD_DEVICE)(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo);

/* The service's driver, loaded if it is not. */
static NTSTATUS PipReferenceDriver(PCWSTR service, PDRIVER_OBJECT *driver)
{
    static const WCHAR services[] = L"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";
    WCHAR text[256];
    UNICODE_STRING key, plain, name;
    SIZE_T length = wcslen(service);
    if (length == 0 || length + ARRAYSIZE(services) > ARRAYSIZE(text)) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    memcpy(text, services, sizeof(services));
    memcpy(text + ARRAYSIZE(services) - 1, service, (length + 1) * sizeof(WCHAR));
    RtlInitUnicodeString(&key, text);
    NTSTATUS status = IopLoadDriver(&key, NULL, 0);
    if (!NT_SUCCESS(status) && status != STATUS_IMAGE_ALREADY_LOADED) {
        return status;
    }
    RtlInitUnicodeString(&plain, service);
    status = IopBuildDriverName(&plain, 1, &name);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = ObReferenceObjectByName(&name, OBJ_CASE_INSENSITIVE, NULL, 0, IopDriverObjectType, KernelMode, NULL,
                                     (PVOID *)driver);
    ExFreePool(name.Buffer);
    return status;
}

static IOP_FRAME NTSTATUS PpvUtilCallAddDevice(PDEVICE_OBJECT pdo, PDRIVER_OBJECT driver)
{
    return FROM_PROC(PDRIVER_ADD_DEVICE, driver->DriverExtension->AddDevice)(driver, pdo);
}

static NTSTATUS PipAddService(PDEVICE_NODE node, PCWSTR service)
{
    PDRIVER_OBJECT driver;
    NTSTATUS status = PipReferenceDriver(service, &driver);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = driver->DriverExtension->AddDevice == NULL ? STATUS_DRIVER_UNABLE_TO_LOAD
                                                        : PpvUtilCallAddDevice(node->PhysicalDeviceObject, driver);
    ObDereferenceObject(driver);
    return status;
}

static NTSTATUS PipAddFilters(PDEVICE_NODE node, PCWSTR value)
{
    UNICODE_STRING list;
    NTSTATUS status = PnpReadInstanceKey(node, value, &list);
    if (!NT_SUCCESS(status)) {
        return STATUS_SUCCESS;      /* none */
    }
    for (PWSTR s = list.Buffer; *s != 0 && NT_SUCCESS(status); s += wcslen(s) + 1) {
        status = PipAddService(node, s);
    }
    ExFreePool(list.Buffer);
    return status;
}

IOP_FRAME NTSTATUS PipCallDriverAddDevice(PDEVICE_NODE node)
{
    NTSTATUS status = PnpReadInstanceKey(node, L"Service", &node->ServiceName);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = PipAddFilters(node, L"LowerFilters");
    if (NT_SUCCESS(status)) {
        status = PipAddService(node, node->ServiceName.Buffer);
    }
    if (NT_SUCCESS(status)) {
        status = PipAddFilters(node, L"UpperFilters");
    }
    return status;
}
