//! Readers of single commands, each in a file of its own.

pub(in crate::log) mod code;
pub(in crate::log) mod devices;
pub(in crate::log) mod dpcs;
mod hardware;
mod memory;
mod near;
pub(in crate::log) mod parameters;
mod processes;
mod processors;
pub(in crate::log) mod registers;
pub(super) mod requests;
#[cfg(test)]
mod tests;
pub(in crate::log) mod verifier;

use super::section::Section;
use super::transcript::Transcript;

/// What they found.
#[derive(Debug, Default)]
pub(super) struct Outputs {
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
    pub(super) fn prompt(&mut self, number: usize) {
        self.code.prompt();
        self.devices.prompt();
        self.processes.prompt(number);
        self.processors.prompt();
        self.registers.prompt();
        self.verifier.prompt();
    }

    pub(super) fn line(&mut self, number: usize, section: &Section, text: &str) {
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
pub(super) fn hand_on(all: &mut Transcript) {
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
