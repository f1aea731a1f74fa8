//! A whole stack, frame by frame.

use std::collections::HashSet;

use super::scan::{is_return_address, scan};
use super::step::{Step, StepError, TrapLayout, step};
use crate::dump::{Context, MemoryExt, Register, is_kernel_address};
use crate::target::{Pc, Target};
use crate::verdict::Trust;

/// Kernel stacks are 24 KiB (or up to 72 KiB); real ones have fewer than 100 frames.
const MAX_FRAMES: usize = 256;

/// A frame before it is symbolized.
#[derive(Clone, Debug)]
pub(crate) struct RawFrame {
    /// Registers in this frame. Except in the first frame and at traps, only RIP, RSP and the
    /// non-volatile registers are valid.
    pub context: Context,
    /// How it was found.
    pub trust: Trust,
    /// Whether the volatile registers are valid in this frame.
    pub volatile_known: bool,
}

impl RawFrame {
    /// Whether RIP is the instruction itself or the one after a call.
    pub(crate) fn pc(&self) -> Pc {
        self.trust.into()
    }
}

/// Why a stack ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StackEnd {
    /// The thread's first frame.
    Base,
    /// The kernel was entered from user mode here.
    UserMode,
    /// Unwinding failed; the text says why.
    Broken(String),
}

/// Frames, innermost first.
#[derive(Clone, Debug)]
pub(crate) struct RawStack {
    pub frames: Vec<RawFrame>,
    pub end: StackEnd,
}

/// Unwinds from `start`.
///
/// `limits` are the lowest and the highest address of the stack, if known; they bound the search
/// for return addresses where unwinding fails.
pub(crate) fn unwind(
    target: &Target<'_>,
    start: Context,
    trust: Trust,
    limits: Option<(u64, u64)>,
    trap: Option<&TrapLayout>,
) -> RawStack {
    let mut frames = vec![RawFrame {
        context: start,
        trust,
        volatile_known: trust == Trust::Context,
    }];
    let mut seen = HashSet::new();
    loop {
        let last = &frames[frames.len() - 1];
        if frames.len() >= MAX_FRAMES {
            return broken(frames, format!("more than {MAX_FRAMES} frames"));
        }
        if !seen.insert((last.context.rip, last.context.rsp())) {
            return broken(frames, "the frames repeat".to_owned());
        }
        let next = match step(target, &last.context, last.pc(), trap) {
            Ok(next) => next,
            Err(error) => match wild_call(target, last, &error) {
                Some(next) => next,
                None => {
                    let why = explain(&error, last.context.rip);
                    return resume_by_scan(target, frames, limits, why);
                }
            },
        };
        let (rip, rsp) = (next.context.rip, next.context.rsp());
        // A call through a pointer that is no code address traps at the address itself.
        let wild = next.trust == Trust::TrapFrame
            && next.context.cs & 3 == 0
            && next.context.cs != 0
            && !is_kernel_address(rip);
        if rip == 0 && !wild {
            return RawStack {
                frames,
                end: StackEnd::Base,
            };
        }
        // Only a trap may switch to another stack.
        if next.trust != Trust::TrapFrame && rsp <= last.context.rsp() {
            return broken(frames, "the stack pointer does not move on".to_owned());
        }
        let user = !is_kernel_address(rip);
        let mapped = target.modules.find(rip.wrapping_sub(1)).is_some()
            || target.modules.find(rip).is_some();
        if !user && !mapped && next.trust != Trust::TrapFrame {
            let why = format!("the return address {rip:#x} lies in no module");
            return resume_by_scan(target, frames, limits, why);
        }
        frames.push(RawFrame {
            context: next.context,
            trust: next.trust,
            volatile_known: next.volatile_known,
        });
        if user && !wild {
            let end = match next.context.cs & 3 {
                3 if next.trust == Trust::TrapFrame => StackEnd::UserMode,
                _ => StackEnd::Broken(format!("{rip:#x} is not a kernel address")),
            };
            return RawStack { frames, end };
        }
    }
}

fn broken(frames: Vec<RawFrame>, why: String) -> RawStack {
    RawStack {
        frames,
        end: StackEnd::Broken(why),
    }
}

fn explain(error: &StepError, rip: u64) -> String {
    match error {
        StepError::NotInModule => format!("{rip:#x} lies in no module"),
        StepError::NoUnwindData(at) => {
            format!("the unwind information at {at:#x} cannot be read")
        }
        StepError::NoStack(at) => format!("the stack at {at:#x} cannot be read"),
    }
}

/// The caller of a wild pointer: the instruction pointer is in no module, but the call left a
/// return address on top of the stack.
fn wild_call(target: &Target<'_>, frame: &RawFrame, error: &StepError) -> Option<Step> {
    if *error != StepError::NotInModule || frame.pc() != Pc::Exact {
        return None;
    }
    let mut context = frame.context;
    let rsp = context.rsp();
    context.rip = target.memory.read_u64(rsp).ok()?;
    context.set(Register::Rsp, rsp.wrapping_add(8));
    is_return_address(target, context.rip).then_some(Step {
        context,
        trust: Trust::Leaf,
        volatile_known: false,
    })
}

/// If unwinding fails, lists plausible return addresses further up the stack. They are marked as
/// scanned, and rules do not rely on them.
fn resume_by_scan(
    target: &Target<'_>,
    mut frames: Vec<RawFrame>,
    limits: Option<(u64, u64)>,
    why: String,
) -> RawStack {
    let last = frames[frames.len() - 1].context;
    let found = scan(target, &last, limits);
    let note = match found.len() {
        0 => why,
        count => format!("{why}; the last {count} frames are return addresses found on the stack"),
    };
    frames.extend(found);
    broken(frames, note)
}
