//! A review as text and as Markdown.

use std::fmt::Write as _;

use crate::review::{Failure, Review, Status, Trend};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Longest trouble that is shown.
const TROUBLE: usize = 160;

/// For a terminal.
pub fn text(review: &Review) -> String {
    let mut out = String::new();
    let earlier = match review.earlier {
        0 => "the first run in the history".to_owned(),
        1 => "one run before it".to_owned(),
        n => format!("{n} runs before it"),
    };
    let _ = writeln!(out, "History of run {}: {earlier}", review.run);
    for (word, failures) in [
        ("NEW", &review.new_failures),
        ("KNOWN", &review.known_failures),
    ] {
        for failure in failures {
            let _ = writeln!(out, "  {word:<6} {}  {}", failure.test, about(failure));
            let _ = writeln!(out, "         {}", short(&failure.trouble));
        }
    }
    for test in &review.fixed {
        let _ = writeln!(out, "  FIXED  {test}");
    }
    for flaky in &review.flaky {
        let (bad, of) = (flaky.bad, flaky.of);
        let _ = writeln!(
            out,
            "  FLAKY  {}  bad in {bad} of the latest {of}",
            flaky.test
        );
    }
    if review.earlier > 0 {
        let width = review.trends.iter().map(|trend| trend.test.len()).max();
        let width = width.unwrap_or_default();
        for trend in &review.trends {
            let _ = writeln!(out, "  {:<width$}  {}", trend.test, line(trend));
        }
    }
    out
}

/// For a page of a CI system.
pub fn markdown(review: &Review) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "### History\n");
    if review.earlier == 0 {
        let _ = writeln!(out, "This is the first run in the history.");
        return out;
    }
    let bad = review.new_failures.len() + review.known_failures.len();
    if bad + review.fixed.len() + review.flaky.len() == 0 {
        let _ = writeln!(
            out,
            "Nothing changed against {} earlier runs.",
            review.earlier
        );
    }
    for (title, failures) in [
        ("New failures", &review.new_failures),
        ("Known failures", &review.known_failures),
    ] {
        if failures.is_empty() {
            continue;
        }
        let _ = writeln!(out, "**{title}**\n");
        for failure in failures {
            let _ = writeln!(
                out,
                "- {} – {}: {}",
                code(&failure.test),
                about(failure),
                code(&short(&failure.trouble))
            );
        }
        out.push('\n');
    }
    if !review.fixed.is_empty() {
        let fixed: Vec<String> = review.fixed.iter().map(|test| code(test)).collect();
        let _ = writeln!(out, "**Fixed:** {}\n", fixed.join(", "));
    }
    if !review.flaky.is_empty() {
        let _ = writeln!(out, "**Flaky**\n");
        for flaky in &review.flaky {
            let (bad, of) = (flaky.bad, flaky.of);
            let _ = writeln!(
                out,
                "- {} – bad in {bad} of the latest {of}",
                code(&flaky.test)
            );
        }
        out.push('\n');
    }
    let _ = writeln!(out, "<details><summary>Trends</summary>\n");
    let _ = writeln!(out, "| test | seconds | |\n| --- | --- | --- |");
    for trend in &review.trends {
        let last = trend.seconds.last().copied().unwrap_or_default();
        let bars = sparkline(&trend.seconds);
        let _ = writeln!(out, "| {} | {last:.2} | {bars} |", code(&trend.test));
    }
    let _ = writeln!(out, "\n</details>");
    out
}

fn about(failure: &Failure) -> String {
    let mut message = format!("bad in {} of {}", failure.bad, failure.of);
    match (&failure.since, &failure.last_good) {
        (Some(since), _) => {
            let _ = write!(message, ", since run {since}");
        }
        (None, Some(good)) => {
            let _ = write!(message, ", last good in run {good}");
        }
        (None, None) => message.push_str(", never seen good"),
    }
    message
}

fn line(trend: &Trend) -> String {
    let marks: String = (trend.statuses.iter())
        .map(|status| match status {
            Status::Passed => '.',
            Status::Failed => 'F',
            Status::Infra => 'I',
            Status::Skipped => '-',
        })
        .collect();
    let last = trend.seconds.last().copied().unwrap_or_default();
    format!("{} {last:.2} s  {marks}", sparkline(&trend.seconds))
}

/// Heights relative to the largest value.
pub(super) fn sparkline(values: &[f64]) -> String {
    let largest = values.iter().copied().fold(0.0, f64::max);
    (values.iter())
        .map(|value| {
            let share = if largest > 0.0 { value / largest } else { 0.0 };
            // In range by construction; a value that is not a number is drawn as none.
            BARS[((share * 7.0).round() as usize).min(7)]
        })
        .collect()
}

fn short(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match line.char_indices().nth(TROUBLE) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// A code span that whatever is in it cannot leave.
fn code(text: &str) -> String {
    let plain = text.replace(['`', '|'], "'");
    format!("`{plain}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review() -> Review {
        let failure = |test: &str, since: Option<&str>| Failure {
            test: test.to_owned(),
            bad: 1,
            of: 3,
            trouble: "cause: expected `a`, was <b>\n".to_owned(),
            since: since.map(str::to_owned),
            last_good: Some("r1".into()),
        };
        Review {
            run: "r3".into(),
            earlier: 2,
            new_failures: vec![failure("tiny::a", None)],
            known_failures: vec![failure("tiny::b", Some("r2"))],
            fixed: vec!["tiny::c".into()],
            flaky: Vec::new(),
            trends: vec![Trend {
                test: "tiny::a".into(),
                seconds: vec![1.0, 4.0, 8.0],
                dump_bytes: Vec::new(),
                statuses: vec![Status::Passed, Status::Passed, Status::Failed],
            }],
        }
    }

    #[test]
    fn people_see_what_is_new_first() {
        let shown = text(&review());
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0], "History of run r3: 2 runs before it");
        assert_eq!(
            lines[1],
            "  NEW    tiny::a  bad in 1 of 3, last good in run r1"
        );
        assert_eq!(lines[3], "  KNOWN  tiny::b  bad in 1 of 3, since run r2");
        assert_eq!(lines[5], "  FIXED  tiny::c");
        assert_eq!(lines[6], "  tiny::a  ▂▅█ 8.00 s  ..F");
    }

    #[test]
    fn foreign_words_stay_in_their_span() {
        let shown = markdown(&review());
        assert!(shown.contains("`cause: expected 'a', was <b> `"), "{shown}");
        assert!(shown.contains("| `tiny::a` | 8.00 | ▂▅█ |"), "{shown}");
    }

    #[test]
    fn bars_bear_any_number() {
        assert_eq!(sparkline(&[]), "");
        assert_eq!(sparkline(&[0.0, 0.0]), "▁▁");
        assert_eq!(
            sparkline(&[f64::NAN, f64::INFINITY, 1.0]).chars().count(),
            3
        );
    }
}
