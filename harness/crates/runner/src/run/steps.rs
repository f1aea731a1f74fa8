//! The steps of a run in its guest: upload the drivers, act, and wait for the outcome.
//!
//! The guest may stop at any point; the caller races this against the crash watcher.

mod proof;
mod watchdog;

use std::time::Duration;

use scenario::Expectation;
use tokio::time::sleep;
use vm::guest::{Agent, AgentError, Elapsed, GuestClock, Qmp, QmpError, SerialLog};
use vm::plan::{Action, Plan};
use vm::watch::Ending;

use super::probe::MemoryProbe;
use super::recorder::Recorder;
use super::resets::ExpectedResets;
use super::upload::DriverUpload;
use crate::events::Phase;

/// How long a guest that seems to hang has for one last answer.
const LAST_CHANCE: Duration = Duration::from_secs(2);

/// `sc.exe`'s exit code where the service was made by an earlier run of a reused guest.
const ERROR_SERVICE_EXISTS: i64 = 1073;

/// Takes the steps of one run.
pub(super) struct StepRunner<'s> {
    pub plan: &'s Plan,
    pub uploads: &'s [DriverUpload<'s>],
    pub recorder: &'s Recorder<'s>,
    /// QEMU's monitor: reads the guest's clock where that is warped, and permits restarts.
    pub monitor: Option<&'s Qmp>,
    /// Tells the crash watcher which resets the steps cause.
    pub resets: &'s ExpectedResets,
    /// Reads the running guest's memory, where that is possible.
    pub probe: Option<&'s MemoryProbe<'s>>,
}

/// How the steps ended.
#[derive(Debug)]
pub(super) struct StepsEnd {
    pub ending: Ending,
    /// Whether the plan's watchdog was seen to be armed.
    pub watchdog_seen: bool,
}

impl From<Ending> for StepsEnd {
    /// An ending before which no watchdog was seen.
    fn from(ending: Ending) -> Self {
        Self {
            ending,
            watchdog_seen: false,
        }
    }
}

impl StepRunner<'_> {
    /// Takes the steps. The ending is how they went; crashes are for the watcher to see.
    pub(super) async fn run(&self, agent: &mut Agent, serial: &mut SerialLog) -> StepsEnd {
        let (mut clock, watchdog_seen) = match self.boot(agent, serial).await {
            Ok(booted) => booted,
            Err(ending) => return ending.into(),
        };
        let ending = match self.take_steps(agent, serial, &mut clock).await {
            Ok(ending) | Err(ending) => ending,
        };
        StepsEnd {
            ending,
            watchdog_seen,
        }
    }

    /// Waits until the guest is ready. Returns its clock, and whether the plan's watchdog was seen
    /// to be armed.
    async fn boot(
        &self,
        agent: &mut Agent,
        serial: &mut SerialLog,
    ) -> Result<(GuestClock<'_>, bool), Ending> {
        (agent.sync(self.plan.agent.ready_within).await)
            .map_err(|error| ending_of(error, "guest agent"))?;
        let clock = match (self.plan.machine.warp_shift, self.monitor) {
            (Some(_), Some(monitor)) => {
                let clock = GuestClock::follow_guest(monitor, agent.guest_time()).await;
                clock.map_err(|error| no_time(&error))?
            }
            _ => GuestClock::follow_host(),
        };
        self.recorder.phase_at(Phase::Ready, agent.guest_time());
        let watchdog_seen = self.check_watchdog(agent, serial).await?;
        Ok((clock, watchdog_seen))
    }

    /// Uploads the drivers, takes the steps, and waits for the outcome.
    async fn take_steps(
        &self,
        agent: &mut Agent,
        serial: &mut SerialLog,
        clock: &mut GuestClock<'_>,
    ) -> Result<Ending, Ending> {
        self.upload(agent, clock).await?;
        for action in &self.plan.actions {
            let phase = match action {
                Action::Start(service) => Phase::Starting(service.clone()),
                _ => Phase::Running(action.title()),
            };
            self.recorder.phase_at(phase, agent.guest_time());
            self.act(agent, action, clock).await?;
        }
        self.recorder.phase_at(Phase::Waiting, agent.guest_time());
        let heard = self.plan.debug_output_on_com1;
        // What a driver leaves behind may show long after it said that it is done.
        let lingers = self.plan.observes
            && (self.plan.actions.iter()).any(|action| matches!(action, Action::Stop(_)));
        let leaves = matches!(self.plan.actions.last(), Some(Action::Leave { .. }));
        match self.plan.expect {
            Expectation::Crash(_) if self.plan.rare && heard && !lingers => {
                // Without the crash, the drivers finish, or report a failure.
                for driver in &self.plan.drivers {
                    match self.report_of(driver, agent, serial, clock).await {
                        // A driver from elsewhere writes no report.
                        Err(Ending::TimedOut {
                            responsive: true, ..
                        }) if self.plan.observes => break,
                        report => report?,
                    };
                }
                Ok(Ending::Survived)
            }
            Expectation::NoCrash if !leaves => {
                self.prove(agent, serial, clock).await?;
                Ok(Ending::Survived)
            }
            Expectation::Crash(_) | Expectation::NoCrash => {
                self.let_pass(self.plan.within, agent, clock).await?;
                let waiting_for = match self.plan.expect {
                    Expectation::Crash(_) => "stop",
                    Expectation::NoCrash => "power-off",
                };
                let responsive = agent.sync(LAST_CHANCE).await.is_ok();
                if responsive && self.plan.rare {
                    return Ok(Ending::Survived);
                }
                Ok(Ending::TimedOut {
                    waiting_for: waiting_for.into(),
                    responsive,
                })
            }
        }
    }

    /// Copies every driver into the guest and makes its service.
    async fn upload(&self, agent: &mut Agent, clock: &mut GuestClock<'_>) -> Result<(), Ending> {
        for DriverUpload { driver, bytes } in self.uploads {
            agent
                .write_file(&driver.guest_path, bytes)
                .await
                .map_err(|error| ending_of(error, "answer while a driver was copied"))?;
            let create = ["create", &driver.service, "type=", "kernel", "binPath="];
            let args: Vec<&str> = create.into_iter().chain([&*driver.guest_path]).collect();
            let fine = &[ERROR_SERVICE_EXISTS];
            self.exec(agent, "sc.exe", &args, clock, fine).await?;
        }
        Ok(())
    }

    async fn act(
        &self,
        agent: &mut Agent,
        action: &Action,
        clock: &mut GuestClock<'_>,
    ) -> Result<(), Ending> {
        let (program, args) = action.command();
        match action {
            Action::Leave { .. } => {
                self.resets.expect_shutdown();
                self.exec_no_reply(agent, program, &args, clock).await
            }
            Action::Reboot(_) => {
                self.may_reboot(true).await?;
                self.resets.expect_restart();
                let restarted = self.restart(agent, program, &args, clock).await;
                self.resets.expect_none();
                restarted?;
                self.may_reboot(false).await?;
                (agent.sync(self.plan.agent.ready_within).await)
                    .map_err(|error| ending_of(error, "guest agent after the restart"))
            }
            Action::Start(_) | Action::Stop(_) | Action::Run { .. } => {
                self.exec(agent, program, &args, clock, action.fine_codes())
                    .await
            }
        }
    }

    /// Runs a program that restarts the guest, until it does.
    async fn restart(
        &self,
        agent: &mut Agent,
        program: &str,
        args: &[&str],
        clock: &mut GuestClock<'_>,
    ) -> Result<(), Ending> {
        let within = self.plan.agent.ready_within;
        let missed = async {
            self.exec_no_reply(agent, program, args, clock).await?;
            // The program only requests it: the guest ends its services first.
            sleep(within).await;
            Err(Ending::TimedOut {
                waiting_for: format!("restart within {} s", within.as_secs()),
                responsive: false,
            })
        };
        tokio::select! {
            () = self.resets.restarted() => Ok(()),
            missed = missed => missed,
        }
    }

    /// Runs a program that ends the guest: the agent may go before it could answer.
    async fn exec_no_reply(
        &self,
        agent: &mut Agent,
        program: &str,
        args: &[&str],
        clock: &mut GuestClock<'_>,
    ) -> Result<(), Ending> {
        match self.exec(agent, program, args, clock, &[]).await {
            Err(Ending::TimedOut { .. }) => Ok(()),
            ended => ended,
        }
    }

    async fn may_reboot(&self, may: bool) -> Result<(), Ending> {
        let Some(monitor) = self.monitor else {
            return Ok(());
        };
        (monitor.let_reboot(may).await).map_err(|error| match error {
            QmpError::Closed | QmpError::Io(_) => Ending::QemuDied(error.to_string()),
            _ => Ending::StepFailed(format!("QEMU does not let the guest restart: {error}")),
        })
    }

    /// Lets guest time pass.
    async fn let_pass(
        &self,
        time: Duration,
        agent: &mut Agent,
        clock: &GuestClock<'_>,
    ) -> Result<(), Ending> {
        if agent.guest_time().is_none() {
            clock.reach(time).await;
            return Ok(());
        }
        // An agent that gets no processor does not come back.
        match clock.limit(time, agent.pause(time)).await {
            Ok(passed) => passed.map_err(|error| ending_of(error, "guest agent")),
            Err(Elapsed) => Ok(()),
        }
    }

    /// Runs a program, which restarts the clock; an exit code other than 0 and those in `fine`
    /// ends the run.
    async fn exec(
        &self,
        agent: &mut Agent,
        program: &str,
        args: &[&str],
        clock: &mut GuestClock<'_>,
        fine: &[i64],
    ) -> Result<(), Ending> {
        let restarted = clock.restart(agent.guest_time()).await;
        restarted.map_err(|error| no_time(&error))?;
        let command = format!("`{program} {}`", args.join(" "));
        let within = self.plan.within;
        let work = agent.exec(program, args, clock.patience(within));
        let output = match clock.limit(within, work).await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => return Err(ending_of(error, &format!("answer to {command}"))),
            Err(Elapsed) => {
                return Err(Ending::TimedOut {
                    waiting_for: format!("answer to {command} within {} s", within.as_secs()),
                    responsive: false,
                });
            }
        };
        if output.code == 0 || fine.contains(&output.code) {
            return Ok(());
        }
        let lines: Vec<&str> = output.text.lines().map(str::trim).collect();
        Err(Ending::StepFailed(format!(
            "{}: {} (exit code {})",
            failed(program, args),
            lines.join(" "),
            output.code
        )))
    }
}

/// What it means that a program failed.
fn failed(program: &str, args: &[&str]) -> String {
    match (program, args) {
        ("sc.exe", ["start", driver, ..]) => format!("driver {driver} did not load"),
        ("sc.exe", ["stop", driver, ..]) => format!("driver {driver} did not stop"),
        ("sc.exe", ["create", driver, ..]) => format!("driver {driver} could not be installed"),
        _ => format!("`{program} {}` failed", args.join(" ")),
    }
}

fn no_time(error: &QmpError) -> Ending {
    match error {
        QmpError::Closed | QmpError::Io(_) => Ending::QemuDied(error.to_string()),
        _ => Ending::StepFailed(format!("the guest's clock cannot be read: {error}")),
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
