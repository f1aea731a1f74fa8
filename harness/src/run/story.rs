//! What is done in the guest: bring the drivers, start them, wait for what comes of it.
//!
//! The guest may stop at any point of this; whoever tells the story races it against the watch.

use std::time::Duration;

use tokio::time::timeout;

use crate::events::Phase;
use crate::guest::{Agent, AgentError, GuestClock, SerialLog};
use crate::plan::{Action, DriverReport, Plan, PlannedDriver};
use crate::scenario::Expectation;
use crate::watch::Ending;

/// How long a guest that seems to hang has for one last answer.
const LAST_CHANCE: Duration = Duration::from_secs(2);

/// `sc.exe`'s exit code where the service was made by an earlier run of a reused guest.
const ERROR_SERVICE_EXISTS: i64 = 1073;

/// A driver and its bytes.
pub(super) struct Delivery<'d> {
    pub driver: &'d PlannedDriver,
    pub bytes: Vec<u8>,
}

/// The story of one run.
pub(super) struct Story<'s> {
    pub plan: &'s Plan,
    pub deliveries: &'s [Delivery<'s>],
    pub phase: &'s dyn Fn(Phase),
}

impl Story<'_> {
    /// Tells it. The ending is the story's own: a crash is seen by others.
    pub(super) async fn tell(&self, agent: &mut Agent, serial: &mut SerialLog) -> Ending {
        if let Err(error) = agent.sync(self.plan.agent.ready_within).await {
            return ending_of(error, "guest agent");
        }
        let clock = GuestClock::start();
        (self.phase)(Phase::Ready);
        match self.steps(agent, clock).await {
            Ok(()) => {}
            Err(ending) => return ending,
        }
        (self.phase)(Phase::Waiting);
        match self.plan.expect {
            Expectation::Crash(_) => {
                clock.reach(self.plan.within).await;
                Ending::TimedOut {
                    waiting_for: "stop".into(),
                    responsive: agent.ping(LAST_CHANCE).await.is_ok(),
                }
            }
            Expectation::NoCrash => match self.prove(agent, serial, clock).await {
                Ok(()) => Ending::Survived,
                Err(ending) => ending,
            },
        }
    }

    async fn steps(&self, agent: &mut Agent, clock: GuestClock) -> Result<(), Ending> {
        for Delivery { driver, bytes } in self.deliveries {
            agent
                .write_file(&driver.guest_path, bytes)
                .await
                .map_err(|error| ending_of(error, "answer while a driver was copied"))?;
            let create = ["create", &driver.service, "type=", "kernel", "binPath="];
            let args: Vec<&str> = create.into_iter().chain([&*driver.guest_path]).collect();
            self.sc(agent, &args, clock, &[ERROR_SERVICE_EXISTS])
                .await?;
        }
        for Action::Start(service) in &self.plan.actions {
            (self.phase)(Phase::Starting(service.clone()));
            self.sc(agent, &["start", service], clock, &[]).await?;
        }
        Ok(())
    }

    /// A driver that does nothing must not pass for one that does its work without crashing: each
    /// says on COM1 when its work is done, and unloading waits for its threads.
    async fn prove(
        &self,
        agent: &mut Agent,
        serial: &mut SerialLog,
        clock: GuestClock,
    ) -> Result<(), Ending> {
        for driver in &self.plan.drivers {
            let left = clock.left(self.plan.within);
            match timeout(left, serial.wait_for(|line| driver.report(line))).await {
                Ok(Some(DriverReport::Done)) => {}
                Ok(Some(DriverReport::Failed(words))) => return Err(Ending::WorkFailed(words)),
                Ok(None) => return Err(Ending::QemuDied("COM1 was closed".into())),
                Err(_) => {
                    return Err(Ending::TimedOut {
                        waiting_for: format!("line `{}: done` on COM1", driver.reports_as),
                        responsive: agent.ping(LAST_CHANCE).await.is_ok(),
                    });
                }
            }
        }
        for Action::Start(service) in self.plan.actions.iter().rev() {
            self.sc(agent, &["stop", service], clock, &[]).await?;
        }
        agent
            .ping(LAST_CHANCE)
            .await
            .map_err(|error| ending_of(error, "answer after the drivers were stopped"))
    }

    /// Runs `sc.exe`; an exit code other than 0 and those in `fine` ends the run.
    async fn sc(
        &self,
        agent: &mut Agent,
        args: &[&str],
        clock: GuestClock,
        fine: &[i64],
    ) -> Result<(), Ending> {
        let left = clock.left(self.plan.within);
        let output = agent
            .exec("sc.exe", args, left)
            .await
            .map_err(|error| ending_of(error, &format!("answer to `sc.exe {}`", args.join(" "))))?;
        if output.code == 0 || fine.contains(&output.code) {
            return Ok(());
        }
        let verb = match args[0] {
            "start" => "did not load",
            "stop" => "did not stop",
            _ => "could not be installed",
        };
        let words: Vec<&str> = output.text.lines().map(str::trim).collect();
        Err(Ending::StepFailed(format!(
            "driver {} {verb}: {} (exit code {})",
            args[1],
            words.join(" "),
            output.code
        )))
    }
}

/// What an agent's failure means for the run.
fn ending_of(error: AgentError, waiting_for: &str) -> Ending {
    match error {
        AgentError::Silent { after, .. } => Ending::TimedOut {
            waiting_for: format!("{waiting_for} within {} s", after.as_secs()),
            responsive: false,
        },
        AgentError::Closed | AgentError::Io(_) => Ending::QemuDied(error.to_string()),
        AgentError::Refused { .. } | AgentError::Nonsense { .. } => {
            Ending::StepFailed(error.to_string())
        }
    }
}

#[cfg(test)]
mod tests;
