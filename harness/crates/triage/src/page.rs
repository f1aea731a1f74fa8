//! The summary as a page that needs nothing but itself.

use maud::{Markup, html};
use results::report::html::shell;

use crate::table::{day, headline, stop};
use crate::{Group, Outcome, Summary};

/// Files of a group that are listed.
const MAX_FILES: usize = 200;

/// The page, in the look of a run's report.
pub fn page(summary: &Summary) -> String {
    let body = html! {
        header.top {
            p.brand { span.mark aria-hidden="true" { ":(" } "Stopcode triage" }
            h1 { (headline(summary)) }
        }
        main id="main" {
            (repeated(summary))
            section.card aria-labelledby="kinds" {
                h2 id="kinds" { "Crashes by kind" }
                div.scroll {
                    table {
                        thead { tr {
                            th scope="col" { "Count" }
                            th scope="col" { "Machines" }
                            th scope="col" { "First seen" }
                            th scope="col" { "Last seen" }
                            th scope="col" { "Stop" }
                            th scope="col" { "Cause" }
                            th scope="col" { "Culprit" }
                            th scope="col" { "Confidence" }
                        } }
                        tbody { @for group in &summary.groups { (row(group)) } }
                    }
                }
            }
            @for group in &summary.groups { (files(group)) }
            (failed(summary))
        }
    };
    shell("Stopcode triage", false, &body).into_string()
}

fn repeated(summary: &Summary) -> Markup {
    html! {
        @if !summary.repeated.is_empty() {
            section.card aria-labelledby="memory" {
                h2 id="memory" { "Bad memory" }
                p { "The same place was wrong in more than one crash of a machine. Software does not do that: test the memory of these machines." }
                ul { @for one in &summary.repeated {
                    li {
                        "Machine " code { (one.machine) } ": " (one.place) ", in " (one.crashes) " crashes"
                        ul { @for file in &one.files { li { code { (file.display()) } } } }
                    }
                } }
            }
        }
    }
}

fn row(group: &Group) -> Markup {
    html! {
        tr {
            td { (group.count) }
            td { @match group.machines.len() { 0 => "?", known => (known) } }
            td { (day(group.first.as_deref())) }
            td { (day(group.last.as_deref())) }
            td { code { (stop(&group.stop)) } " " (group.stop_name.as_deref().unwrap_or("")) }
            td { (group.title) " (" code { (group.cause) } ")" }
            td {
                code { (group.culprit) }
                @for version in &group.versions { " " (version) }
            }
            td { (group.confidence.as_str()) }
        }
    }
}

fn files(group: &Group) -> Markup {
    html! {
        details.card {
            summary { (stop(&group.stop)) ", " (group.title) ", " (group.culprit) ": " (group.files.len()) " files" }
            p { "Signature " code { (group.signature) } }
            ul {
                @for file in group.files.iter().take(MAX_FILES) { li { code { (file.display()) } } }
                @if group.files.len() > MAX_FILES { li { "and " (group.files.len() - MAX_FILES) " more" } }
            }
        }
    }
}

fn failed(summary: &Summary) -> Markup {
    let failed = summary.rows.iter().filter_map(|row| match &row.outcome {
        Outcome::Failed(why) => Some((&row.path, why)),
        Outcome::Crashes(_) => None,
    });
    html! {
        @if summary.failed > 0 {
            section.card aria-labelledby="failed" {
                h2 id="failed" { "Not analyzed" }
                ul { @for (path, why) in failed.take(MAX_FILES) { li { code { (path.display()) } ": " (why) } } }
                @if summary.failed > MAX_FILES { p { "and " (summary.failed - MAX_FILES) " more" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::tests::{crash, row as file};

    #[test]
    fn what_a_file_says_is_text_and_not_markup() {
        let mut hostile = crash("<script>s</script>", "<b>pc</b>", "2026-01-01T00:00:00Z");
        hostile.culprit = Some("<img src=x onerror=alert(1)>".into());
        let text = page(&Summary::of(vec![file("<i>a</i>.dmp", hostile)]));
        for markup in ["<script>s", "<img", "<i>a", "<b>pc"] {
            assert!(!text.contains(markup), "{markup}");
        }
        assert!(text.contains("default-src 'none'"));
    }
}
