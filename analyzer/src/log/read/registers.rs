//! Registers: `r`, `.frame /r`, and what `.trap` and `.cxr` print.

use std::collections::HashMap;
use std::sync::LazyLock;

use iced_x86::Register;
use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;

pub(super) static VALUE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(r(?:[abcd]x|[sd]i|[sbi]p|[89]|1[0-5]))=([0-9a-f`]{16,17})(?:\s|$)")
        .expect("a constant")
});
const NAMES: [(&str, Register); 16] = [
    ("rax", Register::RAX),
    ("rbx", Register::RBX),
    ("rcx", Register::RCX),
    ("rdx", Register::RDX),
    ("rsi", Register::RSI),
    ("rdi", Register::RDI),
    ("rsp", Register::RSP),
    ("rbp", Register::RBP),
    ("r8", Register::R8),
    ("r9", Register::R9),
    ("r10", Register::R10),
    ("r11", Register::R11),
    ("r12", Register::R12),
    ("r13", Register::R13),
    ("r14", Register::R14),
    ("r15", Register::R15),
];
const MAX: usize = 4096;

/// Registers at one instruction.
type Set = HashMap<&'static str, u64>;

/// Reads registers line by line.
#[derive(Debug, Default)]
pub(crate) struct Registers {
    /// By the instruction pointer.
    found: HashMap<u64, Set>,
    open: Set,
    /// The instruction pointer of the current block.
    at: Option<u64>,
}

impl Reader for Registers {
    fn prompt(&mut self, _: Line<'_>) {
        self.close();
    }

    fn line(&mut self, Line { text, .. }: Line<'_>) {
        for found in VALUE.captures_iter(text) {
            let Some(value) = hex(&found[2]) else {
                continue;
            };
            if &found[1] == "rax" {
                self.close();
            }
            if &found[1] == "rip" {
                self.at = Some(value).filter(|_| self.found.len() < MAX);
            } else if let Some((name, _)) = NAMES.iter().find(|(name, _)| *name == &found[1]) {
                self.open.insert(name, value);
            }
            if let Some(at) = self.at {
                let known = self.found.entry(at).or_default();
                known.extend(self.open.drain());
            }
        }
    }
}

impl Registers {
    /// Ends a block.
    fn close(&mut self) {
        self.open.clear();
        self.at = None;
    }

    /// The value of a register at instruction `address`.
    pub(crate) fn at(&self, address: u64, register: Register) -> Option<u64> {
        let (name, _) = NAMES.iter().find(|(_, known)| *known == register)?;
        self.found.get(&address)?.get(name).copied()
    }
}
