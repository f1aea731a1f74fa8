//! What a scenario is once it has been checked.

use std::path::PathBuf;
use std::time::Duration;

use analyzer::verdict::CauseId;

use super::MemorySize;

/// A validated scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Kebab-case name; the second part of the test's name.
    pub name: String,
    /// One sentence for `stopcode list` and reports.
    pub summary: String,
    /// Where the bug comes from, for people.
    pub based_on: Option<String>,
    /// The drivers that the steps use.
    pub drivers: Vec<DriverSpec>,
    /// Driver Verifier, if it is to watch some of them.
    pub verifier: Option<VerifierSpec>,
    /// What the virtual machine must look like.
    pub guest: GuestSpec,
    /// What happens in the guest, in this order.
    pub steps: Vec<Step>,
    /// How long, in guest time, each step may take, and the outcome from the last step on.
    pub within: Duration,
    /// How often the crash comes.
    pub rate: Rate,
    /// What must come of it.
    pub expect: Expectation,
    /// The file it was read from.
    pub file: PathBuf,
}

impl Scenario {
    /// The driver that a step means.
    pub fn driver(&self, index: DriverIndex) -> &DriverSpec {
        &self.drivers[index.0]
    }

    /// Whether the scenario is also run with the fixed twins of its drivers: it must expect a
    /// crash, and every driver must be one of ours, since only those have a twin.
    pub fn has_twin(&self) -> bool {
        matches!(self.expect, Expectation::Crash(_))
            && self
                .drivers
                .iter()
                .all(|driver| matches!(driver, DriverSpec::Named(_)))
    }
}

/// A driver that a scenario brings into the guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriverSpec {
    /// One of `test-drivers/`, by name.
    Named(String),
    /// Any driver file.
    File {
        /// Service name: the file's stem.
        name: String,
        /// The `.sys` file, already resolved against the scenario's folder.
        path: PathBuf,
        /// Its `.pdb`, likewise.
        symbols: Option<PathBuf>,
    },
}

impl DriverSpec {
    /// The name that steps use, which is also the service's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) | Self::File { name, .. } => name,
        }
    }
}

/// Position of a driver in [`Scenario::drivers`]. Only the parser makes one, so it is in range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriverIndex(pub(crate) usize);

/// One step in the guest. All drivers have been copied there and have their services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Start the driver's service.
    Start(DriverIndex),
    /// Stop the driver's service: the driver is unloaded.
    Stop(DriverIndex),
    /// Plug a device into the virtual bus: its drivers are loaded.
    Plug {
        device: String,
        service: DriverIndex,
        /// Its upper filters, from the lowest.
        upper_filters: Vec<DriverIndex>,
    },
    /// Take a device out without a word before (surprise removal).
    Unplug(String),
    /// Switch the guest off. Always the last step.
    Shutdown,
    /// Restart the guest. Always the last step.
    Restart,
    /// Run a program of the guest; an exit code other than 0 ends the run.
    Exec { path: String, args: Vec<String> },
}

impl Step {
    /// The drivers that it loads.
    pub fn drivers(&self) -> Vec<DriverIndex> {
        match self {
            Self::Start(driver) => vec![*driver],
            Self::Plug {
                service,
                upper_filters,
                ..
            } => [&[*service], &upper_filters[..]].concat(),
            Self::Stop(_)
            | Self::Unplug(_)
            | Self::Shutdown
            | Self::Restart
            | Self::Exec { .. } => Vec::new(),
        }
    }
}

/// Which drivers Driver Verifier watches, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierSpec {
    pub rules: VerifierRules,
    /// Which; at least one.
    pub drivers: Vec<DriverIndex>,
}

/// What Driver Verifier checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifierRules {
    /// `/standard`.
    Standard,
    /// `/flags 0x…`.
    Flags(u32),
}

/// How often a scenario's crash comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rate {
    /// In every run.
    #[default]
    Always,
    /// In some runs; one without it says nothing.
    Rare,
}

/// The virtual machine a scenario needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestSpec {
    /// Processors, 1 to 64.
    pub cpus: u8,
    pub memory: MemorySize,
    /// Whether CPUID shows the guest that it runs under a hypervisor.
    pub hypervisor: Hypervisor,
    /// What its clocks follow.
    pub clock: Clock,
}

/// What a guest's clocks follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The host's clock.
    #[default]
    Host,
    /// The instructions that it executes; time in which it has nothing to do passes at once.
    Warp,
}

/// Whether the guest can tell that it is virtual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hypervisor {
    /// CPUID's hypervisor bit is set: what a virtual machine normally sees.
    #[default]
    Visible,
    /// CPUID's hypervisor bit is clear. Windows arms its DPC watchdog only then.
    Hidden,
}

/// What must come of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    /// Every driver reports that its work is done, unloads, and the guest lives on.
    NoCrash,
    /// The guest stops, and the verdict has these properties.
    Crash(CrashExpectation),
}

/// What is known in advance of a crash. At least one field says something.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CrashExpectation {
    pub bugcheck: Option<BugcheckExpectation>,
    pub cause: Option<CauseId>,
    /// Who is to blame.
    pub culprit: Option<CulpritExpectation>,
    /// Modules that must be named as victims.
    pub victims: Vec<String>,
}

/// An expected stop code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BugcheckExpectation {
    pub code: u32,
    /// Expected parameters P1 to P4; `None` allows any value.
    pub parameters: [Option<u64>; 4],
}

/// An expected culprit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CulpritExpectation {
    /// File name, compared without case.
    pub module: String,
    /// Function, compared exactly; `None` allows any.
    pub function: Option<String>,
}

/// As it was meant, or with the bug taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// The scenario as written.
    Buggy,
    /// The same steps with each driver's fixed twin; no crash may follow.
    Fixed,
}
