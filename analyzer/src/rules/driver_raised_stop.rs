//! A driver called `KeBugCheckEx` itself.
//!
//! Needs: the crash stack, with the frame that called `KeBugCheckEx` exactly known.
//!
//! Decides: the third-party driver that made the call is the culprit: it stopped the system on
//! purpose. Stops that only Windows raises say more by their parameters and have their own rules;
//! there a driver next to `KeBugCheckEx` is a gap in the stack, unless its return address is on top. Code of the compiler that is linked
//! into a driver, and an NMI's handler, report what others did.
//!
//! Confidence: `likely`: the call is certain, but the driver may have found another one's error.
//!
//! Source: Microsoft's documentation of KeBugCheckEx.

use super::blame::culprit;
use super::evidence::{frame_at, parameter, stated};
use super::{Finding, Rule};
use crate::facts::{Facts, StackFacts};
use crate::modules::is_inbox;
use crate::stop::{Class, Stop, name};
use crate::verdict::{CauseId, Confidence, CulpritRole, Trust, Unknown};

/// The routines that stop the system and that drivers can import.
const STOPPING: &[&str] = &["KeBugCheck", "KeBugCheckEx"];
/// Both are shorter. With exports only, other functions of the kernel get their names too.
const LONGEST: u64 = 0x200;
/// Beginnings of functions that the compiler links into drivers.
const LINKED_IN: &[&str] = &[
    "__report_",
    "_report_",
    "__security_",
    "__fastfail",
    "__GSHandlerCheck",
    "_GSHandlerCheck",
    "RtlFailFast",
];
/// An NMI, which a handler turns into a stop, and the report of the driver framework.
const ON_BEHALF_OF_OTHERS: &[u32] = &[0x80, 0x10D];

/// Stops that code of the compiler raises for the driver that it is linked into, and those on behalf
/// of others.
const NEVER_CHOSEN: &[u32] = &[0x80, 0xF7, 0x10D];

pub(super) struct DriverRaisedStop;

/// Whether a function is one of those that the compiler links into drivers to check them.
pub(super) fn is_linked_in(function: &str) -> bool {
    LINKED_IN.iter().any(|start| function.starts_with(start))
}

/// Whether a driver may raise the stop. The others come from traps, timers and checks of Windows.
fn is_raised_by_drivers(stop: &Stop) -> bool {
    let by_class = match stop.class() {
        Class::Forced | Class::Storage | Class::Startup | Class::Other => true,
        Class::Fault
        | Class::Exception
        | Class::Watchdog
        | Class::Verifier
        | Class::Pool
        | Class::Lock
        | Class::Io
        | Class::Corruption
        | Class::Hardware
        | Class::Graphics
        | Class::Power => false,
    };
    by_class && !ON_BEHALF_OF_OTHERS.contains(&stop.family())
}

/// The third-party frame that called `KeBugCheckEx`, and whether its return address is on top of the
/// stack: then no frame of Windows can be missing between.
fn caller(stack: &StackFacts) -> Option<(usize, bool)> {
    let stops = |index: usize| {
        let symbol = &stack.frames.get(index)?.symbol;
        let name = symbol.function.as_deref()?;
        let inside = symbol.offset.is_none_or(|offset| offset < LONGEST);
        (symbol.in_kernel && inside && STOPPING.contains(&name)).then_some(index)
    };
    let first = (0..stack.frames.len()).find_map(stops)?;
    let last = (first..).map_while(stops).last()?;
    let (inner, frame) = (&stack.frames[last], stack.frames.get(last + 1)?);
    // At the first instruction, the return address is on top of the stack, however it was found.
    let at_entry = inner.trust == Trust::Context
        && inner.symbol.offset == Some(0)
        && inner
            .sp
            .zip(frame.sp)
            .is_some_and(|(sp, of_caller)| of_caller == sp.wrapping_add(8));
    let is_called = |trust: Trust| match trust {
        Trust::UnwindInfo | Trust::Leaf | Trust::Transcript => true,
        Trust::Scan | Trust::ScanNoCode => at_entry,
        Trust::Context | Trust::SwitchFrame | Trust::TrapFrame => false,
    };
    let exact = stack.frames[..=last]
        .iter()
        .all(|frame| !frame.trust.is_scanned());
    let module = frame.symbol.module.as_deref()?;
    let function = frame.symbol.function.as_deref().unwrap_or_default();
    let linked_in = is_linked_in(function);
    let third_party = !frame.symbol.in_kernel && !is_inbox(module);
    (exact && is_called(frame.trust) && third_party && !linked_in).then_some((last + 1, at_entry))
}

impl Rule for DriverRaisedStop {
    fn name(&self) -> &'static str {
        "driver-raised-stop"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let stop = &facts.bugcheck;
        if !facts.shows.stop {
            return None;
        }
        let stack = facts.crash_stack()?;
        let (index, at_entry) = caller(stack)?;
        let chosen = at_entry && !NEVER_CHOSEN.contains(&stop.family());
        if !is_raised_by_drivers(stop) && !chosen {
            return None;
        }
        let frame = &stack.frames[index];
        let code = match name(stop.code) {
            Some(name) => format!("{:#x} ({name})", stop.code),
            None => format!("{:#x}", stop.code),
        };
        let blame = stop.row().and_then(|row| row.blame);
        let cause = blame.map(|blame| blame.cause).or_else(|| stop.implies());
        let shows = format!("{} called KeBugCheckEx with code {code}", frame.text());
        Some(Finding {
            cause: cause.unwrap_or(CauseId::Inconclusive),
            explanation: format!("{shows}: the driver itself stopped the system."),
            culprit: Some(culprit(frame, CulpritRole::Caller)),
            victims: Vec::new(),
            confidence: Confidence::Likely,
            evidence: vec![
                frame_at(stack, index, shows),
                parameter(
                    format!("the driver chose code {code} and its parameters"),
                    &stated(&stop.parameters),
                ),
            ],
            unknown: vec![Unknown {
                what: "why the driver stopped the system".to_owned(),
                why: "only its vendor knows what its code and parameters mean; it may have found \
                      an error that is not its own"
                    .to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}
