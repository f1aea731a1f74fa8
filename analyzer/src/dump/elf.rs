//! ELF files of QEMU's `dump-guest-memory` for x64 guests: a core file whose segments are physical
//! memory, with a note per processor and, if the guest registered one, its own dump header.

use object::LittleEndian;
use object::elf::{EM_X86_64, ET_CORE, FileHeader64, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader};

use super::bytes::Bytes;
use super::context::{CONTEXT_FLAGS, CONTEXT_SIZE};
use super::foreign;
use super::header::HEADER_SIZE;
use super::segments::Segment;

/// The headers and notes are at the start of the file: about 2 MiB for 2048 processors.
pub(crate) const MAX_HEADERS: usize = 4 << 20;
/// QEMU's note of a processor (QEMUCPUState of target/i386/arch_dump.c): version 1, its own size,
/// 18 registers, 10 segments of 24 bytes, CR0 to CR4.
const NOTE_OWNER: &[u8] = b"QEMU";
const CPU_STATE_SIZE: usize = 0x1B8;
const REGISTERS: usize = 8;
const RIP: usize = REGISTERS + 16 * 8;
const FLAGS: usize = RIP + 8;
const SEGMENTS: usize = REGISTERS + 18 * 8;
const SEGMENT_SIZE: usize = 24;
const CR3: usize = SEGMENTS + 10 * SEGMENT_SIZE + 3 * 8;
/// Offsets of the 16 registers in CONTEXT (winnt.h), in the note's order: RAX, RBX, RCX, RDX, RSI,
/// RDI, RSP, RBP, R8 to R15.
const CONTEXT_REGISTERS: [usize; 16] = [
    0x78, 0x90, 0x80, 0x88, 0xA8, 0xB0, 0x98, 0xA0, 0xB8, 0xC0, 0xC8, 0xD0, 0xD8, 0xE0, 0xE8, 0xF0,
];
/// Offsets of the segment registers in CONTEXT, in the note's order: CS, DS, ES, FS, GS, SS.
const CONTEXT_SEGMENTS: [usize; 6] = [0x38, 0x3A, 0x3C, 0x3E, 0x40, 0x42];
/// The note that QEMU copies from the address that the guest registered.
const GUEST_NOTE_OWNER: &[u8] = b"VMCOREINFO";

type Elf = FileHeader64<LittleEndian>;

/// The contents of the headers and notes.
#[derive(Debug, Default)]
pub(crate) struct Core {
    pub segments: Vec<Segment>,
    /// The processors, by number.
    pub processors: Vec<Processor>,
    /// The dump header of the guest.
    pub header: Option<Vec<u8>>,
    /// The kernel's name, if its note says that it is not NT.
    pub foreign: Option<String>,
}

/// A processor's state when the file was written.
#[derive(Debug)]
pub(crate) struct Processor {
    /// Its page-table root (CR3).
    pub root: u64,
    /// Its registers as a CONTEXT record.
    pub context: Vec<u8>,
}

impl Processor {
    fn of_note(state: &[u8]) -> Option<Self> {
        let state = Bytes(state);
        let mut context = vec![0; CONTEXT_SIZE];
        let mut put =
            |at: usize, bytes: &[u8]| context[at..at + bytes.len()].copy_from_slice(bytes);
        put(0x30, &CONTEXT_FLAGS.to_le_bytes());
        for (index, at) in CONTEXT_REGISTERS.into_iter().enumerate() {
            put(at, &state.u64(REGISTERS + 8 * index)?.to_le_bytes());
        }
        for (index, at) in CONTEXT_SEGMENTS.into_iter().enumerate() {
            put(
                at,
                &state.u16(SEGMENTS + SEGMENT_SIZE * index)?.to_le_bytes(),
            );
        }
        put(0x44, &state.u32(FLAGS)?.to_le_bytes());
        put(0xF8, &state.u64(RIP)?.to_le_bytes());
        Some(Self {
            root: state.u64(CR3)?,
            context,
        })
    }
}

/// Reads the headers and notes; `None` if the file is not such a core file.
pub(crate) fn parse(start: &[u8]) -> Option<Core> {
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
                    core.processors.extend(Processor::of_note(state));
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
    use crate::dump::{Context, Register};

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
        for (at, value) in [
            (CR3, 0x1A_D000u64),
            (REGISTERS + 8, 0xB),
            (REGISTERS + 6 * 8, 0x5),
            (RIP, 0x1234),
        ] {
            put(0x114 + at, &value.to_le_bytes());
        }
        file
    }

    #[test]
    fn segments_and_processors_are_read() {
        let core = parse(&core_file()).unwrap();
        assert_eq!(core.processors[0].root, 0x1A_D000);
        let context = Context::parse(&core.processors[0].context).unwrap();
        let registers = [Register::Rbx, Register::Rsp].map(|one| context.get(one));
        assert_eq!((registers, context.rip), ([0xB, 0x5], 0x1234));
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
