//! Broken contracts: what each kind of a stop means, and who broke it.

use super::*;
use crate::facts::{ExceptionFacts, Fault, Operand};
use crate::stop::Access;

fn caused(code: u32, first: u64, frames: &[&str]) -> (CauseId, Option<String>, Confidence) {
    let (finding, _) = apply(&stop(code, [first, 0x10, 0x20, 0x30], frames));
    (finding.cause, blamed(&finding), finding.confidence)
}

const CALLS: [&str; 4] = [
    "nt!KeBugCheckEx",
    "nt!IofCompleteRequest",
    "tulip!Finish",
    "nt!IopXxxControlFile",
];

#[test]
fn a_contract_is_named_by_its_kind() {
    use CauseId as C;
    for (code, first, cause) in [
        (0xC9, 0x1, C::IrpMisuse),
        (0xC9, 0x3, C::IrpMisuse),
        // A status that is not final is no second completion.
        (0xC9, 0x6, C::IrpMisuse),
        (0xC9, 0x7, C::IrpMisuse),
        (0xC9, 0x21F, C::IrpMisuse),
        (0xC9, 0x227, C::ApiContractViolated),
        (0xC9, 0xE, C::ApiCalledAtWrongIrql),
        (0xC9, 0xD, C::StaleCompletionEvent),
        // No meaning is known: not that of another kind.
        (0xC9, 0xF00, C::ApiContractViolated),
        (0x10D, 0x3, C::ApiContractViolated),
        (0x10D, 0x6, C::IrpMisuse),
        (0x10D, 0xE, C::IrqlLeaked),
        (0x10D, 0xF, C::ApcDisableLeaked),
        (0x10D, 0x77, C::ApiContractViolated),
        (0xC4, 0x0, C::ApiContractViolated),
        (0xC4, 0x10, C::BadFree),
        (0xC4, 0x13E, C::BadFree),
        (0xC4, 0x7C, C::MdlMisuse),
        (0xC4, 0xB8, C::MdlMisuse),
        (0xC4, 0x3F, C::ObjectReferenceUnderflow),
        (0xC4, 0x9_2003, C::ApiContractViolated),
        (0xC4, 0xF00D, C::Inconclusive),
        (0x18, 0, C::ObjectReferenceUnderflow),
        (0x76, 0, C::MdlMisuse),
        (0x76, 1, C::MdlMisuse),
        (0xCB, 0, C::MdlMisuse),
        (0x4E, 7, C::MdlMisuse),
        (0x4E, 0x99, C::MemoryCorruptionUnknownWriter),
        (0x1A, 0x1233, C::MdlMisuse),
        (0x1A, 0x8888, C::MemoryCorruptionUnknownWriter),
        (0xC, 0, C::ApiContractViolated),
        (0xC7, 0, C::PoolUseAfterFree),
        (0xC7, 4, C::ApcDisableLeaked),
        (0x44, 0, C::IrpCompletedTwice),
        (0x7F, 0, C::ArithmeticError),
    ] {
        let (found, culprit, _) = caused(code, first, &CALLS);
        assert_eq!(found, cause, "{code:#x}/{first:#x}");
        assert_eq!(
            culprit.as_deref(),
            Some("tulip.sys!Finish"),
            "{code:#x}/{first:#x}"
        );
    }
}

#[test]
fn the_verdict_does_not_blame_the_function_that_checks() {
    let cookie = [
        "nt!KeBugCheckEx",
        "tulip!__report_gsfailure",
        "tulip!__security_check_cookie",
        "tulip!ParseName",
        "nt!IopXxxControlFile",
    ];
    let handler = [
        "nt!KeBugCheckEx",
        "tulip!_report_gsfailure",
        "tulip!__GSHandlerCheckCommon",
        "tulip!__GSHandlerCheck",
        "nt!RtlpExecuteHandlerForException",
        "nt!RtlDispatchException",
        "nt!KiDispatchException",
        "tulip!ParseName",
        "nt!IopXxxControlFile",
    ];
    let expected = (
        CauseId::StackBufferOverrun,
        Some("tulip.sys!ParseName".to_owned()),
        Confidence::Likely,
    );
    for frames in [&cookie[..], &handler[..]] {
        assert_eq!(caused(0xF7, 1, frames), expected);
        assert_eq!(caused(0x139, 2, frames), expected);
    }
    // With the check alone on the stack, its driver is all that is known.
    let alone = [
        "nt!KeBugCheckEx",
        "tulip!__report_gsfailure",
        "nt!IofCallDriver",
    ];
    assert_eq!(
        caused(0xF7, 1, &alone).1.as_deref(),
        Some("tulip.sys!__report_gsfailure")
    );
}

fn raised(code: u32) -> Facts {
    let frames = [
        "nt!KeBugCheckEx",
        "nt!KiExceptionDispatch",
        "*tulip!Divide",
        "nt!IofCallDriver",
    ];
    let mut facts = stop(0x7E, [code.into(), 2, 3, 4], &frames);
    let address = facts.stacks[0].frames[2].address.unwrap();
    facts.exception = Some(ExceptionFacts {
        code,
        address,
        ..ExceptionFacts::default()
    });
    facts
}

#[test]
fn exceptions_that_are_no_accesses_have_their_own_causes() {
    for (code, cause) in [
        (0xC000_0094, CauseId::ArithmeticError),
        (0xC000_0095, CauseId::ArithmeticError),
        (0x8000_0003, CauseId::BreakpointOrAssertion),
        (0xC000_0420, CauseId::BreakpointOrAssertion),
        (0xC000_0046, CauseId::LockReleasedByNonOwner),
        (0xC000_001D, CauseId::IllegalInstruction),
        (0xC000_0409, CauseId::StackBufferOverrun),
        (0xC000_0008, CauseId::InvalidAccess),
    ] {
        let (finding, _) = apply(&raised(code));
        assert_eq!(finding.cause, cause, "{code:#x}");
        assert_eq!(blamed(&finding).unwrap(), "tulip.sys!Divide");
    }
}

fn faulted(address: u64, rip: u64, frames: &[&str]) -> Facts {
    let mut facts = stop(0xD1, [address, 2, 0, rip], frames);
    let frame = facts.stacks[0]
        .frames
        .iter()
        .position(|frame| frame.address == Some(rip));
    facts.fault = Some(Fault {
        address,
        irql: Some(2),
        access: Access::Read,
        rip: rip.into(),
        frame,
        pte: None,
        pageable: None,
    });
    facts
}

const READS: [&str; 4] = [
    "nt!KeBugCheckEx",
    "nt!KiPageFault",
    "*tulip!Read",
    "nt!IofCallDriver",
];
const READ: u64 = 0xffff_f800_0000_0200;

fn operand(base: u64, address: u64) -> Option<Operand> {
    Some(Operand {
        base: Some(("rbx".to_owned(), base)),
        index: None,
        address,
    })
}

#[test]
fn only_a_base_register_near_zero_proves_a_null_pointer() {
    let mut facts = faulted(0x18, READ, &READS);
    let (unproven, _) = apply(&facts);
    assert_eq!(
        (unproven.cause, unproven.confidence),
        (CauseId::NullDereference, Confidence::Likely)
    );
    facts.operand = operand(0, 0x18);
    let (proven, _) = apply(&facts);
    assert_eq!(
        (proven.cause, proven.confidence),
        (CauseId::NullDereference, Confidence::Certain)
    );
    facts.operand = operand(0xffff_8000_0000_0008, 0x18);
    assert_eq!(apply(&facts).0.cause, CauseId::InvalidAccess);
    // The processor reports no address of a pointer that is not canonical.
    let mut facts = faulted(0, READ, &READS);
    facts.operand = operand(0xDEAD_0000_0000_0000, 0xDEAD_0000_0000_0010);
    let (poisoned, _) = apply(&facts);
    assert_eq!(poisoned.cause, CauseId::InvalidAccess);
    assert!(poisoned.explanation.contains("rbx = 0xdead000000000000"));
}

#[test]
fn the_caller_of_a_null_pointer_is_named() {
    let frames = [
        "nt!KeBugCheckEx",
        "nt!KiPageFault",
        "*tulip!Lost",
        "tulip!NotifyAll",
    ];
    let mut facts = faulted(0, 0, &frames);
    let called = &mut facts.stacks[0].frames[2];
    called.address = Some(0);
    called.symbol = Symbol::default();
    facts.fault.as_mut().unwrap().frame = Some(2);
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::NullDereference);
    assert_eq!(blamed(&finding).unwrap(), "tulip.sys!NotifyAll");
    assert_eq!(finding.confidence, Confidence::Likely);
    // A caller that comes with Windows was given the pointer.
    facts.stacks[0].frames.insert(3, frame("ndis!ndisCall", 9));
    assert_eq!(apply(&facts).0.confidence, Confidence::Possible);
}

/// A crash stack with an address that no module has at `index`.
fn with_filling(frames: &[&str], index: usize, value: u64) -> Facts {
    let mut facts = stop(0x1E, [0xC000_0005, 2, 3, 4], frames);
    let frame = &mut facts.stacks[0].frames[index];
    frame.address = Some(value);
    frame.symbol = Symbol::default();
    facts
}

#[test]
fn a_return_address_that_is_data_blames_the_frame_inwards_of_it() {
    let frames = [
        "nt!KeBugCheckEx",
        "nt!KiDispatchException",
        "*tulip!Copy",
        "nt!x",
        "ntfs!Read",
    ];
    for value in [0x4141_4141_4141_4141, 0x4141_4141, 0x6162_6364_6566_6768] {
        let (finding, _) = apply(&with_filling(&frames, 3, value));
        assert_eq!(finding.cause, CauseId::StackBufferOverrun, "{value:#x}");
        assert_eq!(blamed(&finding).unwrap(), "tulip.sys!Copy");
        assert_eq!(finding.confidence, Confidence::Likely);
    }
    // The tempting frame: a file system next to the data is not the third party further out.
    let inbox = ["nt!KeBugCheckEx", "*ntfs!Copy", "nt!x", "tulip!Read"];
    let (finding, _) = apply(&with_filling(&inbox, 2, 0x4141_4141_4141_4141));
    assert_ne!(finding.confidence, Confidence::Likely);
}

#[test]
fn an_instruction_pointer_that_is_data_is_a_smashed_stack() {
    let frames = [
        "nt!KeBugCheckEx",
        "nt!KiPageFault",
        "*nt!x",
        "tulip!Dispatch",
    ];
    let value = 0x6161_6161_6161_6161;
    let mut facts = faulted(value, value, &frames);
    let jumped = &mut facts.stacks[0].frames[2];
    jumped.address = Some(value);
    jumped.symbol = Symbol::default();
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::StackBufferOverrun);
    assert_eq!(blamed(&finding).unwrap(), "tulip.sys!Dispatch");
    assert_eq!(finding.confidence, Confidence::Possible);
}

#[test]
fn an_unknown_kind_is_quoted_from_the_log() {
    for code in [0xC9, 0xC4, 0x10D, 0x0BAD_0BAD] {
        let mut facts = stop(code, [0xF00, 0x10, 0x20, 0x30], &CALLS);
        facts.said.parameters[0] = "a tulip was bent".to_owned();
        let (finding, _) = apply(&facts);
        let said = "the log says: \"a tulip was bent\"";
        assert!(
            finding.explanation.contains(said),
            "{}",
            finding.explanation
        );
        // A kind that the table has needs no quotation.
        facts.bugcheck = BugcheckData {
            code: 0xC9,
            parameters: [3, 0x10, 0x20, 0x30],
        }
        .into();
        assert!(!apply(&facts).0.explanation.contains("the log says"));
    }
}

#[test]
fn a_driver_may_choose_a_stop_of_windows() {
    for code in [0x101, 0xBE, 0x139, 0x1234_5678] {
        let frames = ["nt!KeBugCheckEx", "tulip!GiveUp", "nt!IopfCallDriver"];
        let mut facts = stop(code, [3, 0x10, 0x20, 0x30], &frames);
        let [raises, calls, ..] = &mut facts.stacks[0].frames[..] else {
            unreachable!("three frames");
        };
        // At the first instruction, the return address is on top of the stack.
        raises.trust = Trust::Context;
        (raises.sp, calls.sp) = (Some(0x1000), Some(0x1008));
        let (finding, rule) = apply(&facts);
        assert_eq!(rule, "driver-raised-stop", "{code:#x}");
        assert_eq!(blamed(&finding).unwrap(), "tulip.sys!GiveUp");
    }
    // With frames between that are not shown, Windows may have raised it.
    let frames = ["nt!KeBugCheckEx", "tulip!GiveUp", "nt!IopfCallDriver"];
    let (_, rule) = apply(&stop(0x101, [3, 0x10, 0x20, 0x30], &frames));
    assert_ne!(rule, "driver-raised-stop");
}
