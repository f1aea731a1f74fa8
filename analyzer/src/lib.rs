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

use std::path::Path;

pub use dump::{BugcheckData, DumpHeader, DumpKind, ExceptionRecord, Machine, read_header};
pub use error::AnalyzeError;
pub use symbols::{
    Fetch, FetchError, Field, FieldKind, LayoutError, Location, SymbolPath, SymbolSource,
    SymbolTable,
};

use verdict::Verdict;

/// Reads `dump` and judges it.
///
/// # Errors
/// Only where the file as a whole is of no use; see [`AnalyzeError`]. Everything else that cannot
/// be read is listed in [`Verdict::unknown`].
pub fn analyze(dump: &Path, symbols: &SymbolPath) -> Result<Verdict, AnalyzeError> {
    open::with_target(dump, symbols, |opened, header| {
        let mut facts = match opened.unread {
            Some(_) => facts::of_header(&opened.target, header),
            None => facts::collect(&opened.target, header, opened.debugger.as_ref()),
        };
        facts.unknown.splice(0..0, opened.unknown);
        judge::verdict(&opened.target, header, &facts)
    })
}
