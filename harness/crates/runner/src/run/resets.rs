//! Which resets and shutdowns of the guest the steps cause.

use std::cell::Cell;

use tokio::sync::Notify;

/// What the steps have told the guest to do that would otherwise end the run.
///
/// The steps and the crash watcher share it: the watcher may see a reset before the steps have
/// the answer of the program that caused it.
#[derive(Default)]
pub(super) struct ExpectedResets {
    expected: Cell<Expected>,
    restarted: Notify,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Expected {
    #[default]
    None,
    /// To restart and come back.
    Restart,
    /// To switch itself off or to restart, at the end of the run.
    Shutdown,
}

impl ExpectedResets {
    /// The guest is about to be told to leave for good.
    pub(super) fn expect_shutdown(&self) {
        self.expected.set(Expected::Shutdown);
    }

    /// The guest is about to be told to restart.
    pub(super) fn expect_restart(&self) {
        self.expected.set(Expected::Restart);
    }

    /// The restart is over, or did not come.
    pub(super) fn expect_none(&self) {
        self.expected.set(Expected::None);
    }

    /// Whether the guest was told to leave for good.
    pub(super) fn shuts_down(&self) -> bool {
        self.expected.get() == Expected::Shutdown
    }

    /// Whether a reset that was just seen was expected, and does not end the run.
    pub(super) fn saw_reset(&self) -> bool {
        let expected = self.expected.get() == Expected::Restart;
        if expected {
            self.restarted.notify_one();
        }
        expected
    }

    /// Waits until an expected restart is seen.
    pub(super) async fn restarted(&self) {
        self.restarted.notified().await;
    }
}
