//! Scenario + image + host facts → [`Plan`]; plan → QEMU arguments. Pure: nothing is started.

mod qemu_args;

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::image::{AgentSpec, CaptureKind, Image};
use crate::scenario::{
    DriverSpec, Expectation, GuestSpec, Hypervisor, Scenario, Step, TestName, Variant,
};

pub use qemu_args::{Channels, qemu_args};

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
    /// How long the outcome may take once the guest is ready, guest time.
    pub within: Duration,
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
    /// Firmware, as QEMU's `-bios` takes it.
    pub firmware: String,
    /// What `-kernel` loads.
    pub kernel: PathBuf,
    /// Files for the guest, by fw_cfg name.
    pub fw_cfg: Vec<(String, PathBuf)>,
    /// fw_cfg name and value of the seed for the guest's address-space randomisation.
    pub seed: Option<(String, u64)>,
    /// Name of the agent's virtio-serial port.
    pub agent_port: String,
    /// Whether QEMU can be confined by `-sandbox`.
    pub sandbox: bool,
}

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

/// A driver and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedDriver {
    /// Service name: the file's stem.
    pub service: String,
    /// The file on the host.
    pub file: PathBuf,
    /// The file in the guest.
    pub guest_path: String,
    /// The name under which it reports on COM1. The twin, made from the same source, has the
    /// same one.
    pub reports_as: String,
}

/// What a driver says of its work on COM1 (by DbgPrint).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriverReport {
    /// `<name>: done`: all of it is done.
    Done,
    /// `<name>: failed: …`: the whole line.
    Failed(String),
}

impl PlannedDriver {
    /// What a line on COM1 reports of this driver's work, if anything.
    pub fn report(&self, line: &str) -> Option<DriverReport> {
        let words = line
            .trim()
            .strip_prefix(&*self.reports_as)?
            .strip_prefix(": ")?;
        match words {
            "done" => Some(DriverReport::Done),
            words if words.starts_with("failed") => Some(DriverReport::Failed(line.trim().into())),
            _ => None,
        }
    }
}

/// Something to do in the guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Start the service of this name.
    Start(String),
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
        .map(|driver| planned_driver(driver, variant, image))
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
        actions: (scenario.steps.iter())
            .map(|Step::Start(driver)| {
                Action::Start(service_name(scenario.driver(*driver), variant))
            })
            .collect(),
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
    Machine {
        machine: image.boot.machine.clone(),
        accelerator: host.accelerator,
        cpus: guest.cpus,
        memory_mib: guest.memory.mib(),
        hide_hypervisor: guest.hypervisor == Hypervisor::Hidden,
        firmware: image.boot.firmware.clone(),
        kernel: image.boot.kernel.clone(),
        fw_cfg: image.boot.fw_cfg.clone(),
        seed: image.boot.seed.clone().map(|name| (name, host.seed)),
        agent_port: image.agent.port.clone(),
        sandbox: host.sandbox,
    }
}

/// A seed that differs from run to run.
pub fn new_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};

    // The standard library keys its hash maps from the system's random numbers.
    RandomState::new().hash_one(std::time::Instant::now())
}

fn service_name(driver: &DriverSpec, variant: Variant) -> String {
    match (driver, variant) {
        (DriverSpec::Named(name), Variant::Fixed) => format!("{name}-fixed"),
        (driver, _) => driver.name().to_owned(),
    }
}

fn planned_driver(driver: &DriverSpec, variant: Variant, image: &Image) -> PlannedDriver {
    let service = service_name(driver, variant);
    let file = match driver {
        DriverSpec::Named(_) => image.test_driver(&service).0,
        DriverSpec::File { path, .. } => path.clone(),
    };
    PlannedDriver {
        guest_path: format!("{}\\{service}.sys", image.agent.stage),
        reports_as: driver.name().to_owned(),
        service,
        file,
    }
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
    fn only_a_drivers_own_report_counts() {
        let fixed = make(&scenario(), Variant::Fixed, &tiny(), HOST);
        let report = |line: &str| fixed.drivers[0].report(line);
        assert_eq!(report("hog: done\r"), Some(DriverReport::Done));
        let failed = "hog: failed: create, file 1";
        assert_eq!(report(failed), Some(DriverReport::Failed(failed.into())));
        for other in [
            "hog: doing",
            "hogs: done",
            "my: done",
            "hog: done nothing",
            "",
        ] {
            assert_eq!(report(other), None, "{other}");
        }
    }
}
