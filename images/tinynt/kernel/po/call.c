/* What drivers do with power IRPs. */
#include "pop.h"

/* Since Windows Vista nothing but IoCallDriver: the power manager itself keeps the order. */
IOP_FRAME NTSTATUS PoCallDriver(PDEVICE_OBJECT device, PIRP irp) { return IofCallDriver(device, irp); }

/* Since Windows Vista the next IRP starts when this one is complete. */
void PoStartNextPowerIrp(PIRP irp) { UNREFERENCED_PARAMETER(irp); }

POWER_STATE PoSetPowerState(PDEVICE_OBJECT device, POWER_STATE_TYPE type, POWER_STATE state)
{
    PDEVOBJ_EXTENSION ext = device->DeviceObjectExtension;
    POWER_STATE old;
    ULONG shift = type == DevicePowerState ? 4 : 0;     /* PowerFlags: system state, device state */
    KIRQL irql = KeAcquireSpinLockRaiseToDpc(&PopIrpLock);
    old.SystemState = (ext->PowerFlags >> shift) & 0xF;
    ext->PowerFlags = (ext->PowerFlags & ~(0xFUL << shift)) | ((ULONG)state.SystemState & 0xF) << shift;
    KeReleaseSpinLock(&PopIrpLock, irql);
    return old;
}
