//! What differs between two reports, for people: as text and as Markdown.

use std::fmt::Write as _;

use scenario::TestName;

use crate::{Change, Diff, OverallOutcome, Status};

/// Lines for a terminal.
pub fn diff_text(diff: &Diff) -> String {
    let mut text = String::new();
    for section in sections(diff) {
        let _ = writeln!(text, "{} ({})", section.title, section.rows.len());
        for row in &section.rows {
            let _ = writeln!(text, "  {}", row.test);
            for line in &row.lines {
                let _ = writeln!(text, "    {}", one_line(line));
            }
        }
    }
    let _ = writeln!(text, "{}", summary(diff));
    text
}

/// A section of a CI page.
pub fn diff_markdown(diff: &Diff) -> String {
    let mut text = format!("{}\n", summary(diff));
    for section in sections(diff) {
        let _ = writeln!(text, "\n### {} ({})\n", section.title, section.rows.len());
        for row in &section.rows {
            let _ = writeln!(text, "- {}", code_span(row.test.as_str()));
            for line in &row.lines {
                let _ = writeln!(text, "  - {}", code_span(line));
            }
        }
    }
    text
}

struct Section {
    title: &'static str,
    rows: Vec<DiffRow>,
}

struct DiffRow {
    test: TestName,
    lines: Vec<String>,
}

fn sections(diff: &Diff) -> Vec<Section> {
    let changes = |list: &[Change], lines: fn(&Change) -> Vec<String>| -> Vec<DiffRow> {
        let row = |change: &Change| DiffRow {
            test: change.test.clone(),
            lines: lines(change),
        };
        list.iter().map(row).collect()
    };
    let lone = |list: &[(TestName, Status)]| -> Vec<DiffRow> {
        let row = |(test, status): &(TestName, Status)| DiffRow {
            test: test.clone(),
            lines: (std::iter::once(standing(status)).chain(status.trouble.clone())).collect(),
        };
        list.iter().map(row).collect()
    };
    let paces = (diff.paces.iter())
        .map(|pace| DiffRow {
            test: pace.test.clone(),
            lines: vec![format!("{:.3} s, was {:.3} s", pace.after, pace.before)],
        })
        .collect();
    let all = [
        ("New failures", changes(&diff.new_failures, then_and_now)),
        ("Fixed", changes(&diff.fixed, then_and_now)),
        ("Still failing", changes(&diff.still_failing, then_and_now)),
        ("Other verdict", changes(&diff.changed_verdicts, verdicts)),
        ("Only in the first", lone(&diff.missing)),
        ("Only in the second", lone(&diff.added)),
        ("Other duration", paces),
    ];
    (all.into_iter())
        .filter(|(_, rows)| !rows.is_empty())
        .map(|(title, rows)| Section { title, rows })
        .collect()
}

fn then_and_now(change: &Change) -> Vec<String> {
    let (before, after) = (standing(&change.before), standing(&change.after));
    let mut lines = vec![format!("{after}, was {before}")];
    lines.extend(change.after.trouble.clone());
    lines
}

fn verdicts(change: &Change) -> Vec<String> {
    let lines = |status: &Status| -> Vec<String> { status.verdicts.values().cloned().collect() };
    vec![
        format!("before  {}", lines(&change.before).join(" | ")),
        format!("now     {}", lines(&change.after).join(" | ")),
    ]
}

/// `failed 2 of 5`.
fn standing(status: &Status) -> String {
    let (word, count) = match status.standing {
        OverallOutcome::Passed => ("passed", status.passed),
        OverallOutcome::Failed => ("failed", status.failed),
        OverallOutcome::Infra => ("infrastructure", status.infra),
        OverallOutcome::Skipped => ("skipped", status.skipped),
    };
    match status.total() {
        1 => word.to_owned(),
        total => format!("{word} {count} of {total}"),
    }
}

fn summary(diff: &Diff) -> String {
    format!(
        "{} tests compared: {} new failures, {} fixed, {} still failing, {} with another verdict, {} missing, {} added",
        diff.compared,
        diff.new_failures.len(),
        diff.fixed.len(),
        diff.still_failing.len(),
        diff.changed_verdicts.len(),
        diff.missing.len(),
        diff.added.len(),
    )
}

fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).collect()
}

/// Text of others as Markdown shows it and does not follow it: with a fence longer than any in it.
pub(super) fn code_span(text: &str) -> String {
    let text = one_line(text);
    let longest = (text.split(|c| c != '`').map(str::len)).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = match text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() {
        true => " ",
        false => "",
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_leave_its_span() {
        assert_eq!(code_span("a.sys"), "`a.sys`");
        assert_eq!(code_span("a`b\n# c"), "``a`b # c``");
        assert_eq!(code_span("`"), "`` ` ``");
    }
}
