//! An access that the instruction cannot have made, as a proof.

use super::moment::Source;
use super::{Proof, ProofKind, Shown};
use crate::hardware::{Faulted, Flip, Registers, arithmetic, damage, impossible, register_name};
use crate::verdict::{Confidence, EvidenceKind, HardwareProof};

/// `Some` if the instruction cannot have made the access. `saved` are the registers that the
/// processor or its trap handler saved; others of the fault were restored by unwinding, which may
/// have gone wrong. `physical` translates addresses.
pub(crate) fn judged(
    fault: &Faulted<'_>,
    place: &str,
    source: &Source,
    saved: &Registers,
    physical: impl Fn(u64) -> Option<u64>,
) -> Option<Proof> {
    let found = impossible(fault)?;
    let single = found.single();
    let is_sure = impossible(&Faulted {
        registers: *saved,
        ..*fault
    });
    let confidence = match (single, is_sure.is_some()) {
        (Some(Flip::Instruction { .. }), true) if found.all_tried => Confidence::Certain,
        (_, true) => Confidence::Likely,
        (_, false) if !found.flips.is_empty() => Confidence::Possible,
        (_, false) => return None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::Register;
    use crate::stop::Access;

    #[test]
    fn a_register_that_unwinding_restored_makes_it_possible_at_most() {
        // mov eax,[rbx+18h], reported at 0x18. RCX, a bit away, is 0.
        let bytes = [0x8B, 0x43, 0x18, 0x90, 0x90, 0x90, 0x90];
        let mut saved = Registers::default();
        for register in Register::ALL {
            saved.set(register, 0xffff_a000_0000_0000 + 0x1000 * register as u64);
        }
        saved.set(Register::Rcx, 0);
        let mut without = Registers::default();
        for register in Register::ALL {
            if register != Register::Rbx {
                without.set(register, saved.get(register).unwrap());
            }
        }
        let source = Source {
            text: "a test".to_owned(),
            command: "r".to_owned(),
        };
        let judged = |address: u64, sure: &Registers| {
            let fault = Faulted {
                rip: 0xffff_f806_1234_5ae9,
                bytes: &bytes,
                registers: saved,
                address,
                access: Access::Read,
            };
            let proof = judged(&fault, "gizmo+0x19", &source, sure, |_| None);
            proof.map(|proof| proof.confidence)
        };
        assert_eq!(judged(0x18, &saved), Some(Confidence::Certain));
        assert_eq!(judged(0x18, &without), Some(Confidence::Possible));
        // Without an explanation, nothing is said of such a register.
        assert_eq!(judged(0x1234_5678_9000, &saved), Some(Confidence::Likely));
        assert_eq!(judged(0x1234_5678_9000, &without), None);
    }
}
