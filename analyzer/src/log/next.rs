//! What the log does not show, and the command to run next.

use std::sync::LazyLock;

use regex::Regex;

use super::assemble::crashes::Crash;
use super::read::commands::Commands;
use super::read::poolval::CheckedPage;
use super::text::number::hex;
use super::text::symbol::stem;
use crate::facts::{CrashStack, Facts, FrameFacts, StackFacts};
use crate::rules::Finding;
use crate::stop::{Class, Role};
use crate::verdict::{Confidence, Unknown};

/// The open questions, most useful first.
pub(super) fn open_questions(facts: &Facts, finding: &Finding, crash: &Crash) -> Vec<Unknown> {
    let mut open = Vec::new();
    let commands = &crash.transcript.commands;
    if crash.stop.as_ref().is_some_and(|stop| stop.from_stack) && !commands.has("bugcheck") {
        open.push(Unknown {
            what: "the stop's own lines".to_owned(),
            why: "code or parameters are those that the stack shows for KeBugCheckEx, which lacks \
                  P4; run .bugcheck"
                .to_owned(),
        });
    }
    let mut ask = |what: &str, run: String| {
        open.push(Unknown {
            what: what.to_owned(),
            why: format!("the log does not show it; run {run}"),
        });
    };
    if facts.shows.stop && facts.bugcheck.parameter(0).is_none() && !commands.has("bugcheck") {
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
    if facts.bugcheck.code == 0 && !commands.has("locks") {
        ask("which resources are held", "!locks".to_owned());
    }
    let kernel_only = facts
        .crash_stack()
        .is_some_and(|stack| stack.first_suspect(0).is_none() && !reaches_its_start(stack));
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

/// A command in a proposal, with its option or its address.
static PROPOSED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"([!.][a-z]+|\b(?:ln|kf))\b(?: (-[a-z]+|0x[0-9a-f]+))?").expect("a constant")
});
/// Proposals that are useful although a command of the same name was run.
const ALWAYS: [&str; 7] = [
    "verifier /",
    "dt nt!",
    "dc ",
    "k 100",
    "lmvm",
    "again",
    "or k",
];

/// Whether the log has the output of every command that is proposed.
pub(super) fn is_answered(unknown: &Unknown, crash: &Crash) -> bool {
    let commands = &crash.transcript.commands;
    let Some((_, proposal)) = unknown.why.split_once("run ") else {
        return false;
    };
    if ALWAYS.iter().any(|other| proposal.contains(other)) {
        return false;
    }
    let shown = |found: regex::Captures<'_>| {
        let verb = found[1].trim_start_matches(['!', '.']);
        match found.get(2).map(|argument| argument.as_str()) {
            None => commands.has(verb),
            Some(option) if option.starts_with('-') => commands.has_with(verb, |word| {
                let letters = word.strip_prefix('-').unwrap_or("");
                option
                    .chars()
                    .skip(1)
                    .any(|letter| letters.contains(letter))
            }),
            Some(address) => hex(address).is_some_and(|address| match found[1].starts_with('!') {
                true => commands.has_extension_on(verb, address),
                false => commands.has_on(verb, address),
            }),
        }
    };
    let mut proposed = PROPOSED.captures_iter(proposal).map(shown).peekable();
    proposed.peek().is_some() && proposed.all(|shown| shown)
}

/// Whether a stack has all frames of the kernel: it ends where the thread or the idle loop began, or
/// it goes on in user mode.
fn reaches_its_start(stack: &StackFacts) -> bool {
    // Of threads of processes, of 32-bit systems, and of the idle loop.
    const OTHERS: &[&str] = &[
        "KiThreadStartup",
        "PspUserThreadStartup",
        "KiStartUserThread",
        "RtlUserThreadStart",
        "KiIdleLoop",
    ];
    let name = |frame: &FrameFacts| {
        let name = frame.symbol.function.as_deref().unwrap_or("");
        name.trim_start_matches('_').to_owned()
    };
    let ends =
        |frame: &FrameFacts| frame.starts_system_thread() || OTHERS.contains(&name(frame).as_str());
    stack.is_from_user() || stack.frames.iter().rev().take(2).any(ends)
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
    let transcript = &crash.transcript;
    let commands = &transcript.commands;
    // Without `t`, it shows no stacks.
    let running = commands.has_with("running", |word| {
        word.starts_with('-') && word.contains('t')
    });
    match (stop.class(), stop.code, stop.parameter(0)) {
        (Class::Power, ..) => of_power(facts, commands, ask),
        (_, 0x133, _) => {
            let shown = !transcript.dpcs.watchdogs.is_empty() || commands.has("dpcwatchdog");
            if facts.watchdog.is_none() && !shown {
                ask("the DPC watchdog's counters", "!dpcwatchdog".to_owned());
            }
            if facts.stacks.len() < 2 && !running {
                ask("what the other processors do", "!running -it".to_owned());
            }
        }
        (_, 0xC9, Some(0x302)) if unsure => {
            let log = match commands.has_with("verifier", |word| word == "8") {
                true => "",
                false => "!verifier 8 (IRQL log), and ",
            };
            let mutexes = "dt nt!_FAST_MUTEX on the mutexes of drivers below";
            ask("who raised the IRQL", format!("{log}{mutexes}"));
        }
        (Class::Verifier, ..) if finding.culprit.is_none() => {
            if let Some(second) = stop.parameter(1)
                && !commands.has_on("ln", second)
            {
                ask("whose code a parameter names", format!("ln {second:#x}"));
            }
        }
        (Class::Fault, ..)
            if unsure
                && !running
                && facts.spinning.is_empty()
                && stop.index_of(Role::Irql).is_some() =>
        {
            ask("whether others wait for a lock", "!running -it".to_owned());
        }
        (Class::Pool | Class::Corruption, ..) if unsure => {
            ask("who damaged the memory", find_writer(crash));
        }
        (Class::Hardware, ..) => {
            let record = stop.by_role(Role::HardwareRecord);
            if let Some(record) = record.filter(|&at| !commands.has_on("errrec", at)) {
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
            let context = stop.by_role(Role::ContextRecord);
            let asks = |&at: &u64| driverless && !commands.has_on("cxr", at);
            if let Some(context) = context.filter(asks) {
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
fn of_power(facts: &Facts, commands: &Commands, ask: &mut impl FnMut(&str, String)) {
    let parameter = |role| facts.bugcheck.by_role(role);
    if facts.bugcheck.index_of(Role::Irp).is_some() {
        let unseen = |&irp: &u64| facts.irps.is_empty() && !commands.has_on("irp", irp);
        if let Some(irp) = parameter(Role::Irp).filter(unseen) {
            ask("who holds the power IRP", format!("!irp {irp:#x} 1"));
        }
        if let Some(device) = parameter(Role::Device)
            && !facts.irps.iter().any(|irp| irp.stack.len() > 1)
            && !commands.has_on("devstack", device)
        {
            ask(
                "the device stack of the power IRP",
                format!("!devstack {device:#x}"),
            );
        }
        if facts.waits.is_empty() {
            let list = match commands.has("poaction") {
                true => "",
                false => "!poaction, then ",
            };
            ask(
                "whether a thread works on the power IRP",
                format!("{list}!thread on the IRP worker threads"),
            );
        }
    } else if let Some(thread) = parameter(Role::Thread) {
        let shown = ["thread", "t"]
            .iter()
            .any(|verb| commands.has_extension_on(verb, thread));
        if facts.stack_of(thread).is_none() && !shown {
            ask(
                "what the thread with the PnP lock waits for",
                format!("!thread {thread:#x}"),
            );
        }
        if facts.resources.is_empty() && !commands.has("locks") {
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
        None if checked.is_empty() && !crash.transcript.commands.has("pool") => {
            "!pool on the address, then ".to_owned()
        }
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

    #[test]
    fn an_output_without_its_prompt_counts() {
        let hardware = "BugCheck 124, {0, ffffb00012345028, 0, 0}\n0: kd> k\nnt!KeBugCheckEx\n\
                        nt!WheaReportHwError+0x122\nnt!KiIdleLoop+0x5a\n";
        assert!(asked(hardware).contains("!errrec 0xffffb00012345028"));
        let record = format!("{hardware}Common Platform Error Record @ ffffb00012345028\n");
        assert!(!asked(&record).contains("!errrec"));
        let other = format!("{hardware}Common Platform Error Record @ ffffb00099999999\n");
        assert!(asked(&other).contains("!errrec"));
        let pnp = "BugCheck 9F, {4, 12c, ffff800012347080, ffff800012349000}\n0: kd> k\n\
                   nt!KeBugCheckEx\nnt!PnpBugcheckPowerTimeout+0x76\nnt!KiIdleLoop+0x5a\n";
        assert!(asked(pnp).contains("!locks"));
        let locks = format!("{pnp}**** DUMP OF ALL RESOURCE OBJECTS ****\n16 total locks\n");
        assert!(!asked(&locks).contains("!locks"));
    }

    fn asked(text: &str) -> String {
        let verdicts = analyze_log(text.as_bytes()).unwrap();
        let open = verdicts[0].unknown.iter();
        open.map(|one| format!("{}: {}\n", one.what, one.why))
            .collect()
    }

    #[test]
    fn a_command_whose_output_is_there_is_not_proposed() {
        let stop = "BugCheck 9F, {3, ffff800012346000, ffff800012348000, ffff800012345010}\n0: kd> k\n\
                    nt!KeBugCheckEx\nnt!PopIrpWatchdogBugcheck+0x122\nnt!KiIdleLoop+0x5a\n";
        let without = asked(stop);
        assert!(without.contains("!irp 0xffff800012345010"), "{without}");
        let irp = asked(&format!(
            "{stop}0: kd> !irp ffff8000`12345010 1\nnot readable\n"
        ));
        assert!(!irp.contains("run !irp 0x"), "{irp}");
        // Another IRP is no answer.
        let other = asked(&format!(
            "{stop}0: kd> !irp ffff8000`12345999\nnot readable\n"
        ));
        assert!(other.contains("!irp 0xffff800012345010"), "{other}");
        let list = asked(&format!("{stop}0: kd> !poaction\nPopAction: 0\n"));
        assert!(!list.contains("!poaction"), "{list}");
    }

    #[test]
    fn an_implicit_thread_is_no_output_of_thread() {
        let stop = "BugCheck 9F, {4, 12c, ffff800012347080, ffff800012349000}\n0: kd> k\n\
                    nt!KeBugCheckEx\nnt!PnpBugcheckPowerTimeout+0x76\nnt!KiIdleLoop+0x5a\n";
        let proposes = |rest: &str| asked(&format!("{stop}{rest}")).contains("!thread 0xffff8000");
        assert!(proposes(""));
        assert!(proposes("0: kd> .thread ffff800012347080\n"));
        assert!(!proposes("0: kd> !thread ffff800012347080\nnot readable\n"));
    }

    #[test]
    fn more_frames_are_proposed_only_where_the_stack_was_cut() {
        let ends = |rest: &str| {
            let stop = "BugCheck 19, {20, ffff800012345200, ffff800012345400, 4200041}\n0: kd> k\n\
                        nt!KeBugCheckEx\nnt!ExFreePool+0x100\n";
            asked(&format!("{stop}{rest}")).contains("k 100")
        };
        assert!(!ends(
            "nt!PspSystemThreadStartup+0x55\nnt!KiStartSystemThread+0x28\n"
        ));
        assert!(!ends("nt!KiRetireDpcList+0x1b\nnt!KiIdleLoop+0x9e\n"));
        assert!(!ends(
            "nt!NtClose+0x10\nnt!KiSystemServiceCopyEnd+0x25\nntdll!NtClose+0x14\n"
        ));
        assert!(ends("nt!IopFree+0x10\n"));
        // A service that the kernel called itself.
        assert!(ends(
            "nt!NtClose+0x10\nnt!KiSystemServiceCopyEnd+0x25\nnt!KiServiceLinkage\n"
        ));
    }

    #[test]
    fn what_only_the_stack_shows_of_the_stop_is_said() {
        let stack = "ffff8000`00000010 fffff800`00000001 : 00000000`0000009f 00000000`00000003 \
                     ffff8000`12346000 ffff8000`12348000 : nt!KeBugCheckEx\nffff8000`00000050 \
                     fffff800`00000002 : 0 0 0 0 : nt!PopIrpWatchdog+0x1\n";
        assert!(asked(stack).contains("KeBugCheckEx"));
        let stated =
            "BugCheck 9F, {3, ffff800012346000, ffff800012348000, ffff800012345010}\n0: kd> kv\n";
        assert!(!asked(&format!("{stated}{stack}")).contains("KeBugCheckEx"));
    }
}
