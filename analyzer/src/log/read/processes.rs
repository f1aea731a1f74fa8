//! Processes, with the threads below them: `!process`.

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;

static PROCESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*PROCESS\s+([0-9a-f`]{8,17})\b").expect("a constant"));
static IMAGE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*Image:\s+(\S+)").expect("a constant"));
const MAX: usize = 10_000;

/// Start of the description of a process, and its image name.
#[derive(Clone, Debug)]
struct Described {
    line: usize,
    address: Option<u64>,
    /// `None` ends the previous description.
    image: Option<String>,
}

/// Reads processes line by line.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    found: Vec<Described>,
    open: bool,
}

impl Reader for Processes {
    /// A prompt ends the description.
    fn prompt(&mut self, Line { number, .. }: Line<'_>) {
        if self.found.last().is_some_and(|last| last.image.is_some()) {
            self.push(number, None);
        }
        self.open = false;
    }

    fn line(&mut self, Line { number, text, .. }: Line<'_>) {
        if let Some(found) = PROCESS.captures(text) {
            self.push(number, hex(&found[1]));
            self.open = true;
        } else if self.open
            && let Some(found) = IMAGE.captures(text)
            && let Some(last) = self.found.last_mut()
        {
            last.image.get_or_insert_with(|| found[1].to_owned());
            self.open = false;
        }
    }
}

impl Processes {
    fn push(&mut self, line: usize, address: Option<u64>) {
        if self.found.len() < MAX {
            self.found.push(Described {
                line,
                address,
                image: None,
            });
        }
    }

    /// Image name of the process at an address.
    pub(crate) fn named(&self, address: u64) -> Option<&str> {
        let mut found = self.found.iter();
        found
            .find(|one| one.address == Some(address) && one.image.is_some())
            .and_then(|one| one.image.as_deref())
    }

    /// Image name of the process that a line belongs to.
    pub(crate) fn of(&self, line: usize) -> Option<&str> {
        let at = self.found.partition_point(|one| one.line <= line);
        self.found.get(at.checked_sub(1)?)?.image.as_deref()
    }
}
