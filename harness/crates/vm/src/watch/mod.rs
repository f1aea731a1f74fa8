//! Watching for the end of a run: what QEMU reports, until something decides.

use std::time::Duration;

use qapi::qmp;
use tokio::time::sleep;

use crate::guest::{QmpEvents, StopLine};

/// How a run in a guest ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The guest stopped and said so. The stop code came with the report only where the guest
    /// has a channel for it (Hyper-V's crash registers); others write it elsewhere.
    Stopped(Option<StopLine>),
    /// The steps ran to their end and every driver proved that it did its work.
    Survived,
    /// Nothing decisive happened in time.
    TimedOut {
        /// What was being waited for.
        waiting_for: String,
        /// Whether the guest still answered.
        responsive: bool,
    },
    /// The guest switched itself off or reset.
    Left {
        /// Whether the guest did it itself, and how, if it was in an orderly way.
        how: Option<Leaving>,
        message: String,
    },
    /// A driver could not be loaded or stopped, in the guest's words.
    StepFailed(String),
    /// A driver reported that its work failed, in its words.
    WorkFailed(String),
    /// QEMU could not read or write one of the guest's disks: the guest hangs by it, or is told of
    /// an error that no real disk had.
    DiskFailed(String),
    QemuDied(String),
}

/// How a guest that means to leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// It switched the machine off.
    Off,
    /// It reset the machine.
    Restart,
}

/// How long QEMU's death may take once its monitor has closed. It says more than the latter.
const DEATH_FOLLOWS: Duration = Duration::from_secs(5);

/// Waits until QEMU reports something that ends the run. Never ends if it does not. QEMU's death
/// is the process's to report; only a monitor that closes while QEMU lives on is reported here.
pub async fn crash(events: &mut QmpEvents) -> Ending {
    crash_or_reset(events, || false).await
}

/// As [`crash`]; but a reset for which `expected` returns true does not end the run.
pub async fn crash_or_reset(events: &mut QmpEvents, expected: impl Fn() -> bool) -> Ending {
    while let Some(event) = events.recv().await {
        if matches!(event, qmp::Event::RESET { .. }) && expected() {
            continue;
        }
        if let Some(ending) = decisive(&event) {
            return ending;
        }
    }
    sleep(DEATH_FOLLOWS).await;
    Ending::QemuDied("QEMU's monitor was closed".into())
}

/// What an event means for the run.
fn decisive(event: &qmp::Event) -> Option<Ending> {
    match event {
        qmp::Event::GUEST_PANICKED { data, .. } => {
            Some(Ending::Stopped(data.info.as_ref().and_then(announced)))
        }
        // A guest that is about to write its own dump, and runs on until it has.
        qmp::Event::GUEST_CRASHLOADED { data, .. } => {
            Some(Ending::Stopped(data.info.as_ref().and_then(announced)))
        }
        qmp::Event::SHUTDOWN { data, .. } => Some(left("shut down", data.guest, data.reason)),
        qmp::Event::RESET { data, .. } => Some(left("reset", data.guest, data.reason)),
        event => disk_failure(event).map(Ending::DiskFailed),
    }
}

/// Which of the guest's disks has failed, by the events of QEMU that are not read yet.
pub fn failed_disk(events: &mut QmpEvents) -> Option<String> {
    while let Ok(event) = events.try_recv() {
        if let Some(message) = disk_failure(&event) {
            return Some(message);
        }
    }
    None
}

/// Why QEMU cannot read or write a disk of the guest's, if that is what it reports. Of a guest whose
/// disk is full on the host it says nothing else: it holds it.
pub fn disk_failure(event: &qmp::Event) -> Option<String> {
    let error = match event {
        qmp::Event::BLOCK_IO_ERROR { data, .. } => data,
        qmp::Event::BLOCK_IMAGE_CORRUPTED { data, .. } => {
            return Some(format!("the guest's disk is damaged: {}", data.msg));
        }
        _ => return None,
    };
    let reason = &error.reason;
    Some(match (error.nospace, error.operation) {
        (Some(true), _) => {
            "no space on the host for what the guest writes to its disk: free some, and start again"
                .to_owned()
        }
        (_, qmp::IoOperationType::read) => {
            format!("the guest's disk cannot be read on the host: {reason}. Check the image's disk")
        }
        (_, qmp::IoOperationType::write) => {
            format!("the guest's disk cannot be written on the host: {reason}")
        }
    })
}

fn left(verb: &str, guest: bool, reason: qmp::ShutdownCause) -> Ending {
    use qapi::Enum;

    let who = if guest { "the guest" } else { "the machine" };
    Ending::Left {
        how: match reason {
            qmp::ShutdownCause::guest_shutdown => Some(Leaving::Off),
            qmp::ShutdownCause::guest_reset => Some(Leaving::Restart),
            _ => None,
        },
        message: format!("{who} was {verb} ({})", reason.name()),
    }
}

/// Hyper-V's crash registers: the stop code and its parameters.
fn announced(info: &qmp::GuestPanicInformation) -> Option<StopLine> {
    match info {
        qmp::GuestPanicInformation::hyper_v(crash) => Some(StopLine {
            code: u32::try_from(crash.arg1).ok()?,
            parameters: [crash.arg2, crash.arg3, crash.arg4, crash.arg5].map(Into::into),
        }),
        qmp::GuestPanicInformation::s390(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    fn event(json: &str) -> qmp::Event {
        serde_json::from_str(json).unwrap()
    }

    const TIME: &str = r#""timestamp": {"seconds": 1, "microseconds": 2}"#;

    #[tokio::test]
    async fn the_first_decisive_event_ends_the_run() {
        let (sender, mut events) = mpsc::unbounded_channel();
        for json in [
            format!(r#"{{"event": "RESUME", {TIME}}}"#),
            format!(r#"{{"event": "GUEST_PANICKED", "data": {{"action": "pause"}}, {TIME}}}"#),
            format!(r#"{{"event": "STOP", {TIME}}}"#),
        ] {
            sender.send(event(&json)).unwrap();
        }
        assert_eq!(crash(&mut events).await, Ending::Stopped(None));
    }

    /// In the form of QEMU's block-core.json.
    #[test]
    fn a_disk_that_fails_on_the_host_is_not_the_guests_doing() {
        let message = |kind: &str, data: &str| {
            let json = format!(r#"{{"event": "{kind}", "data": {data}, {TIME}}}"#);
            match decisive(&event(&json)) {
                Some(Ending::DiskFailed(message)) => message,
                other => panic!("{other:?}"),
            }
        };
        let io = r#"{"device": "disk", "operation": "write", "action": "stop", "nospace": true,
            "reason": "No space left on device"}"#;
        assert!(message("BLOCK_IO_ERROR", io).starts_with("no space on the host"));
        let io = io.replace("true", "false").replace("write", "read");
        assert!(message("BLOCK_IO_ERROR", &io).contains("cannot be read on the host"));
        let damaged = r#"{"device": "disk", "msg": "L2 table offset 0x1", "fatal": false}"#;
        let damaged = message("BLOCK_IMAGE_CORRUPTED", damaged);
        assert!(damaged.contains("damaged: L2 table"), "{damaged}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_monitor_that_closes_while_qemu_lives_ends_the_run() {
        let (sender, mut events) = mpsc::unbounded_channel();
        drop(sender);
        assert!(matches!(crash(&mut events).await, Ending::QemuDied(_)));
    }

    #[test]
    fn crash_registers_are_the_announcement() {
        let json = format!(
            r#"{{"event": "GUEST_PANICKED", "data": {{"action": "pause", "info": {{"type":
            "hyper-v", "arg1": 209, "arg2": 1, "arg3": 2, "arg4": 3, "arg5": 4}}}}, {TIME}}}"#
        );
        let Some(Ending::Stopped(Some(stop))) = decisive(&event(&json)) else {
            panic!();
        };
        assert_eq!((stop.code, stop.parameters[3].0), (0xD1, 4));
    }

    /// In the form of QEMU's qapi/run-state.json (`GUEST_PANICKED`, `GuestPanicInformation` with
    /// discriminator `type`, `GuestPanicInformationHyperV`: five uint64), with a 0x9F of a real dump
    /// for values. Made by hand, not recorded: hv-crash needs KVM and a guest that uses it.
    #[test]
    fn an_event_of_hyper_vs_crash_registers_is_read_whole() {
        let json = r#"{"timestamp": {"seconds": 1795337863, "microseconds": 424242},
            "event": "GUEST_PANICKED", "data": {"action": "pause", "info": {"arg1": 159,
            "arg2": 3, "arg3": 18446654276184293376, "arg4": 18446735288090001408,
            "arg5": 18446654276190928912, "type": "hyper-v"}}}"#;
        let Some(Ending::Stopped(Some(stop))) = decisive(&event(json)) else {
            panic!();
        };
        assert_eq!(stop.code, 0x9F);
        let parameters = stop.parameters.map(|parameter| parameter.0);
        assert_eq!(parameters[0], 3);
        assert_eq!(parameters[1], 18_446_654_276_184_293_376);
        assert_eq!(parameters[3], 18_446_654_276_190_928_912);
        // A stop code has 32 bits: what has more is no announcement.
        let odd = json.replace("\"arg1\": 159", "\"arg1\": 18446744073709551615");
        assert_eq!(decisive(&event(&odd)), Some(Ending::Stopped(None)));
    }

    #[tokio::test(start_paused = true)]
    async fn an_expected_reset_is_passed_over() {
        let (sender, mut events) = mpsc::unbounded_channel();
        let reset = format!(
            r#"{{"event": "RESET", "data": {{"guest": true, "reason": "guest-reset"}}, {TIME}}}"#
        );
        let crashloaded =
            format!(r#"{{"event": "GUEST_CRASHLOADED", "data": {{"action": "run"}}, {TIME}}}"#);
        for json in [&reset, &crashloaded] {
            sender.send(event(json)).unwrap();
        }
        let ending = crash_or_reset(&mut events, || true).await;
        assert_eq!(ending, Ending::Stopped(None));
        sender.send(event(&reset)).unwrap();
        let ending = crash_or_reset(&mut events, || false).await;
        assert!(matches!(ending, Ending::Left { .. }), "{ending:?}");
    }

    #[test]
    fn leaving_says_who_and_why() {
        let json = format!(
            r#"{{"event": "SHUTDOWN", "data": {{"guest": true, "reason": "guest-reset"}}, {TIME}}}"#
        );
        let Some(Ending::Left { how, message }) = decisive(&event(&json)) else {
            panic!();
        };
        assert_eq!(how, Some(Leaving::Restart));
        assert_eq!(message, "the guest was shut down (guest-reset)");
    }
}
