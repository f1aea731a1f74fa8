/* missing-import: a driver that is sound but imports functions that the bundled guest lacks. Loading
   it must fail with an error that names each. On Windows, and as its twin, it loads. */
#include <ntifs.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD DriverUnload;

VOID NTAPI DriverUnload(PDRIVER_OBJECT driver) {}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    driver->DriverUnload = DriverUnload;
#if !FIXED
    SECURITY_SUBJECT_CONTEXT subject;
    SeCaptureSubjectContext(&subject);
    SeLockSubjectContext(&subject);
    SeUnlockSubjectContext(&subject);
    SeReleaseSubjectContext(&subject);
#endif
    DbgPrint("missing-import: done\n");
    return STATUS_SUCCESS;
}
