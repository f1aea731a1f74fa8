//! Facts of a transcript → verdict.

use super::assemble;
use super::assemble::crashes::Crash;
use super::next::{is_answered, open_questions};
use crate::facts::Facts;
use crate::judge::{self, SourceInfo};
use crate::rules;
use crate::verdict::{DumpInfo, StackKind, Verdict};

/// Threads' stacks beyond this many are left out of the verdict.
const MAX_STACKS: usize = 64;

/// The verdict on one crash.
pub(super) fn analyze_crash(crash: &Crash) -> Verdict {
    let facts = assemble::facts(crash);
    let (finding, rule) = rules::apply(&facts);
    let source = SourceInfo {
        dump: dump_info(crash, &facts),
        modules: Vec::new(),
        unknown: open_questions(&facts, &finding, crash),
    };
    let mut verdict = judge::assemble(&facts, (finding, rule), source);
    verdict
        .unknown
        .retain(|unknown| !is_answered(unknown, crash));
    verdict.next_steps = judge::next_steps(&verdict);
    verdict.stacks.truncate(MAX_STACKS);
    let current = crash.transcript.analysis.keys.get("PROCESS_NAME");
    let is_name = |name: &&String| !name.is_empty() && !name.contains(' ');
    if let Some(stack) = verdict
        .stacks
        .first_mut()
        .filter(|stack| stack.kind == StackKind::Crash)
    {
        stack.process = stack.process.take().or(current.filter(is_name).cloned());
    }
    // A symbol such as `<Unloaded_a.sys>+0x10` does not tell where the image ended.
    let listed = &crash.transcript.modules.unloaded;
    verdict.unloaded.retain(|driver| {
        let mut listed = listed.iter();
        listed.any(|one| one.start == driver.start.0 && one.end == driver.end.0)
    });
    verdict
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
        uptime_seconds: machine.uptime(),
        crash_time: None,
        kernel_base: machine.kernel_base.map(Into::into),
        ..DumpInfo::default()
    }
}
