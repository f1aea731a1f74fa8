//! A guest's memory (an ELF file as QEMU writes it, or a flat file) → a crash dump as Windows writes
//! it, which other tools open, too.
//!
//! What the guest's own header says, or KDDEBUGGER_DATA64 and what it leads to, becomes the header:
//! stop code and parameters from KiBugcheckData, the context from the processor that stopped, runs
//! from MmPhysicalMemoryBlock. An encoded debugger data block is written decoded.

mod header;
mod memory;
mod stopped;
mod write;

use std::io;
use std::path::{Path, PathBuf};

use crate::dump::{BugcheckData, DumpFile, DumpKind, Machine};
use crate::error::AnalyzeError;
use crate::locate;
use crate::nt::DataBlock;
use crate::open::open_target;
use crate::symbols::SymbolPath;
use crate::verdict::Unknown;

use header::Fields;
use memory::Selection;

/// Why a guest's memory could not be converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The file is of no use.
    #[error(transparent)]
    Input(#[from] AnalyzeError),
    /// It is a crash dump already.
    #[error("{} is a {kind} already; it can be analysed as it is", path.display())]
    AlreadyADump {
        /// The file.
        path: PathBuf,
        /// What it is.
        kind: DumpKind,
    },
    /// There is something where the dump should go.
    #[error("{} exists; name another file, or remove it first", .0.display())]
    Exists(PathBuf),
    /// What a dump needs is not in the memory.
    #[error("{} cannot become a crash dump: {why}", path.display())]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// What is missing, and the remedy.
        why: String,
    },
    /// The dump could not be written.
    #[error("cannot write {}: {source}. Nothing was left there", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What was written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Converted {
    /// Full, or a bitmap dump where memory is missing or lies in too many runs.
    pub kind: DumpKind,
    /// The stop; code 0x161 for a system that did not stop.
    pub bugcheck: BugcheckData,
    /// Pages that the dump holds.
    pub pages: u64,
    /// Pages that the system has and the file had not.
    pub missing: u64,
    /// Bytes of the dump, holes included.
    pub size: u64,
    /// What could not be found out, and why.
    pub unknown: Vec<Unknown>,
}

/// Converts the file `memory` to the dump `out`, which must not exist. It appears there when it is
/// whole; pages of zeros are holes in it.
///
/// # Errors
/// See [`ConvertError`]; nothing is left at `out` then.
pub fn convert(memory: &Path, symbols: &SymbolPath, out: &Path) -> Result<Converted, ConvertError> {
    if out.symlink_metadata().is_ok() {
        return Err(ConvertError::Exists(out.to_owned()));
    }
    let file = match DumpFile::open(memory) {
        Err(error @ AnalyzeError::NotADump { .. }) => locate::open(memory, symbols, error)?,
        Err(error) => return Err(error.into()),
        Ok(dump) => {
            return Err(ConvertError::AlreadyADump {
                path: memory.to_owned(),
                kind: dump.header.kind,
            });
        }
    };
    let incomplete = |why: &str| ConvertError::Incomplete {
        path: memory.to_owned(),
        why: why.to_owned(),
    };
    let header = &file.header;
    let runs = file.runs().filter(|_| header.machine == Machine::X64);
    let runs = runs.ok_or_else(|| incomplete("it is not the memory of an x64 system"))?;
    let space = file.memory();
    let block = DataBlock::read(&*space, header).ok_or_else(|| {
        incomplete(
            "its debugger data block is encoded or damaged, and readers of dumps need it; give the \
             kernel's symbols (--symbols), with which it can be decoded",
        )
    })?;
    let opened = open_target(&*space, header, symbols);
    let mut unknown = opened.unknown;
    let data = block.data().unwrap_or_default();
    let selection = Selection::of(&*space, &data, runs).map_err(|why| incomplete(&why))?;
    let stopped = stopped::context(&opened.target, header, &data);
    let fields = Fields::new(&*space, header, &data, stopped, &mut unknown);
    let prefix = fields.bytes(&selection);
    let size = write::dump(out, &prefix, &selection, runs);
    let size = size.map_err(|source| ConvertError::Write {
        path: out.to_owned(),
        source,
    })?;
    Ok(Converted {
        kind: selection.kind(),
        bugcheck: fields.bugcheck(),
        pages: selection.pages(),
        missing: selection.missing,
        size,
        unknown,
    })
}

#[cfg(test)]
mod tests;
