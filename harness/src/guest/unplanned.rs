//! A guest with a command line of its own: one that is being installed is no image's yet.

use std::ffi::OsString;
use std::path::Path;

use super::{Agent, Guest, Qemu, QemuError, Qmp, QmpError, SerialLog};
use crate::plan::Channels;

impl Guest {
    /// Starts QEMU with what `arguments` makes of the channels, which must include `-S`; the agent
    /// is behind the virtio-serial port `port`. `folder` receives `qemu.log`.
    ///
    /// Must be called on a thread that lives as long as the guest, as [`Guest::start`].
    ///
    /// # Errors
    /// QEMU is not installed, or it ends or stays silent instead of greeting.
    pub async fn start_with(
        arguments: impl FnOnce(Channels<'_>) -> Vec<OsString>,
        port: &str,
        folder: &Path,
    ) -> Result<Self, QemuError> {
        let (mut qemu, sockets) = Qemu::spawn_with(arguments, port, folder)?;
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
            disks: None,
            cold: None,
        })
    }
}
