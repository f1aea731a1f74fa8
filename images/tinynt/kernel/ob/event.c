/* Event objects and the wait service. */
#include "obp.h"

POBJECT_TYPE ExEventObjectType;

NTSTATUS ObpInitializeEvents(void)
{
    OBJECT_TYPE_INITIALIZER init = {0};
    UNICODE_STRING name;
    init.Length = sizeof(init);
    init.PoolType = NonPagedPool;
    init.ValidAccessMask = 0x1F0003;
    RtlInitUnicodeString(&name, L"Event");
    return ObCreateObjectType(&name, &init, NULL, &ExEventObjectType);
}

NTSTATUS NtCreateEvent(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, EVENT_TYPE type, BOOLEAN state)
{
    if (type != NotificationEvent && type != SynchronizationEvent) {
        return STATUS_INVALID_PARAMETER;
    }
    PKEVENT event;
    NTSTATUS status =
        ObCreateObject(KernelMode, ExEventObjectType, oa, KernelMode, NULL, sizeof(*event), 0, 0, (PVOID *)&event);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    KeInitializeEvent(event, type, state);
    return ObInsertObject(event, NULL, access, 0, NULL, handle);
}

NTSTATUS NtOpenEvent(PHANDLE handle, ACCESS_MASK access, POBJECT_ATTRIBUTES oa)
{
    return ObOpenObjectByName(oa, ExEventObjectType, KernelMode, NULL, access, NULL, handle);
}

NTSTATUS NtSetEvent(HANDLE handle, PLONG previous)
{
    PKEVENT event;
    NTSTATUS status = ObReferenceObjectByHandle(handle, 2, ExEventObjectType, KernelMode, (PVOID *)&event, NULL);
    if (NT_SUCCESS(status)) {
        LONG before = KeSetEvent(event, 1, FALSE);
        if (previous != NULL) {
            *previous = before;
        }
        ObfDereferenceObject(event);
    }
    return status;
}

NTSTATUS NtResetEvent(HANDLE handle, PLONG previous)
{
    PKEVENT event;
    NTSTATUS status = ObReferenceObjectByHandle(handle, 2, ExEventObjectType, KernelMode, (PVOID *)&event, NULL);
    if (NT_SUCCESS(status)) {
        LONG before = KeResetEvent(event);
        if (previous != NULL) {
            *previous = before;
        }
        ObfDereferenceObject(event);
    }
    return status;
}

NTSTATUS NtClearEvent(HANDLE handle) { return NtResetEvent(handle, NULL); }

PKEVENT IoCreateNotificationEvent(PUNICODE_STRING name, PHANDLE handle);
PKEVENT IoCreateSynchronizationEvent(PUNICODE_STRING name, PHANDLE handle);

static PKEVENT IopCreateNamedEvent(PUNICODE_STRING name, PHANDLE handle, EVENT_TYPE type)
{
    OBJECT_ATTRIBUTES oa = {0};
    PKEVENT event;
    oa.Length = sizeof(oa);
    oa.ObjectName = name;
    oa.Attributes = OBJ_OPENIF | OBJ_KERNEL_HANDLE;
    if (!NT_SUCCESS(NtCreateEvent(handle, 0x1F0003, &oa, type, TRUE)) ||
        !NT_SUCCESS(ObReferenceObjectByHandle(*handle, 0, ExEventObjectType, KernelMode, (PVOID *)&event, NULL))) {
        return NULL;
    }
    ObfDereferenceObject(event);    /* the handle keeps it */
    return event;
}

PKEVENT IoCreateNotificationEvent(PUNICODE_STRING name, PHANDLE handle)
{
    return IopCreateNamedEvent(name, handle, NotificationEvent);
}

PKEVENT IoCreateSynchronizationEvent(PUNICODE_STRING name, PHANDLE handle)
{
    return IopCreateNamedEvent(name, handle, SynchronizationEvent);
}

/* A type says where its dispatcher object is: an offset into the body, or an object of its own. */
NTSTATUS NtWaitForSingleObject(HANDLE handle, BOOLEAN alertable, PLARGE_INTEGER timeout)
{
    PVOID object;
    NTSTATUS status = ObReferenceObjectByHandle(handle, 0x100000, NULL, KernelMode, &object, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    PVOID where = ObGetObjectType(object)->DefaultObject;
    PVOID waitable = (LONG_PTR)where < 0 ? where : (PUCHAR)object + (ULONG_PTR)where;
    status = KeWaitForSingleObject(waitable, UserRequest, KernelMode, alertable, timeout);
    ObfDereferenceObject(object);
    return status;
}
