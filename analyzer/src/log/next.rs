//! What the text does not show, and which command to run next to learn it.

use super::assemble::crashes::Crash;
use super::read::poolval::CheckedPage;
use super::text::symbol::stem;
use crate::facts::{CrashStack, Facts};
use crate::rules::Finding;
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
    let [first, second, third, fourth] = facts.bugcheck.parameters;
    let stated = |index: usize| facts.bugcheck.parameter(index).is_some();
    if facts.shows.stop && first.known().is_none() {
        ask("the stop's parameters", ".bugcheck".to_owned());
    }
    if facts.shows.stop && facts.shows.crash_stack != CrashStack::Own {
        ask(
            "the stack that raised the stop",
            "!analyze -v, or k".to_owned(),
        );
    }
    let unsure = finding.culprit.is_none() || finding.confidence == Confidence::Possible;
    let run = |verb: &str| crash.transcript.commands.has(verb);
    match facts.bugcheck.kind() {
        (0x9F, Some(3)) => {
            if facts.irps.is_empty() && stated(3) {
                ask("who holds the power IRP", format!("!irp {fourth:#x} 1"));
            }
            if !facts.irps.iter().any(|irp| irp.stack.len() > 1) && stated(1) {
                ask(
                    "the device stack of the power IRP",
                    format!("!devstack {second:#x}"),
                );
            }
            if facts.waits.is_empty() {
                ask(
                    "whether a thread works on the power IRP",
                    "!poaction, then !thread on the IRP worker threads".to_owned(),
                );
            }
        }
        (0x9F, Some(4)) if stated(2) => {
            let holder = third.known().and_then(|thread| facts.stack_of(thread));
            if holder.is_none() {
                ask(
                    "what the thread with the PnP lock waits for",
                    format!("!thread {third:#x}"),
                );
            }
            if facts.resources.is_empty() {
                ask("who owns the PnP locks", "!locks".to_owned());
            }
        }
        (0x133, _) => {
            if facts.watchdog.is_none() {
                ask("the DPC watchdog's counters", "!dpcwatchdog".to_owned());
            }
            if facts.stacks.len() < 2 {
                ask("what the other processors do", "!running -it".to_owned());
            }
        }
        (0xC9, Some(0x302)) if unsure => ask(
            "who raised the IRQL",
            "!verifier 8 (IRQL log), and dt nt!_FAST_MUTEX on the mutexes of drivers below"
                .to_owned(),
        ),
        (0xC9 | 0xC4, _) if finding.culprit.is_none() && stated(1) => {
            ask("whose code a parameter names", format!("ln {second:#x}"));
        }
        (0xD1 | 0xA, _) if unsure && facts.spinning.is_empty() => {
            ask("whether others wait for a lock", "!running -it".to_owned());
        }
        (0x19 | 0x13A | 0xC5 | 0xC2 | 0x139 | 0x1A | 0x4E, _) if unsure => {
            ask("who damaged the memory", find_writer(crash));
        }
        (0x124, _) if stated(1) => ask(
            "the hardware's error record",
            format!("!errrec {second:#x}"),
        ),
        (0x7E | 0x1000_007E, _)
            if stated(3)
                && facts
                    .crash_stack()
                    .is_none_or(|s| s.first_driver(0).is_none()) =>
        {
            ask("the stack of the exception", format!(".cxr {fourth:#x}; k"));
        }
        (0x3B, _) if unsure && stated(2) => {
            ask("the stack of the exception", format!(".cxr {third:#x}; k"))
        }
        (0, _) if !run("locks") => ask("which resources are held", "!locks".to_owned()),
        _ => {}
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

/// How to find who damaged the pool. `!poolval` has shown more than `!pool` would.
fn find_writer(crash: &Crash) -> String {
    let checked = &crash.transcript.poolval.pages;
    let damage = checked.iter().find_map(CheckedPage::damage);
    let look = match damage {
        // Most often the block in front was written beyond its end.
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
