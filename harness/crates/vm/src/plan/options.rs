//! What a run does beyond its scenario.

use super::{Analyzer, Jitter, Machine};

/// Options of a run that no scenario sets. The default is what
/// `stopcode run` does without options.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// The analyzers; the verdict of the first is checked against the expectation.
    pub analyzers: Vec<Analyzer>,
    /// Whether QEMU's ELF file of each dump is kept beside it.
    pub keep_elf: bool,
    /// Whether a guest that does nothing more, and whose drivers say nothing of their work, has come
    /// to its end.
    pub observes: bool,
    /// How the threads that execute the guest's processors are disturbed. Not under a warped clock:
    /// there one thread executes all processors, by itself.
    pub jitter: Option<Jitter>,
    /// Under a warped clock, an instruction takes 2 to this power nanoseconds instead of the
    /// image's choice.
    pub warp_shift: Option<u8>,
    /// Seed by which the guest's kernel preempts and delays, if it can.
    pub scheduling: Option<u64>,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            analyzers: vec![Analyzer::Builtin],
            keep_elf: false,
            observes: false,
            jitter: None,
            warp_shift: None,
            scheduling: None,
        }
    }
}

impl PlanOptions {
    /// Changes the machine of a scenario in what is asked for and possible.
    pub(super) fn apply(&self, machine: &mut Machine) {
        if machine.warp_shift.is_some() && self.warp_shift.is_some() {
            machine.warp_shift = self.warp_shift;
        }
        if let Some(seed) = self.scheduling {
            machine.schedule(seed);
        }
    }

    /// How `machine` is disturbed.
    pub(super) fn jitter_of(&self, machine: &Machine) -> Option<Jitter> {
        self.jitter.filter(|_| machine.warp_shift.is_none())
    }
}

#[cfg(test)]
mod tests {
    use scenario::{Clock, Variant};

    use super::*;
    use crate::plan::{JitterKind, Plan, make};
    use crate::testing::image::tiny;
    use crate::testing::plan::{HOST, scenario};

    #[test]
    fn a_warped_clock_takes_another_rate_and_no_jitter() {
        let options = PlanOptions {
            jitter: Some(Jitter {
                kind: JitterKind::Pin,
                seed: 7,
            }),
            warp_shift: Some(6),
            ..PlanOptions::default()
        };
        let plan = |clock| -> Plan {
            let mut scenario = scenario();
            scenario.guest.clock = clock;
            make(&scenario, Variant::Buggy, &tiny(), HOST, &options).unwrap()
        };
        let host = plan(Clock::Host);
        assert_eq!(
            (host.machine.warp_shift, host.jitter),
            (None, options.jitter)
        );
        let warped = plan(Clock::Warp);
        assert_eq!((warped.machine.warp_shift, warped.jitter), (Some(6), None));
    }
}
