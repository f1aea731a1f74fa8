//! A run while its guest lives: the steps, raced against the crash watcher and QEMU's death.

use std::time::Duration;

use scenario::Expectation;
use tokio::time::timeout;
use vm::guest::{Guest, SerialLog, disturb};
use vm::plan::{Action, DriverReport};
use vm::watch::{self, Ending, Leaving};

use super::probe::MemoryProbe;
use super::resets::ExpectedResets;
use super::steps::{StepRunner, StepsEnd};
use super::upload::DriverUpload;
use super::{LINE_LATE, Run};
use crate::artefacts::RunFolder;

/// How long a crash may take to be reported once the steps have ended.
const SETTLE: Duration = Duration::from_millis(100);

/// How long QEMU may take to end once the agent's channel has closed. Its death tells more.
const DEATH_FOLLOWS: Duration = Duration::from_secs(5);

impl Run<'_> {
    /// Runs the steps until something ends the run.
    pub(super) async fn live(
        &self,
        guest: &mut Guest,
        uploads: &[DriverUpload<'_>],
        folder: &RunFolder,
    ) -> StepsEnd {
        let Guest {
            qemu,
            events,
            agent,
            serial,
            qmp,
            ..
        } = guest;
        let resets = ExpectedResets::default();
        let probe = MemoryProbe {
            plan: self.plan,
            qmp,
            folder: folder.path(),
        };
        let steps = StepRunner {
            plan: self.plan,
            uploads,
            recorder: &self.recorder,
            monitor: Some(qmp),
            resets: &resets,
            probe: Some(&probe),
        };
        let mut com1 = serial.clone();
        let end = tokio::select! {
            biased;
            ending = watch::crash_or_reset(events, || resets.saw_reset()) => {
                let ending = match resets.shuts_down() {
                    true => self.finish_shutdown(ending, &mut com1).await,
                    false => ending,
                };
                return ending.into();
            }
            death = qemu.death() => return Ending::QemuDied(death.to_string()).into(),
            end = steps.run(agent, serial) => end,
            () = disturb(self.plan.jitter, qmp) => unreachable!("it never returns"),
        };
        if self.plan.jitter.is_some() {
            // The jitter may have left it paused; a monitor that fails is seen below.
            let _ = qmp.resume().await;
        }
        let grace = match &end.ending {
            Ending::QemuDied(_) => DEATH_FOLLOWS,
            _ => SETTLE,
        };
        // In lockstep, what is still on its way needs guest time.
        let settled = timeout(grace + LINE_LATE, agent.pause(grace));
        let ending = tokio::select! {
            biased;
            ending = watch::crash(events) => ending,
            death = qemu.death() => Ending::QemuDied(death.to_string()),
            _ = settled => end.ending,
        };
        StepsEnd { ending, ..end }
    }

    /// The ending of a guest that was told to shut down: where no crash is expected, it survived
    /// if its drivers had reported that their work is done.
    async fn finish_shutdown(&self, ending: Ending, serial: &mut SerialLog) -> Ending {
        let Ending::Left { how, message } = &ending else {
            return ending;
        };
        let asked_for = match self.plan.actions.last() {
            Some(Action::Leave { restart: true, .. }) => Some(Leaving::Restart),
            Some(Action::Leave { restart: false, .. }) => Some(Leaving::Off),
            _ => None,
        };
        if *how != asked_for || self.plan.expect != Expectation::NoCrash {
            return ending;
        }
        let heard = self.plan.debug_output_on_com1;
        for driver in self.plan.drivers.iter().filter(|_| heard) {
            let report = serial.wait_for(|line| driver.report(line));
            match timeout(LINE_LATE, report).await {
                Ok(Some(DriverReport::Done)) => {}
                Ok(Some(DriverReport::Failed(message))) => return Ending::WorkFailed(message),
                Ok(None) | Err(_) => {
                    let missing = format!("no line `{}: done` on COM1", driver.reports_as);
                    return Ending::Left {
                        how: *how,
                        message: format!("{missing}; {message}"),
                    };
                }
            }
        }
        Ending::Survived
    }
}
