//! Finds the kernel by its image. Needed if the debugger data block is encoded.

use super::finder::{DebuggerBlock, block_of};
use crate::dump::{AddressSpace, Memory, MemoryExt, Physical, Runs};
use crate::modules::{Entry, Image, Listed, Module, Modules};
use crate::nt::DataBlock;
use crate::symbols::{SymbolIndex, SymbolPath, is_kernel_pdb};
use crate::target::Target;

/// Windows loads its kernel into the 512 GiB that start here.
const KERNELS: u64 = 0xFFFF_F800_0000_0000;
/// Maximum number of mapped pages to read, over all address spaces: 16 GiB. Page tables with cycles
/// map without end.
const MAX_PAGES: usize = 4 << 20;
/// Maximum number of pages that look like the start of an image.
const MAX_IMAGES: usize = 1 << 14;
/// The system's page-table roots lie low in memory.
const ROOTS_BELOW: u64 = 1 << 30;
/// Maximum number of address spaces to try.
const MAX_ROOTS: usize = 64;
const PAGE: u64 = 0x1000;

/// Where the kernel's image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kernel {
    pub base: u64,
    pub size: u32,
}

/// The remaining search budget.
struct SearchBudget {
    pages: usize,
    images: usize,
}

impl SearchBudget {
    fn new() -> Self {
        Self {
            pages: MAX_PAGES,
            images: MAX_IMAGES,
        }
    }
}

/// The kernel's image in an address space, recognised by the name of its PDB.
pub(super) fn find(memory: &dyn Memory) -> Option<Kernel> {
    find_within(memory, &mut SearchBudget::new())
}

fn find_within(memory: &dyn Memory, left: &mut SearchBudget) -> Option<Kernel> {
    let mut found = None;
    memory.visit_pages(KERNELS, &mut |page| {
        if left.pages == 0 || left.images == 0 {
            return false;
        }
        left.pages -= 1;
        let starts_image = memory.read_vec(page, 2).is_ok_and(|bytes| bytes == b"MZ");
        left.images -= usize::from(starts_image);
        if starts_image
            && let Ok(image) = Image::read(memory, page)
            && image.pdb.is_ok_and(|pdb| is_kernel_pdb(&pdb.name))
        {
            found = Some(Kernel {
                base: page,
                size: image.size,
            });
        }
        found.is_none()
    });
    found
}

/// The kernel and the page-table root that maps it: one of `known`, else a page with a self-map
/// entry, as Windows' roots have.
pub(super) fn find_with_root(runs: &Runs, known: &[u64]) -> Option<(Kernel, u64)> {
    let mut left = SearchBudget::new();
    let mut try_root = |root: u64| {
        let found = find_within(&AddressSpace::new(runs, root), &mut left)?;
        Some((found, root))
    };
    if let Some(found) = known.iter().find_map(|&root| try_root(root)) {
        return Some(found);
    }
    let pages = runs.segments.iter().flat_map(|segment| {
        let first = segment.start.next_multiple_of(PAGE);
        let end = segment.start.saturating_add(segment.len).min(ROOTS_BELOW);
        (first..end).step_by(PAGE as usize)
    });
    pages
        .filter(|&page| maps_itself(runs, page))
        .take(MAX_ROOTS)
        .find_map(try_root)
}

/// Whether one of the entries for the kernel's half maps the page itself.
fn maps_itself(runs: &Runs, page: u64) -> bool {
    const ADDRESS: u64 = 0x000F_FFFF_FFFF_F000;
    let mut half = [0; 0x800];
    runs.read_physical(page + 0x800, &mut half)
        && half.as_chunks().0.iter().any(|bytes| {
            let entry = u64::from_le_bytes(*bytes);
            entry & 1 != 0 && entry & ADDRESS == page
        })
}

impl Kernel {
    /// The debugger data block, decoded if needed, with its address. What it does not state comes
    /// from the kernel's symbols, else from its exports.
    pub(super) fn debugger_block(
        self,
        memory: &dyn Memory,
        symbols: &SymbolPath,
    ) -> (DebuggerBlock, Option<u64>) {
        let target = self.target(memory, symbols);
        let address = target.kernel_global("KdDebuggerDataBlock");
        let decoded = address.and_then(|at| DataBlock::decode(&target, at).ok());
        let block = decoded.and_then(|block| block_of(&block.bytes, 0));
        let block = block.unwrap_or_else(|| {
            let at = |name: &str| self.address(&target, name).unwrap_or(0);
            DebuggerBlock {
                pa: 0,
                kernel_base: self.base,
                loaded_modules: at("PsLoadedModuleList"),
                active_processes: at("PsActiveProcessHead"),
                bugcheck_data: at("KiBugcheckData"),
                build_lab: at("NtBuildLab"),
            }
        });
        (block, address)
    }

    /// A target of which only the kernel is known.
    pub(super) fn target<'m>(self, memory: &'m dyn Memory, symbols: &SymbolPath) -> Target<'m> {
        let entry = Entry {
            base: self.base,
            size: self.size.into(),
            name: "ntoskrnl.exe".to_owned(),
            listed: Listed::default(),
        };
        let modules = Modules::new(vec![Module::new(entry, Some(self.base))]);
        Target::new(memory, modules, SymbolIndex::new(symbols.clone()))
    }

    fn address(self, target: &Target<'_>, name: &str) -> Option<u64> {
        target.kernel_global(name).or_else(|| {
            let exports = target.modules.kernel()?.exports(target.memory);
            let (&rva, _) = exports.iter().find(|(_, export)| *export == name)?;
            self.base.checked_add(rva.into())
        })
    }
}
