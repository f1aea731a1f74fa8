//! Virtual memory that can be written out as a full dump.

use std::collections::BTreeMap;
#[cfg(test)]
use std::path::Path;

use crate::dump::{Memory, ReadError};

const PAGE: u64 = 0x1000;
const HEADER: usize = 0x2000;
/// Physical memory starts here; anything but zero, so that a base page is needed.
const FIRST_PAGE: u64 = 0x100;

/// Fields of the dump's header.
pub(crate) struct HeaderFields {
    pub bugcheck: u32,
    pub parameters: [u64; 4],
    pub loaded_modules: u64,
    pub active_processes: u64,
    pub debugger_data: u64,
    pub processors: u32,
    pub context: Vec<u8>,
}

/// Pages by virtual address, and page-table entries of pages that are not present.
#[derive(Clone, Default)]
pub(crate) struct VirtualMemory {
    pages: BTreeMap<u64, Vec<u8>>,
    absent: BTreeMap<u64, u64>,
}

impl VirtualMemory {
    pub(crate) fn write(&mut self, at: u64, bytes: &[u8]) {
        for (index, &byte) in bytes.iter().enumerate() {
            let at = at + index as u64;
            let page = self
                .pages
                .entry(at & !(PAGE - 1))
                .or_insert_with(|| vec![0; PAGE as usize]);
            page[(at % PAGE) as usize] = byte;
        }
    }

    pub(crate) fn write_u64(&mut self, at: u64, value: u64) {
        self.write(at, &value.to_le_bytes());
    }

    /// Makes the page of `at` not present, with this entry in its page table.
    pub(super) fn set_absent(&mut self, at: u64, pte: u64) {
        self.absent.insert(at & !(PAGE - 1), pte);
    }

    /// As a full dump.
    pub(super) fn dump(&self, fields: &HeaderFields) -> Vec<u8> {
        let physical = self.physical();
        let mut dump = header(fields, physical.len() as u64);
        dump.extend(physical.into_iter().flatten());
        dump
    }

    /// As a bitmap dump (type 5).
    pub(super) fn bitmap_dump(&self, fields: &HeaderFields) -> Vec<u8> {
        let physical = self.physical();
        let count = physical.len() as u64;
        let mut dump = header(fields, count);
        dump[0xF98] = 5;
        let pages = FIRST_PAGE + count;
        let mut bitmap = vec![0u8; pages.div_ceil(8) as usize];
        for page in FIRST_PAGE..pages {
            bitmap[page as usize / 8] |= 1 << (page % 8);
        }
        let first_page = (HEADER + 0x38 + bitmap.len()).next_multiple_of(PAGE as usize);
        let mut second = b"SDMPDUMP".to_vec();
        second.resize(0x20, 0);
        for value in [first_page as u64, count, pages] {
            second.extend(value.to_le_bytes());
        }
        dump.extend(second);
        dump.extend(bitmap);
        dump.resize(first_page, 0);
        dump.extend(physical.into_iter().flatten());
        dump
    }

    /// As a dump that a kernel debugger writes (types 8, 9 and 10): a second header, ranges of
    /// pages, and the pages.
    #[cfg(test)]
    pub(super) fn debugger_dump(&self, kind: u8, fields: &HeaderFields) -> Vec<u8> {
        const METADATA: u64 = 0xFE0;
        let physical = self.physical();
        let count = physical.len() as u64;
        let mut dump = header(fields, count);
        dump[0xF98] = kind;
        let first_page = HEADER as u64 + 0x20 + METADATA;
        dump.extend(0x40u32.to_le_bytes());
        dump.extend(b"RDMPDUMP\0\0\0\0");
        // Behind them one range: where it is counted in all, for type 10, and where it starts.
        for value in [METADATA, first_page, 1, count, FIRST_PAGE, count] {
            dump.extend(value.to_le_bytes());
        }
        dump.resize(first_page as usize, 0);
        dump.extend(physical.into_iter().flatten());
        dump
    }

    /// As QEMU's ELF file, with the guest's header in a note.
    pub(super) fn elf_dump(&self, fields: &HeaderFields) -> Vec<u8> {
        const NOTES: usize = 0x100;
        const NAME: &[u8] = b"VMCOREINFO\0\0";
        let physical = self.physical();
        let guest = header(fields, physical.len() as u64);
        let note_size = 12 + NAME.len() + guest.len();
        let memory = NOTES + note_size;
        let mut elf = vec![0; NOTES];
        let mut put = |at: usize, bytes: &[u8]| elf[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"\x7fELF\x02\x01\x01");
        put(0x10, &[4, 0, 62, 0, 1]);
        put(0x20, &0x40u64.to_le_bytes());
        put(0x34, &[64, 0, 56, 0, 2, 0]);
        let bytes = physical.len() as u64 * PAGE;
        for (index, [kind, offset, at, size]) in [
            [4, NOTES as u64, 0, note_size as u64],
            [1, memory as u64, FIRST_PAGE * PAGE, bytes],
        ]
        .into_iter()
        .enumerate()
        {
            let program = 0x40 + 56 * index;
            put(program, &(kind as u32).to_le_bytes());
            put(program + 8, &offset.to_le_bytes());
            put(program + 24, &at.to_le_bytes());
            put(program + 32, &size.to_le_bytes());
        }
        for value in [11, guest.len() as u32, 0] {
            elf.extend(value.to_le_bytes());
        }
        elf.extend(NAME);
        elf.extend(guest);
        elf.extend(physical.into_iter().flatten());
        elf
    }

    /// As flat memory; it contains the guest's header.
    #[cfg(test)]
    pub(super) fn raw_memory(&self, fields: &HeaderFields) -> Vec<u8> {
        let physical = self.physical();
        let mut memory = vec![0; (FIRST_PAGE * PAGE) as usize];
        let guest = header(fields, physical.len() as u64);
        // Behind the note's own header, so not aligned to a page.
        memory[0x2018..0x2018 + guest.len()].copy_from_slice(&guest);
        memory.extend(physical.into_iter().flatten());
        memory.resize(memory.len().next_multiple_of(1 << 20), 0);
        memory
    }

    /// Lays the pages out in physical memory and builds the page tables.
    fn physical(&self) -> Vec<Vec<u8>> {
        let mut physical: Vec<Vec<u8>> = vec![vec![0; PAGE as usize]];
        for (&va, page) in &self.pages {
            physical.push(page.clone());
            let pte = address(physical.len() - 1) | 3;
            map(&mut physical, va, pte);
        }
        for (&va, &pte) in &self.absent {
            map(&mut physical, va, pte);
        }
        physical
    }

    #[cfg(test)]
    pub(crate) fn write_dump(&self, path: &Path, fields: &HeaderFields) {
        std::fs::write(path, self.dump(fields)).unwrap();
    }
}

impl Memory for VirtualMemory {
    fn read(&self, va: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        for (index, byte) in buf.iter_mut().enumerate() {
            let at = va.wrapping_add(index as u64);
            let page = self.pages.get(&(at & !(PAGE - 1)));
            *byte = page.ok_or(ReadError::NotMapped(at))?[(at % PAGE) as usize];
        }
        Ok(())
    }
}

fn address(page: usize) -> u64 {
    (FIRST_PAGE + page as u64) * PAGE
}

/// Enters `pte` for `va`; page 0 of `physical` is the root.
fn map(physical: &mut Vec<Vec<u8>>, va: u64, pte: u64) {
    let mut table = 0;
    for shift in [39, 30, 21] {
        let slot = (va >> shift & 0x1FF) as usize * 8;
        let entry = u64::from_le_bytes(physical[table][slot..slot + 8].try_into().unwrap());
        table = if entry == 0 {
            physical.push(vec![0; PAGE as usize]);
            let new = physical.len() - 1;
            physical[table][slot..slot + 8].copy_from_slice(&(address(new) | 3).to_le_bytes());
            new
        } else {
            ((entry & !0xFFF) / PAGE - FIRST_PAGE) as usize
        };
    }
    let slot = (va >> 12 & 0x1FF) as usize * 8;
    physical[table][slot..slot + 8].copy_from_slice(&pte.to_le_bytes());
}

fn header(fields: &HeaderFields, pages: u64) -> Vec<u8> {
    let mut header = vec![0; HEADER];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"PAGEDU64");
    put(0x8, &15u32.to_le_bytes());
    put(0xC, &19041u32.to_le_bytes());
    put(0x10, &address(0).to_le_bytes());
    put(0x20, &fields.loaded_modules.to_le_bytes());
    put(0x28, &fields.active_processes.to_le_bytes());
    put(0x30, &0x8664u32.to_le_bytes());
    put(0x34, &fields.processors.to_le_bytes());
    put(0x38, &fields.bugcheck.to_le_bytes());
    for (index, parameter) in fields.parameters.iter().enumerate() {
        put(0x40 + 8 * index, &parameter.to_le_bytes());
    }
    put(0x80, &fields.debugger_data.to_le_bytes());
    put(0x88, &1u32.to_le_bytes());
    put(0x90, &pages.to_le_bytes());
    put(0x98, &FIRST_PAGE.to_le_bytes());
    put(0xA0, &pages.to_le_bytes());
    put(0x348, &fields.context);
    put(0xF98, &1u32.to_le_bytes());
    put(0xFA8, &132_481_000_000_000_000u64.to_le_bytes());
    put(0x1030, &12_345_678u64.to_le_bytes());
    header
}
