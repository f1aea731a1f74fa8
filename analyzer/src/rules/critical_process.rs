//! A process ended that the system cannot go on without (0xEF).
//!
//! Needs: the process that died, and the crash stack.
//!
//! Decides: nobody. It names the process, its exit status, and the process that ended it, if the
//! crash stack is in another one. Drivers on the stack or in waiting threads are not suspects: a
//! process ends by its own error, by a file that cannot be read, or because somebody ended it. A
//! circle of waiting threads has its own rule, which comes first.
//!
//! Confidence: `possible`.
//!
//! Source: Microsoft's bug check reference, 0xEF.

use super::evidence::{evidence, frame_at, parameter};
use super::forced::process_died;
use super::{Finding, Rule};
use crate::facts::{DiedProcess, Facts, StackFacts};
use crate::stop::Role;
use crate::verdict::{CauseId, Confidence, Evidence, EvidenceKind, Unknown};

/// Services that end a process.
const TERMINATION: &[&str] = &["NtTerminateProcess", "PspTerminateProcess"];

pub(super) struct CriticalProcess;

impl Rule for CriticalProcess {
    fn name(&self) -> &'static str {
        "critical-process-died"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if !process_died(facts) {
            return None;
        }
        let object = facts.bugcheck.by_role(Role::Process);
        let mut pieces = vec![parameter(
            "a process ended that the system cannot go on without",
            &Vec::from_iter(object),
        )];
        let what = match &facts.died {
            Some(died) => {
                let text = text(died);
                pieces.push(evidence(
                    EvidenceKind::Structure,
                    text.clone(),
                    &[died.address],
                    "the process object",
                    format!("!process {:#x} 0", died.address),
                ));
                text
            }
            None => "a process ended, whose name is not shown".to_owned(),
        };
        let ended = facts.crash_stack().and_then(|stack| ended_by(facts, stack));
        let by = match &ended {
            Some((process, _)) => format!("; a thread of {process} ended it"),
            None => String::new(),
        };
        pieces.extend(ended.map(|(_, evidence)| evidence));
        Some(Finding {
            cause: CauseId::Inconclusive,
            explanation: format!(
                "{}{}{by}. Windows cannot go on without it.",
                what[..1].to_uppercase(),
                &what[1..]
            ),
            culprit: None,
            victims: Vec::new(),
            confidence: Confidence::Possible,
            evidence: pieces,
            unknown: vec![Unknown {
                what: "why the process ended".to_owned(),
                why: format!(
                    "the stop does not tell it; run !process {} 7, and look for errors of the \
                     disk and of that process before the stop in the event log",
                    match (&facts.died, object) {
                        (Some(died), _) => format!("{:#x}", died.address),
                        (None, Some(object)) => format!("{object:#x}"),
                        (None, None) => "P1".to_owned(),
                    }
                ),
            }],
            alternatives: Vec::new(),
        })
    }
}

/// What ended, and with which status: the start of a sentence.
fn text(died: &DiedProcess) -> String {
    let name = died.name.as_deref();
    let process = match name {
        Some(name) => format!("process {name} ({:#x})", died.address),
        None => format!("process {:#x}", died.address),
    };
    let status = match died.exit_status {
        Some(status) => format!("with exit status {status:#010x}"),
        None => "with an exit status that is not known".to_owned(),
    };
    match died.thread {
        Some(thread) => format!("the critical thread {thread:#x} of {process} ended {status}"),
        None => format!("{process} ended {status}"),
    }
}

/// The process whose thread ended the one that died, if that is another one.
fn ended_by(facts: &Facts, stack: &StackFacts) -> Option<(String, Evidence)> {
    let index = TERMINATION
        .iter()
        .find_map(|name| stack.position_of(0, name))?;
    let process = stack.thread.as_ref()?.process.clone()?;
    let died = facts.died.as_ref()?.name.as_ref()?;
    let shows = format!("a thread of {process} ended the process");
    (process != *died).then(|| (process, frame_at(stack, index, shows)))
}
