/* IopLoadDriver: image, driver object, DriverEntry. */
#include "iop.h"

static UNICODE_STRING CmRegistryMachineHardwareDescriptionSystemName;

/* The driver object and its extension are one allocation, as on Windows. */
typedef struct _IOP_DRIVER_BODY {
    DRIVER_OBJECT Driver;
    DRIVER_EXTENSION Extension;
} IOP_DRIVER_BODY, *PIOP_DRIVER_BODY;

static BOOLEAN IopDuplicate(PUNICODE_STRING to, PUNICODE_STRING from)
{
    to->Buffer = ExAllocatePoolWithTag(NonPagedPool, from->Length + sizeof(WCHAR), 'mNoI');
    if (to->Buffer == NULL) {
        return FALSE;
    }
    memcpy(to->Buffer, from->Buffer, from->Length);
    to->Buffer[from->Length / sizeof(WCHAR)] = 0;
    to->Length = from->Length;
    to->MaximumLength = from->Length + sizeof(WCHAR);
    return TRUE;
}

/* The object takes over the image: deleting it unloads. On failure the image is the caller's. The
   kernel's own drivers have no module. */
NTSTATUS IopCreateDriverObject(PUNICODE_STRING name, PUNICODE_STRING service, PKLDR_DATA_TABLE_ENTRY module,
                               PDRIVER_OBJECT *result)
{
    OBJECT_ATTRIBUTES oa = {0};
    PIOP_DRIVER_BODY body;
    HANDLE h;
    oa.Length = sizeof(oa);
    oa.ObjectName = name;
    oa.Attributes = OBJ_PERMANENT | OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE;
    NTSTATUS status =
        ObCreateObject(KernelMode, IopDriverObjectType, &oa, KernelMode, NULL, sizeof(*body), 0, 0, (PVOID *)&body);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    RtlZeroMemory(body, sizeof(*body));
    PDRIVER_OBJECT driver = &body->Driver;
    driver->Type = IO_TYPE_DRIVER;
    driver->Size = sizeof(*driver);
    driver->DriverExtension = &body->Extension;
    body->Extension.DriverObject = driver;
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
        driver->MajorFunction[i] = TO_PROC(IopInvalidDeviceRequest);
    }
    if (!IopDuplicate(&driver->DriverName, name) || !IopDuplicate(&body->Extension.ServiceKeyName, service)) {
        ObDereferenceObject(driver);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (CmRegistryMachineHardwareDescriptionSystemName.Buffer == NULL) {
        RtlInitUnicodeString(&CmRegistryMachineHardwareDescriptionSystemName,
                             L"\\REGISTRY\\MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM");
    }
    driver->HardwareDatabase = &CmRegistryMachineHardwareDescriptionSystemName;
    if (module != NULL) {
        driver->DriverInit = TO_PROC(module->EntryPoint);
    }
    status = ObInsertObject(driver, NULL, 1, 1, NULL, &h);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    NtClose(h);
    if (module != NULL) {
        driver->DriverSection = module;
        driver->DriverStart = module->DllBase;
        driver->DriverSize = module->SizeOfImage;
    }
    *result = driver;
    return STATUS_SUCCESS;
}

/* Driver objects go last of all: no device, no open, no name. */
void IopDeleteDriver(PVOID object)
{
    PDRIVER_OBJECT driver = object;
    PVOID extension = driver->DriverExtension->ClientDriverExtension;
    while (extension != NULL) {
        PVOID next = *(PVOID *)extension;
        ExFreePoolWithTag(extension, 'virD');
        extension = next;
    }
    if (driver->DriverSection != NULL) {
        MmUnloadSystemImage(driver->DriverSection);
    }
    if (driver->DriverName.Buffer != NULL) {
        ExFreePoolWithTag(driver->DriverName.Buffer, 'mNoI');
    }
    if (driver->DriverExtension->ServiceKeyName.Buffer != NULL) {
        ExFreePoolWithTag(driver->DriverExtension->ServiceKeyName.Buffer, 'mNoI');
    }
}

IOP_FRAME static NTSTATUS PnpCallDriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING serviceKey)
{
    return FROM_PROC(PDRIVER_INITIALIZE, driver->DriverInit)(driver, serviceKey);
}

static NTSTATUS IopInitializeDriver(PDRIVER_OBJECT driver, PUNICODE_STRING serviceKey)
{
    UNICODE_STRING path;    /* the driver may keep the string for as long as it runs the entry */
    if (!IopDuplicate(&path, serviceKey)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS status = PnpCallDriverEntry(driver, &path);
    ExFreePoolWithTag(path.Buffer, 'mNoI');
    for (ULONG i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++) {
        if (driver->MajorFunction[i] == NULL) {
            driver->MajorFunction[i] = TO_PROC(IopInvalidDeviceRequest);
        }
    }
    if (!NT_SUCCESS(status)) {
        IopSetLoadProblem("%wZ: DriverEntry failed with status 0x%08lx", &driver->DriverName, (ULONG)status);
        return status;
    }
    driver->Flags |= driver->DriverExtension->AddDevice == NULL ? DRVO_LEGACY_DRIVER : 0;
    IopReadyDeviceObjects(driver);
    return status;
}

static NTSTATUS IopLoadImage(PUNICODE_STRING path, PVOID file, SIZE_T size, PKLDR_DATA_TABLE_ENTRY *module)
{
    PSTR problem = NULL;
    PVOID read = NULL;
    NTSTATUS status = STATUS_SUCCESS;
    if (file == NULL) {
        status = IopReadImageFile(path, &read, &size);
        if (!NT_SUCCESS(status)) {
            IopSetLoadProblem("%wZ cannot be read: status 0x%08lx", path, (ULONG)status);
            return status;
        }
        file = read;
    }
    status = MmLoadSystemImage(path, file, size, module, &problem);
    if (!NT_SUCCESS(status)) {
        if (problem != NULL) {
            IopSetLoadProblem("%s", problem);
        } else {
            IopSetLoadProblem("%wZ cannot be loaded: status 0x%08lx", path, (ULONG)status);
        }
    }
    if (problem != NULL) {
        ExFreePool(problem);
    }
    if (read != NULL) {
        ExFreePool(read);
    }
    return status;
}

static BOOLEAN IopDriverExists(PUNICODE_STRING name)
{
    PVOID driver;
    if (!NT_SUCCESS(ObReferenceObjectByName(name, OBJ_CASE_INSENSITIVE, NULL, 0, IopDriverObjectType, KernelMode, NULL,
                                            &driver))) {
        return FALSE;
    }
    ObDereferenceObject(driver);
    return TRUE;
}

IOP_FRAME NTSTATUS IopLoadDriver(PUNICODE_STRING serviceKey, PVOID file, SIZE_T size)
{
    UNICODE_STRING service, name = {0}, path = {0};
    PKLDR_DATA_TABLE_ENTRY module;
    PDRIVER_OBJECT driver;
    ULONG type = 1;

    IopSetLoadProblem("");
    IopServiceName(serviceKey, &service);
    NTSTATUS status = CmpQueryDword(serviceKey, L"Type", &type);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND || service.Length == 0) {
        IopSetLoadProblem("%wZ: there is no such service", &service);
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    status = IopBuildDriverName(&service, type, &name);
    if (NT_SUCCESS(status)) {
        status = IopBuildImagePath(serviceKey, &service, &path);
    }
    if (NT_SUCCESS(status) && IopDriverExists(&name)) {
        IopSetLoadProblem("%wZ is already loaded", &name);
        status = STATUS_IMAGE_ALREADY_LOADED;
    }
    if (NT_SUCCESS(status)) {
        status = IopLoadImage(&path, file, size, &module);
    }
    if (NT_SUCCESS(status)) {
        status = IopCreateDriverObject(&name, &service, module, &driver);
        if (!NT_SUCCESS(status)) {
            MmUnloadSystemImage(module);
        } else {
            status = IopInitializeDriver(driver, serviceKey);
            if (!NT_SUCCESS(status)) {
                ObMakeTemporaryObject(driver);
                ObDereferenceObject(driver);
            }
        }
    }
    if (name.Buffer != NULL) {
        ExFreePoolWithTag(name.Buffer, 'mNoI');
    }
    if (path.Buffer != NULL) {
        ExFreePoolWithTag(path.Buffer, 'mNoI');
    }
    return status;
}
