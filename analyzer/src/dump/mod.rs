mod bitmap;
mod bytes;
mod context;
pub(crate) mod elf;
mod extent;
mod file;
pub(crate) mod foreign;
mod header;
mod header32;
mod header64;
mod kind;
mod mapped;
mod memory;
mod pages;
mod paging;
mod parsed;
mod runs;
pub(crate) mod secondary;
mod segments;
#[cfg(test)]
pub(crate) mod synthetic;
mod time;
mod triage;

pub(crate) use bytes::Bytes;
pub(crate) use context::{CONTEXT_SIZE, Context, Register};
pub(crate) use file::DumpFile;
pub use header::{DumpHeader, ExceptionRecord};
pub(crate) use header::{HEADER_SIZE, MAX_RUNS};
pub use header64::read_header;
pub use kind::{DumpKind, Machine};
pub(crate) use mapped::MappedFile;
pub(crate) use memory::{
    Memory, MemoryExt, Physical, PteState, ReadError, is_canonical, is_kernel_address,
};
pub(crate) use paging::{
    ADDRESS, AddressSpace, LARGE, PRESENT, SOFTWARE_PROTOTYPE, SOFTWARE_TRANSITION,
};
pub(crate) use runs::Runs;
pub(crate) use secondary::Secondary;
pub(crate) use segments::{Segment, Segments};
pub(crate) use time::{ctime, date, rfc3339};
pub(crate) use triage::Triage;
#[cfg(any(test, fuzzing))]
pub(crate) use triage::synthetic as synthetic_minidumps;
