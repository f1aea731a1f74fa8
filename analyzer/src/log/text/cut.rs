//! Lines that a terminal cut at its right margin, in the middle of words.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::section::Section;

/// Widths that terminals have.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=256;
/// Fewer lines up to the margin prove nothing.
const MIN_LINES: usize = 4;

/// A word that is whole: an address, or a symbol with its offset.
static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:\(?(?:0x)?[0-9a-f]{8}`?[0-9a-f]{8}[),]?|-{8}`-{8}|[A-Za-z]\w+![\w:~<>]+\+0x[0-9a-f]+)$")
        .expect("a constant")
});

/// Joins the lines that reach the right margin with those after them, if lines were cut there.
pub(super) fn rejoined<'t>(lines: &[&'t str]) -> Vec<Cow<'t, str>> {
    let Some(width) = width(lines) else {
        return lines.iter().map(|&line| Cow::Borrowed(line)).collect();
    };
    let mut out: Vec<Cow<'t, str>> = Vec::with_capacity(lines.len());
    let mut open = false;
    for &line in lines {
        match out.last_mut().filter(|_| open && !begins(line)) {
            Some(last) => last.to_mut().push_str(line),
            None => out.push(Cow::Borrowed(line)),
        }
        open = line.chars().count() == width;
    }
    out
}

/// A prompt or an empty line continues nothing.
fn begins(line: &str) -> bool {
    line.trim().is_empty() || Section::default().next(line).is_some()
}

/// The margin at which lines were cut, if words were torn there.
fn width(lines: &[&str]) -> Option<usize> {
    let long = |line: &&str| line.chars().count();
    let width = lines.iter().map(long).max()?;
    if !WIDTHS.contains(&width) {
        return None;
    }
    let full = lines
        .windows(2)
        .filter(|pair| long(&pair[0]) == width && !begins(pair[1]));
    let (mut all, mut torn) = (0, 0);
    for pair in full {
        all += 1;
        torn += usize::from(is_torn(pair[0], pair[1]));
    }
    (all >= MIN_LINES && torn * 3 >= all).then_some(width)
}

/// Whether only both parts together make sense.
fn is_torn(line: &str, next: &str) -> bool {
    let (last, first) = (
        line.rsplit(' ').next().unwrap_or(""),
        next.split(' ').next().unwrap_or(""),
    );
    // One blank between two columns.
    let gap = |text: &str| text.starts_with(' ') && !text.starts_with("  ");
    if last.is_empty() || first.is_empty() {
        return gap(next) && WHOLE.is_match(last) || last.is_empty() && WHOLE.is_match(first);
    }
    // The source line of a frame.
    let opened = line.rfind('[').filter(|&at| !line[at..].contains(']'));
    if opened.is_some_and(|at| line[..at].contains("+0x")) && next.trim_end().ends_with(']') {
        return true;
    }
    WHOLE.is_match(&format!("{last}{first}")) && !WHOLE.is_match(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, width: usize) -> Vec<String> {
        let cut = |line: &str| -> Vec<String> {
            let all: Vec<char> = line.chars().collect();
            all.chunks(width)
                .map(|part| part.iter().collect())
                .collect()
        };
        text.lines().flat_map(cut).collect()
    }

    #[test]
    fn a_terminals_margin_is_undone() {
        let frame = |n: usize| {
            format!(
                "ffffed0e`e77df2{n}0 fffff802`25da1142     : 00000000`00000000 ffffb507`729e3040 \
                 00000000`00000000 00000000`00000000 : drv!Work+0x9{n}"
            )
        };
        let text: Vec<_> = (0..6).map(frame).collect();
        let text = format!("0: kd> kv\n{}\n0: kd> r", text.join("\n"));
        for width in [70, 80, 100] {
            let lines = cut(&text, width);
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            assert_eq!(rejoined(&lines).join("\n"), text, "{width}");
        }
    }

    #[test]
    fn rows_of_one_length_stay() {
        let row = |n: usize| {
            format!(
                "ffff8000`123450{n}0  6d 00 79 00 2d 00 64 00-72 00 76 00 2e 00 73 00  m.y.-.d.r.v...s."
            )
        };
        let rows: Vec<_> = (0..9).map(row).collect();
        let lines: Vec<_> = rows.iter().map(String::as_str).collect();
        assert_eq!(rejoined(&lines), lines);
    }
}
