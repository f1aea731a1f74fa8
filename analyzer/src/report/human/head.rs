//! The first lines: what stopped, why, who, how sure, what to do next.

use super::super::paint::{Page, Style};
use super::super::phrases::{duration, who};
use crate::verdict::{CauseId, Confidence, Culprit, Verdict};

pub(super) fn head(page: &mut Page, verdict: &Verdict) {
    let stop = &verdict.bugcheck;
    let name = stop.name.as_deref().unwrap_or("(unnamed stop)");
    let title = match is_stop(verdict) {
        false => "NO STOP in this log".to_owned(),
        true => format!("STOP {} {name}", stop.code_hex),
    };
    let title = page.paint(Style::Heading, &title);
    page.line(&title);
    let why = page.paint(Style::Warn, &verdict.cause.title);
    let why = format!("{why}  [{}]", verdict.cause.most_specific());
    row(page, "why", &why);
    let culprit = verdict.culprit.as_ref();
    let blamed = culprit.map_or_else(
        || "nobody that this shows".to_owned(),
        |culprit| {
            format!(
                "{}, {}",
                page.paint(Style::Blame, &who(culprit)),
                culprit.role.as_str()
            )
        },
    );
    row(page, "who", &blamed);
    for line in culprit
        .into_iter()
        .flat_map(|culprit| of_culprit(culprit, verdict))
    {
        row(page, "", &line);
    }
    let sure = match verdict.cause.id {
        CauseId::Inconclusive if culprit.is_none() => "nothing is claimed",
        _ => sure(verdict.confidence),
    };
    row(page, "sure", sure);
    if let Some(step) = verdict.next_steps.first() {
        row(page, "next", first_sentence(&step.text));
    }
}

/// The explanation, then the steps.
pub(super) fn explanation(page: &mut Page, verdict: &Verdict) {
    page.heading("WHAT HAPPENED");
    page.paragraph(2, &verdict.cause.explanation);
    if verdict.next_steps.is_empty() {
        return;
    }
    page.heading("WHAT TO DO NEXT");
    for (number, step) in verdict.next_steps.iter().enumerate() {
        page.paragraph(2, &format!("{}. {}", number + 1, step.text));
        if let Some(command) = &step.command {
            let command = page.paint(Style::Code, command);
            page.line(&format!("      {command}"));
        }
    }
}

/// The stop's parameters, and the system it came from.
pub(super) fn stop(page: &mut Page, verdict: &Verdict) {
    page.heading("THE STOP");
    let parameters = verdict.bugcheck.parameters.iter().enumerate();
    for (index, parameter) in parameters.filter(|_| is_stop(verdict)) {
        let meaning = parameter.meaning.as_deref().unwrap_or("");
        let value = parameter.shown();
        page.line(&format!("  P{} {value:<20} {meaning}", index + 1));
    }
    let dump = &verdict.dump;
    let kind = match dump.kind.as_str() {
        "log" => "debugger's log".to_owned(),
        kind => format!("{kind} dump"),
    };
    let mut system = vec![format!("{kind}, {}", dump.machine)];
    system.extend(dump.build.map(|build| format!("build {build}")));
    system.extend(dump.processors.map(|count| format!("{count} processors")));
    let up = dump.uptime_seconds;
    system.extend(up.map(|uptime| format!("up {}", duration(uptime))));
    system.extend(dump.crash_time.clone());
    page.painted(2, Style::Dim, &system.join(" · "));
}

/// False for a log of a hang, or of a live system.
fn is_stop(verdict: &Verdict) -> bool {
    verdict.bugcheck.code != 0 || verdict.dump.kind != "log"
}

fn row(page: &mut Page, what: &str, value: &str) {
    page.labelled(&format!("  {what:<5} "), value);
}

fn sure(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Certain => "certain: the source records it",
        Confidence::Likely => "likely: several observations agree, a step is inferred",
        Confidence::Possible => "possible: it fits, as other explanations do",
    }
}

/// Where the code is, and which version of the driver it was.
fn of_culprit(culprit: &Culprit, verdict: &Verdict) -> Vec<String> {
    let named = |name: &str| name.eq_ignore_ascii_case(&culprit.module);
    let driver = verdict.drivers.iter().find(|driver| named(&driver.name));
    let version = driver.map(|driver| {
        let version = driver
            .version
            .as_ref()
            .map(|version| format!("version {version}"));
        let date = driver.date.as_ref().map(|date| format!("built {date}"));
        let parts = [version, date, driver.path.clone()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    });
    let place = place(culprit.source_file.as_deref(), culprit.source_line);
    place
        .into_iter()
        .chain(version.filter(|text| !text.is_empty()))
        .collect()
}

pub(super) fn place(file: Option<&str>, line: Option<u32>) -> Option<String> {
    match (file, line) {
        (Some(file), Some(line)) => Some(format!("{file}:{line}")),
        (Some(file), None) => Some(file.to_owned()),
        _ => None,
    }
}

fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}
