//! One run: a plan becomes an outcome.

mod all;
mod evidence;
mod judge;
mod story;

use std::cell::{Cell, RefCell};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use analyzer::Survey;
use analyzer::verdict::Verdict;
use futures::future::LocalBoxFuture;
use scenario::Expectation;
use tokio::time::timeout;
use vm::capture;
use vm::driver::{self, Signer};
use vm::guest::{Guest, Qmp, SerialLog, damage, disturb};
use vm::image::Signing;
use vm::interrupt::Interrupt;
use vm::plan::{Action, DriverReport, Plan, PlannedDriver, Refusal};
use vm::watch::{self, Ending, Leaving};

use crate::artefacts::{Keep, RunFolder};
use crate::events::{Event, Outcome, Phase, PhaseTime, TestReport, Timings};
use crate::expect;
use crate::witness;

pub use all::{Job, run_all};
use judge::{Observed, Wanted, judge};
use story::{Asked, Delivery, Look, Story};

/// After the end that the steps reached, a crash may still be on its way to us.
const SETTLE: Duration = Duration::from_millis(100);

/// If the agent's channel closes, QEMU's death follows; it says more.
const DEATH_FOLLOWS: Duration = Duration::from_secs(5);

/// What was written to COM1 before the guest ended only has to get here.
const LINE_LATE: Duration = Duration::from_secs(2);

/// What runs share.
pub struct Context<'c> {
    /// Receives what happens.
    pub sink: &'c dyn Fn(Event),
    /// Folder below which each run gets its own.
    pub session: PathBuf,
    /// What becomes of artefacts.
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
        attempt,
        context,
        started: Instant::now(),
        timings: Cell::default(),
        phases: RefCell::default(),
        notes: RefCell::new(plan.caveats.clone()),
        armed: Cell::default(),
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
    TestReport {
        test: plan.test.clone(),
        attempt,
        reproduced: plan.rare.then_some(outcome == Outcome::Passed),
        outcome,
        expected: expect::stated(&plan.expect),
        seconds: run.started.elapsed().as_secs_f64(),
        timings: run.timings.get(),
        phases: run.phases.into_inner(),
        seed: (plan.machine.seed()).map(|(_, seed)| format!("{seed:016x}")),
        bugcheck: (observed.witnesses.as_ref()).and_then(|said| said.header.or(said.announced)),
        witnesses: observed.witnesses,
        live_verdict: observed.live,
        verdict: observed.verdict,
        dump_bytes,
        analyses: observed.analyses,
        artefacts,
        notes: run.notes.into_inner(),
        rerun: rerun.to_owned(),
    }
}

/// The report of a test that its image cannot run.
pub fn refused(refusal: &Refusal, attempt: u32, rerun: &str) -> TestReport {
    TestReport {
        test: refusal.test.clone(),
        attempt,
        outcome: Outcome::Skipped {
            reason: refusal.reason.clone(),
        },
        expected: Vec::new(),
        seconds: 0.0,
        timings: Timings::default(),
        phases: Vec::new(),
        seed: None,
        bugcheck: None,
        witnesses: None,
        reproduced: None,
        live_verdict: None,
        verdict: None,
        dump_bytes: None,
        analyses: Vec::new(),
        artefacts: None,
        notes: Vec::new(),
        rerun: rerun.to_owned(),
    }
}

/// The state of a run that is under way.
struct Run<'r> {
    plan: &'r Plan,
    attempt: u32,
    context: &'r Context<'r>,
    /// Start of the QEMU process, as nearly as it can be had.
    started: Instant,
    timings: Cell<Timings>,
    phases: RefCell<Vec<PhaseTime>>,
    notes: RefCell<Vec<String>>,
    /// Whether it was seen that the plan's watchdog is armed.
    armed: Cell<bool>,
}

impl Run<'_> {
    fn phase(&self, phase: Phase) {
        self.phase_at(phase, None);
    }

    /// A phase that began when the guest's clock said `guest`.
    fn phase_at(&self, phase: Phase, guest: Option<Duration>) {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let elapsed = self.started.elapsed();
        let mut timings = self.timings.get();
        match phase {
            Phase::Ready => timings.ready = Some(elapsed),
            Phase::Ended => timings.ended = Some(elapsed),
            Phase::Analysed => timings.verdict = Some(elapsed),
            Phase::Booting
            | Phase::Starting(_)
            | Phase::Running(_)
            | Phase::Waiting
            | Phase::Captured => {}
        }
        self.timings.set(timings);
        let (elapsed_ms, guest_ms) = (millis(elapsed), guest.map(millis));
        self.phases.borrow_mut().push(PhaseTime {
            phase: phase.clone(),
            elapsed_ms,
            guest_ms,
        });
        (self.context.sink)(Event::Progress {
            test: self.plan.test.clone(),
            attempt: self.attempt,
            phase,
            elapsed_ms,
            guest_ms,
        });
    }

    fn note(&self, note: String) {
        self.notes.borrow_mut().push(note);
    }

    /// From boot to outcome. An `Err` is an infrastructure failure. What was seen on the way is
    /// left in `observed` in either case.
    async fn carry_out(
        &self,
        folder: &RunFolder,
        observed: &mut Observed,
    ) -> Result<Outcome, String> {
        let deliveries = self.deliveries(folder)?;
        write_json(&folder.plan(), &self.plan.machine)
            .map_err(|error| format!("cannot write to the run's folder: {error}"))?;
        let mut guest = Guest::start(&self.plan.machine, folder.path())
            .await
            .map_err(|error| error.to_string())?;
        if let Some(why) = &guest.cold {
            self.note(format!("booted cold: {why}"));
        }
        self.phase(Phase::Booting);
        let ending = tokio::select! {
            ending = self.live(&mut guest, &deliveries, folder) => ending,
            () = self.context.interrupt.wait() => {
                guest.serial.finish();
                return Err("interrupted".into());
            }
        };
        let captured = self.collect(&mut guest, &ending, folder, observed).await;
        let booted = self.timings.get().ready.is_some();
        let last_lines = guest.serial.tail(3).join(" / ");
        guest.qemu.kill().await;
        for words in guest.serial.finish() {
            self.note(words);
        }
        // They may be many gigabytes.
        drop(guest.disks);
        self.analyse(&captured?, folder, observed).await?;
        if !booted {
            let mut words = not_booted(&ending, &last_lines, observed);
            let machine = self.plan.machine.clone();
            if let Ok(Some(why)) = tokio::task::spawn_blocking(move || damage(&machine)).await {
                words = format!("{words}; {why}");
            }
            return Err(words);
        }
        Ok(judge(
            &Wanted::of(self.plan, self.armed.get()),
            &ending,
            observed,
        ))
    }

    fn deliveries(&self, folder: &RunFolder) -> Result<Vec<Delivery<'_>>, String> {
        (self.plan.drivers.iter())
            .map(|driver| {
                let bytes = driver::check(&driver.file).map_err(|error| error.to_string())?;
                let bytes = match &self.plan.signing {
                    Some(signing) => signed(driver, signing, folder)?,
                    None => bytes,
                };
                Ok(Delivery { driver, bytes })
            })
            .collect()
    }

    /// Lets the guest live until something ends the run.
    async fn live(
        &self,
        guest: &mut Guest,
        deliveries: &[Delivery<'_>],
        folder: &RunFolder,
    ) -> Ending {
        let Guest {
            qemu,
            events,
            agent,
            serial,
            qmp,
            ..
        } = guest;
        let asked = Asked::default();
        let looker = Looker {
            run: self,
            qmp,
            folder: folder.path(),
        };
        let story = Story {
            plan: self.plan,
            deliveries,
            phase: &|phase, guest| self.phase_at(phase, guest),
            monitor: Some(qmp),
            asked: &asked,
            armed: &self.armed,
            look: Some(&looker),
            note: &|note| self.note(note),
        };
        let mut com1 = serial.clone();
        let told = tokio::select! {
            biased;
            ending = watch::crash_or_reset(events, || asked.reset()) => {
                return if asked.leaving.get() { self.farewell(ending, &mut com1).await } else { ending };
            }
            death = qemu.death() => return Ending::QemuDied(death.to_string()),
            told = story.tell(agent, serial) => told,
            () = disturb(self.plan.jitter, qmp) => unreachable!("it goes on for ever"),
        };
        if self.plan.jitter.is_some() {
            // It may stand still just now; a monitor that fails is seen below.
            let _ = qmp.resume().await;
        }
        let grace = match &told {
            Ending::QemuDied(_) => DEATH_FOLLOWS,
            _ => SETTLE,
        };
        // In lockstep, what is still on its way needs guest time.
        let settled = timeout(grace + LINE_LATE, agent.pause(grace));
        tokio::select! {
            biased;
            ending = watch::crash(events) => ending,
            death = qemu.death() => Ending::QemuDied(death.to_string()),
            _ = settled => told,
        }
    }

    /// A guest that was told to leave, and not to crash, has done what it had to if its drivers
    /// said before that their work is done.
    async fn farewell(&self, ending: Ending, serial: &mut SerialLog) -> Ending {
        let Ending::Left { how, words } = &ending else {
            return ending;
        };
        let asked_for = match self.plan.actions.last() {
            Some(Action::Leave { restart: true, .. }) => Some(Leaving::Restart),
            Some(Action::Leave { restart: false, .. }) => Some(Leaving::Off),
            _ => None,
        };
        if *how != asked_for || self.plan.expect != Expectation::NoCrash {
            return ending;
        }
        let heard = self.plan.speaks_on_com1;
        for driver in self.plan.drivers.iter().filter(|_| heard) {
            let report = serial.wait_for(|line| driver.report(line));
            match timeout(LINE_LATE, report).await {
                Ok(Some(DriverReport::Done)) => {}
                Ok(Some(DriverReport::Failed(words))) => return Ending::WorkFailed(words),
                Ok(None) | Err(_) => {
                    let missing = format!("no line `{}: done` on COM1", driver.reports_as);
                    return Ending::Left {
                        how: *how,
                        words: format!("{missing}; {words}"),
                    };
                }
            }
        }
        Ending::Survived
    }
}

/// Looks at a run's guest.
struct Looker<'l> {
    run: &'l Run<'l>,
    qmp: &'l Qmp,
    folder: &'l Path,
}

impl Look for Looker<'_> {
    fn look(&self) -> LocalBoxFuture<'_, Result<Survey, String>> {
        let memory = u64::from(self.run.plan.machine.memory_mib) << 20;
        Box::pin(async move {
            let symbols = self.run.symbols();
            let survey = capture::survey(self.qmp, memory, &symbols, self.folder);
            survey.await.map_err(|error| error.to_string())
        })
    }
}

/// Why a guest that never was ready counts as not booted.
fn not_booted(ending: &Ending, last_lines: &str, observed: &Observed) -> String {
    let why = match ending {
        Ending::Stopped(_) => match &observed.announced {
            Some(stop) => format!("it stopped with {}", witness::show(stop)),
            None => "it stopped".into(),
        },
        Ending::TimedOut { waiting_for, .. } => format!("no {waiting_for}"),
        Ending::QemuDied(words)
        | Ending::DiskFailed(words)
        | Ending::Left { words, .. }
        | Ending::StepFailed(words)
        | Ending::WorkFailed(words) => words.clone(),
        Ending::Survived => "it ended early".into(),
    };
    let said = if last_lines.is_empty() {
        "it wrote nothing to COM1".to_owned()
    } else {
        format!("its last lines on COM1: {last_lines}")
    };
    format!("the guest did not boot: {why}; {said}")
}

fn write_json<T: serde::Serialize>(file: &Path, value: &T) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    fs::write(file, text)
}

/// A verdict in one line: `0xD1 irql-leaked, culprit hog.sys!Write`.
pub fn in_short(verdict: &Verdict) -> String {
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

/// The bytes of a driver with a signature. The file with them is kept as the rest of the run is: it
/// is what the guest got.
fn signed(
    driver: &PlannedDriver,
    signing: &Signing,
    folder: &RunFolder,
) -> Result<Vec<u8>, String> {
    let signer = Signer {
        certificate: signing.certificate.clone(),
        key: signing.key.clone(),
    };
    let file = folder.signed(&driver.service);
    let parent = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
    (signer.sign(&driver.file, &file)).map_err(|error| error.to_string())?;
    fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))
}
