/* Plug and play: device nodes, enumeration, removal. */
#pragma once
#include "ke.h"

/* PiEngineLock serialises all changes of the tree; IopDeviceTreeLock keeps readers out. */
extern ERESOURCE PiEngineLock, IopDeviceTreeLock;
extern PDEVICE_NODE IopRootDeviceNode;

typedef enum {
    PPL_SIMPLE_READ,            /* the tree stays as it is */
    PPL_TREEOP_ALLOW_READS,     /* this thread changes devices, others may look */
    PPL_TREEOP_BLOCK_READS
} PNP_LOCK_LEVEL;
void PpDevNodeLockTree(PNP_LOCK_LEVEL level);
void PpDevNodeUnlockTree(PNP_LOCK_LEVEL level);

void PnpInitialize(void);
/* After a boot driver was loaded: the devices that the registry lists for it. */
void PnpStartBootDevices(void);
/* 0x9F/4: a power transition waited too long for PiEngineLock. */
void PnpBugcheckPowerTimeout(ULONG seconds);

static inline PDEVICE_NODE PipDeviceNode(PDEVICE_OBJECT pdo) { return pdo->DeviceObjectExtension->DeviceNode; }
void IoInvalidateDeviceRelations(PDEVICE_OBJECT pdo, enum _DEVICE_RELATION_TYPE type);
void IoRequestDeviceEject(PDEVICE_OBJECT pdo);
PDEVICE_OBJECT IoGetDeviceAttachmentBaseRef(PDEVICE_OBJECT device);
