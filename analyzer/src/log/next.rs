//! What the text does not show, and which command to run next to learn it.

use super::crashes::Crash;
use crate::facts::Facts;
use crate::rules::Finding;
use crate::stop::{Class, Role};
use crate::verdict::{Confidence, Unknown};

/// The questions that are left open, most useful first.
pub(super) fn open_questions(facts: &Facts, finding: &Finding, crash: &Crash) -> Vec<Unknown> {
    let mut open = Vec::new();
    let mut ask = |what: &str, run: String| {
        open.push(Unknown {
            what: what.to_owned(),
            why: format!("the log does not show it; run {run}"),
        });
    };
    let Some(transcript) = &facts.transcript else {
        return open;
    };
    if transcript.has_stop && !transcript.known[0] {
        ask("the stop's parameters", ".bugcheck".to_owned());
    }
    if transcript.has_stop && (transcript.implied || facts.crash_stack().is_none()) {
        ask(
            "the stack that raised the stop",
            "!analyze -v, or k".to_owned(),
        );
    }
    let unsure = finding.culprit.is_none() || finding.confidence == Confidence::Possible;
    of_stop(facts, finding, unsure, transcript.known, &mut ask);
    let run = |verb: &str| crash.transcript.commands.iter().any(|known| known == verb);
    if facts.bugcheck.code == 0 && !run("locks") {
        ask("which resources are held", "!locks".to_owned());
    }
    let kernel_only = facts
        .crash_stack()
        .is_some_and(|stack| stack.first_suspect(0).is_none());
    if transcript.has_stop && finding.culprit.is_none() && kernel_only {
        ask(
            "the frames outwards of the kernel's",
            "k 100 (the stack in the log ends before a driver)".to_owned(),
        );
    }
    let nameless = facts
        .stacks
        .iter()
        .flat_map(|stack| &stack.frames)
        .any(|frame| {
            finding.culprit.as_ref().is_some_and(|culprit| {
                frame.symbol.module.as_deref() == Some(&culprit.module)
                    && frame.symbol.function.is_none()
            })
        });
    if nameless && let Some(culprit) = &finding.culprit {
        let name = super::symbol::stem(&culprit.module);
        ask(
            "the culprit's function names, version and date",
            format!("lmvm {name}, with its PDB on the symbol path"),
        );
    }
    open
}

/// What the class of the stop makes worth asking. `stated` tells which parameters are known.
fn of_stop(
    facts: &Facts,
    finding: &Finding,
    unsure: bool,
    stated: [bool; 4],
    ask: &mut impl FnMut(&str, String),
) {
    let stop = &facts.bugcheck;
    let parameter = |role| {
        let index = stop.index_of(role).filter(|&index| stated[index])?;
        Some(stop.parameters[index])
    };
    match (stop.class(), stop.code, stop.parameters[0]) {
        (Class::Power, ..) => of_power(facts, parameter, ask),
        (_, 0x133, _) => {
            if facts.watchdog.is_none() {
                ask("the DPC watchdog's counters", "!dpcwatchdog".to_owned());
            }
            if facts.stacks.len() < 2 {
                ask("what the other processors do", "!running -it".to_owned());
            }
        }
        (_, 0xC9, 0x302) if unsure => ask(
            "who raised the IRQL",
            "!verifier 8 (IRQL log), and dt nt!_FAST_MUTEX on the mutexes of drivers below"
                .to_owned(),
        ),
        (Class::Verifier, ..) if finding.culprit.is_none() && stated[1] => {
            let second = stop.parameters[1];
            ask("whose code a parameter names", format!("ln {second:#x}"));
        }
        (Class::Fault, ..)
            if unsure && facts.spinning.is_empty() && stop.index_of(Role::Irql).is_some() =>
        {
            ask("whether others wait for a lock", "!running -it".to_owned());
        }
        (Class::Pool | Class::Corruption, ..) if unsure => ask(
            "who damaged the memory",
            "!pool on the address, then verifier /standard /driver SUSPECT.sys and crash again"
                .to_owned(),
        ),
        (Class::Hardware, ..) => {
            if let Some(record) = parameter(Role::HardwareRecord) {
                ask(
                    "the hardware's error record",
                    format!("!errrec {record:#x}"),
                );
            }
        }
        (Class::Exception, ..) => {
            let driverless = facts
                .crash_stack()
                .is_none_or(|stack| stack.first_driver(0).is_none());
            if let Some(context) = parameter(Role::ContextRecord).filter(|_| driverless) {
                ask(
                    "the stack of the exception",
                    format!(".cxr {context:#x}; k"),
                );
            }
        }
        _ => {}
    }
}

/// About a power transition that does not end: an IRP that is not completed, or the PnP lock.
fn of_power(
    facts: &Facts,
    parameter: impl Fn(Role) -> Option<u64>,
    ask: &mut impl FnMut(&str, String),
) {
    if facts.bugcheck.index_of(Role::Irp).is_some() {
        if let Some(irp) = parameter(Role::Irp).filter(|_| facts.irps.is_empty()) {
            ask("who holds the power IRP", format!("!irp {irp:#x} 1"));
        }
        if let Some(device) = parameter(Role::Device)
            && !facts.irps.iter().any(|irp| irp.stack.len() > 1)
        {
            ask(
                "the device stack of the power IRP",
                format!("!devstack {device:#x}"),
            );
        }
        if facts.waits.is_empty() {
            ask(
                "whether a thread works on the power IRP",
                "!poaction, then !thread on the IRP worker threads".to_owned(),
            );
        }
    } else if let Some(thread) = parameter(Role::Thread) {
        if facts.stack_of(thread).is_none() {
            ask(
                "what the thread with the PnP lock waits for",
                format!("!thread {thread:#x}"),
            );
        }
        if facts.resources.is_empty() {
            ask("who owns the PnP locks", "!locks".to_owned());
        }
    }
}
