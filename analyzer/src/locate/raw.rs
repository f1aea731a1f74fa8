//! A machine's memory as a flat file, such as QEMU's memory-backend-file.
//!
//! A PC has a hole for devices below 4 GiB; the file has none. The start of the hole depends on the
//! machine type, so those of QEMU's machines are tried.

use std::path::Path;

use super::finder::{Candidates, search_file};
use super::header::build;
use crate::dump::{
    AddressSpace, DumpHeader, DumpKind, MappedFile, Memory, MemoryExt, Runs, Segment, Segments,
};
use crate::error::AnalyzeError;
use crate::modules::{EntryLayout, walk_loaded_modules};
use crate::symbols::SymbolPath;

const MIB: u64 = 1 << 20;
const FOUR_GIB: u64 = 4 << 30;
/// Starts of the hole of q35 and i440fx, for small and large memory.
const HOLES: [u64; 4] = [0x8000_0000, 0xB000_0000, 0xC000_0000, 0xE000_0000];
/// Number of modules that are read to choose the hole.
const LOOKED_AT: usize = 64;

/// Opens the file; `None` if no kernel is found.
pub(super) fn open(
    path: &Path,
    file: MappedFile,
    symbols: &SymbolPath,
) -> Result<Option<(DumpHeader, Runs)>, AnalyzeError> {
    let size = file.size();
    if size < MIB || !size.is_multiple_of(MIB) {
        return Ok(None);
    }
    let flat = Segments::new(with_hole(size, size), size);
    let found = search_file(path, &flat).map_err(|source| AnalyzeError::io(path, source))?;
    let mut runs = Runs::new(file, flat);
    // (number of readable modules, header, segments)
    let mut best: Option<(usize, DumpHeader, Segments)> = None;
    for hole in HOLES.into_iter().filter(|&hole| hole < size).chain([size]) {
        runs.segments = Segments::new(with_hole(size, hole), size);
        let found = moved(&found, hole);
        let Ok(header) = build(&runs, &found, DumpKind::RawMemory, &[], symbols) else {
            continue;
        };
        let readable = readable_modules(&runs, &header);
        if best.as_ref().is_none_or(|(most, ..)| readable > *most) {
            best = Some((readable, header, runs.segments.clone()));
        }
    }
    Ok(best.map(|(_, header, segments)| {
        runs.segments = segments;
        (header, runs)
    }))
}

/// The file up to the hole, and the rest from 4 GiB on.
fn with_hole(size: u64, hole: u64) -> Vec<Segment> {
    let low = Segment {
        start: 0,
        len: hole.min(size),
        offset: 0,
    };
    let high = Segment {
        start: FOUR_GIB,
        len: size.saturating_sub(hole),
        offset: hole,
    };
    vec![low, high]
}

/// Translates file offsets to physical addresses.
fn moved(found: &Candidates, hole: u64) -> Candidates {
    let physical = |offset: u64| match offset.checked_sub(hole) {
        Some(above) => FOUR_GIB + above,
        None => offset,
    };
    let blocks = found.blocks.iter().map(|block| {
        let mut block = *block;
        block.pa = physical(block.pa);
        block
    });
    Candidates {
        blocks: blocks.collect(),
        headers: found.headers.iter().map(|&at| physical(at)).collect(),
    }
}

/// How many of the first loaded modules have an image at their listed base.
fn readable_modules(runs: &Runs, header: &DumpHeader) -> usize {
    let memory = AddressSpace::new(runs, header.directory_table_base);
    let (modules, _) =
        walk_loaded_modules(&memory, header.loaded_module_list, EntryLayout::common());
    let memory: &dyn Memory = &memory;
    modules
        .iter()
        .take(LOOKED_AT)
        .filter(|module| {
            memory
                .read_vec(module.base, 2)
                .is_ok_and(|bytes| bytes == b"MZ")
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_above_the_hole_starts_at_four_gib() {
        let gib = 1 << 30;
        let segments = Segments::new(with_hole(6 * gib, 2 * gib), 6 * gib);
        let kept: Vec<_> = segments.iter().map(|one| (one.start, one.len)).collect();
        assert_eq!(kept, [(0, 2 * gib), (4 * gib, 4 * gib)]);
        let small = Segments::new(with_hole(gib, gib), gib);
        assert_eq!(small.iter().count(), 1);
        let found = Candidates {
            headers: vec![0x1000, 3 * gib],
            ..Candidates::default()
        };
        assert_eq!(moved(&found, 2 * gib).headers, [0x1000, 5 * gib]);
    }
}
