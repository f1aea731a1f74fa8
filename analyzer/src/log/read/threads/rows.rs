//! The lines that introduce a thread, in each layout.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{OWNER, RawThread, is_elapsed};
use crate::log::text::number::{duration, hex};

static THREAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*THREAD\s+([0-9a-f`]{8,17})\s+Cid:?\s*([0-9a-f]+)\.([0-9a-f]+)(.*)$")
        .expect("a constant")
});
/// `System (proc) thread (E|K|W|R|V) 4.3304 … WrResource 3s.218 Waiting`
static MEX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(\S+)[^(]*\(([0-9a-f]{8,16})\)\s+([0-9a-f]{8,16})\s+(?:\([A-Z|]+\)\s+)?([0-9a-f]+)\.([0-9a-f]+)\s+(.*)$")
        .expect("a constant")
});
/// `System 4 thread 3304 Waiting 3s.218 WrResource`
static MEX_LIST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(\S+)\s+(?:[0-9a-f]{1,6}\s+)?([0-9a-f]{8,16})\s+([0-9a-f]+)\s+(?:\S+\s+){0,5}?(Waiting|Ready|Standby|Terminated|DeferredReady|Transition)\s+(\S+)\s+(\w+)(.*)$",
    )
    .expect("a constant")
});
/// `System 4 thread 1480 8 8 [next] 1 12 0 0 Running 0 Executive`
static MEX_RUNNING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(\S+)\s+[0-9a-f]+\s+([0-9a-f]{8,16})\s+([0-9a-f]+)\s+\d+\s+\d+\s+(?:[0-9a-f]{8,16}\s+)?(\d+)\s+\d+\s+\S+\s+\S+\s+Running\s+(\S+)",
    )
    .expect("a constant")
});
/// `!running`: ` 4  prcb  thread (8) …`.
static RUNNING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(\d{1,4})\s+([0-9a-f`]{8,17})\s+([0-9a-f`]{8,17})\s+\(\s?\d+\)")
        .expect("a constant")
});
/// `!stacks`: `   4.000048  thread 0000bf Blocked nt!KiSwapContext+0x7a`
static STACKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*[0-9a-f]+\.([0-9a-f]+)\s+([0-9a-f`]{8,17})\s+([0-9a-f]+)\s+([A-Za-z]+)\s+(\S.*)$",
    )
    .expect("a constant")
});
/// Thread states in MEX's tables.
const STATES: [&str; 5] = ["Waiting", "Running", "Standby", "Ready", "Terminated"];

/// A line that introduces a thread.
pub(super) enum ThreadRow {
    /// Its description and stack follow.
    Described(RawThread),
    /// A row of a table; nothing follows.
    Listed(RawThread),
    /// It has the layout, but no readable thread address.
    Unreadable,
}

/// Reads a line, if it introduces a thread.
pub(super) fn row(line: usize, text: &str) -> Option<ThreadRow> {
    let described =
        |thread: Option<_>| Some(thread.map_or(ThreadRow::Unreadable, ThreadRow::Described));
    let listed = |thread: Option<_>| Some(thread.map_or(ThreadRow::Unreadable, ThreadRow::Listed));
    if let Some(found) = THREAD.captures(text) {
        return described(head(line, &found));
    }
    if let Some(found) = MEX.captures(text)
        && STATES.iter().any(|state| found[6].contains(state))
    {
        return described(mex(line, &found));
    }
    if let Some(found) = MEX_RUNNING.captures(text) {
        return listed(mex_running(line, &found));
    }
    if let Some(found) = MEX_LIST.captures(text) {
        return listed(mex_list(line, &found));
    }
    if let Some(found) = STACKS.captures(text) {
        return described(stacks(line, &found));
    }
    RUNNING
        .captures(text)
        .and_then(|found| described(running(line, &found)))
}

/// Of `!thread` and `!process`.
fn head(line: usize, found: &Captures<'_>) -> Option<RawThread> {
    let rest = &found[4];
    let state = [
        "WAIT",
        "RUNNING",
        "READY",
        "STANDBY",
        "TERMINATED",
        "DEFERREDREADY",
    ]
    .into_iter()
    .find(|state| rest.contains(state));
    Some(RawThread {
        address: hex(&found[1])?,
        line,
        id: hex(&found[3]).map(|id| id as u32),
        state: state.map(|state| match state {
            "WAIT" => "Waiting".to_owned(),
            other => capitalised(other),
        }),
        reason: rest
            .split_once('(')
            .and_then(|(_, rest)| Some(rest.split_once(')')?.0.to_owned())),
        processor: rest
            .split_once("processor ")
            .and_then(|(_, number)| u32::from_str_radix(number.trim().split(' ').next()?, 16).ok()),
        ..RawThread::default()
    })
}

fn mex(line: usize, found: &Captures<'_>) -> Option<RawThread> {
    let words: Vec<_> = found[6].split_whitespace().collect();
    let state = words.iter().position(|word| STATES.contains(word))?;
    let processor = words
        .iter()
        .position(|word| *word == "processor")
        .and_then(|at| words.get(at + 1)?.parse().ok());
    let before = |back: usize| state.checked_sub(back).map(|at| words[at]);
    Some(RawThread {
        address: hex(&found[3])?,
        line,
        id: hex(&found[5]).map(|id| id as u32),
        process: Some(found[1].to_owned()),
        state: Some(words[state].to_owned()),
        reason: before(2).map(str::to_owned),
        processor,
        seconds: before(1).and_then(duration),
        ..RawThread::default()
    })
}

fn mex_running(line: usize, found: &Captures<'_>) -> Option<RawThread> {
    Some(RawThread {
        address: hex(&found[2])?,
        line,
        id: hex(&found[3]).map(|id| id as u32),
        process: Some(found[1].to_owned()),
        state: Some("Running".to_owned()),
        processor: found[4].parse().ok(),
        ..RawThread::default()
    })
}

fn mex_list(line: usize, found: &Captures<'_>) -> Option<RawThread> {
    Some(RawThread {
        address: hex(&found[2])?,
        line,
        id: hex(&found[3]).map(|id| id as u32),
        process: Some(found[1].to_owned()),
        state: Some(found[4].to_owned()),
        seconds: duration(&found[5]),
        reason: Some(found[6].to_owned()),
        owner: found[7]
            .contains("wning Thread")
            .then(|| OWNER.captures(&found[7]).and_then(|owner| hex(&owner[1])))
            .flatten(),
        ..RawThread::default()
    })
}

fn stacks(line: usize, found: &Captures<'_>) -> Option<RawThread> {
    Some(RawThread {
        address: hex(&found[2])?,
        line,
        id: hex(&found[1]).map(|id| id as u32),
        state: Some(match found[4].to_uppercase().as_str() {
            "BLOCKED" => "Waiting".to_owned(),
            other => capitalised(other),
        }),
        seconds: hex(&found[3])
            .filter(|&ticks| is_elapsed(ticks))
            .map(|ticks| ticks as f64 / 64.0),
        ..RawThread::default()
    })
}

fn running(line: usize, found: &Captures<'_>) -> Option<RawThread> {
    Some(RawThread {
        address: hex(&found[3])?,
        line,
        state: Some("Running".to_owned()),
        processor: found[1].parse().ok(),
        ..RawThread::default()
    })
}

fn capitalised(word: &str) -> String {
    let lower = word.to_lowercase();
    let mut chars = lower.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
