//! Shared by the rules for 0x133: the stack below the clock interrupt, and the counters.

use super::evidence::evidence;
use crate::facts::{Facts, StackFacts, WatchdogFacts};
use crate::stop::Parameter;
use crate::verdict::{Evidence, EvidenceKind};

/// P1 for a single DPC that runs too long; also used if P1 is not known.
const SINGLE_DPC: u64 = 0;

/// A crash with 0x133 whose stack shows the interrupted code.
#[derive(Clone, Copy)]
pub(super) struct Interrupted<'f> {
    pub facts: &'f Facts,
    pub stack: &'f StackFacts,
    /// Index of the interrupted frame.
    pub at: usize,
}

impl<'f> Interrupted<'f> {
    /// `kind` is the stop's first parameter.
    pub(super) fn find(facts: &'f Facts, kind: Option<u64>) -> Option<Self> {
        let is_it = facts.bugcheck.code == 0x133
            && kind.is_none_or(|kind| facts.bugcheck.parameter(0).unwrap_or(SINGLE_DPC) == kind);
        let stack = facts.crash_stack().filter(|_| is_it)?;
        let at = stack.interrupted()?;
        Some(Self { facts, stack, at })
    }

    /// Ticks used and allowed.
    pub(super) fn ticks(self) -> Option<(Parameter, Parameter)> {
        let [kind, used, allowed, _] = self.facts.bugcheck.parameters;
        match kind.known().unwrap_or(SINGLE_DPC) {
            SINGLE_DPC => Some((used, allowed)),
            _ => {
                let (count, limit) = self.facts.watchdog.as_ref()?.dispatch_ticks?;
                Some((count.into(), limit.into()))
            }
        }
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
