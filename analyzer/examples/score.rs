//! Scores the analyzer on logs with known answers:
//! `cargo run -p analyzer --example score -- [--json FILE] FOLDER...`
//!
//! Each folder has `expected.json` (a list of [`Expected`]) and `<id>.txt` for each entry. A case
//! counts by its first verdict with the expected stop code, else by its first verdict:
//!
//! - **right**: cause and culprit as expected, or correctly no culprit;
//! - **honest**: inconclusive, or only `possible`;
//! - **wrong**: a module that must not be blamed is blamed, or any other answer is `likely` or
//!   `certain`;
//! - **refused**: the text gives no verdict.
//!
//! A cycle of two locks is a resource deadlock and a lock-order inversion at once: either counts.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analyzer::verdict::{CauseId, Confidence, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A known answer.
#[derive(Clone, Deserialize)]
struct Expected {
    id: String,
    /// `{"code": "0xD1"}`; a hang has words instead of a code.
    #[serde(default)]
    bugcheck: Value,
    culprit_module: Option<String>,
    /// Other answers that count as the culprit; `null` for nobody.
    #[serde(default)]
    also_acceptable: Vec<Option<String>>,
    #[serde(default)]
    must_not_blame: Vec<String>,
    cause: OneOrMore,
    #[serde(default)]
    also_causes: Vec<String>,
    #[serde(default)]
    analyze_blamed: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

impl Expected {
    /// The stop code; `None` for a hang, or if the answer does not state it.
    fn code(&self) -> Option<u32> {
        let text = match &self.bugcheck {
            Value::Object(fields) => fields.get("code")?.as_str()?,
            Value::String(text) => text,
            _ => return None,
        };
        let digits = text.trim().strip_prefix("0x")?;
        let end = digits.find(|c: char| !c.is_ascii_hexdigit());
        u32::from_str_radix(&digits[..end.unwrap_or(digits.len())], 16).ok()
    }

    /// The expected culprits; `None` stands for nobody. Hardware is not a driver.
    fn culprits(&self) -> Vec<Option<String>> {
        let all = std::iter::once(&self.culprit_module).chain(&self.also_acceptable);
        all.map(|module| {
            let module = module.as_deref()?;
            (!module.starts_with("hardware")).then(|| stem(module))
        })
        .collect()
    }

    /// The expected causes. A text without an id (`bad lock usage (no id)`) is left out, unless the
    /// words before the parenthesis have an id by now. `(no id; a-cause nearest)` names another id.
    fn causes(&self) -> Vec<CauseId> {
        let all = self.cause.all().iter().chain(&self.also_causes);
        let id = |text: &str| text.trim().to_lowercase().replace(' ', "-").parse().ok();
        let ids = |text: &String| {
            let mut parts = text.split(['(', ')', ';', ',']);
            let first = id(parts.next().unwrap_or(""));
            let nearest = parts.filter_map(|part| id(part.trim().strip_suffix("nearest")?));
            first.into_iter().chain(nearest).collect::<Vec<_>>()
        };
        all.flat_map(ids).collect()
    }

    /// Whether the cause is one of the expected ones; any is if no expected one has an id.
    fn allows(&self, verdict: &Verdict) -> bool {
        const SAME: [CauseId; 2] = [CauseId::LockOrderInversion, CauseId::ResourceDeadlock];
        let expected = self.causes();
        expected.is_empty()
            || expected.iter().any(|&one| {
                let same = SAME.contains(&one) && SAME.contains(&verdict.cause.id);
                verdict.cause.is(one) || same
            })
    }

    fn forbids(&self, module: &str) -> bool {
        self.must_not_blame.iter().any(|one| stem(one) == module)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Mark {
    Right,
    Honest,
    Wrong,
    Refused,
}

impl Mark {
    fn text(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Honest => "honest",
            Self::Wrong => "WRONG",
            Self::Refused => "refused",
        }
    }
}

/// One line of the JSON report.
#[derive(Serialize)]
struct Scored {
    id: String,
    folder: String,
    mark: Mark,
    cause: Option<CauseId>,
    /// The special case of `cause`, where it has an id of its own.
    specific: Option<CauseId>,
    culprit: Option<String>,
    confidence: Option<Confidence>,
    /// Whether the culprit alone is right.
    blame: bool,
    expected: Answer,
    /// Why the text was refused.
    error: Option<String>,
    /// What `!analyze` blamed, and whether that is right; `None` if it named no module.
    #[serde(skip)]
    analyze: (String, Option<bool>),
}

#[derive(Serialize)]
struct Answer {
    culprits: Vec<Option<String>>,
    causes: Vec<String>,
}

#[derive(Default, Serialize)]
struct Totals {
    cases: usize,
    right: usize,
    honest: usize,
    wrong: usize,
    refused: usize,
    blame_right: usize,
    analyze_named: usize,
    analyze_right: usize,
}

impl Totals {
    fn of<'s>(scored: impl Iterator<Item = &'s Scored>) -> Self {
        let mut totals = Self::default();
        for case in scored {
            totals.cases += 1;
            *match case.mark {
                Mark::Right => &mut totals.right,
                Mark::Honest => &mut totals.honest,
                Mark::Wrong => &mut totals.wrong,
                Mark::Refused => &mut totals.refused,
            } += 1;
            totals.blame_right += usize::from(case.blame);
            totals.analyze_named += usize::from(case.analyze.1.is_some());
            totals.analyze_right += usize::from(case.analyze.1 == Some(true));
        }
        totals
    }

    fn print(&self, title: &str) {
        println!(
            "{title}: right {} of {}, honest {}, wrong {}, refused {}; the blame alone right {}; \
             !analyze named a module in {}, rightly in {}",
            self.right,
            self.cases,
            self.honest,
            self.wrong,
            self.refused,
            self.blame_right,
            self.analyze_named,
            self.analyze_right
        );
    }
}

struct Options {
    json: Option<PathBuf>,
    folders: Vec<PathBuf>,
}

fn options() -> Option<Options> {
    let (mut json, mut folders) = (None, Vec::new());
    let mut words = std::env::args_os().skip(1);
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--json") => json = Some(PathBuf::from(words.next()?)),
            Some(word) if word.starts_with("--") => return None,
            _ => folders.push(PathBuf::from(word)),
        }
    }
    (!folders.is_empty()).then_some(Options { json, folders })
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some(options) = options() else {
        eprintln!("usage: score [--json FILE] FOLDER...");
        return Ok(ExitCode::from(2));
    };
    println!(
        "{:<28} {:<7} {:<22} {:<36} {:<9} {:<28} {:<5}",
        "log", "mark", "culprit", "cause", "sure", "!analyze blamed", "right"
    );
    let mut folders: BTreeMap<String, Totals> = BTreeMap::new();
    let mut all = Vec::new();
    for folder in &options.folders {
        let scored = score(folder)?;
        let name = folder.display().to_string();
        folders.insert(name, Totals::of(scored.iter()));
        scored.iter().for_each(print);
        all.extend(scored);
    }
    println!();
    for (name, totals) in &folders {
        totals.print(name);
    }
    let totals = Totals::of(all.iter());
    if folders.len() > 1 {
        totals.print("all");
    }
    if let Some(file) = options.json {
        let report = serde_json::json!({"cases": all, "folders": folders, "totals": totals});
        fs::write(file, serde_json::to_string_pretty(&report)? + "\n")?;
    }
    Ok(match totals.wrong {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

fn score(folder: &Path) -> Result<Vec<Scored>, Box<dyn Error>> {
    let file = folder.join("expected.json");
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let expected: Vec<Expected> =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let one = |case: &Expected| -> Result<Scored, Box<dyn Error>> {
        let bytes = fs::read(folder.join(format!("{}.txt", case.id)))?;
        let (verdicts, error) = match analyzer::analyze_log(&bytes) {
            Ok(verdicts) => (verdicts, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let of_stop = case.code().and_then(|code| {
            let mut verdicts = verdicts.iter();
            verdicts.find(|verdict| verdict.bugcheck.code == code)
        });
        let verdict = of_stop.or(verdicts.first());
        let culprit = verdict.and_then(|verdict| Some(stem(&verdict.culprit.as_ref()?.module)));
        let blamed = case.analyze_blamed.clone().unwrap_or_default();
        let says = blamed.split(['!', '+', ' ']).next().unwrap_or("");
        let names_module = !says.is_empty() && says != "not" && says != "none";
        let right = names_module.then(|| case.culprits().contains(&Some(stem(says))));
        Ok(Scored {
            id: case.id.clone(),
            folder: folder.display().to_string(),
            mark: verdict.map_or(Mark::Refused, |verdict| mark(case, verdict)),
            cause: verdict.map(|verdict| verdict.cause.id),
            specific: verdict.and_then(|verdict| verdict.cause.specific),
            blame: verdict.is_some() && case.culprits().contains(&culprit),
            culprit,
            confidence: verdict.map(|verdict| verdict.confidence),
            expected: Answer {
                culprits: case.culprits(),
                causes: case.cause.all().to_vec(),
            },
            error,
            analyze: (blamed, right),
        })
    };
    expected.iter().map(one).collect()
}

fn mark(case: &Expected, verdict: &Verdict) -> Mark {
    let culprit = verdict
        .culprit
        .as_ref()
        .map(|culprit| stem(&culprit.module));
    let named = culprit.is_some();
    let sure = verdict.confidence > Confidence::Possible;
    let forbidden = culprit
        .as_deref()
        .is_some_and(|culprit| case.forbids(culprit));
    match case.culprits().contains(&culprit) && case.allows(verdict) {
        true => Mark::Right,
        false if forbidden || sure && named => Mark::Wrong,
        false => Mark::Honest,
    }
}

fn print(case: &Scored) {
    println!(
        "{:<28} {:<7} {:<22} {:<36} {:<9} {:<28} {}",
        cut(&case.id, 28),
        case.mark.text(),
        cut(case.culprit.as_deref().unwrap_or("-"), 22),
        case.cause.map_or("no verdict", CauseId::as_str),
        case.confidence.map_or("-", Confidence::as_str),
        cut(&case.analyze.0, 28),
        match case.analyze.1 {
            Some(true) => "yes",
            Some(false) => "no",
            None => "-",
        }
    );
    if case.mark != Mark::Right {
        let names = case.expected.culprits.iter();
        let names: Vec<_> = names
            .map(|one| one.as_deref().unwrap_or("nobody that the log names"))
            .collect();
        let causes = case.expected.causes.join(" or ");
        println!("    expected {causes} by {}", names.join(" or "));
    }
    if let Some(error) = &case.error {
        println!("    {error}");
    }
}

/// A module's name without extension, in lower case.
fn stem(module: &str) -> String {
    let module = module.to_lowercase();
    let stem = module
        .rsplit_once('.')
        .map_or(module.as_str(), |(stem, _)| stem);
    match stem {
        "ntoskrnl" | "ntkrnlmp" => "nt".to_owned(),
        stem => stem.to_owned(),
    }
}

fn cut(text: &str, width: usize) -> String {
    match text.chars().count() > width {
        true => text.chars().take(width - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}
