//! Finds the crash stack among the printed stacks, and the owners of the others.

use std::collections::HashSet;

use super::LogContext;
use crate::facts::{CrashStack, FROM_USER, FrameFacts, StackFacts, is_filling};
use crate::log::read::stacks::{PrintedBy, RawStack};
use crate::log::read::threads::{RawThread, Threads};
use crate::log::text::frame::RawFrame;
use crate::log::text::names;
use crate::nt::{Thread, ThreadState};
use crate::target::Symbol;
use crate::verdict::{StackKind, Trust};

/// Functions of the kernel whose caller did not call them but was interrupted.
const TRAPS: &[&str] = &[
    "KiPageFault",
    "KiInterruptDispatch",
    "KiChainedDispatch",
    "KiGeneralProtectionFault",
    "KiBreakpointTrap",
    "KiInvalidOpcodeFault",
    "KiDivideErrorFault",
    "KiDoubleFault",
    "KiTrap",
    "KiRaiseSecurityCheckFailure",
    "KiDebugServiceTrap",
    "KiFloatingErrorFault",
    "KiStackFault",
    "KiSegmentNotPresentFault",
    "KiNmiInterrupt",
    "KxNmiInterrupt",
    "KiIpiInterrupt",
    "KiDpcInterrupt",
    "KiApcInterrupt",
    "KiHvInterrupt",
    "KiVmbusInterrupt",
    "KiMcheckAbort",
    "KxMcheckAlternateReturn",
    "KiInterruptMessageDispatch",
    "KiKernelExceptionHandler",
    "KiKernelInterruptHandler",
    "KiArm64ExceptionVectors",
    "KiSynchronousException",
    "KiFastFailDispatchTrap",
    "KiAlignmentFault",
    "KiInvalidTssFault",
    "KiBoundFault",
    "KiNpxNotAvailableFault",
    "KiUnexpectedInterrupt",
    // The clock interrupt of 32-bit systems.
    "KeUpdateSystemTimeAssist",
];
/// Functions that raise or report a stop.
const RAISERS: &[&str] = &[
    "KeBugCheck",
    "VerifierBugCheckIfAppropriate",
    "VfReportIssueWithOptions",
    "DbgBreakPointWithStatus",
    "KiBugCheckDebugBreak",
    "RtlpBreakPointHeap",
];
/// Addresses of 32-bit systems are below this.
const NARROW: u64 = 1 << 32;
const USER_64: u64 = 0x8000_0000_0000;
const USER_32: u64 = 0x8000_0000;
/// Maximum number of stacks.
const MAX_STACKS: usize = 512;

fn function(frame: &RawFrame) -> &str {
    let symbol = frame.symbol.as_ref();
    symbol
        .and_then(|symbol| symbol.function.as_deref())
        .unwrap_or("")
}

/// Whether the function's caller did not call it but was interrupted.
pub(super) fn is_trap(function: &str) -> bool {
    TRAPS.iter().any(|start| function.starts_with(start))
}

fn raises(stack: &RawStack) -> bool {
    let mut frames = stack.frames.iter();
    frames.any(|frame| {
        frame.in_kernel()
            && RAISERS
                .iter()
                .any(|start| function(frame).starts_with(start))
    })
}

/// All stacks, the crash stack first, and where the crash stack comes from.
pub(super) fn stacks(log: &LogContext<'_>, has_stop: bool) -> (Vec<StackFacts>, CrashStack) {
    let raw = &log.transcript.stacks.found;
    let threads = &log.transcript.threads;
    let crash = crash(raw, has_stop);
    let mut all = Vec::new();
    let mut of_stop = CrashStack::None;
    let mut used = HashSet::new();
    if let Some(index) = crash {
        let mut stack = convert(log, &raw[index], StackKind::Crash, threads);
        used.insert(index);
        extend_across_trap(log, &mut stack, raw, index, &mut used);
        adopt_thread(&mut stack, raw, threads);
        all.push(stack);
        of_stop = CrashStack::Own;
    } else if let Some(stack) = implied_stack(log).filter(|_| has_stop) {
        all.push(stack);
        of_stop = CrashStack::Implied;
    }
    let crash_thread = all
        .first()
        .and_then(|stack: &StackFacts| Some(stack.thread.as_ref()?.address));
    let mut seen = HashSet::new();
    let crash_sp = crash.and_then(|index| first_sp(&raw[index]));
    for (index, stack) in raw.iter().enumerate() {
        if used.contains(&index) || stack.printed_by == PrintedBy::Record || raises(stack) {
            continue;
        }
        // The same stack again, in another layout.
        let key = (
            stack.thread,
            stack.thread.is_none().then(|| first_sp(stack)).flatten(),
        );
        let again = first_sp(stack).is_some() && first_sp(stack) == crash_sp
            || stack.thread.is_some() && stack.thread == crash_thread && has_stop
            || key != (None, None) && !seen.insert(key);
        if again || all.len() >= MAX_STACKS {
            continue;
        }
        let thread = stack.thread.and_then(|at| threads.get(at));
        let waits = thread.is_some_and(RawThread::is_waiting) || switched_out(stack);
        let kind = match (stack.thread, waits) {
            (_, true) => StackKind::Thread,
            (Some(_), false) if thread.is_some_and(|thread| thread.state.is_none()) => {
                StackKind::Thread
            }
            (Some(_), false) if thread.is_some_and(|known| !known.is_running()) => {
                StackKind::Thread
            }
            _ => StackKind::Processor,
        };
        all.push(convert(log, stack, kind, threads));
    }
    (all, of_stop)
}

fn first_sp(stack: &RawStack) -> Option<u64> {
    stack.frames.iter().find_map(|frame| frame.sp)
}

fn switched_out(stack: &RawStack) -> bool {
    let mut innermost = stack.frames.iter().take(4);
    innermost.any(|frame| frame.in_kernel() && function(frame).starts_with("KiSwap"))
}

/// Whether the code faulted, rather than being interrupted by a device.
fn faults(stack: &RawStack) -> bool {
    const FAULTS: &[&str] = &[
        "KiPageFault",
        "KiGeneralProtectionFault",
        "KiBreakpointTrap",
        "KiInvalidOpcodeFault",
        "KiDivideErrorFault",
        "KiStackFault",
        "KiTrap0E",
        "KiTrap0D",
    ];
    stack.frames.iter().any(|frame| {
        let name = function(frame).trim_start_matches('_');
        frame.in_kernel() && FAULTS.iter().any(|start| name.starts_with(start))
    })
}

/// Index of the stack that raised the stop.
fn crash(raw: &[RawStack], has_stop: bool) -> Option<usize> {
    let score = |stack: &RawStack| match stack.printed_by {
        PrintedBy::Record => 0,
        _ if raises(stack) => 4,
        PrintedBy::Analysis => 3,
        PrintedBy::Context => 2,
        // The log shows a fault, but not the stop.
        PrintedBy::Plain if !has_stop && faults(stack) => 1,
        PrintedBy::Plain if has_stop && !switched_out(stack) => 1,
        _ => 0,
    };
    // Prefer a stack with drivers; among equals, the first.
    let drivers = |stack: &RawStack| {
        stack
            .frames
            .iter()
            .any(|frame| frame.symbol.is_some() && !frame.in_kernel())
    };
    let best = raw
        .iter()
        .enumerate()
        .rev()
        .max_by_key(|(_, stack)| (score(stack), drivers(stack)))?;
    (score(best.1) > 0).then_some(best.0)
}

/// Continues a stack that ends in the trap handler with the one printed from the trap frame.
fn extend_across_trap(
    log: &LogContext<'_>,
    stack: &mut StackFacts,
    raw: &[RawStack],
    crash: usize,
    used: &mut HashSet<usize>,
) {
    // Only stops about an access or an exception have a trap.
    let trapped = log.bugcheck.code == 0 || log.bugcheck.is_trap();
    if stack.first_driver(0).is_some() || !trapped {
        return;
    }
    let next = raw.iter().enumerate().skip(crash + 1).find(|(_, stack)| {
        let current =
            stack.printed_by == PrintedBy::Context || stack.printed_by == PrintedBy::Plain;
        let drivers = || {
            stack
                .frames
                .iter()
                .any(|f| f.symbol.is_some() && !f.in_kernel())
        };
        current && !switched_out(stack) && drivers()
    });
    if let Some((index, next)) = next {
        let below = convert(log, next, StackKind::Crash, &log.transcript.threads);
        if below.first_driver(0).is_some() {
            used.insert(index);
            stack.frames.extend(below.frames);
        }
    }
}

/// The crashing thread may be stated where its stack is printed again.
fn adopt_thread(stack: &mut StackFacts, raw: &[RawStack], threads: &Threads) {
    if stack.thread.is_some() {
        return;
    }
    let again = raw
        .iter()
        .find(|other| raises(other) && other.thread.is_some());
    if let Some(address) = again.and_then(|other| other.thread) {
        stack.thread = Some(thread(address, threads, true));
        stack.processor = stack.processor.or_else(|| threads.get(address)?.processor);
    }
}

/// The function that `!analyze` blamed stands for the missing stack.
fn implied_stack(log: &LogContext<'_>) -> Option<StackFacts> {
    let named = super::analyzed(log)?;
    Some(StackFacts {
        kind: StackKind::Crash,
        processor: None,
        thread: None,
        frames: vec![FrameFacts {
            address: None,
            symbol: named.symbol,
            trust: Trust::Transcript,
            context: None,
            sp: None,
            volatile_known: false,
        }],
        note: Some("the log has no stack; this is what !analyze named".to_owned()),
        source: "the name that !analyze gave".to_owned(),
    })
}

fn convert(log: &LogContext<'_>, raw: &RawStack, kind: StackKind, threads: &Threads) -> StackFacts {
    let narrow = raw
        .frames
        .iter()
        .filter_map(|frame| frame.sp)
        .all(|sp| sp < NARROW);
    let user = if narrow { USER_32 } else { USER_64 };
    let mut frames: Vec<FrameFacts> = Vec::new();
    let mut returns_to = None;
    let mut interrupted = false;
    let mut entered = false;
    for frame in &raw.frames {
        let address = frame.address.or(returns_to);
        if !frame.inline {
            returns_to = frame.returns_to;
        }
        let module = frame.symbol.as_ref().map(|symbol| symbol.module.as_str());
        // A return address that was overwritten is no code of user mode.
        let overwritten = frame.symbol.is_none() && address.is_some_and(is_filling);
        let from_user =
            !overwritten && address.is_some_and(|address| (0x10000..user).contains(&address));
        if module.is_some_and(names::is_user)
            || from_user && module.is_none_or(|m| !names::is_kernel(m))
        {
            entered = true;
            break;
        }
        let symbol = frame.symbol.as_ref().map(|symbol| {
            let mut named = names::symbol(symbol, &log.images);
            let start = address.and_then(|at| at.checked_sub(symbol.offset));
            named.function_start = start.filter(|_| symbol.function.is_some());
            if let Some((file, line)) = &frame.source {
                named.file = Some(file.clone());
                named.line = Some(*line);
            }
            named
        });
        frames.push(FrameFacts {
            address,
            symbol: symbol.unwrap_or_else(Symbol::default),
            trust: match interrupted {
                true => Trust::TrapFrame,
                false => Trust::Transcript,
            },
            context: None,
            sp: frame.sp,
            volatile_known: false,
        });
        interrupted = frame.in_kernel()
            && (frame.trap
                && function(frame) != "KiFastCallEntry"
                && !function(frame).starts_with("KiSystemService")
                || TRAPS.iter().any(|start| function(frame).starts_with(start)));
    }
    let processor = raw.processor.or_else(|| {
        let thread = threads.get(raw.thread?)?;
        thread.processor
    });
    let doubtful = raw
        .doubtful
        .map(|_| "the debugger warns that it had no unwind information for some frames".to_owned());
    StackFacts {
        kind,
        processor,
        thread: raw
            .thread
            .map(|address| thread(address, threads, kind == StackKind::Crash)),
        frames,
        note: doubtful.or_else(|| entered.then(|| FROM_USER.to_owned())),
        source: format!("line {} of the log", raw.line + 1),
    }
}

fn thread(address: u64, threads: &Threads, crashing: bool) -> Thread {
    let known = threads.get(address);
    let state = known.and_then(|known| known.state.as_deref());
    let limits = known.and_then(|known| known.limits);
    Thread {
        address,
        id: known.and_then(|known| known.id),
        process: known.and_then(|known| known.process.clone()),
        state: match state {
            _ if crashing => ThreadState::Running,
            Some(state) if state.starts_with("Running") => ThreadState::Running,
            Some(state) if state.starts_with("Ready") => ThreadState::Ready,
            Some(state) if state.starts_with("Standby") => ThreadState::Standby,
            Some(state) if state.starts_with("Terminated") => ThreadState::Terminated,
            _ => ThreadState::Waiting,
        },
        // Zero if the log does not state it: `Thread::stack` then returns `None`.
        stack_base: limits.map_or(0, |(_, high)| high),
        stack_limit: limits.map_or(0, |(low, _)| low),
        kernel_stack: 0,
    }
}
