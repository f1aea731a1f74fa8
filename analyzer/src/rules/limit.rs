//! Limits a finding to what the source covers.
//!
//! Without memory, an inbox driver is at most a suspect, and the kernel and detectors are not
//! blamed. A driver that only `!analyze` blamed is at most `likely`.

use super::Finding;
use crate::facts::{CrashStack, Facts};
use crate::modules::is_inbox;
use crate::verdict::{Alternative, Confidence, Unknown};

/// Modules that only check others.
const DETECTORS: &[&str] = &[
    "verifierext.",
    "verifier.",
    "watchdog.",
    "crashdmp.",
    "pshed.",
];

/// Reduces a finding to what the facts support. With memory and a crash stack, it stays.
pub(super) fn limit(facts: &Facts, finding: &mut Finding) {
    let Some(culprit) = &finding.culprit else {
        return;
    };
    let implied = facts.shows.crash_stack == CrashStack::Implied;
    let has_memory = facts.shows.has_memory();
    let inbox = !has_memory && is_inbox(&culprit.module);
    if inbox {
        finding.confidence = Confidence::Possible;
        finding.unknown.push(Unknown {
            what: format!("who misled {}", culprit.module),
            why: "it comes with Windows, and such modules fail far more often on behalf of others \
                  than by themselves"
                .to_owned(),
        });
    } else if implied && finding.confidence > Confidence::Likely {
        finding.confidence = Confidence::Likely;
    }
    // Without a stop, inbox drivers are not blamed.
    let stopless = inbox && facts.bugcheck.code == 0 && facts.fault.is_some();
    let noticed = !has_memory && (is_kernel(&culprit.module) || is_detector(&culprit.module));
    if noticed || stopless {
        let culprit = finding.culprit.take();
        finding.alternatives.push(Alternative {
            cause: finding.cause,
            culprit,
            why: "it noticed; who misled it is not shown".to_owned(),
        });
    }
}

fn is_kernel(module: &str) -> bool {
    let name = module.to_lowercase();
    name.starts_with("ntoskrnl") || name.starts_with("ntkrnl") || name.starts_with("hal.")
}

fn is_detector(module: &str) -> bool {
    let name = module.to_lowercase();
    DETECTORS.iter().any(|one| name.starts_with(one))
}
