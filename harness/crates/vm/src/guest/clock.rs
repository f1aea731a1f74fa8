//! Guest time.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::{Qmp, QmpError};
use crate::plan::WARP_EPOCH;

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
    /// What the real-time clock said.
    started: Duration,
    /// Whether the agent works in lockstep: then it keeps to guest time by itself.
    lockstep: bool,
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

    /// Starts counting for a guest whose clock is warped. `in_lockstep` is what an agent in
    /// lockstep takes the time for; the monitor of a guest that stands still tells no time.
    ///
    /// # Errors
    /// Its monitor does not report the time.
    pub async fn follow_guest(
        monitor: &'q Qmp,
        in_lockstep: Option<Duration>,
    ) -> Result<Self, QmpError> {
        let started = match in_lockstep {
            Some(since_start) => WARP_EPOCH + since_start,
            None => monitor.rtc_time().await?,
        };
        Ok(Self {
            started: Instant::now(),
            warp: Some(Warp {
                monitor,
                started,
                lockstep: in_lockstep.is_some(),
            }),
        })
    }

    /// Starts counting anew.
    ///
    /// # Errors
    /// The guest's monitor does not report the time.
    pub async fn restart(&mut self, in_lockstep: Option<Duration>) -> Result<(), QmpError> {
        *self = match self.warp {
            None => Self::follow_host(),
            Some(warp) => Self::follow_guest(warp.monitor, in_lockstep).await?,
        };
        Ok(())
    }

    /// Waits until `at` of guest time have passed since the start, or too much wall time.
    pub async fn reach(&self, at: Duration) {
        let Some(warp) = self.warp else {
            return sleep_until(self.started + at).await;
        };
        let last = self.started + WARP_PATIENCE.max(at);
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
    pub(crate) async fn reach_fairly(&self, at: Duration) {
        self.reach(at).await;
        if self.warp.is_some() {
            sleep_until(self.started + WARP_FAIRNESS).await;
        }
    }

    /// What an agent gets for something that may take `at` of guest time: wall time, unless it
    /// keeps to guest time itself.
    pub fn patience(&self, at: Duration) -> Duration {
        match self.warp {
            Some(Warp {
                lockstep: false, ..
            }) => WARP_PATIENCE.max(at),
            Some(_) | None => at,
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
