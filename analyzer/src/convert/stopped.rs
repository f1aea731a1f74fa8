//! The registers at the stop, and the processor that raised it.

use crate::dump::{CONTEXT_SIZE, Context, DumpHeader, MemoryExt, is_kernel_address};
use crate::nt::DebuggerData;
use crate::target::Target;
use crate::unwind::unwind;
use crate::verdict::Trust;

/// Windows supports 2048 logical processors.
const MAX_PROCESSORS: u32 = 2048;

/// A processor and the CONTEXT record that it saved.
pub(super) struct Stopped {
    /// Its `_KPRCB`.
    pub prcb: u64,
    pub record: Vec<u8>,
}

/// Addresses of the processors' `_KPRCB`s.
pub(super) fn processors<'t>(
    target: &'t Target<'_>,
    header: &DumpHeader,
    data: &DebuggerData,
) -> impl Iterator<Item = u64> + use<'t> {
    let block = data.processor_block;
    (0..header.processors.min(MAX_PROCESSORS)).filter_map(move |number| {
        let slot = block?.checked_add(8 * u64::from(number))?;
        let prcb = target.memory.read_u64(slot).ok();
        prcb.filter(|&prcb| is_kernel_address(prcb))
    })
}

/// The processor that is in KeBugCheckEx. Offsets come from the debugger data block, so no symbols
/// are needed. Names of functions may be exports.
pub(super) fn find(
    target: &Target<'_>,
    header: &DumpHeader,
    data: &DebuggerData,
) -> Option<Stopped> {
    let offset = data.frozen_context?;
    let mut records = processors(target, header, data).filter_map(|prcb| {
        let record = prcb.checked_add(offset)?;
        let record = target.memory.read_vec(record, CONTEXT_SIZE).ok()?;
        Some(Stopped { prcb, record })
    });
    records.find(|stopped| {
        Context::parse(&stopped.record)
            .is_some_and(|context| context.is_plausible() && stops(target, context))
    })
}

/// The context that the stopped processor saved; else that of the guest's own header.
pub(super) fn context(stopped: Option<&Stopped>, header: &DumpHeader) -> Option<Vec<u8>> {
    let saved = stopped.map(|stopped| stopped.record.clone());
    saved.or_else(|| {
        header
            .context
            .is_plausible()
            .then(|| header.context.record())
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
