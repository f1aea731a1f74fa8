//! A guest with its own command line, without an image: one that is being installed.

use std::ffi::OsString;
use std::path::Path;

use super::{Guest, Qemu, QemuError};
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
        let (qemu, sockets) = Qemu::spawn_with(arguments, port, folder)?;
        // What it writes to COM1, QEMU keeps.
        Self::greeted(qemu, sockets, None, None).await
    }
}
