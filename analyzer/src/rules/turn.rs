//! In whose turn code ran: of a DPC, of an interrupt routine, or of a thread.
//!
//! A processor has one stack of calls, from the thread (or the idle loop) outermost to what it does
//! now. The nearest of the kernel's dispatchers outwards of a frame started the turn in which the
//! frame ran; what is further out was only interrupted.

use crate::facts::{FrameFacts, StackFacts};

/// Functions of the kernel that run DPCs and timers' DPCs, or switch to the stack for them.
const DPC: &[&str] = &[
    "KiExecuteAllDpcs",
    "KiExecuteDpcList",
    "KiExecuteDpc",
    "KiExecuteDpcDelegate",
    "KiRetireDpcList",
    "KxRetireDpcList",
    "KyRetireDpcList",
    "KiProcessExpiredTimerList",
    "KiTimerExpiration",
    "KiTimerExpirationDpc",
    "KiTimer2Expiration",
    "KiExpireTimer2",
    "KiExpireTimer2Collection",
    "KiDispatchInterrupt",
    "KiDispatchInterruptContinue",
    "KiDpcInterrupt",
    "KiDpcInterruptBypass",
];
/// Functions of the kernel that call interrupt service routines.
const INTERRUPT: &[&str] = &[
    "KiCallInterruptServiceRoutine",
    "KiScanInterruptObjectList",
    "KiInterruptMessageDispatch",
    "KiInterruptDispatch",
    "KiChainedDispatch",
    "KiInterruptSubDispatch",
];
/// Functions in which a thread begins, or enters the kernel.
const THREAD: &[&str] = &[
    "PspSystemThreadStartup",
    "KiStartSystemThread",
    "KxStartSystemThread",
    "KiThreadStartup",
    "PspUserThreadStartup",
    "KiStartUserThread",
    "ExpWorkerThread",
    "KiSystemCall64",
    "KiSystemServiceCopyEnd",
    "KiSystemServiceExit",
    "KiSystemServicePostCall",
    "KiFastCallEntry",
    "KiSystemServiceUser",
    "KiUserModeCallout",
];
/// What the idle loop calls to save power: not a DPC.
const IDLE: &[&str] = &["PoIdle", "PpmIdle", "PopIdle", "HalProcessorIdle"];

/// In whose turn a frame ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Of a DPC, called by the dispatcher at this index.
    Dpc { dispatcher: usize },
    /// Of an interrupt service routine, called by the dispatcher at this index.
    Interrupt { dispatcher: usize },
    /// Of a thread: the stack shows where it began, and no dispatcher is on it.
    Thread,
    /// The idle thread itself.
    Idle,
    /// The stack ends before it shows it.
    Unknown,
}

impl Turn {
    /// The turn of the frame at `from`.
    pub(super) fn of(stack: &StackFacts, from: usize) -> Self {
        let name = |index: usize| kernel_function(&stack.frames[index]);
        for index in from..stack.frames.len() {
            let function = name(index);
            if DPC.contains(&function) {
                return Self::Dpc { dispatcher: index };
            }
            if INTERRUPT.iter().any(|start| function.starts_with(start)) {
                return Self::Interrupt { dispatcher: index };
            }
            if function == "KiIdleLoop" {
                let idles =
                    |&inner: &usize| IDLE.iter().any(|start| name(inner).starts_with(start));
                return match (from..index).rev().take(3).any(|inner| idles(&inner)) {
                    true => Self::Idle,
                    // The loop takes DPCs by a function that the compiler may have folded in.
                    false if index > from => Self::Dpc { dispatcher: index },
                    false => Self::Idle,
                };
            }
            // A service that the kernel itself called is no way in from user mode.
            let from_kernel = function.starts_with("KiSystem")
                && stack
                    .frames
                    .get(index + 1)
                    .is_some_and(|outer| kernel_function(outer) == "KiServiceLinkage");
            if THREAD.contains(&function) && !from_kernel {
                return Self::Thread;
            }
        }
        match stack.is_from_user() {
            true => Self::Thread,
            false => Self::Unknown,
        }
    }

    /// Index behind the frames of the turn.
    pub(super) fn end(self, stack: &StackFacts) -> usize {
        match self {
            Self::Dpc { dispatcher } | Self::Interrupt { dispatcher } => dispatcher,
            Self::Thread | Self::Idle | Self::Unknown => stack.frames.len(),
        }
    }

    pub(super) fn is_dpc(self) -> bool {
        matches!(self, Self::Dpc { .. })
    }
}

fn kernel_function(frame: &FrameFacts) -> &str {
    let name = frame.symbol.function.as_deref();
    let name = name.filter(|_| frame.symbol.in_kernel).unwrap_or("");
    name.trim_start_matches(['_', '@'])
}
