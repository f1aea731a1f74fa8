//! Scenario + image + host facts → [`Plan`]; plan → QEMU arguments. Pure: nothing is started.

mod action;
mod driver;
mod qemu_args;
mod watchdog;

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::image::{AgentSpec, CaptureKind, Image};
use crate::scenario::{
    Clock, DriverSpec, Expectation, GuestSpec, Hypervisor, Rate, Scenario, TestName, Variant,
};

pub(crate) use qemu_args::Args;

pub use action::Action;
pub use driver::{DriverReport, PlannedDriver};
pub use qemu_args::{AgentChannel, Channels, MAILBOX_SIZE, qemu_args};
pub use watchdog::Watchdog;

/// Everything that one run will do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The test that this run is of.
    pub test: TestName,
    /// The virtual machine.
    pub machine: Machine,
    /// How to reach the agent.
    pub agent: AgentSpec,
    /// Drivers to copy into the guest.
    pub drivers: Vec<PlannedDriver>,
    /// What to do in the guest, in order.
    pub actions: Vec<Action>,
    /// The watchdog without which the scenario's stop cannot come, nor its twin prove anything.
    pub watchdog: Option<Watchdog>,
    /// How long each action may take, and the outcome after the last one; guest time.
    pub within: Duration,
    /// Whether a run without the crash says nothing.
    pub rare: bool,
    /// What must come of it.
    pub expect: Expectation,
    /// How to get the dump, best first.
    pub captures: Vec<CaptureKind>,
    /// Folders with PDBs, for the analyzer.
    pub symbols: Vec<PathBuf>,
}

/// The virtual machine of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    /// QEMU machine type.
    pub machine: String,
    /// What executes the guest's instructions.
    pub accelerator: Accelerator,
    /// Processors.
    pub cpus: u8,
    /// RAM in MiB.
    pub memory_mib: u32,
    /// Whether CPUID hides the hypervisor.
    pub hide_hypervisor: bool,
    /// If guest time follows the instructions executed: 2 to this power nanoseconds for each.
    pub warp_shift: Option<u8>,
    /// Firmware, as QEMU's `-bios` takes it.
    pub firmware: String,
    /// What `-kernel` loads.
    pub kernel: PathBuf,
    /// Files for the guest, by fw_cfg name.
    pub fw_cfg: Vec<(String, PathBuf)>,
    /// fw_cfg name and value of the seed for the guest's address-space randomisation.
    pub seed: Option<(String, u64)>,
    /// How the agent is reached.
    pub agent: AgentLink,
    /// Whether QEMU can be confined by `-sandbox`.
    pub sandbox: bool,
}

/// How the agent is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentLink {
    /// Through the virtio-serial port of this name. Guest time passes while the host thinks.
    Serial(String),
    /// Through shared memory, in lockstep: at this I/O port the guest, its clock included, stands
    /// still until the host has decided what comes next.
    Lockstep(u16),
}

/// The time at which a machine with a warped clock is switched on, since 1970:
/// 2025-01-01T00:00:00Z. Always the same, so that equal plans give equal dumps.
pub const WARP_EPOCH: Duration = Duration::from_secs(1_735_689_600);

/// What executes the guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Accelerator {
    /// The processor, through /dev/kvm.
    Kvm,
    /// QEMU's translator.
    Tcg,
}

impl Accelerator {
    /// The name as QEMU and our command line write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Tcg => "tcg",
        }
    }
}

/// What the host contributes to a plan.
#[derive(Clone, Copy, Debug)]
pub struct HostChoices {
    /// What executes the guest.
    pub accelerator: Accelerator,
    /// Whether QEMU was built with `-sandbox`.
    pub sandbox: bool,
    /// Seed of the guest's address-space randomisation.
    pub seed: u64,
}

/// Plans one run.
///
/// The fixed variant loads each driver's twin (`<name>-fixed`) and expects no crash. It is only
/// asked of scenarios that [have a twin](Scenario::has_twin).
pub fn make(scenario: &Scenario, variant: Variant, image: &Image, host: HostChoices) -> Plan {
    let drivers: Vec<PlannedDriver> = (scenario.drivers.iter())
        .map(|driver| driver::planned_driver(driver, variant, image))
        .collect();
    let mut symbols = image.symbols.clone();
    for driver in &scenario.drivers {
        if let DriverSpec::File {
            symbols: Some(pdb), ..
        } = driver
        {
            symbols.extend(pdb.parent().map(PathBuf::from));
        }
    }
    Plan {
        test: TestName::new(&image.name, &scenario.name, variant),
        machine: machine(&scenario.guest, image, host),
        agent: image.agent.clone(),
        actions: action::actions(scenario, variant),
        watchdog: match &scenario.expect {
            Expectation::Crash(crash) => crash.bugcheck.as_ref().and_then(Watchdog::behind),
            Expectation::NoCrash => None,
        },
        rare: scenario.rate == Rate::Rare && variant == Variant::Buggy,
        drivers,
        within: scenario.within,
        expect: match variant {
            Variant::Buggy => scenario.expect.clone(),
            Variant::Fixed => Expectation::NoCrash,
        },
        captures: image.captures.clone(),
        symbols,
    }
}

/// The machine of a run that has no scenario, such as a check of the image.
pub fn machine(guest: &GuestSpec, image: &Image, host: HostChoices) -> Machine {
    let warp_shift = (guest.clock == Clock::Warp).then_some(image.boot.warp_shift);
    Machine {
        machine: image.boot.machine.clone(),
        // Only the translator can count instructions.
        accelerator: warp_shift.map_or(host.accelerator, |_| Accelerator::Tcg),
        warp_shift,
        cpus: guest.cpus,
        memory_mib: guest.memory.mib(),
        hide_hypervisor: guest.hypervisor == Hypervisor::Hidden,
        firmware: image.boot.firmware.clone(),
        kernel: image.boot.kernel.clone(),
        fw_cfg: image.boot.fw_cfg.clone(),
        seed: image.boot.seed.clone().map(|name| (name, host.seed)),
        agent: match (warp_shift, image.agent.lockstep_gate) {
            (Some(_), Some(gate)) => AgentLink::Lockstep(gate),
            _ => AgentLink::Serial(image.agent.port.clone()),
        },
        sandbox: host.sandbox,
    }
}

/// A seed that differs from run to run.
pub fn new_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};

    // The standard library keys its hash maps from the system's random numbers.
    RandomState::new().hash_one(std::time::Instant::now())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use super::*;
    use crate::image::tests::tiny;
    use crate::scenario::parse;

    pub(crate) const HOST: HostChoices = HostChoices {
        accelerator: Accelerator::Tcg,
        sandbox: true,
        seed: 0x1234,
    };

    pub(crate) fn scenario() -> Scenario {
        let text = "name: hog\nsummary: s\ndrivers: [hog, {path: own/my.sys, symbols: own/my.pdb}]\n\
                    guest: {cpus: 1, hypervisor: hidden}\nsteps: [{start: my}, {start: hog}]\n\
                    within: 7s\nexpect: {cause: irql-leaked}\n";
        parse(Path::new("/s/hog.yaml"), text, &["hog".to_owned()]).unwrap()
    }

    #[test]
    fn buggy_and_fixed_differ_in_drivers_and_expectation_only() {
        let buggy = make(&scenario(), Variant::Buggy, &tiny(), HOST);
        assert_eq!(buggy.test.as_str(), "tiny::hog");
        assert_eq!(
            buggy.actions,
            [Action::Start("my".into()), Action::Start("hog".into())]
        );
        assert_eq!((buggy.watchdog, buggy.rare), (None, false));
        assert_eq!(buggy.drivers[0].file, Path::new("/p/out/drivers/hog.sys"));
        assert_eq!(buggy.drivers[0].guest_path, r"C:\Stopcode\hog.sys");
        assert_eq!(buggy.drivers[1].file, Path::new("/s/own/my.sys"));
        assert!(buggy.symbols.contains(&PathBuf::from("/s/own")));
        assert!(matches!(buggy.expect, Expectation::Crash(_)));

        let fixed = make(&scenario(), Variant::Fixed, &tiny(), HOST);
        assert_eq!(fixed.test.as_str(), "tiny::hog::fixed");
        assert_eq!(fixed.actions[1], Action::Start("hog-fixed".into()));
        assert_eq!(
            fixed.drivers[0].file,
            Path::new("/p/out/drivers/hog-fixed.sys")
        );
        assert_eq!(fixed.drivers[1], buggy.drivers[1]);
        assert_eq!(fixed.expect, Expectation::NoCrash);
        assert_eq!(fixed.machine, buggy.machine);
    }

    #[test]
    fn a_warped_clock_needs_the_translator() {
        let mut scenario = scenario();
        let kvm = HostChoices {
            accelerator: Accelerator::Kvm,
            ..HOST
        };
        let machine = |scenario: &Scenario| make(scenario, Variant::Buggy, &tiny(), kvm).machine;
        assert_eq!(machine(&scenario).accelerator, Accelerator::Kvm);
        scenario.guest.clock = Clock::Warp;
        let warped = machine(&scenario);
        assert_eq!(warped.accelerator, Accelerator::Tcg);
        assert_eq!(warped.warp_shift, Some(10));
        assert_eq!(warped.agent, AgentLink::Lockstep(0x5F0));
        let mut image = tiny();
        image.agent.lockstep_gate = None;
        let warped = make(&scenario, Variant::Buggy, &image, kvm).machine;
        assert!(matches!(warped.agent, AgentLink::Serial(_)));
    }
}
