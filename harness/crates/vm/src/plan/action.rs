//! Steps of a scenario → what is run in the guest.

use scenario::{DriverIndex, Scenario, Step, Variant, VerifierRules, VerifierSpec};
use serde::Serialize;

use super::driver::service_name;
use crate::image::Os;

/// Something to do in the guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Start the service of this name.
    Start(String),
    /// Stop the service of this name.
    Stop(String),
    /// Run a program to its end.
    Run { program: String, args: Vec<String> },
    /// Switch the guest off, or restart it: it need not answer any more.
    Leave {
        /// Restart it.
        restart: bool,
        /// What runs in it.
        os: Os,
    },
    /// Restart the guest and wait until it is back.
    Reboot(Os),
}

/// `verifier.exe`'s exit code where a setting holds from the next boot on.
const EXIT_CODE_REBOOT_NEEDED: i64 = 2;

impl Action {
    /// The program to run, and its arguments.
    pub fn command(&self) -> (&str, Vec<&str>) {
        match self {
            Self::Start(service) => ("sc.exe", vec!["start", service]),
            Self::Stop(service) => ("sc.exe", vec!["stop", service]),
            Self::Run { program, args } => (program, args.iter().map(String::as_str).collect()),
            Self::Leave { restart, os } => leave(*os, *restart),
            Self::Reboot(os) => leave(*os, true),
        }
    }

    /// Exit codes other than 0 that are no failure.
    pub fn fine_codes(&self) -> &'static [i64] {
        match self {
            Self::Run { program, .. } if program == VERIFIER => &[EXIT_CODE_REBOOT_NEEDED],
            _ => &[],
        }
    }

    /// What to call it.
    pub fn title(&self) -> String {
        match self {
            Self::Start(service) => service.clone(),
            Self::Stop(_) | Self::Run { .. } | Self::Leave { .. } | Self::Reboot(_) => {
                let (program, args) = self.command();
                format!("{program} {}", args.join(" "))
            }
        }
    }
}

const VERIFIER: &str = "verifier.exe";

/// The program that ends a guest, and its arguments.
fn leave(os: Os, restart: bool) -> (&'static str, Vec<&'static str>) {
    match (os, restart) {
        (Os::TinyNt | Os::Windows, true) => ("shutdown.exe", vec!["/r", "/t", "0"]),
        (Os::TinyNt | Os::Windows, false) => ("shutdown.exe", vec!["/s", "/t", "0"]),
        (Os::Linux, true) => ("/bin/busybox", vec!["reboot", "-f"]),
        (Os::Linux, false) => ("/bin/busybox", vec!["poweroff", "-f"]),
    }
}

/// All that is done in the guest once the drivers are there, Driver Verifier first: it watches
/// only drivers that are loaded later.
pub(super) fn actions(scenario: &Scenario, variant: Variant, os: Os) -> Vec<Action> {
    let service = |driver: &DriverIndex| service_name(scenario.driver(*driver), variant);
    let verifier = (scenario.verifier.iter()).flat_map(|spec| verifier(spec, service, os));
    let steps = scenario.steps.iter().map(|step| match step {
        Step::Start(driver) => Action::Start(service(driver)),
        Step::Stop(driver) => Action::Stop(service(driver)),
        Step::Plug {
            device,
            service: function,
            upper_filters,
        } => {
            let args = ["plug".to_owned(), device.clone(), service(function)];
            let filters = upper_filters.iter().map(service);
            run("swenum.exe", args.into_iter().chain(filters))
        }
        Step::Unplug(device) => run("swenum.exe", ["unplug".to_owned(), device.clone()]),
        Step::Shutdown => Action::Leave { restart: false, os },
        Step::Restart => Action::Leave { restart: true, os },
        Step::Exec { path, args } => run(path, args.iter().cloned()),
    });
    verifier.chain(steps).collect()
}

/// TinyNT reads the settings whenever it loads a driver; Windows only when it boots. (Windows 11's
/// `/dif … /now` needs no boot, but has neither deadlock detection nor the DMA checks, which
/// `/standard` includes, and no flags.) The settings are for one boot: whatever they lead to, the
/// boot after it is without them.
fn verifier(spec: &VerifierSpec, service: impl Fn(&DriverIndex) -> String, os: Os) -> Vec<Action> {
    let rules = match spec.rules {
        VerifierRules::Standard => vec!["/standard".to_owned()],
        VerifierRules::Flags(flags) => vec!["/flags".to_owned(), format!("0x{flags:X}")],
    };
    let files = (spec.drivers.iter()).map(|driver| format!("{}.sys", service(driver)));
    let args = rules.into_iter().chain(["/driver".to_owned()]).chain(files);
    let settings = run(VERIFIER, args);
    match os {
        Os::TinyNt | Os::Linux => vec![settings],
        Os::Windows => {
            let once = ["/bootmode", "oneboot"].map(str::to_owned);
            vec![settings, run(VERIFIER, once), Action::Reboot(os)]
        }
    }
}

fn run(program: &str, args: impl IntoIterator<Item = String>) -> Action {
    Action::Run {
        program: program.to_owned(),
        args: args.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use scenario::parse;

    use super::*;

    #[test]
    fn commands_name_the_variant_that_runs() {
        let text = "name: x\nsummary: s\ndrivers: [a, b]\n\
                    verifier: {rules: standard, drivers: [b, a]}\nsteps:\n\
                    - plug: {device: d, service: a, upper-filters: [b]}\n- start: b\n\
                    - unplug: d\n- exec: {path: sc.exe, args: [query, d]}\n- restart: {}\n\
                    within: 7s\nexpect: {cause: irql-leaked}\n";
        let known = ["a".to_owned(), "b".to_owned()];
        let scenario = parse(Path::new("x.yaml"), text, &known).unwrap();
        let commands = |variant, os| -> Vec<String> {
            (actions(&scenario, variant, os).iter())
                .map(|action| {
                    let (program, args) = action.command();
                    format!("{program} {}", args.join(" "))
                })
                .collect()
        };
        assert_eq!(
            commands(Variant::Fixed, Os::TinyNt),
            [
                "verifier.exe /standard /driver b-fixed.sys a-fixed.sys",
                "swenum.exe plug d a-fixed b-fixed",
                "sc.exe start b-fixed",
                "swenum.exe unplug d",
                "sc.exe query d",
                "shutdown.exe /r /t 0",
            ]
        );
        assert_eq!(
            commands(Variant::Buggy, Os::Windows)[..4],
            [
                "verifier.exe /standard /driver b.sys a.sys",
                "verifier.exe /bootmode oneboot",
                "shutdown.exe /r /t 0",
                "swenum.exe plug d a b",
            ]
        );
    }
}
