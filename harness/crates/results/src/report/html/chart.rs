//! Durations and outcomes of many results as a small picture.

use maud::{Markup, html};

use super::chip;
use super::timeline::time;
use crate::Record;

/// Maximum number of results, the latest.
const MAX_BARS: usize = 40;

const HEIGHT: f64 = 22.0;

/// One bar a result, in the order of their time: its height is the duration, its colour the outcome.
pub(super) fn strip(records: &[&Record]) -> Markup {
    let mut records = records.to_vec();
    records.sort_by_key(|record| (record.finished, record.identity()));
    let skip = records.len().saturating_sub(MAX_BARS);
    let shown = &records[skip..];
    let seconds = |record: &Record| record.report.seconds.clamp(0.0, 1e9);
    let longest = shown
        .iter()
        .map(|record| seconds(record))
        .fold(0.0, f64::max);
    let shortest = shown
        .iter()
        .map(|record| seconds(record))
        .fold(1e9, f64::min);
    let ms = |seconds: f64| time((seconds * 1e3).round() as u64);
    let about = match shown.len() {
        1 => format!("1 result: {}", ms(longest)),
        count => format!("{count} results: {} to {}", ms(shortest), ms(longest)),
    };
    html! {
        svg.strip width=(shown.len() * 7) height=(HEIGHT) role="img" aria-label=(about) {
            title { (about) }
            @for (index, record) in shown.iter().enumerate() {
                @let height = (seconds(record) / longest.max(1e-9) * HEIGHT).max(2.0);
                rect class=(chip::of_report(&record.report).class) x=(index * 7) width="5" rx="1"
                    y=(format!("{:.1}", HEIGHT - height)) height=(format!("{height:.1}")) {}
            }
        }
    }
}

/// A share with its 95 % interval (Wilson's: it holds for few results, too), in percent.
pub(super) fn interval(times: usize, of: usize) -> (f64, f64, f64) {
    if of == 0 {
        return (0.0, 0.0, 100.0);
    }
    let (z, n) = (1.959_964, of as f64);
    let share = times as f64 / n;
    let centre = share + z * z / (2.0 * n);
    let spread = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 100.0 / (1.0 + z * z / n);
    let low = ((centre - spread) * scale).max(0.0);
    (share * 100.0, low, ((centre + spread) * scale).min(100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        // R: binom::binom.wilson(3, 41)
        let (share, low, high) = interval(3, 41);
        assert!(
            (share - 7.317).abs() < 0.01 && (low - 2.52).abs() < 0.02,
            "{low}"
        );
        assert!((high - 19.43).abs() < 0.02, "{high}");
        assert_eq!(interval(0, 0), (0.0, 0.0, 100.0));
        assert_eq!(interval(0, 5).1, 0.0);
        assert!(interval(5, 5).2 > 99.99);
    }
}
