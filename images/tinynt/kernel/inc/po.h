/* Power manager: power IRPs, their watchdog, shutdown. */
#pragma once
#include "ke.h"

#define IRP_MN_WAIT_WAKE 0x00
#define IRP_MN_SET_POWER 0x02
#define IRP_MN_QUERY_POWER 0x03

typedef union _POWER_STATE POWER_STATE;
typedef enum _POWER_STATE_TYPE POWER_STATE_TYPE;
typedef enum { ShutdownNoReboot, ShutdownReboot, ShutdownPowerOff } SHUTDOWN_ACTION;
typedef void (*PREQUEST_POWER_COMPLETE)(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID context,
                                        PIO_STATUS_BLOCK iosb);

void PoInitSystem(void);
NTSTATUS PoRequestPowerIrp(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PREQUEST_POWER_COMPLETE completion,
                           PVOID context, PIRP *irp);
NTSTATUS PoCallDriver(PDEVICE_OBJECT device, PIRP irp);
void PoStartNextPowerIrp(PIRP irp);
POWER_STATE PoSetPowerState(PDEVICE_OBJECT device, POWER_STATE_TYPE type, POWER_STATE state);
NTSTATUS NtShutdownSystem(SHUTDOWN_ACTION action);
