/* Exports of TinyNT's kernel that Windows does not have. */
#pragma once
#include <ntifs.h>

typedef BOOLEAN (*GA_SERVICE_ROUTINE)(ULONG vector, PVOID context);
/* Reserves a vector: `address` and `data` go into the device's MSI-X table. */
BOOLEAN HalConnectMessage(GA_SERVICE_ROUTINE service, PVOID context, PULONG64 address, PULONG data);
#define HAL_POWER_DOWN 3
#define HAL_REBOOT 4
DECLSPEC_NORETURN void HalReturnToFirmware(ULONG action);
/* Why the last image could not be loaded, in words; empty if it could. */
void IoQueryLastLoadProblem(PSTR buffer, ULONG size);
