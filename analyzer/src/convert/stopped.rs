//! The registers at the stop.

use crate::dump::{CONTEXT_SIZE, Context, DumpHeader, MemoryExt, is_kernel_address};
use crate::nt::DebuggerData;
use crate::target::Target;
use crate::unwind::unwind;
use crate::verdict::Trust;

/// Windows supports 2048 logical processors.
const MAX_PROCESSORS: u32 = 2048;

/// The context that the processor in KeBugCheckEx saved in its `_KPRCB`; else the context of the
/// guest's own header. Offsets come from the debugger data block, so no symbols are needed. Names
/// of functions may be exports.
pub(super) fn context(
    target: &Target<'_>,
    header: &DumpHeader,
    data: &DebuggerData,
) -> Option<Vec<u8>> {
    saved_by_processor(target, header, data).or_else(|| {
        header
            .context
            .is_plausible()
            .then(|| header.context.record())
    })
}

fn saved_by_processor(
    target: &Target<'_>,
    header: &DumpHeader,
    data: &DebuggerData,
) -> Option<Vec<u8>> {
    let (block, offset) = (data.processor_block?, data.frozen_context?);
    let records = (0..header.processors.min(MAX_PROCESSORS)).filter_map(|number| {
        let slot = block.checked_add(8 * u64::from(number))?;
        let prcb = target.memory.read_u64(slot).ok();
        let prcb = prcb.filter(|&prcb| is_kernel_address(prcb))?;
        let record = prcb.checked_add(offset)?;
        target.memory.read_vec(record, CONTEXT_SIZE).ok()
    });
    let mut records = records;
    records.find(|bytes| {
        Context::parse(bytes)
            .is_some_and(|context| context.is_plausible() && stops(target, context))
    })
}

fn stops(target: &Target<'_>, context: Context) -> bool {
    let stack = unwind(target, context, Trust::Context, None, None);
    stack.frames.iter().any(|frame| {
        let symbol = target.symbol(frame.context.rip, frame.pc());
        let name = symbol.function.as_deref().unwrap_or_default();
        symbol.in_kernel && name.starts_with("KeBugCheck") && !frame.trust.is_scanned()
    })
}
