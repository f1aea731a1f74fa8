//! A page-table entry with a single bit set, as the memory manager itself found it: 0x1A with
//! 0x41792.

use super::{Proof, ProofKind, Shown, physical};
use crate::facts::context::CollectContext;
use crate::verdict::{BitFlip, Confidence, EvidenceKind, HardwareProof};

/// P1 of 0x1A: an entry that is not in use is not 0. P2 is its address, P3 its content.
const DAMAGED_ENTRY: u64 = 0x41792;

pub(super) fn proof(context: &CollectContext<'_, '_, '_>) -> Option<Proof> {
    let [subtype, at, content, _] = context.bugcheck.parameters;
    let found = context.bugcheck.code == 0x1A && subtype == DAMAGED_ENTRY;
    if !found || content.count_ones() != 1 {
        return None;
    }
    let bit = content.trailing_zeros() as u8;
    let place = format!("the page-table entry at {at:#x}");
    Some(Proof {
        kind: ProofKind::FlippedBit,
        confidence: Confidence::Likely,
        instruction: None,
        address: at,
        summary: format!("{place} has a single bit set that nobody sets."),
        found_by: "the stop's parameters".to_owned(),
        evidence: vec![Shown::new(
            EvidenceKind::PageTable,
            format!("{place} is {content:#x}"),
            format!("dq {at:#x} L1"),
        )],
        doubt: None,
        shown: HardwareProof {
            arithmetic: vec![
                format!("{place} should be 0: its page is not in use"),
                format!("it is {content:#x}: bit {bit} is set, and no other"),
            ],
            flip: Some(BitFlip {
                place,
                address: Some(at.into()),
                physical: physical(context, at).map(Into::into),
                bit,
                was: content.into(),
                should_be: 0.into(),
            }),
        },
    })
}
