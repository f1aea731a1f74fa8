//! The commands whose output the log has.

use super::{Line, Reader};
use crate::log::text::section::{Section, addresses};

const MAX: usize = 10_000;
/// How the output of a command begins, in an excerpt without its prompt.
const OUTPUTS: &[(&str, &str)] = &[
    ("**** DUMP OF ALL RESOURCE OBJECTS", "!locks"),
    ("Bugcheck code ", ".bugcheck"),
    ("System Processors:", "!running"),
    ("PopAction:", "!poaction"),
    ("Pool page ", "!pool"),
    ("DpcWatchdogCount:", "!dpcwatchdog"),
    ("Common Platform Error Record @ ", "!errrec"),
];

/// Reads prompts, and the first lines of outputs without one.
#[derive(Debug, Default)]
pub(crate) struct Commands {
    run: Vec<Section>,
}

impl Reader for Commands {
    fn prompt(&mut self, Line { section, .. }: Line<'_>) {
        for command in section.command.split(';') {
            self.keep(section, command.trim().to_owned());
        }
    }

    fn line(&mut self, Line { section, text, .. }: Line<'_>) {
        let text = text.trim_start();
        let output = OUTPUTS.iter().find(|(start, _)| text.starts_with(start));
        if let Some((start, command)) = output {
            let address = addresses(&text[start.len()..]).next();
            let address = address.map_or_else(String::new, |address| format!(" {address:x}"));
            self.keep(section, format!("{command}{address}"));
        }
    }
}

impl Commands {
    /// Keeps a command whose output the log has.
    fn keep(&mut self, section: &Section, command: String) {
        if self.run.len() < MAX {
            self.run.push(Section {
                command,
                ..section.clone()
            });
        }
    }

    /// Whether a command was run, by its verb: `locks` for `!locks -v`.
    pub(crate) fn has(&self, verb: &str) -> bool {
        self.all(verb).next().is_some()
    }

    /// Whether a command was run on an address.
    pub(crate) fn has_on(&self, verb: &str, address: u64) -> bool {
        self.all(verb)
            .any(|command| addresses(command).any(|one| one == address))
    }

    /// Whether an extension, which prints more than the meta-command of the same name, was run on
    /// an address: `!thread`, not `.thread`.
    pub(crate) fn has_extension_on(&self, verb: &str, address: u64) -> bool {
        self.all(verb)
            .filter(|command| command.starts_with('!'))
            .any(|command| addresses(command).any(|one| one == address))
    }

    /// Whether a command was run with a word after it: `8` of `!verifier 8`.
    pub(crate) fn has_with(&self, verb: &str, accept: impl Fn(&str) -> bool) -> bool {
        self.all(verb)
            .any(|command| command.split_whitespace().skip(1).any(&accept))
    }

    /// The texts of the commands with a verb.
    fn all<'t>(&'t self, verb: &'t str) -> impl Iterator<Item = &'t str> {
        let run = self.run.iter();
        run.filter(move |section| section.verb() == verb)
            .map(|section| section.command.as_str())
    }
}

#[cfg(test)]
mod tests {
    use crate::log::read::transcript;

    #[test]
    fn commands_are_known_by_verb_and_address() {
        let commands = transcript(
            "0: kd> !irp ffff8000`12345010 1; !devstack ffff800012346000\n0: kd> .thread \
             ffff800012347000\n0: kd> !verifier 8 2\n0: kd> !running\n",
        )
        .commands;
        assert!(commands.has_on("irp", 0xffff_8000_1234_5010));
        assert!(!commands.has_on("irp", 0xffff_8000_1234_6000));
        assert!(commands.has_on("devstack", 0xffff_8000_1234_6000));
        assert!(commands.has_on("thread", 0xffff_8000_1234_7000));
        assert!(!commands.has_extension_on("thread", 0xffff_8000_1234_7000));
        assert!(commands.has_with("verifier", |word| word == "8"));
        assert!(commands.has("running") && !commands.has_with("running", |_| true));
    }
}
