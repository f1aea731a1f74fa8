/* Reference counts, and deletion when the last one goes. */
#include "obp.h"

static KSPIN_LOCK ObpReaperLock;
static WORK_QUEUE_ITEM ObpReaperWorkItem;
static POBJECT_HEADER ObpReaperList;
static BOOLEAN ObpReaperQueued;

LONG_PTR ObfReferenceObject(PVOID object)
{
    POBJECT_HEADER header = OBJECT_TO_OBJECT_HEADER(object);
    LONG_PTR count = ATOMIC_INC(&header->PointerCount);
    if (count <= 1) {   /* it was already being deleted */
        KeBugCheckEx(REFERENCE_BY_POINTER, 0, (ULONG_PTR)object, 0x10, (ULONG_PTR)count);
    }
    return count;
}

BOOLEAN ObpReferenceObjectSafe(PVOID object)
{
    POBJECT_HEADER header = OBJECT_TO_OBJECT_HEADER(object);
    LONG64 count = ATOMIC_READ(&header->PointerCount);
    while (count > 0) {
        if (ATOMIC_CAS(&header->PointerCount, &count, count + 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

OBP_FRAME void ObpRemoveObjectRoutine(PVOID object)
{
    POBJECT_HEADER header = OBJECT_TO_OBJECT_HEADER(object);
    POBJECT_TYPE type = ObGetObjectType(object);
    OB_DELETE_METHOD method = FROM_PROC(OB_DELETE_METHOD, type->TypeInfo.DeleteProcedure);
    if (method != NULL) {
        method(object);
    }
    ObpFreeObject(header);
}

static void ObpProcessRemoveObjectQueue(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    for (;;) {
        KIRQL old = KeAcquireSpinLockRaiseToDpc(&ObpReaperLock);
        POBJECT_HEADER header = ObpReaperList;
        if (header == NULL) {
            ObpReaperQueued = FALSE;
            KeReleaseSpinLock(&ObpReaperLock, old);
            return;
        }
        ObpReaperList = header->NextToFree;
        KeReleaseSpinLock(&ObpReaperLock, old);
        header->NextToFree = NULL;
        ObpRemoveObjectRoutine(&header->Body);
    }
}

void ObpInitializeReaper(void) { ExInitializeWorkItem(&ObpReaperWorkItem, ObpProcessRemoveObjectQueue, NULL); }

/* Delete procedures may wait, so above PASSIVE_LEVEL a worker runs them. The handle count is
   zero by then; its field links the list. */
static void ObpDeferObjectDeletion(POBJECT_HEADER header)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&ObpReaperLock);
    header->NextToFree = ObpReaperList;
    ObpReaperList = header;
    BOOLEAN queue = !ObpReaperQueued;
    ObpReaperQueued = TRUE;
    KeReleaseSpinLock(&ObpReaperLock, old);
    if (queue) {
        ExQueueWorkItem(&ObpReaperWorkItem, CriticalWorkQueue);
    }
}

LONG_PTR ObfDereferenceObject(PVOID object)
{
    POBJECT_HEADER header = OBJECT_TO_OBJECT_HEADER(object);
    LONG_PTR count = ATOMIC_DEC(&header->PointerCount);
    if (count > 0) {
        return count;
    }
    if (count < 0) {
        KeBugCheckEx(REFERENCE_BY_POINTER, (ULONG_PTR)ObGetObjectType(object), (ULONG_PTR)object, 2, (ULONG_PTR)count);
    }
    if (KeGetCurrentIrql() == PASSIVE_LEVEL) {
        ObpRemoveObjectRoutine(object);
    } else {
        ObpDeferObjectDeletion(header);
    }
    return 0;
}

LONG_PTR ObfReferenceObjectWithTag(PVOID object, ULONG tag)
{
    UNREFERENCED_PARAMETER(tag);
    return ObfReferenceObject(object);
}

LONG_PTR ObfDereferenceObjectWithTag(PVOID object, ULONG tag)
{
    UNREFERENCED_PARAMETER(tag);
    return ObfDereferenceObject(object);
}

void ObDereferenceObjectDeferDelete(PVOID object)
{
    POBJECT_HEADER header = OBJECT_TO_OBJECT_HEADER(object);
    if (ATOMIC_DEC(&header->PointerCount) == 0) {
        ObpDeferObjectDeletion(header);
    }
}

NTSTATUS ObReferenceObjectByPointer(PVOID object, ACCESS_MASK access, POBJECT_TYPE type, KPROCESSOR_MODE mode)
{
    UNREFERENCED_PARAMETER(access);
    if ((type != NULL || mode != KernelMode) && ObGetObjectType(object) != type) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    ObfReferenceObject(object);
    return STATUS_SUCCESS;
}
