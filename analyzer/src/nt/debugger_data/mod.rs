//! `KDDEBUGGER_DATA64` (wdbgexts.h): addresses of the kernel and its main lists, without symbols.

mod block;

use std::mem::offset_of;

use kdmp_parser::structs::KdDebuggerData64;

use crate::dump::{Bytes, is_kernel_address};

pub(crate) use block::DataBlock;

/// `KDBG`, the owner tag in the block's header.
const TAG: &[u8; 4] = b"KDBG";
const TAG_OFFSET: usize = 0x10;
/// `MmNumberOfPhysicalPages` and `NtBuildLab`.
const MM_NUMBER_OF_PHYSICAL_PAGES: usize = 0xF8;
const NT_BUILD_LAB: usize = 0x208;
/// `KiProcessorBlock`, beyond what kdmp-parser names.
const KI_PROCESSOR_BLOCK: usize = 0x218;
/// `MmPhysicalMemoryBlock`, the address of a pointer to a `_PHYSICAL_MEMORY_DESCRIPTOR`.
const MM_PHYSICAL_MEMORY_BLOCK: usize = 0x270;
const MM_PFN_DATABASE: usize = 0xC0;
/// Fields with offsets in `_KPRCB`: the context of a frozen processor, and the pointer to the
/// context that debuggers read.
const OFFSET_PRCB_FROZEN_CONTEXT: usize = 0x2BC;
const OFFSET_PRCB_CONTEXT: usize = 0x338;
/// Fields with sizes of structures.
const SIZES: [(&str, usize); 3] = [("_EPROCESS", 0x2A8), ("_KPRCB", 0x2B0), ("_ETHREAD", 0x2C0)];

/// The fields of the block; zero is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DebuggerData {
    /// Base of the kernel's image.
    pub kernel_base: Option<u64>,
    /// Head of the loaded-module list.
    pub loaded_modules: Option<u64>,
    /// Head of the process list.
    pub active_processes: Option<u64>,
    /// Array of PRCB addresses.
    pub processor_block: Option<u64>,
    /// The stop code and its parameters.
    pub bugcheck_data: Option<u64>,
    /// Address of a pointer to the runs of physical memory.
    pub physical_memory: Option<u64>,
    /// Address of `MmPfnDatabase`.
    pub pfn_database: Option<u64>,
    /// Address of the number of pages of physical memory.
    pub physical_pages: Option<u64>,
    /// Address of the text that names the build.
    pub build_lab: Option<u64>,
    /// Offset in `_KPRCB` of the context that a frozen processor saved.
    pub frozen_context: Option<u64>,
    /// Offset in `_KPRCB` of the pointer to the context that debuggers read.
    pub context_pointer: Option<u64>,
    /// Sizes of structures in bytes, which differ between builds.
    pub sizes: Vec<(&'static str, u64)>,
}

impl DebuggerData {
    /// Reads the block's bytes; `None` if they are not a block, or encoded.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = Bytes(bytes);
        if bytes.slice(TAG_OFFSET, 4)? != TAG {
            return None;
        }
        let pointer = |offset| bytes.u64(offset).filter(|&value| is_kernel_address(value));
        let offset = |at| bytes.u16(at).filter(|&value| value != 0).map(u64::from);
        Some(Self {
            kernel_base: pointer(offset_of!(KdDebuggerData64, kern_base)),
            loaded_modules: pointer(offset_of!(KdDebuggerData64, ps_loaded_module_list)),
            active_processes: pointer(offset_of!(KdDebuggerData64, ps_active_process_head)),
            processor_block: pointer(KI_PROCESSOR_BLOCK),
            bugcheck_data: pointer(offset_of!(KdDebuggerData64, ki_bugcheck_data)),
            physical_memory: pointer(MM_PHYSICAL_MEMORY_BLOCK),
            pfn_database: pointer(MM_PFN_DATABASE),
            physical_pages: pointer(MM_NUMBER_OF_PHYSICAL_PAGES),
            build_lab: pointer(NT_BUILD_LAB),
            frozen_context: offset(OFFSET_PRCB_FROZEN_CONTEXT),
            context_pointer: offset(OFFSET_PRCB_CONTEXT),
            sizes: SIZES
                .iter()
                .filter_map(|&(name, at)| Some((name, u64::from(bytes.u16(at)?))))
                .filter(|&(_, size)| size != 0)
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_those_of_wdbgexts() {
        assert_eq!(offset_of!(KdDebuggerData64, kern_base), 0x18);
        assert_eq!(offset_of!(KdDebuggerData64, ps_loaded_module_list), 0x48);
        assert_eq!(offset_of!(KdDebuggerData64, ki_bugcheck_data), 0x88);
    }
}
