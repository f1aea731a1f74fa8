//! Guest time.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::{Qmp, QmpError};

/// How often a warped clock is looked at. Each look stops the guest for a moment.
const LOOK: Duration = Duration::from_millis(20);

/// Whatever a warped clock says, waiting ends after this much wall time.
const WARP_PATIENCE: Duration = Duration::from_secs(120);

/// Wall time that an exchange with a warped guest gets at least: the host may be busy.
const WARP_FAIRNESS: Duration = Duration::from_secs(5);

/// The guest's clock, counted from some moment. Scenario deadlines are in guest time.
#[derive(Clone, Copy)]
pub struct GuestClock<'q> {
    started: Instant,
    /// A machine with a plain clock follows the host's, so wall time is guest time. A warped one
    /// must be asked.
    warp: Option<Warp<'q>>,
}

#[derive(Clone, Copy)]
struct Warp<'q> {
    monitor: &'q Qmp,
    started: Duration,
}

/// The time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

impl<'q> GuestClock<'q> {
    /// Starts counting for a guest that follows the host's clock.
    pub fn follow_host() -> Self {
        Self {
            started: Instant::now(),
            warp: None,
        }
    }

    /// Starts counting for a guest whose clock is warped.
    ///
    /// # Errors
    /// Its monitor does not tell the time.
    pub async fn follow_guest(monitor: &'q Qmp) -> Result<Self, QmpError> {
        Ok(Self {
            started: Instant::now(),
            warp: Some(Warp {
                monitor,
                started: monitor.rtc_time().await?,
            }),
        })
    }

    /// Starts counting anew.
    ///
    /// # Errors
    /// The guest's monitor does not tell the time.
    pub async fn restart(&mut self) -> Result<(), QmpError> {
        *self = match self.warp {
            None => Self::follow_host(),
            Some(warp) => Self::follow_guest(warp.monitor).await?,
        };
        Ok(())
    }

    /// Waits until `at` of guest time have passed since the start, or too much wall time.
    pub async fn reach(&self, at: Duration) {
        let Some(warp) = self.warp else {
            return sleep_until(self.started + at).await;
        };
        let last = self.started + self.patience(at);
        while Instant::now() < last {
            // A monitor that fails is about to end the run; that is seen elsewhere.
            if let Ok(now) = warp.monitor.rtc_time().await
                && now.saturating_sub(warp.started) >= at
            {
                return;
            }
            sleep(LOOK).await;
        }
    }

    /// As [`reach`](Self::reach); but where a second of guest time may be a millisecond, work that
    /// we have a part in gets some wall time, too.
    async fn reach_fairly(&self, at: Duration) {
        self.reach(at).await;
        if self.warp.is_some() {
            sleep_until(self.started + WARP_FAIRNESS).await;
        }
    }

    /// The wall time that `at` of guest time may take.
    pub fn patience(&self, at: Duration) -> Duration {
        match self.warp {
            None => at,
            Some(_) => WARP_PATIENCE.max(at),
        }
    }

    /// Waits for `work`, but only until `at` of guest time have passed since the start.
    ///
    /// # Errors
    /// They have.
    pub async fn limit<T>(
        &self,
        at: Duration,
        work: impl Future<Output = T>,
    ) -> Result<T, Elapsed> {
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = self.reach_fairly(at) => Err(Elapsed),
        }
    }
}
