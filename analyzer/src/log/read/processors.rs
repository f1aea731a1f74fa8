//! Processors' control regions: `!pcr`, `!prcb`.

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;

static REGION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*K?PC(?:R|RB) for Processor (\d{1,4}) at\b").expect("a constant")
});
static THREAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*CurrentThread:\s*(?:0x)?([0-9a-f`]{8,17})").expect("a constant")
});
static IRQL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*DebuggerSavedIRQL:\s*(?:0x)?([0-9a-f]{1,2})\s*$").expect("a constant")
});
const MAX: usize = 4096;

/// A thread on a processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    pub line: usize,
    pub processor: u32,
    pub thread: u64,
}

/// Reads control regions line by line.
#[derive(Debug, Default)]
pub(crate) struct Processors {
    pub running: Vec<Running>,
    /// IRQL before the debugger stopped the processor. The current IRQL, which `!pcr` shows too, is
    /// that of the stop.
    pub irql: Option<u64>,
    open: Option<u32>,
}

impl Reader for Processors {
    fn prompt(&mut self, _: Line<'_>) {
        self.open = None;
    }

    fn line(&mut self, Line { number, text, .. }: Line<'_>) {
        if let Some(found) = REGION.captures(text) {
            self.open = found[1].parse().ok();
        } else if let Some(processor) = self.open {
            if let Some(found) = THREAD.captures(text) {
                let thread = hex(&found[1]).filter(|_| self.running.len() < MAX);
                self.running.extend(thread.map(|thread| Running {
                    line: number,
                    processor,
                    thread,
                }));
            } else if let Some(found) = IRQL.captures(text) {
                // 0 can also mean that no debugger stopped it.
                self.irql = self.irql.or(hex(&found[1]).filter(|&irql| irql != 0));
            }
        }
    }
}
