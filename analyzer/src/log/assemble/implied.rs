//! Code and parameters of a stop that stand elsewhere than in the stop's own lines: in the bucket,
//! in the exception record, and in the arguments of `KeBugCheckEx` on the stack.

use super::inferred;
use crate::log::read::Transcript;
use crate::log::read::analysis::Analysis;
use crate::log::read::stacks::{PrintedBy, RawStack};
use crate::log::text::number::hex;
use crate::log::text::stops::Stop;
use crate::stop;

const SECURITY_CHECK: u32 = 0x139;
const DPC_WATCHDOG: u32 = 0x133;

/// Fills what the stop's own lines leave out. What they state stays.
pub(super) fn complete(stop: &mut Stop, transcript: &Transcript) {
    let bucket = bucket(&transcript.analysis);
    stop.code = stop.code.or(bucket.map(|(code, _)| code));
    let shown = transcript.stacks.found.iter().find_map(arguments);
    if let Some(shown) = shown.filter(|shown| stop.agrees(shown)) {
        let before = (stop.code, stop.parameters);
        let passing = stop.passing;
        stop.absorb(&shown);
        stop.passing = passing;
        stop.from_stack |= before != (stop.code, stop.parameters);
    }
    let Some(code) = stop.code.map(stop::family) else {
        return;
    };
    let of_bucket = bucket
        .filter(|(other, _)| stop::family(*other) == code)
        .and_then(|(_, first)| first);
    let of_record = || {
        let kind = transcript.machine.fast_fail.or_else(|| {
            let analysis = &transcript.analysis;
            let is_fast_fail = ["EXCEPTION_CODE", "EXCEPTION_CODE_STR"]
                .iter()
                .filter_map(|key| analysis.keys.get(*key))
                .any(|code| code.to_lowercase().contains("c0000409"));
            analysis
                .number("EXCEPTION_PARAMETER1")
                .filter(|_| is_fast_fail)
        });
        kind.filter(|_| code == SECURITY_CHECK)
    };
    stop.parameters[0] = stop.parameters[0].or(of_bucket).or_else(of_record);
    information(stop, code, &transcript.analysis);
}

/// The stop of a log that states none, from its bucket or its stack.
pub(super) fn stop(transcript: &Transcript) -> Option<Stop> {
    let mut stop = Stop::default();
    complete(&mut stop, transcript);
    stop.code.is_some().then_some(stop)
}

/// Code and subtype in a bucket: `0x139_3_…`, `0x133_DPC_…`.
fn bucket(analysis: &Analysis) -> Option<(u32, Option<u64>)> {
    let keys = ["BUGCHECK_STR", "FAILURE_BUCKET_ID", "BUCKET_ID"];
    let stated = keys.iter().filter_map(|key| analysis.keys.get(*key));
    let all = stated.chain(&analysis.bucket);
    let all: Vec<_> = all.filter_map(|bucket| in_bucket(bucket)).collect();
    let &(code, _) = all.first()?;
    // BUGCHECK_STR often has the code alone.
    let same = all.iter().filter(|(other, _)| *other == code);
    Some((code, same.filter_map(|(_, first)| *first).next()))
}

fn in_bucket(bucket: &str) -> Option<(u32, Option<u64>)> {
    let rest = bucket.trim();
    let rest = ["X64_", "X86_"]
        .iter()
        .find_map(|machine| rest.strip_prefix(machine))
        .unwrap_or(rest);
    let mut words = rest.strip_prefix("0x")?.split('_');
    let code = u32::from_str_radix(words.next()?, 16).ok()?;
    let row = stop::of(code)?;
    let word = words.next().filter(|_| row.identified_by_subtype);
    let first = match (row.code, word) {
        (DPC_WATCHDOG, Some("DPC")) => Some(0),
        (DPC_WATCHDOG, Some("ISR")) => Some(1),
        (_, Some(word)) => u64::from_str_radix(word, 16).ok().filter(|&value| {
            // `0x9F_BAD_…` is a word.
            let is_number = word.bytes().any(|byte| byte.is_ascii_digit());
            is_number || row.subtypes.iter().any(|known| known.value == value)
        }),
        _ => None,
    };
    Some((code, first))
}

/// The stop in the arguments of `KeBugCheckEx`, or on 32-bit systems of `KeBugCheck2`.
///
/// It stores its register arguments where the debugger looks for them, so they are valid on x64
/// too. Those of other functions are not. P4 is not among the four that the debugger prints.
fn arguments(stack: &RawStack) -> Option<Stop> {
    if stack.printed_by == PrintedBy::Record {
        return None;
    }
    let frame = stack.frames.iter().rfind(|frame| {
        let symbol = frame.symbol.as_ref().filter(|_| frame.in_kernel());
        let name = symbol.and_then(|symbol| symbol.function.as_deref());
        // 32-bit code passes all arguments on the stack.
        let narrow = || frame.sp.is_some_and(|sp| u32::try_from(sp).is_ok());
        match name.map(|name| name.trim_start_matches('_')) {
            Some("KeBugCheckEx") => true,
            Some("KeBugCheck2") => narrow(),
            _ => false,
        }
    })?;
    // One that the debugger could not show shifts those after it.
    let whole = frame.arguments.len() + 2 == frame.addresses;
    let (&first, rest) = frame.arguments.split_first().filter(|_| whole)?;
    let code = u32::try_from(first).ok().filter(|&code| code != 0)?;
    let row = stop::of(code)?;
    let mut stop = Stop {
        line: stack.line,
        code: Some(code),
        from_stack: true,
        ..Stop::default()
    };
    for (slot, value) in stop.parameters.iter_mut().zip(rest) {
        *slot = Some(*value);
    }
    // Residue: a subtype is a small number, and the caller raises only its own stop.
    let small = |value: u64| u32::try_from(value).is_ok();
    let plausible = !row.identified_by_subtype || stop.parameters[0].is_none_or(small);
    let raised = inferred::stop(stack);
    let fits = raised.is_none_or(|raised| inferred::related(&stop, &raised));
    (plausible && fits).then_some(stop)
}

/// The parameters that an exception's record also holds.
fn information(stop: &mut Stop, code: u32, analysis: &Analysis) {
    let bugcheck = stop::Stop {
        code,
        ..stop::Stop::default()
    };
    let Some((kind, address)) = bugcheck.exception_information() else {
        return;
    };
    for (index, key) in [
        (kind, "EXCEPTION_PARAMETER1"),
        (address, "EXCEPTION_PARAMETER2"),
    ] {
        let value = analysis.keys.get(key).and_then(|value| hex(value.trim()));
        stop.parameters[index] = stop.parameters[index].or(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::assemble::crashes::crashes;

    const ENDS: &str = "nt!KiDispatch+0x10\nnt!PspSystemThreadStartup+0x55\n";

    fn found(text: &str) -> Stop {
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let mut all = crashes(&lines).crashes;
        assert_eq!(all.len(), 1, "{text}: {all:#?}");
        all.remove(0).stop.unwrap_or_default()
    }

    #[test]
    fn a_bucket_gives_code_and_subtype() {
        for (bucket, code, first) in [
            ("0x139_3_CORRUPT_LIST_ENTRY_gizmo!Work", 0x139, Some(3)),
            ("X64_0x139_1d_gizmo!Work", 0x139, Some(0x1D)),
            ("0x9F_3_gizmo_IMAGE_lower.sys", 0x9F, Some(3)),
            ("0x133_ISR_gizmo!Isr", 0x133, Some(1)),
            ("0x133_DPC_gizmo!Dpc", 0x133, Some(0)),
            // Words, and numbers that are no subtype.
            ("0x139_MISSING_GSFRAME_gizmo", 0x139, None),
            ("0x9F_BAD_gizmo", 0x9F, None),
            ("0x7a_c000009d_gizmo", 0x7A, None),
        ] {
            for text in [
                format!("0: kd> k\nnt!KeBugCheckEx\n{ENDS}\nFAILURE_BUCKET_ID:  {bucket}\n"),
                format!(
                    "    Key  : Failure.Bucket\n    Value: {bucket}\n\nnt!KeBugCheckEx\n{ENDS}"
                ),
                format!("- **Failure bucket**: `{bucket}`\n\nnt!KeBugCheckEx\n{ENDS}"),
            ] {
                let stop = found(&text);
                assert_eq!(
                    (stop.code, stop.parameters[0]),
                    (Some(code), first),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn a_shorter_bucket_does_not_hide_the_subtype() {
        let text = format!(
            "BUGCHECK_STR:  0x133\nFAILURE_BUCKET_ID:  0x133_DPC_gizmo!Dpc\n\nnt!KeBugCheckEx\n{ENDS}"
        );
        assert_eq!(found(&text).parameters[0], Some(0));
    }

    #[test]
    fn a_stated_parameter_wins_over_the_bucket() {
        let stated = format!(
            "BugCheck 9F, {{4, 12c, ffff800012347080, 0}}\nBUCKET_ID: 0x9F_3_gizmo\nnt!KeBugCheckEx\n{ENDS}"
        );
        assert_eq!(found(&stated).parameters[0], Some(4));
        let other =
            format!("Bugcheck code 000000D1\nBUCKET_ID: 0x9F_3_gizmo\nnt!KeBugCheckEx\n{ENDS}");
        assert_eq!(
            (found(&other).code, found(&other).parameters[0]),
            (Some(0xD1), None)
        );
    }

    #[test]
    fn the_exception_record_has_the_kind_of_fast_fail() {
        let with = |record: &str| {
            found(&format!(
                "Bugcheck code 00000139\n\n{record}\n\nnt!KeBugCheckEx\n{ENDS}"
            ))
            .parameters[0]
        };
        assert_eq!(
            with("   Subcode: 0x3 FAST_FAIL_CORRUPT_LIST_ENTRY"),
            Some(3)
        );
        assert_eq!(
            with(
                "ExceptionCode: c0000409 (Security check)\nNumberParameters: 1\n   Parameter[0]: 000000000000001d"
            ),
            Some(0x1D)
        );
        assert_eq!(
            with(
                "EXCEPTION_CODE: (NTSTATUS) 0xc0000409 - a buffer\nEXCEPTION_CODE_STR:  c0000409\nEXCEPTION_PARAMETER1:  0000000000000002"
            ),
            Some(2)
        );
        // The record of another exception.
        assert_eq!(
            with("ExceptionCode: c0000005 (Access violation)\n   Parameter[0]: 0000000000000001"),
            None
        );
    }

    #[test]
    fn the_frame_of_the_stop_has_its_arguments() {
        let frame = |arguments: &str, caller: &str| {
            found(&format!(
                "0: kd> kb\nffff8000`00000010 fffff800`00000001 : {arguments} : nt!KeBugCheckEx\n\
                 ffff8000`00000050 fffff800`00000002 : 00000000`00000000 00000000`00000000 \
                 00000000`00000000 00000000`00000000 : {caller}\n"
            ))
        };
        let power = "00000000`0000009f 00000000`00000003 ffff8000`12346000 ffff8000`12348000";
        let stop = frame(power, "nt!PopIrpWatchdogBugcheck+0x122");
        assert_eq!(
            (stop.code, stop.parameters[1]),
            (Some(0x9F), Some(0xffff_8000_1234_6000))
        );
        assert!(stop.from_stack && stop.parameters[3].is_none());
        let narrow = "8013ef68 82a51aa1 0000009f 00000003 85346000 nt!KeBugCheck2+0x68b\n\
                      8013ef94 82a51bb2 00000000 00000000 00000000 nt!Whatever+0x10\n";
        let stop = found(narrow);
        assert_eq!(
            (stop.code, stop.parameters[1]),
            (Some(0x9F), Some(0x8534_6000))
        );
        // On x64 it keeps nothing where the debugger looks.
        let inner =
            format!("ffff8000`00000010 fffff800`00000001 : {power} : nt!KeBugCheck2+0x1\n{ENDS}");
        assert_eq!(found(&inner).code, None);
        // Residue: no stop, and another stop than the caller raises.
        let residue = "00000000`00000eee 00000000`00000003 ffff8000`12346000 ffff8000`12348000";
        assert_eq!(frame(residue, "nt!Whatever+0x3").code, None);
        let stop = frame(power, "nt!MiRaisedIrqlFault+0x10");
        assert_eq!((stop.code, stop.parameters[1]), (Some(0xA), None));
    }

    #[test]
    fn the_frame_does_not_replace_what_is_stated() {
        let stack = "ffff8000`00000010 fffff800`00000001 : 00000000`0000009f 00000000`00000003 \
                     ffff8000`12346000 ffff8000`12348000 : nt!KeBugCheckEx\nffff8000`00000050 \
                     fffff800`00000002 : 0 0 0 0 : nt!A\n";
        let same = found(&format!("Bugcheck code 0000009F\n\n{stack}"));
        assert_eq!(same.parameters[1], Some(0xffff_8000_1234_6000));
        let other = found(&format!("Bugcheck code 000000D1\n\n{stack}"));
        assert_eq!((other.code, other.parameters), (Some(0xD1), [None; 4]));
    }
}
