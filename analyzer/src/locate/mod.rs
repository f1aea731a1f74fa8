//! Finds the kernel in memory without a dump header: QEMU's ELF files, and flat files. The header
//! is built from memory.

mod finder;
mod header;
mod kernel;
mod patches;
mod raw;

use std::path::Path;

use header::build;

use crate::dump::elf::{self, Core, Processor};
use crate::dump::{DumpFile, DumpHeader, DumpKind, MappedFile, Runs, Segments, foreign};
use crate::error::AnalyzeError;
use crate::symbols::SymbolPath;

/// Opens a file without a dump header. If it has no kernel either, the result is `error`.
pub(crate) fn open(
    path: &Path,
    symbols: &SymbolPath,
    error: AnalyzeError,
) -> Result<DumpFile, AnalyzeError> {
    if path.metadata().is_ok_and(|metadata| metadata.len() == 0) {
        return Err(error);
    }
    let file = MappedFile::open(path)?;
    let start = file.read_up_to(0, elf::MAX_HEADERS);
    // A guest's memory may begin with the ELF program that booted it.
    let mut processors = Vec::new();
    let opened = match elf::parse(&start) {
        Some(mut core) => {
            processors = std::mem::take(&mut core.processors);
            Some(open_elf(path, file, core, &processors, symbols)?)
        }
        None => raw::open(path, file, symbols)?,
    };
    let (header, mut runs) = opened.ok_or(error)?;
    for (pa, bytes) in patches::of(&header, &runs, &processors, symbols) {
        runs.patch(pa, bytes);
    }
    Ok(DumpFile::of_runs(header, runs))
}

/// Opens the ELF file that starts with `core`.
fn open_elf(
    path: &Path,
    file: MappedFile,
    core: Core,
    processors: &[Processor],
    symbols: &SymbolPath,
) -> Result<(DumpHeader, Runs), AnalyzeError> {
    let segments = Segments::new(core.segments, file.size());
    let runs = Runs::new(file, segments);
    let of_guest = core.header.as_deref().and_then(DumpHeader::parse_bytes);
    if let Some(mut header) = of_guest.filter(|header| header.bugcheck.is_filled()) {
        header.kind = DumpKind::Elf;
        header.expected_size = None;
        return Ok((header, runs));
    }
    let found = finder::search_file(path, &runs.segments);
    let found = found.map_err(|source| AnalyzeError::io(path, source))?;
    let roots: Vec<_> = processors.iter().map(|processor| processor.root).collect();
    let header = build(&runs, &found, DumpKind::Elf, &roots, symbols);
    let header = header.map_err(|why| AnalyzeError::NotADump {
        path: path.to_owned(),
        found: match &core.foreign {
            Some(kernel) => foreign::described(kernel),
            None => format!("it is an ELF file with a guest's memory, but {why}"),
        },
    })?;
    Ok((header, runs))
}
