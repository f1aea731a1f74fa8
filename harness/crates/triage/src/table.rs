//! The summary for a terminal.

use std::fmt::Write as _;

use crate::{Group, Outcome, Summary};

/// Files that could not be analyzed and are listed by name.
const MAX_FAILED: usize = 20;

const HEADINGS: [&str; 8] = [
    "count",
    "machines",
    "first seen",
    "last seen",
    "stop",
    "cause",
    "culprit",
    "sure",
];

/// The groups as a table, what several dumps prove together above it, and files that could not be
/// analyzed below.
pub fn table(summary: &Summary) -> String {
    let mut text = format!("{}\n", headline(summary));
    for one in &summary.repeated {
        let _ = writeln!(
            text,
            "bad memory: {} was wrong in {} crashes of machine {}; test its memory",
            one.place, one.crashes, one.machine
        );
    }
    if !summary.groups.is_empty() {
        let rows: Vec<_> = summary.groups.iter().map(cells).collect();
        let all = || std::iter::once(HEADINGS.map(str::to_owned)).chain(rows.iter().cloned());
        let widths: [usize; 8] = std::array::from_fn(|column| {
            all()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        });
        text.push('\n');
        for row in all() {
            let cells = row.iter().zip(widths);
            let line: Vec<_> = cells
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            let _ = writeln!(text, "{}", line.join("  ").trim_end());
        }
    }
    let failed = summary.rows.iter().filter_map(|row| match &row.outcome {
        Outcome::Failed(why) => Some((&row.path, why)),
        Outcome::Crashes(_) => None,
    });
    if summary.failed > 0 {
        text.push_str("\nNot analyzed:\n");
    }
    for (path, why) in failed.take(MAX_FAILED) {
        let (path, why) = (visible(&path.display().to_string()), visible(why));
        // Messages about a file begin with its name, mostly.
        let why = why.strip_prefix(&format!("{path}: ")).unwrap_or(&why);
        let _ = writeln!(text, "  {path}: {why}");
    }
    if summary.failed > MAX_FAILED {
        let more = summary.failed - MAX_FAILED;
        let _ = writeln!(
            text,
            "  and {more} more: --csv and --message-format json list all"
        );
    }
    text
}

/// `123 files: 130 crashes of 7 kinds on 4 machines; 2 files could not be analyzed`
pub(crate) fn headline(summary: &Summary) -> String {
    let mut text = format!(
        "{}: {} of {} on {}",
        count(summary.files, "file"),
        match summary.crashes {
            1 => "1 crash".to_owned(),
            crashes => format!("{crashes} crashes"),
        },
        count(summary.groups.len(), "kind"),
        match summary.machines {
            0 => "machines that the files do not tell apart".to_owned(),
            machines => count(machines, "machine"),
        }
    );
    if summary.failed > 0 {
        let _ = write!(
            text,
            "; {} could not be analyzed",
            count(summary.failed, "file")
        );
    }
    text
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn cells(group: &Group) -> [String; 8] {
    let versions: Vec<_> = group.versions.iter().map(String::as_str).collect();
    let culprit = match versions.is_empty() {
        true => group.culprit.clone(),
        false => format!("{} ({})", group.culprit, versions.join(", ")),
    };
    let machines = match group.machines.len() {
        0 => "?".to_owned(),
        known => known.to_string(),
    };
    [
        group.count.to_string(),
        machines,
        day(group.first.as_deref()),
        day(group.last.as_deref()),
        stop(&group.stop),
        group.cause.to_string(),
        visible(&culprit),
        group.confidence.as_str().to_owned(),
    ]
}

/// The stop code; a log of a hang has none.
pub(crate) fn stop(code: &str) -> String {
    match code {
        "0x0" => "none".to_owned(),
        code => visible(code),
    }
}

/// The date of an RFC 3339 time.
pub(crate) fn day(time: Option<&str>) -> String {
    time.map_or_else(|| "?".to_owned(), |time| time.chars().take(10).collect())
}

/// Text from a file, with control characters made visible.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|char| match char.is_control() {
            true => char.escape_default().collect::<Vec<_>>(),
            false => vec![char],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Row;
    use crate::group::tests::{crash, row};

    #[test]
    fn the_table_shows_groups_and_files_that_failed() {
        let mut hostile = crash("s2", "pc2", "2026-02-01T10:00:00Z");
        hostile.culprit = Some("a\u{1b}[2Jb.sys".into());
        let summary = Summary::of(vec![
            row("a.dmp", crash("s1", "pc1", "2026-01-01T10:00:00Z")),
            row("b.dmp", hostile),
            Row {
                outcome: Outcome::Failed("bad.dmp: cut short".into()),
                ..row("bad.dmp", crash("", "", ""))
            },
        ]);
        let text = table(&summary);
        assert!(text.starts_with("3 files: 2 crashes of 2 kinds on 2 machines; 1 file could not"));
        assert!(text.contains("foo.sys (1.2)"), "{text}");
        assert!(text.contains("2026-01-01"), "{text}");
        assert!(text.contains("  bad.dmp: cut short"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
