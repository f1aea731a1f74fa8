//! ELF files as QEMU's `dump-guest-memory` writes them of an x64 guest: a core file whose segments
//! are physical memory, with a note per processor and, where the guest gave it, the header of its
//! own dump format.

use std::path::Path;

use object::LittleEndian;
use object::elf::{EM_X86_64, ET_CORE, FileHeader64, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader};

use super::Runs;
use super::finder::search_file;
use super::header::build;
use crate::dump::header::{DumpHeader, HEADER_SIZE};
use crate::dump::kind::DumpKind;
use crate::dump::mapped::MappedFile;
use crate::dump::segments::{Segment, Segments};
use crate::dump::{Bytes, foreign};
use crate::error::AnalyzeError;

/// The headers and notes lie at the start: for 2048 processors some 2 MiB.
pub(super) const MAX_HEADERS: usize = 4 << 20;
/// QEMU's note of a processor (QEMUCPUState of target/i386/arch_dump.c): version 1, its own size,
/// 18 registers, 10 segments of 24 bytes, CR0 to CR4.
const NOTE_OWNER: &[u8] = b"QEMU";
const CPU_STATE_SIZE: usize = 0x1B8;
const CR3: usize = 8 + 18 * 8 + 10 * 24 + 3 * 8;
/// The note that QEMU copies from where the guest registered it.
const GUEST_NOTE_OWNER: &[u8] = b"VMCOREINFO";

type Elf = FileHeader64<LittleEndian>;

/// What the start of the file says.
#[derive(Debug, Default)]
pub(super) struct Core {
    segments: Vec<Segment>,
    /// CR3 of each processor.
    roots: Vec<u64>,
    /// The dump header of the guest.
    header: Option<Vec<u8>>,
    /// The kernel, if it is of another kind by its own words.
    foreign: Option<String>,
}

/// Opens the file that starts with `core`.
pub(super) fn open(
    path: &Path,
    file: MappedFile,
    core: Core,
) -> Result<(DumpHeader, Runs), AnalyzeError> {
    let segments = Segments::new(core.segments, file.size());
    let runs = Runs { file, segments };
    let of_guest = core.header.as_deref().and_then(DumpHeader::parse_bytes);
    if let Some(mut header) = of_guest.filter(|header| header.bugcheck.is_filled()) {
        header.kind = DumpKind::Elf;
        header.expected_size = None;
        return Ok((header, runs));
    }
    let found = search_file(path, &runs.segments);
    let found = found.map_err(|source| AnalyzeError::io(path, source))?;
    let header = build(&runs, &found, DumpKind::Elf, &core.roots);
    let header = header.map_err(|why| AnalyzeError::NotADump {
        path: path.to_owned(),
        found: match &core.foreign {
            Some(kernel) => foreign::described(kernel),
            None => format!("it is an ELF file with a guest's memory, but {why}"),
        },
    })?;
    Ok((header, runs))
}

/// Reads the headers and notes; `None` if the file is not such a core file.
pub(super) fn parse(start: &[u8]) -> Option<Core> {
    let elf = Elf::parse(start).ok()?;
    let endian = elf.endian().ok()?;
    if elf.e_type(endian) != ET_CORE || elf.e_machine(endian) != EM_X86_64 {
        return None;
    }
    let mut core = Core::default();
    for program in elf.program_headers(endian, start).ok()? {
        if program.p_type(endian) == PT_LOAD {
            core.segments.push(Segment {
                start: program.p_paddr(endian),
                len: program.p_filesz(endian),
                offset: program.p_offset(endian),
            });
        }
        let Ok(Some(mut notes)) = program.notes(endian, start) else {
            continue;
        };
        while let Ok(Some(note)) = notes.next() {
            match (note.name(), note.desc()) {
                (NOTE_OWNER, state) if state.len() >= CPU_STATE_SIZE => {
                    core.roots.extend(Bytes(state).u64(CR3));
                }
                (GUEST_NOTE_OWNER, header) if header.len() == HEADER_SIZE => {
                    core.header = Some(header.to_vec());
                }
                (GUEST_NOTE_OWNER, text) => core.foreign = foreign::kernel_of_note(text),
                _ => {}
            }
        }
    }
    Some(core)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A core file with one run and the note of a processor.
    fn core_file() -> Vec<u8> {
        let mut file = vec![0u8; 0x400];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"\x7fELF\x02\x01\x01");
        put(0x10, &[4, 0, 62, 0, 1]);
        put(0x20, &0x40u64.to_le_bytes());
        // Sizes and counts: program headers of 56 bytes, two of them.
        put(0x34, &[64, 0, 56, 0, 2, 0]);
        for (index, [kind, offset, physical, size]) in
            [[4u64, 0x100, 0, 0x1D0], [1, 0x300, 0x10_0000, 0x100]]
                .into_iter()
                .enumerate()
        {
            let at = 0x40 + 56 * index;
            put(at, &(kind as u32).to_le_bytes());
            put(at + 8, &offset.to_le_bytes());
            put(at + 24, &physical.to_le_bytes());
            put(at + 32, &size.to_le_bytes());
        }
        put(0x100, &5u32.to_le_bytes());
        put(0x104, &(CPU_STATE_SIZE as u32).to_le_bytes());
        put(0x10C, b"QEMU");
        put(0x114 + CR3, &0x1A_D000u64.to_le_bytes());
        file
    }

    #[test]
    fn segments_and_processors_are_read() {
        let core = parse(&core_file()).unwrap();
        assert_eq!(core.roots, [0x1A_D000]);
        let segment = Segment {
            start: 0x10_0000,
            len: 0x100,
            offset: 0x300,
        };
        assert_eq!(core.segments, [segment]);
        let mut program = core_file();
        program[0x10] = 2;
        assert!(parse(&program).is_none());
    }

    proptest! {
        #[test]
        fn damaged_files_never_panic(changes in proptest::collection::vec((0usize..0x3F8, any::<u64>()), 1..12)) {
            let mut file = core_file();
            for (at, value) in changes {
                file[at..at + 8].copy_from_slice(&value.to_le_bytes());
            }
            let _ = parse(&file);
        }
    }
}
