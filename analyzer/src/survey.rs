//! Surveys a running system from a copy of its memory: whether its DPC watchdog would stop it, and
//! which symbols are available.
//!

use std::path::PathBuf;

use crate::dump::{DumpHeader, MemoryExt};
use crate::modules::Module;
use crate::nt::{Nt, NtError, processors};
use crate::open::Opened;
use crate::symbols::{SymbolIndex, SymbolPath};
use crate::target::Target;
use crate::verdict::Unknown;

const PRCB: &str = "_KPRCB";

/// The configuration of a running system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survey {
    /// The Windows build number.
    pub build: u32,
    /// Whether the DPC watchdog would stop the system.
    pub dpc_watchdog: DpcWatchdog,
    /// Loaded modules, by address, with their symbols.
    pub modules: Vec<ModuleSymbols>,
    /// What could not be read.
    pub unknown: Vec<Unknown>,
}

/// Whether the DPC watchdog (stop 0x133) would stop the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DpcWatchdog {
    /// It is armed.
    Armed {
        /// Limit of a single DPC in clock ticks, the minimum of all processors; `None`: no limit.
        dpc_ticks: Option<u64>,
        /// Limit of the time at DISPATCH_LEVEL or above in clock ticks; `None`: no limit.
        dispatch_ticks: Option<u64>,
    },
    /// It is not armed.
    NotArmed { why: String },
    /// Its state cannot be read.
    Unknown { why: String },
}

/// A loaded module and its symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleSymbols {
    /// File name.
    pub module: String,
    /// Whether it is the kernel.
    pub is_kernel: bool,
    /// The PDB's name, GUID and age, as its image names them.
    pub pdb: Option<String>,
    /// The file with the symbols, else what is missing and where to get it.
    pub symbols: Result<PathBuf, String>,
}

/// Surveys a system. The kernel's symbols are searched everywhere, those of other modules only on
/// this machine: a Windows system loads about two hundred.
pub(crate) fn survey(opened: Opened<'_>, header: &DumpHeader, symbols: &SymbolPath) -> Survey {
    let Opened {
        target, unknown, ..
    } = opened;
    let kernel = target.modules.kernel();
    let missing = |kernel: &Module| kernel.missing_symbols().map(|missing| missing.why.clone());
    // First, because it loads the kernel's symbols.
    let dpc_watchdog = match dpc_watchdog(&target, header) {
        Ok(watchdog) => watchdog,
        Err(error) => DpcWatchdog::Unknown {
            why: match kernel.map(missing) {
                None => "no loaded module is the kernel".to_owned(),
                Some(None) => error.to_string(),
                Some(Some(why)) => format!("no symbols of the kernel: {why}"),
            },
        },
    };
    let here = SymbolIndex::new(symbols.clone().without_fetch());
    let modules = target.modules.iter();
    let modules = modules.map(|module| symbols_of(&target, module, &here));
    Survey {
        build: header.build,
        modules: modules.collect(),
        dpc_watchdog,
        unknown,
    }
}

/// The watchdog raises a stop only if `KeEnableWatchdogTimeout` is set, which the kernel does at
/// boot if it detects no hypervisor. A limit of 0 disables that limit
/// (`KDPC_WATCHDOG_INFORMATION`). An attached debugger gets control instead of a stop.
fn dpc_watchdog(target: &Target<'_>, header: &DumpHeader) -> Result<DpcWatchdog, NtError> {
    let nt = Nt::new(target);
    let flag = |name| Ok::<_, NtError>(target.memory.read_uint(nt.global(name)?, 1)? != 0);
    let not_armed = |why: &str| DpcWatchdog::NotArmed { why: why.into() };
    if !flag("KeEnableWatchdogTimeout")? {
        return Ok(not_armed("nt!KeEnableWatchdogTimeout is 0"));
    }
    let debugged = |present: bool| present && flag("KdDebuggerNotPresent").is_ok_and(|not| !not);
    if debugged(flag("KdDebuggerEnabled").unwrap_or(false)) {
        return Ok(not_armed("a kernel debugger is attached"));
    }
    let (processors, _) = processors(&nt, None, header.processors)?;
    let mut limits = Vec::new();
    for processor in &processors {
        let read = |field| nt.read(PRCB, field, processor.prcb);
        let dpc = read("DpcTimeLimitTicks").or_else(|_| read("DpcTimeLimit"))?;
        let dispatch = read("DpcWatchdogPeriodTicks").or_else(|_| read("DpcWatchdogPeriod"))?;
        limits.push((dpc, dispatch));
    }
    // If it is off on one processor, it counts as off.
    let least = |limit: fn(&(u64, u64)) -> u64| limits.iter().map(limit).min().filter(|&n| n > 0);
    Ok(match (least(|limit| limit.0), least(|limit| limit.1)) {
        (None, None) => not_armed("its limits are 0"),
        (dpc_ticks, dispatch_ticks) => DpcWatchdog::Armed {
            dpc_ticks,
            dispatch_ticks,
        },
    })
}

fn symbols_of(target: &Target<'_>, module: &Module, here: &SymbolIndex) -> ModuleSymbols {
    let id = match module.image(target.memory) {
        Ok(image) => image.pdb.clone(),
        Err(error) => Err(format!("its headers cannot be read: {error}")),
    };
    let found = match module.is_kernel {
        true => match module.symbols(target.memory, &target.symbols) {
            Some(symbols) => Ok(symbols.path().to_owned()),
            None => Err(module
                .missing_symbols()
                .map_or_else(String::new, |missing| missing.why.clone())),
        },
        false => (id.as_ref().map_err(String::clone))
            .and_then(|id| here.find(id))
            .map(|table| table.path().to_owned()),
    };
    ModuleSymbols {
        module: module.name.clone(),
        is_kernel: module.is_kernel,
        pdb: id.ok().map(|id| id.to_string()),
        symbols: found,
    }
}
