//! Converts a guest's memory (QEMU's ELF file, or a flat file) to a crash dump that WinDbg and
//! other tools open.
//!
//! The header comes from the guest's own header, or from KDDEBUGGER_DATA64: stop code and
//! parameters from KiBugcheckData, the context from the processor that stopped, runs from
//! MmPhysicalMemoryBlock. An encoded debugger data block is written decoded.

mod header;
mod memory;
mod stopped;
mod write;

use std::io;
use std::path::{Path, PathBuf};

use crate::dump::{DumpFile, DumpKind, Machine};
use crate::error::AnalyzeError;
use crate::locate;
use crate::nt::DataBlock;
use crate::open::open_target;
use crate::stop::BugcheckData;
use crate::symbols::SymbolPath;
use crate::verdict::Unknown;

use header::Fields;
use memory::Selection;

/// Why a guest's memory could not be converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The file cannot be analyzed at all.
    #[error(transparent)]
    Input(#[from] AnalyzeError),
    /// The file is already a crash dump.
    #[error("{} is a {kind} already; it can be analysed as it is", path.display())]
    AlreadyADump { path: PathBuf, kind: DumpKind },
    /// The output file exists.
    #[error("{} exists; name another file, or remove it first", .0.display())]
    Exists(PathBuf),
    /// The memory lacks something that a dump needs.
    #[error("{} cannot become a crash dump: {why}", path.display())]
    Incomplete {
        path: PathBuf,
        /// What is missing, and what to do about it.
        why: String,
    },
    /// The dump could not be written.
    #[error("cannot write {}: {source}. Nothing was left there", path.display())]
    Write {
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
}

/// The dump that was written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Converted {
    /// Full; a bitmap dump if memory is missing or lies in too many runs.
    pub kind: DumpKind,
    /// The stop; code 0x161 for a system that did not stop.
    pub bugcheck: BugcheckData,
    /// Pages that the dump holds.
    pub pages: u64,
    /// Pages of the system that were not in the file.
    pub missing: u64,
    /// Bytes of the dump, holes included.
    pub size: u64,
    /// What could not be read, and why.
    pub unknown: Vec<Unknown>,
}

/// Converts the file `memory` to the dump `out`, which must not exist. The dump is written to a
/// temporary file and renamed. Pages of zeros become holes.
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
