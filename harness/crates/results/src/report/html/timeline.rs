//! The phases of a test as a timeline.

use maud::{Markup, html};
use runner::events::{Phase, TestReport};

/// Number of phases that a timeline shows; a scenario has some ten.
const MAX_SEGMENTS: usize = 60;

/// What a stretch of time went into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SegmentKind {
    Boot,
    Load,
    Step,
    Wait,
    Capture,
    Analysis,
    Rest,
}

impl SegmentKind {
    const fn class(self) -> &'static str {
        match self {
            Self::Boot => "boot",
            Self::Load => "load",
            Self::Step => "step",
            Self::Wait => "wait",
            Self::Capture => "capture",
            Self::Analysis => "analysis",
            Self::Rest => "rest",
        }
    }
}

/// A stretch of time, in milliseconds since the start.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    kind: SegmentKind,
    label: String,
    from: u64,
    to: u64,
}

/// From each phase to the next, in order, whatever a file says.
fn segments(report: &TestReport) -> (Vec<Segment>, u64) {
    let phases = &report.phases;
    let captured = phases.iter().any(|time| time.phase == Phase::Captured);
    let total = (report.seconds.clamp(0.0, 1e9) * 1e3).round() as u64;
    let last = phases.iter().map(|time| time.elapsed_ms).max();
    let total = total.max(last.unwrap_or(0)).max(1);
    let mut found = Vec::new();
    let mut from = 0;
    let mut current = (SegmentKind::Boot, "QEMU starts".to_owned());
    let ends = phases.iter().map(|time| time.elapsed_ms).chain([total]);
    let begins = phases.iter().map(|time| Some(&time.phase)).chain([None]);
    for (end, next) in ends.zip(begins).take(MAX_SEGMENTS) {
        let to = end.clamp(from, total);
        let (kind, label) = current;
        found.push(Segment {
            kind,
            label,
            from,
            to,
        });
        from = to;
        let Some(next) = next else { break };
        current = match next {
            Phase::Booting => (SegmentKind::Boot, "boot".into()),
            Phase::Ready => (SegmentKind::Load, "copy drivers".into()),
            Phase::Starting(driver) => (SegmentKind::Load, format!("load {driver}")),
            Phase::Running(command) => (SegmentKind::Step, command.clone()),
            Phase::Waiting => (SegmentKind::Wait, "wait for the outcome".into()),
            Phase::Ended if captured => (SegmentKind::Capture, "capture".into()),
            Phase::Ended => (SegmentKind::Rest, "end".into()),
            Phase::Captured => (SegmentKind::Analysis, "analysis".into()),
            Phase::Analysed => (SegmentKind::Rest, "end".into()),
        };
    }
    (found, total)
}

/// The timeline of a test; nothing if its phases are not known.
pub(super) fn timeline(report: &TestReport) -> Option<Markup> {
    if report.phases.is_empty() {
        return None;
    }
    let (segments, total) = segments(report);
    let percent = |ms: u64| format!("{:.3}%", ms as f64 * 100.0 / total as f64);
    let about = format!(
        "Timeline of {}: {} phases in {}",
        report.test,
        segments.len(),
        time(total)
    );
    let stopped = report.bugcheck.is_some();
    let ended = (report.phases.iter())
        .find(|time| stopped && time.phase == Phase::Ended)
        .map(|time| time.elapsed_ms.min(total));
    Some(html! {
        svg.timeline width="100%" height="76" role="img" aria-label=(about) {
            @for segment in &segments {
                rect class=(segment.kind.class()) x=(percent(segment.from)) y="18"
                    width=(percent(segment.to - segment.from)) height="30" {
                    title { (segment.label) ", " (time(segment.to - segment.from)) }
                }
            }
            @if let Some(at) = ended {
                line.stop x1=(percent(at)) x2=(percent(at)) y1="4" y2="52" {}
                text.stop x=(percent(at)) y="12" dx="5" { "stop" }
            }
            @for tick in ticks(total) {
                line.tick x1=(percent(tick)) x2=(percent(tick)) y1="48" y2="54" {}
                text.tick x=(percent(tick)) y="68" text-anchor=(if tick == 0 { "start" } else { "middle" }) {
                    (time(tick))
                }
            }
        }
        ol.legend {
            @for segment in segments.iter().filter(|segment| segment.to > segment.from) {
                li {
                    span class={ "key " (segment.kind.class()) } aria-hidden="true" {}
                    span.what { (segment.label) }
                    span.num { (time(segment.to - segment.from)) }
                }
            }
        }
    })
}

/// Up to six round moments, from 0.
fn ticks(total: u64) -> impl Iterator<Item = u64> {
    let mut step: u64 = 1;
    for factor in [
        2,
        5,
        10,
        20,
        50,
        100,
        200,
        500,
        1_000,
        2_000,
        5_000,
        10_000,
        30_000,
        60_000,
        300_000,
        1_800_000,
        7_200_000,
        86_400_000,
        u64::MAX,
    ] {
        if total / step <= 5 {
            break;
        }
        step = factor;
    }
    // The last ones would be cut off at the edge.
    (0..6)
        .map(move |index: u64| index.saturating_mul(step))
        .take_while(move |tick| *tick <= total / 100 * 96)
}

/// A duration for people.
pub(super) fn time(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.2} s", ms as f64 / 1e3),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runner::events::{Outcome, PhaseTime};

    #[test]
    fn segments_are_in_order_whatever_the_file_says() {
        let mut report = crate::tests::report("t::a", Outcome::Passed);
        report.phases = [
            (Phase::Booting, 10),
            (Phase::Ready, 160),
            (Phase::Starting("hog".into()), 5),
            (Phase::Waiting, u64::MAX),
            (Phase::Ended, 300),
        ]
        .map(|(phase, elapsed_ms)| PhaseTime {
            phase,
            elapsed_ms,
            guest_ms: None,
        })
        .into();
        let (found, total) = segments(&report);
        assert_eq!((found[1].from, found[1].to), (10, 160));
        assert_eq!(found[2].to, 160);
        assert_eq!(found.last().unwrap().to, total);
        assert!(found.windows(2).all(|pair| pair[0].to == pair[1].from));
        timeline(&report).unwrap();
    }

    #[test]
    fn ticks_are_few_and_round() {
        let all = |total| ticks(total).collect::<Vec<_>>();
        assert_eq!(all(412), [0, 100, 200, 300]);
        assert_eq!(all(1), [0]);
        assert!(all(u64::MAX).len() <= 6);
        assert_eq!(all(61_000), [0, 30_000]);
    }
}
