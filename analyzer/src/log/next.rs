//! What the log does not show, and the command to run next.

use super::assemble::crashes::Crash;
use super::read::poolval::CheckedPage;
use super::text::symbol::stem;
use crate::facts::{CrashStack, Facts};
use crate::rules::Finding;
use crate::stop::{Class, Role};
use crate::verdict::{Confidence, Unknown};

/// The open questions, most useful first.
pub(super) fn open_questions(facts: &Facts, finding: &Finding, crash: &Crash) -> Vec<Unknown> {
    let mut open = Vec::new();
    let mut ask = |what: &str, run: String| {
        open.push(Unknown {
            what: what.to_owned(),
            why: format!("the log does not show it; run {run}"),
        });
    };
    if facts.shows.stop && facts.bugcheck.parameter(0).is_none() {
        ask("the stop's parameters", ".bugcheck".to_owned());
    }
    if facts.shows.stop && facts.shows.crash_stack != CrashStack::Own {
        ask(
            "the stack that raised the stop",
            "!analyze -v, or k".to_owned(),
        );
    }
    let unsure = finding.culprit.is_none() || finding.confidence == Confidence::Possible;
    of_stop(facts, finding, unsure, crash, &mut ask);
    if facts.bugcheck.code == 0 && !crash.transcript.commands.has("locks") {
        ask("which resources are held", "!locks".to_owned());
    }
    let kernel_only = facts
        .crash_stack()
        .is_some_and(|stack| stack.first_suspect(0).is_none());
    if facts.shows.stop && finding.culprit.is_none() && kernel_only {
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
        let name = stem(&culprit.module);
        ask(
            "the culprit's function names, version and date",
            format!("lmvm {name}, with its PDB on the symbol path"),
        );
    }
    open
}

/// Questions that depend on the class of the stop.
fn of_stop(
    facts: &Facts,
    finding: &Finding,
    unsure: bool,
    crash: &Crash,
    ask: &mut impl FnMut(&str, String),
) {
    let stop = &facts.bugcheck;
    match (stop.class(), stop.code, stop.parameter(0)) {
        (Class::Power, ..) => of_power(facts, ask),
        (_, 0x133, _) => {
            if facts.watchdog.is_none() {
                ask("the DPC watchdog's counters", "!dpcwatchdog".to_owned());
            }
            if facts.stacks.len() < 2 {
                ask("what the other processors do", "!running -it".to_owned());
            }
        }
        (_, 0xC9, Some(0x302)) if unsure => ask(
            "who raised the IRQL",
            "!verifier 8 (IRQL log), and dt nt!_FAST_MUTEX on the mutexes of drivers below"
                .to_owned(),
        ),
        (Class::Verifier, ..) if finding.culprit.is_none() && stop.parameter(1).is_some() => {
            let second = stop.parameters[1];
            ask("whose code a parameter names", format!("ln {second:#x}"));
        }
        (Class::Fault, ..)
            if unsure && facts.spinning.is_empty() && stop.index_of(Role::Irql).is_some() =>
        {
            ask("whether others wait for a lock", "!running -it".to_owned());
        }
        (Class::Pool | Class::Corruption, ..) if unsure => {
            ask("who damaged the memory", find_writer(crash));
        }
        (Class::Hardware, ..) => {
            if let Some(record) = stop.by_role(Role::HardwareRecord) {
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
            if let Some(context) = stop.by_role(Role::ContextRecord).filter(|_| driverless) {
                ask(
                    "the stack of the exception",
                    format!(".cxr {context:#x}; k"),
                );
            }
        }
        _ => {}
    }
}

/// Questions about a power transition that does not end: a pending IRP, or the PnP lock.
fn of_power(facts: &Facts, ask: &mut impl FnMut(&str, String)) {
    let parameter = |role| facts.bugcheck.by_role(role);
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

/// How to find who damaged the pool. `!poolval` shows more than `!pool`.
fn find_writer(crash: &Crash) -> String {
    let checked = &crash.transcript.poolval.pages;
    let damage = checked.iter().find_map(CheckedPage::damage);
    let look = match damage {
        // Usually the block before was overrun.
        Some(damage) => format!("dc {damage:#x}-100 for what lies in front of the damage, then "),
        None if checked.is_empty() => "!pool on the address, then ".to_owned(),
        None => String::new(),
    };
    format!("{look}verifier /standard /driver SUSPECT.sys and crash again")
}

#[cfg(test)]
mod tests {
    use crate::log::analyze_log;

    #[test]
    fn a_checked_page_is_not_asked_about_again() {
        let asked = |rest: &str| {
            let text = format!(
                "BugCheck 19, {{20, ffff800012345200, ffff800012345400, 4200041}}\n0: kd> k\n\
                 nt!KeBugCheckEx\nnt!ExFreePool+0x100\nnt!PspSystemThreadStartup+0x55\n{rest}"
            );
            let verdicts = analyze_log(text.as_bytes()).unwrap();
            let open = verdicts[0].unknown.iter();
            let mut open = open.filter(|one| one.what == "who damaged the memory");
            open.next().unwrap().why.clone()
        };
        let checked = |state: &str| {
            format!(
                "0: kd> !poolval ffff800012345000\nPool page [ ffff800012345000 ] is {state}.\n"
            )
        };
        assert!(asked("").contains("!pool on the address"));
        let damaged = asked(&checked("INVALID"));
        assert!(damaged.contains("dc 0xffff800012345000-100"), "{damaged}");
        for why in [damaged, asked(&checked("VALID"))] {
            assert!(!why.contains("!pool "), "{why}");
            assert!(why.contains("verifier /standard"), "{why}");
        }
    }
}
