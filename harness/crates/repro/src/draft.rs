//! A scenario as data that can be changed and written. A [`Scenario`] can only be read, so that one
//! that exists is consistent; a draft becomes one by being written and read again.

use std::path::Path;
use std::time::Duration;

use scenario::{Expectation, GuestSpec, Rate, Scenario, ScenarioError, Step, VerifierRules, parse};

use super::yaml;

/// A scenario that can be changed.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioDraft {
    /// Kebab-case name.
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// Services with their files, relative to the scenario's folder.
    pub drivers: Vec<DraftDriver>,
    /// Driver Verifier: what it checks, and for which drivers.
    pub verifier: Option<(VerifierRules, Vec<String>)>,
    pub guest: GuestSpec,
    pub steps: Vec<DraftStep>,
    /// How long, in guest time, each step may take, and the outcome.
    pub within: Duration,
    /// How often the crash comes.
    pub rate: Rate,
    /// The expected outcome.
    pub expect: Expectation,
}

/// A driver, its file `drivers/<name>.sys`, and, if there are symbols, `drivers/<name>.pdb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftDriver {
    /// The service's name: the file's stem.
    pub name: String,
    /// Whether there are symbols.
    pub symbols: bool,
}

/// A step, with the names of its drivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftStep {
    /// Start a service.
    Start(String),
    /// Stop a service.
    Stop(String),
    /// Plug a device into the virtual bus.
    Plug {
        device: String,
        service: String,
        /// Its upper filters.
        upper_filters: Vec<String>,
    },
    /// Take a device out.
    Unplug(String),
    /// Switch the guest off.
    Shutdown,
    /// Restart the guest.
    Restart,
    /// Run a program of the guest.
    Exec { path: String, args: Vec<String> },
}

impl DraftStep {
    /// The drivers that it needs.
    fn drivers(&self) -> Vec<&str> {
        match self {
            Self::Start(driver) | Self::Stop(driver) => vec![driver],
            Self::Plug {
                service,
                upper_filters,
                ..
            } => std::iter::once(service)
                .chain(upper_filters)
                .map(String::as_str)
                .collect(),
            Self::Unplug(_) | Self::Shutdown | Self::Restart | Self::Exec { .. } => Vec::new(),
        }
    }

    /// As people say it.
    pub fn title(&self) -> String {
        match self {
            Self::Start(driver) => format!("start {driver}"),
            Self::Stop(driver) => format!("stop {driver}"),
            Self::Plug {
                device, service, ..
            } => format!("plug {device} ({service})"),
            Self::Unplug(device) => format!("unplug {device}"),
            Self::Shutdown => "shutdown".into(),
            Self::Restart => "restart".into(),
            Self::Exec { path, .. } => format!("run {path}"),
        }
    }
}

impl ScenarioDraft {
    /// The draft of an existing scenario. `has_symbols` says of which drivers there are symbols.
    pub fn of(scenario: &Scenario, has_symbols: impl Fn(&str) -> bool) -> Self {
        let name = |index| scenario.driver(index).name().to_owned();
        let steps = scenario.steps.iter().map(|step| match step {
            Step::Start(driver) => DraftStep::Start(name(*driver)),
            Step::Stop(driver) => DraftStep::Stop(name(*driver)),
            Step::Plug {
                device,
                service,
                upper_filters,
            } => DraftStep::Plug {
                device: device.clone(),
                service: name(*service),
                upper_filters: upper_filters.iter().map(|filter| name(*filter)).collect(),
            },
            Step::Unplug(device) => DraftStep::Unplug(device.clone()),
            Step::Shutdown => DraftStep::Shutdown,
            Step::Restart => DraftStep::Restart,
            Step::Exec { path, args } => DraftStep::Exec {
                path: path.clone(),
                args: args.clone(),
            },
        });
        Self {
            name: scenario.name.clone(),
            summary: scenario.summary.clone(),
            drivers: (scenario.drivers.iter())
                .map(|driver| DraftDriver {
                    name: driver.name().to_owned(),
                    symbols: has_symbols(driver.name()),
                })
                .collect(),
            verifier: (scenario.verifier.as_ref()).map(|spec| {
                let drivers = spec.drivers.iter().map(|driver| name(*driver));
                (spec.rules, drivers.collect())
            }),
            guest: scenario.guest.clone(),
            steps: steps.collect(),
            within: scenario.within,
            rate: scenario.rate,
            expect: scenario.expect.clone(),
        }
    }

    /// The same without drivers that no step uses any more.
    pub fn tidy(mut self) -> Self {
        // A program may load any driver.
        if !self
            .steps
            .iter()
            .any(|step| matches!(step, DraftStep::Exec { .. }))
        {
            let used: Vec<String> = (self.steps.iter())
                .flat_map(DraftStep::drivers)
                .map(str::to_owned)
                .collect();
            self.drivers.retain(|driver| used.contains(&driver.name));
        }
        if let Some((_, verified)) = &mut self.verifier {
            verified.retain(|name| self.drivers.iter().any(|driver| driver.name == *name));
        }
        self.verifier = self.verifier.filter(|(_, verified)| !verified.is_empty());
        self
    }

    /// The scenario, as if read from `file`.
    ///
    /// # Errors
    /// It makes no sense, such as a driver that is stopped but not started.
    pub fn scenario(&self, file: &Path) -> Result<Scenario, ScenarioError> {
        parse(file, &self.to_yaml(), &[])
    }

    pub(crate) fn to_yaml(&self) -> String {
        yaml::of(self)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;
    use scenario::{
        BugcheckExpectation, Clock, CrashExpectation, CulpritExpectation, Hypervisor, MemorySize,
    };

    use super::*;

    pub(crate) fn draft() -> ScenarioDraft {
        ScenarioDraft {
            name: "repro-hog".into(),
            summary: "A \"quoted\" crash: # of a driver\nof somebody's".into(),
            drivers: vec![
                DraftDriver {
                    name: "hog".into(),
                    symbols: true,
                },
                DraftDriver {
                    name: "no".into(),
                    symbols: false,
                },
            ],
            verifier: Some((
                VerifierRules::Flags(0x209BB),
                vec!["no".into(), "hog".into()],
            )),
            guest: GuestSpec {
                cpus: 3,
                memory: MemorySize::from_mib(192),
                hypervisor: Hypervisor::Hidden,
                clock: Clock::Warp,
            },
            steps: vec![
                DraftStep::Start("hog".into()),
                DraftStep::Plug {
                    device: "0x12".into(),
                    service: "no".into(),
                    upper_filters: vec!["hog".into()],
                },
                DraftStep::Exec {
                    path: r"C:\x y.exe".into(),
                    args: vec!["".into(), "'".into(), "\u{1b}".into()],
                },
                DraftStep::Stop("hog".into()),
                DraftStep::Unplug("0x12".into()),
                DraftStep::Restart,
            ],
            within: Duration::from_millis(90_500),
            rate: Rate::Rare,
            expect: Expectation::Crash(CrashExpectation {
                bugcheck: Some(BugcheckExpectation {
                    code: 0x9F,
                    parameters: [Some(3), None, None, Some(u64::MAX)],
                }),
                cause: Some("irql-leaked".parse().unwrap()),
                culprit: Some(CulpritExpectation {
                    module: "hog.sys".into(),
                    function: Some("operator new".into()),
                }),
                victims: vec!["null".into()],
            }),
        }
    }

    #[track_caller]
    fn survives(draft: &ScenarioDraft) {
        let file = Path::new("/there/scenario.yaml");
        let scenario = draft.scenario(file).unwrap();
        let again = ScenarioDraft::of(&scenario, |name| {
            (draft.drivers.iter()).any(|driver| driver.name == name && driver.symbols)
        });
        assert_eq!(&again, draft, "{}", draft.to_yaml());
    }

    #[test]
    fn what_is_written_reads_the_same() {
        survives(&draft());
        let plain = ScenarioDraft {
            verifier: None,
            expect: Expectation::NoCrash,
            rate: Rate::Always,
            ..draft()
        };
        survives(&plain);
    }

    #[test]
    fn a_draft_without_its_steps_needs_fewer_drivers() {
        let mut draft = draft();
        draft.steps = vec![DraftStep::Start("hog".into())];
        let tidy = draft.clone().tidy();
        assert_eq!(tidy.drivers, draft.drivers[..1]);
        assert_eq!(tidy.verifier.as_ref().unwrap().1, ["hog"]);
        survives(&tidy);
        draft.steps = vec![DraftStep::Start("no".into())];
        draft.verifier = Some((VerifierRules::Standard, vec!["hog".into()]));
        assert_eq!(draft.tidy().verifier, None);
    }

    proptest! {
        #[test]
        fn any_text_survives(summary in ".*", device in ".*", function in ".+") {
            let mut draft = draft();
            draft.summary = summary;
            draft.steps = vec![
                DraftStep::Plug { device, service: "hog".into(), upper_filters: vec!["no".into()] },
            ];
            if let Expectation::Crash(crash) = &mut draft.expect
                && let Some(culprit) = &mut crash.culprit
            {
                culprit.function = Some(function);
            }
            survives(&draft);
        }
    }
}
