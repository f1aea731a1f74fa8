//! Many runs, a few at a time.

use std::time::Instant;

use futures::{StreamExt, stream};
use vm::plan::{Plan, Refusal};

use super::{Context, one};
use crate::events::{Event, Outcome, Summary, TestReport};

/// A run to be made.
pub struct Job {
    /// What to do; or why it cannot be done.
    pub plan: Result<Plan, Refusal>,
    /// Which repetition, from 1.
    pub attempt: u32,
    /// The command that repeats it.
    pub rerun: String,
}

/// Carries out `jobs`, at most `at_a_time` at once, all on the calling thread. Once interrupted,
/// no new one begins. The sink gets everything but the run's start.
pub async fn run_all(jobs: &[Job], at_a_time: usize, context: &Context<'_>) -> Summary {
    let started = Instant::now();
    let mut summary = Summary::default();
    let mut finished = stream::iter(jobs)
        .take_while(|_| std::future::ready(!context.interrupt.is_set()))
        .map(async |job| match &job.plan {
            Ok(plan) => one(plan, job.attempt, &job.rerun, context).await,
            Err(refusal) => TestReport::skipped(refusal, job.attempt, &job.rerun),
        })
        .buffer_unordered(at_a_time.max(1));
    while let Some(report) = finished.next().await {
        let interrupted = is_interrupted(&report, context);
        if !interrupted {
            summary.count(&report.outcome);
            let skipped = matches!(report.outcome, Outcome::Skipped { .. });
            summary.not_reproduced += usize::from(skipped && report.reproduced.is_some());
            (context.sink)(Event::TestFinished(Box::new(report)));
        }
    }
    summary.seconds = started.elapsed().as_secs_f64();
    summary.interrupted = context.interrupt.is_set();
    summary.peak_memory_kib = peak_memory_kib();
    (context.sink)(Event::RunFinished(summary));
    summary
}

/// A run that the user stopped has no outcome worth counting.
fn is_interrupted(report: &TestReport, context: &Context) -> bool {
    context.interrupt.is_set() && matches!(report.outcome, Outcome::Infra { .. })
}

/// Largest resident memory of this process so far, KiB.
fn peak_memory_kib() -> u64 {
    use nix::sys::resource::{UsageWho, getrusage};

    getrusage(UsageWho::RUSAGE_SELF).map_or(0, |usage| u64::try_from(usage.max_rss()).unwrap_or(0))
}
