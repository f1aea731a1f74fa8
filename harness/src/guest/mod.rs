//! A running guest: the QEMU process, the three channels into it, and the choice of what
//! executes it. All effects on virtual machines are here.

pub mod accel;
mod agent;
mod clock;
mod host;
mod lockstep;
mod probe_image;
mod qemu;
mod qmp;
mod serial;
mod unplanned;

use std::path::Path;

use crate::plan::Machine;

pub use agent::{Agent, AgentError, ExecOutput};
pub use clock::{Elapsed, GuestClock};
pub use host::HostFacts;
pub use qemu::{Qemu, QemuError};
pub use qmp::{Qmp, QmpError, QmpEvents};
pub use serial::{SerialLog, StopLine, stop_line};

/// A QEMU process with its channels open. Dropping it kills the process.
pub struct Guest {
    /// The process.
    pub qemu: Qemu,
    /// Commands to QEMU.
    pub qmp: Qmp,
    /// What QEMU reports.
    pub events: QmpEvents,
    /// The guest's agent; not yet known to be there.
    pub agent: Agent,
    /// What the guest writes to COM1.
    pub serial: SerialLog,
}

impl Guest {
    /// Starts QEMU and shakes hands with its monitor. The guest begins to boot.
    ///
    /// `folder` receives `serial.log` and `qemu.log` (QEMU's own messages).
    ///
    /// Must be called on a thread that lives as long as the guest: the kernel kills QEMU when
    /// the thread that started it ends.
    ///
    /// # Errors
    /// QEMU is not installed, or it ends or stays silent instead of greeting.
    pub async fn start(machine: &Machine, folder: &Path) -> Result<Self, QemuError> {
        let (mut qemu, sockets) = Qemu::spawn(machine, folder)?;
        let serial = SerialLog::follow(sockets.serial).map_err(QemuError::Start)?;
        let connect = async {
            let (qmp, events) = Qmp::connect(sockets.qmp).await?;
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
        })
    }
}
