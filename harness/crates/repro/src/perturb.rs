//! What can be varied from run to run to bring a rare crash out: factors, each with levels, and a
//! draw of one level for each. Nothing here knows a driver. Pure.

use scenario::{Clock, MemorySize, VerifierRules};
use serde::{Deserialize, Serialize};
use vm::image::{Boot, Image};
use vm::plan::{Jitter, JitterKind, PlanOptions};

use super::draft::ScenarioDraft;

/// One thing that can be varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Factor {
    /// The threads that execute the guest's processors.
    Threads,
    /// When the guest's kernel preempts.
    Scheduling,
    /// What the guest's clock follows.
    Clock,
    /// How many processors it has.
    Processors,
    /// How much memory.
    Memory,
    /// Driver Verifier.
    Verifier,
}

impl Factor {
    /// As people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Threads => "threads",
            Self::Scheduling => "scheduling",
            Self::Clock => "clock",
            Self::Processors => "processors",
            Self::Memory => "memory",
            Self::Verifier => "verifier",
        }
    }

    /// Whether a change of it keeps the machine and what is checked, and moves only when things
    /// happen. Such a change hardly ever turns the crash into another one.
    pub(crate) fn is_timing(self) -> bool {
        matches!(self, Self::Threads | Self::Scheduling | Self::Clock)
    }
}

/// A change of one factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Disturb the threads.
    Threads(JitterKind),
    /// Have the guest's kernel preempt and delay by a seed.
    Scheduling,
    /// Warp the clock: an instruction takes 2 to this power nanoseconds.
    Warp(u8),
    /// The number of processors.
    Processors(u8),
    /// Memory in MiB.
    Memory(u32),
    /// Driver Verifier's standard rules for all drivers.
    VerifierStandard,
    /// No Driver Verifier.
    VerifierOff,
}

impl Change {
    /// What it is a change of.
    pub fn factor(self) -> Factor {
        match self {
            Self::Threads(_) => Factor::Threads,
            Self::Scheduling => Factor::Scheduling,
            Self::Warp(_) => Factor::Clock,
            Self::Processors(_) => Factor::Processors,
            Self::Memory(_) => Factor::Memory,
            Self::VerifierStandard | Self::VerifierOff => Factor::Verifier,
        }
    }

    /// As people read it.
    pub fn title(self) -> String {
        match self {
            Self::Threads(kind) => kind.as_str().into(),
            Self::Scheduling => "seeded".into(),
            Self::Warp(shift) => format!("warp, 2^{shift} ns"),
            Self::Processors(count) => count.to_string(),
            Self::Memory(mib) => MemorySize::from_mib(mib).to_string(),
            Self::VerifierStandard => "standard rules".into(),
            Self::VerifierOff => "off".into(),
        }
    }
}

/// What is varied in one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Perturbation {
    /// At most one change for each factor.
    pub changes: Vec<Change>,
    /// What chance in it hangs on.
    pub seed: u64,
}

/// A factor and what it can be changed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Levels {
    pub factor: Factor,
    /// As in the scenario.
    pub as_is: String,
    /// Changes.
    pub changes: Vec<Change>,
}

/// The slowest clock that QEMU offers, as a power of two of nanoseconds.
const MOST_SHIFT: u8 = 10;
const MOST_CPUS: u8 = 16;
/// What the bundled guest boots with, with room.
const LEAST_MEMORY_MIB: u32 = 64;
/// Each run writes all of it.
const MOST_MEMORY_MIB: u32 = 1024;

/// All that can be varied of `draft` on `image`.
pub fn levels(draft: &ScenarioDraft, image: &Image) -> Vec<Levels> {
    let guest = &draft.guest;
    let (cpus, memory) = (guest.cpus, guest.memory.mib());
    let mut all = vec![
        Levels {
            factor: Factor::Threads,
            as_is: "undisturbed".into(),
            changes: [JitterKind::Slow, JitterKind::Pause, JitterKind::Pin]
                .map(Change::Threads)
                .to_vec(),
        },
        Levels {
            factor: Factor::Processors,
            as_is: cpus.to_string(),
            changes: [cpus.saturating_sub(1), cpus + 1, cpus.saturating_mul(2)]
                .into_iter()
                .filter(|&count| (1..=MOST_CPUS).contains(&count) && count != cpus)
                .map(Change::Processors)
                .collect(),
        },
        Levels {
            factor: Factor::Memory,
            as_is: guest.memory.to_string(),
            changes: [memory / 2, memory.saturating_mul(2)]
                .into_iter()
                .filter(|mib| (LEAST_MEMORY_MIB..=MOST_MEMORY_MIB).contains(mib))
                .map(Change::Memory)
                .collect(),
        },
        match &draft.verifier {
            None => Levels {
                factor: Factor::Verifier,
                as_is: "off".into(),
                changes: vec![Change::VerifierStandard],
            },
            Some(_) => Levels {
                factor: Factor::Verifier,
                as_is: "on".into(),
                changes: vec![Change::VerifierOff],
            },
        },
    ];
    if let Boot::Nt(nt) = &image.boot {
        let shift = nt.warp_shift;
        let (as_is, own) = match guest.clock {
            Clock::Host => ("host".to_owned(), None),
            Clock::Warp => (Change::Warp(shift).title(), Some(shift)),
        };
        let mut shifts = vec![
            shift.min(MOST_SHIFT),
            shift.saturating_sub(2),
            shift.saturating_sub(4),
        ];
        shifts.dedup();
        shifts.retain(|shift| Some(*shift) != own);
        all.push(Levels {
            factor: Factor::Clock,
            as_is,
            changes: shifts.into_iter().map(Change::Warp).collect(),
        });
        if nt.scheduling.is_some() {
            all.push(Levels {
                factor: Factor::Scheduling,
                as_is: "as it comes".into(),
                changes: vec![Change::Scheduling],
            });
        }
    }
    all.retain(|levels| !levels.changes.is_empty());
    all
}

impl Perturbation {
    /// The draft with what it changes in the scenario.
    pub(crate) fn of_draft(&self, draft: &ScenarioDraft) -> ScenarioDraft {
        let mut draft = draft.clone();
        for change in &self.changes {
            match *change {
                Change::Warp(_) => draft.guest.clock = Clock::Warp,
                Change::Processors(count) => draft.guest.cpus = count,
                Change::Memory(mib) => draft.guest.memory = MemorySize::from_mib(mib),
                Change::VerifierOff => draft.verifier = None,
                Change::VerifierStandard => {
                    let all = draft.drivers.iter().map(|driver| driver.name.clone());
                    draft.verifier = Some((VerifierRules::Standard, all.collect()));
                }
                Change::Threads(_) | Change::Scheduling => {}
            }
        }
        draft
    }

    /// What a scenario cannot say, for the plan of that draft.
    pub fn options(&self) -> PlanOptions {
        let mut options = PlanOptions::default();
        for change in &self.changes {
            match *change {
                Change::Warp(shift) => options.warp_shift = Some(shift),
                Change::Threads(kind) => {
                    options.jitter = Some(Jitter {
                        kind,
                        seed: self.seed,
                    });
                }
                Change::Scheduling => options.scheduling = Some(self.seed),
                _ => {}
            }
        }
        options
    }

    /// As people read it: `clock warp, 2^8 ns; scheduling seeded`; empty for none.
    pub fn title(&self) -> String {
        let changes = (self.changes.iter())
            .map(|change| format!("{} {}", change.factor().as_str(), change.title()));
        changes.collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::DraftStep;
    use scenario::{CrashExpectation, Expectation, GuestSpec, Hypervisor, Rate};
    use vm::testing::image::{tiny, windows};

    fn draft(cpus: u8, clock: Clock) -> ScenarioDraft {
        ScenarioDraft {
            name: "hog".into(),
            summary: "s".into(),
            drivers: Vec::new(),
            verifier: None,
            guest: GuestSpec {
                cpus,
                memory: MemorySize::from_mib(128),
                hypervisor: Hypervisor::Visible,
                clock,
            },
            steps: vec![DraftStep::Shutdown],
            within: std::time::Duration::from_secs(1),
            rate: Rate::Rare,
            expect: Expectation::Crash(CrashExpectation::default()),
        }
    }

    fn changes(levels: &[Levels], factor: Factor) -> Vec<Change> {
        let found = levels.iter().find(|levels| levels.factor == factor);
        found
            .map(|levels| levels.changes.clone())
            .unwrap_or_default()
    }

    #[test]
    fn what_can_be_varied_depends_on_guest_and_image() {
        let plain = levels(&draft(2, Clock::Host), &tiny());
        assert_eq!(
            changes(&plain, Factor::Clock),
            [Change::Warp(10), Change::Warp(8), Change::Warp(6)]
        );
        assert_eq!(
            changes(&plain, Factor::Processors),
            [
                Change::Processors(1),
                Change::Processors(3),
                Change::Processors(4)
            ]
        );
        let warped = levels(&draft(1, Clock::Warp), &tiny());
        assert_eq!(
            changes(&warped, Factor::Clock),
            [Change::Warp(8), Change::Warp(6)]
        );
        assert!(!changes(&warped, Factor::Processors).contains(&Change::Processors(0)));
        let windows = levels(&draft(2, Clock::Host), &windows());
        assert_eq!(changes(&windows, Factor::Clock), []);
        assert_eq!(changes(&windows, Factor::Scheduling), []);
        assert_eq!(changes(&windows, Factor::Threads).len(), 3);
    }

    #[test]
    fn changes_reach_scenario_and_survive_json() {
        let perturbation = Perturbation {
            changes: vec![
                Change::Warp(8),
                Change::Processors(4),
                Change::Memory(256),
                Change::VerifierStandard,
                Change::Threads(JitterKind::Pin),
                Change::Scheduling,
            ],
            seed: u64::MAX,
        };
        let changed = perturbation.of_draft(&draft(2, Clock::Host));
        assert_eq!(changed.guest.cpus, 4);
        assert_eq!(changed.guest.memory.mib(), 256);
        assert_eq!(changed.guest.clock, Clock::Warp);
        let json = serde_json::to_string(&perturbation).unwrap();
        let again: Perturbation = serde_json::from_str(&json).unwrap();
        assert_eq!(again, perturbation);
        assert_eq!(Perturbation::default().of_draft(&changed), changed);
    }
}
