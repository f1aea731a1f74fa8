//! Joins lines that a mail program, a forum or a terminal wrapped.
//!
//! A line is joined with the next one only if it cannot be whole, and the next one only makes sense as
//! its rest: a frame without its symbol, a symbol without its offset, an offset without its last
//! digits, an open bracket of a source line or of a stop's parameters. Empty lines between the two
//! are skipped.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::frame::Head;
use super::rows;
use super::symbol::symbol;
use crate::stop;

/// Lines that one line may have been wrapped into.
const MAX_PARTS: usize = 8;
/// Empty lines between the parts of a line.
const MAX_GAP: usize = 3;
/// Longer lines are not parts.
const MAX_LENGTH: usize = 400;
/// Stack pointer, return address and four arguments.
const COLUMNS: usize = 6;

/// An offset, or the last digits of one, and what may follow it.
static OFFSET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\+(?:0x)?[0-9a-f]{1,8}:?(?:\s*$|\s+[\[(])").expect("a constant")
});
static DIGITS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:0?x)?[0-9a-f]{1,6}:?(?:\s*$|\s+[\[(])").expect("a constant"));
/// A symbol whose offset was torn.
static TORN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\w>'~?]\+(?:0(?:x[0-9a-f]{0,3})?)?$").expect("a constant"));
/// The parameters of a stop, not closed.
static OPEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[{(]\s*(?:0x)?[0-9a-fA-F`]+(?:\s*,\s*(?:0x)?[0-9a-fA-F`]+){0,2}\s*,?$")
        .expect("a constant")
});
static CLOSED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^,?\s*(?:0x)?[0-9a-fA-F`]+(?:\s*,\s*(?:0x)?[0-9a-fA-F`]+){0,2}\s*(?:,|[)}].*)?$")
        .expect("a constant")
});
/// A source line without its symbol.
static SOURCE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\[[^\[\]]+(?: @ \d+)?\]?$").expect("a constant"));
static CODE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\([0-9a-f]{1,8}\)$").expect("a constant"));
static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[A-Za-z_][\w.-]{1,62}$").expect("a constant"));

/// The lines, without the wrapping.
pub(super) fn joined<'t>(lines: &[&'t str]) -> Vec<Cow<'t, str>> {
    let mut out: Vec<Cow<'t, str>> = Vec::with_capacity(lines.len());
    let mut at = 0;
    while at < lines.len() {
        let mut line = Cow::Borrowed(lines[at]);
        let mut apart = false;
        at += 1;
        for _ in 1..MAX_PARTS {
            let Some(next) = following(lines, at) else {
                break;
            };
            let Some(glue) = glue(line.trim_end(), lines[next].trim()) else {
                break;
            };
            line = format!("{}{glue}{}", line.trim_end(), lines[next].trim()).into();
            apart |= next > at;
            at = next + 1;
        }
        out.push(line);
        // Where empty lines are inside a line, those after it mean nothing either.
        if apart {
            at = following(lines, at).unwrap_or(at);
        }
    }
    out
}

/// The next line that is not empty.
fn following(lines: &[&str], from: usize) -> Option<usize> {
    let end = lines.len().min(from + MAX_GAP + 1);
    (from..end).find(|&at| !lines[at].trim().is_empty())
}

/// What stood between two parts of a line; `None` if they are two lines.
fn glue(line: &str, next: &str) -> Option<&'static str> {
    if line.is_empty() || line.len() > MAX_LENGTH || next.len() > MAX_LENGTH {
        return None;
    }
    let start = line.trim_start();
    if stop_name(start) && CODE.is_match(next) || rows::ends(start, next) {
        return Some(" ");
    }
    if OPEN.is_match(line) && CLOSED.is_match(next) && is_stop(start) {
        return Some(" ");
    }
    let head = Head::of(line);
    let is_frame = head.addresses.len() >= 2 || head.number.is_some() || head.inline;
    if is_frame && (head.rest.is_empty() || head.rest == "(Inline") {
        return completes(&head, next).then_some(" ");
    }
    let symbol_is_last = || {
        let word = line.rsplit(' ').next().unwrap_or(line);
        word.contains('!') || is_frame
    };
    if TORN.is_match(line) && symbol_is_last() && DIGITS.is_match(next) {
        return Some("");
    }
    let rest = head.rest.trim_end();
    let named = || symbol(rest).is_some_and(|(found, tail)| found.offset == 0 && tail.is_empty());
    if OFFSET.is_match(next) && named() && !next.starts_with("+0x000 ") {
        return Some("");
    }
    if is_frame && rest.ends_with('!') && WORD.is_match(next.split('+').next().unwrap_or("")) {
        return Some("");
    }
    // The source file and its line.
    let ends = || symbol(rest).is_some_and(|(_, tail)| tail.is_empty());
    if SOURCE.is_match(next) && next.contains(['\\', '/', '.']) && ends() {
        return Some(" ");
    }
    let (opened, closed) = (line.rfind('['), line.rfind(']'));
    let is_open = opened.is_some_and(|at| closed.is_none_or(|end| end < at));
    let whole_symbol = || symbol(rest).is_some();
    (is_open && next.ends_with(']') && !next.contains('[') && whole_symbol()).then_some(" ")
}

/// Whether `next` is the rest of a frame that lacks its symbol.
fn completes(head: &Head<'_>, next: &str) -> bool {
    let rest = Head::of(next);
    let succeeds = rest.number.is_some() && rest.number == head.number.map(|number| number + 1);
    if succeeds || rest.number.is_some() && rest.addresses.len() >= 2 {
        return false;
    }
    let columns = head.addresses.len() + rest.addresses.len();
    let is_symbol =
        || symbol(rest.rest).is_some() || WORD.is_match(rest.rest) || rest.rest.starts_with("0x");
    match (rest.addresses.is_empty(), rest.rest.is_empty()) {
        (true, _) if rest.rest.starts_with("(Inline") => head.inline || head.addresses.len() < 3,
        (true, _) if rest.inline => true,
        (true, false) => is_symbol(),
        (true, true) => rest.separated,
        // Without a number or a colon it may be memory, which has rows of addresses.
        (false, _) => {
            let marked = head.number.is_some() || head.separated || next.starts_with(':');
            marked && columns <= COLUMNS && (rest.rest.is_empty() || is_symbol())
        }
    }
}

/// A line that has only a stop's name.
fn stop_name(line: &str) -> bool {
    let name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    line.contains('_') && line.chars().all(name) && stop::is_name(line)
}

fn is_stop(line: &str) -> bool {
    let lower = line.to_lowercase();
    let words = ["bugcheck", "bug check", "stop", "fatal system error"];
    line.starts_with('(') || words.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let lines: Vec<_> = text.lines().collect();
        joined(&lines).into_iter().map(Cow::into_owned).collect()
    }

    #[test]
    fn parts_of_a_line_are_joined() {
        for (text, wanted) in [
            (
                "00 ffff8000`00000010 fffff800`00000001\n\n  drv!Work+0x10",
                "00 ffff8000`00000010 fffff800`00000001 drv!Work+0x10",
            ),
            (
                "bad17c50 bac914d7 88d851e8 00000000 883a8030\n\nmydriver+0x199e",
                "bad17c50 bac914d7 88d851e8 00000000 883a8030 mydriver+0x199e",
            ),
            (
                "drv!Work\n+0x10 [c:\\a.c @ 3]",
                "drv!Work+0x10 [c:\\a.c @ 3]",
            ),
            ("nt!KiPageFault+0x1\n92", "nt!KiPageFault+0x192"),
            ("nt!KiPageFault+\n0x192", "nt!KiPageFault+0x192"),
            (
                "ffff8000`00000010 fffff800`00000001 : 00000000`00000133\n00000000`00000000 00000000`00000501 00000000`00000500 :\nnt!KeBugCheckEx",
                "ffff8000`00000010 fffff800`00000001 : 00000000`00000133 00000000`00000000 00000000`00000501 00000000`00000500 : nt!KeBugCheckEx",
            ),
            (
                "drv!Work+0x10 [c:\\my\ndriver\\a.c @ 3]",
                "drv!Work+0x10 [c:\\my driver\\a.c @ 3]",
            ),
            (
                "MAXIMUM_WAIT_OBJECTS_EXCEEDED\n\n (c)",
                "MAXIMUM_WAIT_OBJECTS_EXCEEDED (c)",
            ),
            (
                "*** STOP: 0x000000D1 (0x10, 0x2,\n0x0, 0x5)",
                "*** STOP: 0x000000D1 (0x10, 0x2, 0x0, 0x5)",
            ),
            (
                "Arg1:\nffff800012345678, memory",
                "Arg1: ffff800012345678, memory",
            ),
        ] {
            assert_eq!(all(text), [wanted], "{text}");
        }
    }

    #[test]
    fn lines_of_their_own_stay() {
        for text in [
            // Memory with symbols.
            "ffff8000`00000010  00000000`00000000\nffff8000`00000018  fffff804`8d141910 drv+0x1910",
            // The next frame.
            "00 ffff8000`00000010 fffff800`00000001\n01 ffff8000`00000050 fffff800`00000002 nt!A",
            // Fields.
            "0: kd> dt nt!_KTHREAD\n+0x000 Header : _DISPATCHER_HEADER",
            "nt!KeBugCheckEx\nnt!A+0x10",
            "nt!KeBugCheckEx+0x1e\nThanks for any help",
            "0: kd> db ffff8000`12345010\nffff8000`12345010  6d 00 79 00",
        ] {
            assert_eq!(all(text), text.lines().collect::<Vec<_>>(), "{text}");
        }
    }
}
