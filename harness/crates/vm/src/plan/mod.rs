//! Scenario + image + host facts → [`Plan`]; plan → QEMU arguments. Pure: starts nothing.

mod action;
mod analyzer;
mod cpu;
mod driver;
mod jitter;
mod machine;
mod options;
mod qemu_args;
mod show;
mod watchdog;

use std::path::PathBuf;
use std::time::Duration;

use scenario::{DriverSpec, Expectation, Rate, Scenario, TestName, Variant};
use serde::Serialize;

use crate::image::{AgentSpec, CaptureKind, Image, Os, OwnDump, Signing};

pub use action::Action;
pub use analyzer::{Analyzer, OtherAnalyzer};
pub use driver::{DriverReport, PlannedDriver};
pub use jitter::{Jitter, JitterKind};
pub use machine::{AgentLink, Beginning, Machine, Start, machine};
pub use options::PlanOptions;
pub use qemu_args::{AgentChannel, Args, Channels, MAILBOX_SIZE, RunFiles, fingerprint, qemu_args};
pub use show::show;
pub use watchdog::Watchdog;

/// Everything that one run will do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The test that this run is of.
    pub test: TestName,
    /// What runs in the guest.
    pub os: Os,
    /// Whether the guest writes on COM1 what its drivers say, its stop, and whether its watchdogs
    /// are armed. Windows does not, but under a kernel debugger.
    pub debug_output_on_com1: bool,
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
    /// Whether a guest that does nothing more, and whose drivers say nothing of their work, has come
    /// to its end: drivers that are not ours do not say it.
    pub observes: bool,
    /// How the execution of the guest's processors is disturbed, if it is.
    pub jitter: Option<Jitter>,
    /// The expected outcome.
    pub expect: Expectation,
    /// How to get the dump, best first.
    pub captures: Vec<CaptureKind>,
    /// Whether QEMU's ELF file of each dump is kept beside it.
    pub keep_elf: bool,
    /// What the guest itself writes when it stops, if that is known.
    pub own_dump: Option<OwnDump>,
    /// What the drivers are signed with on their way into the guest.
    pub signing: Option<Signing>,
    /// Folders with PDBs, for the analyzer.
    pub symbols: Vec<PathBuf>,
    /// More places with symbols, as `_NT_SYMBOL_PATH` writes them.
    pub symbol_path: Vec<String>,
    /// The analyzers; the verdict of the first is checked against the expectation.
    pub analyzers: Vec<Analyzer>,
    /// What this run cannot show, in one sentence each.
    pub caveats: Vec<String>,
}

impl Plan {
    /// Whether the guest announces its stop with all parameters.
    pub fn announces_stop(&self) -> bool {
        self.debug_output_on_com1 || self.machine.crash_registers
    }
}

/// A scenario cannot be run on an image at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// The test that cannot be run.
    pub test: TestName,
    pub reason: String,
}

/// The time at which a machine with a warped clock is switched on, since 1970:
/// 2025-01-01T00:00:00Z. Always the same, so that equal plans give equal dumps.
pub(crate) const WARP_EPOCH: Duration = Duration::from_secs(1_735_689_600);

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
///
/// # Errors
/// The image cannot do what the scenario asks for.
pub fn make(
    scenario: &Scenario,
    variant: Variant,
    image: &Image,
    host: HostChoices,
    options: &PlanOptions,
) -> Result<Plan, Refusal> {
    let test = TestName::new(&image.name, &scenario.name, variant);
    if let Some(reason) = image.refuses(scenario) {
        return Err(Refusal { test, reason });
    }
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
    let mut machine = machine(&scenario.guest, image, host);
    options.apply(&mut machine);
    let translated = machine.accelerator == Accelerator::Tcg;
    Ok(Plan {
        test,
        os: image.os,
        debug_output_on_com1: image.debug_output_on_com1,
        caveats: image.caveats(scenario.guest.hypervisor, translated),
        jitter: options.jitter_of(&machine),
        machine,
        agent: image.agent.clone(),
        actions: action::actions(scenario, variant, image.os),
        watchdog: match &scenario.expect {
            Expectation::Crash(crash) => crash.bugcheck.as_ref().and_then(Watchdog::behind),
            Expectation::NoCrash => None,
        },
        rare: scenario.rate == Rate::Rare && variant == Variant::Buggy,
        observes: options.observes,
        drivers,
        within: scenario.within,
        expect: match variant {
            Variant::Buggy => scenario.expect.clone(),
            Variant::Fixed => Expectation::NoCrash,
        },
        captures: image.captures.clone(),
        keep_elf: options.keep_elf,
        analyzers: options.analyzers.clone(),
        own_dump: image.own_dump,
        signing: image.signing.clone(),
        symbols,
        symbol_path: image.symbol_path.clone(),
    })
}

/// A seed that differs from run to run.
pub fn new_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};

    // The standard library keys its hash maps from the system's random numbers.
    RandomState::new().hash_one(std::time::Instant::now())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use scenario::{Clock, parse};

    use super::*;
    use crate::image::{AboutState, Boot, STATE_FORMAT};
    use crate::testing::image::{tiny, windows};
    use crate::testing::plan::{HOST, scenario};

    #[test]
    fn buggy_and_fixed_differ_in_drivers_and_expectation_only() {
        let buggy = make(
            &scenario(),
            Variant::Buggy,
            &tiny(),
            HOST,
            &PlanOptions::default(),
        )
        .unwrap();
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

        let fixed = make(
            &scenario(),
            Variant::Fixed,
            &tiny(),
            HOST,
            &PlanOptions::default(),
        )
        .unwrap();
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
        let machine = |scenario: &Scenario| {
            let plan = make(
                scenario,
                Variant::Buggy,
                &tiny(),
                kvm,
                &PlanOptions::default(),
            );
            plan.unwrap().machine
        };
        assert_eq!(machine(&scenario).accelerator, Accelerator::Kvm);
        scenario.guest.clock = Clock::Warp;
        let warped = machine(&scenario);
        assert_eq!(warped.accelerator, Accelerator::Tcg);
        assert_eq!(warped.warp_shift, Some(10));
        assert_eq!(warped.agent, AgentLink::Lockstep(0x5F0));
        let mut image = tiny();
        image.agent.lockstep_gate = None;
        let warped = make(
            &scenario,
            Variant::Buggy,
            &image,
            kvm,
            &PlanOptions::default(),
        )
        .unwrap()
        .machine;
        assert!(matches!(warped.agent, AgentLink::Serial(_)));
    }

    fn on_windows(text: &str, host: HostChoices, image: &Image) -> Result<Plan, Refusal> {
        let text = format!(
            "name: hog\nsummary: s\ndrivers: [hog]\n{text}\nwithin: 7s\nexpect: {{bugcheck: \
             {{code: 0x133}}}}\n"
        );
        let scenario = parse(Path::new("/s/hog.yaml"), &text, &["hog".to_owned()]).unwrap();
        make(
            &scenario,
            Variant::Buggy,
            image,
            host,
            &PlanOptions::default(),
        )
    }

    const KVM: HostChoices = HostChoices {
        accelerator: Accelerator::Kvm,
        ..HOST
    };

    #[test]
    fn windows_keeps_the_hosts_clock_and_sees_what_the_scenario_says() {
        let image = windows();
        let steps = "steps: [{start: hog}]";
        let hidden = format!("guest: {{hypervisor: hidden, clock: warp, cpus: 1}}\n{steps}");
        let plan = on_windows(&hidden, KVM, &image).unwrap();
        let machine = &plan.machine;
        assert_eq!(machine.cpu, "host,-hypervisor");
        assert_eq!(
            (machine.accelerator, machine.warp_shift),
            (Accelerator::Kvm, None)
        );
        assert_eq!((machine.cpus, machine.memory_mib), (1, 4096));
        assert!(!plan.announces_stop());
        assert_eq!(plan.watchdog, Some(Watchdog::Dpc));

        let plan = on_windows(&format!("guest: {{memory: 8GiB}}\n{steps}"), KVM, &image).unwrap();
        assert!(
            plan.machine.cpu.starts_with("host,hv-crash,"),
            "{}",
            plan.machine.cpu
        );
        assert!(!plan.machine.cpu.contains("hv-relaxed"));
        assert_eq!(plan.machine.memory_mib, 8192);
        assert!(plan.announces_stop());
        assert_eq!(plan.caveats, [""; 0]);

        let plan = on_windows(steps, HOST, &image).unwrap();
        assert_eq!(plan.machine.cpu, "max");
        assert!(
            plan.caveats[0].contains("QEMU's translator"),
            "{:?}",
            plan.caveats
        );
    }

    #[test]
    fn what_an_image_cannot_do_is_refused_with_the_reason() {
        let steps = "steps: [{plug: {device: d, service: hog}}]";
        let refused = on_windows(steps, KVM, &windows()).unwrap_err();
        assert_eq!(refused.test.as_str(), "win11::hog");
        assert!(refused.reason.contains("no virtual bus"), "{refused}");
        let mut linux = windows();
        linux.os = Os::Linux;
        let refused = on_windows("steps: [{start: hog}]", KVM, &linux).unwrap_err();
        assert!(refused.reason.contains("loads no .sys"), "{refused}");
    }

    #[test]
    fn a_state_is_restored_on_the_machine_that_it_is_of_and_no_other() {
        let mut image = windows();
        let steps = "steps: [{start: hog}]";
        let begins =
            |image: &Image, text: &str| match on_windows(text, KVM, image).unwrap().machine.start {
                Start::Disk { from, .. } => from,
                other => panic!("{other:?}"),
            };
        let Beginning::ColdBoot(Some(why)) = begins(&image, steps) else {
            panic!();
        };
        assert!(why.contains("settled.state: No such file"), "{why}");

        let about = AboutState {
            format: STATE_FORMAT,
            arguments: fingerprint(&on_windows(steps, KVM, &image).unwrap().machine),
            qemu: "7.2".into(),
            host_cpu: None,
            size: 1,
            crc32: 2,
            disks: Vec::new(),
            variables: None,
        };
        let Boot::Disk(disk) = &mut image.boot else {
            panic!();
        };
        disk.state.as_mut().unwrap().about = Ok(about);
        assert!(matches!(begins(&image, steps), Beginning::Saved(_)));
        for (guest, message) in [
            (
                "{cpus: 1}",
                "`-smp 2,sockets=1,cores=2,threads=1` instead of `-smp 1,",
            ),
            ("{memory: 8GiB}", "`-m 4096M` instead of `-m 8192M`"),
            ("{hypervisor: hidden}", "instead of `-cpu host,-hypervisor`"),
        ] {
            let Beginning::ColdBoot(Some(why)) =
                begins(&image, &format!("guest: {guest}\n{steps}"))
            else {
                panic!("{guest}");
            };
            assert!(why.contains(message), "{why}");
        }
    }
}
