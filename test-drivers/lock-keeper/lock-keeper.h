/* What lock-keeper gives to drivers that ask for it with IOCTL_KEEPER_GET_INTERFACE (an internal
   device control request; the output buffer is a KEEPER_INTERFACE). */
#pragma once

#define KEEPER_DEVICE_NAME L"\\Device\\LockKeeper"
#define IOCTL_KEEPER_GET_INTERFACE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_NEITHER, FILE_ANY_ACCESS)

typedef struct _KEEPER_INTERFACE {
    PKSPIN_LOCK TableLock;              /* guards *Total */
    const ULONG *Total;                 /* sum of the good records */
    PKEVENT RepairStarted;              /* notification events */
    PKEVENT RepairEnded;
    ULONG ExpectedTotal;                /* after RepairEnded */
} KEEPER_INTERFACE, *PKEEPER_INTERFACE;
