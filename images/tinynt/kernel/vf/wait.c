/* Thunks for waits, resources and regions: called at the right IRQL, with APCs kept out. */
#include "vf.h"

static void ViCheckWait(PVOID object, PLARGE_INTEGER timeout)
{
    KIRQL irql = KeGetCurrentIrql();
    if (irql > DISPATCH_LEVEL || (irql == DISPATCH_LEVEL && (timeout == NULL || timeout->QuadPart != 0))) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x3B, irql, (ULONG64)object,
                                      (ULONG64)timeout);
    }
}

VF_FRAME static NTSTATUS VerifierKeWaitForSingleObject(PVOID object, KWAIT_REASON reason, KPROCESSOR_MODE mode,
                                                       BOOLEAN alertable, PLARGE_INTEGER timeout)
{
    ViCheckWait(object, timeout);
    return KeWaitForSingleObject(object, reason, mode, alertable, timeout);
}

VF_FRAME static NTSTATUS VerifierKeWaitForMultipleObjects(ULONG count, PVOID objects[], WAIT_TYPE type,
                                                          KWAIT_REASON reason, KPROCESSOR_MODE mode, BOOLEAN alertable,
                                                          PLARGE_INTEGER timeout, PKWAIT_BLOCK blocks)
{
    ViCheckWait(objects, timeout);
    return KeWaitForMultipleObjects(count, objects, type, reason, mode, alertable, timeout, blocks);
}

static void ViCheckResource(ULONG violation, PERESOURCE resource)
{
    PKTHREAD thread = KeGetCurrentThread();
    KIRQL irql = KeGetCurrentIrql();
    if ((ULONG64)resource & 7) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x3D, 0, 0, (ULONG64)resource);
    }
    if (irql > APC_LEVEL || (irql < APC_LEVEL && thread->CombinedApcDisable == 0)) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, violation, irql,
                                      (ULONG64)(LONG64)thread->KernelApcDisable, (ULONG64)resource);
    }
}

VF_FRAME static BOOLEAN VerifierExAcquireResourceExclusiveLite(PERESOURCE resource, BOOLEAN wait)
{
    ViCheckResource(0x37, resource);
    return ExAcquireResourceExclusiveLite(resource, wait);
}

VF_FRAME static BOOLEAN VerifierExAcquireResourceSharedLite(PERESOURCE resource, BOOLEAN wait)
{
    ViCheckResource(0x37, resource);
    return ExAcquireResourceSharedLite(resource, wait);
}

VF_FRAME static void VerifierExReleaseResourceLite(PERESOURCE resource)
{
    ViCheckResource(0x38, resource);
    ExReleaseResourceLite(resource);
}

VF_FRAME static void VerifierKeLeaveCriticalRegion(void)
{
    if (KeGetCurrentThread()->KernelApcDisable == 0) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x3E, 0, 0, 0);
    }
    KeLeaveCriticalRegion();
}

VF_FRAME static LONG VerifierKeSetEvent(PKEVENT event, KPRIORITY increment, BOOLEAN wait)
{
    KIRQL irql = KeGetCurrentIrql();
    if (irql > DISPATCH_LEVEL) {
        VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_DETECTED_VIOLATION, 0x80, irql, (ULONG64)event, 0);
    }
    return KeSetEvent(event, increment, wait);
}

const VF_THUNK VfWaitThunks[] = {
    {"KeWaitForSingleObject", VerifierKeWaitForSingleObject},
    {"KeWaitForMultipleObjects", VerifierKeWaitForMultipleObjects},
    {"ExAcquireResourceExclusiveLite", VerifierExAcquireResourceExclusiveLite},
    {"ExAcquireResourceSharedLite", VerifierExAcquireResourceSharedLite},
    {"ExReleaseResourceLite", VerifierExReleaseResourceLite},
    {"KeLeaveCriticalRegion", VerifierKeLeaveCriticalRegion},
    {"KeSetEvent", VerifierKeSetEvent},
    {NULL, NULL},
};
