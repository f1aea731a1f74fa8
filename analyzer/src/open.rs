//! From an open dump to a target: finds the kernel and the loaded modules.

use std::path::Path;

use crate::dump::{AddressSpace, DumpFile, DumpHeader, Memory};
use crate::error::AnalyzeError;
use crate::modules::{
    EntryLayout, ListEnd, Module, Modules, find_kernel_image, walk_loaded_modules,
};
use crate::nt::{DebuggerData, Nt};
use crate::symbols::{KernelTraces, SymbolIndex, SymbolPath};
use crate::target::Target;
use crate::verdict::Unknown;

/// A target and what was in the way.
pub(crate) struct Opened<'d> {
    pub target: Target<'d>,
    pub debugger: Option<DebuggerData>,
    pub unknown: Vec<Unknown>,
}

/// Opens a dump and hands the target to `read`: the way in for everything that looks at a dump.
///
/// # Errors
/// Only where the file as a whole is of no use.
pub(crate) fn with_target<R>(
    dump: &Path,
    symbols: &SymbolPath,
    read: impl FnOnce(Opened<'_>, &DumpHeader) -> R,
) -> Result<R, AnalyzeError> {
    let file = DumpFile::open(dump)?;
    let memory = AddressSpace::new(&file, file.header.directory_table_base);
    Ok(read(
        open_target(&memory, &file.header, symbols),
        &file.header,
    ))
}

/// Finds the kernel, then the modules.
///
/// The list is walked twice where possible: first with the layout that x64 versions share, to know
/// the kernel and its PDB, then with the layout that this PDB gives.
pub(crate) fn open_target<'d>(
    memory: &'d dyn Memory,
    header: &DumpHeader,
    symbols: &SymbolPath,
) -> Opened<'d> {
    let mut unknown = Vec::new();
    let mut note = |what: &str, why: String| {
        let what = what.to_owned();
        unknown.push(Unknown { what, why });
    };
    let debugger = DebuggerData::read(memory, header);
    if debugger.is_none() {
        note(
            "the kernel debugger data block",
            "it is not at the header's address, or still encoded".to_owned(),
        );
    }
    let kernel_base = debugger
        .as_ref()
        .and_then(|data| data.kernel_base)
        .or_else(|| find_kernel_image(memory, header.context.rip));
    let head = match header.loaded_module_list {
        0 => debugger
            .as_ref()
            .and_then(|data| data.loaded_modules)
            .unwrap_or(0),
        head => head,
    };
    let walk = |layout| {
        let (entries, end) = walk_loaded_modules(memory, head, layout);
        let modules = entries
            .into_iter()
            .map(|entry| Module::new(entry, kernel_base));
        (Modules::new(modules.collect()), end)
    };
    let (modules, mut end) = walk(EntryLayout::common());
    let mut target = Target::new(memory, modules, SymbolIndex::new(symbols.clone()));
    target
        .symbols
        .describe_kernel(kernel_traces(header, kernel_base));
    let layout = layout_from_symbols(&target);
    if let Some(layout) = layout.filter(|&layout| layout != EntryLayout::common()) {
        let (modules, new_end) = walk(layout);
        end = new_end;
        target = Target::new(memory, modules, target.symbols);
    }
    match end {
        ListEnd::Complete => {}
        ListEnd::Loops => note("some loaded modules", "the module list loops".to_owned()),
        ListEnd::Unreadable(error) => {
            note(
                "some loaded modules",
                format!("the module list breaks off: {error}"),
            );
        }
    }
    if target.modules.kernel().is_none() {
        note(
            "the kernel's image",
            "no loaded module is the kernel".to_owned(),
        );
    }
    Opened {
        target,
        debugger,
        unknown,
    }
}

/// Where some of the kernel's symbols are by the header, for images whose debug directory is not
/// in the dump.
fn kernel_traces(header: &DumpHeader, kernel_base: Option<u64>) -> KernelTraces {
    let known = [
        ("KdDebuggerDataBlock", header.kd_debugger_data),
        ("PsLoadedModuleList", header.loaded_module_list),
        ("PsActiveProcessHead", header.active_process_head),
    ];
    let positions = known.into_iter().filter_map(|(name, address)| {
        let offset = address.checked_sub(kernel_base?)?;
        Some((name, offset))
    });
    KernelTraces {
        positions: positions.collect(),
        sizes: Vec::new(),
    }
}

fn layout_from_symbols(target: &Target<'_>) -> Option<EntryLayout> {
    const ENTRY: &str = "_KLDR_DATA_TABLE_ENTRY";
    let nt = Nt::new(target);
    Some(EntryLayout {
        links: nt.offset(ENTRY, "InLoadOrderLinks").ok()?,
        base: nt.offset(ENTRY, "DllBase").ok()?,
        size: nt.offset(ENTRY, "SizeOfImage").ok()?,
        name: nt.offset(ENTRY, "BaseDllName").ok()?,
    })
}
