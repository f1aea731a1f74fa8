//! Memory (`dps`, `dq`, `dd`, `dc`, `db`), and the page-table entries of an address (`!pte`).

use std::fmt;

use serde::Serialize;

use super::code::count_and_rest;
use super::expression::address;
use super::session::Session;
use super::text::{plain, tick};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::{MemoryExt, PteState, is_kernel_address};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "memory",
    names: &["dps", "dqs", "dq", "dp", "dd", "dc", "db"],
    usage: "dps|dq|dd|dc|db ADDR [LCOUNT]",
    meaning: "memory, as symbols (dps), numbers or characters",
    example: "dps nt!KiProcessorBlock L2",
    needs_structures: false,
    make: |session, request| Ok(memory(session, request)?.into()),
};

pub(super) const PTE: ViewInfo = ViewInfo {
    id: "pte",
    names: &["pte"],
    usage: "pte ADDR",
    meaning: "what the page tables say about an address",
    example: "pte ffffd02340000c70",
    needs_structures: false,
    make: |session, request| Ok(pte(session, request)?.into()),
};

/// The format of the units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Layout {
    Symbols,
    Quads,
    Doubles,
    Characters,
    Bytes,
}

/// A unit of memory.
#[derive(Clone, Debug, Serialize)]
struct Unit {
    address: Hex64,
    value: Option<Hex64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct MemoryView {
    layout: Layout,
    units: Vec<Unit>,
}

impl Layout {
    fn size(self) -> u64 {
        match self {
            Self::Symbols | Self::Quads => 8,
            Self::Doubles | Self::Characters => 4,
            Self::Bytes => 1,
        }
    }
}

pub(super) fn memory(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<MemoryView, InspectError> {
    let (layout, usual) = match request.name.as_str() {
        "dps" | "dqs" => (Layout::Symbols, 16),
        "dd" => (Layout::Doubles, 32),
        "dc" => (Layout::Characters, 32),
        "db" => (Layout::Bytes, 128),
        _ => (Layout::Quads, 16),
    };
    let (count, words) = count_and_rest(request)?;
    let start = match words.first() {
        Some(text) => address(session, text)?,
        None => return Err(request.usage(format!("`{}` needs an address", request.name))),
    };
    let memory = session.target.memory;
    let size = layout.size();
    let unit = |index: usize| {
        let at = start.wrapping_add(size.wrapping_mul(index as u64));
        let value = memory.read_uint(at, size as usize);
        if let Err(error) = value {
            session.note("some of the memory", error);
        }
        let value = value.ok();
        let code = value.filter(|&value| layout == Layout::Symbols && is_kernel_address(value));
        Unit {
            address: at.into(),
            symbol: code.and_then(|value| session.name(value)),
            value: value.map(Hex64),
        }
    };
    Ok(MemoryView {
        layout,
        units: (0..count.unwrap_or(usual)).map(unit).collect(),
    })
}

impl fmt::Display for MemoryView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.layout.size() as usize;
        let value = |unit: &Unit| match (unit.value, size) {
            (value, 8) => tick(value.map(u64::from)),
            (Some(value), size) => format!("{:0width$x}", value.0, width = 2 * size),
            (None, size) => "?".repeat(2 * size),
        };
        let columns = match self.layout {
            Layout::Symbols => 1,
            Layout::Quads => 2,
            Layout::Doubles | Layout::Characters => 4,
            Layout::Bytes => 16,
        };
        for row in self.units.chunks(columns) {
            let values: Vec<_> = row.iter().map(value).collect();
            let mut text = values.join(" ");
            if self.layout == Layout::Bytes && values.len() > 8 {
                text.replace_range(23..24, "-");
            }
            let behind = match self.layout {
                Layout::Symbols => row[0].symbol.clone().unwrap_or_default(),
                Layout::Characters | Layout::Bytes => format!(" {}", letters(row, size)),
                _ => String::new(),
            };
            let line = format!("{}  {text} {behind}", tick(row[0].address.0));
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn letters(row: &[Unit], size: usize) -> String {
    let bytes = row.iter().flat_map(|unit| match unit.value {
        Some(value) => value.0.to_le_bytes()[..size].to_vec(),
        None => vec![b'?'; size],
    });
    let letter = |byte: u8| match byte {
        b' '..=b'~' => char::from(byte),
        _ => '.',
    };
    bytes.map(letter).collect()
}

/// The page-table entries of an address.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Pte {
    address: Hex64,
    /// The entries from the root down; fewer where the walk ends early.
    entries: Vec<Entry>,
    state: String,
}

#[derive(Clone, Debug, Serialize)]
struct Entry {
    /// `PXE`, `PPE`, `PDE` or `PTE`.
    name: &'static str,
    /// Its own address, if the base of the page-table mapping is known.
    at: Option<Hex64>,
    value: Option<Hex64>,
}

pub(super) fn pte(session: &Session<'_, '_>, request: &ViewRequest) -> Result<Pte, InspectError> {
    let at = address(session, request.need(0, "an address")?)?;
    let memory = session.target.memory;
    let base = session.nt.global("MmPteBase").ok();
    let base = base.and_then(|base| memory.read_u64(base).ok());
    let base = base.filter(|&base| is_kernel_address(base));
    // The self-map: an entry's address is computed from the address that it maps.
    let entry_of = |va: u64| Some(base?.wrapping_add((va >> 9) & 0x7F_FFFF_FFF8));
    let pte = entry_of(at);
    let pde = pte.and_then(entry_of);
    let ppe = pde.and_then(entry_of);
    let pxe = ppe.and_then(entry_of);
    let state = memory.pte_state(at);
    if state.is_none() {
        session.note(
            "the page tables",
            "this dump has none, or the address is not canonical",
        );
    }
    let walk = memory.page_walk(at);
    let names = [("PXE", pxe), ("PPE", ppe), ("PDE", pde), ("PTE", pte)];
    let entries = names
        .into_iter()
        .zip(walk)
        .map(|((name, at), value)| Entry {
            name,
            at: at.map(Hex64),
            value: value.map(Hex64),
        });
    Ok(Pte {
        address: at.into(),
        entries: entries.collect(),
        state: state.map_or_else(|| "????".to_owned(), describe),
    })
}

fn describe(state: PteState) -> String {
    match state {
        PteState::Present { pte, pa } => {
            format!("valid: {}, physical address {pa:#x}", flags(pte))
        }
        PteState::Transition { pte } => format!(
            "not valid\n Transition: {:x}",
            (pte & 0x000F_FFFF_FFFF_F000) >> 12
        ),
        PteState::Prototype { pte } => format!("not valid\n Proto: {pte:x}"),
        PteState::PagedOut { pte } => format!(
            "not valid\n PageFile: {:x}\n Offset: {:x}",
            pte >> 12 & 0xF,
            pte >> 32
        ),
        PteState::DemandZero { .. } => "not valid\n DemandZero".to_owned(),
        PteState::Unmapped { level } => format!("not valid: nothing is mapped (level {level})"),
        PteState::NotInDump { pa } => {
            format!("unknown: the page table at physical {pa:#x} is not in the dump")
        }
    }
}

/// The flags of an entry, as `!pte` writes them: `-G-DA--KW-V`.
fn flags(entry: u64) -> String {
    let bit = |mask: u64, set: char, clear: char| if entry & mask != 0 { set } else { clear };
    [
        bit(0x200, 'C', '-'),
        bit(0x100, 'G', '-'),
        bit(0x80, 'L', '-'),
        bit(0x40, 'D', '-'),
        bit(0x20, 'A', '-'),
        bit(0x10, 'N', '-'),
        bit(0x8, 'T', '-'),
        bit(0x4, 'U', 'K'),
        bit(0x2, 'W', 'R'),
        bit(1 << 63, '-', 'E'),
        bit(0x1, 'V', '-'),
    ]
    .into_iter()
    .collect()
}

impl fmt::Display for Pte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>43}VA {}", "", plain(self.address.0))?;
        let each = |text: fn(&Entry) -> String| {
            let cells: Vec<_> = self.entries.iter().map(text).collect();
            cells.join("").trim_end().to_owned()
        };
        let at = |entry: &Entry| {
            let at = plain(entry.at.map(u64::from)).to_uppercase();
            format!("{} at {at}    ", entry.name)
        };
        writeln!(f, "{}", each(at))?;
        let contains = |entry: &Entry| {
            let value = plain(entry.value.map(u64::from)).to_uppercase();
            format!("contains {value}  ")
        };
        writeln!(f, "{}", each(contains))?;
        let pfn = |entry: &Entry| match entry.value {
            Some(value) if value.0 & 1 != 0 => {
                let number = (value.0 & 0x000F_FFFF_FFFF_F000) >> 12;
                format!("pfn {number:<10x}{}  ", flags(value.0))
            }
            _ => format!("{:<27}", "not valid"),
        };
        writeln!(f, "{}", each(pfn))?;
        writeln!(f, "{}", self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_a_page() {
        assert_eq!(flags(0x8000_0001_660F_F963), "-G-DA--KW-V");
        assert_eq!(flags(0x0A00_0001_0740_0863), "---DA--KWEV");
    }
}
