//! The driver that `!analyze` named, where a rule knows the cause but no driver.
//!
//! `!analyze` saw the whole dump, the log may show a part. Of a third-party driver it is right more
//! often than not, unless the stop is about damage that somebody else did before: then it names who
//! noticed. What rules saw on the stack and did not blame stays unblamed.

use super::Finding;
use super::evidence::{culprit_at, evidence};
use crate::facts::Facts;
use crate::modules::is_inbox;
use crate::verdict::{CauseId, Confidence, CulpritRole, EvidenceKind};

/// Adds the driver as a suspect to a finding that names nobody.
pub(super) fn suspect(finding: &mut Finding, facts: &Facts) {
    let open = finding.culprit.is_none() && finding.confidence == Confidence::Possible;
    if !open || facts.shows.has_memory() || is_done_by_others(finding.cause) {
        return;
    }
    let on_stack = facts
        .crash_stack()
        .is_some_and(|stack| stack.frames.iter().any(|frame| frame.is_third_party()));
    let named = facts.analyzed.as_ref().filter(|place| place.is_driver());
    let Some(place) = named.filter(|_| !on_stack) else {
        return;
    };
    let mut culprit = culprit_at(place, CulpritRole::Suspect);
    culprit.address = None;
    let is_victim = |victim: &crate::verdict::Victim| {
        let module = victim.module.as_deref();
        module.is_some_and(|module| module.eq_ignore_ascii_case(&culprit.module))
    };
    if is_inbox(&culprit.module) || finding.victims.iter().any(is_victim) {
        return;
    }
    finding.evidence.push(evidence(
        EvidenceKind::Stack,
        format!("!analyze named {}", culprit.module),
        &[],
        "the name that !analyze gave",
        "!analyze -v",
    ));
    finding.culprit = Some(culprit);
}

/// Whether who noticed is hardly ever who did it.
fn is_done_by_others(cause: CauseId) -> bool {
    matches!(
        cause,
        CauseId::PoolOverrun
            | CauseId::PoolUseAfterFree
            | CauseId::ListCorruption
            | CauseId::MemoryCorruptionUnknownWriter
            | CauseId::ForcedDumpOfHang
            | CauseId::GpuHang
            | CauseId::HardwareError
            | CauseId::ImpossibleAccess
    )
}

#[cfg(test)]
mod tests {
    use crate::log::analyze_log;

    fn culprit(log: &str) -> Option<String> {
        let verdict = analyze_log(log.as_bytes()).unwrap().remove(0);
        verdict.culprit.map(|culprit| culprit.module)
    }

    const DOUBLE_FAULT: &str = "UNEXPECTED_KERNEL_MODE_TRAP (7f)\nArguments:\n\
        Arg1: 0000000000000008, EXCEPTION_DOUBLE_FAULT\nArg2: ffff800012345050\n\
        Arg3: ffff800012340fc0\nArg4: fffff80012345678\n\n";

    #[test]
    fn who_the_debugger_names_is_a_suspect_where_the_stack_shows_none() {
        let cut = "STACK_TEXT:\nnt!KeBugCheckEx\nnt!KiBugCheckDispatch+0x69\n\
                   nt!KiDoubleFaultAbort+0x2c3\nnt!ExpInterlockedPop+0x10\n\n";
        let name = "FAILURE_BUCKET_ID:  0x7f_8_gizmo!Work\n\nMODULE_NAME: gizmo\n\n\
                    IMAGE_NAME:  gizmo.sys\n";
        let log = format!("{DOUBLE_FAULT}{cut}{name}");
        assert_eq!(culprit(&log).as_deref(), Some("gizmo.sys"));
        // The bucket alone.
        let bucket = "FAILURE_BUCKET_ID:  0x7f_8_VRF_gizmo!unknown_function\n";
        let log = format!("{DOUBLE_FAULT}{cut}{bucket}");
        assert_eq!(culprit(&log).as_deref(), Some("gizmo.sys"));
        // A module of Windows is only where it was noticed.
        let log = format!("{DOUBLE_FAULT}{cut}{}", name.replace("gizmo", "ntfs"));
        assert_eq!(culprit(&log), None);
    }

    #[test]
    fn who_noticed_damage_is_no_suspect() {
        let log = "BAD_POOL_HEADER (19)\nArg1: 0000000000000003, the pool freelist is corrupt.\n\
                   Arg2: ffff800012345000\nArg3: 0\nArg4: 0\n\nSTACK_TEXT:\nnt!KeBugCheckEx\n\
                   nt!ExDeferredFreePool+0xa53\nnt!ExFreePoolWithTag+0x80\nnt!IopCloseFile+0x10\n\n\
                   MODULE_NAME: gizmo\n\nIMAGE_NAME:  gizmo.sys\n";
        assert_eq!(culprit(log), None);
    }

    #[test]
    fn the_kernel_names_the_driver_at_fault() {
        let log = "*** Fatal System Error: 0x000000ce\n                       \
                   (0xFFFFF80012341000,0x0000000000000010,0xFFFFF80012341000,0x0000000000000000)\n\n\
                   Driver at fault: gizmo.sys.\n\
                   Break instruction exception - code 80000003 (first chance)\n";
        assert_eq!(culprit(log).as_deref(), Some("gizmo.sys"));
    }
}
