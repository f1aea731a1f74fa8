//! An open dump file: its header, and a reader of its memory.

use std::path::Path;

use super::bitmap::Bitmap;
use super::header::DumpHeader;
use super::header64::read_header;
use super::kind::{DumpKind, Machine};
use super::mapped::MappedFile;
use super::memory::{Memory, NoMemory, PAGE_SIZE, Physical};
use super::paging::AddressSpace;
use super::parsed::Parsed;
use super::runs::Runs;
use super::secondary::Secondary;
use super::segments::Segment;
use super::triage::{Triage, TriageMemory};
use crate::error::AnalyzeError;

/// An open dump.
pub(crate) struct DumpFile {
    pub(crate) header: DumpHeader,
    content: Content,
}

enum Content {
    /// Physical memory in consecutive runs.
    Runs(Runs),
    /// Physical memory with a bitmap of the present pages.
    Bitmap(Bitmap),
    /// Physical memory that kdmp-parser maps.
    Parsed(Parsed),
    /// Blocks of virtual memory.
    Triage(MappedFile, Box<Triage>),
    /// Only the header is read; the text says why.
    HeaderOnly(&'static str),
}

impl DumpFile {
    /// Reads the header and the description of the memory.
    pub(crate) fn open(path: &Path) -> Result<Self, AnalyzeError> {
        let header = read_header(path)?;
        let content = match (header.kind, header.machine) {
            (DumpKind::Triage, _) => {
                let file = MappedFile::open(path)?;
                match Triage::read(&file, &header) {
                    Some(triage) => Content::Triage(file, Box::new(triage)),
                    None => Content::HeaderOnly("the minidump ends before its table of contents"),
                }
            }
            (_, Machine::X64) => match header.kind {
                DumpKind::Full => Content::Runs(Runs::of_full_dump(path, &header)?),
                DumpKind::Bitmap | DumpKind::LiveKernel => Content::Bitmap(Bitmap::open(path)?),
                kind if kind.is_supported() => Content::Parsed(Parsed::open(path, &header)?),
                DumpKind::Summary => {
                    Content::HeaderOnly("memory of summary dumps (type 2) is not supported")
                }
                _ => Content::HeaderOnly("memory of this kind of dump is not supported"),
            },
            (_, machine) => Content::HeaderOnly(not_x64(machine)),
        };
        Ok(Self { header, content })
    }

    /// Physical memory with a header that was built from it.
    pub(crate) fn of_runs(header: DumpHeader, runs: Runs) -> Self {
        Self {
            header,
            content: Content::Runs(runs),
        }
    }

    /// The virtual memory of the crashed system.
    pub(crate) fn memory(&self) -> Box<dyn Memory + '_> {
        let root = self.header.directory_table_base;
        match &self.content {
            Content::Runs(runs) => Box::new(AddressSpace::new(runs, root)),
            Content::Bitmap(bitmap) => Box::new(AddressSpace::new(bitmap, root)),
            Content::Parsed(parsed) => Box::new(AddressSpace::new(parsed, root)),
            Content::Triage(file, triage) if self.header.machine == Machine::X64 => {
                Box::new(TriageMemory { triage, file })
            }
            Content::Triage(..) => Box::new(NoMemory(not_x64(self.header.machine))),
            Content::HeaderOnly(why) => Box::new(NoMemory(why)),
        }
    }

    /// The physical memory of an x64 system; `None` if the file has none.
    pub(crate) fn physical(&self) -> Option<Box<dyn Physical + '_>> {
        match &self.content {
            _ if self.header.machine != Machine::X64 => None,
            Content::Runs(runs) => Some(Box::new(runs)),
            Content::Bitmap(bitmap) => Some(Box::new(bitmap)),
            Content::Parsed(parsed) => Some(Box::new(parsed)),
            Content::Triage(..) | Content::HeaderOnly(_) => None,
        }
    }

    /// Which physical memory the file has: runs of pages (first page and count), lowest first.
    pub(crate) fn page_runs(&self) -> Vec<(u64, u64)> {
        match &self.content {
            Content::Runs(runs) => runs.segments.iter().filter_map(whole_pages).collect(),
            Content::Bitmap(bitmap) => bitmap.runs(),
            Content::Parsed(parsed) => parsed.runs(),
            Content::Triage(..) | Content::HeaderOnly(_) => Vec::new(),
        }
    }

    /// The lists and blocks of a minidump.
    pub(crate) fn triage(&self) -> Option<&Triage> {
        match &self.content {
            Content::Triage(_, triage) => Some(triage),
            _ => None,
        }
    }

    /// What was added behind the dump when the machine stopped.
    pub(crate) fn secondary(&self) -> Option<Secondary<'_>> {
        match &self.content {
            Content::Triage(file, triage) => Secondary::read(file, triage.secondary),
            Content::Runs(runs) => Secondary::read(&runs.file, self.header.expected_size?),
            Content::Bitmap(bitmap) => Secondary::read(&bitmap.file, bitmap.end),
            Content::Parsed(_) | Content::HeaderOnly(_) => None,
        }
    }

    /// Why the memory is not read, if so.
    pub(crate) fn unread(&self) -> Option<&'static str> {
        match &self.content {
            Content::HeaderOnly(why) => Some(why),
            Content::Triage(..) if self.header.machine != Machine::X64 => {
                Some(not_x64(self.header.machine))
            }
            _ => None,
        }
    }
}

fn whole_pages(segment: &Segment) -> Option<(u64, u64)> {
    let first = segment.start.div_ceil(PAGE_SIZE);
    let end = segment.start.checked_add(segment.len)? / PAGE_SIZE;
    let count = end.checked_sub(first).filter(|&count| count != 0)?;
    Some((first, count))
}

fn not_x64(machine: Machine) -> &'static str {
    match machine {
        Machine::X86 => "memory of 32-bit systems is not supported",
        Machine::Arm64 => "memory of ARM64 systems is not supported",
        _ => "memory of this processor architecture is not supported",
    }
}
