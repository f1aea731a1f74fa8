//! QEMU's monitor (QMP), through the crate `qapi`.

use std::io;
use std::os::fd::RawFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use nix::unistd::Pid;
use qapi::futures::{QapiService, QmpStreamTokio};
use qapi::{ExecuteError, qmp};
use tokio::io::WriteHalf;
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

/// How long QEMU may take to greet, and to answer a command that does little.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long writing a dump may take. Slow disks manage 20 MiB/s; guests have up to a few GiB.
const DUMP_PATIENCE: Duration = Duration::from_secs(300);

/// How long reading or writing a guest's state may take, and how often to look.
const MIGRATION_PATIENCE: Duration = Duration::from_secs(300);
const MIGRATION_LOOK: Duration = Duration::from_millis(5);

/// Commands to QEMU.
pub struct Qmp {
    service: Arc<QapiService<QmpStreamTokio<WriteHalf<UnixStream>>>>,
}

/// What QEMU reports, in order. Ends when the monitor's connection ends.
pub type QmpEvents = mpsc::UnboundedReceiver<qmp::Event>;

/// A monitor command failed.
#[derive(Debug, thiserror::Error)]
pub enum QmpError {
    /// QEMU closed the connection: it has ended or is about to.
    #[error("the connection was closed")]
    Closed,
    /// QEMU refused the command.
    #[error("{command}: {message}")]
    Refused {
        command: &'static str,
        message: String,
    },
    /// QEMU did not answer.
    #[error("no answer to {command} within {} s", .after.as_secs())]
    Silent {
        command: &'static str,
        /// How long it had.
        after: Duration,
    },
    /// The answer could not be read.
    #[error("{0}")]
    Io(io::Error),
}

impl From<io::Error> for QmpError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
        match error.kind() {
            BrokenPipe | ConnectionReset | UnexpectedEof => Self::Closed,
            _ => Self::Io(error),
        }
    }
}

impl Qmp {
    /// Takes QEMU's greeting and enters command mode.
    ///
    /// # Errors
    /// QEMU ends, is silent, or does not speak QMP.
    pub async fn connect(stream: UnixStream) -> Result<(Self, QmpEvents), QmpError> {
        let greet = async {
            let negotiation = QmpStreamTokio::open(stream).await?;
            negotiation.negotiate().await
        };
        let stream = timeout(PATIENCE, greet)
            .await
            .map_err(|_| QmpError::Silent {
                command: "the handshake",
                after: PATIENCE,
            })??;
        let (service, mut events) = stream.into_parts();
        let (sender, receiver) = mpsc::unbounded_channel();
        // Answers to commands arrive on the same stream, so it must be read all the time. The
        // task ends with the connection; it reads on even if the events are not received.
        tokio::spawn(async move {
            while let Some(Ok(event)) = events.next().await {
                let _ = sender.send(event);
            }
        });
        let service = Arc::new(service);
        Ok((Self { service }, receiver))
    }

    /// Lets the guest run.
    ///
    /// # Errors
    /// QEMU refuses or ends.
    pub async fn resume(&self) -> Result<(), QmpError> {
        self.execute(qmp::cont {}, PATIENCE).await.map(drop)
    }

    /// Stops the guest; its memory can still be read.
    ///
    /// # Errors
    /// QEMU refuses or ends.
    pub async fn stop(&self) -> Result<(), QmpError> {
        self.execute(qmp::stop {}, PATIENCE).await.map(drop)
    }

    /// The threads that execute the guest's processors.
    ///
    /// # Errors
    /// QEMU refuses or ends.
    pub(super) async fn processor_threads(&self) -> Result<Vec<Pid>, QmpError> {
        let processors = self.execute(qmp::query_cpus_fast {}, PATIENCE).await?;
        let id = |processor: &qmp::CpuInfoFast| match processor {
            qmp::CpuInfoFast::x86_64(base) | qmp::CpuInfoFast::i386(base) => {
                i32::try_from(base.thread_id).ok()
            }
            _ => None,
        };
        let ids = processors.iter().filter_map(id);
        Ok(ids.filter(|id| *id > 0).map(Pid::from_raw).collect())
    }

    /// Presses Enter on the guest's keyboard.
    ///
    /// # Errors
    /// QEMU refuses or ends.
    pub async fn press_enter(&self) -> Result<(), QmpError> {
        let command = qmp::send_key {
            hold_time: None,
            keys: vec![qmp::QKeyCode::ret.into()],
        };
        self.execute(command, PATIENCE).await.map(drop)
    }

    /// Ends QEMU, once all that the guest wrote to its disks is in their files.
    ///
    /// # Errors
    /// QEMU refuses.
    pub async fn quit(&self) -> Result<(), QmpError> {
        match self.execute(qmp::quit {}, PATIENCE).await {
            Ok(_) | Err(QmpError::Closed) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether a guest that resets itself may go on (or ends the run).
    ///
    /// # Errors
    /// QEMU refuses or ends.
    pub async fn let_reboot(&self, may: bool) -> Result<(), QmpError> {
        let command = qmp::set_action {
            panic: None,
            reboot: Some(match may {
                true => qmp::RebootAction::reset,
                false => qmp::RebootAction::shutdown,
            }),
            shutdown: None,
            watchdog: None,
        };
        self.execute(command, PATIENCE).await.map(drop)
    }

    /// Takes the guest's state from file descriptor `fd` of QEMU, which was started to wait for
    /// it.
    ///
    /// # Errors
    /// QEMU refuses, does not finish, or ends: the state is damaged or of another machine. QEMU's
    /// log says more.
    pub(crate) async fn restore(&self, fd: RawFd) -> Result<(), QmpError> {
        let command = qmp::migrate_incoming {
            channels: None,
            exit_on_error: None,
            uri: Some(format!("fd:{fd}")),
        };
        self.execute(command, PATIENCE).await?;
        self.migrated("migrate-incoming").await
    }

    /// Writes the state of a stopped guest to the standard input of a shell command.
    ///
    /// # Errors
    /// QEMU refuses, does not finish, or ends.
    pub async fn save(&self, command: &str) -> Result<(), QmpError> {
        let command = qmp::migrate {
            channels: None,
            detach: None,
            resume: None,
            uri: Some(format!("exec:{command}")),
        };
        self.execute(command, PATIENCE).await?;
        self.migrated("migrate").await
    }

    /// Waits for the end of a migration.
    async fn migrated(&self, command: &'static str) -> Result<(), QmpError> {
        let refused = |message: String| QmpError::Refused { command, message };
        let end = Instant::now() + MIGRATION_PATIENCE;
        while Instant::now() < end {
            let info = self.execute(qmp::query_migrate {}, PATIENCE).await?;
            match info.status {
                Some(qmp::MigrationStatus::completed) => return Ok(()),
                Some(qmp::MigrationStatus::failed | qmp::MigrationStatus::cancelled) => {
                    return Err(refused(
                        info.error_desc.unwrap_or_else(|| "it failed".into()),
                    ));
                }
                _ => sleep(MIGRATION_LOOK).await,
            }
        }
        Err(QmpError::Silent {
            command,
            after: MIGRATION_PATIENCE,
        })
    }

    /// Writes a dump of the guest's memory to `file`, which must not exist. QEMU creates it with
    /// mode 0400.
    ///
    /// # Errors
    /// QEMU refuses (wrong format for this guest, no space) or ends.
    pub async fn dump(
        &self,
        file: &Path,
        format: qmp::DumpGuestMemoryFormat,
    ) -> Result<(), QmpError> {
        let command = qmp::dump_guest_memory {
            begin: None,
            detach: None,
            format: Some(format),
            length: None,
            paging: false,
            protocol: format!("file:{}", file.display()),
        };
        self.execute(command, DUMP_PATIENCE).await.map(drop)
    }

    /// Writes what the guest's display shows to `file`, as PNG.
    ///
    /// # Errors
    /// QEMU cannot write the file, or ends.
    pub async fn screenshot(&self, file: &Path) -> Result<(), QmpError> {
        let command = qmp::screendump {
            device: None,
            format: Some(qmp::ImageFormat::png),
            head: None,
            filename: file.display().to_string(),
        };
        self.execute(command, PATIENCE).await.map(drop)
    }

    /// Signals a non-maskable interrupt to every processor.
    ///
    /// # Errors
    /// QEMU refuses or ends.
    pub async fn inject_nmi(&self) -> Result<(), QmpError> {
        self.execute(qmp::inject_nmi {}, PATIENCE).await.map(drop)
    }

    /// The guest's real-time clock: time since 1970, whole seconds.
    ///
    /// # Errors
    /// QEMU has no such clock, refuses or ends.
    pub(crate) async fn rtc_time(&self) -> Result<Duration, QmpError> {
        let command = qmp::qom_get {
            path: "/machine".into(),
            property: "rtc-time".into(),
        };
        let answer = self.execute(command, PATIENCE).await?;
        since_1970(&answer).ok_or_else(|| QmpError::Refused {
            command: "qom-get rtc-time",
            message: format!("{answer} is not a time"),
        })
    }

    async fn execute<C>(&self, command: C, patience: Duration) -> Result<C::Ok, QmpError>
    where
        C: qmp::QmpCommand + Send + 'static,
        C::Ok: Send,
    {
        // In a task of its own, so that it ends even if the caller is gone: qapi panics at the
        // command after one that was given up.
        let service = Arc::clone(&self.service);
        let work = tokio::spawn(async move { service.execute(command).await });
        match timeout(patience, work).await {
            Err(_) => Err(QmpError::Silent {
                command: C::NAME,
                after: patience,
            }),
            Ok(Err(_)) => Err(QmpError::Closed),
            Ok(Ok(Err(ExecuteError::Qapi(error)))) => Err(QmpError::Refused {
                command: C::NAME,
                message: error.desc,
            }),
            Ok(Ok(Err(ExecuteError::Io(error)))) => Err(error.into()),
            Ok(Ok(Ok(answer))) => Ok(answer),
        }
    }
}

/// Reads C's `struct tm`: years count from 1900, months from 0.
fn since_1970(tm: &serde_json::Value) -> Option<Duration> {
    let field = |name: &str| tm.get(name)?.as_u64();
    let (year, month) = (field("tm_year")? + 1900, field("tm_mon")? + 1);
    // Days since 1970, counting years from March: leap days are then at their ends.
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = year * 365 + leap_days + (month * 153 + 2) / 5 + field("tm_mday")? - 1;
    let days = days.checked_sub(719_468)?;
    let hours = days * 24 + field("tm_hour")?;
    let minutes = hours * 60 + field("tm_min")?;
    Some(Duration::from_secs(minutes * 60 + field("tm_sec")?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_become_seconds() {
        for (year, month, day, seconds) in [
            (70, 0, 1, 0),
            (100, 1, 29, 951_782_400),
            (126, 10, 22, 1_795_305_600),
        ] {
            let tm = json!({"tm_year": year, "tm_mon": month, "tm_mday": day,
                            "tm_hour": 1, "tm_min": 2, "tm_sec": 3});
            let expected = Duration::from_secs(seconds + 3723);
            assert_eq!(since_1970(&tm), Some(expected), "{tm}");
        }
        assert_eq!(since_1970(&json!({"tm_year": 70})), None);
    }
}
