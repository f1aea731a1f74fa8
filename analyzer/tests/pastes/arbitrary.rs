//! Arbitrary damage: cut, doubled and mixed lines, and lines wrapped at any width.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::{own, shown, told};

static LOGS: LazyLock<Vec<(String, String)>> = LazyLock::new(own);

/// A change of the text at a place in thousandths.
#[derive(Clone, Debug)]
enum Damage {
    /// Removes this many characters.
    Cut(usize, usize),
    /// Repeats this many lines.
    Double(usize, usize),
    /// Breaks the lines of a part at a column.
    Break(usize, usize),
    /// Joins this many lines.
    Join(usize, usize),
    /// Inserts a text.
    Insert(usize, String),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = 0..1000_usize;
    prop_oneof![
        (place.clone(), 1..400_usize).prop_map(|(at, count)| Damage::Cut(at, count)),
        (place.clone(), 1..30_usize).prop_map(|(at, count)| Damage::Double(at, count)),
        (place.clone(), 1..120_usize).prop_map(|(at, width)| Damage::Break(at, width)),
        (place.clone(), 1..30_usize).prop_map(|(at, count)| Damage::Join(at, count)),
        (place, "[ -~\\n\u{200B}\u{2018}<>|&;]{0,40}")
            .prop_map(|(at, text)| Damage::Insert(at, text)),
    ]
}

fn damaged(log: &str, damage: &Damage) -> String {
    let mut characters: Vec<char> = log.chars().collect();
    let mut lines: Vec<String> = log.lines().map(str::to_owned).collect();
    let part = |at: usize, length: usize| at * length / 1000;
    match damage {
        Damage::Cut(at, count) => {
            let from = part(*at, characters.len());
            characters.drain(from..(from + count).min(characters.len()));
            return characters.into_iter().collect();
        }
        Damage::Insert(at, text) => {
            let from = part(*at, characters.len());
            characters.splice(from..from, text.chars());
            return characters.into_iter().collect();
        }
        Damage::Double(at, count) => {
            let from = part(*at, lines.len());
            let again = lines[from..(from + count).min(lines.len())].to_vec();
            lines.splice(from..from, again);
        }
        Damage::Join(at, count) => {
            let from = part(*at, lines.len());
            let joined = lines.drain(from..(from + count).min(lines.len()));
            let joined = joined.collect::<Vec<_>>().join(" ");
            lines.insert(from, joined);
        }
        Damage::Break(at, width) => {
            let from = part(*at, lines.len());
            for line in lines.iter_mut().skip(from).take(20) {
                let all: Vec<char> = line.chars().collect();
                let parts = all
                    .chunks(*width)
                    .map(|part| part.iter().collect::<String>());
                *line = parts.collect::<Vec<_>>().join("\n");
            }
        }
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_survived(log in 0..23_usize, all in prop::collection::vec(damage(), 1..6)) {
        let (_, log) = &LOGS[log % LOGS.len()];
        let mut text = log.clone();
        for one in &all {
            text = damaged(&text, one);
        }
        // A verdict or an error, whatever it says.
        let _ = told(&text);
    }

    #[test]
    fn a_wrap_at_any_width_blames_nobody_else(log in 0..23_usize, width in 64..140_usize) {
        let (name, log) = &LOGS[log % LOGS.len()];
        let wrapped = super::mangle::wrap(log, width);
        let (before, after) = (told(log), told(&wrapped));
        prop_assert!(
            super::same(&before, &after, true),
            "{}, {}:\n{}\n{}", name, width, shown(&before), shown(&after)
        );
    }
}
