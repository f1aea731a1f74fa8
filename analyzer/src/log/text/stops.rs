//! The stop codes in a log, in all their layouts.

use std::sync::LazyLock;

use regex::Regex;

use super::columns::Columns;
use super::number::hex;
use crate::stop;

static TITLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)\s*(?:\([^()]*\)\s*)?\((?:0x)?([0-9a-fA-F]{1,8})\)",
    )
    .expect("a constant")
});
static ARGUMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^[\s>|*-]*Arg(?:ument\s?)?([1-4])\s*:\s*`?(?:0x)?([0-9a-fA-F`]{1,18})(?:\b|,|$)\s*,?\s*(.*)$",
    )
    .expect("a constant")
});
/// A code with its parameters on one line: `BugCheck D1, {a, b, c, d}`, `*** STOP: 0xD1 (a, b, c,
/// d)`, `Bugcheck: D1 (a, 2, 0, b)`, `The bugcheck was: 0x9f (a, b, c, d)`.
static ONE_LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:bug\s?check(?:\s*code)?(?:\s*was)?|stop(?:\s*code)?|fatal system error)\s*:?\s*(?:0x)?([0-9a-f]{1,8})\b[\s,:]*[\[{(]\s*((?:0x)?[0-9a-f`]{1,18}(?:\s*,\s*(?:0x)?[0-9a-f`]{1,18}){0,3})\s*[\]})]",
    )
    .expect("a constant")
});
/// The code alone; its parameters may follow on the next line.
static CODE_LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^\W*(?:fatal system error:\s*(?:0x)?|bug\s?check code\s*:?\s*(?:0x)?|BUGCHECK_CODE:\s*(?:0x)?|bug check code\s*:\s*(?:0x)?|bug\s?check:\s*0x|stop:\s*0x)([0-9a-f]{1,8})(?:\s+\(?[a-z]+(?:_[a-z0-9]+)+\)?)?\s*$",
    )
    .expect("a constant")
});
static PARAMETERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*(?:Arguments:?\s+)?\(?\s*((?:0x)?[0-9a-fA-F`]{8,18}(?:[\s,]+(?:0x)?[0-9a-fA-F`]{1,18}){3})\s*\)?\s*$",
    )
    .expect("a constant")
});
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\s>|*-]*(?:BUGCHECK_P|Parameter\s?)([1-4])[\s*`]*[:|=][\s*`]*(?:0x)?([0-9a-f`]{1,18})[\s`|*]*$")
        .expect("a constant")
});
/// A parameter in Markdown or prose, with a text after it. The value is recognisable as a number:
/// `a` and `4 bytes` are words.
static DESCRIBED_PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^[\s>|*-]*(?:Arg(?:ument\s?)?|Parameter\s?)([1-4])[\s*`]*[:|=][\s*`]*(?:0x([0-9a-f`]{1,17})|([0-9a-f]{8}`?[0-9a-f]{8}|[0-9a-f]{8}))\b`*(?:[\s|*,;:(–—-]+(.*?))?[\s|]*$",
    )
    .expect("a constant")
});
/// The code in bold or in a row of a table.
static MARKED_CODE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^[\s>|*-]*(?:bug\s?check|stop)(?: code)?[\s*`]*[:|][\s*`|]*0x([0-9a-f]{1,8})[`*]*(?:[\s|*`(]+[a-z]+(?:_[a-z0-9]+)+[)`]*)?[\s|*]*$",
    )
    .expect("a constant")
});
static BUCKET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:BUGCHECK_STR|FAILURE_BUCKET_ID|BUCKET_ID):\s*0x([0-9a-fA-F]{1,8})(?:_|\b)")
        .expect("a constant")
});
/// `issue: 00001001 97dd800c 86858ce0 00000000`, as `!deadlock` begins.
static ISSUE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*issue: ([0-9a-f]{8}) ([0-9a-f`]{8,17}) ([0-9a-f`]{8,17}) ([0-9a-f`]{8,17})")
        .expect("a constant")
});
/// A code and its parameters without words, as the system's event log has them.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b0x([0-9a-f]{8})\s*\((0x[0-9a-f]{8,16}(?:\s*,\s*0x[0-9a-f]{8,16}){3})\)")
        .expect("a constant")
});
/// A code in front of its word: `a 0xC4 bug check`.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b0x([0-9a-f]{1,8})\b[\s`*]+(?:bsod|bug\s?check|stop (?:code|error)|blue ?screen)\b",
    )
    .expect("a constant")
});
/// A stop mentioned in passing: `BSOD 139 1e`.
static PASSING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:bsod|bug\s?check|stop(?: code| error)?)(?:\s#\d+)?(?:[\s:]|[-–—]\s)+(?:0x)?([0-9a-f]{1,3})\b(?:[\s,(]+(?:0x)?([0-9a-f]{1,3})\b)?",
    )
    .expect("a constant")
});

/// A stop in the log.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stop {
    /// First line that belongs to it.
    pub line: usize,
    pub code: Option<u32>,
    pub parameters: [Option<u64>; 4],
    /// The description of each parameter.
    pub notes: [String; 4],
    /// Some of it is only in the arguments that the stack shows.
    pub from_stack: bool,
    /// Only mentioned in passing.
    pub passing: bool,
}

impl Stop {
    /// Whether two statements can be of the same crash.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let codes = match (self.code, other.code) {
            (Some(one), Some(two)) => stop::family(one) == stop::family(two),
            _ => true,
        };
        codes
            && self
                .parameters
                .iter()
                .zip(&other.parameters)
                .all(|(one, two)| one.is_none() || two.is_none() || same(*one, *two))
    }

    /// Adds the data of another statement of the same stop.
    pub(crate) fn absorb(&mut self, other: &Self) {
        self.code = self.code.or(other.code);
        self.passing &= other.passing;
        for index in 0..4 {
            self.parameters[index] = self.parameters[index].or(other.parameters[index]);
            if self.notes[index].is_empty() {
                self.notes[index].clone_from(&other.notes[index]);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.parameters.iter().all(Option::is_none)
    }
}

/// Whether two numbers are equal. Debuggers show addresses of 32-bit systems with or without sign
/// extension.
fn same(one: Option<u64>, other: Option<u64>) -> bool {
    let narrow = |value: u64| (value >> 31 == u64::MAX >> 31).then_some(value & 0xFFFF_FFFF);
    one == other
        || one
            .zip(other)
            .is_some_and(|(one, other)| narrow(one) == Some(other) || narrow(other) == Some(one))
}

/// Whether a number in prose is a stop code. A single digit is not.
fn is_stop(code: u32) -> bool {
    code >= 0xA && stop::of(code).is_some()
}

/// A code that Markdown sets apart from prose. A heading without a mark only mentions a stop.
fn marked(text: &str) -> Option<regex::Captures<'_>> {
    let start = text.trim_start();
    let is_marked = start.starts_with(['|', '*', '-', '>']);
    MARKED_CODE.captures(text).filter(|_| is_marked)
}

/// Reads stops line by line.
#[derive(Debug, Default)]
pub(crate) struct Stops {
    pub found: Vec<Stop>,
    /// A description without a title.
    described: Option<(usize, u32)>,
    /// Where the last line of the last stop was.
    last: usize,
    /// A table of parameters.
    columns: Option<Columns>,
}

/// Lines between a code and its parameters.
const NEAR: usize = 12;

impl Stops {
    pub(crate) fn line(&mut self, number: usize, text: &str) {
        if text.len() > 2000 {
            return;
        }
        if self.table(number, text) {
            return;
        }
        let lower = text.to_lowercase();
        if let Some(code) = stop::described(&lower) {
            self.described = Some((number, code));
        }
        if let Some(found) = TITLE.captures(text) {
            let code = hex(&found[2]).map(|code| code as u32);
            let known = code.is_some_and(|code| {
                stop::name(code)
                    .is_none_or(|name| found[1].starts_with(name) || name.starts_with(&found[1]))
            });
            if known {
                self.start(number, code);
            }
        } else if let Some(found) = ARGUMENT.captures(text) {
            let index = usize::from(found[1].as_bytes()[0] - b'1');
            self.parameter(number, index, hex(&found[2]));
            let note = found[3].to_owned();
            if let Some(stop) = self.found.last_mut() {
                stop.notes[index] = note;
            }
        } else if let Some(found) = PARAMETER.captures(text) {
            let index = usize::from(found[1].as_bytes()[0] - b'1');
            self.parameter(number, index, hex(&found[2]));
        } else if let Some(found) = DESCRIBED_PARAMETER.captures(text) {
            let index = usize::from(found[1].as_bytes()[0] - b'1');
            let value = found.get(2).or_else(|| found.get(3));
            let value = value.and_then(|value| hex(value.as_str().trim_end_matches('`')));
            self.parameter(number, index, value);
            if let (Some(stop), Some(note)) = (self.found.last_mut(), found.get(4)) {
                stop.notes[index] = note.as_str().to_owned();
            }
        } else if let Some(found) = ONE_LINE.captures(text).or_else(|| BARE.captures(text)) {
            let code = hex(&found[1]).map(|code| code as u32);
            let values: Vec<_> = found[2].split(',').map(hex).collect();
            // `(1)` after a word is a list's number. MEX adds the bug check that the kernel had
            // recorded before another crash was forced.
            let beside = text.trim_start().starts_with("Bugcheck:")
                && self.found.last().is_some_and(|last| {
                    !last.passing
                        && number - last.line <= 2
                        && number == self.last + (number - last.line)
                });
            if beside {
                return;
            }
            if values.len() == 4 || code.is_some_and(is_stop) {
                self.start(number, code);
                self.parameters(number, &values);
            }
        } else if let Some(found) = CODE_LINE.captures(text).or_else(|| marked(text)) {
            let code = hex(&found[1]).map(|code| code as u32);
            match self.found.last_mut() {
                // !analyze repeats the code below its title.
                Some(stop) if stop.code == code && number - self.last < 200 => {}
                _ => self.start(number, code),
            }
        } else if let Some(found) = PARAMETERS.captures(text) {
            let values: Vec<_> = found[1]
                .split([' ', ','])
                .filter(|word| !word.is_empty())
                .map(hex)
                .collect();
            let near = self.found.last().is_some_and(Stop::is_empty) && number - self.last <= 2;
            if near && values.len() == 4 {
                self.parameters(number, &values);
            }
        } else if let Some(found) = BUCKET.captures(text) {
            let code = hex(&found[1]).map(|code| code as u32);
            match self.found.iter_mut().rev().find(|stop| !stop.passing) {
                Some(stop) => stop.code = stop.code.or(code),
                None => self.start(number, code),
            }
        } else if let Some(found) = ISSUE.captures(text) {
            let values: Vec<_> = (1..=4).map(|group| hex(&found[group])).collect();
            self.start(number, Some(0xC4));
            self.parameters(number, &values);
        } else if let Some(found) = PASSING.captures(text).or_else(|| BEFORE.captures(text)) {
            let code = hex(&found[1]).map(|code| code as u32);
            if code.is_some_and(is_stop) {
                let mut stop = Stop {
                    line: number,
                    code,
                    passing: true,
                    ..Stop::default()
                };
                stop.parameters[0] = found.get(2).and_then(|first| hex(first.as_str()));
                if self.found.len() < MAX_STOPS {
                    self.found.push(stop);
                    self.last = number;
                }
            }
        }
    }

    /// Reads a line of a table of parameters.
    fn table(&mut self, number: usize, text: &str) -> bool {
        if !text.contains('|') {
            self.columns = None;
            return false;
        }
        if let Some(columns) = Columns::of(text) {
            self.columns = Some(columns);
            return true;
        }
        let Some(columns) = &self.columns else {
            return false;
        };
        if Columns::is_rule(text) {
            return true;
        }
        let Some((code, parameters)) = columns.row(text) else {
            self.columns = None;
            return false;
        };
        // Without a column of codes, they are of the stop that was just stated.
        let near = self.found.last().is_some_and(Stop::is_empty) && number - self.last <= NEAR;
        if code.is_some() || !near {
            self.start(number, code);
        }
        self.parameters(number, &parameters);
        true
    }

    fn start(&mut self, number: usize, code: Option<u32>) {
        if self.found.len() < MAX_STOPS {
            self.found.push(Stop {
                line: number,
                code,
                ..Stop::default()
            });
        }
        self.last = number;
        self.described = None;
    }

    /// A parameter of the last stop, or of a new one if that has it already or is far away.
    fn parameter(&mut self, number: usize, index: usize, value: Option<u64>) {
        let fits = self.found.last().is_some_and(|stop| {
            let same = stop.parameters[index].is_some() && same(stop.parameters[index], value);
            let free = stop.parameters[index].is_none() || same;
            !stop.passing && (same || free && number - self.last <= NEAR)
        });
        if !fits {
            let described = self.described.filter(|(line, _)| number - line <= NEAR);
            self.start(number, described.map(|(_, code)| code));
        }
        if let Some(stop) = self.found.last_mut() {
            // The first statement wins: stacks show addresses in the same form.
            stop.parameters[index] = stop.parameters[index].or(value);
        }
        self.last = number;
    }

    fn parameters(&mut self, number: usize, values: &[Option<u64>]) {
        if let Some(stop) = self.found.last_mut() {
            for (slot, value) in stop.parameters.iter_mut().zip(values) {
                *slot = *value;
            }
        }
        self.last = number;
    }
}

/// A text with more is a list, not a log.
const MAX_STOPS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn stops(text: &str) -> Vec<Stop> {
        let mut stops = Stops::default();
        for (number, line) in text.lines().enumerate() {
            stops.line(number, line);
        }
        stops.found
    }

    #[test]
    fn layouts() {
        for text in [
            "DRIVER_IRQL_NOT_LESS_OR_EQUAL (d1)\nArg1: 0000000000000010, memory\nArg2: 2\nArg3: 0\nArg4: 5",
            "BugCheck D1, {10, 2, 0, 5}",
            "Bugcheck: D1 (10, 2, 0, 5)",
            "*** Fatal System Error: 0x000000d1\n   (0x0000000000000010,0x0000000000000002,0x0000000000000000,0x0000000000000005)",
            "Bugcheck code 000000D1\nArguments 00000000`00000010 00000000`00000002 00000000`00000000 00000000`00000005",
            "*** STOP: 0x000000D1 (0x10, 0x2, 0x0, 0x5)",
            "The bugcheck was: 0x000000d1 (0x10, 0x2, 0x0, 0x5).",
            "- '0x000000d1 (0x0000000000000010, 0x0000000000000002, 0x0000000000000000, 0x0000000000000005)'",
            "Bug Check Code : 0x000000d1\nParameter 1 : 00000010\nParameter 2 : 2\nParameter 3 : 0\nParameter 4 : 5",
            "BUG CHECK: 0xd1 DRIVER_IRQL_NOT_LESS_OR_EQUAL\n  Arg1: 0x10  memory\n  Arg2: 0x2\n  Arg3: 0x0\n  Arg4: 0x5",
            "DRIVER_IRQL_NOT_LESS_OR_EQUAL (d1)\n- Arg1: `0x10` memory\n- Arg2: `0x2`\n- Arg3: `0`\n- Arg4: `5`",
            "| Bug check | `0xD1` DRIVER_IRQL_NOT_LESS_OR_EQUAL |\n| Parameter 1 | `0x10` | memory |\n| Parameter 2 | 0x2 |\n| Parameter 3 | 0 |\n| Parameter 4 | `5` |",
            "- Bug check code: `0xD1`\n- Parameter 1: 0x10 (memory)\n- Parameter 2: 0x2, the IRQL\n- Parameter 3: `0x0`\n- Parameter 4 = 0x5",
            "| Code | P1 | P2 | P3 | P4 |\n|---|---|---|---|---|\n| `0xD1` | `0x10` | 0x2 | 0 | 0x5 |",
            "DRIVER_IRQL_NOT_LESS_OR_EQUAL (d1)\n\n| Parameter 1 | Parameter 2 | Parameter 3 | Parameter 4 |\n|:--|:--|:--|:--|\n| 0000000000000010 | 2 | 0 | 5 |",
            "BUGCHECK_CODE:  d1\n\nBUGCHECK_P1: 10\n\nBUGCHECK_P2: 2\n\nBUGCHECK_P3: 0\n\nBUGCHECK_P4: 5",
        ] {
            let found = stops(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!(found[0].code, Some(0xD1), "{text}");
            assert_eq!(
                found[0].parameters,
                [Some(0x10), Some(2), Some(0), Some(5)],
                "{text}"
            );
        }
    }

    #[test]
    fn a_lost_title_is_found_by_the_description_or_the_bucket() {
        let described = "The DPC watchdog detected a prolonged run time\nArg1: 0, x\nArg2: 501\n";
        assert_eq!(stops(described)[0].code, Some(0x133));
        let bucket = "Some text\nArg1: 00000302, Code\n\nBUGCHECK_STR: 0xc9_302\n";
        assert_eq!(stops(bucket)[0].code, Some(0xC9));
    }

    #[test]
    fn sign_extension_is_no_other_number() {
        let text = "PAGE_FAULT_IN_NONPAGED_AREA (50)\nArg1: 9ba10000, memory\nArg2: 0\nArg3: \
                    82154573\nArg4: 0\n\nBUGCHECK_P1: ffffffff9ba10000\nBUGCHECK_P2: 0\n";
        let found = stops(text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].parameters[0], Some(0x9BA1_0000));
    }

    #[test]
    fn words_after_a_parameter_are_no_value() {
        for text in [
            "Parameter 1: a device object",
            "Parameter 1: 4 bytes were written",
            "| Parameter 1 | A pointer to the IRP |",
            // Windows Error Reporting: P1 is the stop code.
            "P1: 139\nP2: 3",
        ] {
            assert!(stops(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_heading_mentions_a_stop() {
        let found = stops("## BSOD #3 — 0xD1, at IPI_LEVEL");
        assert!(found[0].passing && found[0].code == Some(0xD1), "{found:?}");
    }

    #[test]
    fn a_code_may_stand_in_front_of_its_word() {
        let found = stops("We got this with Driver Verifier: a 0xC4 bug check.\n- Arg1: 2000\n");
        assert_eq!(found[0].code, Some(0xC4));
        assert!(found[0].passing);
        assert_eq!(found[1].parameters[0], Some(0x2000));
        let address = "0xfffff80012345678 (0x10, 0x20, 0x30, 0x40)";
        assert!(stops(address).is_empty());
    }

    #[test]
    fn prose_states_no_stop() {
        for text in ["Stop 1 (2)", "a bug check is a stop", "see 0x9F (3) there"] {
            let found = stops(text);
            assert!(found.iter().all(|stop| stop.passing), "{text}: {found:?}");
        }
    }
}
