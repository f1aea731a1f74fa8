//! Writes crash dumps of the kinds that Windows writes: of a guest's memory (QEMU's ELF file, or a
//! flat file), or of another crash dump that holds more.
//!
//! A crash dump keeps its header. Of other memory, the header comes from the guest's own header, or
//! from KDDEBUGGER_DATA64: stop code and parameters from KiBugcheckData, the context from the
//! processor that stopped, runs from MmPhysicalMemoryBlock. An encoded debugger data block is
//! written decoded.

mod header;
mod kernel;
mod memory;
mod minidump;
mod pages;
mod stopped;
mod write;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::dump::{DumpFile, DumpKind, HEADER_SIZE};
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
    /// The file is already a crash dump of this kind.
    #[error("{} is a {kind} already; it can be analysed as it is", path.display())]
    AlreadyADump { path: PathBuf, kind: DumpKind },
    /// The file holds less than the wanted kind of dump.
    #[error("{} cannot become a {to}: {why}", path.display())]
    Lacks {
        path: PathBuf,
        to: ConvertTo,
        /// What is missing, and what to do about it.
        why: String,
    },
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

/// A kind of dump to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConvertTo {
    /// All physical memory (type 1).
    Full,
    /// What the kernel maps (type 5).
    Kernel,
    /// A minidump (type 4).
    Minidump,
}

impl fmt::Display for ConvertTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full memory dump",
            Self::Kernel => "kernel memory dump",
            Self::Minidump => "minidump",
        })
    }
}

/// How far a conversion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvertProgress {
    /// Pages that are written.
    pub written: u64,
    /// Pages to write.
    pub all: u64,
}

/// The dump that was written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Converted {
    /// The kind that was asked for; else full, or a bitmap dump if memory is missing or lies in too
    /// many runs.
    pub kind: DumpKind,
    /// The stop; code 0x161 for a system that did not stop.
    pub bugcheck: BugcheckData,
    /// Pages that the dump holds; of a minidump, the size of its blocks of memory.
    pub pages: u64,
    /// Pages of the system that were not in the file.
    pub missing: u64,
    /// Bytes of the dump, holes included.
    pub size: u64,
    /// What could not be read, and why.
    pub unknown: Vec<Unknown>,
}

/// Converts the memory of a guest to a full dump, or to a bitmap dump if memory is missing; crash
/// dumps are refused. Otherwise as [`convert_to`].
///
/// # Errors
/// See [`ConvertError`]; nothing is left at `out` then.
pub fn convert(memory: &Path, symbols: &SymbolPath, out: &Path) -> Result<Converted, ConvertError> {
    convert_to(memory, symbols, None, out, &mut |_| {})
}

/// Converts the file `memory` to the dump `out`, which must not exist. The dump is written to a
/// temporary file and renamed. Pages of zeros become holes.
///
/// # Errors
/// See [`ConvertError`]; nothing is left at `out` then.
pub fn convert_to(
    memory: &Path,
    symbols: &SymbolPath,
    to: Option<ConvertTo>,
    out: &Path,
    progress: &mut dyn FnMut(ConvertProgress),
) -> Result<Converted, ConvertError> {
    if out.symlink_metadata().is_ok() {
        return Err(ConvertError::Exists(out.to_owned()));
    }
    let file = match DumpFile::open(memory) {
        Err(error @ AnalyzeError::NotADump { .. }) => locate::open(memory, symbols, error)?,
        opened => opened?,
    };
    refuse(memory, &file, to)?;
    let incomplete = |why: &str| ConvertError::Incomplete {
        path: memory.to_owned(),
        why: why.to_owned(),
    };
    let failed = |source| ConvertError::Write {
        path: out.to_owned(),
        source,
    };
    let header = &file.header;
    let physical = file.physical();
    let physical = physical.ok_or_else(|| incomplete("it is not the memory of an x64 system"))?;
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
    let stopped = stopped::find(&opened.target, header, &data);
    let kept = kept_header(memory, header.kind);
    let context = stopped::context(stopped.as_ref(), header);
    let fields = Fields::new(&*space, header, &data, context, kept, &mut unknown);
    if to == Some(ConvertTo::Minidump) {
        let source = minidump::Source {
            target: &opened.target,
            header,
            block: &block,
            data: &data,
            stopped: stopped.as_ref(),
        };
        let minidump = source.minidump(&fields);
        unknown.extend(minidump.unknown);
        let size = write::bytes(out, &minidump.file);
        return Ok(Converted {
            kind: DumpKind::Triage,
            bugcheck: fields.bugcheck(),
            pages: minidump.pages,
            missing: 0,
            size: size.map_err(failed)?,
            unknown,
        });
    }
    let selection = Selection::of(&*space, &data, &file).map_err(|why| incomplete(&why))?;
    let lacks = |to, why: String| ConvertError::Lacks {
        path: memory.to_owned(),
        to,
        why,
    };
    let selection = match to {
        Some(ConvertTo::Kernel) => {
            let of_kernel = selection.of_kernel(&*physical, header.directory_table_base);
            of_kernel.map_err(|why| incomplete(&why))?
        }
        Some(to @ ConvertTo::Full) if selection.kind() != DumpKind::Full => {
            let why = match selection.missing {
                0 => "its memory lies in more runs than a full dump can list".to_owned(),
                missing => format!("{missing} pages of the system's memory are not in the file"),
            };
            return Err(lacks(to, format!("{why}; `--to kernel` needs less")));
        }
        _ => selection,
    };
    let prefix = fields.bytes(&selection);
    let size = write::dump(out, &prefix, &selection, &*physical, progress);
    Ok(Converted {
        kind: selection.kind(),
        bugcheck: fields.bugcheck(),
        pages: selection.pages(),
        missing: selection.missing,
        size: size.map_err(failed)?,
        unknown,
    })
}

/// Refuses a file that is of the wanted kind already, or holds less.
fn refuse(path: &Path, file: &DumpFile, to: Option<ConvertTo>) -> Result<(), ConvertError> {
    let kind = file.header.kind;
    let is_there = match to {
        None => !is_memory(kind),
        Some(ConvertTo::Full) => kind == DumpKind::Full,
        Some(ConvertTo::Kernel) => false,
        Some(ConvertTo::Minidump) => kind == DumpKind::Triage,
    };
    if is_there {
        return Err(ConvertError::AlreadyADump {
            path: path.to_owned(),
            kind,
        });
    }
    match (kind, to) {
        (DumpKind::Triage, Some(to)) => Err(ConvertError::Lacks {
            path: path.to_owned(),
            to,
            why: "it is a minidump, which holds no physical memory; convert the machine's \
                  MEMORY.DMP instead"
                .to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Whether it is a machine's memory without a dump's header.
fn is_memory(kind: DumpKind) -> bool {
    matches!(kind, DumpKind::Elf | DumpKind::RawMemory)
}

/// The header of a crash dump, as it is in the file.
fn kept_header(path: &Path, kind: DumpKind) -> Option<Vec<u8>> {
    if is_memory(kind) {
        return None;
    }
    let mut bytes = vec![0; HEADER_SIZE];
    File::open(path).ok()?.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests;
