//! A verdict + driver files → a scenario that should bring the crash out. Pure.
//!
//! What the guest must be like and what is done in it follows from the stop and its cause: a driver
//! that leaves pool behind must be unloaded, a power IRP needs a device and a shutdown, and the DPC
//! watchdog works only where no hypervisor is seen. It is a proposal: people know their drivers
//! better, and `--scenario` takes theirs.

use std::time::Duration;

use analyzer::verdict::{CauseId, Verdict};
use scenario::{
    BugcheckExpectation, Clock, CrashExpectation, CulpritExpectation, Expectation, GuestSpec,
    Hypervisor, MemorySize, Rate, VerifierRules,
};
use vm::image::{Boot, Image, Os};

use super::draft::{DraftDriver, DraftStep, ScenarioDraft};
use super::wanted::WantedCrash;

/// What a scenario can ask for, of the image and of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Means {
    /// Whether the guest has a virtual bus to plug devices into.
    pub bus: bool,
    /// Whether its clock can be warped.
    pub warp: bool,
    /// The most processors to give a guest.
    pub most_cpus: u8,
    /// The most memory to give a guest.
    pub most_memory: MemorySize,
}

/// More processors than these take longer to translate than they are worth.
const MOST_CPUS: u8 = 8;

/// A guest of our own needs little memory, and each run writes all of it to a dump.
const MOST_MEMORY_OF_NT: MemorySize = MemorySize::from_mib(512);

/// Others have more to hold; a run still writes all of it.
const MOST_MEMORY: MemorySize = MemorySize::from_mib(8192);

const DEFAULT_CPUS: u8 = 2;
const DEFAULT_MEMORY: MemorySize = MemorySize::from_mib(128);

impl Means {
    /// What `image` has.
    pub fn of(image: &Image) -> Self {
        let nt = matches!(image.boot, Boot::Nt(_));
        Self {
            bus: image.os == Os::TinyNt,
            warp: nt,
            most_cpus: MOST_CPUS,
            most_memory: if nt { MOST_MEMORY_OF_NT } else { MOST_MEMORY },
        }
    }
}

/// A proposal, and what people should know about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub draft: ScenarioDraft,
    /// The reasons for it, and its limits, a sentence each.
    pub reasons: Vec<String>,
}

/// What brings a crash out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    /// The drivers' own work.
    Start,
    /// Their work, and unloading them.
    Unload,
    /// A device of theirs, while the guest is switched off.
    Power,
    /// A device of theirs that is taken out.
    Removal,
}

impl Trigger {
    /// A stop of PnP or of the power manager (0x9F: 3 a power IRP, 4 the PnP lock) needs a device;
    /// what is noticed when a driver goes needs it to go.
    fn of(verdict: &Verdict) -> Self {
        let subtype = verdict.bugcheck.parameters[0].value.map(u64::from);
        match (verdict.cause.id, verdict.bugcheck.code, subtype) {
            (CauseId::PnpLockHeldByBlockedDriver, ..) | (_, 0x9F, Some(4)) => Self::Removal,
            (CauseId::PowerIrpNeverCompleted | CauseId::PowerIrpHeldByBlockedThread, ..)
            | (_, 0x9F, _) => Self::Power,
            (CauseId::PoolLeakAtUnload | CauseId::CallIntoUnloadedDriver, ..)
            | (_, 0xCE, _)
            | (_, 0xC4, Some(0x60..=0x62)) => Self::Unload,
            _ => Self::Start,
        }
    }
}

/// Stops that only Driver Verifier raises (Microsoft's bug check reference: 0xC1, 0xC4, 0xC9, 0xD5,
/// 0xD6, 0xE6). Its presence in a dump is not read otherwise.
const STOPS_OF_VERIFIER: &[u32] = &[0xC1, 0xC4, 0xC6, 0xC9, 0xD5, 0xD6, 0xE6];

/// The stop of the DPC watchdog.
const DPC_WATCHDOG: u32 = 0x133;

/// The stop of a guest that hung and was interrupted.
pub(super) const HANG: u32 = 0x80;

/// Writes a scenario for the crash of `verdict` with `drivers`, in the order in which they are to be
/// started.
pub fn propose(wanted: &WantedCrash, drivers: &[DraftDriver], means: Means) -> Proposal {
    let verdict = &wanted.verdict;
    let mut reasons = Vec::new();
    let trigger = Trigger::of(verdict);
    let waits = waits(verdict, trigger);
    let guest = GuestSpec {
        cpus: cpus(verdict, means, &mut reasons),
        memory: memory_size(wanted.memory, means, &mut reasons),
        hypervisor: match verdict.bugcheck.code {
            DPC_WATCHDOG => {
                let why = "the DPC watchdog is armed only where no hypervisor is seen";
                reasons.push(format!("hypervisor: hidden, because {why}"));
                Hypervisor::Hidden
            }
            _ => Hypervisor::Visible,
        },
        clock: match waits && means.warp {
            true => Clock::Warp,
            false => Clock::Host,
        },
    };
    let names: Vec<String> = drivers.iter().map(|driver| driver.name.clone()).collect();
    let draft = ScenarioDraft {
        name: "repro".into(),
        summary: format!("Reproduces {}", verdict.signature),
        drivers: drivers.to_vec(),
        verifier: verifier(wanted, &names, &mut reasons),
        guest,
        steps: steps(trigger, &names, verdict, means, &mut reasons),
        within: within(verdict, trigger, waits),
        rate: Rate::Rare,
        expect: expectation(verdict),
    };
    Proposal { draft, reasons }
}

/// Whether the stop comes from a watchdog that waits for seconds or minutes.
fn waits(verdict: &Verdict, trigger: Trigger) -> bool {
    verdict.bugcheck.code == DPC_WATCHDOG
        || matches!(trigger, Trigger::Power | Trigger::Removal)
        || verdict.bugcheck.code == 0x9F
        || trigger == Trigger::Unload
}

fn within(verdict: &Verdict, trigger: Trigger, waits: bool) -> Duration {
    Duration::from_secs(match (verdict.bugcheck.code, trigger) {
        // Windows' watchdog for power requests and for the PnP lock waits ten minutes.
        (_, Trigger::Power | Trigger::Removal) => 700,
        // The cumulated time at DISPATCH_LEVEL has a limit of two minutes.
        (DPC_WATCHDOG, _) => 200,
        // Whatever has not come by then is taken for a hang.
        (HANG, _) => 3,
        _ if waits => 30,
        _ => 10,
    })
}

fn cpus(verdict: &Verdict, means: Means, reasons: &mut Vec<String>) -> u8 {
    let Some(had) = verdict.dump.processors.filter(|count| *count > 0) else {
        reasons.push(format!(
            "{DEFAULT_CPUS} processors, because how many the machine had is not known"
        ));
        return DEFAULT_CPUS;
    };
    let most = u32::from(means.most_cpus);
    if had > most {
        reasons.push(format!("{most} processors, though the machine had {had}"));
    }
    u8::try_from(had.min(most)).unwrap_or(means.most_cpus)
}

/// To the next multiple of 64 MiB: a dump leaves out what the firmware keeps.
fn memory_size(bytes: Option<u64>, means: Means, reasons: &mut Vec<String>) -> MemorySize {
    const STEP: u64 = 64;
    let Some(bytes) = bytes else {
        reasons.push(format!(
            "{DEFAULT_MEMORY} of memory, because how much the machine had is not known"
        ));
        return DEFAULT_MEMORY;
    };
    let had = (bytes >> 20).div_ceil(STEP).saturating_mul(STEP);
    let most = u64::from(means.most_memory.mib());
    if had > most {
        let most = means.most_memory;
        reasons.push(format!("{most} of memory, though the machine had {had}MiB"));
    }
    let mib = had.clamp(u64::from(DEFAULT_MEMORY.mib()), most);
    MemorySize::from_mib(u32::try_from(mib).unwrap_or(u32::MAX))
}

/// As it was on the machine that crashed, if the dump shows it.
fn verifier(
    wanted: &WantedCrash,
    names: &[String],
    reasons: &mut Vec<String>,
) -> Option<(VerifierRules, Vec<String>)> {
    if let Some(verified) = &wanted.verified {
        let is_verified = |name: &&String| {
            let file = format!("{name}.sys");
            verified
                .drivers
                .iter()
                .any(|driver| driver.eq_ignore_ascii_case(&file))
        };
        let ours: Vec<String> = names.iter().filter(is_verified).cloned().collect();
        if !ours.is_empty() {
            let (flags, which) = (verified.flags, ours.join(", "));
            reasons.push(format!(
                "Driver Verifier with flags 0x{flags:X} for {which}, as in the dump"
            ));
            return Some((VerifierRules::Flags(flags), ours));
        }
    }
    let code = wanted.verdict.bugcheck.code;
    if !STOPS_OF_VERIFIER.contains(&code) {
        return None;
    }
    reasons.push(format!(
        "Driver Verifier with its standard rules, because only it raises 0x{code:X}"
    ));
    Some((VerifierRules::Standard, names.to_vec()))
}

fn steps(
    trigger: Trigger,
    names: &[String],
    verdict: &Verdict,
    means: Means,
    reasons: &mut Vec<String>,
) -> Vec<DraftStep> {
    let start = || names.iter().cloned().map(DraftStep::Start);
    match trigger {
        Trigger::Start => start().collect(),
        Trigger::Unload => {
            reasons.push("the drivers are stopped, because it shows when one is unloaded".into());
            let stop = names.iter().rev().cloned().map(DraftStep::Stop);
            start().chain(stop).collect()
        }
        Trigger::Power | Trigger::Removal if !means.bus => {
            reasons.push(
                "the drivers are only started: the crash needs a device, and this guest has no \
                 virtual bus to plug one into"
                    .into(),
            );
            start().chain([DraftStep::Shutdown]).collect()
        }
        Trigger::Power | Trigger::Removal => {
            let device = "device".to_owned();
            let (service, upper_filters) = device_stack(names, verdict);
            let plug = DraftStep::Plug {
                device: device.clone(),
                service,
                upper_filters,
            };
            if trigger == Trigger::Power {
                reasons.push(
                    "a device is plugged in and the guest is switched off, because power IRPs \
                     are sent then"
                        .into(),
                );
                return vec![plug, DraftStep::Shutdown];
            }
            reasons.push(
                "a device is plugged in and taken out, because PnP holds its lock meanwhile".into(),
            );
            vec![plug, DraftStep::Unplug(device), DraftStep::Shutdown]
        }
    }
}

/// The blamed driver serves the device; the others are filters above it.
fn device_stack(names: &[String], verdict: &Verdict) -> (String, Vec<String>) {
    let blamed = (names.iter())
        .position(|name| blames(verdict, name))
        .unwrap_or(0);
    let service = names.get(blamed).cloned().unwrap_or_default();
    let others = names.iter().enumerate().filter(|(at, _)| *at != blamed);
    (service, others.map(|(_, name)| name.clone()).collect())
}

/// Whether the verdict blames the driver of this name.
pub fn blames(verdict: &Verdict, name: &str) -> bool {
    (verdict.culprit.as_ref())
        .is_some_and(|culprit| culprit.module.eq_ignore_ascii_case(&format!("{name}.sys")))
}

/// What the signature holds; addresses and the like differ from run to run.
pub fn expectation(verdict: &Verdict) -> Expectation {
    // The code of a signature with a subtype is `9F_3`.
    let code = verdict.signature.split('|').next().unwrap_or_default();
    let first = verdict.bugcheck.parameters[0].value;
    let subtype = first.filter(|_| code.contains('_')).map(u64::from);
    Expectation::Crash(CrashExpectation {
        bugcheck: Some(BugcheckExpectation {
            code: verdict.bugcheck.code,
            parameters: [subtype, None, None, None],
        }),
        cause: Some(verdict.cause.id),
        culprit: (verdict.culprit.as_ref()).map(|culprit| CulpritExpectation {
            module: culprit.module.clone(),
            function: culprit.function.clone(),
        }),
        victims: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use runner::testing::verdict;

    use super::*;
    use crate::wanted::Verified;

    const MEANS: Means = Means {
        bus: true,
        warp: true,
        most_cpus: 8,
        most_memory: MemorySize::from_mib(512),
    };

    fn drivers() -> Vec<DraftDriver> {
        ["filter", "hog"]
            .map(|name| DraftDriver {
                name: name.into(),
                symbols: true,
            })
            .to_vec()
    }

    fn stop(code: u32, p1: u64, cause: &str) -> Verdict {
        let mut verdict = verdict();
        verdict.bugcheck.code = code;
        verdict.bugcheck.parameters[0].value = Some(p1.into());
        verdict.cause.id = cause.parse().unwrap();
        verdict
    }

    fn wanted(verdict: &Verdict, memory: Option<u64>) -> WantedCrash {
        WantedCrash {
            verdict: verdict.clone(),
            dump: None,
            memory,
            verified: None,
            notes: Vec::new(),
        }
    }

    fn proposed(verdict: &Verdict, means: Means) -> ScenarioDraft {
        let proposal = propose(&wanted(verdict, Some(130 << 20)), &drivers(), means);
        let draft = proposal.draft;
        draft.scenario(Path::new("/x/s.yaml")).unwrap();
        draft
    }

    fn steps_of(draft: &ScenarioDraft) -> Vec<String> {
        draft.steps.iter().map(DraftStep::title).collect()
    }

    #[test]
    fn the_cause_says_what_is_done() {
        let plain = proposed(&verdict(), MEANS);
        assert_eq!(steps_of(&plain), ["start filter", "start hog"]);
        assert_eq!((plain.guest.cpus, plain.guest.memory.mib()), (2, 192));
        assert_eq!(plain.guest.clock, Clock::Host);
        assert_eq!(plain.verifier, None);

        let leak = proposed(&stop(0xC4, 0x62, "pool-leak-at-unload"), MEANS);
        assert_eq!(
            steps_of(&leak),
            ["start filter", "start hog", "stop hog", "stop filter"]
        );
        let (rules, verified) = leak.verifier.unwrap();
        assert_eq!((rules, verified.len()), (VerifierRules::Standard, 2));

        let power = stop(0x9F, 3, "power-irp-never-completed");
        let draft = proposed(&power, MEANS);
        assert_eq!(steps_of(&draft), ["plug device (hog)", "shutdown"]);
        assert_eq!(draft.guest.clock, Clock::Warp);
        let without_bus = Means {
            bus: false,
            warp: false,
            ..MEANS
        };
        let draft = proposed(&power, without_bus);
        assert_eq!(steps_of(&draft), ["start filter", "start hog", "shutdown"]);
        assert_eq!(draft.guest.clock, Clock::Host);

        let pnp = proposed(&stop(0x9F, 4, "pnp-lock-held-by-blocked-driver"), MEANS);
        assert_eq!(pnp.steps[1], DraftStep::Unplug("device".into()));

        let dpc = proposed(&stop(0x133, 0, "dpc-overrun"), MEANS);
        assert_eq!(dpc.guest.hypervisor, Hypervisor::Hidden);
        assert_eq!(dpc.guest.clock, Clock::Warp);
    }

    #[test]
    fn verifier_watches_what_it_watched() {
        let mut wanted = wanted(&verdict(), None);
        wanted.verified = Some(Verified {
            flags: 0x1B,
            drivers: vec!["HOG.SYS".into(), "other.sys".into()],
        });
        let draft = propose(&wanted, &drivers(), MEANS).draft;
        let watched = (VerifierRules::Flags(0x1B), vec!["hog".to_owned()]);
        assert_eq!(draft.verifier, Some(watched));
    }

    #[test]
    fn a_machine_beyond_our_means_gets_what_we_have() {
        let mut verdict = verdict();
        verdict.dump.processors = Some(128);
        let proposal = propose(&wanted(&verdict, Some(u64::MAX)), &drivers(), MEANS);
        assert_eq!(proposal.draft.guest.cpus, 8);
        assert_eq!(proposal.draft.guest.memory.mib(), 512);
        assert_eq!(proposal.reasons.len(), 2, "{:?}", proposal.reasons);
        verdict.dump.processors = None;
        let proposal = propose(&wanted(&verdict, None), &drivers(), MEANS);
        assert_eq!(proposal.draft.guest.cpus, 2);
        assert!(proposal.reasons[1].contains("not known"));
    }
}
