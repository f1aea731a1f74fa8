//! Ctrl-C: once to clean up, twice to leave at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells runs that the user wants to stop.
#[derive(Clone)]
pub struct Interrupt {
    stopped: Option<watch::Receiver<bool>>,
}

impl Interrupt {
    /// Never set.
    pub fn never() -> Self {
        Self { stopped: None }
    }

    /// Listens for SIGINT, SIGTERM and SIGHUP. The first asks runs to end; the second ends the
    /// process with `exit_code` (the kernel then kills what QEMU processes there are).
    ///
    /// # Errors
    /// The signals cannot be listened for.
    pub fn on_signals(exit_code: i32) -> std::io::Result<Self> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let (sender, stopped) = watch::channel(false);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hang_up.recv() => {}
                }
                if sender.send_replace(true) {
                    std::process::exit(exit_code);
                }
                eprintln!("\nstopping; once more to leave at once");
            }
        });
        Ok(Self {
            stopped: Some(stopped),
        })
    }

    /// Returns once the user wants to stop.
    pub async fn wait(&self) {
        if let Some(stopped) = &self.stopped {
            let mut stopped = stopped.clone();
            if stopped.wait_for(|stopped| *stopped).await.is_ok() {
                return;
            }
        }
        std::future::pending().await
    }

    /// Whether the user wants to stop.
    pub fn is_set(&self) -> bool {
        self.stopped
            .as_ref()
            .is_some_and(|stopped| *stopped.borrow())
    }
}
