//! Watchdogs that a kernel may leave unarmed: without them some stops cannot come.

use analyzer::{DpcWatchdog, Survey};
use scenario::BugcheckExpectation;
use serde::Serialize;

/// A watchdog of the guest's kernel that must be armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watchdog {
    /// Stops a processor that is too long in a DPC or at DISPATCH_LEVEL. Off, as on Windows,
    /// where the kernel sees a hypervisor.
    Dpc,
}

/// Which stop comes from which watchdog. (The watchdogs for power requests and for the PnP lock
/// behind 0x9F cannot be off.)
const BEHIND: &[(u32, Watchdog)] = &[(0x133, Watchdog::Dpc)];

impl Watchdog {
    /// The watchdog that an expected stop comes from.
    pub fn behind(stop: &BugcheckExpectation) -> Option<Self> {
        (BEHIND.iter())
            .find(|(code, _)| *code == stop.code)
            .map(|(_, watchdog)| *watchdog)
    }

    /// As people, and the guest's kernel on COM1, call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dpc => "DPC watchdog",
        }
    }

    /// What a running guest's memory shows of it: `Ok(Err(…))` is the reason why it is not
    /// armed.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn seen(self, survey: &Survey) -> Result<Result<(), String>, String> {
        match &survey.dpc_watchdog {
            DpcWatchdog::Armed { .. } => Ok(Ok(())),
            DpcWatchdog::NotArmed { why } => Ok(Err(format!("{} not armed ({why})", self.name()))),
            DpcWatchdog::Unknown { why } => Err(why.clone()),
        }
    }

    /// What a line on COM1 says of it: armed, or the reason why not.
    pub fn state(self, line: &str) -> Option<Result<(), String>> {
        let state = line.trim().strip_prefix(self.name())?.strip_prefix(": ")?;
        match state {
            "armed" => Some(Ok(())),
            state if state.starts_with("not armed") => {
                Some(Err(format!("{} {state}", self.name())))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_line_tells() {
        let state = |line| Watchdog::Dpc.state(line);
        assert_eq!(state("DPC watchdog: armed\r"), Some(Ok(())));
        assert_eq!(
            state("DPC watchdog: not armed (hypervisor present)"),
            Some(Err("DPC watchdog not armed (hypervisor present)".into()))
        );
        assert_eq!(state("DPC watchdog: 20 s"), None);
        assert_eq!(state("watchdog: armed"), None);
    }
}
