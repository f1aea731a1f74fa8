//! One pass over the lines of a crash: every reader sees every line.

pub(super) mod analysis;
pub(super) mod code;
pub(super) mod devices;
pub(super) mod dpcs;
pub(super) mod hardware;
pub(super) mod irps;
pub(super) mod locks;
pub(super) mod machine;
pub(super) mod memory;
pub(super) mod modules;
pub(super) mod near;
pub(super) mod processes;
pub(super) mod processors;
pub(super) mod registers;
pub(super) mod requests;
pub(super) mod stacks;
pub(super) mod structs;
#[cfg(test)]
mod tests;
pub(super) mod threads;
pub(super) mod verifier;

use crate::log::read::analysis::Analysis;
use crate::log::read::irps::Irps;
use crate::log::read::locks::Locks;
use crate::log::read::machine::MachineState;
use crate::log::read::modules::LoadedModules;
use crate::log::read::stacks::Stacks;
use crate::log::read::structs::Structures;
use crate::log::read::threads::Threads;
use crate::log::text::section::Section;

/// Everything that the readers found.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
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
    pub(crate) fn read(lines: &[String], first: usize) -> Self {
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
    pub(crate) fn has_evidence(&self) -> bool {
        !self.stacks.found.is_empty()
            || !self.irps.found.is_empty()
            || !self.locks.found.is_empty()
            || self.analysis.lines > 3
            || self.analysis.blamed.is_some()
    }
}

/// What they found.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    pub code: code::Listings,
    pub devices: devices::Devices,
    pub dpcs: dpcs::Dpcs,
    pub hardware: hardware::Record,
    pub memory: memory::Texts,
    pub near: near::Near,
    pub processes: processes::Processes,
    pub processors: processors::Processors,
    pub registers: registers::Registers,
    pub requests: requests::Requests,
    pub verifier: verifier::Logs,
}

impl Outputs {
    pub(crate) fn prompt(&mut self, number: usize) {
        self.code.prompt();
        self.devices.prompt();
        self.processes.prompt(number);
        self.processors.prompt();
        self.registers.prompt();
        self.verifier.prompt();
    }

    pub(crate) fn line(&mut self, number: usize, section: &Section, text: &str) {
        self.code.line(text);
        self.devices.line(text);
        self.dpcs.line(text);
        self.hardware.line(text);
        self.memory.line(section, text);
        self.near.line(text);
        self.processes.line(number, text);
        self.processors.line(number, text);
        self.registers.line(text);
        self.requests.line(text);
        self.verifier.line(section, text);
    }
}

/// Hands on what other readers keep: the text is read as a whole by then.
pub(crate) fn hand_on(all: &mut Transcript) {
    let outputs = &all.outputs;
    for thread in &mut all.threads.found {
        if thread.process.is_none() {
            thread.process = outputs.processes.of(thread.line).map(str::to_owned);
        }
    }
    for running in &outputs.processors.running {
        all.threads
            .runs(running.line, running.thread, running.processor);
    }
    for request in &outputs.requests.found {
        all.irps.found_by_search(request);
    }
    for (device, driver) in &outputs.requests.drivers {
        let known = all.irps.drivers.entry(*device);
        known.or_insert_with(|| driver.clone());
    }
    all.machine.irql = all.machine.irql.or(outputs.processors.irql);
}
