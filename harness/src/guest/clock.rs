//! Guest time.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The guest's clock, started when the guest became ready. Scenario deadlines are in guest time.
///
/// A machine with a plain clock follows the host's, so wall time is guest time.
#[derive(Clone, Copy, Debug)]
pub struct GuestClock {
    ready: Instant,
}

impl GuestClock {
    /// Starts counting.
    pub fn start() -> Self {
        Self {
            ready: Instant::now(),
        }
    }

    /// Waits until `at` of guest time have passed since the start.
    pub async fn reach(self, at: Duration) {
        sleep_until(self.ready + at).await;
    }

    /// How much of `within` is left.
    pub fn left(self, within: Duration) -> Duration {
        within.saturating_sub(self.ready.elapsed())
    }
}
