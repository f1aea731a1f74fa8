//! What is done in the guest: bring the drivers, take the steps, wait for what comes of it.
//!
//! The guest may stop at any point of this; whoever tells the story races it against the watch.

use std::cell::Cell;
use std::time::Duration;

use analyzer::Survey;
use futures::future::LocalBoxFuture;
use scenario::Expectation;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use vm::guest::{Agent, AgentError, Elapsed, GuestClock, Qmp, QmpError, SerialLog};
use vm::plan::{Action, DriverReport, Plan, PlannedDriver, Watchdog};
use vm::watch::Ending;

use crate::events::Phase;

/// How long a guest that seems to hang has for one last answer.
const LAST_CHANCE: Duration = Duration::from_secs(2);

/// `sc.exe`'s exit code where the service was made by an earlier run of a reused guest.
const ERROR_SERVICE_EXISTS: i64 = 1073;

/// A driver and its bytes.
pub(super) struct Delivery<'d> {
    pub driver: &'d PlannedDriver,
    pub bytes: Vec<u8>,
}

/// Looks at the running guest's memory.
pub(super) trait Look {
    /// What it is set up to do, else why that is not known.
    fn look(&self) -> LocalBoxFuture<'_, Result<Survey, String>>;
}

/// The story of one run.
pub(super) struct Story<'s> {
    pub plan: &'s Plan,
    pub deliveries: &'s [Delivery<'s>],
    /// With what the guest's clock says, if it goes otherwise than ours and is known.
    pub phase: &'s dyn Fn(Phase, Option<Duration>),
    /// Who tells the time in a guest whose clock is warped.
    pub monitor: Option<&'s Qmp>,
    /// Which ends and resets of the guest were asked for.
    pub asked: &'s Asked,
    /// Whether it was seen that the plan's watchdog is armed.
    pub armed: &'s Cell<bool>,
    /// How the guest is looked at while it runs, where that can be done.
    pub look: Option<&'s dyn Look>,
    /// Takes what the report should say.
    pub note: &'s dyn Fn(String),
}

/// What the guest was told to do that would otherwise end the run.
#[derive(Default)]
pub(super) struct Asked {
    /// To switch itself off or to restart, at the end.
    pub leaving: Cell<bool>,
    /// To restart and come back.
    restarting: Cell<bool>,
    restarted: Notify,
}

impl Asked {
    /// Whether a reset that was just seen was asked for.
    pub(super) fn reset(&self) -> bool {
        let asked = self.restarting.get();
        if asked {
            self.restarted.notify_one();
        }
        asked
    }
}

impl Story<'_> {
    /// Tells it. The ending is the story's own: a crash is seen by others.
    pub(super) async fn tell(&self, agent: &mut Agent, serial: &mut SerialLog) -> Ending {
        match self.whole(agent, serial).await {
            Ok(ending) | Err(ending) => ending,
        }
    }

    async fn whole(&self, agent: &mut Agent, serial: &mut SerialLog) -> Result<Ending, Ending> {
        (agent.sync(self.plan.agent.ready_within).await)
            .map_err(|error| ending_of(error, "guest agent"))?;
        let mut clock = match (self.plan.machine.warp_shift, self.monitor) {
            (Some(_), Some(monitor)) => {
                let clock = GuestClock::follow_guest(monitor, agent.guest_time()).await;
                clock.map_err(|error| no_time(&error))?
            }
            _ => GuestClock::follow_host(),
        };
        (self.phase)(Phase::Ready, agent.guest_time());
        self.check_watchdog(agent, serial).await?;
        self.deliver(agent, &mut clock).await?;
        for action in &self.plan.actions {
            let phase = match action {
                Action::Start(service) => Phase::Starting(service.clone()),
                _ => Phase::Running(action.title()),
            };
            (self.phase)(phase, agent.guest_time());
            self.act(agent, action, &mut clock).await?;
        }
        (self.phase)(Phase::Waiting, agent.guest_time());
        let heard = self.plan.speaks_on_com1;
        // What a driver leaves behind may show long after it said that it is done.
        let lingers = self.plan.observes
            && (self.plan.actions.iter()).any(|action| matches!(action, Action::Stop(_)));
        let leaves = matches!(self.plan.actions.last(), Some(Action::Leave { .. }));
        match self.plan.expect {
            Expectation::Crash(_) if self.plan.rare && heard && !lingers => {
                // If the crash does not come, the drivers come to their end, or find out.
                for driver in &self.plan.drivers {
                    match self.report_of(driver, agent, serial, &clock).await {
                        // A driver that is not ours says nothing.
                        Err(Ending::TimedOut {
                            responsive: true, ..
                        }) if self.plan.observes => break,
                        report => report?,
                    };
                }
                Ok(Ending::Survived)
            }
            Expectation::NoCrash if !leaves => {
                self.prove(agent, serial, &mut clock).await?;
                Ok(Ending::Survived)
            }
            Expectation::Crash(_) | Expectation::NoCrash => {
                self.let_pass(self.plan.within, agent, &clock).await?;
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

    /// Without the watchdog that the scenario is about, a run would prove nothing.
    async fn check_watchdog(&self, agent: &Agent, serial: &mut SerialLog) -> Result<(), Ending> {
        let Some(watchdog) = self.plan.watchdog else {
            return Ok(());
        };
        let state = match self.plan.speaks_on_com1 {
            true => self.told_on_com1(watchdog, serial).await?,
            false => match self.seen_in_memory(watchdog, agent).await {
                Ok(state) => state,
                // The stop may come all the same, which proves that it is armed.
                Err(why) => {
                    let name = watchdog.name();
                    (self.note)(format!("whether the {name} is armed is not known: {why}"));
                    return Ok(());
                }
            },
        };
        self.armed.set(state.is_ok());
        state.map_err(Ending::StepFailed)
    }

    /// What the kernel says of a watchdog while it boots: armed, or why not.
    async fn told_on_com1(
        &self,
        watchdog: Watchdog,
        serial: &mut SerialLog,
    ) -> Result<Result<(), String>, Ending> {
        // It only has to get here.
        match timeout(LAST_CHANCE, serial.wait_for(|line| watchdog.state(line))).await {
            Ok(Some(state)) => Ok(state),
            Ok(None) | Err(_) => {
                let name = watchdog.name();
                let words = format!("the guest does not say whether its {name} is armed");
                Err(Ending::StepFailed(words))
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
        let look = self.look.ok_or("the guest cannot be looked at")?;
        watchdog.seen(&look.look().await?)
    }

    /// Copies every driver into the guest and makes its service.
    async fn deliver(&self, agent: &mut Agent, clock: &mut GuestClock<'_>) -> Result<(), Ending> {
        for Delivery { driver, bytes } in self.deliveries {
            agent
                .write_file(&driver.guest_path, bytes)
                .await
                .map_err(|error| ending_of(error, "answer while a driver was copied"))?;
            let create = ["create", &driver.service, "type=", "kernel", "binPath="];
            let args: Vec<&str> = create.into_iter().chain([&*driver.guest_path]).collect();
            let fine = &[ERROR_SERVICE_EXISTS];
            self.run(agent, "sc.exe", &args, clock, fine).await?;
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
                self.asked.leaving.set(true);
                self.send_off(agent, program, &args, clock).await
            }
            Action::Reboot(_) => {
                self.may_reboot(true).await?;
                self.asked.restarting.set(true);
                let restarted = self.restart(agent, program, &args, clock).await;
                self.asked.restarting.set(false);
                restarted?;
                self.may_reboot(false).await?;
                (agent.sync(self.plan.agent.ready_within).await)
                    .map_err(|error| ending_of(error, "guest agent after the restart"))
            }
            Action::Start(_) | Action::Stop(_) | Action::Run { .. } => {
                self.run(agent, program, &args, clock, action.fine_codes())
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
        let told = async {
            self.send_off(agent, program, args, clock).await?;
            // The program only asks for it: what runs is ended first.
            sleep(within).await;
            Err(Ending::TimedOut {
                waiting_for: format!("restart within {} s", within.as_secs()),
                responsive: false,
            })
        };
        tokio::select! {
            () = self.asked.restarted.notified() => Ok(()),
            told = told => told,
        }
    }

    /// Runs a program that ends the guest: the agent may go before it could answer.
    async fn send_off(
        &self,
        agent: &mut Agent,
        program: &str,
        args: &[&str],
        clock: &mut GuestClock<'_>,
    ) -> Result<(), Ending> {
        match self.run(agent, program, args, clock, &[]).await {
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

    /// A driver that does nothing must not pass for one that does its work without crashing: each
    /// says on COM1 when its work is done, and unloading waits for its threads.
    async fn prove(
        &self,
        agent: &mut Agent,
        serial: &mut SerialLog,
        clock: &mut GuestClock<'_>,
    ) -> Result<(), Ending> {
        if !self.plan.speaks_on_com1 {
            // Nobody hears when they are done: they get the time that they may take.
            if !self.plan.drivers.is_empty() {
                self.let_pass(self.plan.within, agent, clock).await?;
            }
        } else {
            for driver in &self.plan.drivers {
                match self.report_of(driver, agent, serial, clock).await? {
                    DriverReport::Done => {}
                    DriverReport::Failed(words) => return Err(Ending::WorkFailed(words)),
                }
            }
        }
        let actions = &self.plan.actions;
        for action in actions.iter().rev() {
            if let Action::Start(service) = action
                && !actions.contains(&Action::Stop(service.clone()))
            {
                let args = ["stop", service];
                self.run(agent, "sc.exe", &args, clock, &[]).await?;
            }
        }
        agent
            .ping(LAST_CHANCE)
            .await
            .map_err(|error| ending_of(error, "answer after the drivers were stopped"))
    }

    /// Waits for what a driver says of its work.
    async fn report_of(
        &self,
        driver: &PlannedDriver,
        agent: &mut Agent,
        serial: &mut SerialLog,
        clock: &GuestClock<'_>,
    ) -> Result<DriverReport, Ending> {
        let within = self.plan.within;
        let report = match agent.guest_time() {
            None => {
                let report = serial.wait_for(|line| driver.report(line));
                match clock.limit(within, report).await {
                    Ok(None) => return Err(Ending::QemuDied("COM1 was closed".into())),
                    Ok(report) => report,
                    Err(Elapsed) => None,
                }
            }
            Some(_) => {
                let report = report_in_lockstep(driver, within, agent, serial);
                match clock.limit(within, report).await {
                    Ok(report) => report?,
                    Err(Elapsed) => None,
                }
            }
        };
        match report {
            Some(report) => Ok(report),
            None => Err(Ending::TimedOut {
                waiting_for: format!("line `{}: done` on COM1", driver.reports_as),
                responsive: agent.ping(LAST_CHANCE).await.is_ok(),
            }),
        }
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
    async fn run(
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
        let words: Vec<&str> = output.text.lines().map(str::trim).collect();
        Err(Ending::StepFailed(format!(
            "{}: {} (exit code {})",
            failed(program, args),
            words.join(" "),
            output.code
        )))
    }
}

/// What a driver says of its work, with the guest running only while we wait for it. `None` if
/// it says nothing within so much guest time.
async fn report_in_lockstep(
    driver: &PlannedDriver,
    within: Duration,
    agent: &mut Agent,
    serial: &SerialLog,
) -> Result<Option<DriverReport>, Ending> {
    let started = agent.guest_time();
    let mut pause = Duration::from_millis(1);
    loop {
        // All that the guest wrote before it came to the gate is in the pipe.
        serial.catch_up();
        if let Some(report) = serial.find(|line| driver.report(line)) {
            return Ok(Some(report));
        }
        if agent.guest_time() >= started.map(|started| started + within) {
            return Ok(None);
        }
        let passed = agent.pause(pause).await;
        passed.map_err(|error| ending_of(error, "guest agent"))?;
        pause = (pause * 2).min(Duration::from_secs(1));
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
