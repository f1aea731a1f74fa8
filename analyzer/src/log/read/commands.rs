//! The commands whose output the log has.

use super::{Line, Reader};

const MAX: usize = 10_000;

/// Reads prompts.
#[derive(Debug, Default)]
pub(crate) struct Commands {
    verbs: Vec<String>,
}

impl Reader for Commands {
    fn prompt(&mut self, Line { section, .. }: Line<'_>) {
        if self.verbs.len() < MAX {
            self.verbs.push(section.verb().to_owned());
        }
    }
}

impl Commands {
    /// Whether a command was run, by its verb: `locks` for `!locks -v`.
    pub(crate) fn has(&self, verb: &str) -> bool {
        self.verbs.iter().any(|known| known == verb)
    }
}
