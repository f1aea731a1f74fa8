//! Patches of the memory of a running guest: the debugger data block, decoded, and the processors'
//! registers where debuggers look for them. QEMU's win-dmp format and contrib/elf2dmp do the same.

use super::kernel;
use crate::dump::elf::Processor;
use crate::dump::{AddressSpace, DumpHeader, Memory, MemoryExt, PteState, Runs, is_kernel_address};
use crate::nt::{DataBlock, DebuggerData};
use crate::stop::BugcheckData;
use crate::symbols::SymbolPath;

/// LIVE_SYSTEM_DUMP, the stop code for systems that did not stop; QEMU writes it too.
pub(super) const LIVE_SYSTEM: u32 = 0x161;
const PAGE: u64 = 0x1000;

/// Physical addresses, and the bytes to read there.
pub(super) fn of(
    header: &DumpHeader,
    runs: &Runs,
    processors: &[Processor],
    symbols: &SymbolPath,
) -> Vec<(u64, Vec<u8>)> {
    let memory = AddressSpace::new(runs, header.directory_table_base);
    let plain = DataBlock::read(&memory, header);
    let decoded = || {
        let kernel = kernel::find(&memory)?;
        DataBlock::decode(&kernel.target(&memory, symbols), header.kd_debugger_data).ok()
    };
    let Some(block) = plain.or_else(decoded) else {
        return Vec::new();
    };
    let mut patches = Vec::new();
    if let Some(mark) = block.encoded_by {
        patches.extend(physical(&memory, block.address, &block.bytes));
        patches.extend(physical(&memory, mark, &[0]));
    }
    if !has_stopped(header.bugcheck)
        && let Some(data) = block.data()
    {
        for (number, processor) in processors.iter().enumerate() {
            if let Some(at) = context_record(&memory, &data, number as u64) {
                patches.extend(physical(&memory, at, &processor.context));
            }
        }
    }
    patches
}

fn has_stopped(bugcheck: BugcheckData) -> bool {
    bugcheck.is_filled() && bugcheck.code != LIVE_SYSTEM
}

/// Address of the CONTEXT that debuggers read for a processor.
fn context_record(memory: &dyn Memory, data: &DebuggerData, number: u64) -> Option<u64> {
    let block = data.processor_block?;
    let prcb = memory.read_u64(block.checked_add(8 * number)?).ok()?;
    let pointer = prcb.checked_add(data.context_pointer?)?;
    let record = memory.read_u64(pointer).ok()?;
    is_kernel_address(record).then_some(record)
}

/// Bytes at a virtual address, split at page boundaries.
fn physical(memory: &dyn Memory, va: u64, bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut parts = Vec::new();
    let mut done = 0;
    while done < bytes.len() {
        let Some(at) = va.checked_add(done as u64) else {
            break;
        };
        let part = ((PAGE - at % PAGE) as usize).min(bytes.len() - done);
        if let Some(PteState::Present { pa, .. }) = memory.pte_state(at) {
            parts.push((pa, bytes[done..done + part].to_vec()));
        }
        done += part;
    }
    parts
}
