//! The crashes in a log, each with the stop that it states or that its stack implies.

use super::implied;
use super::inferred;
use super::join::join;
use crate::log::read::Transcript;
use crate::log::text::crashes::{Part, split};
use crate::log::text::stops::Stop;

/// A crash, or a hang without a stop.
#[derive(Debug)]
pub(crate) struct Crash {
    pub stop: Option<Stop>,
    pub transcript: Transcript,
}

/// The crashes in a log.
#[derive(Debug, Default)]
pub(crate) struct LogContents {
    pub crashes: Vec<Crash>,
    /// Stop codes that are only mentioned.
    pub mentions: Vec<u32>,
    /// The text is about debuggers or dumps.
    pub is_about_debugging: bool,
}

/// Finds the crashes.
pub(crate) fn crashes(lines: &[String]) -> LogContents {
    let split = split(lines);
    let mut mentions: Vec<u32> = split.stops.iter().filter_map(|stop| stop.code).collect();
    mentions.sort_unstable();
    mentions.dedup();
    let mut crashes = Vec::new();
    for Part {
        mut stop,
        lines: at,
    } in split.parts
    {
        let transcript = read(&lines[at.clone()], at.start);
        implied::complete(&mut stop, &transcript);
        if stop.code.is_none() {
            let raised = transcript.stacks.found.iter().find_map(inferred::stop);
            let raised = raised.and_then(|stop| stop.code);
            let near = |one: &&Stop| one.passing && at.contains(&one.line);
            let mentioned = split.stops.iter().find(near).and_then(|one| one.code);
            stop.code = mentioned.or(raised);
            implied::complete(&mut stop, &transcript);
        }
        crashes.push(Crash {
            stop: Some(stop),
            transcript,
        });
    }
    // Examples and quotations of a stop's description have no evidence after them.
    if crashes.iter().any(|crash| has_evidence(&crash.transcript)) {
        crashes.retain(|crash| has_evidence(&crash.transcript));
    } else {
        crashes.retain(|crash| is_complete(crash.stop.as_ref()));
    }
    if crashes.is_empty() {
        crashes.extend(without_stop(lines, &split.stops));
    }
    LogContents {
        crashes,
        mentions,
        is_about_debugging: split.is_about_debugging,
    }
}

fn read(lines: &[String], first: usize) -> Transcript {
    join(Transcript::read(lines, first))
}

/// Whether there is evidence besides the stop's numbers.
fn has_evidence(transcript: &Transcript) -> bool {
    !transcript.stacks.found.is_empty()
        || !transcript.irps.found.is_empty()
        || !transcript.locks.found.is_empty()
        || transcript.analysis.lines > 3
        || transcript.analysis.blamed.is_some()
}

/// A stop without other evidence gets a verdict if it is complete.
fn is_complete(stop: Option<&Stop>) -> bool {
    stop.is_some_and(|stop| stop.code.is_some() && stop.parameters[0].is_some())
}

/// The crash of a log that states no stop: a stop mentioned in passing, a stop that the stack
/// implies, or a hang.
fn without_stop(lines: &[String], mentioned: &[Stop]) -> Option<Crash> {
    let transcript = read(lines, 0);
    if transcript.stacks.found.is_empty() && transcript.locks.found.is_empty() {
        return None;
    }
    let stop = implied::stop(&transcript);
    let by_raiser = || {
        let mut stops = transcript.stacks.found.iter().filter_map(inferred::stop);
        let stop = stops.next()?;
        // A mentioned stop may have parameters, or be the exact one of two similar stops.
        let mut passing = mentioned.iter();
        let passing = passing.find(|one| inferred::related(one, &stop)).cloned();
        Some(passing.unwrap_or(stop))
    };
    let raises = || transcript.stacks.found.iter().any(inferred::raises);
    let mentioned = || mentioned.first().filter(|_| raises()).cloned();
    let mut stop = stop.or_else(by_raiser).or_else(mentioned);
    if let Some(stop) = &mut stop {
        implied::complete(stop, &transcript);
    }
    Some(Crash { stop, transcript })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> LogContents {
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        crashes(&lines)
    }

    const STACK: &str = "ffff8000`00000010 fffff800`00000001 : 00000000`00000133 00000000`00000000 \
                         00000000`00000501 00000000`00000500 : nt!KeBugCheckEx\nffff8000`00000050 \
                         fffff800`00000002 : 0 0 0 0 : nt!A\n";

    #[test]
    fn two_crashes_and_repeated_statements() {
        let text = format!(
            "BugCheck D1, {{10, 2, 0, 5}}\nnt!A\nnt!B\nBugcheck: D1 (10, 2, 0, 5)\nDPC_WATCHDOG_VIOLATION \
             (133)\nArg1: 0\nArg2: 501\n{STACK}"
        );
        let found = found(&text);
        let codes: Vec<_> = found
            .crashes
            .iter()
            .map(|crash| crash.stop.as_ref().unwrap().code)
            .collect();
        assert_eq!(codes, [Some(0xD1), Some(0x133)]);
    }

    #[test]
    fn the_stack_tells_the_stop() {
        let found = found(STACK);
        let stop = found.crashes[0].stop.as_ref().unwrap();
        assert_eq!((stop.code, stop.parameters[1]), (Some(0x133), Some(0x501)));
    }

    #[test]
    fn prose_has_no_data() {
        let found = found("A Stop 0x9F means that a driver hangs.\nUse !locks in WinDbg.\n");
        assert!(found.crashes.is_empty() && found.is_about_debugging);
        assert_eq!(found.mentions, [0x9F]);
    }
}
