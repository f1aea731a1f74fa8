//! Marks in front of (nearly) every line that are not the debugger's: quotes, bullets, line numbers,
//! times.

use std::sync::LazyLock;

use regex::Regex;

/// Lines that are looked at.
const SAMPLE: usize = 2000;
/// Marks in front of each other that are removed: replies to replies.
const MAX_DEPTH: usize = 6;
/// Fewer lines prove nothing.
const MIN_LINES: usize = 4;

static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*\d{1,6}\s?[|:.)](?:\s|$)").expect("a constant"));
static BARE_NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*(\d{1,6})(?:\s|$)").expect("a constant"));
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^\s*[\[(]?",
        r"(?:(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})[T ]\s?)?",
        r"\d{1,2}:\d{2}:\d{2}(?:[.,:]\d{1,9})?(?:\s?[AaPp][Mm])?(?:Z|\s?[+-]\d{2}:?\d{2})?",
        r"[\])]?(?:\s?[|>-])?(?:\s|:\s|$)",
    ))
    .expect("a constant")
});

/// A kind of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prefix {
    Quote,
    Bar,
    /// `*` of a C comment, or a bullet.
    Star,
    Dash,
    Bullet,
    Slashes,
    /// Each line is a Markdown code span, with a mark at both ends.
    Ticks,
    Time,
    Number,
    /// A number without a mark behind it, which counts the lines.
    BareNumber,
}

impl Prefix {
    const ALL: [Self; 10] = [
        Self::Quote,
        Self::Bar,
        Self::Star,
        Self::Dash,
        Self::Bullet,
        Self::Slashes,
        Self::Ticks,
        Self::Time,
        Self::Number,
        Self::BareNumber,
    ];

    /// The line without the mark; `None` if it has none.
    fn strip(self, line: &str) -> Option<&str> {
        let start = line.trim_start();
        let one =
            |rest: &'_ str| -> usize { line.len() - rest.strip_prefix(' ').unwrap_or(rest).len() };
        let at = match self {
            Self::Quote => one(start.strip_prefix('>')?),
            Self::Bar => one(start.strip_prefix('|')?),
            Self::Star => word(start, "*").map(one)?,
            Self::Dash => word(start, "-").map(one)?,
            Self::Bullet => ["•", "◦", "▪", "‣", "·"]
                .iter()
                .find_map(|mark| start.strip_prefix(mark))
                .map(one)?,
            Self::Slashes => start
                .starts_with("//")
                .then(|| one(start.trim_start_matches('/')))?,
            Self::Ticks => {
                return start.strip_prefix('`')?.trim_end().strip_suffix('`');
            }
            Self::Time => TIME.find(line)?.end(),
            Self::Number => NUMBER.find(line)?.end(),
            Self::BareNumber => BARE_NUMBER.find(line)?.end(),
        };
        Some(&line[at..])
    }

    /// Whether nearly all lines have it: `>` also marks the current line of a table.
    fn is_of(self, used: &[&str]) -> bool {
        let with = used.iter().filter(|line| self.strip(line).is_some());
        used.len() >= MIN_LINES
            && with.count() * 10 >= used.len() * 9
            && (self != Self::BareNumber || counts(used))
    }
}

/// `mark` as a word of its own.
fn word<'t>(line: &'t str, mark: &str) -> Option<&'t str> {
    let rest = line.strip_prefix(mark)?;
    (rest.is_empty() || rest.starts_with(' ')).then_some(rest)
}

/// Whether the numbers in front count the lines. Those of a stack begin at zero, and are
/// hexadecimal.
fn counts(lines: &[&str]) -> bool {
    let number = |line: &&str| BARE_NUMBER.captures(line)?[1].parse::<u32>().ok();
    let numbers: Vec<_> = lines.iter().filter_map(number).collect();
    let steps = numbers.windows(2);
    let right = steps.clone().filter(|pair| pair[1] == pair[0] + 1).count();
    let long = numbers.len() > 10 || numbers.first() == Some(&1);
    long && numbers.first() != Some(&0) && right * 10 >= steps.len() * 9
}

/// Removes the marks in front of the lines.
pub(super) fn without(lines: &mut [&str]) {
    for _ in 0..MAX_DEPTH {
        let used: Vec<&str> = lines
            .iter()
            .copied()
            .filter(|line| !line.trim().is_empty())
            .take(SAMPLE)
            .collect();
        let Some(prefix) = Prefix::ALL.into_iter().find(|one| one.is_of(&used)) else {
            break;
        };
        for line in lines.iter_mut() {
            *line = prefix.strip(line).unwrap_or(line);
        }
    }
    quoted_parts(lines);
}

/// Removes the quotation marks of a part: the rest is the answer to it.
fn quoted_parts(lines: &mut [&str]) {
    let mut from = 0;
    while from < lines.len() {
        let quoted = |line: &&str| Prefix::Quote.strip(line).is_some();
        let length = lines[from..].iter().take_while(|line| quoted(line)).count();
        let part = &mut lines[from..from + length];
        if length >= MIN_LINES {
            for line in part.iter_mut() {
                *line = Prefix::Quote.strip(line).unwrap_or(line);
            }
        } else {
            from += length.max(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> Vec<String> {
        let mut lines: Vec<_> = text.lines().collect();
        without(&mut lines);
        lines.into_iter().map(str::to_owned).collect()
    }

    const LOG: [&str; 6] = [
        "0: kd> k",
        " # Call Site",
        "00 nt!A",
        "01 nt!B",
        "02 drv+0x1",
        "",
    ];

    #[test]
    fn marks_of_all_kinds_go() {
        let marks: [fn(usize) -> String; 12] = [
            |_| "> ".to_owned(),
            |_| "> > ".to_owned(),
            |_| ">>> ".to_owned(),
            |_| "- ".to_owned(),
            |_| "• ".to_owned(),
            |_| "// ".to_owned(),
            |_| "[10:11:12.123] ".to_owned(),
            |_| "2024-03-01 10:11:12 ".to_owned(),
            |_| "03/01/2024 10:11:12 AM ".to_owned(),
            |line| format!("{line}: "),
            |line| format!("{line} | "),
            |line| format!("{line} "),
        ];
        for mark in marks {
            let lines = LOG.iter().enumerate();
            let text: Vec<_> = lines
                .map(|(index, line)| format!("{}{line}", mark(index + 1)))
                .collect();
            assert_eq!(stripped(&text.join("\n")), LOG, "{text:#?}");
        }
    }

    #[test]
    fn frame_numbers_stay() {
        let stack = "00 nt!A+0x1\n01 nt!B+0x1\n02 nt!C+0x1\n03 nt!D+0x1\n04 drv+0x1";
        assert_eq!(stripped(stack), stack.lines().collect::<Vec<_>>());
    }

    #[test]
    fn a_quoted_part_and_its_answer() {
        let text = "You wrote:\n> 0: kd> k\n> nt!A\n> nt!B\n> nt!C\nThis is a bug in C.\nI agree.\nThanks.";
        let lines = stripped(text);
        assert_eq!(lines[1], "0: kd> k");
        assert_eq!(lines[5], "This is a bug in C.");
    }

    #[test]
    fn marks_of_the_debugger_stay() {
        let table = "!DevObj !DrvObj\n> ffff8000 \\Driver\\x\n  ffff9000 \\Driver\\y\nz";
        assert_eq!(stripped(table)[1], "> ffff8000 \\Driver\\x");
    }
}
