/* Exports of TinyNT's kernel that Windows does not have. */
#pragma once
#include <ntifs.h>

typedef BOOLEAN (*GA_SERVICE_ROUTINE)(ULONG vector, PVOID context);
/* Reserves a vector: `address` and `data` go into the device's MSI-X table. */
BOOLEAN HalConnectMessage(GA_SERVICE_ROUTINE service, PVOID context, PULONG64 address, PULONG data);
/* Windows has these; the DDK's headers do not. */
__declspec(dllimport) extern POBJECT_TYPE IoDriverObjectType;
/* Does not return if it can shut down. */
enum { GA_SHUTDOWN_REBOOT = 1, GA_SHUTDOWN_POWER_OFF = 2 };
NTSTATUS ZwShutdownSystem(ULONG action);
/* Why the last image could not be loaded, in words; empty if it could. */
void IoQueryLastLoadProblem(PSTR buffer, ULONG size);
