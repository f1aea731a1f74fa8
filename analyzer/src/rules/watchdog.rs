//! Shared by the rules for 0x133: the stack below the clock interrupt, and the counters.

use super::evidence::evidence;
use super::turn::Turn;
use crate::facts::{Facts, StackFacts, WatchdogFacts};
use crate::verdict::{Evidence, EvidenceKind};

/// P1 for a single DPC that runs too long.
const SINGLE_DPC: u64 = 0;
/// P1 for a processor that stays at DISPATCH_LEVEL or above for too long.
const CUMULATIVE: u64 = 1;

/// A crash with 0x133 whose stack shows the interrupted code.
#[derive(Clone, Copy)]
pub(super) struct Interrupted<'f> {
    pub facts: &'f Facts,
    pub stack: &'f StackFacts,
    /// Index of the interrupted frame.
    pub at: usize,
    /// In whose turn it ran.
    pub turn: Turn,
}

/// Which of the watchdog's limits was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// That of a single DPC.
    Dpc,
    /// That of all time at DISPATCH_LEVEL or above.
    Dispatch,
    /// The first parameter is not known, or has no documented meaning.
    Unknown,
}

impl<'f> Interrupted<'f> {
    /// `None` for other stops, and if the stack shows no interrupted code.
    pub(super) fn find(facts: &'f Facts) -> Option<Self> {
        let is_it = facts.bugcheck.code == 0x133;
        let stack = facts.crash_stack().filter(|_| is_it)?;
        let at = stack.interrupted()?;
        Some(Self {
            facts,
            stack,
            at,
            turn: Turn::of(stack, at),
        })
    }

    /// The limit that the stop's first parameter names.
    pub(super) fn limit(self) -> Limit {
        match self.facts.bugcheck.parameter(0) {
            Some(SINGLE_DPC) => Limit::Dpc,
            Some(CUMULATIVE) => Limit::Dispatch,
            _ => Limit::Unknown,
        }
    }

    /// Ticks used and allowed, where the stop or the counters show them.
    pub(super) fn ticks(self) -> Option<(u64, u64)> {
        let parameter = |index| self.facts.bugcheck.parameter(index);
        match self.limit() {
            Limit::Dpc => parameter(1).zip(parameter(2)),
            Limit::Dispatch => self.facts.watchdog.as_ref()?.dispatch_ticks,
            Limit::Unknown => None,
        }
    }

    /// The frames of the turn that was interrupted, innermost first.
    pub(super) fn frames(self) -> std::ops::Range<usize> {
        self.at..self.turn.end(self.stack).max(self.at)
    }

    /// Whether the processor was at DISPATCH_LEVEL or above for all of the allowed time without a
    /// break, with no DPC running.
    pub(super) fn is_one_stretch(self) -> bool {
        let Some(watchdog) = self.facts.watchdog.as_ref() else {
            return false;
        };
        let idle = watchdog.dpc_active == Some(false)
            || watchdog.dpc_ticks.is_some_and(|(count, _)| count == 0);
        idle && watchdog
            .dispatch_ticks
            .is_some_and(|(count, limit)| count >= limit)
    }

    /// The processor's counters as evidence; they must agree with the stop.
    pub(super) fn counters(self) -> Option<Evidence> {
        let watchdog: &WatchdogFacts = self.facts.watchdog.as_ref()?;
        let mut parts = Vec::new();
        if let Some(active) = watchdog.dpc_active {
            parts.push(match active {
                true => "a DPC was running".to_owned(),
                false => "no DPC was running".to_owned(),
            });
        }
        if let Some((count, limit)) = watchdog.dpc_ticks {
            parts.push(format!("DpcTimeCount {count:#x} of {limit:#x}"));
        }
        if let Some((count, limit)) = watchdog.dispatch_ticks {
            parts.push(format!("DpcWatchdogCount {count:#x} of {limit:#x}"));
        }
        let command = match watchdog.prcb {
            Some(prcb) => format!("dt nt!_KPRCB {prcb:#x} Dpc*"),
            None => "dt nt!_KPRCB @$prcb Dpc*".to_owned(),
        };
        let addresses: Vec<_> = watchdog.prcb.into_iter().collect();
        let found_by = "the counters in the processor's _KPRCB";
        let kind = EvidenceKind::Structure;
        let shows = parts.join(", ");
        (!shows.is_empty()).then(|| evidence(kind, shows, &addresses, found_by, command))
    }

    /// The watchdog's profile as evidence.
    pub(super) fn samples(self) -> Option<Evidence> {
        let watchdog = self.facts.watchdog.as_ref()?;
        let (first, count) = watchdog.samples.first()?;
        let all: usize = watchdog.samples.iter().map(|(_, count)| count).sum();
        let shows = format!(
            "of the {all} code addresses outside the kernel that the watchdog sampled in the last \
             part of the time, {count} lie in {first}"
        );
        let prcb = watchdog.prcb?;
        let command = format!("dt nt!_KPRCB {prcb:#x} DpcWatchdogProfile");
        let found_by = "the watchdog's profile buffer (its records are not documented)";
        Some(evidence(
            EvidenceKind::Structure,
            shows,
            &[prcb],
            found_by,
            command,
        ))
    }
}
