//! One run: a plan becomes an outcome.

mod all;
mod evidence;
mod judge;
mod live;
mod probe;
mod recorder;
mod resets;
mod steps;
mod upload;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use analyzer::SymbolPath;
use analyzer::verdict::Verdict;
use vm::guest::{Guest, damage};
use vm::interrupt::Interrupt;
use vm::plan::Plan;
use vm::symbols;

use crate::artefacts::{Keep, RunFolder};
use crate::events::{Event, Outcome, Phase, TestReport};
use crate::expect;

pub use all::{Job, run_all};
use judge::{Criteria, Observed, judge, not_booted};
use recorder::Recorder;
use upload::driver_uploads;

/// How long output to COM1 from before the guest's end may take to arrive.
const LINE_LATE: Duration = Duration::from_secs(2);

/// What runs share.
pub struct Context<'c> {
    /// Receives the events.
    pub sink: &'c dyn Fn(Event),
    /// Folder below which each run gets its own.
    pub session: PathBuf,
    /// Which artefacts are kept.
    pub keep: Keep,
    /// Tells when the user wants to stop.
    pub interrupt: Interrupt,
}

/// Carries out a plan. `attempt` counts repetitions from 1; `rerun` is the command that repeats
/// this test, for the report.
///
/// Must run on a thread that lives until it is done (see [`Guest::start`]).
pub async fn one(plan: &Plan, attempt: u32, rerun: &str, context: &Context<'_>) -> TestReport {
    (context.sink)(Event::TestStarted {
        test: plan.test.clone(),
        attempt,
    });
    let run = Run {
        plan,
        context,
        recorder: Recorder::start(&plan.test, attempt, context.sink, plan.caveats.clone()),
    };
    let (outcome, observed, dump_bytes, artefacts) =
        match RunFolder::create(&context.session, &plan.test, attempt) {
            Err(error) => {
                let outcome = Outcome::infra(format!("cannot make the run's folder: {error}"));
                (outcome, Observed::default(), None, None)
            }
            Ok(folder) => {
                let mut observed = Observed::default();
                let outcome = run
                    .carry_out(&folder, &mut observed)
                    .await
                    .unwrap_or_else(|reason| Outcome::Infra { reason });
                let uneventful = matches!(outcome, Outcome::Passed | Outcome::Skipped { .. });
                let keep = context.keep.keeps(uneventful);
                (context.sink)(Event::FolderReady {
                    test: plan.test.clone(),
                    attempt,
                    folder: folder.path().to_owned(),
                });
                let dump = fs::metadata(folder.dump()).map(|about| about.len()).ok();
                (outcome, observed, dump, folder.finish(keep))
            }
        };
    let record = run.recorder.finish();
    TestReport {
        reproduced: plan.rare.then_some(outcome == Outcome::Passed),
        expected: expect::stated(&plan.expect),
        seconds: record.seconds,
        timings: record.timings,
        phases: record.phases,
        seed: (plan.machine.seed()).map(|(_, seed)| format!("{seed:016x}")),
        bugcheck: (observed.witnesses.as_ref()).and_then(|stop| stop.header.or(stop.announced)),
        witnesses: observed.witnesses,
        live_verdict: observed.live,
        verdict: observed.verdict,
        dump_bytes,
        analyses: observed.analyses,
        artefacts,
        notes: record.notes,
        ..TestReport::new(plan.test.clone(), attempt, outcome, rerun)
    }
}

/// A run that is under way.
struct Run<'r> {
    plan: &'r Plan,
    context: &'r Context<'r>,
    recorder: Recorder<'r>,
}

impl Run<'_> {
    /// From boot to outcome. An `Err` is an infrastructure failure. What was seen on the way is
    /// left in `observed` in either case.
    async fn carry_out(
        &self,
        folder: &RunFolder,
        observed: &mut Observed,
    ) -> Result<Outcome, String> {
        let uploads = driver_uploads(self.plan, folder)?;
        write_json(&folder.plan(), &self.plan.machine)
            .map_err(|error| format!("cannot write to the run's folder: {error}"))?;
        let mut guest = Guest::start(&self.plan.machine, folder.path())
            .await
            .map_err(|error| error.to_string())?;
        if let Some(why) = &guest.cold {
            self.recorder.note(format!("booted cold: {why}"));
        }
        self.recorder.phase(Phase::Booting);
        let end = tokio::select! {
            end = self.live(&mut guest, &uploads, folder) => end,
            () = self.context.interrupt.wait() => {
                guest.serial.finish();
                return Err("interrupted".into());
            }
        };
        let captured = self
            .collect(&mut guest, &end.ending, folder, observed)
            .await;
        let booted = self.recorder.was_ready();
        let last_lines = guest.serial.tail(3).join(" / ");
        guest.qemu.kill().await;
        for message in guest.serial.finish() {
            self.recorder.note(message);
        }
        // They may be many gigabytes.
        drop(guest.disks);
        self.analyse(&captured?, folder, observed).await?;
        if !booted {
            let mut message = not_booted(&end.ending, &last_lines, observed);
            let machine = self.plan.machine.clone();
            if let Ok(Some(why)) = tokio::task::spawn_blocking(move || damage(&machine)).await {
                message = format!("{message}; {why}");
            }
            return Err(message);
        }
        Ok(judge(
            &Criteria::of(self.plan, end.watchdog_seen),
            &end.ending,
            observed,
        ))
    }
}

/// Where the symbols of a plan's guest come from.
fn symbols_of(plan: &Plan) -> SymbolPath {
    symbols::of_guest(&plan.symbols, &plan.symbol_path)
}

fn write_json<T: serde::Serialize>(file: &Path, value: &T) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    fs::write(file, text)
}

/// A verdict in one line: `0xD1 irql-leaked, culprit hog.sys!Write`.
pub fn one_line(verdict: &Verdict) -> String {
    let culprit = match &verdict.culprit {
        None => "nobody".to_owned(),
        Some(culprit) => match &culprit.function {
            Some(function) => format!("{}!{function}", culprit.module),
            None => culprit.module.clone(),
        },
    };
    format!(
        "{} {}, culprit {culprit}",
        verdict.bugcheck.code_hex, verdict.cause.id
    )
}
