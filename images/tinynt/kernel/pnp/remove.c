/* Removal of a device and of all below it: children first, PiEngineLock held throughout. */
#include "pnpp.h"

#define PNP_MAXIMUM_RELATIONS 64

/* Devices that go together, each child before its parent. */
typedef struct _PNP_REMOVAL_LIST {
    ULONG Count;
    PDEVICE_NODE Nodes[PNP_MAXIMUM_RELATIONS];
} PNP_REMOVAL_LIST, *PPNP_REMOVAL_LIST;

typedef enum { QueryRemoveDevice, CancelRemoveDevice, RemoveDevice, SurpriseRemoveDevice } PNP_DELETE_TYPE;

static BOOLEAN PnpBuildRemovalRelationList(PDEVICE_NODE node, PPNP_REMOVAL_LIST list)
{
    for (PDEVICE_NODE child = node->Child; child != NULL; child = child->Sibling) {
        if (!PnpBuildRemovalRelationList(child, list)) {
            return FALSE;
        }
    }
    if (list->Count == PNP_MAXIMUM_RELATIONS) {
        return FALSE;
    }
    list->Nodes[list->Count++] = node;
    return TRUE;
}

static IOP_FRAME NTSTATUS PnpSurpriseRemoveLockedDeviceNode(PDEVICE_NODE node)
{
    IopRemoveDevice(node->PhysicalDeviceObject, IRP_MN_SURPRISE_REMOVAL);
    PipSetDevNodeState(node, DeviceNodeRemovePendingCloses);
    return STATUS_SUCCESS;
}

static IOP_FRAME NTSTATUS PnpRemoveLockedDeviceNode(PDEVICE_NODE node)
{
    IopRemoveDevice(node->PhysicalDeviceObject, IRP_MN_REMOVE_DEVICE);
    PipSetDevNodeState(node, DeviceNodeRemoved);
    return STATUS_SUCCESS;
}

static IOP_FRAME NTSTATUS PnpQueryRemoveLockedDeviceNode(PDEVICE_NODE node)
{
    NTSTATUS status = IopRemoveDevice(node->PhysicalDeviceObject, IRP_MN_QUERY_REMOVE_DEVICE);
    if (NT_SUCCESS(status)) {
        PipSetDevNodeState(node, DeviceNodeQueryRemoved);
    }
    return status;
}

static IOP_FRAME NTSTATUS PnpDeleteLockedDeviceNode(PDEVICE_NODE node, PNP_DELETE_TYPE type)
{
    switch (type) {
    case QueryRemoveDevice:
        return node->State == DeviceNodeStarted ? PnpQueryRemoveLockedDeviceNode(node) : STATUS_SUCCESS;
    case CancelRemoveDevice:
        if (node->State == DeviceNodeQueryRemoved) {
            IopRemoveDevice(node->PhysicalDeviceObject, IRP_MN_CANCEL_REMOVE_DEVICE);
            PipSetDevNodeState(node, DeviceNodeStarted);
        }
        return STATUS_SUCCESS;
    case SurpriseRemoveDevice: return PnpSurpriseRemoveLockedDeviceNode(node);
    default: return PnpRemoveLockedDeviceNode(node);
    }
}

static IOP_FRAME NTSTATUS PnpDeleteLockedDeviceNodes(PPNP_REMOVAL_LIST list, PNP_DELETE_TYPE type)
{
    NTSTATUS status = STATUS_SUCCESS;
    for (ULONG i = 0; i < list->Count && NT_SUCCESS(status); i++) {
        status = PnpDeleteLockedDeviceNode(list->Nodes[i], type);
    }
    return status;
}

static BOOLEAN PnpHasOpenHandles(PPNP_REMOVAL_LIST list)
{
    for (ULONG i = 0; i < list->Count; i++) {
        for (PDEVICE_OBJECT d = list->Nodes[i]->PhysicalDeviceObject; d != NULL; d = d->AttachedDevice) {
            if (d->ReferenceCount != 0) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* The drivers are told of the end only when nobody has the device open any more. */
static void PnpWaitForCloses(PPNP_REMOVAL_LIST list)
{
    LARGE_INTEGER interval = {.QuadPart = -1000000};    /* 100 ms */
    while (PnpHasOpenHandles(list)) {
        PpDevNodeUnlockTree(PPL_TREEOP_ALLOW_READS);
        KeDelayExecutionThread(KernelMode, FALSE, &interval);
        PpDevNodeLockTree(PPL_TREEOP_ALLOW_READS);
    }
}

/* The bus no longer reports it and its drivers are gone: what is left is the node. */
static void PnpReleaseNode(PDEVICE_NODE node)
{
    PDEVICE_OBJECT pdo = node->PhysicalDeviceObject;
    PpDevNodeRemoveFromTree(node);
    PipSetDevNodeState(node, DeviceNodeDeleted);
    pdo->DeviceObjectExtension->DeviceNode = NULL;
    PipFreeDeviceNode(node);
    ObDereferenceObject(pdo);
}

/* After an eject: the PDO, now missing, is told to go. */
void PnpFinishRemovedDeviceNode(PDEVICE_NODE node)
{
    IopRemoveDevice(node->PhysicalDeviceObject, IRP_MN_REMOVE_DEVICE);
    PnpReleaseNode(node);
}

static void PnpProcessSurpriseRemove(PPNP_REMOVAL_LIST list)
{
    PnpDeleteLockedDeviceNodes(list, SurpriseRemoveDevice);
    PnpWaitForCloses(list);
    PnpDeleteLockedDeviceNodes(list, RemoveDevice);
    for (ULONG i = 0; i < list->Count; i++) {
        PnpReleaseNode(list->Nodes[i]);
    }
}

static void PnpProcessEject(PDEVICE_NODE node, PPNP_REMOVAL_LIST list)
{
    NTSTATUS status =
        PnpHasOpenHandles(list) ? STATUS_UNSUCCESSFUL : PnpDeleteLockedDeviceNodes(list, QueryRemoveDevice);
    if (!NT_SUCCESS(status)) {
        DbgPrint("PnP: %wZ: removal refused, status 0x%08lx\n", &node->InstancePath, (ULONG)status);
        PnpDeleteLockedDeviceNodes(list, CancelRemoveDevice);
        return;
    }
    PnpDeleteLockedDeviceNodes(list, RemoveDevice);
    for (ULONG i = 0; i + 1 < list->Count; i++) {
        PnpReleaseNode(list->Nodes[i]);     /* children went with their bus's function driver */
    }
    IopRemoveDevice(node->PhysicalDeviceObject, IRP_MN_EJECT);
    PnpRequestDeviceAction(node->Parent->PhysicalDeviceObject, ReenumerateDeviceOnly, NULL);
}

IOP_FRAME void PnpProcessQueryRemoveAndEject(PDEVICE_OBJECT device, BOOLEAN surprise)
{
    PNP_REMOVAL_LIST list = {0};
    PpDevNodeLockTree(PPL_TREEOP_ALLOW_READS);
    PDEVICE_NODE node = PipDeviceNode(device);
    if (node != NULL && node != IopRootDeviceNode && node->State != DeviceNodeRemoved &&
        PnpBuildRemovalRelationList(node, &list)) {
        if (surprise) {
            PnpProcessSurpriseRemove(&list);
        } else {
            PnpProcessEject(node, &list);
        }
    }
    PpDevNodeUnlockTree(PPL_TREEOP_ALLOW_READS);
}
