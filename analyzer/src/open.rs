//! From an open dump to a target: finds the kernel and the loaded modules.

use std::path::Path;

use crate::dump::{DumpFile, DumpHeader, DumpKind, Machine, Memory, Triage};
use crate::error::AnalyzeError;
use crate::locate;
use crate::modules::{
    Entry, EntryLayout, Image, ListEnd, Listed, Module, Modules, Unloaded, find_kernel_image,
    walk_loaded_modules,
};
use crate::nt::{DataBlock, DebuggerData, Nt};
use crate::symbols::{KernelTraces, SymbolIndex, SymbolPath};
use crate::target::{Minidump, Target};
use crate::verdict::Unknown;

/// An opened target, with what could not be read.
pub(crate) struct Opened<'d> {
    pub target: Target<'d>,
    pub debugger: Option<DebuggerData>,
    pub unknown: Vec<Unknown>,
    /// Why the dump's memory is not read, if so.
    pub unread: Option<&'static str>,
}

/// Opens a dump and passes the target to `read`. Everything that reads a dump uses this.
///
/// # Errors
/// If the file cannot be analyzed at all.
pub(crate) fn with_target<R>(
    dump: &Path,
    symbols: &SymbolPath,
    read: impl FnOnce(Opened<'_>, &DumpHeader) -> R,
) -> Result<R, AnalyzeError> {
    let file = match DumpFile::open(dump) {
        Err(error @ AnalyzeError::NotADump { .. }) => locate::open(dump, symbols, error)?,
        opened => opened?,
    };
    let memory = file.memory();
    let mut opened = match (file.unread(), file.triage()) {
        (_, Some(triage)) => open_minidump(&*memory, &file.header, triage, symbols),
        (Some(_), None) => Opened {
            target: Target::new(
                &*memory,
                Modules::default(),
                SymbolIndex::new(symbols.clone()),
            ),
            debugger: None,
            unknown: Vec::new(),
            unread: None,
        },
        (None, None) => open_target(&*memory, &file.header, symbols),
    };
    opened.unread = file.unread();
    opened.target.secondary = file.secondary();
    if let Some(why) = opened.unread {
        let what = match file.header.kind {
            DumpKind::Triage => "stacks, threads and all else but the lists of drivers",
            _ => "stacks, modules and all else but the header",
        };
        opened.note(what, why.to_owned());
    }
    Ok(read(opened, &file.header))
}

impl Opened<'_> {
    fn note(&mut self, what: &str, why: String) {
        let what = what.to_owned();
        self.unknown.push(Unknown { what, why });
    }
}

/// A minidump has its own lists of drivers; its memory does not hold the kernel's.
fn open_minidump<'d>(
    memory: &'d dyn Memory,
    header: &DumpHeader,
    triage: &'d Triage,
    symbols: &SymbolPath,
) -> Opened<'d> {
    let debugger = DataBlock::read(memory, header).and_then(|block| block.data());
    let kernel_base = debugger.as_ref().and_then(|data| data.kernel_base);
    let modules = triage.drivers.iter().map(|driver| {
        let entry = Entry {
            base: driver.base,
            size: driver.size,
            name: driver.name.clone(),
            listed: driver.listed.clone(),
        };
        Module::new(entry, kernel_base)
    });
    let modules = Modules::new(modules.collect());
    let minidump = Minidump {
        processor: triage.blocks.processor,
        prcb: triage.blocks.prcb.map(|block| block.address),
        thread: triage.blocks.thread.map(|block| block.address),
        process: triage.blocks.process.map(|block| block.address),
        stack: triage.stack,
        unloaded: triage
            .unloaded
            .iter()
            .map(|driver| Unloaded {
                name: driver.name.clone(),
                start: driver.start,
                end: driver.end,
            })
            .collect(),
        broken_driver: triage.broken_driver.clone(),
    };
    let target = Target::new(memory, modules, SymbolIndex::new(symbols.clone()));
    let traces = kernel_traces(header, debugger.as_ref(), kernel_base);
    target.symbols.describe_kernel(traces);
    let mut opened = Opened {
        target: target.with_minidump(minidump),
        debugger,
        unknown: triage.gaps.clone(),
        unread: None,
    };
    if header.machine == Machine::X64 {
        if opened.debugger.is_none() {
            let why = "it is not in the minidump, or damaged".to_owned();
            opened.note("the kernel debugger data block", why);
        }
        opened.note(
            "threads that were not running, and their stacks",
            "a minidump does not hold them".to_owned(),
        );
    }
    opened
}

/// Finds the kernel, then the modules.
///
/// The list is walked twice if possible: first with the layout that x64 versions share, to find the
/// kernel and its PDB, then with the layout of this PDB.
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
    let mut debugger = DataBlock::read(memory, header).and_then(|block| block.data());
    let kernel_base = debugger
        .as_ref()
        .and_then(|data| data.kernel_base)
        .or(header.kernel_base)
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
        let listed = |base| entries.iter().any(|entry: &Entry| entry.base == base);
        let unlisted = kernel_base.filter(|&base| !listed(base));
        let modules = (entries.iter().cloned())
            .chain(unlisted.and_then(|base| unlisted_kernel(memory, base)))
            .map(|entry| Module::new(entry, kernel_base));
        (Modules::new(modules.collect()), end)
    };
    let (modules, mut end) = walk(EntryLayout::common());
    let mut target = Target::new(memory, modules, SymbolIndex::new(symbols.clone()));
    target
        .symbols
        .describe_kernel(kernel_traces(header, debugger.as_ref(), kernel_base));
    let layout = layout_from_symbols(&target);
    if let Some(layout) = layout.filter(|&layout| layout != EntryLayout::common()) {
        let (modules, new_end) = walk(layout);
        end = new_end;
        target = Target::new(memory, modules, target.symbols);
    }
    if debugger.is_none() {
        match DataBlock::decode(&target, header.kd_debugger_data) {
            Ok(block) => debugger = block.data(),
            Err(why) => note("the kernel debugger data block", why),
        }
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
        unread: None,
    }
}

/// The kernel, if the list does not have it.
fn unlisted_kernel(memory: &dyn Memory, base: u64) -> Option<Entry> {
    let image = Image::read(memory, base).ok()?;
    Some(Entry {
        base,
        size: image.size.into(),
        name: "ntoskrnl.exe".to_owned(),
        listed: Listed::default(),
    })
}

/// Addresses of some kernel symbols from the header, for kernels whose debug directory is not in
/// the dump.
fn kernel_traces(
    header: &DumpHeader,
    debugger: Option<&DebuggerData>,
    kernel_base: Option<u64>,
) -> KernelTraces {
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
        sizes: debugger.map_or_else(Vec::new, |data| data.sizes.clone()),
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
        path: nt.offset(ENTRY, "FullDllName").ok()?,
        checksum: nt.offset(ENTRY, "CheckSum").ok()?,
    })
}
