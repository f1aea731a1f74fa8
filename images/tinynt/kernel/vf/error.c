/* How Verifier stops the machine. */
#include "vf.h"

VF_FRAME void VerifierBugCheckIfAppropriate(ULONG code, ULONG64 p1, ULONG64 p2, ULONG64 p3, ULONG64 p4)
{
    KeBugCheckEx(code, p1, p2, p3, p4);
}

VF_FRAME void ViErrorFinishReport(ULONG violation, ULONG64 p2, ULONG64 p3, ULONG64 p4)
{
    VerifierBugCheckIfAppropriate(DRIVER_VERIFIER_IOMANAGER_VIOLATION, violation, p2, p3, p4);
}

VF_FRAME void VfErrorReport11(ULONG violation, PVOID caller, PIRP irp, KIRQL irql)
{
    ViErrorFinishReport(violation, (ULONG64)caller, (ULONG64)irp, irql);
}

VF_FRAME void VfErrorReport1(ULONG violation, ULONG64 p2, ULONG64 p3, ULONG64 p4)
{
    ViErrorFinishReport(violation, p2, p3, p4);
}
