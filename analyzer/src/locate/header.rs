//! Builds a dump header from physical memory.

use super::finder::{Candidates, DebuggerBlock};
use super::kernel;
use super::patches::LIVE_SYSTEM;
use crate::dump::{
    AddressSpace, Bytes, Context, DumpHeader, DumpKind, ExceptionRecord, HEADER_SIZE, Machine,
    Memory, MemoryExt, Physical, PteState, Runs, is_kernel_address,
};
use crate::stop::BugcheckData;
use crate::symbols::SymbolPath;

/// KUSER_SHARED_DATA (ntddk.h), at the same place in every x64 version.
const SHARED_DATA: u64 = 0xFFFF_F780_0000_0000;
const INTERRUPT_TIME: u64 = 0x8;
const SYSTEM_TIME: u64 = 0x14;
const NT_BUILD_NUMBER: u64 = 0x260;
const NT_MAJOR_VERSION: u64 = 0x26C;
const ACTIVE_PROCESSORS: u64 = 0x3C0;
/// How far above the kernel's base its debugger data block is searched.
const MAX_KERNEL: u64 = 64 << 20;
/// The system's page-table root lies low in memory.
const ROOTS_BELOW: u64 = 1 << 30;

/// Builds a header. `roots` are page-table roots of processors.
pub(super) fn build(
    runs: &Runs,
    found: &Candidates,
    kind: DumpKind,
    roots: &[u64],
    symbols: &SymbolPath,
) -> Result<DumpHeader, &'static str> {
    let kept = found.headers.iter().find_map(|&pa| kept_header(runs, pa));
    if let Some(mut header) = kept {
        header.kind = kind;
        header.expected_size = None;
        let memory = AddressSpace::new(runs, header.directory_table_base);
        complete(&mut header, &memory, found, symbols);
        return Ok(header);
    }
    let by_block = found
        .blocks
        .iter()
        .find_map(|block| Some((block, find_root(runs, block, roots)?)));
    if let Some((block, root)) = by_block {
        let memory = AddressSpace::new(runs, root);
        let address = debugger_data(&memory, block);
        return Ok(from_memory(&memory, block, address, kind, root));
    }
    let by_image = kernel::find_with_root(runs, roots);
    let (kernel, root) = by_image.ok_or(match found.blocks.is_empty() {
        true => {
            "its memory holds neither a debugger data block (KDBG) nor page tables that map a \
             Windows kernel"
        }
        false => "no page tables that map its kernel were found in its memory",
    })?;
    let memory = AddressSpace::new(runs, root);
    let (block, address) = kernel.debugger_block(&memory, symbols);
    Ok(from_memory(&memory, &block, address, kind, root))
}

/// A dump header that the guest keeps in its memory (for QEMU's vmcoreinfo device), if its page
/// tables are valid.
fn kept_header(runs: &Runs, pa: u64) -> Option<DumpHeader> {
    let mut bytes = vec![0; HEADER_SIZE];
    // `read_physical` may not cross pages, and this header need not be aligned.
    for (index, byte) in bytes.chunks_mut(4).enumerate() {
        let at = pa.checked_add(4 * index as u64)?;
        runs.read_physical(at, byte).then_some(())?;
    }
    let header = DumpHeader::parse_bytes(&bytes)?;
    let memory = AddressSpace::new(runs, header.directory_table_base);
    let works = header.machine == Machine::X64
        && is_kernel_address(header.kd_debugger_data)
        && memory.read_u64(header.loaded_module_list).is_ok();
    works.then_some(header)
}

/// Fills in what was not known when the guest made the header.
fn complete(
    header: &mut DumpHeader,
    memory: &dyn Memory,
    found: &Candidates,
    symbols: &SymbolPath,
) {
    if header.bugcheck.is_filled() {
        return;
    }
    let encoded = || Some(kernel::find(memory)?.debugger_block(memory, symbols).0);
    let block = found.blocks.first().copied().or_else(encoded);
    header.bugcheck = block.map_or_else(Default::default, |block| bugcheck(memory, &block));
}

/// `nt!KiBugcheckData`: the stop code and its parameters.
fn bugcheck(memory: &dyn Memory, block: &DebuggerBlock) -> BugcheckData {
    let word = |index: u64| {
        let at = block.bugcheck_data.wrapping_add(8 * index);
        memory.read_u64(at).unwrap_or(0)
    };
    BugcheckData {
        code: match word(0) as u32 {
            0 => LIVE_SYSTEM,
            code => code,
        },
        parameters: [word(1), word(2), word(3), word(4)],
    }
}

/// The page-table root: one of the processors' if known, else a page whose tables map the kernel's
/// image.
fn find_root(runs: &Runs, block: &DebuggerBlock, known: &[u64]) -> Option<u64> {
    let maps_kernel = |&root: &u64| {
        let memory = AddressSpace::new(runs, root);
        memory
            .read_vec(block.kernel_base, 2)
            .is_ok_and(|bytes| bytes == b"MZ")
            && debugger_data(&memory, block).is_some()
    };
    if let Some(&root) = known.iter().find(|root| maps_kernel(root)) {
        return Some(root);
    }
    let slot = (block.kernel_base >> 39 & 0x1FF) * 8;
    let pages = runs.segments.iter().flat_map(|segment| {
        let first = segment.start.next_multiple_of(0x1000);
        let end = (segment.start + segment.len).min(ROOTS_BELOW);
        (first..end).step_by(0x1000)
    });
    pages
        .filter(|&root| {
            let mut entry = [0; 8];
            runs.read_physical(root + slot, &mut entry)
                && entry[0] & 1 != 0
                && u64::from_le_bytes(entry) & 0x000F_FFFF_FFFF_F000 != 0
        })
        .find(maps_kernel)
}

/// Virtual address of the block: the page of the kernel's image that maps to its physical address.
fn debugger_data(memory: &dyn Memory, block: &DebuggerBlock) -> Option<u64> {
    let (page, offset) = (block.pa & !0xFFF, block.pa & 0xFFF);
    (0..MAX_KERNEL / 0x1000)
        .filter_map(|index| block.kernel_base.checked_add(index * 0x1000))
        .find(
            |&va| matches!(memory.pte_state(va), Some(PteState::Present { pa, .. }) if pa == page),
        )
        .map(|va| va + offset)
}

fn from_memory(
    memory: &dyn Memory,
    block: &DebuggerBlock,
    address: Option<u64>,
    kind: DumpKind,
    root: u64,
) -> DumpHeader {
    let shared = memory.read_vec(SHARED_DATA, 0x400).unwrap_or_default();
    let shared = Bytes(&shared);
    let known = shared.u32(NT_MAJOR_VERSION as usize) == Some(10)
        || shared.u32(NT_MAJOR_VERSION as usize) == Some(6);
    let filled = |at: u64| shared.u64(at as usize).filter(|&value| known && value != 0);
    let number = |at: u64| shared.u32(at as usize).filter(|_| known).unwrap_or(0);
    DumpHeader {
        kind,
        machine: Machine::X64,
        major_version: 15,
        build: match number(NT_BUILD_NUMBER) & 0xFFFF {
            0 => build_of_lab(memory, block).unwrap_or(0),
            build => build,
        },
        directory_table_base: root,
        loaded_module_list: block.loaded_modules,
        active_process_head: block.active_processes,
        kd_debugger_data: address.unwrap_or(0),
        processors: number(ACTIVE_PROCESSORS),
        bugcheck: bugcheck(memory, block),
        exception: ExceptionRecord {
            code: 0,
            flags: 0,
            address: 0,
        },
        uptime_100ns: filled(INTERRUPT_TIME),
        system_time: filled(SYSTEM_TIME),
        expected_size: None,
        kernel_base: Some(block.kernel_base),
        context: Context::default(),
    }
}

/// The number that `nt!NtBuildLab` starts with (`19041.1.amd64fre…`).
fn build_of_lab(memory: &dyn Memory, block: &DebuggerBlock) -> Option<u32> {
    let text = memory.read_prefix(block.build_lab, 8);
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&text[..digits]).ok()?.parse().ok()
}
