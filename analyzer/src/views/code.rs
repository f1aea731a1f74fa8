//! `u`, `ub`, `uf`: disassembly.

use std::collections::BTreeSet;
use std::fmt;

use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Formatter, Instruction, MasmFormatter, MemorySizeOptions,
    OpKind, SymbolResolver, SymbolResult,
};
use serde::Serialize;

use super::expression::{address, number};
use super::session::Session;
use super::text::tick;
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::MemoryExt;
use crate::modules::find_function;
use crate::target::Pc;
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "code",
    names: &["u", "ub", "uf"],
    usage: "u|ub|uf ADDR [LCOUNT]",
    meaning: "disassembly from an address, up to it (ub), of a whole function (uf)",
    example: "u nt!KeBugCheckEx L4",
    needs_structures: false,
    make: |session, request| Ok(code(session, request)?.into()),
};

/// Number of instructions if no count is given.
const DEFAULT_COUNT: usize = 8;
const MAX_COUNT: usize = 0x1000;
const MAX_INSTRUCTION: usize = 15;
const MAX_FUNCTION: u64 = 0x10000;
/// How far `ub` looks back if no function is known.
const LOOK_BACK: u64 = 0x100;

/// One instruction.
#[derive(Clone, Debug, Serialize)]
struct Line {
    address: Hex64,
    /// In hexadecimal; empty where memory cannot be read.
    bytes: String,
    text: String,
    /// The label before it: the start of a function, or a jump target.
    label: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Code {
    lines: Vec<Line>,
    /// Whether it is a whole function (`uf`).
    function: bool,
}

pub(super) fn code(session: &Session<'_, '_>, request: &ViewRequest) -> Result<Code, InspectError> {
    let (count, words) = count_and_rest(request)?;
    let at = match words.first() {
        Some(text) => address(session, text)?,
        None => session.header.context.rip,
    };
    let count = count.unwrap_or(DEFAULT_COUNT);
    let function = request.name == "uf";
    let found = match request.name.as_str() {
        "ub" => before(session, at, count),
        "uf" => whole(session, at),
        _ => decode(session, at, count * MAX_INSTRUCTION, count),
    };
    Ok(shown(session, at, &found, function))
}

/// The instruction at an address.
pub(super) fn instruction(session: &Session<'_, '_>, at: u64) -> Code {
    shown(session, at, &decode(session, at, MAX_INSTRUCTION, 1), false)
}

fn shown(session: &Session<'_, '_>, at: u64, decoded: &[Decoded], function: bool) -> Code {
    let lines = print(session, decoded, function);
    let lines = match lines.is_empty() {
        true => vec![unreadable(session, at)],
        false => lines,
    };
    Code { lines, function }
}

/// The count (`L4`), and the other arguments.
pub(super) fn count_and_rest(
    request: &ViewRequest,
) -> Result<(Option<usize>, Vec<&str>), InspectError> {
    let mut count = None;
    let mut rest = Vec::new();
    let mut words = request.args.iter();
    while let Some(word) = words.next() {
        let Some(length) = word.strip_prefix(['L', 'l']) else {
            rest.push(word.as_str());
            continue;
        };
        let length = match length {
            "" => words.next().map_or("", String::as_str),
            length => length,
        };
        let parsed = number(length.trim_start_matches('?'));
        let parsed = parsed.ok_or_else(|| request.usage(format!("`{word}` is no count")))?;
        let parsed = usize::try_from(parsed).unwrap_or(usize::MAX);
        count = Some(parsed.clamp(1, MAX_COUNT));
    }
    Ok((count, rest))
}

/// An instruction and its bytes.
struct Decoded {
    instruction: Instruction,
    bytes: Vec<u8>,
}

fn decode(session: &Session<'_, '_>, at: u64, length: usize, count: usize) -> Vec<Decoded> {
    let bytes = session.target.memory.read_prefix(at, length);
    let decoder = Decoder::with_ip(64, &bytes, at, DecoderOptions::NONE);
    let decoded = decoder.into_iter().take(count).map(|instruction| {
        let start = instruction.ip().wrapping_sub(at) as usize;
        Decoded {
            bytes: bytes[start..(start + instruction.len()).min(bytes.len())].to_vec(),
            instruction,
        }
    });
    decoded.collect()
}

/// Bounds of the function around an address: by its symbol, else by its unwind information.
fn bounds(session: &Session<'_, '_>, at: u64) -> Option<(u64, u64)> {
    let target = session.target;
    let symbol = target.symbol(at, Pc::Exact);
    let named = symbol.function_start.zip(symbol.function_end);
    let sensible =
        |(start, end): &(u64, u64)| (*start..*end).contains(&at) && end - start <= MAX_FUNCTION;
    named.filter(sensible).or_else(|| {
        let module = target.modules.find(at)?;
        let table = module.image(target.memory).ok()?.exception_directory;
        let entry = find_function(target.memory, module.base, table, module.rva(at)?).ok()??;
        let bound = |rva: u32| module.base.checked_add(u64::from(rva));
        Some((bound(entry.begin)?, bound(entry.end)?)).filter(sensible)
    })
}

fn whole(session: &Session<'_, '_>, at: u64) -> Vec<Decoded> {
    match bounds(session, at) {
        Some((start, end)) => decode(session, start, (end - start) as usize, MAX_COUNT),
        None => {
            let what = format!("where the function at {at:#x} starts and ends");
            session.note(what, "neither symbols nor unwind information tell");
            decode(session, at, DEFAULT_COUNT * MAX_INSTRUCTION, DEFAULT_COUNT)
        }
    }
}

/// The instructions in front of an address. If no function is known, the longest decoding that ends
/// exactly at the address counts.
fn before(session: &Session<'_, '_>, at: u64, count: usize) -> Vec<Decoded> {
    let inside = at.wrapping_sub(1);
    let mut found = match bounds(session, inside) {
        Some((start, _)) => until(session, start, at),
        None => {
            let first = at.saturating_sub(LOOK_BACK);
            (first..at)
                .map(|start| until(session, start, at))
                .find(|decoded| decoded.len() >= count)
                .unwrap_or_default()
        }
    };
    let extra = found.len().saturating_sub(count);
    found.split_off(extra)
}

/// The instructions between two addresses, if they end exactly at the second.
fn until(session: &Session<'_, '_>, start: u64, end: u64) -> Vec<Decoded> {
    let length = end.saturating_sub(start).min(MAX_FUNCTION) as usize;
    let decoded = decode(session, start, length, usize::MAX);
    let last = decoded.last().map(|last| last.instruction.next_ip());
    let valid = decoded.iter().all(|one| !one.instruction.is_invalid());
    match last == Some(end) && valid {
        true => decoded,
        false => Vec::new(),
    }
}

fn print(session: &Session<'_, '_>, decoded: &[Decoded], function: bool) -> Vec<Line> {
    let mut formatter =
        MasmFormatter::with_options(Some(Box::new(Places::of(session, decoded))), None);
    let options = formatter.options_mut();
    options.set_first_operand_char_index(8);
    options.set_show_branch_size(false);
    options.set_memory_size_options(MemorySizeOptions::Always);
    options.set_rip_relative_addresses(false);
    options.set_branch_leading_zeros(false);
    let targets: BTreeSet<u64> = match function {
        true => (decoded.iter())
            .filter(|one| {
                matches!(
                    one.instruction.flow_control(),
                    FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch
                )
            })
            .map(|one| one.instruction.near_branch_target())
            .collect(),
        false => BTreeSet::new(),
    };
    let mut lines = Vec::new();
    for (index, one) in decoded.iter().enumerate() {
        let at = one.instruction.ip();
        let mut text = String::new();
        formatter.format(&one.instruction, &mut text);
        let symbol = session.target.symbol(at, Pc::Exact);
        let starts = symbol.function_start == Some(at);
        let labelled = index == 0 || starts || targets.contains(&at);
        let invalid = one.instruction.is_invalid();
        lines.push(Line {
            address: at.into(),
            bytes: one.bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            text: if invalid { "???".to_owned() } else { text },
            label: labelled.then(|| symbol.text(at)),
        });
    }
    lines
}

/// Symbols of the addresses that instructions refer to; the formatter owns its resolver.
struct Places(Vec<(u64, String)>);

impl Places {
    fn of(session: &Session<'_, '_>, decoded: &[Decoded]) -> Self {
        let mut found = Vec::new();
        for Decoded { instruction, .. } in decoded {
            for operand in 0..instruction.op_count() {
                let address = match instruction.op_kind(operand) {
                    OpKind::Memory if instruction.is_ip_rel_memory_operand() => {
                        instruction.ip_rel_memory_address()
                    }
                    OpKind::NearBranch64 => instruction.near_branch_target(),
                    _ => continue,
                };
                if let Some(name) = session.name(address) {
                    found.push((address, format!("{name} ({})", tick(address))));
                }
            }
        }
        Self(found)
    }
}

impl SymbolResolver for Places {
    fn symbol(
        &mut self,
        _instruction: &Instruction,
        _operand: u32,
        _instruction_operand: Option<u32>,
        address: u64,
        _address_size: u32,
    ) -> Option<SymbolResult<'_>> {
        let found = self.0.iter().find(|(known, _)| *known == address);
        found.map(|(_, name)| SymbolResult::with_str(address, name))
    }
}

fn unreadable(session: &Session<'_, '_>, at: u64) -> Line {
    if let Err(error) = session.target.memory.read_uint(at, 1) {
        session.note("the code", error);
    }
    Line {
        address: at.into(),
        bytes: "??".to_owned(),
        text: "???".to_owned(),
        label: session.name(at),
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.lines.iter().enumerate() {
            if let Some(label) = &line.label {
                if index > 0 && self.function {
                    writeln!(f)?;
                }
                writeln!(f, "{label}:")?;
            }
            writeln!(
                f,
                "{} {:<15} {}",
                tick(line.address.0),
                line.bytes,
                line.text
            )?;
        }
        Ok(())
    }
}
