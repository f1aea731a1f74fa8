//! A running guest: the QEMU process, the three channels into it, and the choice of what
//! executes it. All effects on virtual machines are here.

pub mod accel;
mod agent;
mod clock;
mod disks;
mod host;
mod jitter;
mod lockstep;
mod probe_image;
mod qemu;
mod qmp;
mod save;
mod serial;
mod unplanned;

use std::path::Path;

use crate::plan::{Machine, RunFiles};

pub use agent::{Agent, AgentError, ExecOutput};
pub use clock::{Elapsed, GuestClock};
pub use disks::{DiskError, Overlay, RunDisks, damage};
pub use host::HostFacts;
pub use jitter::disturb;
use qemu::Sockets;
pub use qemu::{Qemu, QemuError};
pub use qmp::{Qmp, QmpError, QmpEvents};
pub use save::{SaveError, save_state};
pub use serial::{SerialLog, StopLine, stop_line};

/// A QEMU process with its channels open. Dropping it kills the process.
pub struct Guest {
    pub qemu: Qemu,
    /// Commands to QEMU.
    pub qmp: Qmp,
    /// What QEMU reports.
    pub events: QmpEvents,
    /// The guest's agent; not yet known to be there.
    pub agent: Agent,
    /// What the guest writes to COM1.
    pub serial: SerialLog,
    /// What it writes to, if it is on a disk. They may outlive it.
    pub disks: Option<RunDisks>,
    /// Why it was booted although its image has a saved state, if so.
    pub cold: Option<String>,
}

impl Guest {
    /// Starts QEMU and negotiates with its monitor. The guest begins to boot, or goes on from
    /// its saved state. Where that cannot be used, it boots.
    ///
    /// `folder` receives `serial.log` and `qemu.log` (QEMU's own messages), and the guest's disks.
    ///
    /// Must be called on a thread that lives as long as the guest: the kernel kills QEMU when
    /// the thread that started it ends.
    ///
    /// # Errors
    /// QEMU is not installed, or it ends or stays silent instead of greeting; the guest's disks
    /// cannot be made.
    pub async fn start(machine: &Machine, folder: &Path) -> Result<Self, QemuError> {
        let Some(state) = machine.saved_state() else {
            let mut guest = Self::start_as_is(machine, folder, &[]).await?;
            guest.cold = machine.why_cold().map(str::to_owned);
            return Ok(guest);
        };
        let whole = {
            let state = state.clone();
            // Gigabytes are read.
            tokio::task::spawn_blocking(move || state.verify()).await
        };
        let why = match whole {
            Ok(Ok(())) => match Self::start_as_is(machine, folder, &[]).await {
                Ok(guest) => return Ok(guest),
                Err(QemuError::NotInstalled) => return Err(QemuError::NotInstalled),
                Err(error) => error.to_string(),
            },
            Ok(Err(why)) => why,
            Err(panic) => panic.to_string(),
        };
        let why = format!("the saved state cannot be used: {why}");
        let mut guest = Self::start_as_is(&machine.cold(why.clone()), folder, &[]).await?;
        guest.cold = Some(why);
        Ok(guest)
    }

    async fn start_as_is(
        machine: &Machine,
        folder: &Path,
        environment: &[(&str, &Path)],
    ) -> Result<Self, QemuError> {
        let files = RunFiles::new(folder);
        let disks = disks::prepare(machine, &files)?;
        let (qemu, sockets) = Qemu::spawn(machine, folder, environment)?;
        Self::greeted(qemu, sockets, disks, Some(&files.serial_log())).await
    }

    /// Waits for QEMU's greeting, brings in the state that it is to go on from, and lets the guest
    /// run.
    async fn greeted(
        mut qemu: Qemu,
        sockets: Sockets,
        disks: Option<RunDisks>,
        serial_log: Option<&Path>,
    ) -> Result<Self, QemuError> {
        let serial = SerialLog::follow(sockets.serial, serial_log).map_err(QemuError::Start)?;
        let connect = async {
            let (qmp, events) = Qmp::connect(sockets.qmp).await?;
            if let Some(fd) = sockets.state {
                qmp.restore(fd).await?;
            }
            qmp.resume().await?;
            Ok::<_, QmpError>((qmp, events))
        };
        let (qmp, events) = tokio::select! {
            connected = connect => match connected {
                Ok(connected) => connected,
                Err(QmpError::Closed) => return Err(qemu.death().await),
                Err(error) => return Err(QemuError::Monitor(error)),
            },
            death = qemu.death() => return Err(death),
        };
        Ok(Self {
            qemu,
            qmp,
            events,
            agent: Agent::over(sockets.agent),
            serial,
            disks,
            cold: None,
        })
    }
}
