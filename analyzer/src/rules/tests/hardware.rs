//! Proofs of broken hardware.

use super::*;
use crate::facts::{Fault, Proof, ProofKind, Shown};
use crate::stop::Access;
use crate::verdict::{BitFlip, EvidenceKind, HardwareProof};

/// A fault of `*bad!Spin`, whose frame is the second.
fn faulted(module: &str, proof: Option<Proof>) -> Facts {
    let spin = format!("*{module}!Spin");
    let mut facts = stop(
        0xD1,
        [0x18, 2, 0, 0xffff_f800_0000_0100],
        &["nt!KiPageFault", &spin, "nt!IopfCallDriver"],
    );
    facts.fault = Some(Fault {
        address: 0x18,
        irql: Some(2),
        access: Access::Read,
        rip: 0xffff_f800_0000_0100.into(),
        frame: Some(1),
        pte: None,
        pageable: None,
    });
    facts.proof = proof;
    facts
}

fn proof(kind: ProofKind, doubt: Option<&'static str>) -> Proof {
    let shown = |kind, shows: &str| Shown {
        kind,
        shows: shows.to_owned(),
        command: "r".to_owned(),
    };
    Proof {
        kind,
        confidence: Confidence::Likely,
        instruction: Some(0xffff_f800_0000_0100),
        address: 0x18,
        summary: "A bit was wrong.".to_owned(),
        found_by: "a test".to_owned(),
        evidence: vec![
            shown(EvidenceKind::Code, "the instruction"),
            shown(EvidenceKind::Structure, "the registers"),
        ],
        doubt,
        shown: HardwareProof {
            flip: Some(BitFlip {
                place: "rcx".to_owned(),
                address: None,
                physical: Some(0x1000.into()),
                bit: 40,
                was: (1 << 40).into(),
                should_be: 0.into(),
            }),
            arithmetic: vec!["1 xor 0 = 1".to_owned()],
        },
    }
}

#[test]
fn a_proof_clears_the_driver_at_the_fault() {
    // Without it, the driver dereferenced NULL.
    let (finding, _) = apply(&faulted("bad", None));
    assert_eq!(blamed(&finding).as_deref(), Some("bad.sys!Spin"));
    for (kind, cause, rule) in [
        (
            ProofKind::ImpossibleAccess,
            CauseId::ImpossibleAccess,
            "impossible-access",
        ),
        (ProofKind::FlippedBit, CauseId::HardwareError, "flipped-bit"),
    ] {
        let (finding, by) = apply(&faulted("bad", Some(proof(kind, None))));
        assert_eq!((finding.cause, by), (cause, rule));
        assert_eq!(finding.confidence, Confidence::Likely);
        assert!(finding.culprit.is_none() && is_well_supported(&finding));
        assert_eq!(victims(&finding), ["bad.sys"]);
        let open = &finding.unknown[0];
        assert!(open.why.contains("0x1000"), "{open:?}");
    }
}

#[test]
fn what_a_third_party_may_have_written_itself_is_only_possible() {
    let doubtful = || {
        Some(proof(
            ProofKind::FlippedBit,
            Some("two numbers look the same"),
        ))
    };
    let (finding, _) = apply(&faulted("bad", doubtful()));
    assert_eq!(finding.confidence, Confidence::Possible);
    let other = finding.alternatives[0].culprit.as_ref().unwrap();
    assert_eq!(other.module, "bad.sys");
    // Windows' own code is tried by millions.
    let (finding, _) = apply(&faulted("win32kfull", doubtful()));
    assert_eq!(finding.confidence, Confidence::Likely);
    assert!(finding.alternatives[0].culprit.is_none());
}
