//! What to do next, from the finished verdict.

use super::about::explain;
use crate::modules::is_inbox;
use crate::verdict::{CauseId, Confidence, Culprit, NextStep, Verdict};

/// The commands of this many open questions become steps.
const MAX_COMMANDS: usize = 4;

/// Where Microsoft's symbols are (Microsoft Learn, "Symbol path for Windows debuggers").
const MICROSOFTS: &str = "_NT_SYMBOL_PATH=srv*CACHE*https://msdl.microsoft.com/download/symbols";

/// The steps, the most useful first.
pub(crate) fn next_steps(verdict: &Verdict) -> Vec<NextStep> {
    let mut steps = Vec::new();
    let hardware = matches!(
        verdict.cause.id,
        CauseId::HardwareError | CauseId::ImpossibleAccess
    );
    let sure = verdict.confidence > Confidence::Possible;
    let about = explain(verdict.cause.most_specific());
    match &verdict.culprit {
        Some(culprit) if sure && !hardware => {
            steps.push(replace(culprit, verdict));
            steps.push(step(format!("In its code: {}", about.fix), None));
        }
        _ if verdict.hardware.is_some() => {}
        _ if hardware || sure => steps.push(step(about.fix.to_owned(), None)),
        _ => {}
    }
    if let Some(proof) = &verdict.hardware {
        steps.extend(proof.next_steps(verdict.machine.as_ref()));
    }
    if kernel_lacks_symbols(verdict) {
        let text = "Analyze the dump again with the symbols of Windows: without them the stacks are guesses.";
        steps.push(step(text.to_owned(), Some(MICROSOFTS.to_owned())));
    }
    steps.extend(open_commands(verdict).take(MAX_COMMANDS));
    if !sure && verdict.hardware.is_none() {
        steps.push(step(about.fix.to_owned(), None));
    }
    steps
}

fn step(text: String, command: Option<String>) -> NextStep {
    NextStep { text, command }
}

fn replace(culprit: &Culprit, verdict: &Verdict) -> NextStep {
    let module = &culprit.module;
    let named = |name: &str| name.eq_ignore_ascii_case(module);
    let driver = verdict.drivers.iter().find(|driver| named(&driver.name));
    let dated = driver.and_then(|driver| driver.version.clone().or(driver.date.clone()));
    let dated = dated.map_or_else(String::new, |dated| format!(" (this one is {dated})"));
    let text = match is_inbox(module) {
        true => format!("{module} is part of Windows: install the updates of this build{dated}."),
        false => {
            format!("Look for a newer version of {module}{dated}, or go back to the one before.")
        }
    };
    let stem = module
        .rsplit_once('.')
        .map_or(module.as_str(), |(stem, _)| stem);
    step(text, Some(format!("lmvm {stem}")))
}

fn kernel_lacks_symbols(verdict: &Verdict) -> bool {
    let of_kernel = |name: &str| {
        let name = name.to_ascii_lowercase();
        name == "ntoskrnl.exe" || name == "ntkrnlmp.exe"
    };
    let kernel = verdict
        .modules
        .iter()
        .find(|module| of_kernel(&module.name));
    verdict.dump.kind != "log" && kernel.is_some_and(|kernel| kernel.symbols.is_none())
}

/// The commands that the open questions of a log ask for.
fn open_commands(verdict: &Verdict) -> impl Iterator<Item = NextStep> + '_ {
    verdict.unknown.iter().filter_map(|unknown| {
        let (_, command) = unknown.why.split_once("; run ")?;
        let text = format!("Learn {}.", unknown.what);
        Some(step(text, Some(command.to_owned())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_culprit_is_to_be_replaced_and_mended() {
        let verdict = crate::testing::verdict_of_a_held_lock();
        let steps = &verdict.next_steps;
        let module = &verdict.culprit.as_ref().unwrap().module;
        assert!(steps[0].text.contains(module.as_str()), "{steps:?}");
        assert!(steps[0].command.as_ref().unwrap().starts_with("lmvm "));
        assert!(steps[1].text.starts_with("In its code: "), "{steps:?}");
    }

    #[test]
    fn a_suspect_is_not_to_be_replaced() {
        let mut verdict = crate::testing::verdict_of_a_held_lock();
        verdict.confidence = Confidence::Possible;
        let steps = next_steps(&verdict);
        assert!(
            steps
                .iter()
                .all(|step| !step.text.contains("newer version")),
            "{steps:?}"
        );
    }

    #[test]
    fn the_slot_of_a_damaged_bit_is_named() {
        let mut verdict = crate::testing::verdict_of_a_held_lock();
        verdict.cause.id = CauseId::ImpossibleAccess;
        verdict.hardware = serde_json::from_value(serde_json::json!({
            "flip": {"place": "the instruction", "address": null, "physical": "0x1234",
                     "bit": 1, "was": "0x0", "should_be": "0x2"},
            "arithmetic": [],
        }))
        .unwrap();
        verdict.machine = serde_json::from_value(serde_json::json!({
            "memory_modules": [{"slot": "DIMM_A2", "addresses": ["0x0", "0xffff"]}],
        }))
        .unwrap();
        let steps = next_steps(&verdict);
        assert!(
            steps.iter().any(|step| step.text.contains("DIMM_A2")),
            "{steps:?}"
        );
        assert!(
            steps
                .iter()
                .all(|step| !step.text.contains("newer version")),
            "{steps:?}"
        );
    }

    #[test]
    fn what_a_log_lacks_is_a_command() {
        let log = "BugCheck D1, {8, 2, 0, fffff80011223344}\n";
        let verdict = &crate::analyze_log(log.as_bytes()).unwrap()[0];
        let commands: Vec<_> = verdict
            .next_steps
            .iter()
            .filter_map(|step| step.command.as_deref())
            .collect();
        assert!(
            commands
                .iter()
                .any(|command| command.starts_with("!analyze -v")),
            "{commands:?}"
        );
    }
}
