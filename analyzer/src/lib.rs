//! Reads a Windows kernel crash dump and names the cause and the driver to blame.
//!
//! ```text
//! dump + symbols ──► facts ──► rules ──► verdict
//! ```
//!
//! The library is synchronous and works on any x64 kernel: structure offsets come from the
//! kernel's own PDB, only documented headers are constants. What cannot be read never fails the
//! whole; it becomes an entry of [`verdict::Verdict::unknown`].
//!
//! Rooms: `dump` (file, header, memory, paging), `symbols` (PDBs, ISF tables), `modules` (loaded images),
//! `nt` (typed readers of kernel structures), `unwind` (stacks), `facts` (plain data about the
//! crash), `rules` (facts → cause and culprit), [`verdict`] (data), [`report`] (text for people).

mod bugcheck;
mod dump;
mod error;
mod facts;
mod judge;
mod log;
mod modules;
mod nt;
mod open;
pub mod report;
mod rules;
mod symbols;
mod target;
#[cfg(test)]
mod testing;
mod unwind;
pub mod verdict;

use std::fs::File;
use std::io::Read;
use std::path::Path;

pub use dump::{BugcheckData, DumpHeader, DumpKind, ExceptionRecord, Machine, read_header};
pub use error::AnalyzeError;
pub use log::{LogError, analyze_log};
pub use symbols::{
    Fetch, FetchError, Field, FieldKind, LayoutError, Location, SymbolPath, SymbolSource,
    SymbolTable,
};

use verdict::Verdict;

/// Reads a dump or a debugger's log, by what the file begins with, and judges it: one verdict for a
/// dump, one for each crash in a log.
///
/// # Errors
/// Only where the file as a whole is of no use; see [`AnalyzeError`].
pub fn analyze_file(path: &Path, symbols: &SymbolPath) -> Result<Vec<Verdict>, AnalyzeError> {
    let io = |error| AnalyzeError::io(path, error);
    let mut file = File::open(path).map_err(io)?;
    let mut start = [0; 8];
    let length = file.read(&mut start).map_err(io)?;
    // Kernel dumps of Windows, ELF dumps of QEMU, user-mode minidumps.
    let is_dump = [&b"PAGE"[..], b"\x7FELF", b"MDMP"]
        .iter()
        .any(|magic| start[..length].starts_with(magic));
    if is_dump {
        return analyze(path, symbols).map(|verdict| vec![verdict]);
    }
    let mut bytes = start[..length].to_vec();
    file.take(log::MAX_BYTES as u64)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    analyze_log(&bytes).map_err(|source| AnalyzeError::Log {
        path: path.to_owned(),
        source,
    })
}

/// Reads `dump` and judges it.
///
/// # Errors
/// Only where the file as a whole is of no use; see [`AnalyzeError`]. Everything else that cannot
/// be read is listed in [`Verdict::unknown`].
pub fn analyze(dump: &Path, symbols: &SymbolPath) -> Result<Verdict, AnalyzeError> {
    open::with_target(dump, symbols, |opened, header| {
        let mut facts = facts::collect(&opened.target, header, opened.debugger.as_ref());
        facts.unknown.splice(0..0, opened.unknown);
        judge::verdict(&opened.target, header, &facts)
    })
}
