//! What is kept of one file.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use analyzer::verdict::{BitFlip, CauseId, Confidence, Verdict};
use serde::{Deserialize, Serialize};

/// One file and what came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub path: PathBuf,
    /// Size in bytes and time of the last change (nanoseconds since 1970), which tell whether the
    /// file is still the one that was analyzed.
    pub size: u64,
    pub changed: u64,
    pub outcome: Outcome,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The crashes in the file: one for a dump, at least one for a log.
    Crashes(Vec<Crash>),
    /// Why it could not be analyzed.
    Failed(String),
}

/// A verdict, reduced to what is compared and shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crash {
    /// Equal for the same bug.
    pub signature: String,
    /// The stop code as Windows writes it.
    pub stop: String,
    pub stop_name: Option<String>,
    pub cause: CauseId,
    pub title: String,
    pub confidence: Confidence,
    /// The module to blame, its function, and its version or date.
    pub culprit: Option<String>,
    pub function: Option<String>,
    pub version: Option<String>,
    /// When it stopped (UTC, RFC 3339).
    pub seen: Option<String>,
    /// What tells the machine from others.
    pub machine: Option<String>,
    /// The machine in words.
    pub machine_name: Option<String>,
    /// The bit that hardware damaged.
    pub flip: Option<BitFlip>,
}

impl Row {
    /// A row for `path` with its size and date, which are 0 if the file cannot be asked.
    pub fn new(path: &Path, outcome: Outcome) -> Self {
        let about = std::fs::metadata(path).ok();
        let changed = about.as_ref().and_then(|about| about.modified().ok());
        let since = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            path: path.to_owned(),
            size: about.map_or(0, |about| about.len()),
            changed: since.map_or(0, |since| since.as_nanos() as u64),
            outcome,
        }
    }

    /// True if the file is as it was when this row was made.
    pub fn is_current(&self) -> bool {
        let now = Self::new(&self.path, Outcome::Crashes(Vec::new()));
        self.changed != 0 && (now.size, now.changed) == (self.size, self.changed)
    }

    pub fn is_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }

    pub fn crashes(&self) -> &[Crash] {
        match &self.outcome {
            Outcome::Crashes(crashes) => crashes,
            Outcome::Failed(_) => &[],
        }
    }
}

impl Crash {
    pub fn of(verdict: &Verdict) -> Self {
        let culprit = verdict.culprit.as_ref();
        let module = culprit.map(|culprit| culprit.module.clone());
        let named = |name: &str| {
            module
                .as_deref()
                .is_some_and(|module| module.eq_ignore_ascii_case(name))
        };
        let driver = verdict.drivers.iter().find(|driver| named(&driver.name));
        let of_driver = driver.and_then(|driver| driver.version.clone().or(driver.date.clone()));
        let of_module = || {
            let module = verdict.modules.iter().find(|module| named(&module.name))?;
            let stamp = module
                .timestamp
                .map(|stamp| format!("timestamp {stamp:08x}"));
            module.version.clone().or(stamp)
        };
        let machine = verdict.machine.as_ref();
        Self {
            signature: verdict.signature.clone(),
            stop: verdict.bugcheck.code_hex.clone(),
            stop_name: verdict.bugcheck.name.clone(),
            cause: verdict.cause.most_specific(),
            title: verdict.cause.title.clone(),
            confidence: verdict.confidence,
            function: culprit.and_then(|culprit| culprit.function.clone()),
            version: of_driver.or_else(of_module),
            culprit: module,
            seen: verdict.dump.crash_time.clone(),
            machine: machine.and_then(|machine| machine.identity.clone()),
            machine_name: machine
                .and_then(|machine| machine.system.clone().or(machine.board.clone())),
            flip: verdict
                .hardware
                .as_ref()
                .and_then(|proof| proof.flip.clone()),
        }
    }

    /// `driver.sys!Function`, or what is known of it.
    pub fn blamed(&self) -> String {
        match (&self.culprit, &self.function) {
            (Some(module), Some(function)) => format!("{module}!{function}"),
            (Some(module), None) => module.clone(),
            (None, _) => "nobody".to_owned(),
        }
    }
}
