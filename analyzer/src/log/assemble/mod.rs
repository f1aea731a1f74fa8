//! What the readers found → facts. What the log does not show stays empty.

mod code;
pub(super) mod crashes;
mod died;
mod extensions;
mod faulting;
mod implied;
mod inferred;
mod inventory;
mod irps;
mod join;
mod power;
mod proof;
mod stacks;
mod stop;
mod verifier;
mod waits;

use std::collections::HashMap;

use self::crashes::Crash;
use crate::facts::{Coverage, Facts, Fault, Place, PoolBlock, StackFacts, Violator, WatchdogFacts};
use crate::log::read::Transcript;
use crate::log::text::names;
use crate::log::text::symbol::stem;
use crate::modules::Unloaded;
use crate::nt::Device;
use crate::stop::{Parameter, Role, Stop};
use crate::target::Symbol;

/// What facts are assembled from.
pub(super) struct LogContext<'t> {
    pub transcript: &'t Transcript,
    /// The stop, with the parameters that the text states.
    pub bugcheck: Stop,
    /// Image names by the modules' names in symbols.
    pub images: HashMap<String, String>,
}

impl LogContext<'_> {
    /// A parameter, if it is stated.
    pub(super) fn parameter(&self, index: usize) -> Option<u64> {
        self.bugcheck.parameter(index)
    }

    /// Image of the driver that the object manager knows by this name.
    pub(super) fn driver(&self, name: &str) -> String {
        names::file(stem(name), &self.images)
    }

    /// The symbol of an address, from the stacks and the list of modules.
    fn place(&self, address: u64, stacks: &[StackFacts], unloaded: &[Unloaded]) -> Place {
        let frames = stacks.iter().flat_map(|stack| &stack.frames);
        let seen = frames
            .filter(|frame| frame.address == Some(address))
            .find(|frame| frame.symbol.module.is_some());
        let near = || {
            let (raw, start) = self.transcript.near.at(address)?;
            let mut symbol = names::symbol(&raw, &self.images);
            symbol.function_start = Some(start);
            Some(symbol)
        };
        let module = || {
            let module = self.transcript.modules.at(address)?;
            Some(Symbol {
                module: Some(names::file(&module.name, &self.images)),
                module_symbol: Some(module.name.clone()),
                in_kernel: names::is_kernel(&module.name),
                offset: Some(address - module.start),
                ..Symbol::default()
            })
        };
        let gone = unloaded
            .iter()
            .any(|one| (one.start..one.end).contains(&address));
        let seen = seen.filter(|_| !gone);
        // The faulting instruction, if subtracting its offset gives the start of an image.
        let faulting = || {
            let analysis = &self.transcript.analysis;
            let faulting = analysis.faulting.as_ref()?;
            let start = address.checked_sub(faulting.offset)?;
            let is_start = faulting.function.is_none() && start != 0 && start % 0x1000 == 0;
            is_start.then(|| names::symbol(faulting, &self.images))
        };
        let symbol = seen
            .map(|frame| frame.symbol.clone())
            .or_else(near)
            .or_else(module)
            .or_else(faulting);
        Place {
            address,
            symbol: symbol.unwrap_or_default(),
        }
    }
}

/// The facts of a crash.
pub(super) fn facts(crash: &Crash) -> Facts {
    let stated = crash.stop.as_ref();
    let log = LogContext {
        transcript: &crash.transcript,
        bugcheck: Stop {
            code: stated.and_then(|stop| stop.code).unwrap_or(0),
            parameters: stated
                .map_or([None; 4], |stop| stop.parameters)
                .map(Parameter::from),
        },
        images: images(&crash.transcript),
    };
    let (mut all, crash_stack) = stacks::stacks(&log, stated.is_some());
    let unloaded = unloaded(&log);
    faulting::insert(&log, &mut all, &unloaded);
    stop::mark_interrupted(&log, &mut all);
    let exception = stop::exception(&log);
    let fault = stop::fault(&log, exception.as_ref(), &all);
    let operand = stop::operand(&log, fault.as_ref(), exception.as_ref());
    let copying = stop::copying(&log, fault.as_ref());
    let waits = waits::waits(&log, &all);
    let resources = waits::resources(&log);
    let blamed: Vec<_> = (0..4)
        .map(|index| {
            named(&log, index)
                .unwrap_or_else(|| log.place(log.parameter(index).unwrap_or(0), &all, &unloaded))
        })
        .collect();
    let proof = proof::proof(&log, fault.as_ref(), |address| {
        log.place(address, &all, &unloaded)
    });
    let leftover = verifier::leftover(&log, &blamed);
    let mut spinning = waits::spinning(&log, &all);
    let object = stop::object(&all);
    let irps = irps::irps(&log, &all);
    let functions = code::functions(&log);
    let thread = extensions::crash_thread(&log, &all);
    code::name_locks(&functions, &all, &mut spinning);
    let analysis = &crash.transcript.analysis;
    // The output of !analyze is of a stop, even if the stop itself was cut off.
    let has_stop = stated.is_some_and(|stop| stop.code.is_some() || stop.parameters[0].is_some())
        || analysis.blamed.is_some();
    Facts {
        shows: Coverage::log(has_stop, crash_stack),
        bugcheck: log.bugcheck,
        crash_processor: all
            .first()
            .filter(|stack| stack.is_crash())
            .and_then(|s| s.processor),
        watchdog: watchdog(&log, &all),
        code: code::code(&functions, &all),
        leaks: code::leaks(&functions),
        requesters: code::requesters(&functions),
        mutexes: extensions::mutexes(&log, thread),
        irqls: verifier::irqls(&log, thread),
        pool: verifier::pool(&log, fault.as_ref()),
        block: block(&log, fault.as_ref()),
        device: device(&log),
        died: died::died(&log),
        unloaded,
        analyzed: analyzed(&log),
        bucket: analysis.keys.get("FAILURE_BUCKET_ID").cloned(),
        said: crash.transcript.said.of(log.bugcheck.code),
        verifier_rule: analysis.rule.clone(),
        hardware: crash.transcript.hardware.statements.clone(),
        forced: forced(&log, &all),
        machine: inventory::machine(&log),
        drivers: inventory::drivers(&log),
        lock_waits: waits::lock_waits(&log, &all),
        power_threads: waits::power_threads(&all),
        stacks: all,
        proof,
        exception,
        fault,
        operand,
        copying,
        waits,
        resources,
        blamed,
        spinning,
        object,
        irps,
        power_stack: power::power_stack(&log),
        leftover,
        ..Facts::default()
    }
}

/// The driver whose name a parameter points to, or whose IRP has the parameter as its MDL.
fn named(log: &LogContext<'_>, index: usize) -> Option<Place> {
    let address = log.parameter(index).filter(|&address| address != 0)?;
    let image = log.transcript.memory.at(address);
    let image = image.and_then(|text| {
        let image = text.rsplit('\\').next()?;
        let is_driver = image.to_lowercase().ends_with(".sys");
        is_driver.then(|| image.to_owned())
    });
    let holder = || {
        let irps = &log.transcript.irps.found;
        let irp = irps.iter().find(|irp| irp.mdl == Some(address))?;
        let current = irp.locations.iter().find(|location| location.current)?;
        Some(log.driver(current.driver.as_deref()?))
    };
    let module = image.or_else(holder)?;
    Some(Place {
        address,
        symbol: Symbol {
            in_kernel: names::is_kernel(stem(&module)),
            module: Some(module),
            ..Symbol::default()
        },
    })
}

/// Image names from `lm` and `!analyze`.
fn images(transcript: &Transcript) -> HashMap<String, String> {
    let mut images = transcript.modules.images.clone();
    let analysis = &transcript.analysis;
    if let (Some(module), Some(image)) = (analysis.keys.get("MODULE_NAME"), &analysis.image)
        && image.contains('.')
        && !image.starts_with("Unknown")
        // !analyze may name the enumerator's image, not that of the module on the stack.
        && image.to_lowercase().starts_with(&module.to_lowercase())
    {
        images
            .entry(module.to_lowercase())
            .or_insert_with(|| image.clone());
    }
    images
}

fn analyzed(log: &LogContext<'_>) -> Option<Place> {
    let analysis = &log.transcript.analysis;
    let symbol = match &analysis.blamed {
        Some(blamed) => names::symbol(blamed, &log.images),
        // Without a module name, the faulting instruction that it shows.
        None if !analysis.keys.contains_key("MODULE_NAME")
            && analysis.image.is_none()
            && analysis.faulting.is_some() =>
        {
            names::symbol(analysis.faulting.as_ref()?, &log.images)
        }
        None => {
            let module = analysis.module()?;
            Symbol {
                module: Some(names::file(module, &log.images)),
                module_symbol: Some(module.to_owned()),
                in_kernel: names::is_kernel(module),
                ..Symbol::default()
            }
        }
    };
    Some(Place { address: 0, symbol })
}

/// Why the crash is known to have been forced: a tool for this raised it.
fn forced(log: &LogContext<'_>, stacks: &[StackFacts]) -> Option<String> {
    const TOOLS: &[&str] = &["myfault", "notmyfault", "crashondemand"];
    const FUNCTIONS: &[&str] = &[
        "I8xProcessCrashDump",
        "KbdHidProcessCrashDump",
        "KbdHid_InsertCodesIntoQueue",
        "HvlCrashdump",
    ];
    if let Some(note) = &log.transcript.machine.forced {
        return Some(note.clone());
    }
    let crash = stacks.first().filter(|stack| stack.is_crash())?;
    let raised = crash
        .first_driver(0)
        .map(|index| &crash.frames[index].symbol)?;
    let module = raised.module_symbol.as_deref().unwrap_or("").to_lowercase();
    let function = raised.function.as_deref().unwrap_or("");
    let by_tool = TOOLS.contains(&module.as_str()) || FUNCTIONS.contains(&function);
    by_tool.then(|| format!("{module}, a tool that crashes the system on demand, raised it"))
}

/// The watchdog's counters from `dt nt!_KPRCB`, else from `!dpcwatchdog`. The running DPC comes
/// from `!dpcwatchdog`.
fn watchdog(log: &LogContext<'_>, stacks: &[StackFacts]) -> Option<WatchdogFacts> {
    let structure = log
        .transcript
        .structures
        .of("_KPRCB")
        .filter(|structure| structure.text("DpcWatchdogCount").is_some())
        .last();
    let processor = extensions::crash_processor(log, stacks);
    let all = log.transcript.dpcs.watchdogs.iter().rev();
    let shown = all
        .filter(|one| Some(one.processor) == processor)
        .find(|one| one.active.is_some());
    let routine = shown.and_then(|shown| {
        let named = names::symbol(shown.routine.as_ref()?, &log.images);
        // The debugger writes only a name; the stack gives the address.
        let frames = &stacks.first()?.frames;
        let same = |symbol: &Symbol| {
            (&symbol.module, &symbol.function) == (&named.module, &named.function)
        };
        let frame = frames.iter().find(|frame| same(&frame.symbol))?;
        let address = frame.symbol.function_start?;
        Some(Place {
            address,
            symbol: named,
        })
    });
    let Some(structure) = structure else {
        let shown = shown.filter(|one| one.dispatch_ticks.is_some())?;
        return Some(WatchdogFacts {
            dpc_active: shown.active,
            dpc_ticks: shown.dpc_ticks,
            dispatch_ticks: shown.dispatch_ticks,
            routine,
            ..WatchdogFacts::default()
        });
    };
    let pair = |count: &str, limits: [&str; 2]| {
        let limit = limits.iter().find_map(|limit| structure.value(limit))?;
        Some((structure.value(count)?, limit))
    };
    Some(WatchdogFacts {
        prcb: structure.address,
        dpc_active: structure
            .value("DpcRoutineActive")
            .map(|active| active != 0),
        dpc_ticks: pair("DpcTimeCount", ["DpcTimeLimitTicks", "DpcTimeLimit"]),
        dispatch_ticks: pair(
            "DpcWatchdogCount",
            ["DpcWatchdogPeriodTicks", "DpcWatchdogPeriod"],
        ),
        routine,
        ..WatchdogFacts::default()
    })
}

/// The pool block that the stop names, or in which the fault lies. Blocks that the log shows for
/// other reasons are not about the stop.
fn block(log: &LogContext<'_>, fault: Option<&Fault>) -> Option<PoolBlock> {
    let of_stop = [Role::PoolAddress, Role::PoolBlock]
        .into_iter()
        .find_map(|role| log.bugcheck.by_role(role));
    let blocks = &log.transcript.poolblock;
    let address = fault.map(|fault| fault.address);
    address
        .into_iter()
        .chain(of_stop)
        .find_map(|address| blocks.at(address))
        .cloned()
}

/// The device that the stop names, if the log shows its driver.
fn device(log: &LogContext<'_>) -> Option<Violator> {
    let address = log.parameter(log.bugcheck.violator()?)?;
    let driver = log.transcript.irps.drivers.get(&address)?;
    Some(Violator {
        device: Device {
            address,
            driver_object: log.transcript.devices.object_of(driver).unwrap_or(0),
            driver: log.driver(driver),
        },
        routines: routines(log, driver),
    })
}

/// The routines that a driver registered, each once.
fn routines(log: &LogContext<'_>, driver: &str) -> Vec<(Place, String)> {
    let mut found: Vec<(Place, String)> = Vec::new();
    let all = log.transcript.devices.routines.iter();
    for routine in all.filter(|routine| routine.driver.eq_ignore_ascii_case(driver)) {
        if found
            .iter()
            .all(|(place, _)| place.address != routine.address)
        {
            found.push((extensions::place(log, routine), routine.name.clone()));
        }
    }
    found
}

/// Unloaded drivers: from the debugger's list, and from symbols.
fn unloaded(log: &LogContext<'_>) -> Vec<Unloaded> {
    let mut found = log.transcript.modules.unloaded.clone();
    for raw in &log.transcript.stacks.found {
        for (index, frame) in raw.frames.iter().enumerate() {
            let Some(symbol) = frame.symbol.as_ref().filter(|symbol| symbol.unloaded) else {
                continue;
            };
            let outer = index
                .checked_sub(1)
                .and_then(|inner| raw.frames[inner].returns_to);
            let Some(address) = frame.address.or(outer) else {
                continue;
            };
            let name = names::file(&symbol.module, &log.images);
            // The list has no end of the image.
            let end = address.saturating_add(1);
            let start = address.saturating_sub(symbol.offset);
            found.push(Unloaded { name, start, end });
        }
    }
    found
}
