//! Splits a log into crashes. It may hold several, and state each many times.

use std::ops::Range;

use super::stops::{Stop, Stops};

/// A log with more is a collection.
const MAX_CRASHES: usize = 64;

/// The lines of a crash.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The stop that they state.
    pub stop: Stop,
    pub lines: Range<usize>,
}

#[derive(Debug, Default)]
pub(crate) struct Split {
    pub parts: Vec<Part>,
    /// Every statement of a stop, including mentions in passing.
    pub stops: Vec<Stop>,
    /// The text is about debuggers or dumps.
    pub is_about_debugging: bool,
}

/// Splits the lines at the stops that they state.
pub(crate) fn split(lines: &[String]) -> Split {
    let mut stops = Stops::default();
    for (number, line) in lines.iter().enumerate() {
        stops.line(number, line);
    }
    let stops = stops.found;
    let starts = distinct(stops.iter().filter(|stop| !stop.passing));
    let parts = starts.iter().enumerate().take(MAX_CRASHES);
    let parts = parts.map(|(index, stop)| {
        // Lines before the first stop belong to it.
        let from = if index == 0 { 0 } else { stop.line };
        let to = starts.get(index + 1).map_or(lines.len(), |next| next.line);
        Part {
            stop: stop.clone(),
            lines: from..to,
        }
    });
    Split {
        parts: parts.collect(),
        stops,
        is_about_debugging: lines.iter().any(|line| is_about_debugging(line)),
    }
}

/// Statements of the same stop, merged as long as no other comes between them.
fn distinct<'a>(stated: impl Iterator<Item = &'a Stop>) -> Vec<Stop> {
    let mut starts: Vec<Stop> = Vec::new();
    for stop in stated {
        match starts.last_mut() {
            Some(last) if last.agrees(stop) => last.absorb(stop),
            _ => starts.push(stop.clone()),
        }
    }
    starts.retain(|stop| stop.code.is_some() || stop.parameters[0].is_some());
    starts
}

fn is_about_debugging(line: &str) -> bool {
    let lower = line.to_lowercase();
    [
        "!analyze",
        "windbg",
        "bugcheck",
        "bug check",
        "minidump",
        "memory.dmp",
        "blue screen",
        "bsod",
    ]
    .iter()
    .any(|word| lower.contains(word))
}
