//! The dump file: its header, and the memory it holds.

mod bitmap;
mod bytes;
mod context;
mod extent;
mod file;
mod foreign;
mod header;
mod header32;
mod kind;
mod mapped;
mod memory;
mod pages;
mod paging;
mod parsed;
mod physical;
mod segments;
#[cfg(test)]
pub(crate) mod synthetic;
mod time;
mod triage;

pub(crate) use bytes::Bytes;
pub(crate) use context::{Context, Register};
pub(crate) use file::DumpFile;
pub use header::{BugcheckData, DumpHeader, ExceptionRecord, read_header};
pub use kind::{DumpKind, Machine};
pub(crate) use memory::{Memory, MemoryExt, ReadError, is_canonical, is_kernel_address};
pub(crate) use paging::PteState;
pub(crate) use time::ctime;
pub(crate) use triage::Triage;
#[cfg(fuzzing)]
pub(crate) use triage::made_up;
