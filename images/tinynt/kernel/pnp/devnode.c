/* Device nodes and the tree of them. */
#include "pnpp.h"

ERESOURCE PiEngineLock, IopDeviceTreeLock;
PDEVICE_NODE IopRootDeviceNode;
KSPIN_LOCK PnpSpinLock;

void PpDevNodeLockTree(PNP_LOCK_LEVEL level)
{
    KeEnterCriticalRegion();
    if (level != PPL_SIMPLE_READ) {
        ExAcquireResourceExclusiveLite(&PiEngineLock, TRUE);
    }
    if (level == PPL_TREEOP_BLOCK_READS) {
        ExAcquireResourceExclusiveLite(&IopDeviceTreeLock, TRUE);
    } else {
        ExAcquireResourceSharedLite(&IopDeviceTreeLock, TRUE);
    }
}

void PpDevNodeUnlockTree(PNP_LOCK_LEVEL level)
{
    ExReleaseResourceLite(&IopDeviceTreeLock);
    if (level != PPL_SIMPLE_READ) {
        ExReleaseResourceLite(&PiEngineLock);
    }
    KeLeaveCriticalRegion();
}

PDEVICE_NODE PipAllocateDeviceNode(PDEVICE_OBJECT pdo)
{
    PDEVICE_NODE node = ExAllocatePoolZero(NonPagedPool, sizeof(*node), 'doND');
    if (node == NULL) {
        return NULL;
    }
    node->PhysicalDeviceObject = pdo;
    node->State = node->PreviousState = DeviceNodeUninitialized;
    node->InterfaceType = node->ChildInterfaceType = InterfaceTypeUndefined;
    node->BusNumber = node->ChildBusNumber = 0xFFFFFFF0;
    node->CurrentPowerState.SystemState = PowerSystemWorking;
    node->Notify.DeviceObject = pdo;
    InitializeListHead(&node->TargetDeviceNotify);
    InitializeListHead(&node->DeviceArbiterList);
    InitializeListHead(&node->DeviceTranslatorList);
    InitializeListHead(&node->PendedSetInterfaceState);
    InitializeListHead(&node->LegacyBusListEntry);
    pdo->DeviceObjectExtension->DeviceNode = node;
    pdo->Flags |= DO_BUS_ENUMERATED_DEVICE;
    return node;
}

void PipFreeDeviceNode(PDEVICE_NODE node)
{
    if (node->InstancePath.Buffer != NULL) {
        ExFreePool(node->InstancePath.Buffer);
    }
    if (node->ServiceName.Buffer != NULL) {
        ExFreePool(node->ServiceName.Buffer);
    }
    ExFreePoolWithTag(node, 'doND');
}

void PipSetDevNodeState(PDEVICE_NODE node, PNP_DEVNODE_STATE state)
{
    if (node->State != state) {
        node->StateHistory[node->StateHistoryEntry] = node->PreviousState = node->State;
        node->StateHistoryEntry = (node->StateHistoryEntry + 1) % ARRAYSIZE(node->StateHistory);
        node->State = state;
    }
}

void PipSetDevNodeProblem(PDEVICE_NODE node, ULONG problem, NTSTATUS status)
{
    node->Flags |= DNF_HAS_PROBLEM;
    node->Problem = problem;
    node->ProblemStatus = status;
    DbgPrint("PnP: %wZ: problem %lu, status 0x%08lx\n", &node->InstancePath, problem, (ULONG)status);
}

void PpDevNodeInsertIntoTree(PDEVICE_NODE parent, PDEVICE_NODE node)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&PnpSpinLock);
    node->Parent = parent;
    node->Level = parent->Level + 1;
    node->Sibling = NULL;
    if (parent->LastChild != NULL) {
        parent->LastChild->Sibling = node;
    } else {
        parent->Child = node;
    }
    parent->LastChild = node;
    KeReleaseSpinLock(&PnpSpinLock, old);
}

void PpDevNodeRemoveFromTree(PDEVICE_NODE node)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&PnpSpinLock);
    PDEVICE_NODE parent = node->Parent, previous = NULL;
    for (PDEVICE_NODE n = parent->Child; n != node; n = n->Sibling) {
        previous = n;
    }
    if (previous != NULL) {
        previous->Sibling = node->Sibling;
    } else {
        parent->Child = node->Sibling;
    }
    if (parent->LastChild == node) {
        parent->LastChild = previous;
    }
    node->PreviousParent = parent;
    node->Parent = node->Sibling = NULL;
    KeReleaseSpinLock(&PnpSpinLock, old);
}
