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
//! Rooms: `dump` (file, header, memory, paging), `locate` (the kernel in a memory without a header), `convert` (such a memory as a crash dump), `symbols` (PDBs, ISF tables), `modules` (loaded images),
//! `nt` (typed readers of kernel structures), `views` (what a debugger's commands show), `survey` (what a running system is set up to do), `unwind` (stacks), `facts` (plain data about the
//! crash), `rules` (facts → cause and culprit), [`verdict`] (data), [`report`] (text for people).

pub mod ablation;
mod bugcheck;
mod convert;
mod dump;
mod error;
mod facts;
#[cfg(fuzzing)]
pub mod fuzz;
mod judge;
mod locate;
mod log;
mod modules;
mod nt;
mod open;
pub mod report;
mod rules;
#[allow(dead_code)]
mod stop;
mod survey;
mod symbols;
mod target;
#[cfg(any(test, fuzzing))]
mod testing;
mod transcript;
mod unwind;
pub mod verdict;
mod views;

use std::fs::File;
use std::io::Read;
use std::path::Path;

pub use convert::{ConvertError, Converted, convert};
pub use dump::{BugcheckData, DumpHeader, DumpKind, ExceptionRecord, Machine, read_header};
pub use error::AnalyzeError;
pub use log::{LogError, analyze_log};
pub use survey::{DpcWatchdog, ModuleSymbols, Survey};
pub use symbols::{
    Fetch, FetchError, Field, FieldKind, LayoutError, Location, SymbolPath, SymbolSource,
    SymbolTable,
};
pub use views::{InspectError, VIEWS, View, ViewInfo, ViewRequest};

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
    // A guest's memory begins with anything; text does not begin with a zero byte.
    let size = file.metadata().map_err(io)?.len();
    let is_memory = size > 0 && size.is_multiple_of(1 << 20) && start[..length].contains(&0);
    if is_dump || is_memory {
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
    open::with_target(dump, symbols, |mut opened, header| {
        let facts = collect(&mut opened, header);
        judge::verdict(&opened.target, header, &facts)
    })
}

/// The facts, with what was in the way of opening the dump.
fn collect(opened: &mut open::Opened<'_>, header: &DumpHeader) -> facts::Facts {
    let mut facts = match opened.unread {
        Some(_) => facts::of_header(&opened.target, header),
        None => facts::collect(&opened.target, header, opened.debugger.as_ref()),
    };
    facts.unknown.splice(0..0, opened.unknown.drain(..));
    facts
}

/// Shows a part of `dump` as a debugger command would: `irp`, `k`, `dt`, ….
///
/// # Errors
/// Where the file as a whole is of no use, or the request makes no sense (an address or a type that
/// does not exist). What the dump does not hold is listed in the view.
pub fn inspect(
    dump: &Path,
    symbols: &SymbolPath,
    request: &ViewRequest,
) -> Result<View, InspectError> {
    open::with_target(dump, symbols, |opened, header| {
        views::Session::new(&opened, header).view(request)
    })?
}

/// Looks at a copy of a running system's memory: what the system is set up to do.
///
/// # Errors
/// Only where the file as a whole is of no use. What cannot be read is said in its place.
pub fn survey(dump: &Path, symbols: &SymbolPath) -> Result<Survey, AnalyzeError> {
    open::with_target(dump, symbols, |opened, header| {
        survey::survey(opened, header, symbols)
    })
}

/// [`inspect`] for several requests, opening the dump once; each has its own result.
///
/// # Errors
/// Where the file as a whole is of no use.
pub fn inspect_all(
    dump: &Path,
    symbols: &SymbolPath,
    requests: &[ViewRequest],
) -> Result<Vec<Result<View, InspectError>>, AnalyzeError> {
    open::with_target(dump, symbols, |opened, header| {
        let session = views::Session::new(&opened, header);
        let views = requests.iter().map(|request| session.view(request));
        views.collect()
    })
}

/// Writes what a debugger session over `dump` would look like: the commands that show what the
/// verdict rests on, with their output in WinDbg's layout, but not the verdict.
///
/// # Errors
/// As [`analyze`].
pub fn transcript(dump: &Path, symbols: &SymbolPath) -> Result<String, AnalyzeError> {
    open::with_target(dump, symbols, |mut opened, header| {
        let facts = collect(&mut opened, header);
        let verdict = judge::verdict(&opened.target, header, &facts);
        let session = views::Session::new(&opened, header);
        transcript::transcript(&session, header, &facts, &verdict)
    })
}
