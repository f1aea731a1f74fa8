//! Gathers the facts from a target.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::clients::devices_on_stack;
use super::code::code_facts;
use super::context::CollectContext;
use super::died::died;
use super::drivers::drivers;
use super::event::spun_object;
use super::exception::{exception, fault_of, start};
use super::fault::fault;
use super::irps::irps;
use super::irqllog::unmatched_raises;
use super::leaks::{callers, leaks};
use super::leftover::leftover;
use super::lock::LockHome;
use super::machine::Reported;
use super::mutexes::held_mutexes;
use super::operand::{copying, operand};
use super::paths::Budget;
use super::pooltrace::pool_traces;
use super::proof::proof;
use super::spin::{SpinWait, spin_wait};
use super::system::{Collector, missing_symbols, runs_on};
use super::violator::device_of;
use super::waits::{resources, waits};
use super::watchdog::watchdog;
use super::{Coverage, Facts};
use crate::dump::DumpHeader;
use crate::nt::{DebuggerData, Nt, Processor, thread_of_minidump, unloaded_drivers};
use crate::stop::Class;
use crate::symbols::LayoutError;
use crate::target::Target;
use crate::verdict::StackKind;

/// Exports that build an IRP with the caller's event.
pub(crate) const EVENT_REQUESTS: &[&str] = &[
    "IoBuildDeviceIoControlRequest",
    "IoBuildSynchronousFsdRequest",
    "ZwDeviceIoControlFile",
    "ZwReadFile",
    "ZwWriteFile",
];

/// The facts of a dump whose memory is not read.
pub(crate) fn of_header(target: &Target<'_>, header: &DumpHeader) -> Facts {
    let minidump = target.minidump.as_ref();
    Facts {
        shows: shows(target),
        bugcheck: header.bugcheck.into(),
        crash_processor: minidump.and_then(|minidump| minidump.processor),
        unloaded: minidump.map_or_else(Vec::new, |minidump| minidump.unloaded.clone()),
        machine: Reported::read(target, None).machine(header),
        drivers: drivers(target, header),
        ..Facts::default()
    }
}

fn shows(target: &Target<'_>) -> Coverage {
    match &target.minidump {
        Some(minidump) => Coverage::minidump(minidump.stack.is_some()),
        None => Coverage::full_dump(),
    }
}

/// Collects the facts of a dump.
pub(crate) fn collect(
    target: &Target<'_>,
    header: &DumpHeader,
    debugger: Option<&DebuggerData>,
) -> Facts {
    let nt = Nt::new(target);
    let mut collector = Collector::new(&nt);
    let (processors, threads) = if target.kernel_symbols().is_some() {
        let processors = collector.processors(header, debugger);
        let threads = collector.threads(&processors, debugger);
        (processors, threads)
    } else {
        collector.note(
            "the processors, threads and their stacks",
            LayoutError::NoSymbols,
        );
        (Vec::new(), Vec::new())
    };
    let mut start = start(target, header);
    if !start.context.is_plausible()
        && let Some(stopped) = collector.stopped_context(&processors)
    {
        start.context = stopped.context;
        start.source = format!("{} at {:#x}", stopped.source, stopped.address);
    }
    // An NMI runs on a stack of its own; the interrupted stack identifies the processor.
    let pointers = collector.stack_pointers(&start);
    let crash = std::iter::once(header.context.rsp())
        .chain(pointers)
        .find_map(|rsp| processors.iter().find(|one| runs_on(one, &threads, rsp)))
        .or_else(|| {
            let number = target.minidump.as_ref()?.processor?;
            processors.iter().find(|one| one.number == number)
        });
    let mut stacks = collector.stacks(&start, &processors, &threads, crash);
    if target.kernel_symbols().is_none()
        && let Some(stack) = stacks.first_mut().filter(|stack| stack.is_crash())
    {
        stack.thread = thread_of_minidump(target);
        stack.processor = target.minidump.as_ref().and_then(|own| own.processor);
    }
    let context = CollectContext {
        nt: &nt,
        bugcheck: header.bugcheck,
        processors: &processors,
        threads: &threads,
        stacks: &stacks,
        unknown: RefCell::new(collector.unknown),
    };
    let facts = facts(&context, crash);
    let mut unknown = context.unknown.into_inner();
    unknown.extend(missing_symbols(target, &stacks));
    let of_minidump = || target.minidump.as_ref()?.processor;
    Facts {
        crash_processor: facts.crash_processor.or_else(of_minidump),
        machine: Reported::read(target, debugger).machine(header),
        drivers: drivers(target, header),
        stacks,
        unknown,
        ..facts
    }
}

/// All facts except the stacks and the unknowns.
fn facts(context: &CollectContext<'_, '_, '_>, crash: Option<&Processor>) -> Facts {
    let crash_stack = context.stacks.first().filter(|stack| stack.is_crash());
    let target = context.nt.target;
    let exception = exception(context);
    let fault = fault(target, &context.bugcheck.stop(), crash_stack)
        .or_else(|| fault_of(target, exception.as_ref()?, crash_stack));
    let rip = fault.as_ref().and_then(|fault| fault.rip.known());
    let at_fault = crash_stack.zip(rip);
    let copying = at_fault.and_then(|(stack, rip)| copying(target, stack, rip));
    let operand = at_fault.and_then(|(stack, rip)| operand(target, stack, rip));
    let about_code = fault.is_some() || exception.is_some() || context.bugcheck.code == 0xCE;
    let unloaded = (about_code || target.minidump.is_some())
        .then(|| context.known("the unloaded drivers", unloaded_drivers(context.nt)))
        .flatten();
    let spinning = spinning(context);
    let object = spun_object(context);
    let device = device_of(context);
    // Waits matter only for stops about waiting threads.
    let (waits, resources) = match context.bugcheck.stop().is_about_waits() {
        true => {
            let waits = waits(context);
            let resources = resources(context, &waits);
            (waits, resources)
        }
        false => Default::default(),
    };
    let crash_thread = crash_stack.and_then(|stack| stack.thread.as_ref());
    let leaving_raised = context.bugcheck.stop().class() == Class::Verifier;
    let thread = crash_thread.filter(|_| leaving_raised);
    let mutexes = thread.map(|thread| held_mutexes(context, thread.address));
    let mutexes = mutexes.unwrap_or_default();
    let irqls = thread.map(|thread| unmatched_raises(context, thread.address));
    let homes = spinning
        .iter()
        .filter_map(|wait| Some(&wait.lock.as_ref()?.home))
        .chain(mutexes.iter().map(|mutex| &mutex.home));
    let suspects: BTreeSet<String> = homes
        .filter_map(LockHome::module)
        .chain(device.as_ref().map(|device| device.device.driver.as_str()))
        .map(str::to_owned)
        .collect();
    Facts {
        shows: shows(target),
        bugcheck: context.bugcheck.into(),
        crash_processor: crash.map(|processor| processor.number),
        crash_prcb: crash.map(|processor| processor.prcb),
        code: code(context),
        watchdog: watchdog(context, crash.map(|processor| processor.number)),
        irps: irps(context),
        requesters: object
            .as_ref()
            .map(|_| requesters(context))
            .unwrap_or_default(),
        clients: devices_on_stack(context, fault.as_ref().and_then(|fault| fault.frame)),
        leaks: {
            let mut budget = Budget::new();
            let found = suspects.iter().map(|one| leaks(context, one, &mut budget));
            found.flatten().collect()
        },
        unloaded: unloaded.unwrap_or_default(),
        irqls: irqls.unwrap_or_default(),
        pool: pool_traces(context, fault.as_ref()),
        died: died(context),
        leftover: leftover(context),
        blamed: blamed(context),
        proof: proof(context, fault.as_ref(), exception.as_ref(), crash_stack),
        exception,
        fault,
        operand,
        copying,
        object,
        device,
        mutexes,
        resources,
        spinning,
        waits,
        ..Facts::default()
    }
}

/// Code facts of the drivers' frames on the processors' stacks.
fn code(context: &CollectContext<'_, '_, '_>) -> Vec<super::CodeFacts> {
    let stacks = context.stacks.iter().enumerate();
    stacks
        .filter(|(_, stack)| stack.kind != StackKind::Thread)
        .flat_map(|(number, stack)| {
            let frames = stack.frames.iter().enumerate();
            frames
                .filter(|(_, frame)| frame.is_driver())
                .filter_map(move |(index, frame)| {
                    code_facts(context.nt, context.threads, (number, index), frame)
                })
        })
        .collect()
}

/// Stacks that spin for a lock. The crashing processor counts only if the stop interrupted it.
fn spinning(context: &CollectContext<'_, '_, '_>) -> Vec<SpinWait> {
    let interrupted = context.bugcheck.stop().interrupts();
    let stacks = context.stacks.iter().enumerate();
    stacks
        .filter(|(_, stack)| interrupted || !stack.is_crash())
        .filter_map(|(index, stack)| spin_wait(context.nt, context.threads, index, stack))
        .collect()
}

/// Functions that build requests with events, in the driver below the completion on the crash
/// stack.
fn requesters(context: &CollectContext<'_, '_, '_>) -> Vec<super::Place> {
    let module = context.stacks.first().and_then(|stack| {
        let frame = &stack.frames[stack.first_suspect(0)?];
        frame.symbol.module.as_deref()
    });
    module
        .map(|module| callers(context, module, EVENT_REQUESTS))
        .unwrap_or_default()
}

/// Code addresses among the stop's parameters.
fn blamed(context: &CollectContext<'_, '_, '_>) -> Vec<super::Place> {
    let parameters = context.bugcheck.parameters;
    let places = parameters.into_iter().map(|address| context.place(address));
    places.collect()
}
