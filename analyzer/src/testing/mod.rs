//! A synthetic crashed system for tests: real images and PDBs (built from `tests/fixtures/mini`) in
//! synthetic memory, written as a full dump. Its structures have other offsets than Windows', so a
//! reader that ignores the PDB fails.

#[cfg(test)]
pub(crate) mod accesses;
pub(crate) mod crash;
mod image;
mod memory;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub(crate) use image::LoadedImage;
pub(crate) use memory::VirtualMemory;
#[cfg(test)]
pub(crate) use tests::{verdict_of_a_held_lock, verdict_of_a_raised_irql};

/// The synthetic crash as a full dump, as a bitmap dump and as an ELF dump.
#[cfg(fuzzing)]
pub(crate) fn synthetic_dumps() -> [Vec<u8>; 3] {
    let (memory, fields) = crash::crash(&crash::CrashSetup::default());
    [
        memory.dump(&fields),
        memory.bitmap_dump(&fields),
        memory.elf_dump(&fields),
    ]
}

/// The synthetic crash, in files of several kinds.
#[cfg(test)]
pub(crate) struct SyntheticMinidump(VirtualMemory, memory::HeaderFields);

#[cfg(test)]
impl SyntheticMinidump {
    pub(crate) fn crash() -> Self {
        let (memory, fields) = crash::crash(&crash::CrashSetup::default());
        Self(memory, fields)
    }

    pub(crate) fn full(&self) -> Vec<u8> {
        self.0.dump(&self.1)
    }

    pub(crate) fn elf(&self) -> Vec<u8> {
        self.0.elf_dump(&self.1)
    }

    pub(crate) fn raw(&self) -> Vec<u8> {
        self.0.raw_memory(&self.1)
    }
}

/// Instructions that begin at 0x1000.
#[cfg(test)]
pub(crate) fn decode(bytes: &[u8]) -> Vec<iced_x86::Instruction> {
    iced_x86::Decoder::with_ip(64, bytes, 0x1000, iced_x86::DecoderOptions::NONE)
        .into_iter()
        .collect()
}

/// The folder of the committed images and PDBs.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mini")
}
