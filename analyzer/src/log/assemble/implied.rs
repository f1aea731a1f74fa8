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
    stop.code = stop.code.or(bucket.as_ref().and_then(|bucket| bucket.code));
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
        .filter(|bucket| bucket.code.map(stop::family) == Some(code))
        .map_or([None; 4], |bucket| bucket.parameters);
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
    for (stated, implied) in stop.parameters.iter_mut().zip(of_bucket) {
        *stated = stated.or(implied);
    }
    stop.parameters[0] = stop.parameters[0].or_else(of_record);
    information(stop, code, &transcript.analysis);
}

/// The stop of a log that states none, from its bucket or its stack.
pub(super) fn stop(transcript: &Transcript) -> Option<Stop> {
    let mut stop = Stop::default();
    complete(&mut stop, transcript);
    stop.code.is_some().then_some(stop)
}

/// The stop that a bucket tells: `0x139_3_…`, `0x133_DPC_…`, `0x1E_c0000005_R_…`.
fn bucket(analysis: &Analysis) -> Option<Stop> {
    let keys = ["BUGCHECK_STR", "FAILURE_BUCKET_ID", "BUCKET_ID"];
    let stated = keys.iter().filter_map(|key| analysis.keys.get(*key));
    let mut all = stated
        .chain(&analysis.bucket)
        .filter_map(|bucket| in_bucket(bucket));
    let mut stop = all.next()?;
    let code = stop.code;
    // BUGCHECK_STR often has the code alone.
    for other in all.filter(|other| other.code == code) {
        stop.absorb(&other);
    }
    Some(stop)
}

fn in_bucket(bucket: &str) -> Option<Stop> {
    let rest = bucket.trim();
    let rest = ["X64_", "X86_"]
        .iter()
        .find_map(|machine| rest.strip_prefix(machine))
        .unwrap_or(rest);
    let mut words = rest.strip_prefix("0x")?.split('_');
    let code = u32::from_str_radix(words.next()?, 16).ok()?;
    let row = stop::of(code)?;
    let mut stop = Stop {
        code: Some(code),
        ..Stop::default()
    };
    let bugcheck = stop::Stop {
        code,
        ..stop::Stop::default()
    };
    let word = words.next().unwrap_or("");
    if let Some(status) = status(word) {
        // The code of the exception, or the error of the disk.
        let index = match bugcheck.is_exception() {
            true => Some(0),
            false => bugcheck.index_of(stop::Role::Status),
        };
        if let Some(index) = index {
            stop.parameters[index] = Some(status);
        }
        let access = match words.next() {
            Some("R") => Some(0),
            Some("W") => Some(1),
            _ => None,
        };
        if let Some((kind, _)) = bugcheck.exception_information() {
            stop.parameters[kind] = access;
        }
    } else if row.identified_by_subtype {
        stop.parameters[0] = match (row.code, word) {
            (DPC_WATCHDOG, "DPC") => Some(0),
            (DPC_WATCHDOG, "ISR") => Some(1),
            (_, word) => u64::from_str_radix(word, 16).ok().filter(|&value| {
                // `0x9F_BAD_…` is a word.
                let is_number = word.bytes().any(|byte| byte.is_ascii_digit());
                is_number || row.subtypes.iter().any(|known| known.value == value)
            }),
        };
    }
    Some(stop)
}

/// An NTSTATUS of an error, warning or breakpoint.
fn status(word: &str) -> Option<u64> {
    let is_status = word.len() == 8 && word.starts_with(['8', 'c', 'C', 'e', 'E', 'd', 'D']);
    u64::from_str_radix(word, 16).ok().filter(|_| is_status)
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
    let raised = inferred::by_raiser(stack);
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
    fn a_bucket_gives_the_exception_and_the_status() {
        for (bucket, code, parameters) in [
            (
                "0x1E_c0000005_R_gizmo!Work",
                0x1E,
                [Some(0xC000_0005), None, Some(0), None],
            ),
            (
                "0x1E_c0000005_W_gizmo!Work",
                0x1E,
                [Some(0xC000_0005), None, Some(1), None],
            ),
            (
                "0x3B_c0000005_gizmo!Work",
                0x3B,
                [Some(0xC000_0005), None, None, None],
            ),
            (
                "0x7E_80000003_gizmo!Work",
                0x7E,
                [Some(0x8000_0003), None, None, None],
            ),
            (
                "0x7a_c000009d_DUMP_VOLUME",
                0x7A,
                [None, Some(0xC000_009D), None, None],
            ),
            ("0x1E_gizmo!Work", 0x1E, [None; 4]),
        ] {
            let text = format!("0: kd> k\nnt!KeBugCheckEx\n{ENDS}\nFAILURE_BUCKET_ID:  {bucket}\n");
            let stop = found(&text);
            assert_eq!(
                (stop.code, stop.parameters),
                (Some(code), parameters),
                "{bucket}"
            );
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
