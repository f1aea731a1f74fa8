//! What the history says: new failures apart from known ones, flaky tests, how times and sizes went.

use maud::{Markup, html};

use super::timeline::time;
use crate::review::{Failure, Review, Status, Trend};

const HEIGHT: f64 = 22.0;

/// The part of the index; empty without a history.
pub(super) fn section(review: Option<&Review>) -> Markup {
    let Some(review) = review else {
        return html! {};
    };
    html! {
        section.card aria-labelledby="history" {
            h2 id="history" { "Against earlier runs" }
            p.soft { "Run " code { (review.run) } ", with " (review.earlier) @if review.earlier == 1 { " run" } @else { " runs" } " before it in the history." }
            (failures("New failures", &review.new_failures))
            (failures("Known failures", &review.known_failures))
            @if !review.fixed.is_empty() {
                h3 { "Fixed" }
                ul { @for test in &review.fixed { li { code { (test) } } } }
            }
            @if !review.flaky.is_empty() {
                h3 { "Flaky" }
                ul {
                    @for flaky in &review.flaky {
                        li { code { (flaky.test) } ": bad in " (flaky.bad) " of the latest " (flaky.of) " results" }
                    }
                }
            }
            @if review.earlier > 0 { (trends(&review.trends)) }
        }
    }
}

fn failures(title: &str, failures: &[Failure]) -> Markup {
    html! {
        @if !failures.is_empty() {
            h3 { (title) }
            ul {
                @for failure in failures {
                    li {
                        code { (failure.test) } ": bad in " (failure.bad) " of " (failure.of)
                        @match (&failure.since, &failure.last_good) {
                            (Some(since), _) => { ", since run " code { (since) } }
                            (None, Some(good)) => { ", last good in run " code { (good) } }
                            (None, None) => { ", never seen good" }
                        }
                        br; span.soft { (failure.trouble) }
                    }
                }
            }
        }
    }
}

fn trends(trends: &[Trend]) -> Markup {
    html! {
        details {
            summary { "How times and dumps went" }
            div.scroll {
                table.stack {
                    thead { tr {
                        th scope="col" { "Test" }
                        th scope="col" { "Time, a bar a run" }
                        th.num scope="col" { "Latest" }
                        th scope="col" { "Size of the dump" }
                    } }
                    tbody {
                        @for trend in trends {
                            tr {
                                th scope="row" { (trend.test) }
                                td { (times(trend)) }
                                td.num data-name="Latest" {
                                    @if let Some(last) = trend.seconds.last() { (in_words(*last)) }
                                }
                                td data-name="Size of the dump" { (sizes(&trend.dump_bytes)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn times(trend: &Trend) -> Markup {
    let of = |at: usize| match trend.statuses.get(at) {
        Some(Status::Failed) => "failed",
        Some(Status::Infra) => "infra",
        Some(Status::Skipped) => "skipped",
        Some(Status::Passed) | None => "passed",
    };
    let longest = trend.seconds.iter().copied().fold(0.0, f64::max);
    let count = trend.seconds.len();
    let about = format!("{count} runs, at most {}", in_words(longest));
    bars(&trend.seconds, &about, of)
}

fn sizes(bytes: &[u64]) -> Markup {
    let Some(last) = bytes.last() else {
        return html! { span.soft { "none" } };
    };
    let mib: Vec<f64> = bytes
        .iter()
        .map(|&bytes| bytes as f64 / 1_048_576.0)
        .collect();
    let about = format!(
        "{} runs, latest {:.0} MiB",
        bytes.len(),
        *last as f64 / 1_048_576.0
    );
    bars(&mib, &about, |_| "passed")
}

fn bars(values: &[f64], about: &str, class: impl Fn(usize) -> &'static str) -> Markup {
    let value = |value: f64| {
        if value.is_finite() {
            value.max(0.0)
        } else {
            0.0
        }
    };
    let most = values.iter().map(|&one| value(one)).fold(1e-9, f64::max);
    html! {
        svg.strip width=(values.len() * 7) height=(HEIGHT) role="img" aria-label=(about) {
            title { (about) }
            @for (at, &one) in values.iter().enumerate() {
                @let height = (value(one) / most * HEIGHT).max(2.0);
                rect class=(class(at)) x=(at * 7) width="5" rx="1"
                    y=(format!("{:.1}", HEIGHT - height)) height=(format!("{height:.1}")) {}
            }
        }
    }
}

fn in_words(seconds: f64) -> String {
    time((seconds.clamp(0.0, 1e9) * 1e3).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_history_is_only_text() {
        let failure = Failure {
            test: "<b>t".into(),
            bad: 1,
            of: 2,
            trouble: "<script>x</script>".into(),
            since: None,
            last_good: Some("r1".into()),
        };
        let review = Review {
            earlier: 1,
            new_failures: vec![failure],
            trends: vec![Trend {
                test: "t".into(),
                seconds: vec![f64::NAN, -1.0, 2.0],
                dump_bytes: vec![1 << 27],
                statuses: vec![Status::Passed],
            }],
            ..Review::default()
        };
        let text = section(Some(&review)).into_string();
        assert!(!text.contains("<script>") && text.contains("&lt;script&gt;"));
        assert!(text.contains("last good in run") && text.contains("latest 128 MiB"));
        assert_eq!(section(None).into_string(), "");
    }
}
