//! Readers of commands' output: one file for each command or family of commands.
//!
//! A new reader is a file with a type that implements [`Reader`], its `mod` line and its row in
//! `readers!` below. Each line of a crash goes to every reader, whatever the prompt above it says,
//! and no reader uses another: `assemble::join` joins what two of them found.

// The macro does not declare the modules, because rustfmt would not find them.
pub(super) mod analysis;
pub(super) mod code;
pub(super) mod commands;
pub(super) mod devices;
pub(super) mod dpcs;
pub(super) mod hardware;
pub(super) mod inventory;
pub(super) mod irps;
pub(super) mod locks;
pub(super) mod machine;
pub(super) mod memory;
pub(super) mod modules;
pub(super) mod moment;
pub(super) mod near;
pub(super) mod poolblock;
pub(super) mod poolval;
pub(super) mod processes;
pub(super) mod processors;
pub(super) mod pte;
pub(super) mod registers;
pub(super) mod requests;
pub(super) mod said;
pub(super) mod stacks;
pub(super) mod structs;
pub(super) mod threads;
pub(super) mod verifier;

use crate::log::text::section::Section;

/// A line of the log and its position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'t> {
    /// Line number in the whole log, counted from 0.
    pub number: usize,
    /// The prompt above it; for a prompt, the prompt itself.
    pub section: &'t Section,
    pub text: &'t str,
    /// The thread that the line introduces: its stack follows.
    pub thread: Option<u64>,
}

/// Reads the output of one command or a family of commands.
pub(crate) trait Reader {
    /// A prompt ends the output above it.
    fn prompt(&mut self, _: Line<'_>) {}

    /// Any other line, of whatever command.
    fn line(&mut self, _: Line<'_>) {}

    /// The text ends.
    fn end(&mut self) {}
}

/// Declares a field for each reader, and passes each line to all of them.
macro_rules! readers {
    ($($field:ident: $reader:ty,)*) => {
        /// What the readers found in the lines of a crash.
        #[derive(Debug, Default)]
        pub(crate) struct Transcript {
            $(pub $field: $reader,)*
        }

        impl Reader for Transcript {
            fn prompt(&mut self, line: Line<'_>) {
                $(self.$field.prompt(line);)*
            }

            fn line(&mut self, line: Line<'_>) {
                $(self.$field.line(line);)*
            }

            fn end(&mut self) {
                $(self.$field.end();)*
            }
        }
    };
}

readers! {
    analysis: analysis::Analysis,
    code: code::Listings,
    commands: commands::Commands,
    devices: devices::Devices,
    dpcs: dpcs::Dpcs,
    hardware: hardware::Record,
    inventory: inventory::Inventory,
    irps: irps::Irps,
    locks: locks::Locks,
    machine: machine::MachineState,
    memory: memory::Texts,
    modules: modules::LoadedModules,
    moments: moment::Moments,
    near: near::Near,
    poolblock: poolblock::PoolBlocks,
    poolval: poolval::PoolChecks,
    processes: processes::Processes,
    processors: processors::Processors,
    pte: pte::Entries,
    registers: registers::Registers,
    requests: requests::Requests,
    said: said::Said,
    stacks: stacks::Stacks,
    structures: structs::Structures,
    threads: threads::Threads,
    verifier: verifier::Logs,
}

impl Transcript {
    /// Reads `lines`, of which the first is number `first` of the text, counted from 0.
    pub(super) fn read(lines: &[String], first: usize) -> Self {
        let mut all = Self::default();
        let mut section = Section::default();
        for (index, text) in lines.iter().enumerate() {
            let number = first + index;
            if let Some(next) = section.next(text) {
                section = next;
                all.prompt(Line {
                    number,
                    section: &section,
                    text,
                    thread: None,
                });
                continue;
            }
            // A line that introduces a thread is not a frame, although `!stacks` shows the first
            // frame on it. So it is read before the other readers see it.
            let thread = all.threads.introduced(number, text);
            all.line(Line {
                number,
                section: &section,
                text,
                thread,
            });
        }
        all.end();
        all
    }
}

/// Reads a log.
#[cfg(test)]
pub(super) fn transcript(text: &str) -> Transcript {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    Transcript::read(&lines, 0)
}
