/* The version that drivers are told. */
#include "ntoskrnl.h"
#include "kd.h"

NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW v)
{
    ULONG size = v->dwOSVersionInfoSize;
    v->dwMajorVersion = SharedUserData->NtMajorVersion;
    v->dwMinorVersion = SharedUserData->NtMinorVersion;
    v->dwBuildNumber = NtBuildNumber & 0xFFFF;
    v->dwPlatformId = 2;
    v->szCSDVersion[0] = 0;
    if (size >= sizeof(RTL_OSVERSIONINFOEXW)) {
        PRTL_OSVERSIONINFOEXW x = (PRTL_OSVERSIONINFOEXW)v;
        x->wServicePackMajor = x->wServicePackMinor = x->wSuiteMask = 0;
        x->wProductType = (UCHAR)SharedUserData->NtProductType;
        x->wReserved = 0;
    }
    return STATUS_SUCCESS;
}

BOOLEAN PsGetVersion(PULONG major, PULONG minor, PULONG build, PUNICODE_STRING servicePack)
{
    if (major != NULL) {
        *major = SharedUserData->NtMajorVersion;
    }
    if (minor != NULL) {
        *minor = SharedUserData->NtMinorVersion;
    }
    if (build != NULL) {
        *build = NtBuildNumber & 0xFFFF;
    }
    if (servicePack != NULL) {
        servicePack->Length = 0;
    }
    return (NtBuildNumber >> 28) == 0xC;    /* a checked build */
}
