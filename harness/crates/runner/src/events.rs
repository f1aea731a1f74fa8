//! What happens while tests run, as data. Reporters turn it into text; nothing else does.

use std::path::PathBuf;
use std::time::Duration;

use analyzer::verdict::Verdict;
use scenario::TestName;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vm::guest::accel::AccelChoice;
use vm::plan::Refusal;

use crate::artefacts::Artefacts;
use crate::expect::{Expected, Mismatch};
use crate::witness::{StopRecord, StopSources};

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Tests are about to run.
    RunStarted {
        /// The image they run on.
        image: String,
        /// How many, repetitions included.
        tests: usize,
        /// How many at a time.
        jobs: usize,
        /// What executes the guests, and why.
        accelerator: AccelChoice,
        /// How many of the tests run on QEMU's translator whatever was chosen, because their
        /// clock is warped.
        warped: usize,
    },
    /// A test has begun.
    TestStarted {
        test: TestName,
        /// Which repetition, from 1.
        attempt: u32,
    },
    /// A test got somewhere.
    Progress {
        test: TestName,
        /// Which repetition, from 1.
        attempt: u32,
        /// Where to.
        phase: Phase,
        /// Since the start of the QEMU process.
        elapsed_ms: u64,
        /// What the guest's own clock has counted, where it goes otherwise than ours and is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        guest_ms: Option<u64>,
    },
    /// A test's folder has all that it will have; once this is handled, it is kept or removed. Not
    /// written as JSON: for readers outside, what is kept is in the test's report.
    #[serde(skip)]
    FolderReady {
        test: TestName,
        /// Which repetition, from 1.
        attempt: u32,
        folder: PathBuf,
    },
    /// A test has ended.
    TestFinished(Box<TestReport>),
    /// All have ended.
    RunFinished(Summary),
}

/// Where a test is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// QEMU runs and the guest boots.
    Booting,
    /// The guest's agent answers.
    Ready,
    /// A driver is being started.
    Starting(String),
    /// Another step: the program that is run, with its arguments.
    Running(String),
    /// All steps are done; the outcome is awaited.
    Waiting,
    /// The run in the guest is over: it stopped, or did all it had to do, or did not.
    Ended,
    /// The dump is written.
    Captured,
    /// The verdict is there.
    Analysed,
}

/// What a test did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Outcome {
    /// All as expected.
    Passed,
    /// The guest did something else than expected.
    Failed {
        /// What differs.
        mismatches: Vec<Mismatch>,
    },
    /// The test was not run.
    Skipped {
        /// Why not.
        reason: String,
    },
    /// The test could not be carried out, which says nothing about the driver.
    Infra {
        /// Why not.
        reason: String,
    },
}

impl Outcome {
    /// An infrastructure failure.
    pub fn infra(reason: impl ToString) -> Self {
        Self::Infra {
            reason: reason.to_string(),
        }
    }
}

/// Times since the start of the QEMU process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Timings {
    /// The agent answered.
    #[serde(
        rename = "ready_ms",
        serialize_with = "millis",
        deserialize_with = "from_millis"
    )]
    #[schemars(with = "Option<f64>")]
    pub ready: Option<Duration>,
    /// The guest stopped, or the run in it was over.
    #[serde(
        rename = "ended_ms",
        serialize_with = "millis",
        deserialize_with = "from_millis"
    )]
    #[schemars(with = "Option<f64>")]
    pub ended: Option<Duration>,
    /// How long writing the dump took.
    #[serde(
        rename = "capture_ms",
        serialize_with = "millis",
        deserialize_with = "from_millis"
    )]
    #[schemars(with = "Option<f64>")]
    pub capture: Option<Duration>,
    /// How long the analysis took.
    #[serde(
        rename = "analysis_ms",
        serialize_with = "millis",
        deserialize_with = "from_millis"
    )]
    #[schemars(with = "Option<f64>")]
    pub analysis: Option<Duration>,
    /// The verdict was there.
    #[serde(
        rename = "verdict_ms",
        serialize_with = "millis",
        deserialize_with = "from_millis"
    )]
    #[schemars(with = "Option<f64>")]
    pub verdict: Option<Duration>,
}

fn millis<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.serialize_f64((time.as_secs_f64() * 1e6).round() / 1e3),
        None => serializer.serialize_none(),
    }
}

/// A time in milliseconds, if it is one.
fn from_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let millis = Option::<f64>::deserialize(deserializer)?;
    let seconds = millis.map(|millis| Duration::try_from_secs_f64(millis / 1e3));
    seconds.transpose().map_err(serde::de::Error::custom)
}

/// When a test got somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseTime {
    /// Where to.
    pub phase: Phase,
    /// Since the start of the QEMU process.
    pub elapsed_ms: u64,
    /// What the guest's own clock had counted, where it goes otherwise than ours and is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_ms: Option<u64>,
}

/// What one of several analyzers made of the dump.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Analysis {
    /// The analyzer, as it was asked for.
    pub analyzer: String,
    /// How long it took.
    pub elapsed_ms: u64,
    /// What it says.
    #[serde(flatten)]
    pub result: AnalysisResult,
}

/// What an analyzer says, or why it says nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AnalysisResult {
    /// Its verdict.
    Verdict(Box<Verdict>),
    /// Why it gave none.
    Trouble(String),
}

/// All that is known of a test that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestReport {
    /// Which test.
    #[schemars(with = "String")]
    pub test: TestName,
    /// Which repetition, from 1.
    pub attempt: u32,
    /// What it did.
    pub outcome: Outcome,
    /// What was expected.
    #[serde(default)]
    pub expected: Vec<Expected>,
    /// Wall time of the whole test.
    pub seconds: f64,
    /// When things happened.
    pub timings: Timings,
    /// The phases that it went through, in their order.
    #[serde(default)]
    pub phases: Vec<PhaseTime>,
    /// Seed of the guest's address-space randomisation, 16 hex digits.
    pub seed: Option<String>,
    /// The stop, if the guest stopped and its dump could be read.
    pub bugcheck: Option<StopRecord>,
    /// What the three witnesses say, if the guest stopped.
    pub witnesses: Option<StopSources>,
    /// For a scenario whose crash is rare: whether it came.
    pub reproduced: Option<bool>,
    /// What the dump says that was taken while the guest hung.
    pub live_verdict: Option<Verdict>,
    /// What the dump says.
    pub verdict: Option<Verdict>,
    /// Size of the dump, if one was taken.
    #[serde(default)]
    pub dump_bytes: Option<u64>,
    /// What each analyzer says, if several were asked; the first one's verdict is the one above.
    #[serde(default)]
    pub analyses: Vec<Analysis>,
    /// What was kept.
    pub artefacts: Option<Artefacts>,
    /// What else is worth knowing, such as an artefact that could not be taken.
    pub notes: Vec<String>,
    /// The command that runs this test again.
    pub rerun: String,
}

impl TestReport {
    /// A report of which only the outcome is known.
    pub fn new(test: TestName, attempt: u32, outcome: Outcome, rerun: &str) -> Self {
        Self {
            test,
            attempt,
            outcome,
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

    /// The report of a test that its image cannot run.
    pub fn skipped(refusal: &Refusal, attempt: u32, rerun: &str) -> Self {
        let outcome = Outcome::Skipped {
            reason: refusal.reason.clone(),
        };
        Self::new(refusal.test.clone(), attempt, outcome, rerun)
    }
}

/// How a whole run went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Tests that were run.
    pub run: usize,
    /// All as expected.
    pub passed: usize,
    /// Something else than expected.
    pub failed: usize,
    /// Could not be carried out.
    pub infra: usize,
    /// Not run, or run and without the rare crash that they are about.
    pub skipped: usize,
    /// Those of the latter kind.
    pub not_reproduced: usize,
    /// Wall time.
    pub seconds: f64,
    /// Largest resident memory of this process so far, KiB.
    pub peak_memory_kib: u64,
    /// Whether the user stopped it early.
    pub interrupted: bool,
}

impl Summary {
    /// Counts one more test.
    pub fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Skipped { .. } => {
                self.skipped += 1;
                return;
            }
            Outcome::Passed => self.passed += 1,
            Outcome::Failed { .. } => self.failed += 1,
            Outcome::Infra { .. } => self.infra += 1,
        }
        self.run += 1;
    }
}
