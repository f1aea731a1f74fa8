//! What `!analyze` prints about the stop: its title, the meanings of its arguments, the condition
//! that Driver Verifier found violated.
//!
//! ```text
//! WDF_VIOLATION (10d)
//! The Kernel-Mode Driver Framework was notified ...
//! Arguments:
//! Arg1: 0000000000000006, A fatal error was made in handling a WDF request.
//!         In this case, Arg2 further specifies the type.
//! Arg2: 0000000000000003, ...
//! DV_VIOLATED_CONDITION: An OID request was not completed in time
//! ```

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::facts::StopText;
use crate::log::text::number::hex;

static TITLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)\s*\((?:0x)?([0-9a-fA-F]{1,8})\)\s*$")
        .expect("a constant")
});
static ARGUMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*Arg(?:ument\s?)?([1-4])\s*:\s*(?:0x)?[0-9a-fA-F`]{1,18}\s*(?:,|-|—)\s*(.*)$")
        .expect("a constant")
});
static CONDITION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*DV_VIOLATED_CONDITION:\s*(\S.*)$").expect("a constant"));
/// A longer text is cut.
const MAX: usize = 240;

/// Reads the text about the stop.
#[derive(Debug, Default)]
pub(crate) struct Said {
    title: Option<(String, u32)>,
    text: StopText,
    /// The argument whose text may continue on the next line.
    open: Option<usize>,
}

impl Reader for Said {
    fn prompt(&mut self, _: Line<'_>) {
        self.open = None;
    }

    fn line(&mut self, Line { text, .. }: Line<'_>) {
        if let Some(found) = ARGUMENT.captures(text) {
            let index = usize::from(found[1].as_bytes()[0] - b'1');
            // A second run of !analyze says the same.
            self.open = self.text.parameters[index].is_empty().then_some(index);
            self.add(&found[2]);
            return;
        }
        // Texts are continued on indented lines.
        let continues = text.starts_with([' ', '\t']) && text.trim().contains(' ');
        if continues && !text.contains(':') {
            self.add(text);
            return;
        }
        self.open = None;
        if let Some(found) = TITLE.captures(text) {
            let code = hex(&found[2]).map(|code| code as u32);
            self.title = self
                .title
                .take()
                .or(code.map(|code| (found[1].to_owned(), code)));
        } else if let Some(found) = CONDITION.captures(text) {
            let condition = cut(&found[1]);
            self.text.condition.get_or_insert(condition);
        }
    }
}

impl Said {
    fn add(&mut self, more: &str) {
        if let Some(index) = self.open {
            let known = &mut self.text.parameters[index];
            *known = cut(&format!("{known} {more}"));
        }
    }

    /// The text about the stop with this code.
    pub(crate) fn of(&self, code: u32) -> StopText {
        let title = self.title.as_ref().filter(|(_, of)| *of == code);
        StopText {
            name: title.map(|(name, _)| name.clone()),
            ..self.text.clone()
        }
    }
}

/// In one line, without a full stop at its end, and of limited length.
fn cut(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let line = line.trim_end_matches('.');
    match line.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::read::transcript;

    #[test]
    fn titles_arguments_and_conditions() {
        let said = transcript(
            "TULIP_FAILURE (1f0)\nA tulip failed.\nArguments:\nArg1: 0000000000000006, A bulb was \
             planted\n\tupside down.\nArg2: ffff800012345678, the bulb\nArg3: 0\nArg4: 0, reserved\n\
             DV_VIOLATED_CONDITION: An OID request was not completed.\n",
        )
        .said;
        let text = said.of(0x1F0);
        assert_eq!(text.name.as_deref(), Some("TULIP_FAILURE"));
        assert_eq!(
            text.parameters,
            ["A bulb was planted upside down", "the bulb", "", "reserved"]
        );
        assert_eq!(
            text.condition.as_deref(),
            Some("An OID request was not completed")
        );
        // The title of another stop is not this one's name.
        assert_eq!(said.of(0xD1).name, None);
    }

    #[test]
    fn long_texts_are_cut() {
        let said = transcript(&format!("Arg1: 1, {}\n", "ä ".repeat(4000))).said;
        assert_eq!(said.of(0).parameters[0].chars().count(), MAX + 1);
    }
}
