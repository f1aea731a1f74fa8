//! Builds `DUMP_HEADER64`, and the second header of bitmap dumps.

use super::memory::Selection;
use crate::dump::{
    CONTEXT_SIZE, Context, DumpHeader, DumpKind, ExceptionRecord, HEADER_SIZE, Memory, MemoryExt,
};
use crate::nt::DebuggerData;
use crate::stop::BugcheckData;
use crate::verdict::Unknown;

const PAGE: u64 = 0x1000;
/// Windows fills unused fields with this pattern.
const UNFILLED: &[u8; 4] = b"PAGE";
/// STATUS_BREAKPOINT, the exception code of a bug check.
const BREAKPOINT: u32 = 0x8000_0003;
/// KUSER_SHARED_DATA (ntddk.h).
const SHARED_DATA: u64 = 0xFFFF_F780_0000_0000;
const NT_PRODUCT_TYPE: u64 = 0x264;
const SUITE_MASK: u64 = 0x2D0;
const MACHINE_X64: u32 = 0x8664;
const COMMENT: &[u8] = b"Converted from a guest's memory by stopcode";

/// The fields of the header.
pub(super) struct Fields<'h> {
    header: &'h DumpHeader,
    /// The header of the dump that is converted; its fields stay.
    kept: Option<Vec<u8>>,
    /// A CONTEXT record; empty if it is not known.
    context: Vec<u8>,
    exception: ExceptionRecord,
    bugcheck: BugcheckData,
    pfn_database: u64,
    product_type: u32,
    suite_mask: u32,
}

impl<'h> Fields<'h> {
    /// Reads the fields. What is not known is added to `unknown`.
    pub(super) fn new(
        memory: &dyn Memory,
        header: &'h DumpHeader,
        data: &DebuggerData,
        stopped: Option<Vec<u8>>,
        kept: Option<Vec<u8>>,
        unknown: &mut Vec<Unknown>,
    ) -> Self {
        let context = stopped.unwrap_or_default();
        if context.is_empty() && kept.is_none() {
            unknown.push(Unknown {
                what: "the registers that the stop began with".to_owned(),
                why: "no processor saved a context in KeBugCheckEx".to_owned(),
            });
        }
        let rip = Context::parse(&context).map_or(0, |context| context.rip);
        let exception = match header.exception.code {
            0 => ExceptionRecord {
                code: BREAKPOINT,
                flags: 0,
                address: rip,
            },
            _ => header.exception,
        };
        let shared = |at: u64| memory.read_uint(SHARED_DATA + at, 4).unwrap_or(0) as u32;
        Self {
            bugcheck: bugcheck(memory, header, data),
            header,
            kept,
            context,
            exception,
            pfn_database: data.pfn_database.unwrap_or(0),
            product_type: shared(NT_PRODUCT_TYPE),
            suite_mask: shared(SUITE_MASK),
        }
    }

    pub(super) fn bugcheck(&self) -> BugcheckData {
        self.bugcheck
    }

    /// Everything before the pages.
    pub(super) fn bytes(&self, selection: &Selection) -> Vec<u8> {
        let size = selection.first_page_at() + selection.pages() * PAGE;
        let kind = selection.kind();
        let mut bytes = self.header(kind, size);
        put_memory(selection, &mut bytes);
        if kind == DumpKind::Bitmap {
            bytes.extend(bitmap_header(selection));
            bytes.extend(selection.bitmap());
        }
        bytes
    }

    /// The first header, without the runs of memory.
    pub(super) fn header(&self, kind: DumpKind, size: u64) -> Vec<u8> {
        let mut bytes = match &self.kept {
            Some(kept) => kept.clone(),
            None => self.built(),
        };
        bytes.resize(HEADER_SIZE, 0);
        let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
        put(0xF98, &kind.code().to_le_bytes());
        put(0xFA0, &size.to_le_bytes());
        put(0x88, &UNFILLED.repeat(700 / UNFILLED.len()));
        bytes
    }

    /// A header of what is known of the system.
    fn built(&self) -> Vec<u8> {
        let mut bytes = UNFILLED.repeat(HEADER_SIZE / UNFILLED.len());
        let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
        let header = self.header;
        put(0x0, b"PAGEDU64");
        put(0x8, &header.major_version.to_le_bytes());
        put(0xC, &header.build.to_le_bytes());
        for (at, value) in [
            (0x10, header.directory_table_base),
            (0x18, self.pfn_database),
            (0x20, header.loaded_module_list),
            (0x28, header.active_process_head),
            (0x80, header.kd_debugger_data),
            (0xFA8, header.system_time.unwrap_or(0)),
            (0x1030, header.uptime_100ns.unwrap_or(0)),
        ] {
            put(at, &value.to_le_bytes());
        }
        for (at, value) in [
            (0x30, MACHINE_X64),
            (0x34, header.processors),
            (0x38, self.bugcheck.code),
            (0x1038, 0),
            (0x103C, 0),
            (0x1040, self.product_type),
            (0x1044, self.suite_mask),
            (0x1048, 0),
        ] {
            put(at, &value.to_le_bytes());
        }
        for (index, value) in self.bugcheck.parameters.into_iter().enumerate() {
            put(0x40 + 8 * index, &value.to_le_bytes());
        }
        put(0x60, &[0; 0x20]);
        put(0x348, &[0; 3000]);
        put(0x348, &self.context[..self.context.len().min(CONTEXT_SIZE)]);
        put(0xF00, &[0; 152]);
        put(0xF00, &self.exception.code.to_le_bytes());
        put(0xF04, &self.exception.flags.to_le_bytes());
        put(0xF10, &self.exception.address.to_le_bytes());
        put(0xFB0, &[0; 128]);
        put(0xFB0, COMMENT);
        bytes
    }
}

/// Writes the memory runs. Only full dumps are read by them.
fn put_memory(selection: &Selection, bytes: &mut [u8]) {
    if selection.kind() != DumpKind::Full {
        return;
    }
    let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
    put(0x88, &(selection.runs.len() as u32).to_le_bytes());
    put(0x90, &selection.pages().to_le_bytes());
    for (index, run) in selection.runs.iter().enumerate() {
        put(0x98 + 0x10 * index, &run.first.to_le_bytes());
        put(0xA0 + 0x10 * index, &run.count.to_le_bytes());
    }
}

fn bitmap_header(selection: &Selection) -> Vec<u8> {
    let mut bytes = b"SDMPDUMP".to_vec();
    bytes.resize(0x20, 0);
    for value in [
        selection.first_page_at(),
        selection.pages(),
        selection.end(),
    ] {
        bytes.extend(value.to_le_bytes());
    }
    bytes
}

/// `KiBugcheckData`; where it cannot be read, the stop that the header states.
fn bugcheck(memory: &dyn Memory, header: &DumpHeader, data: &DebuggerData) -> BugcheckData {
    let word = |index: u64| {
        let at = data.bugcheck_data?.checked_add(8 * index)?;
        memory.read_u64(at).ok()
    };
    let recorded = || {
        let code = word(0).filter(|&code| code != 0)? as u32;
        Some(BugcheckData {
            code,
            parameters: [word(1)?, word(2)?, word(3)?, word(4)?],
        })
    };
    recorded().unwrap_or(header.bugcheck)
}
