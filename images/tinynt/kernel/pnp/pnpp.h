/* Plug and play, private. */
#pragma once
#include "../io/iop.h"

enum {
    IRP_MN_START_DEVICE = 0x00,
    IRP_MN_QUERY_REMOVE_DEVICE = 0x01,
    IRP_MN_REMOVE_DEVICE = 0x02,
    IRP_MN_CANCEL_REMOVE_DEVICE = 0x03,
    IRP_MN_QUERY_DEVICE_RELATIONS = 0x07,
    IRP_MN_QUERY_CAPABILITIES = 0x09,
    IRP_MN_EJECT = 0x11,
    IRP_MN_QUERY_ID = 0x13,
    IRP_MN_QUERY_PNP_DEVICE_STATE = 0x14,
    IRP_MN_SURPRISE_REMOVAL = 0x17
};
#define DO_BUS_ENUMERATED_DEVICE 0x1000
#define DNF_MADEUP 0x01
#define DNF_ENUMERATED 0x10
#define DNF_HAS_PROBLEM 0x2000
enum { CM_PROB_FAILED_START = 10, CM_PROB_FAILED_INSTALL = 28, CM_PROB_FAILED_ADD = 31 };
enum { RemovalPolicyExpectSurpriseRemoval = 3 };

typedef enum _PNP_DEVNODE_STATE PNP_DEVNODE_STATE;
typedef enum _PNP_DEVICE_ACTION_REQUEST PNP_DEVICE_ACTION_REQUEST;
NT_TYPE(PNP_DEVICE_ACTION_ENTRY);

extern KSPIN_LOCK PnpSpinLock;      /* the links of the tree, the request lists */

/* devnode.c */
PDEVICE_NODE PipAllocateDeviceNode(PDEVICE_OBJECT pdo);
void PipFreeDeviceNode(PDEVICE_NODE node);
void PipSetDevNodeState(PDEVICE_NODE node, PNP_DEVNODE_STATE state);
void PipSetDevNodeProblem(PDEVICE_NODE node, ULONG problem, NTSTATUS status);
void PpDevNodeInsertIntoTree(PDEVICE_NODE parent, PDEVICE_NODE node);
void PpDevNodeRemoveFromTree(PDEVICE_NODE node);

/* irp.c: each sends one IRP to the top of the device's stack and waits. */
NTSTATUS IopSynchronousCall(PDEVICE_OBJECT device, PIO_STACK_LOCATION top, NTSTATUS initial, ULONG_PTR *information);
NTSTATUS PnpQueryDeviceRelations(PDEVICE_OBJECT pdo, PDEVICE_RELATIONS *relations);
NTSTATUS PnpIrpQueryID(PDEVICE_OBJECT pdo, ULONG type, PWSTR *id);
NTSTATUS PpIrpQueryCapabilities(PDEVICE_OBJECT pdo, struct _DEVICE_CAPABILITIES *capabilities);
NTSTATUS PnpStartDevice(PDEVICE_OBJECT pdo);
NTSTATUS IopRemoveDevice(PDEVICE_OBJECT pdo, UCHAR minor);

/* devkey.c: what the registry says of a device. */
NTSTATUS PnpReadInstanceKey(PDEVICE_NODE node, PCWSTR value, PUNICODE_STRING out);
NTSTATUS PnpBuildInstancePath(PDEVICE_NODE node);

/* adddevice.c */
NTSTATUS PipCallDriverAddDevice(PDEVICE_NODE node);

/* enumerate.c, action.c, event.c */
void PipEnumerateDevice(PDEVICE_NODE node);
NTSTATUS PnpRequestDeviceAction(PDEVICE_OBJECT device, PNP_DEVICE_ACTION_REQUEST type, PKEVENT done);
void PnpSetTargetDeviceRemove(PDEVICE_OBJECT device, BOOLEAN surprise);
void PnpProcessQueryRemoveAndEject(PDEVICE_OBJECT device, BOOLEAN surprise);
void PnpFinishRemovedDeviceNode(PDEVICE_NODE node);

/* rootbus.c: \Driver\PnpManager. */
NTSTATUS IopPnpDriverEntry(PDRIVER_OBJECT driver);
extern PDRIVER_OBJECT PnpDriverObject;
