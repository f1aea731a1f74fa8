//! Registers with the instruction below them: `r`, `.trap` and `.cxr` print both in one block.
//!
//! Only what stands in one block belongs together. A paste may be torn.

use std::sync::LazyLock;

use regex::Regex;

use super::registers::VALUE;
use super::{Line, Reader};
use crate::dump::Register;
use crate::hardware::{Registers, register_named};
use crate::log::text::number::hex;

/// `fffff803`ab401067 8b4118          mov     eax,dword ptr [rcx+18h] ds:002b:…=????????`.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([0-9a-f]{8}`[0-9a-f]{8}|[0-9a-f]{16})\s+((?:[0-9a-f]{2}){1,15})\s+[a-z]")
        .expect("a constant")
});
/// The operand's address, as the debugger computed it.
static OPERAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b[cdes]s:(?:[0-9a-f]{4}:)?([0-9a-f]{8}`[0-9a-f]{8}|[0-9a-f]{16})=")
        .expect("a constant")
});
/// Blocks that are kept.
const MAX: usize = 256;
/// Lines between the registers and the instruction: flags, segments, the symbol.
const MAX_BETWEEN: usize = 6;

/// A block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub rip: u64,
    pub registers: Registers,
    /// Whether the registers that calls preserve are shown as they were. A trap frame lacks them.
    pub is_whole: bool,
    pub bytes: Vec<u8>,
    /// Address of the operand in memory, if the debugger shows it.
    pub operand: Option<u64>,
}

/// Reads blocks line by line.
#[derive(Debug, Default)]
pub(crate) struct Moments {
    pub found: Vec<Block>,
    open: Option<Block>,
    /// The debugger said that the next registers are of a trap frame.
    of_trap: bool,
    /// Lines since the last register.
    since: usize,
    /// The operand may follow on the line below the instruction.
    complete: bool,
}

impl Reader for Moments {
    fn prompt(&mut self, _: Line<'_>) {
        self.open = None;
        self.of_trap = false;
        self.complete = false;
    }

    fn line(&mut self, Line { text, .. }: Line<'_>) {
        if std::mem::take(&mut self.complete)
            && let Some(last) = self.found.last_mut()
        {
            last.operand = last.operand.or_else(|| operand(text));
        }
        if text.contains("trap frame does not contain all registers") {
            self.of_trap = true;
        }
        let mut any = false;
        for found in VALUE.captures_iter(text) {
            let Some(value) = hex(&found[2]) else {
                continue;
            };
            any = true;
            if &found[1] == "rax" {
                let is_whole = !std::mem::take(&mut self.of_trap);
                self.open = Some(Block {
                    is_whole,
                    ..Block::default()
                });
            }
            let Some(block) = &mut self.open else {
                continue;
            };
            match &found[1] {
                "rip" => block.rip = value,
                name => {
                    if let Some(register) = register_named(name) {
                        block.registers.set(register, value);
                    }
                }
            }
        }
        self.since = if any { 0 } else { self.since + 1 };
        if let Some(row) = ROW.captures(text) {
            self.instruction(&row, text);
        } else if self.since > MAX_BETWEEN {
            self.open = None;
        }
    }
}

impl Moments {
    /// The first instruction below the registers ends the block.
    fn instruction(&mut self, row: &regex::Captures<'_>, text: &str) {
        let Some(mut block) = self.open.take() else {
            return;
        };
        let known = block.rip != 0 && hex(&row[1]) == Some(block.rip);
        if !known || self.found.len() >= MAX {
            return;
        }
        let digits = row[2].as_bytes().chunks_exact(2);
        block.bytes = digits
            .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        block.operand = operand(text);
        // Zeros stand for what a trap frame does not hold, also where the note is cut off.
        let high = [Register::R12, Register::R13, Register::R14, Register::R15];
        let zero = |register| block.registers.get(register) == Some(0);
        block.is_whole &= !high.into_iter().all(zero);
        self.complete = block.operand.is_none();
        self.found.push(block);
    }
}

fn operand(text: &str) -> Option<u64> {
    hex(&OPERAND.captures(text)?[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::read::transcript;

    const REGISTERS: &str = "rax=0000000000000001 rbx=0000000000000002 rcx=ffff908b1287d6e0\n\
         rdx=0000000000000000 rsi=0000000000000000 rdi=0000000000000000\n\
         rip=fffff80612345ae9 rsp=fffff98a6645ee30 rbp=0000000000000000\n \
         r8=0000000000000000  r9=0000000000000000 r10=0000000000000000\n\
         r11=0000000000000000 r12=0000000000000007 r13=0000000000000000\n\
         r14=0000000000000000 r15=0000000000000000\n\
         iopl=0         nv up ei pl nz na po nc\n\
         gizmo!Spin+0x19:\n";

    fn blocks(text: &str) -> Vec<Block> {
        transcript(text).moments.found
    }

    #[test]
    fn registers_go_with_the_instruction_below_them() {
        let row = "fffff806`12345ae9 8b4118          mov     eax,dword ptr [rcx+18h]";
        let same = format!("{REGISTERS}{row} ds:002b:ffff908b`1287d6f8=????????\n");
        let below = format!("{REGISTERS}{row}\nds:ffff908b`1287d6f8=????????\n");
        for text in [same, below] {
            let found = &blocks(&text)[0];
            assert_eq!(found.bytes, [0x8B, 0x41, 0x18]);
            assert_eq!(found.operand, Some(0xffff_908b_1287_d6f8));
            assert_eq!(
                found.registers.get(Register::Rcx),
                Some(0xffff_908b_1287_d6e0)
            );
            assert!(found.is_whole);
        }
        let noted =
            format!("NOTE: The trap frame does not contain all registers.\n{REGISTERS}{row}\n");
        assert!(!blocks(&noted)[0].is_whole);
        let zeros = format!("{}{row}\n", REGISTERS.replace("0007", "0000"));
        assert!(!blocks(&zeros)[0].is_whole);
    }

    #[test]
    fn what_a_prompt_or_other_code_separates_does_not_belong_together() {
        let row = "fffff806`12345ae9 8b4118          mov     eax,dword ptr [rcx+18h]\n";
        assert!(blocks(&format!("{REGISTERS}0: kd> u @rip\n{row}")).is_empty());
        let other = "fffff806`12345aff 8b4118          mov     eax,dword ptr [rcx+18h]\n";
        assert!(blocks(&format!("{REGISTERS}{other}{row}")).is_empty());
    }
}
