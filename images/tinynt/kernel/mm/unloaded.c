/* The last drivers that were unloaded: what debuggers name a call into nowhere with. */
#include "ldr.h"

PUNLOADED_DRIVERS MmUnloadedDrivers;
ULONG MmLastUnloadedDriver;

/* The last one that was there; NULL if none was. At a stop: takes no lock. */
PUNICODE_STRING MmLocateUnloadedDriver(PVOID va)
{
    ULONG last = MmLastUnloadedDriver;
    for (ULONG i = 0; MmUnloadedDrivers != NULL && i < MI_UNLOADED_DRIVERS; i++) {
        PUNLOADED_DRIVERS d = &MmUnloadedDrivers[(last + MI_UNLOADED_DRIVERS - 1 - i) % MI_UNLOADED_DRIVERS];
        if (d->Name.Buffer != NULL && va >= d->StartAddress && va < d->EndAddress) {
            return &d->Name;
        }
    }
    return NULL;
}

/* The caller holds PsLoadedModuleResource. */
void MiRememberUnloadedDriver(PUNICODE_STRING name, PVOID base, ULONG size)
{
    if (MmUnloadedDrivers == NULL) {
        MmUnloadedDrivers = ExAllocatePoolWithTag(NonPagedPool, MI_UNLOADED_DRIVERS * sizeof(UNLOADED_DRIVERS), 'TDmM');
        if (MmUnloadedDrivers == NULL) {
            return;
        }
        RtlZeroMemory(MmUnloadedDrivers, MI_UNLOADED_DRIVERS * sizeof(UNLOADED_DRIVERS));
    }
    if (MmLastUnloadedDriver >= MI_UNLOADED_DRIVERS) {
        MmLastUnloadedDriver = 0;
    }
    PUNLOADED_DRIVERS slot = &MmUnloadedDrivers[MmLastUnloadedDriver];
    PWSTR old = slot->Name.Buffer;
    PWSTR text = ExAllocatePoolWithTag(NonPagedPool, name->Length + sizeof(WCHAR), 'TDmM');
    RtlZeroMemory(&slot->Name, sizeof(slot->Name));
    if (old != NULL) {
        ExFreePoolWithTag(old, 'TDmM');
    }
    if (text == NULL) {
        return;
    }
    memcpy(text, name->Buffer, name->Length);
    text[name->Length / sizeof(WCHAR)] = 0;
    slot->Name.Buffer = text;
    slot->Name.MaximumLength = name->Length + sizeof(WCHAR);
    slot->Name.Length = name->Length;
    slot->StartAddress = base;
    slot->EndAddress = (PUCHAR)base + size;
    KeQuerySystemTime(&slot->CurrentTime);
    MmLastUnloadedDriver++;
}
