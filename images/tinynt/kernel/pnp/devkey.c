/* A device in the registry: Enum\<device id>\<instance id> names its service and filters. */
#include "pnpp.h"

#define ENUM_KEY L"\\Registry\\Machine\\System\\CurrentControlSet\\Enum\\"

static PWSTR PnpJoin(PCWSTR a, PCWSTR b, PCWSTR c)
{
    PWSTR s = ExAllocatePoolZero(NonPagedPool, (wcslen(a) + wcslen(b) + wcslen(c) + 1) * sizeof(WCHAR), 'npnP');
    if (s != NULL) {
        SIZE_T at = 0;
        PCWSTR parts[] = {a, b, c};
        for (ULONG i = 0; i < ARRAYSIZE(parts); i++) {
            memcpy(s + at, parts[i], wcslen(parts[i]) * sizeof(WCHAR));
            at += wcslen(parts[i]);
        }
    }
    return s;
}

/* `out` gets pool memory; STATUS_OBJECT_NAME_NOT_FOUND when the device was never set up. */
NTSTATUS PnpReadInstanceKey(PDEVICE_NODE node, PCWSTR value, PUNICODE_STRING out)
{
    UNICODE_STRING key;
    PWSTR path = PnpJoin(ENUM_KEY, node->InstancePath.Buffer, L"");
    if (path == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlInitUnicodeString(&key, path);
    NTSTATUS status = CmpQueryString(&key, value, out);
    ExFreePool(path);
    return status;
}

NTSTATUS PnpBuildInstancePath(PDEVICE_NODE node)
{
    PWSTR device, instance;
    NTSTATUS status = PnpIrpQueryID(node->PhysicalDeviceObject, BusQueryDeviceID, &device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = PnpIrpQueryID(node->PhysicalDeviceObject, BusQueryInstanceID, &instance);
    if (NT_SUCCESS(status)) {
        PWSTR path = PnpJoin(device, L"\\", instance);
        if (path != NULL) {
            RtlInitUnicodeString(&node->InstancePath, path);
        } else {
            status = STATUS_INSUFFICIENT_RESOURCES;
        }
        ExFreePool(instance);
    }
    ExFreePool(device);
    return status;
}
