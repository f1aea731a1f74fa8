//! Driver Verifier's logs: `!verifier 8`, `!verifier 0x80`, and the leaked pool of `!verifier 3`.

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;
use crate::log::text::symbol::{RawSymbol, symbol};

/// `Pool block fffffa8…, Size 00000000000000a8, Thread fffffa8…`.
static BLOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*Pool block (?:0x)?([0-9a-f`]{8,17}),?\s+Size (?:0x)?([0-9a-f]{1,16}),?\s+Thread (?:0x)?([0-9a-f`]{8,17})")
        .expect("a constant")
});
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(Thread|Old irql|New irql)\s*[:=]\s*(?:0x)?([0-9a-f`]{1,17})\s*$")
        .expect("a constant")
});
/// `fffff800`01927cc6 nt!VfFreePoolNotification+0x4a`.
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([0-9a-f]{8}`[0-9a-f]{8}|[0-9a-f]{16}|[0-9a-f]{8})\s+(\S.*)$")
        .expect("a constant")
});
/// `8a9f4fe0     0x00000020    VMdl    8f4d1a2b`, in some versions with the caller's name.
static LEFT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:0x)?([0-9a-f`]{8,17})\s+0x([0-9a-f]{1,16})\s+(\S.{3})\s+(?:0x)?([0-9a-f`]{8,17})(?:\s+(\S+))?\s*$")
        .expect("a constant")
});
const MAX: usize = 70_000;
const MAX_TRACE: usize = 64;

/// An address in code with its symbol.
pub(crate) type CodeAddress = (u64, Option<RawSymbol>);

/// An entry of the pool log.
#[derive(Clone, Debug, Default)]
pub(crate) struct PoolLine {
    pub block: u64,
    pub size: u64,
    pub thread: u64,
    pub trace: Vec<CodeAddress>,
}

/// An entry of the IRQL log.
#[derive(Clone, Debug, Default)]
pub(crate) struct IrqlLine {
    pub thread: u64,
    pub old: u64,
    pub new: u64,
    pub trace: Vec<CodeAddress>,
}

/// The log that the lines belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    None,
    Pool,
    Irql,
}

/// Reads the logs line by line; both are newest first.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    pub pool: Vec<PoolLine>,
    pub irql: Vec<IrqlLine>,
    /// Allocations that an unloaded driver left: address, size, caller.
    pub left: Vec<(u64, u64, CodeAddress)>,
    /// The driver that `!verifier 3` was asked about.
    pub asked: Option<String>,
    part: Part,
    thread: u64,
}

impl Reader for Logs {
    fn prompt(&mut self, _: Line<'_>) {
        self.part = Part::None;
        self.thread = 0;
    }

    fn line(&mut self, Line { section, text, .. }: Line<'_>) {
        if section.verb() == "verifier" && self.asked.is_none() {
            let mut words = section.command.split_whitespace();
            let driver = words.find(|word| word.to_lowercase().ends_with(".sys"));
            self.asked = driver.map(str::to_owned);
        }
        if let Some(found) = BLOCK.captures(text) {
            let parts = || {
                Some(PoolLine {
                    block: hex(&found[1])?,
                    size: hex(&found[2])?,
                    thread: hex(&found[3])?,
                    trace: Vec::new(),
                })
            };
            if let Some(line) = parts().filter(|_| self.pool.len() < MAX) {
                self.pool.push(line);
                self.part = Part::Pool;
            }
        } else if let Some(found) = FIELD.captures(text) {
            self.field(&found[1].to_lowercase(), hex(&found[2]).unwrap_or(0));
        } else if self.part != Part::None
            && let Some(found) = PLACE.captures(text)
        {
            let Some(address) = hex(&found[1]) else {
                return;
            };
            let call = (address, symbol(&found[2]).map(|(symbol, _)| symbol));
            let trace = match self.part {
                Part::Pool => self.pool.last_mut().map(|line| &mut line.trace),
                _ => self.irql.last_mut().map(|line| &mut line.trace),
            };
            if let Some(trace) = trace.filter(|trace| trace.len() < MAX_TRACE) {
                trace.push(call);
            }
        } else if section.verb() == "verifier"
            && let Some(found) = LEFT.captures(text)
            && self.left.len() < MAX
        {
            let parts = || Some((hex(&found[1])?, hex(&found[2])?, hex(&found[4])?));
            let named = found.get(5).and_then(|name| symbol(name.as_str()));
            self.left.extend(parts().map(|(block, size, caller)| {
                (block, size, (caller, named.map(|(symbol, _)| symbol)))
            }));
        }
    }
}

impl Logs {
    fn field(&mut self, name: &str, value: u64) {
        match name {
            "thread" => {
                self.thread = value;
                self.part = Part::None;
            }
            "old irql" if self.irql.len() < MAX => {
                self.irql.push(IrqlLine {
                    thread: self.thread,
                    old: value,
                    ..IrqlLine::default()
                });
                self.part = Part::Irql;
            }
            "new irql" if self.part == Part::Irql => {
                if let Some(last) = self.irql.last_mut() {
                    last.new = value;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::log::read::transcript;

    #[test]
    fn verifiers_logs() {
        let text = "0: kd> !verifier 0x80 ffff800012345010\nParsing 0x00010000 log entries, searching for address 0xffff800012345010.\n\
                    ======\nPool block ffff800012345010, Size 0000000000000020, Thread ffff800012340080\n\
                    fffff80001927cc6 nt!VfFreePoolNotification+0x4a\nfffff80001927cc8 nt!ExFreePoolWithTag+0x4a\nfffff88001927cc6 drv!Close+0x19\n\
                    0: kd> !verifier 8\nThread:             ffff800012340080\nOld irql:           00000000\nNew irql:           00000002\nProcessor:          00000001\n\n\
                    fffff80001927cc6 nt!VerifierKeAcquireSpinLockRaiseToDpc+0x4a\nfffff88001927cc6 drv!Work+0x19\n0: kd> k\n";
        let transcript = transcript(text);
        let logs = &transcript.verifier;
        assert_eq!((logs.pool[0].size, logs.pool[0].trace.len()), (0x20, 3));
        assert_eq!((logs.irql[0].old, logs.irql[0].new), (0, 2));
        assert_eq!(logs.irql[0].trace.len(), 2);
        // They are recorded stacks.
        let stacks = &transcript.stacks.found;
        let record = crate::log::read::stacks::PrintedBy::Record;
        assert!(
            stacks.iter().all(|stack| stack.printed_by == record),
            "{stacks:#?}"
        );
    }
}
