//! Synthetic logs of broken contracts: what the log says about the stop, smashed stacks, registers.

use super::analyze_log;
use crate::verdict::{CauseId, Confidence, Verdict};

fn only(text: &str) -> Verdict {
    let mut verdicts = analyze_log(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(verdicts.len(), 1);
    verdicts.remove(0)
}

/// Cause, the culprit's module and function, and the confidence.
fn judged(text: &str) -> (CauseId, Option<String>, Confidence) {
    let verdict = only(text);
    let culprit = verdict.culprit.map(|culprit| {
        let function = culprit.function.unwrap_or_default();
        format!("{}!{function}", culprit.module)
    });
    let cause = verdict.cause.specific.unwrap_or(verdict.cause.id);
    (cause, culprit, verdict.confidence)
}

fn names(culprit: &str) -> Option<String> {
    Some(culprit.to_owned())
}

#[test]
fn a_stack_of_32_bits_that_is_full_of_one_byte() {
    let text = "UNEXPECTED_KERNEL_MODE_TRAP_M (1000007f)\n\nSTACK_TEXT:\nWARNING: Stack unwind \
                information not available. Following frames may be wrong.\nf10f3234 8053d251 \
                f10f3250 00000000 f10f32a4 nt+0x600fa\nf10f32a4 8052c712 badb0d00 20a0a0a1 f10f5658 \
                nt+0x66251\nf10f576c 42424242 42424242 42424242 42424242 tulip+0xb10\nf10f5770 \
                42424242 42424242 42424242 42424242 0x42424242\nf10f5774 42424242 42424242 42424242 \
                42424242 0x42424242\n";
    let (cause, culprit, confidence) = judged(text);
    assert_eq!(cause, CauseId::StackBufferOverrun);
    assert_eq!(culprit, names("tulip.sys!"));
    assert_eq!(confidence, Confidence::Likely);
}

#[test]
fn a_stack_of_64_bits_whose_return_address_is_text() {
    let text = "KMODE_EXCEPTION_NOT_HANDLED (1e)\nArg1: ffffffffc0000005, code\nArg2: \
                fffff80212341a77, address\nArg3: 0000000000000000\nArg4: ffffffffffffffff\n\
                STACK_TEXT:\nffffb201`00001000 fffff802`10002000 : 00000000`0000001e \
                ffffffff`c0000005 fffff802`12341a77 00000000`00000000 : nt!KeBugCheckEx\n\
                ffffb201`00001100 fffff802`12341a77 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : nt!KiDispatchException+0x1a0\n\
                ffffb201`00001200 71717171`71717171 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : tulip!PlantRow+0x77\n\
                ffffb201`00001240 71717171`71717171 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : 0x71717171`71717171\n\
                ffffb201`00001248 00000000`00000000 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : 0x71717171`71717171\n";
    let expected = (
        CauseId::StackBufferOverrun,
        names("tulip.sys!PlantRow"),
        Confidence::Likely,
    );
    assert_eq!(judged(text), expected);
}

/// A stop 0x7E at `mov rax, [rbx+20h]` with this value of RBX.
fn loads(rbx: &str) -> String {
    format!(
        "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED (7e)\nArg1: ffffffffc0000005, code\nArg2: \
         fffff80212341a77, address\nArg3: ffffb20100003000, record\nArg4: ffffb20100002000, \
         context\nEXCEPTION_RECORD:  ffffb20100003000 -- (.exr 0xffffb20100003000)\n\
         ExceptionAddress: fffff80212341a77 (tulip!PlantRow+0x0000000000000077)\n   ExceptionCode: \
         c0000005 (Access violation)\n  ExceptionFlags: 00000000\nNumberParameters: 2\n   \
         Parameter[0]: 0000000000000000\n   Parameter[1]: 0000000000000000\nCONTEXT:  \
         ffffb20100002000 -- (.cxr 0xffffb20100002000)\nrax=0000000000000001 rbx={rbx} \
         rcx=0000000000000000\nrdx=0000000000000000 rsi=0000000000000000 rdi=0000000000000000\n\
         rip=fffff80212341a77 rsp=ffffb20100001200 rbp=0000000000000000\ntulip!PlantRow+0x77:\n\
         fffff802`12341a77 488b4320        mov     rax,qword ptr [rbx+20h]\nSTACK_TEXT:\n\
         ffffb201`00001200 fffff802`12341c00 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : tulip!PlantRow+0x77\nffffb201`00001240 \
         fffff802`10003000 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : tulip!PlantAll+0x100\nffffb201`00001280 00000000`00000000 : \
00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : nt!PspSystemThreadStartup+0x55\n"
    )
}

#[test]
fn registers_tell_a_null_pointer_from_one_that_is_not_canonical() {
    let null = judged(&loads("0000000000000000"));
    let expected = (
        CauseId::NullDereference,
        names("tulip.sys!PlantRow"),
        Confidence::Certain,
    );
    assert_eq!(null, expected);
    let poisoned = only(&loads("dead000000000000"));
    assert_eq!(poisoned.cause.id, CauseId::InvalidAccess);
    assert!(
        poisoned
            .cause
            .explanation
            .contains("rbx = 0xdead000000000000"),
        "{}",
        poisoned.cause.explanation
    );
}

#[test]
fn the_caller_of_null_in_a_log() {
    let text = "DRIVER_IRQL_NOT_LESS_OR_EQUAL (d1)\nArg1: 0000000000000000, memory\nArg2: \
                0000000000000002, IRQL\nArg3: 0000000000000008, execute\nArg4: 0000000000000000, \
                address\nSTACK_TEXT:\nffffb201`00001000 fffff802`10002000 : 00000000`0000000a \
                00000000`00000000 00000000`00000002 00000000`00000008 : nt!KeBugCheckEx\n\
                ffffb201`00001040 fffff802`10002300 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : nt!KiBugCheckDispatch+0x69\n\
                ffffb201`00001180 00000000`00000000 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : nt!KiPageFault+0x463\n\
                ffffb201`00001318 fffff802`12341c00 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : 0x0\nffffb201`00001320 \
                fffff802`10003000 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : tulip!NotifyAll+0x40\nffffb201`00001360 \
                00000000`00000000 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : nt!PspSystemThreadStartup+0x55\n";
    let expected = (
        CauseId::NullDereference,
        names("tulip.sys!NotifyAll"),
        Confidence::Likely,
    );
    assert_eq!(judged(text), expected);
}

#[test]
fn a_violated_condition_is_quoted() {
    let text = "DRIVER_VERIFIER_DETECTED_VIOLATION (c4)\nA device driver attempting to corrupt the \
                system has been caught.\nArguments:\nArg1: 0000000000092abc, ID of the 'TulipOrder' \
                rule that was violated.\nArg2: fffff80112345678, A pointer to the string describing \
                the violated rule condition.\nArg3: 0000000000000000, Address of internal rule \
                state.\nArg4: 0000000000000000, Address of supplemental states.\n\
                DV_VIOLATED_CONDITION: The bulb was planted upside down.\nSTACK_TEXT:\n\
                ffffb201`00001000 fffff802`10002000 : 00000000`000000c4 00000000`00092abc \
                fffff801`12345678 00000000`00000000 : nt!KeBugCheckEx\nffffb201`00001040 \
                fffff802`12341c00 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : VerifierExt!SLIC_abort+0x4a\nffffb201`00001080 \
                fffff802`10003000 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : tulip!Plant+0x40\n";
    let verdict = only(text);
    assert_eq!(verdict.cause.id, CauseId::ApiContractViolated);
    let said = "the log says: \"The bulb was planted upside down\"";
    assert!(
        verdict.cause.explanation.contains(said),
        "{}",
        verdict.cause.explanation
    );
}

#[test]
fn a_stop_without_a_row_has_the_logs_name() {
    let text = "TULIP_MANAGER_FAILURE (7ab)\nThe tulip manager failed.\nArguments:\nArg1: \
                0000000000000002, A bulb was planted\n\tupside down.\nArg2: ffff800012345678, the \
                bulb\nArg3: 0000000000000000, reserved\nArg4: 0000000000000000, reserved\n\
                STACK_TEXT:\nffffb201`00001000 fffff802`10002000 : 00000000`000007ab \
                00000000`00000002 ffff8000`12345678 00000000`00000000 : nt!KeBugCheckEx\n\
                ffffb201`00001040 fffff802`12341c00 : 00000000`00000000 00000000`00000000 00000000`00000000 00000000`00000000 : nt!TulipFail+0x69\n";
    let verdict = only(text);
    assert_eq!(
        verdict.bugcheck.name.as_deref(),
        Some("TULIP_MANAGER_FAILURE")
    );
    let first = verdict.bugcheck.parameters[0].meaning.as_deref();
    assert_eq!(
        first,
        Some("the log says: \"A bulb was planted upside down\"")
    );
}
