/* pool-leak: a cache of icons, which is emptied when the driver is unloaded.

   An icon that is replaced by a newer one is taken out of the cache and not freed. With FIXED=1 it is. */
#include <ntifs.h>
#include "../include/device.h"
#include "../include/thread.h"

#define ICON_TAG 'nocI'
#define SLOTS 8
#define ICONS 11                        /* the last three replace the first three */

typedef struct _ICON {
    ULONG Number;
    UCHAR Pixels[60];
} ICON, *PICON;

typedef struct _CACHE {
    PICON Slots[SLOTS];
    PVOID Thread;
} CACHE, *PCACHE;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

DECLSPEC_NOINLINE static PICON IconLoad(ULONG number)
{
    PICON icon = ExAllocatePoolWithTag(NonPagedPool, sizeof(*icon), ICON_TAG);

    if (icon != NULL) {
        icon->Number = number;
        RtlFillMemory(icon->Pixels, sizeof(icon->Pixels), (UCHAR)number);
    }
    return icon;
}

/* ===========================================================================================
   WRONG ON PURPOSE (unless FIXED): the icon that was in the slot belongs to nobody afterwards.
   =========================================================================================== */
DECLSPEC_NOINLINE static void IconStore(PCACHE cache, ULONG slot, PICON icon)
{
#if FIXED
    if (cache->Slots[slot] != NULL) {
        ExFreePoolWithTag(cache->Slots[slot], ICON_TAG);
    }
#endif
    cache->Slots[slot] = icon;
}

/* ===================== from here on nothing is wrong ===================== */

DECLSPEC_NOINLINE static void IconEmptyCache(PCACHE cache)
{
    for (ULONG slot = 0; slot < SLOTS; slot++) {
        if (cache->Slots[slot] != NULL) {
            ExFreePoolWithTag(cache->Slots[slot], ICON_TAG);
        }
    }
}

/* Slots 0 to 2 have icons 8 to 10 in the end, the others 3 to 7. */
DECLSPEC_NOINLINE static VOID NTAPI IconThread(PVOID context)
{
    PCACHE cache = context;
    ULONG sum = 0;

    for (ULONG i = 0; i < ICONS; i++) {
        IconStore(cache, i % SLOTS, IconLoad(i));
    }
    for (ULONG slot = 0; slot < SLOTS; slot++) {
        sum += cache->Slots[slot] != NULL ? cache->Slots[slot]->Number : 0;
    }
    if (sum == 52) {
        DbgPrint("pool-leak: done\n");
    } else {
        DbgPrint("pool-leak: failed: the sum is %u\n", sum);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver)
{
    PCACHE cache = driver->DeviceObject->DeviceExtension;

    ThreadWait(cache->Thread);
    IconEmptyCache(cache);
    IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    PDEVICE_OBJECT device;
    NTSTATUS status = DeviceCreate(driver, sizeof(CACHE), NULL, &device);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    PCACHE cache = device->DeviceExtension;
    driver->DriverUnload = DriverUnload;
    status = ThreadStart(IconThread, cache, &cache->Thread);
    if (!NT_SUCCESS(status)) {
        IoDeleteDevice(device);
    }
    return status;
}
