//! Whether the watchdog that a scenario is about is armed in the guest.

use tokio::time::timeout;
use vm::guest::{Agent, SerialLog};
use vm::plan::Watchdog;
use vm::watch::Ending;

use super::{LAST_CHANCE, StepRunner};

impl StepRunner<'_> {
    /// Without the watchdog that the scenario is about, a run would prove nothing.
    /// Returns whether it was seen to be armed.
    pub(super) async fn check_watchdog(
        &self,
        agent: &Agent,
        serial: &mut SerialLog,
    ) -> Result<bool, Ending> {
        let Some(watchdog) = self.plan.watchdog else {
            return Ok(false);
        };
        let state = match self.plan.debug_output_on_com1 {
            true => self.stated_on_com1(watchdog, serial).await?,
            false => match self.seen_in_memory(watchdog, agent).await {
                Ok(state) => state,
                // The stop may come all the same, which proves that it is armed.
                Err(why) => {
                    let name = watchdog.name();
                    self.recorder
                        .note(format!("whether the {name} is armed is not known: {why}"));
                    return Ok(false);
                }
            },
        };
        state.map(|()| true).map_err(Ending::StepFailed)
    }

    /// What the kernel says of a watchdog while it boots: armed, or why not.
    async fn stated_on_com1(
        &self,
        watchdog: Watchdog,
        serial: &mut SerialLog,
    ) -> Result<Result<(), String>, Ending> {
        // It only has to get here.
        match timeout(LAST_CHANCE, serial.wait_for(|line| watchdog.state(line))).await {
            Ok(Some(state)) => Ok(state),
            Ok(None) | Err(_) => {
                let name = watchdog.name();
                let message = format!("the guest does not say whether its {name} is armed");
                Err(Ending::StepFailed(message))
            }
        }
    }

    /// What the kernel's memory holds of a watchdog: armed, or why not.
    async fn seen_in_memory(
        &self,
        watchdog: Watchdog,
        agent: &Agent,
    ) -> Result<Result<(), String>, String> {
        if agent.guest_time().is_some() {
            return Err("the monitor stands still with a guest in lockstep".into());
        }
        let probe = self.probe.ok_or("the guest's memory cannot be read")?;
        watchdog.seen(&probe.survey().await?)
    }
}
