//! The two phases in which the guest runs: installation, and a first boot without discs.

use std::path::Path;
use std::time::{Duration, Instant};

use qapi::qmp::Event;
use tokio::time::{interval, timeout};
use vm::guest::{Guest, QemuError, QmpError};
use vm::interrupt::Interrupt;
use vm::watch::disk_failure;

use super::description::AGENT_PORT;
use super::install_error::{InstallError, Seen};
use super::plan::{BuildPlan, SCREEN};
use super::script::StepLine;
use super::settle::{Unexpected, Unfit, ask, unexpected};

/// How often the screen is taken, and how often a sign of life is given.
const SCREEN_EVERY: u32 = 10;
const TELL_EVERY: u32 = 60;

/// How long Windows may take to shut down, and QEMU to write its disks.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(600);
const QUIT_WITHIN: Duration = Duration::from_secs(120);

/// What a guest does that it should not.
pub(super) const OFF: &str = "the guest switched itself off too early";
pub(super) const BLUE_SCREEN: &str = "the guest stopped with a blue screen";

/// What is known of the guest from outside.
#[derive(Default)]
struct State {
    installed: bool,
    restarts: u32,
    step: Option<StepLine>,
    /// Lines of the script that have been taken in.
    heard: usize,
}

impl State {
    /// Of a guest that is installed.
    fn booting() -> Self {
        Self {
            installed: true,
            ..Self::default()
        }
    }

    fn message(&self) -> String {
        if self.installed {
            return "booting what was installed".to_owned();
        }
        let restarts = match self.restarts {
            1 => "1 restart".to_owned(),
            n => format!("{n} restarts"),
        };
        match &self.step {
            None => format!("in Windows Setup, after {restarts}"),
            Some(StepLine::Begins { number, of, name }) => {
                format!("in step {number} of {of} of the set-up script ({name})")
            }
            Some(StepLine::Missed { name, .. }) => format!("in the set-up script, after {name}"),
            Some(StepLine::Failed { name, .. }) => format!("the set-up script failed in {name}"),
            Some(StepLine::Done) => "the set-up script was done".to_owned(),
        }
    }
}

/// A guest in one of the phases.
struct Session<'a> {
    plan: &'a BuildPlan,
    during: &'static str,
    guest: Guest,
    started: Instant,
    interrupt: &'a Interrupt,
}

/// Runs Windows Setup and the set-up script to their end.
///
/// # Errors
/// See [`InstallError`].
pub async fn install(
    plan: &BuildPlan,
    interrupt: &Interrupt,
    tell: &mut dyn FnMut(&str),
) -> Result<(), InstallError> {
    let mut session = Session::start(plan, "install", interrupt).await?;
    let ended = session.watch_setup(tell).await;
    session.end(ended).await
}

/// Boots what was installed, looks whether it is as it should be, and shuts it down.
///
/// # Errors
/// See [`InstallError`].
pub async fn settle(
    plan: &BuildPlan,
    interrupt: &Interrupt,
    tell: &mut dyn FnMut(&str),
) -> Result<(), InstallError> {
    let mut session = Session::start(plan, "settle", interrupt).await?;
    let ended = session.look(tell).await;
    session.end(ended).await
}

impl<'a> Session<'a> {
    async fn start(
        plan: &'a BuildPlan,
        during: &'static str,
        interrupt: &'a Interrupt,
    ) -> Result<Self, InstallError> {
        let folder = plan.place.workshop();
        let serial_log = folder.join(format!("{during}.serial.log"));
        let arguments = |channels: vm::plan::Channels<'_>| match during {
            "install" => plan.install_args(channels, &serial_log),
            _ => plan.boot_args(channels, &serial_log),
        };
        let guest = Guest::start_with(arguments, AGENT_PORT, &folder)
            .await
            .map_err(|error| InstallError::Qemu { during, error })?;
        Ok(Self {
            plan,
            during,
            guest,
            started: Instant::now(),
            interrupt,
        })
    }

    fn seen(&self) -> Seen {
        Seen(self.plan.file(SCREEN))
    }

    /// Lets QEMU write its disks if all went well; takes a last picture if not.
    async fn end(self, ended: Result<(), InstallError>) -> Result<(), InstallError> {
        let during = self.during;
        if let Err(error) = ended {
            let _ = self.guest.qmp.screenshot(&self.plan.file(SCREEN)).await;
            self.guest.qemu.kill().await;
            return Err(error);
        }
        let Guest { mut qemu, qmp, .. } = self.guest;
        let quit = qmp.quit().await;
        quit.map_err(|error| InstallError::Monitor { during, error })?;
        match timeout(QUIT_WITHIN, qemu.death()).await {
            Ok(QemuError::Ended { status, .. }) if status == "exit status: 0" => Ok(()),
            Ok(error) => Err(InstallError::Qemu { during, error }),
            Err(_) => Err(InstallError::Monitor {
                during,
                error: QmpError::Silent {
                    command: "quit",
                    after: QUIT_WITHIN,
                },
            }),
        }
    }

    async fn watch_setup(&mut self, tell: &mut dyn FnMut(&str)) -> Result<(), InstallError> {
        let limits = self.plan.limits();
        let screen = self.plan.file(SCREEN);
        let mut state = State::default();
        let mut seconds = 0_u32;
        let mut tick = interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                biased;
                () = self.interrupt.wait() => {
                    return Err(InstallError::Interrupted { during: self.during });
                }
                event = self.guest.events.recv() => match event {
                    Some(Event::RESET { .. }) => {
                        state.restarts += 1;
                        self.tell(tell, &state, &screen);
                    }
                    Some(Event::SHUTDOWN { .. }) => return self.after_shutdown(&mut state, tell),
                    Some(Event::GUEST_PANICKED { .. }) => {
                        return Err(self.ended(BLUE_SCREEN, &state));
                    }
                    Some(event) => self.disk(&event)?,
                    None => {
                        let error = self.guest.qemu.death().await;
                        return Err(InstallError::Qemu { during: self.during, error });
                    }
                },
                _ = tick.tick() => {
                    seconds += 1;
                    self.read_serial(&mut state, tell)?;
                    if self.started.elapsed() > limits.install {
                        self.picture(&screen).await?;
                        return Err(InstallError::TooLong {
                            during: self.during,
                            after: limits.install,
                            state: state.message(),
                            seen: self.seen(),
                        });
                    }
                    // Only while the medium may be asking for it: later there are buttons. (Windows
                    // restarts much later; the firmware may do so at once.)
                    if self.started.elapsed() < limits.keys {
                        self.monitor(self.guest.qmp.press_enter().await)?;
                    }
                    if seconds.is_multiple_of(SCREEN_EVERY) {
                        self.picture(&screen).await?;
                    }
                    if seconds.is_multiple_of(TELL_EVERY) {
                        self.tell(tell, &state, &screen);
                    }
                }
            }
        }
    }

    fn after_shutdown(
        &self,
        state: &mut State,
        tell: &mut dyn FnMut(&str),
    ) -> Result<(), InstallError> {
        self.guest.serial.catch_up();
        self.read_serial(state, tell)?;
        match state.step {
            Some(StepLine::Done) => Ok(()),
            _ => Err(self.ended(OFF, state)),
        }
    }

    fn ended(&self, what: &'static str, state: &State) -> InstallError {
        InstallError::Ended {
            during: self.during,
            what,
            state: state.message(),
            seen: self.seen(),
        }
    }

    /// Takes in what is new on COM1, and tells it.
    fn read_serial(
        &self,
        state: &mut State,
        tell: &mut dyn FnMut(&str),
    ) -> Result<(), InstallError> {
        let lines = self.guest.serial.tail(usize::MAX);
        let reports = lines.iter().filter_map(|line| StepLine::parse(line));
        let news: Vec<StepLine> = reports.skip(state.heard).collect();
        for line in news {
            state.heard += 1;
            if let StepLine::Failed { name, code } = line {
                return Err(InstallError::Script {
                    step: name,
                    code,
                    seen: self.seen(),
                });
            }
            if let StepLine::Missed { name, code } = &line {
                tell(&format!(
                    "warning: step {name} of the set-up script failed ({code})"
                ));
            }
            state.step = Some(line);
            self.tell(tell, state, &self.plan.file(SCREEN));
        }
        Ok(())
    }

    async fn look(&mut self, tell: &mut dyn FnMut(&str)) -> Result<(), InstallError> {
        let (during, interrupt, limits) = (self.during, self.interrupt, self.plan.limits());
        let (started, seen) = (self.started, self.seen());
        let Guest { agent, events, .. } = &mut self.guest;
        let ended = tokio::select! {
            asked = ask(agent, limits, started, tell) => asked.map_err(|error| match error {
                Unfit::NoTestSigning => InstallError::NoTestSigning,
                Unfit::Agent(error) => InstallError::Agent { during, error, seen },
            }),
            what = unexpected(events) => match what {
                Some(Unexpected::Ended(what)) => Err(self.ended(what, &State::booting())),
                Some(Unexpected::Disk(message)) => Err(InstallError::Disk { during, message }),
                None => {
                    let error = self.guest.qemu.death().await;
                    Err(InstallError::Qemu { during, error })
                }
            },
            () = interrupt.wait() => Err(InstallError::Interrupted { during }),
        };
        ended?;
        tokio::select! {
            done = self.wait_for_shutdown() => done,
            () = interrupt.wait() => Err(InstallError::Interrupted { during }),
        }
    }

    async fn wait_for_shutdown(&mut self) -> Result<(), InstallError> {
        let events = &mut self.guest.events;
        let during = self.during;
        let shutdown = async {
            loop {
                match events.recv().await {
                    Some(Event::SHUTDOWN { .. }) => return Ok(true),
                    Some(event) => {
                        if let Some(message) = disk_failure(&event) {
                            return Err(InstallError::Disk { during, message });
                        }
                    }
                    None => return Ok(false),
                }
            }
        };
        match timeout(SHUTDOWN_WITHIN, shutdown).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(InstallError::Qemu {
                during,
                error: self.guest.qemu.death().await,
            }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(InstallError::TooLong {
                during: self.during,
                after: SHUTDOWN_WITHIN,
                state: "Windows was asked to shut down".to_owned(),
                seen: self.seen(),
            }),
        }
    }

    fn disk(&self, event: &Event) -> Result<(), InstallError> {
        match disk_failure(event) {
            Some(message) => Err(InstallError::Disk {
                during: self.during,
                message,
            }),
            None => Ok(()),
        }
    }

    async fn picture(&self, screen: &Path) -> Result<(), InstallError> {
        self.monitor(self.guest.qmp.screenshot(screen).await)
    }

    fn monitor(&self, result: Result<(), QmpError>) -> Result<(), InstallError> {
        match result {
            // Then the process has ended, and says more itself.
            Ok(()) | Err(QmpError::Closed) => Ok(()),
            Err(error) => Err(InstallError::Monitor {
                during: self.during,
                error,
            }),
        }
    }

    fn tell(&self, tell: &mut dyn FnMut(&str), state: &State, screen: &Path) {
        let elapsed = Duration::from_secs(self.started.elapsed().as_secs());
        tell(&format!(
            "{}: {} (after {}, screen: {})",
            self.during,
            state.message(),
            humantime::format_duration(elapsed),
            screen.display()
        ));
    }
}
