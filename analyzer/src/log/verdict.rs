//! Facts of a transcript → verdict.

use super::assemble;
use super::crashes::Crash;
use super::next::open_questions;
use crate::facts::Facts;
use crate::judge::{Origin, put_together};
use crate::modules::is_inbox;
use crate::rules::{Finding, judge as apply};
use crate::stop;
use crate::verdict::{Alternative, Confidence, DumpInfo, Unknown, Verdict};

/// Threads' stacks beyond this many are left out of the verdict.
const MAX_STACKS: usize = 64;

/// Judges one crash of a text.
pub(super) fn judge(crash: &Crash) -> Verdict {
    let facts = assemble::facts(crash);
    let (mut finding, rule) = apply(&facts);
    temper(&facts, &mut finding);
    let mut described = stop::describe(&facts.bugcheck);
    let known = facts
        .transcript
        .as_ref()
        .map(|log| log.known)
        .unwrap_or_default();
    for (parameter, known) in described.parameters.iter_mut().zip(known) {
        if !known {
            parameter.meaning = Some("unknown: the log does not state it".to_owned());
        }
    }
    let origin = Origin {
        dump: dump_info(crash, &facts),
        bugcheck: described,
        modules: Vec::new(),
        unknown: open_questions(&facts, &finding, crash),
        bucket: (facts.transcript.as_ref()).and_then(|transcript| transcript.bucket.clone()),
    };
    let mut verdict = put_together(&facts, (finding, rule), origin);
    verdict.stacks.truncate(MAX_STACKS);
    verdict
}

/// A text shows less than a dump: what comes with Windows is no more than a suspect, and so is one
/// that only `!analyze` named.
fn temper(facts: &Facts, finding: &mut Finding) {
    let Some(culprit) = &finding.culprit else {
        return;
    };
    let implied = facts
        .transcript
        .as_ref()
        .is_some_and(|transcript| transcript.implied);
    if is_inbox(&culprit.module) {
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
    // Never the kernel itself, nor who only checks; without a stop, nobody that comes with Windows.
    let stopless = facts.bugcheck.code == 0 && facts.fault.is_some() && is_inbox(&culprit.module);
    if is_kernel(&culprit.module) || is_detector(&culprit.module) || stopless {
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

/// Modules that do nothing but check others.
fn is_detector(module: &str) -> bool {
    let name = module.to_lowercase();
    [
        "verifierext.",
        "verifier.",
        "watchdog.",
        "crashdmp.",
        "pshed.",
    ]
    .iter()
    .any(|one| name.starts_with(one))
}

fn dump_info(crash: &Crash, facts: &Facts) -> DumpInfo {
    let machine = &crash.transcript.machine;
    let frames = facts.stacks.iter().flat_map(|stack| &stack.frames);
    let wide = frames
        .filter_map(|frame| frame.sp)
        .any(|sp| sp > u64::from(u32::MAX));
    let named = machine.machine.clone();
    DumpInfo {
        kind: "log".to_owned(),
        machine: named.unwrap_or_else(|| if wide { "64-bit" } else { "unknown" }.to_owned()),
        build: machine.build,
        processors: machine.processors,
        crash_processor: facts.crash_processor,
        uptime_seconds: machine.uptime,
        crash_time: None,
        kernel_base: machine.kernel_base.map(Into::into),
        ..DumpInfo::default()
    }
}
