//! Empty lines that a forum or a mail program put between all lines, and the indentation of a quoted
//! log.

use super::section::Section;

/// More empty lines than this are no spacing.
const MAX: usize = 4;
/// Fewer lines prove nothing.
const MIN_LINES: usize = 6;

/// Removes the spacing, if (nearly) every line is followed by at least one empty line.
pub(super) fn without(lines: &mut Vec<&str>) {
    let gaps = gaps(lines);
    let Some((_, between)) = gaps.split_last() else {
        return;
    };
    let spaced = |count: usize| {
        let with = between.iter().filter(|&&gap| gap >= count).count();
        between.len() >= MIN_LINES && with * 10 >= between.len() * 9
    };
    let Some(spacing) = (1..=MAX).rev().find(|&count| spaced(count)) else {
        return;
    };
    let mut kept = Vec::with_capacity(lines.len());
    let mut gap = 0;
    for &line in lines.iter() {
        if line.trim().is_empty() {
            gap += 1;
            continue;
        }
        // An empty line of the log was spaced, too.
        let own = if kept.is_empty() {
            0
        } else {
            gap.max(spacing) - spacing
        };
        kept.extend(std::iter::repeat_n("", own.div_ceil(spacing + 1)));
        kept.push(line);
        gap = 0;
    }
    *lines = kept;
}

/// Removes the indentation of the log as a whole, and that of parts in which even the prompts are
/// indented.
pub(super) fn dedent(lines: &mut [&str]) {
    let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let mut all: Vec<_> = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| indentation(line))
        .collect();
    all.sort_unstable();
    // Nine of ten lines have at least this much.
    let of_all = all.get(all.len() / 10).copied().unwrap_or(0);
    let mut current = of_all;
    let section = Section::default();
    for line in lines.iter_mut() {
        let own = indentation(line);
        if section.next(line).is_some() {
            current = own;
        }
        *line = &line[own.min(current)..];
    }
}

/// The number of empty lines after each line that is not empty.
fn gaps(lines: &[&str]) -> Vec<usize> {
    let mut gaps = Vec::new();
    for line in lines {
        match line.trim().is_empty() {
            false => gaps.push(0),
            true => {
                if let Some(last) = gaps.last_mut() {
                    *last += 1;
                }
            }
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indentation_of_the_log_goes() {
        for text in [
            "    0: kd> uf drv!F\n    drv!F:\n      1 nop\n    0: kd> k\n    nt!A",
            "Hello,\nI have this:\n    0: kd> uf drv!F\n    drv!F:\n      1 nop\nThanks\nA\nB",
        ] {
            let mut lines: Vec<_> = text.lines().collect();
            dedent(&mut lines);
            let at = lines.iter().position(|line| *line == "drv!F:").unwrap();
            assert_eq!(lines[at + 1], "  1 nop");
        }
        let fields = "0: kd> dt nt!_X\n   +0x000 A : 1\n   +0x008 B : 2";
        let mut lines: Vec<_> = fields.lines().collect();
        dedent(&mut lines);
        assert_eq!(lines.join("\n"), fields);
    }

    #[test]
    fn spacing_goes_and_paragraphs_stay() {
        let log = "a\nb\nc\n\nd\ne\nf\ng\n\nh";
        for spacing in 1..=3 {
            let spaced: String = log
                .lines()
                .map(|line| format!("{line}\n{}", "\n".repeat(spacing)))
                .collect();
            let mut lines: Vec<_> = spaced.lines().collect();
            without(&mut lines);
            assert_eq!(lines.join("\n"), log, "{spacing}");
        }
        let mut lines: Vec<_> = log.lines().collect();
        without(&mut lines);
        assert_eq!(lines.join("\n"), log);
    }
}
