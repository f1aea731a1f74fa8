/* null-dereference: looks up settings by their names.

   A setting that does not exist has no entry, and one function uses what the search returns without a
   look. With FIXED=1 it looks. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"

typedef struct _SETTING {
    ULONG Key, Value;
} SETTING, *PSETTING;

typedef struct _SETTINGS {
    SETTING All[8];
    PVOID Thread;
} SETTINGS, *PSETTINGS;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

/* NULL if there is none. */
DECLSPEC_NOINLINE static PSETTING SettingFind(PSETTINGS settings, ULONG key)
{
    for (ULONG i = 0; i < ARRAYSIZE(settings->All); i++) {
        if (settings->All[i].Key == key) {
            return &settings->All[i];
        }
    }
    return NULL;
}

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): not every key has a setting.
   =========================================================================================== */
DECLSPEC_NOINLINE static ULONG SettingValue(PSETTINGS settings, ULONG key, ULONG otherwise)
{
    SETTING volatile *setting = SettingFind(settings, key);

#if FIXED
    if (setting == NULL) {
        return otherwise;
    }
#endif
    return setting->Value;
}

/* ===================== from here on nothing is wrong ===================== */

/* Keys 1 to 8 have the values 10 to 80; key 9 has none. */
DECLSPEC_NOINLINE static VOID NTAPI SettingThread(PVOID context)
{
    PSETTINGS settings = context;
    ULONG sum = 0;

    for (ULONG i = 0; i < ARRAYSIZE(settings->All); i++) {
        settings->All[i].Key = i + 1;
        settings->All[i].Value = 10 * (i + 1);
    }
    for (ULONG key = 1; key <= ARRAYSIZE(settings->All) + 1; key++) {
        sum += SettingValue(settings, key, 7);
    }
    if (sum == 367) {
        DbgPrint("null-dereference: done\n");
    } else {
        DbgPrint("null-dereference: failed: the sum is %u\n", sum);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PSETTINGS settings = driver->DeviceObject->DeviceExtension;

    ThreadWait(settings->Thread);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(SETTINGS), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PSETTINGS settings = device->DeviceExtension;
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(SettingThread, settings, &settings->Thread);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
