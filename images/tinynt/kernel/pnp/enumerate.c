/* Which children a bus has: new ones are set up, missing ones are removed. */
#include "pnpp.h"

static BOOLEAN PipIsStarted(PDEVICE_NODE node) { return node->State == DeviceNodeStarted; }

/* From a bare PDO to a started device. */
static IOP_FRAME void PipProcessDevNodeTree(PDEVICE_NODE node)
{
    struct _DEVICE_CAPABILITIES capabilities;
    NTSTATUS status = node->InstancePath.Buffer != NULL ? STATUS_SUCCESS : PnpBuildInstancePath(node);
    if (!NT_SUCCESS(status)) {
        PipSetDevNodeProblem(node, CM_PROB_FAILED_INSTALL, status);
        return;
    }
    if (NT_SUCCESS(PpIrpQueryCapabilities(node->PhysicalDeviceObject, &capabilities)) &&
        capabilities.SurpriseRemovalOK) {
        node->RemovalPolicy = node->HardwareRemovalPolicy = RemovalPolicyExpectSurpriseRemoval;
    }
    PipSetDevNodeState(node, DeviceNodeInitialized);
    status = PipCallDriverAddDevice(node);
    if (!NT_SUCCESS(status)) {
        /* What was added so far goes again; the PDO stays, for the bus still reports it. */
        IopRemoveDevice(node->PhysicalDeviceObject, IRP_MN_REMOVE_DEVICE);
        PipSetDevNodeProblem(node, node->ServiceName.Buffer == NULL ? CM_PROB_FAILED_INSTALL : CM_PROB_FAILED_ADD,
                             status);
        return;
    }
    PipSetDevNodeState(node, DeviceNodeDriversAdded);
    PipSetDevNodeState(node, DeviceNodeResourcesAssigned);
    status = PnpStartDevice(node->PhysicalDeviceObject);
    if (!NT_SUCCESS(status)) {
        IopRemoveDevice(node->PhysicalDeviceObject, IRP_MN_REMOVE_DEVICE);
        PipSetDevNodeProblem(node, CM_PROB_FAILED_START, status);
        return;
    }
    PipSetDevNodeState(node, DeviceNodeStartCompletion);
    PipSetDevNodeState(node, DeviceNodeStarted);
    PipEnumerateDevice(node);
}

/* The relations' references on the PDOs become the nodes', or are given back. */
static void PipEnumerateCompleted(PDEVICE_NODE node, PDEVICE_RELATIONS relations)
{
    for (PDEVICE_NODE child = node->Child; child != NULL; child = child->Sibling) {
        child->Flags &= ~DNF_ENUMERATED;
    }
    for (ULONG i = 0; i < relations->Count; i++) {
        PDEVICE_OBJECT pdo = relations->Objects[i];
        PDEVICE_NODE child = PipDeviceNode(pdo);
        if (child != NULL) {
            child->Flags |= DNF_ENUMERATED;
            ObDereferenceObject(pdo);
        } else if ((child = PipAllocateDeviceNode(pdo)) != NULL) {
            child->Flags |= DNF_ENUMERATED;
            PpDevNodeInsertIntoTree(node, child);
        } else {
            ObDereferenceObject(pdo);
        }
    }
    for (PDEVICE_NODE child = node->Child, next; child != NULL; child = next) {
        next = child->Sibling;
        if (child->Flags & DNF_ENUMERATED) {
            continue;
        }
        if (child->State == DeviceNodeRemoved) {
            PnpFinishRemovedDeviceNode(child);
        } else if (child->State != DeviceNodeAwaitingQueuedRemoval) {
            PipSetDevNodeState(child, DeviceNodeAwaitingQueuedRemoval);
            PnpSetTargetDeviceRemove(child->PhysicalDeviceObject, TRUE);
        }
    }
}

/* PiEngineLock is held. */
IOP_FRAME void PipEnumerateDevice(PDEVICE_NODE node)
{
    PDEVICE_RELATIONS relations;
    if (!PipIsStarted(node) || !NT_SUCCESS(PnpQueryDeviceRelations(node->PhysicalDeviceObject, &relations)) ||
        relations == NULL) {
        return;
    }
    PipEnumerateCompleted(node, relations);
    ExFreePool(relations);
    for (PDEVICE_NODE child = node->Child; child != NULL; child = child->Sibling) {
        if (child->State == DeviceNodeUninitialized && !(child->Flags & DNF_HAS_PROBLEM)) {
            PipProcessDevNodeTree(child);
        }
    }
}
