//! Processors: `_KPRCB`s and the contexts saved in them.

use super::reader::{Nt, NtError};
use crate::dump::{Context, MemoryExt, is_kernel_address};

/// Windows supports 2048 logical processors.
const MAX_PROCESSORS: u64 = 2048;

/// A register context and where it was saved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SavedContext {
    pub context: Context,
    /// Address of the record.
    pub address: u64,
    /// The field that holds it.
    pub source: &'static str,
}

/// One processor.
#[derive(Clone, Debug)]
pub(crate) struct Processor {
    pub number: u32,
    pub prcb: u64,
    /// `_ETHREAD` that it runs.
    pub current_thread: u64,
    /// Its registers when it was frozen for the stop.
    pub frozen: Option<SavedContext>,
    /// Its registers when the dump was taken, as QEMU writes them.
    pub at_dump: Option<SavedContext>,
    /// Highest address of the stack that DPCs run on.
    pub dpc_stack: Option<u64>,
}

/// All processors; `block` is `KiProcessorBlock` of the debugger data. Also returns errors of
/// processors that cannot be read, as text.
pub(crate) fn processors(
    nt: &Nt<'_, '_>,
    block: Option<u64>,
    count: u32,
) -> Result<(Vec<Processor>, Vec<String>), NtError> {
    let block = match nt.global("KiProcessorBlock") {
        Ok(block) => block,
        Err(error) => block.ok_or(error)?,
    };
    // The header has the count of the dump's writer; KeNumberProcessors is the kernel's.
    let count = nt
        .global("KeNumberProcessors")
        .ok()
        .and_then(|at| nt.target.memory.read_uint(at, 4).ok())
        .filter(|count| (1..=MAX_PROCESSORS).contains(count))
        .unwrap_or(count.into())
        .min(MAX_PROCESSORS);
    let mut found = Vec::new();
    let mut failures = Vec::new();
    for number in 0..count as u32 {
        let prcb = nt
            .target
            .memory
            .read_u64(block.wrapping_add(8 * u64::from(number)));
        let read = prcb.map_err(NtError::from);
        match read.and_then(|prcb| processor_at(nt, number, prcb)) {
            Ok(processor) => found.push(processor),
            Err(error) => failures.push(format!("processor {number}: {error}")),
        }
    }
    Ok((found, failures))
}

/// The processor whose `_KPRCB` is at `prcb`.
pub(crate) fn processor_at(nt: &Nt<'_, '_>, number: u32, prcb: u64) -> Result<Processor, NtError> {
    const PRCB: &str = "_KPRCB";
    let memory = nt.target.memory;
    let context_at = |address: u64, source| {
        let bytes = memory.read_prefix(address, 0x4D0);
        Context::parse(&bytes)
            .filter(Context::is_plausible)
            .map(|context| SavedContext {
                context,
                address,
                source,
            })
    };
    let frozen = nt
        .offset(PRCB, "ProcessorState.ContextFrame")
        .ok()
        .and_then(|at| context_at(prcb.wrapping_add(at), "_KPRCB.ProcessorState.ContextFrame"));
    let at_dump = nt
        .read(PRCB, "Context", prcb)
        .ok()
        .filter(|&at| is_kernel_address(at))
        .and_then(|at| context_at(at, "_KPRCB.Context"));
    Ok(Processor {
        number,
        prcb,
        current_thread: nt.read(PRCB, "CurrentThread", prcb)?,
        frozen,
        at_dump,
        dpc_stack: nt
            .read(PRCB, "DpcStack", prcb)
            .ok()
            .filter(|&at| is_kernel_address(at)),
    })
}
