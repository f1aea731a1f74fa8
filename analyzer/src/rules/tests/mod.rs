//! Rules on facts written by hand: the traps that are hard to build as a dump.

mod contracts;
mod died;
mod hardware;
mod limit;
mod memory;
mod power;
mod raised;
mod stops;
mod verifier;
mod waiting;
mod watchdog;

use super::*;
use crate::facts::{
    FrameFacts, InEffect, LeakFacts, LockFact, LockHome, Place, StackFacts, Taken, WaitFacts,
    WaitTarget,
};
use crate::nt::{ObjectKind, Thread, ThreadState};
use crate::stop::BugcheckData;
use crate::target::Symbol;
use crate::verdict::{StackKind, Trust};

/// What is at `module!function`; `nt` is the kernel.
fn symbol(text: &str) -> Symbol {
    let (module, function) = text.split_once('!').unwrap();
    let in_kernel = module == "nt";
    Symbol {
        module: Some(if in_kernel {
            "ntoskrnl.exe".into()
        } else {
            format!("{module}.sys")
        }),
        module_symbol: Some(module.to_owned()),
        in_kernel,
        function: Some(function.to_owned()),
        offset: Some(0),
        ..Symbol::default()
    }
}

fn place(text: &str, address: u64) -> Place {
    Place {
        address,
        symbol: symbol(text),
    }
}

/// A frame from `module!function`; a `*` in front marks code that an interrupt interrupted.
fn frame(text: &str, index: usize) -> FrameFacts {
    let (text, trust) = match text.strip_prefix('*') {
        Some(text) => (text, Trust::TrapFrame),
        None => (text, Trust::UnwindInfo),
    };
    FrameFacts {
        address: Some(0xffff_f800_0000_0000 + 0x100 * index as u64),
        symbol: symbol(text),
        trust,
        context: None,
        sp: None,
        volatile_known: false,
    }
}

fn stack(kind: StackKind, processor: u32, frames: &[&str]) -> StackFacts {
    let frames = frames.iter().enumerate();
    StackFacts {
        kind,
        processor: (kind != StackKind::Thread).then_some(processor),
        thread: None,
        frames: frames.map(|(index, text)| frame(text, index)).collect(),
        note: None,
        source: "a test".to_owned(),
    }
}

/// A stop with this crash stack.
fn stop(code: u32, parameters: [u64; 4], frames: &[&str]) -> Facts {
    Facts {
        bugcheck: BugcheckData { code, parameters }.into(),
        crash_processor: Some(0),
        stacks: vec![stack(StackKind::Crash, 0, frames)],
        ..Facts::default()
    }
}

impl Facts {
    /// A waiting thread; what it waits for lies in the extension of that module's device.
    fn waits(mut self, thread: u64, frames: &[&str], home: &str) -> Self {
        let mut waiting = stack(StackKind::Thread, 0, frames);
        waiting.thread = Some(thread_at(thread));
        self.stacks.push(waiting);
        self.waits.push(WaitFacts {
            stack: self.stacks.len() - 1,
            thread,
            seconds: Some(300.0),
            objects: vec![WaitTarget {
                address: 0x5000,
                kind: ObjectKind::NotificationEvent,
                owner: None,
                home: extension(home),
            }],
        });
        self
    }

    fn leaks(mut self, text: &str, taken: Taken, every_exit: bool) -> Self {
        self.leaks.push(LeakFacts {
            taken,
            taken_at: place(text, 0x100),
            how: "calls the kernel".to_owned(),
            exit: 0x180,
            every_exit,
        });
        self
    }
}

fn thread_at(address: u64) -> Thread {
    Thread {
        address,
        id: None,
        process: None,
        state: ThreadState::Waiting,
        stack_base: 0,
        stack_limit: 0,
        kernel_stack: 0,
    }
}

/// In the extension of a device of `module`.
fn extension(module: &str) -> LockHome {
    LockHome::DeviceExtension {
        device: 0x4000,
        driver: format!("{module}.sys"),
        offset: 0x10,
    }
}

fn lock_fact((address, value): (u64, u64)) -> LockFact {
    LockFact {
        address,
        value: Some(value),
        home: LockHome::Unknown,
    }
}

/// The culprit's `module!function`.
fn blamed(finding: &Finding) -> Option<String> {
    let culprit = finding.culprit.as_ref()?;
    Some(format!(
        "{}!{}",
        culprit.module,
        culprit.function.as_deref()?
    ))
}

/// Whether every piece of evidence names a command, and there are at least two.
fn is_well_supported(finding: &Finding) -> bool {
    let named = finding
        .evidence
        .iter()
        .all(|evidence| evidence.windbg.is_some());
    named && finding.evidence.len() >= 2
}

fn victims(finding: &Finding) -> Vec<&str> {
    let victims = finding.victims.iter();
    victims
        .filter_map(|victim| victim.module.as_deref())
        .collect()
}
