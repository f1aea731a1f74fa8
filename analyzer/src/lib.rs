//! Reads a Windows kernel crash dump and names the cause and the driver to blame.
//!
//! ```text
//! dump + symbols ──► facts ──► rules ──► verdict
//! ```
//!
//! The library is synchronous and works on any x64 kernel: structure offsets come from the kernel's
//! own PDB, and only documented headers are constants. Something that cannot be read does not fail
//! the analysis; it becomes an entry of [`verdict::Verdict::unknown`].
//!
//! In the order of the flow:
//!
//! 1. `sniff`: a dump or a log? `dump`: file, header, memory, paging. `locate`, `convert`: memory
//!    without a header; such memory as a crash dump.
//! 2. `symbols`: PDBs, ISF tables. `modules`: loaded images. `unwind`: stacks. `nt`: typed readers of
//!    kernel structures.
//! 3. `stop`: what is known of each stop code. `facts`: plain data about the crash. `log`: the same
//!    from a debugger's log.
//! 4. `rules`: facts → cause and culprit. `judge`: the [`verdict`]. [`report`]: its text.
//!
//! Beside it: `views` shows what a debugger's commands would, `transcript` writes a debugger session,
//! `survey` reads how a running system is configured.
//!
//! It starts no guest and opens no connection: symbol servers are asked through [`Fetch`], which the
//! caller implements.
//!
//! ```no_run
//! use std::path::Path;
//!
//! let symbols = analyzer::SymbolPath::from_dirs(["symbols".into()]);
//! for verdict in analyzer::analyze_file(Path::new("memory.dmp"), &symbols)? {
//!     println!("{}", analyzer::report::human(&verdict, false));
//! }
//! # Ok::<(), analyzer::AnalyzeError>(())
//! ```

pub mod ablation;
mod convert;
mod dump;
mod error;
mod facts;
#[cfg(fuzzing)]
pub mod fuzz;
mod hardware;
mod judge;
mod locate;
mod log;
mod modules;
mod nt;
mod open;
pub mod report;
mod rules;
mod sniff;
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

pub use convert::{ConvertError, ConvertProgress, ConvertTo, Converted, convert, convert_to};
pub use dump::{DumpHeader, DumpKind, ExceptionRecord, Machine, read_header};
pub use error::{AnalyzeError, LogError};
pub use log::analyze_log;
pub use stop::BugcheckData;
pub use survey::{DpcWatchdog, ModuleSymbols, Survey};
pub use symbols::{
    Fetch, FetchError, Field, FieldKind, LayoutError, Location, SymbolPath, SymbolSource,
    SymbolTable,
};
pub use views::{InspectError, VIEWS, View, ViewInfo, ViewRequest};

use sniff::{FileKind, sniff};
use verdict::Verdict;

/// Analyzes a dump or a debugger's log, whichever the file is: one verdict for a dump, one for each
/// crash in a log.
///
/// # Errors
/// If the file cannot be analyzed at all; see [`AnalyzeError`].
pub fn analyze_file(path: &Path, symbols: &SymbolPath) -> Result<Vec<Verdict>, AnalyzeError> {
    let io = |error| AnalyzeError::io(path, error);
    let mut file = File::open(path).map_err(io)?;
    let mut start = [0; 8];
    let length = file.read(&mut start).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    if sniff(&start[..length], size) == FileKind::Dump {
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

/// Analyzes a dump.
///
/// # Errors
/// If the file cannot be analyzed at all; see [`AnalyzeError`]. Anything else that cannot be read
/// is listed in [`Verdict::unknown`].
pub fn analyze(dump: &Path, symbols: &SymbolPath) -> Result<Verdict, AnalyzeError> {
    open::with_target(dump, symbols, |mut opened, header| {
        let facts = collect(&mut opened, header);
        judge::verdict(&opened.target, header, &facts)
    })
}

/// The facts, with the unknowns of opening the dump.
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
/// If the file cannot be analyzed at all, or the request is invalid (an address or a type that does
/// not exist). What the dump does not hold is listed in the view.
pub fn inspect(
    dump: &Path,
    symbols: &SymbolPath,
    request: &ViewRequest,
) -> Result<View, InspectError> {
    open::with_target(dump, symbols, |opened, header| {
        views::Session::new(&opened, header).view(request)
    })?
}

/// Reads the configuration of a running system from a copy of its memory.
///
/// # Errors
/// If the file cannot be analyzed at all. What cannot be read is in the survey.
pub fn survey(dump: &Path, symbols: &SymbolPath) -> Result<Survey, AnalyzeError> {
    open::with_target(dump, symbols, |opened, header| {
        survey::survey(opened, header, symbols)
    })
}

/// [`inspect`] for several requests, opening the dump once; each has its own result.
///
/// # Errors
/// If the file cannot be analyzed at all.
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

/// [`inspect`] for requests that come one after another, opening the dump once: shows what `next`
/// asks for until it asks for nothing.
///
/// # Errors
/// If the file cannot be analyzed at all.
pub fn inspect_each(
    dump: &Path,
    symbols: &SymbolPath,
    mut next: impl FnMut() -> Option<ViewRequest>,
    mut show: impl FnMut(&ViewRequest, Result<View, InspectError>),
) -> Result<(), AnalyzeError> {
    open::with_target(dump, symbols, |opened, header| {
        let session = views::Session::new(&opened, header);
        while let Some(request) = next() {
            show(&request, session.view(&request));
        }
    })
}

/// Writes a debugger session for `dump`: the commands that show the verdict's evidence, with their
/// output in WinDbg's layout. The verdict itself is not in it.
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
