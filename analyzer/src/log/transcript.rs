//! One pass over the lines of a crash: every reader sees every line.

use super::analysis::Analysis;
use super::irps::Irps;
use super::locks::Locks;
use super::machine::MachineState;
use super::modules::LoadedModules;
use super::outputs::{Outputs, hand_on};
use super::section::Section;
use super::stacks::Stacks;
use super::structs::Structures;
use super::threads::Threads;

/// Everything that the readers found.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    pub analysis: Analysis,
    pub irps: Irps,
    pub locks: Locks,
    pub machine: MachineState,
    pub modules: LoadedModules,
    pub outputs: Outputs,
    pub stacks: Stacks,
    pub structures: Structures,
    pub threads: Threads,
    /// Commands whose output the text has, by their verbs.
    pub commands: Vec<String>,
}

impl Transcript {
    /// Reads `lines`, of which the first is number `first` of the text, counted from 0.
    pub(super) fn read(lines: &[String], first: usize) -> Self {
        let mut all = Self::default();
        let mut section = Section::default();
        for (number, line) in lines.iter().enumerate() {
            if let Some(next) = section.next(line) {
                all.prompt(first + number, &next);
                section = next;
                continue;
            }
            all.line(first + number, &section, line);
        }
        all.stacks.close();
        hand_on(&mut all);
        all
    }

    fn prompt(&mut self, number: usize, section: &Section) {
        const MAX_COMMANDS: usize = 10_000;
        self.stacks.prompt(section);
        self.irps.prompt();
        self.locks.prompt();
        self.structures.prompt(section);
        self.outputs.prompt(number);
        self.threads.close();
        if self.commands.len() < MAX_COMMANDS {
            self.commands.push(section.verb().to_owned());
        }
    }

    fn line(&mut self, number: usize, section: &Section, line: &str) {
        if let Some(thread) = self.threads.line(number, line) {
            self.stacks.of_thread(thread);
            // `!stacks` shows the first frame on the same line.
            if let Some(at) = line.find("nt!") {
                self.stacks.line(number, section, &line[at..]);
            }
        } else {
            self.stacks.line(number, section, line);
        }
        self.analysis.line(line);
        self.irps.line(section, line);
        self.locks.line(number, line);
        self.machine.line(section, line);
        self.modules.line(section, line);
        self.structures.line(line);
        self.outputs.line(number, section, line);
    }

    /// Whether there is anything to judge besides a stop's numbers.
    pub(super) fn has_evidence(&self) -> bool {
        !self.stacks.found.is_empty()
            || !self.irps.found.is_empty()
            || !self.locks.found.is_empty()
            || self.analysis.lines > 3
            || self.analysis.blamed.is_some()
    }
}
