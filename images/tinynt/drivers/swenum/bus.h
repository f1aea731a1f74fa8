/* swenum, private: the bus (an FDO on a root-enumerated device) and its children (PDOs). */
#pragma once
#include <ntifs.h>
#include "swenum.h"

#define SWENUM_TAG 'nEwS'

typedef struct _SW_BUS {
    BOOLEAN IsBus;
    PDEVICE_OBJECT Self, Pdo, Lower;
    FAST_MUTEX Lock;
    LIST_ENTRY Children;        /* SW_CHILD.Link */
} SW_BUS, *PSW_BUS;

typedef struct _SW_CHILD {
    BOOLEAN IsBus;
    BOOLEAN Present;            /* plugged in */
    BOOLEAN Reported;           /* the PnP manager knows it */
    BOOLEAN Started;
    PDEVICE_OBJECT Self;
    PSW_BUS Bus;
    LIST_ENTRY Link;
    WCHAR Name[SWENUM_NAME_CHARS];
} SW_CHILD, *PSW_CHILD;

NTSTATUS SwComplete(PIRP irp, NTSTATUS status, ULONG_PTR information);
DRIVER_DISPATCH SwControl;
NTSTATUS SwBusPnp(PSW_BUS bus, PIRP irp);
NTSTATUS SwChildPnp(PSW_CHILD child, PIRP irp);
