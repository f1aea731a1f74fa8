//! The wanted crash, from a file: a dump, a debugger's log, or a verdict as JSON.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use analyzer::verdict::Verdict;
use analyzer::{AnalyzeError, SymbolPath, ViewRequest};

/// A verdict has some tens of KiB; a larger file is rejected.
const MOST_JSON: u64 = 64 << 20;

/// The crash that is wanted.
#[derive(Clone, Debug)]
pub struct WantedCrash {
    pub verdict: Verdict,
    /// The file, if it is a dump.
    pub dump: Option<PathBuf>,
    /// Bytes of memory that the machine had, where the dump says it.
    pub memory: Option<u64>,
    /// What Driver Verifier watched, where the dump shows it.
    pub verified: Option<Verified>,
    /// What people should know, a sentence each.
    pub notes: Vec<String>,
}

/// Driver Verifier's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What it checked.
    pub flags: u32,
    /// Which drivers, by file name.
    pub drivers: Vec<String>,
}

/// The file says nothing of a crash.
#[derive(Debug, thiserror::Error)]
pub enum NotWanted {
    /// It cannot be read.
    #[error("{}: {error}", path.display())]
    Io {
        path: PathBuf,
        error: std::io::Error,
    },
    /// It is JSON, but no verdict.
    #[error(
        "{} is not a verdict: {message}; `stopcode analyze --message-format json DUMP` writes one",
        path.display()
    )]
    NoVerdict { path: PathBuf, message: String },
    /// It is neither a dump nor a log.
    #[error(transparent)]
    Analyze(#[from] AnalyzeError),
}

impl WantedCrash {
    /// Reads `file`, by what it begins with.
    ///
    /// # Errors
    /// It says nothing of a crash.
    pub fn read(file: &Path, symbols: &SymbolPath) -> Result<Self, NotWanted> {
        if let Some(text) = json(file)? {
            let verdict = verdict_of(&text).map_err(|message| NotWanted::NoVerdict {
                path: file.to_owned(),
                message,
            })?;
            return Ok(Self::of(verdict));
        }
        let mut verdicts = analyzer::analyze_file(file, symbols)?;
        let several = verdicts.len();
        if verdicts.is_empty() {
            return Err(NotWanted::NoVerdict {
                path: file.to_owned(),
                message: "there is no crash in it".into(),
            });
        }
        let mut wanted = Self::of(verdicts.remove(0));
        if several > 1 {
            let note = format!("the log has {several} crashes; this is about the first");
            wanted.notes.push(note);
        }
        // A log has no header.
        if let Ok(header) = analyzer::read_header(file) {
            wanted.dump = Some(file.to_owned());
            wanted.memory = header.expected_size;
            wanted.verified = verified(file, symbols);
        }
        Ok(wanted)
    }

    fn of(verdict: Verdict) -> Self {
        Self {
            verdict,
            dump: None,
            memory: None,
            verified: None,
            notes: Vec::new(),
        }
    }
}

/// The text of a file that begins as JSON does.
fn json(file: &Path) -> Result<Option<Vec<u8>>, NotWanted> {
    let io = |error| NotWanted::Io {
        path: file.to_owned(),
        error,
    };
    let is_named_so = file.extension().is_some_and(|ending| ending == "json");
    let mut start = [0; 64];
    let mut opened = File::open(file).map_err(io)?;
    let length = opened.read(&mut start).map_err(io)?;
    let first = start[..length]
        .iter()
        .find(|byte| !byte.is_ascii_whitespace());
    if !is_named_so && first != Some(&b'{') {
        return Ok(None);
    }
    if opened.metadata().map_err(io)?.len() > MOST_JSON {
        return Err(NotWanted::NoVerdict {
            path: file.to_owned(),
            message: format!("it has more than {} MiB", MOST_JSON >> 20),
        });
    }
    fs::read(file).map(Some).map_err(io)
}

/// The first of the verdicts in a text: `analyze` writes one after the other.
fn verdict_of(text: &[u8]) -> Result<Verdict, String> {
    let mut verdicts = serde_json::Deserializer::from_slice(text).into_iter::<Verdict>();
    match verdicts.next() {
        Some(verdict) => verdict.map_err(|error| error.to_string()),
        None => Err("it is empty".into()),
    }
}

/// What `!verifier` shows: the options, and the drivers. What it does not show is not known.
fn verified(dump: &Path, symbols: &SymbolPath) -> Option<Verified> {
    let request = ViewRequest::parse("verifier").ok()?;
    let view = analyzer::inspect(dump, symbols, &request).ok()?;
    of_view(&serde_json::to_value(&view).ok()?)
}

fn of_view(view: &serde_json::Value) -> Option<Verified> {
    let settings = view.pointer("/data/settings")?;
    let level = settings.get("level")?.as_str()?.strip_prefix("0x")?;
    let flags = u32::try_from(u64::from_str_radix(level, 16).ok()?).ok()?;
    let drivers = settings.get("drivers")?.as_array()?.iter();
    let drivers: Vec<String> = drivers
        .filter_map(|name| Some(name.as_str()?.to_owned()))
        .collect();
    (flags != 0 && !drivers.is_empty()).then_some(Verified { flags, drivers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use runner::testing::verdict;

    #[test]
    fn a_verdict_is_read_and_other_json_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("v.json");
        let read = |text: &str| {
            fs::write(&file, text).unwrap();
            WantedCrash::read(&file, &SymbolPath::default())
        };
        let text = serde_json::to_string_pretty(&verdict()).unwrap();
        assert_eq!(read(&text).unwrap().verdict, verdict());
        // As `analyze` writes those of a log with two crashes.
        assert_eq!(read(&format!("{text}\n{text}")).unwrap().verdict, verdict());
        for wrong in ["", "{}", "[1]", "{\"schema_version\": 1, "] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("v.json is not a verdict"), "{error}");
        }
        let absent = WantedCrash::read(&folder.path().join("none"), &SymbolPath::default());
        assert!(absent.unwrap_err().to_string().contains("none"));
    }

    #[test]
    fn verifiers_settings_are_taken_where_the_dump_shows_them() {
        let view = |level: &str, drivers: &[&str]| {
            serde_json::json!({"view": "verifier", "data": {"settings": {"level": level,
                "options": [], "drivers": drivers}}})
        };
        let found = of_view(&view("0x209bb", &["a.sys"])).unwrap();
        assert_eq!(
            (found.flags, found.drivers),
            (0x209BB, vec!["a.sys".to_owned()])
        );
        assert_eq!(of_view(&view("0x0", &["a.sys"])), None);
        assert_eq!(of_view(&view("0x1", &[])), None);
        assert_eq!(of_view(&view("0xfffffffff", &["a.sys"])), None);
        assert_eq!(of_view(&serde_json::json!({"data": []})), None);
    }
}
