//! An access that the instruction cannot have made, as a proof.

use super::moment::Source;
use super::{Proof, ProofKind, Shown};
use crate::hardware::{Faulted, Flip, arithmetic, damage, impossible, register_name};
use crate::verdict::{Confidence, EvidenceKind, HardwareProof};

/// `Some` if the instruction cannot have made the access. `is_whole`: all registers are sure.
/// `physical` translates addresses.
pub(crate) fn judged(
    fault: &Faulted<'_>,
    place: &str,
    source: &Source,
    is_whole: bool,
    physical: impl Fn(u64) -> Option<u64>,
) -> Option<Proof> {
    let found = impossible(fault)?;
    let single = found.single();
    let confidence = match single {
        Some(Flip::Instruction { .. }) if found.all_tried => Confidence::Certain,
        Some(_) => Confidence::Likely,
        None if is_whole => Confidence::Likely,
        None => Confidence::Possible,
    };
    let explained = match (single, found.flips.len()) {
        (Some(Flip::Instruction { .. }), _) => {
            "With one bit of the instruction changed, it does: the processor did not execute the \
             bytes that are in memory."
                .to_owned()
        }
        (Some(Flip::Register { register, .. }), _) => format!(
            "With one bit of {} changed, it does: the processor did not use the value that was \
             saved.",
            register_name(*register)
        ),
        (None, 0) => "No single bit explains it: the processor did not execute the bytes that are \
                      in memory, or did not use the registers that were saved."
            .to_owned(),
        (None, count) => format!("{count} single bits explain it, each alone."),
    };
    let (noun, address) = (fault.access.noun(), fault.address);
    let lines = arithmetic(fault, &found);
    Some(Proof {
        kind: ProofKind::ImpossibleAccess,
        confidence,
        instruction: Some(fault.rip),
        address,
        summary: format!(
            "The processor reported {noun} of {address:#x} by {place}, but the instruction there \
             cannot have touched that address. {explained}"
        ),
        found_by: source.text.clone(),
        evidence: vec![
            Shown::new(
                EvidenceKind::BugcheckParameter,
                format!("{noun} of {address:#x} by {:#x} was reported", fault.rip),
                ".bugcheck".to_owned(),
            ),
            Shown::code(
                fault.rip,
                format!("the instruction in memory does not touch {address:#x}"),
            ),
            Shown::new(
                EvidenceKind::Structure,
                "the registers with which it ran".to_owned(),
                source.command.clone(),
            ),
        ],
        doubt: None,
        shown: HardwareProof {
            flip: single.map(|flip| damage(fault, flip, physical)),
            arithmetic: lines,
        },
    })
}
