//! Proof that the drivers did their work: their reports on COM1, and their unloading.

use std::time::Duration;

use vm::guest::{Agent, Elapsed, GuestClock, SerialLog};
use vm::plan::{Action, DriverReport, PlannedDriver};
use vm::watch::Ending;

use super::{LAST_CHANCE, StepRunner, ending_of};

impl StepRunner<'_> {
    /// Proves that the drivers did their work without a crash: each reports on COM1 when it is
    /// done, and unloading waits for its threads.
    pub(super) async fn prove(
        &self,
        agent: &mut Agent,
        serial: &mut SerialLog,
        clock: &mut GuestClock<'_>,
    ) -> Result<(), Ending> {
        if !self.plan.debug_output_on_com1 {
            // The harness cannot see when they are done: they get all the time that they may take.
            if !self.plan.drivers.is_empty() {
                self.let_pass(self.plan.within, agent, clock).await?;
            }
        } else {
            for driver in &self.plan.drivers {
                match self.report_of(driver, agent, serial, clock).await? {
                    DriverReport::Done => {}
                    DriverReport::Failed(message) => return Err(Ending::WorkFailed(message)),
                }
            }
        }
        let actions = &self.plan.actions;
        for action in actions.iter().rev() {
            if let Action::Start(service) = action
                && !actions.contains(&Action::Stop(service.clone()))
            {
                let args = ["stop", service];
                self.exec(agent, "sc.exe", &args, clock, &[]).await?;
            }
        }
        agent
            .ping(LAST_CHANCE)
            .await
            .map_err(|error| ending_of(error, "answer after the drivers were stopped"))
    }

    /// Waits for what a driver says of its work.
    pub(super) async fn report_of(
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
