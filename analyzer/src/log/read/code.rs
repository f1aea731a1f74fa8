//! Listings of `uf` and `u`. The bytes are decoded again; the targets of calls come from the text.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind};
use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;
use crate::log::text::symbol::{RawSymbol, symbol};

/// `fffff803`ab401067 ff15bb100000    call    qword ptr [drv!__imp_Name (fffff803`ab402128)]`.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([0-9a-f]{8}`[0-9a-f]{8}|[0-9a-f]{16})\s+((?:[0-9a-f]{2}){1,15})\s+([a-z]\w*)(?:\s+(.*))?$")
        .expect("a constant")
});
/// With source lines in front of the address, `uf` writes their number.
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*\d{1,6}\s+([0-9a-f]{8}`[0-9a-f]{8}\s.*)$").expect("a constant")
});
static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^([A-Za-z_][\w.$~-]*![^\s\[]+?)(?:\s+\[[^\]]*\])?:\s*$").expect("a constant")
});
static NAMED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"([A-Za-z_][\w.$~-]*!\S+)").expect("a constant"));
const MAX_FUNCTIONS: usize = 4096;
const MAX_INSTRUCTIONS: usize = 8192;
/// Maximum number of instructions of all functions.
const MAX_ROWS: usize = 200_000;
/// Parts of a function further away from its start are ignored.
const MAX_LENGTH: u64 = 1 << 20;

/// A listed instruction.
#[derive(Clone, Debug)]
pub(crate) struct ListedInstruction {
    pub instruction: Instruction,
    /// The symbol in its operand.
    pub named: Option<RawSymbol>,
}

/// A function whose listing begins at its start.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    pub function: RawSymbol,
    pub start: u64,
    rows: BTreeMap<u64, ListedInstruction>,
}

impl Listing {
    /// The instructions, by address.
    pub(crate) fn instructions(&self) -> Vec<Instruction> {
        self.rows.values().map(|row| row.instruction).collect()
    }

    /// The function that each instruction calls or jumps to; imports have the name of the imported
    /// function.
    pub(crate) fn called(&self) -> Vec<Option<RawSymbol>> {
        let rows: Vec<&ListedInstruction> = self.rows.values().collect();
        let called = |at: usize| {
            let row = rows[at];
            let instruction = &row.instruction;
            match instruction.flow_control() {
                FlowControl::Call | FlowControl::IndirectCall => {}
                FlowControl::UnconditionalBranch | FlowControl::IndirectBranch => {}
                _ => return None,
            }
            let by_register = instruction.op0_kind() == OpKind::Register;
            let named = match by_register {
                false => row.named.as_ref(),
                true => {
                    let register = instruction.op0_register().full_register();
                    let load = rows[..at].iter().rev().find(|load| {
                        let load = &load.instruction;
                        load.op_count() > 0
                            && load.op0_kind() == OpKind::Register
                            && load.op0_register().full_register() == register
                    })?;
                    let is_load = load.instruction.mnemonic() == Mnemonic::Mov;
                    load.named.as_ref().filter(|_| is_load)
                }
            };
            named.map(imported)
        };
        (0..rows.len()).map(called).collect()
    }
}

/// The function that an import slot is named after. The name lacks the exporting module; the names
/// that matter are the kernel's.
fn imported(symbol: &RawSymbol) -> RawSymbol {
    let function = symbol.function.as_deref().unwrap_or("");
    let name = function
        .strip_prefix("__imp_")
        .or_else(|| function.strip_prefix("_imp_"))
        .or_else(|| function.strip_prefix("imp_"));
    match name {
        Some(name) => RawSymbol {
            module: "nt".to_owned(),
            function: Some(name.trim_start_matches('_').to_owned()),
            offset: 0,
            unloaded: false,
        },
        None => symbol.clone(),
    }
}

/// Reads listings line by line.
#[derive(Debug, Default)]
pub(crate) struct Listings {
    pub found: Vec<Listing>,
    /// The header that was last seen, and whether its function is the last of `found`.
    header: Option<RawSymbol>,
    open: bool,
    rows: usize,
}

impl Reader for Listings {
    fn prompt(&mut self, _: Line<'_>) {
        self.header = None;
        self.open = false;
    }

    fn line(&mut self, Line { text, .. }: Line<'_>) {
        if let Some(found) = HEADER.captures(text) {
            self.header = symbol(&found[1]).map(|(symbol, _)| symbol);
            let function = self.header.as_ref();
            // Chunks of the same function have an offset after its name.
            self.open &= self.found.last().is_some_and(|last| {
                function.is_some_and(|next| {
                    next.offset != 0
                        && (&next.module, &next.function)
                            == (&last.function.module, &last.function.function)
                })
            });
            return;
        }
        let numbered = NUMBERED.captures(text);
        let text = numbered
            .as_ref()
            .and_then(|found| Some(found.get(1)?.as_str()))
            .unwrap_or(text);
        let Some(row) = row(text) else { return };
        if !self.open && !self.start(row.instruction.ip()) {
            return;
        }
        if let Some(listing) = self.found.last_mut()
            && listing.rows.len() < MAX_INSTRUCTIONS
            && self.rows < MAX_ROWS
            && row.instruction.ip().abs_diff(listing.start) < MAX_LENGTH
        {
            self.rows += 1;
            listing.rows.entry(row.instruction.ip()).or_insert(row);
        }
    }
}

impl Listings {
    /// Begins a function, if the listing begins at its start.
    fn start(&mut self, address: u64) -> bool {
        let header = self.header.take().filter(|header| header.offset == 0);
        let Some(function) = header.filter(|_| self.found.len() < MAX_FUNCTIONS) else {
            return false;
        };
        self.found.push(Listing {
            function,
            start: address,
            rows: BTreeMap::new(),
        });
        self.open = true;
        true
    }
}

fn row(text: &str) -> Option<ListedInstruction> {
    let found = ROW.captures(text)?;
    let address = hex(&found[1])?;
    let digits = found[2].as_bytes();
    let bytes: Vec<u8> = digits
        .chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let mut decoder = Decoder::with_ip(64, &bytes, address, DecoderOptions::NONE);
    let instruction = decoder.decode();
    // A word of prose may look like bytes; an instruction must use all of its bytes.
    if instruction.is_invalid() || instruction.len() != bytes.len() {
        return None;
    }
    let operands = found.get(4).map_or("", |operands| operands.as_str());
    let name = NAMED.find(operands);
    let named = name.and_then(|name| symbol(name.as_str()).map(|(symbol, _)| symbol));
    Some(ListedInstruction { instruction, named })
}

#[cfg(test)]
mod tests {
    use crate::log::read::transcript;

    #[test]
    fn a_listing_is_decoded_with_the_names_of_what_it_calls() {
        let code = transcript(
            "0: kd> uf drv!Work\ndrv!Work [c:\\drv\\work.c @ 10]:\n   10 fffff803`ab401040 56              push    rsi\n\
             fffff803`ab401041 488b35bb100000  mov     rsi,qword ptr [drv!_imp_KeAcquireSpinLockRaiseToDpc (fffff803`ab402103)]\n\
             fffff803`ab401048 ffd6            call    rsi\nfffff803`ab40104a 7501            jne     drv!Work+0xd (fffff803`ab40104d)\n\n\
             drv!Work+0xc:\nfffff803`ab40104c c3              ret\n\ndrv!Work+0xd:\nfffff803`ab40104d e8aeef0000      call    drv!Other (fffff803`ab410000)\n\
             fffff803`ab401052 c3              ret\n0: kd> u drv!Work+0x8\ndrv!Work+0x8:\nfffff803`ab401048 ffd6            call    rsi\n",
        )
        .code
        .found;
        // A listing that begins inside a function is not a function.
        assert_eq!(code.len(), 1, "{code:#?}");
        assert_eq!(code[0].start, 0xffff_f803_ab40_1040);
        let called: Vec<_> = code[0]
            .called()
            .into_iter()
            .flatten()
            .filter_map(|symbol| symbol.function)
            .collect();
        assert_eq!(called, ["KeAcquireSpinLockRaiseToDpc", "Other"]);
        assert_eq!(code[0].instructions().len(), 7);
    }

    #[test]
    fn bytes_that_are_no_instruction_are_left_out() {
        let code = transcript("drv!Work:\nfffff803`ab401040 ba              mov     edx,1\n").code;
        assert!(code.found.iter().all(|one| one.instructions().is_empty()));
    }
}
