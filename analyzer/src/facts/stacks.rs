//! Stacks with symbols.

use crate::dump::Context;
use crate::modules::{is_dispatcher, is_inbox};
use crate::nt::Thread;
use crate::target::{Pc, Symbol, Target};
use crate::unwind::{RawStack, StackEnd};
use crate::verdict::{Frame, Stack, StackKind, Trust};

/// The note of a stack whose outer frames are those of user mode.
pub(crate) const FROM_USER: &str = "entered from user mode";

/// A stack of the crashed system.
#[derive(Clone, Debug)]
pub(crate) struct StackFacts {
    pub kind: StackKind,
    pub processor: Option<u32>,
    pub thread: Option<Thread>,
    /// Innermost first.
    pub frames: Vec<FrameFacts>,
    /// Why it ends before the thread's first frame.
    pub note: Option<String>,
    /// Where its first registers came from.
    pub source: String,
}

#[derive(Clone, Debug)]
pub(crate) struct FrameFacts {
    /// The instruction, or the return address of a call; `None` if a log does not show it.
    pub address: Option<u64>,
    pub symbol: Symbol,
    pub trust: Trust,
    /// Registers in this frame; `None` for a log.
    pub context: Option<Context>,
    /// Stack pointer in this frame.
    pub sp: Option<u64>,
    /// Whether the volatile registers are valid in this frame.
    pub volatile_known: bool,
}

impl FrameFacts {
    /// As WinDbg writes it.
    pub(crate) fn text(&self) -> String {
        match self.address {
            Some(address) => self.symbol.text(address),
            None => self
                .symbol
                .name()
                .unwrap_or_else(|| "an unknown frame".to_owned()),
        }
    }

    /// Whether the address is the instruction itself or a return address.
    pub(crate) fn pc(&self) -> Pc {
        self.trust.into()
    }

    /// An address inside the frame's current instruction.
    pub(crate) fn probe(&self) -> Option<u64> {
        match self.pc() {
            Pc::Exact => self.address,
            Pc::Return => Some(self.address?.wrapping_sub(1)),
        }
    }

    /// Whether it lies in a module other than the kernel, and was not merely scanned.
    pub(crate) fn is_driver(&self) -> bool {
        self.symbol.module.is_some() && !self.symbol.in_kernel && !self.trust.is_scanned()
    }

    /// Whether it is the function in which system threads start.
    pub(crate) fn starts_system_thread(&self) -> bool {
        const STARTS: &[&str] = &[
            "PspSystemThreadStartup",
            "KiStartSystemThread",
            "KxStartSystemThread",
        ];
        let name = self.symbol.function.as_deref();
        self.symbol.in_kernel && name.is_some_and(|name| STARTS.contains(&name))
    }

    /// Whether it lies in a third-party driver.
    pub(crate) fn is_third_party(&self) -> bool {
        let name = self.symbol.module.as_deref();
        self.is_driver() && name.is_some_and(|name| !is_inbox(name))
    }
}

/// A system service that kernel code called through its `Zw` entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServiceCall {
    /// Frame of the service (`NtOpenFile`).
    pub service: usize,
    /// Frame of the code that called it.
    pub caller: usize,
}

impl StackFacts {
    /// Symbolizes a raw stack.
    pub(crate) fn new(
        target: &Target<'_>,
        raw: RawStack,
        kind: StackKind,
        processor: Option<u32>,
        thread: Option<Thread>,
        source: String,
    ) -> Self {
        let frames = raw
            .frames
            .iter()
            .map(|frame| FrameFacts {
                address: Some(frame.context.rip),
                symbol: target.symbol(frame.context.rip, frame.pc()),
                trust: frame.trust,
                context: Some(frame.context),
                sp: Some(frame.context.rsp()),
                volatile_known: frame.volatile_known,
            })
            .collect();
        let note = match raw.end {
            StackEnd::Base => None,
            StackEnd::UserMode => Some(FROM_USER.to_owned()),
            StackEnd::Broken(why) => Some(why),
        };
        Self {
            kind,
            processor,
            thread,
            frames,
            note,
            source,
        }
    }

    pub(crate) fn is_crash(&self) -> bool {
        self.kind == StackKind::Crash
    }

    /// Whether its outer frames are those of user mode.
    pub(crate) fn is_from_user(&self) -> bool {
        self.note.as_deref() == Some(FROM_USER)
    }

    /// First frame at or outwards of `from` in a driver.
    pub(crate) fn first_driver(&self, from: usize) -> Option<usize> {
        (from..self.frames.len()).find(|&index| self.frames[index].is_driver())
    }

    /// First frame at or outwards of `from` in a third-party driver, else in any driver.
    pub(crate) fn first_suspect(&self, from: usize) -> Option<usize> {
        (from..self.frames.len())
            .find(|&index| self.frames[index].is_third_party())
            .or_else(|| self.first_driver(from))
    }

    /// Like [`Self::first_suspect`], for a wrong pointer that was used at `from`: if a driver of
    /// Windows that calls others' code used it, nobody but a third-party driver is a suspect.
    pub(crate) fn suspect_of_pointer(&self, from: usize) -> Option<usize> {
        let user = self.first_driver(from)?;
        let name = self.frames[user].symbol.module.as_deref();
        let passed_on = name.is_some_and(is_dispatcher);
        self.first_suspect(from)
            .filter(|&index| !passed_on || self.frames[index].is_third_party())
    }

    /// The frame of a driver of Windows that made the access at `from`, by itself or by a helper of
    /// the kernel, if it had long been at work when it did: several of its frames are between the
    /// access and the suspect outwards. It computed the address; the suspect may have passed data.
    pub(crate) fn worked_alone(&self, from: usize, suspect: usize) -> Option<usize> {
        const AT_WORK: usize = 4;
        let index = self.first_driver(from).filter(|&index| index < suspect)?;
        let name = self.frames[index].symbol.module.as_deref()?;
        let between = &self.frames[index..suspect];
        let same = |frame: &&FrameFacts| frame.symbol.module.as_deref() == Some(name);
        let own = between.iter().take_while(same).count();
        (own >= AT_WORK && !is_dispatcher(name)).then_some(index)
    }

    /// First frame at or outwards of `from` that is the kernel's function `name`.
    pub(crate) fn position_of(&self, from: usize, name: &str) -> Option<usize> {
        (from..self.frames.len()).find(|&index| self.frames[index].symbol.is_nt(name))
    }

    /// The frame at an instruction: preferably one that a trap interrupted, else one of a saved
    /// context, else any.
    pub(crate) fn at_instruction(&self, instruction: u64) -> Option<usize> {
        let there = |trust: Option<Trust>| {
            self.frames.iter().position(|frame| {
                frame.address == Some(instruction) && trust.is_none_or(|trust| frame.trust == trust)
            })
        };
        there(Some(Trust::TrapFrame))
            .or_else(|| there(Some(Trust::Context)))
            .or_else(|| there(None))
    }

    /// First frame that a trap or interrupt interrupted.
    pub(crate) fn interrupted(&self) -> Option<usize> {
        let trap = |frame: &FrameFacts| frame.trust == Trust::TrapFrame;
        self.frames.iter().position(trap)
    }

    /// Like [`Self::first_suspect`], without the code that an interrupt outwards of `from` interrupted:
    /// it has nothing to do with what runs at `from`.
    pub(crate) fn suspect_at_work(&self, from: usize) -> Option<usize> {
        let interrupted = |index: &usize| self.frames[*index].trust == Trust::TrapFrame;
        let end = (from + 1..self.frames.len()).find(interrupted);
        let end = end.unwrap_or(self.frames.len());
        let mut frames = from..end;
        let third_party = frames
            .clone()
            .find(|&index| self.frames[index].is_third_party());
        third_party.or_else(|| frames.find(|&index| self.frames[index].is_driver()))
    }

    /// System services entered from kernel mode, innermost first.
    ///
    /// A `Zw` entry leaves `KiServiceLinkage` as the return address of the service dispatcher, so
    /// on the stack it separates the service from its kernel-mode caller (seed 002).
    pub(crate) fn service_calls(&self) -> Vec<ServiceCall> {
        (0..self.frames.len())
            .filter(|&index| self.frames[index].symbol.is_nt("KiServiceLinkage"))
            .filter_map(|linkage| {
                let dispatcher = (0..linkage).rev().take(3).find(|&index| {
                    let symbol = &self.frames[index].symbol;
                    symbol.in_kernel
                        && symbol
                            .function
                            .as_deref()
                            .is_some_and(|name| name.starts_with("KiSystemService"))
                })?;
                let caller = linkage + 1;
                let call = ServiceCall {
                    service: dispatcher.checked_sub(1)?,
                    caller,
                };
                (caller < self.frames.len()).then_some(call)
            })
            .collect()
    }

    /// As the verdict shows it.
    pub(crate) fn to_stack(&self) -> Stack {
        Stack {
            kind: self.kind,
            processor: self.processor,
            thread: self.thread.as_ref().map(|thread| thread.address.into()),
            thread_id: self.thread.as_ref().and_then(|thread| thread.id),
            thread_state: self.thread.as_ref().map(|thread| thread.state.text()),
            process: self
                .thread
                .as_ref()
                .and_then(|thread| thread.process.clone()),
            source: Some(self.source.clone()),
            frames: self.frames.iter().map(to_frame).collect(),
            note: self.note.clone(),
        }
    }
}

fn to_frame(frame: &FrameFacts) -> Frame {
    Frame {
        address: frame.address.map(Into::into),
        sp: frame.sp.map(Into::into),
        module: frame.symbol.module.clone(),
        function: frame.symbol.function.clone(),
        offset: frame.symbol.offset,
        source_file: frame.symbol.file.clone(),
        source_line: frame.symbol.line,
        symbol: frame.text(),
        trust: frame.trust,
    }
}
