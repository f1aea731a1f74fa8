//! Scores the analyzer on logs with known answers:
//! `cargo run -p analyzer --example score -- FOLDER`
//!
//! The folder has `expected.json` (a list of `{id, culprit_module, must_not_blame, cause,
//! analyze_blamed}`, optionally `also_causes`) and `<id>.txt` for each entry. Three figures come out:
//!
//! - **right**: cause and culprit as expected, or correctly no culprit;
//! - **honest**: inconclusive, or only `possible`;
//! - **wrong**: a module that must not be blamed is blamed, or any other answer is `likely` or
//!   `certain`.
//!
//! A cycle of two locks is a resource deadlock and a lock-order inversion at once: either counts.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use analyzer::verdict::{CauseId, Confidence, Verdict};
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    id: String,
    culprit_module: Option<String>,
    #[serde(default)]
    must_not_blame: Vec<String>,
    cause: String,
    #[serde(default)]
    also_causes: Vec<String>,
    #[serde(default)]
    analyze_blamed: Option<String>,
}

impl Expected {
    /// The expected culprit; hardware is not a driver.
    fn culprit(&self) -> Option<String> {
        let module = self.culprit_module.as_deref()?;
        (!module.starts_with("hardware")).then(|| stem(module))
    }

    fn allows(&self, cause: CauseId) -> bool {
        const SAME: [&str; 2] = ["lock-order-inversion", "resource-deadlock"];
        let cause = cause.as_str();
        let expected = || std::iter::once(&self.cause).chain(&self.also_causes);
        expected().any(|one| one == cause)
            || SAME.contains(&cause) && expected().any(|one| SAME.contains(&one.as_str()))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Right,
    Honest,
    Wrong,
}

impl Mark {
    fn text(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Honest => "honest",
            Self::Wrong => "WRONG",
        }
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: score FOLDER");
        return Ok(ExitCode::from(2));
    };
    let folder = Path::new(&folder);
    let expected: Vec<Expected> =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json"))?)?;
    let mut marks: BTreeMap<Mark, usize> = BTreeMap::new();
    let (mut named, mut named_right) = (0, 0);
    println!(
        "{:<28} {:<6} {:<22} {:<36} {:<9} {:<28} {:<5}",
        "log", "mark", "culprit", "cause", "sure", "!analyze blamed", "right"
    );
    for case in &expected {
        let bytes = std::fs::read(folder.join(format!("{}.txt", case.id)))?;
        let verdicts = analyzer::analyze_log(&bytes).unwrap_or_default();
        let best = verdicts
            .iter()
            .map(|verdict| (mark(case, verdict), verdict));
        let best = best.min_by_key(|(mark, _)| *mark);
        let mark = best.map_or(Mark::Honest, |(mark, _)| mark);
        *marks.entry(mark).or_default() += 1;
        let verdict = best.map(|(_, verdict)| verdict);
        let culprit = verdict.and_then(|verdict| Some(stem(&verdict.culprit.as_ref()?.module)));
        let blamed = case.analyze_blamed.as_deref().unwrap_or("");
        let says = blamed.split(['!', '+', ' ']).next().unwrap_or("");
        let names_module = !says.is_empty() && says != "not" && says != "none";
        let analyze = names_module.then(|| Some(stem(says)) == case.culprit());
        named += usize::from(analyze.is_some());
        named_right += usize::from(analyze == Some(true));
        println!(
            "{:<28} {:<6} {:<22} {:<36} {:<9} {:<28} {}",
            cut(&case.id, 28),
            mark.text(),
            cut(culprit.as_deref().unwrap_or("-"), 22),
            verdict.map_or("no crash data", |verdict| verdict.cause.id.as_str()),
            verdict.map_or("-", |verdict| verdict.confidence.as_str()),
            cut(blamed, 28),
            match analyze {
                Some(true) => "yes",
                Some(false) => "no",
                None => "-",
            }
        );
        if mark != Mark::Right {
            println!(
                "    expected {} by {}",
                case.cause,
                case.culprit_module
                    .as_deref()
                    .unwrap_or("nobody that the log names")
            );
        }
    }
    let count = |mark| marks.get(&mark).copied().unwrap_or(0);
    println!(
        "\nright {} of {}, honest {}, wrong {}; !analyze named a module in {named}, rightly in {named_right}",
        count(Mark::Right),
        expected.len(),
        count(Mark::Honest),
        count(Mark::Wrong)
    );
    Ok(match count(Mark::Wrong) {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

fn mark(case: &Expected, verdict: &Verdict) -> Mark {
    let culprit = verdict
        .culprit
        .as_ref()
        .map(|culprit| stem(&culprit.module));
    let sure = verdict.confidence > Confidence::Possible;
    let forbidden = culprit
        .as_ref()
        .is_some_and(|culprit| case.must_not_blame.iter().any(|one| stem(one) == *culprit));
    let fits = culprit == case.culprit() && case.allows(verdict.cause.id);
    match (fits, sure && culprit.is_some(), forbidden) {
        (true, ..) => Mark::Right,
        (false, true, _) => Mark::Wrong,
        (false, false, _) => Mark::Honest,
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
