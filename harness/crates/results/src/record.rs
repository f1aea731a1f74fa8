//! What is recorded of a run and of each of its tests.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use runner::events::{Outcome, Summary, TestReport};
use scenario::TestName;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vm::guest::accel::AccelChoice;

use super::files::KeptFile;

/// Version of the files in a report folder. It grows when a field changes its meaning or
/// disappears; new optional fields do not change it.
pub const RESULT_SCHEMA_VERSION: u32 = 1;

/// Longest identifier of a run, in bytes: it becomes a part of file names.
const MAX_RUN_ID: usize = 100;

/// What all results of one run share, also where several machines carry it out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// A text that cannot identify a run.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{}` cannot identify a run: up to {MAX_RUN_ID} of A-Z a-z 0-9 . _ -, the first a letter or a digit",
    .0.escape_default()
)]
pub struct NoRunId(String);

impl RunId {
    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RunId {
    type Error = NoRunId;

    fn try_from(text: String) -> Result<Self, NoRunId> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if starts && text.len() <= MAX_RUN_ID && text.chars().all(plain) {
            Ok(Self(text))
        } else {
            Err(NoRunId(text))
        }
    }
}

impl FromStr for RunId {
    type Err = NoRunId;

    fn from_str(text: &str) -> Result<Self, NoRunId> {
        text.to_owned().try_into()
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A moment, written in RFC 3339 with milliseconds, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(SystemTime);

impl Timestamp {
    /// Now, as this machine's clock has it.
    pub fn now() -> Self {
        Self::of(SystemTime::now())
    }

    /// A moment to the millisecond; one that cannot be written is the epoch.
    pub fn of(time: SystemTime) -> Self {
        let since = (time.duration_since(SystemTime::UNIX_EPOCH)).unwrap_or_default();
        let millis = u64::try_from(since.as_millis()).unwrap_or_default();
        let millis = if millis > MAX_MILLIS { 0 } else { millis };
        Self(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
    }

    pub fn time(self) -> SystemTime {
        self.0
    }
}

/// 9999-12-31: RFC 3339 has four digits for the year.
const MAX_MILLIS: u64 = 253_402_300_799_999;

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_rfc3339_millis(self.0).fmt(f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = humantime::parse_rfc3339(&text).map_err(serde::de::Error::custom)?;
        Ok(Self::of(time))
    }
}

/// The result of one test: a file in `results/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Version of the schema that the writer follows.
    pub schema_version: u32,
    /// The run that it belongs to.
    #[schemars(with = "String")]
    pub run: RunId,
    /// When the test ended (UTC, RFC 3339).
    #[schemars(with = "String")]
    pub finished: Timestamp,
    /// What is in its folder below `files/`.
    #[serde(default)]
    pub files: Vec<KeptFile>,
    /// What the test did.
    pub report: TestReport,
}

/// Which result it is. Results with the same identity are the same result, made or copied twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    pub run: RunId,
    /// The test; its image is a part of the name.
    pub test: TestName,
    /// Which repetition, from 1.
    pub attempt: u32,
}

impl Record {
    /// Puts a record together.
    pub fn new(run: RunId, finished: Timestamp, files: Vec<KeptFile>, report: TestReport) -> Self {
        Self {
            schema_version: RESULT_SCHEMA_VERSION,
            run,
            finished,
            files,
            report,
        }
    }

    /// Which result it is.
    pub fn identity(&self) -> Identity {
        Identity {
            run: self.run.clone(),
            test: self.report.test.clone(),
            attempt: self.report.attempt,
        }
    }

    /// Whether the test could be carried out.
    pub fn is_complete(&self) -> bool {
        !matches!(self.report.outcome, Outcome::Infra { .. })
    }

    /// Of two results with the same identity, the one to keep is the greater: one that was carried
    /// out rather than one that could not be, then the one that ended first. Two that agree in both
    /// are told apart by their content, so that the order of merging does not matter.
    pub(crate) fn preference(&self, other: &Self) -> Ordering {
        let complete = self.is_complete().cmp(&other.is_complete());
        let earlier = other.finished.cmp(&self.finished);
        complete
            .then(earlier)
            .then_with(|| by_content(&self.report, &other.report))
    }
}

/// Compares two values by how they are written.
fn by_content<T: Serialize>(one: &T, other: &T) -> Ordering {
    let text = |value: &T| serde_json::to_string(value).unwrap_or_default();
    text(other).cmp(&text(one))
}

impl Identity {
    /// `tinynt.spinlock-hog.fixed.1`, a part of file names.
    pub fn as_file_name(&self) -> String {
        format!("{}.{}", self.test.as_file_name(), self.attempt)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} #{} of run {}", self.test, self.attempt, self.run)
    }
}

/// What one `stopcode run` was about: a file in `runs/`. A run of several shards has several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Version of the schema that the writer follows.
    pub schema_version: u32,
    pub run: RunId,
    pub image: String,
    /// The slice of the tests: `all`, or `1of4`.
    pub slice: String,
    /// What executed the guests, and why.
    pub accelerator: AccelChoice,
    pub started: Timestamp,
    /// The machine that it ran on.
    pub host: RunHost,
    /// The version of stopcode.
    pub stopcode: String,
    /// The tests that were to be run, in their order.
    pub tests: Vec<TestName>,
    /// How often each.
    pub repeat: u32,
    /// How many virtual machines at a time.
    pub jobs: usize,
    /// When it ended; absent while it runs, and for ever if it was killed.
    #[serde(default)]
    pub finished: Option<Timestamp>,
    /// How it ended.
    #[serde(default)]
    pub summary: Option<Summary>,
}

/// A machine that ran tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunHost {
    pub name: Option<String>,
    /// Its Linux.
    pub kernel: Option<String>,
    /// Its processors, as far as this process may use them.
    pub cpus: Option<usize>,
    /// Its memory.
    pub memory_mib: Option<u64>,
}

impl RunHost {
    pub fn this() -> Self {
        let line = |file: &str| {
            let text = std::fs::read_to_string(file).ok()?;
            Some(text.trim().to_owned())
        };
        let memory = line("/proc/meminfo").and_then(|text| {
            let total = text
                .lines()
                .find_map(|line| line.strip_prefix("MemTotal:"))?;
            let kib: u64 = total.trim().strip_suffix(" kB")?.trim().parse().ok()?;
            Some(kib / 1024)
        });
        Self {
            name: line("/proc/sys/kernel/hostname"),
            kernel: line("/proc/sys/kernel/osrelease"),
            cpus: std::thread::available_parallelism().map(|n| n.get()).ok(),
            memory_mib: memory,
        }
    }
}

impl RunInfo {
    /// What tells this slice from others of its run: the slice, and which tests are in it, so that
    /// jobs that share a run's identifier and take other tests do not overwrite each other, and one
    /// that is made again does.
    pub fn shard(&self) -> String {
        let mut hash = crc32fast::Hasher::new();
        for test in &self.tests {
            hash.update(test.as_str().as_bytes());
            hash.update(b"\n");
        }
        hash.update(&self.repeat.to_le_bytes());
        format!("{}-{:08x}", self.slice, hash.finalize())
    }

    /// Of two with the same name, the one to keep is the greater: the one that came to its end,
    /// then the one that began first.
    pub(crate) fn preference(&self, other: &Self) -> Ordering {
        let ended = |info: &Self| info.summary.is_some_and(|summary| !summary.interrupted);
        let closed = self.finished.is_some().cmp(&other.finished.is_some());
        let earlier = other.started.cmp(&self.started);
        (ended(self).cmp(&ended(other)))
            .then(closed)
            .then(earlier)
            .then_with(|| by_content(self, other))
    }
}
