//! The smaller dumps that Windows could have written of a scenario's crash: a kernel dump gives the
//! verdict of the full one, a minidump the same or less.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use analyzer::verdict::{CauseId, Confidence, Culprit, Verdict};
use analyzer::{ConvertTo, SymbolPath, analyze, convert_to};
use vm::image::Image;

/// Scenarios of which a minidump gives another cause than a full dump, and why that is no
/// contradiction. The culprit is the same.
const MORE_GENERAL: [(&str, CauseId, &str); 1] = [(
    "power-irp-blocked",
    CauseId::PowerIrpNeverCompleted,
    "the thread that waits is not in a minidump",
)];
/// Characters of an unloaded driver's name in a minidump.
const UNLOADED_NAME: usize = 12;

/// Converts `dump` and compares the verdicts with that on the dump itself.
///
/// # Errors
/// A table of the verdicts, with what is wrong.
pub fn check(dump: &Path, image: &Image, scenario: &str, full: &Verdict) -> Result<(), String> {
    let symbols = SymbolPath::from_dirs(image.symbols.clone());
    let verdict = |to, name: &str| {
        let out = dump.with_file_name(name);
        let written = convert_to(dump, &symbols, Some(to), &out, &mut |_| {});
        written.map_err(|error| error.to_string())?;
        let verdict = analyze(&out, &symbols).map_err(|error| error.to_string());
        fs::remove_file(&out).map_err(|error| error.to_string())?;
        verdict
    };
    let mut kernel = verdict(ConvertTo::Kernel, "as-kernel.dmp")?;
    kernel.dump.kind.clone_from(&full.dump.kind);
    let minidump = verdict(ConvertTo::Minidump, "as-minidump.dmp")?;
    let mut wrong = Vec::new();
    if kernel != *full {
        wrong.push("the kernel dump's verdict differs".to_owned());
    }
    wrong.extend(contradiction(scenario, full, &minidump));
    if wrong.is_empty() {
        return Ok(());
    }
    let mut table = format!("{scenario}: {}\n", wrong.join("; "));
    for (kind, verdict) in [("full", full), ("kernel", &kernel), ("minidump", &minidump)] {
        let _ = writeln!(table, "  {kind:<9} {}", blame(verdict));
    }
    Err(table)
}

/// What the verdict on a minidump says that the one on the full dump does not.
fn contradiction(scenario: &str, full: &Verdict, mini: &Verdict) -> Option<String> {
    if mini.bugcheck != full.bugcheck {
        return Some("the stop differs".to_owned());
    }
    if mini.confidence > full.confidence {
        return Some("the minidump is surer than the full dump".to_owned());
    }
    let sure = mini.confidence >= Confidence::Likely;
    let other_cause = mini.cause.id != full.cause.id;
    let general = MORE_GENERAL.iter();
    let mut general = general.filter(|(of, cause, _)| *of == scenario && *cause == mini.cause.id);
    if sure && other_cause && general.next().is_none() {
        return Some("the minidump gives another cause".to_owned());
    }
    let culprits = (&full.culprit, &mini.culprit);
    if sure && matches!(culprits, (full, Some(mini)) if !same(full.as_ref(), mini)) {
        return Some("the minidump blames somebody else".to_owned());
    }
    let less = other_cause || mini.confidence < full.confidence || mini.culprit.is_none();
    if less && mini.unknown.is_empty() {
        return Some("the minidump says less, and not why".to_owned());
    }
    None
}

/// Whether it is the same culprit, with the function or without.
fn same(full: Option<&Culprit>, mini: &Culprit) -> bool {
    let Some(full) = full else {
        return false;
    };
    let cut = mini.module.chars().count() == UNLOADED_NAME && full.module.starts_with(&mini.module);
    let module = mini.module == full.module || cut;
    module && (mini.function.is_none() || mini.function == full.function)
}

fn blame(verdict: &Verdict) -> String {
    let culprit = verdict.culprit.as_ref();
    let function = culprit.and_then(|culprit| culprit.function.as_deref());
    format!(
        "{} {:?}, {}!{}",
        verdict.cause.id,
        verdict.confidence,
        culprit.map_or("nobody", |culprit| &culprit.module),
        function.unwrap_or("unknown")
    )
}
