//! Takes a guest's dumps and has them analysed. Of a guest that hangs there are two: one of the
//! running guest, and one after a non-maskable interrupt has made it stop.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use analyzer::DumpHeader;
use analyzer::verdict::Verdict;
use scenario::Expectation;
use tokio::time::timeout;
use vm::capture;
use vm::guest::{Guest, Qmp, SerialLog, stop_line};
use vm::image::{CaptureKind, OwnDump};
use vm::plan::Analyzer;
use vm::watch::{self, Ending};

use super::{LINE_LATE, Observed, Run, symbols_of, write_json};
use crate::analyzers;
use crate::artefacts::RunFolder;
use crate::events::{Analysis, AnalysisResult, Phase};
use crate::witness::{self, StopRecord, StopSources};

/// How long a guest may take to stop at a non-maskable interrupt; it takes milliseconds.
const NMI_PATIENCE: Duration = Duration::from_secs(5);

/// The dumps that were taken.
#[derive(Default)]
pub(super) struct Dumps {
    /// Of the guest as it hung.
    live: Option<PathBuf>,
    /// Of the guest as it stopped.
    last: Option<PathBuf>,
}

impl Run<'_> {
    /// Takes what the guest left.
    pub(super) async fn collect(
        &self,
        guest: &mut Guest,
        ending: &Ending,
        folder: &RunFolder,
        observed: &mut Observed,
    ) -> Result<Dumps, String> {
        self.recorder.phase(Phase::Ended);
        let mut dumps = Dumps::default();
        let stopped = match ending {
            Ending::Survived | Ending::QemuDied(_) => return Ok(dumps),
            Ending::Stopped(announced) => Some(*announced),
            Ending::TimedOut { .. }
            | Ending::Left { .. }
            | Ending::DiskFailed(_)
            | Ending::StepFailed(_)
            | Ending::WorkFailed(_) => None,
        };
        // A guest that stands still in lockstep has a monitor that does, too.
        guest.agent.let_go();
        if let Err(error) = guest.qmp.screenshot(&folder.screenshot()).await {
            self.recorder
                .note(format!("no picture of the screen: {error}"));
        }
        let stopped = match stopped {
            None if self.is_hang(ending) => {
                dumps.live = self.take_live(&guest.qmp, folder).await;
                self.force_stop(guest, observed).await
            }
            stopped => stopped,
        };
        let Some(announced) = stopped else {
            return Ok(dumps);
        };
        observed.announced = match announced {
            Some(announced) => Some(announced),
            None if self.plan.debug_output_on_com1 => announced_on(&guest.serial).await,
            None => self.announced_later(guest).await,
        };
        let begun = Instant::now();
        self.take(guest, &folder.dump()).await?;
        dumps.last = Some(folder.dump());
        self.recorder.captured(begun.elapsed());
        Ok(dumps)
    }

    /// Whether a guest that had booted was to stop and did not.
    fn is_hang(&self, ending: &Ending) -> bool {
        matches!(ending, Ending::TimedOut { .. })
            && matches!(self.plan.expect, Expectation::Crash(_))
            && self.recorder.was_ready()
    }

    /// A dump of the guest as it is; it runs on afterwards.
    async fn take_live(&self, qmp: &Qmp, folder: &RunFolder) -> Option<PathBuf> {
        match self.dump(qmp, &folder.live_dump()).await {
            Ok(()) => Some(folder.live_dump()),
            Err(error) => {
                self.recorder
                    .note(format!("no dump of the guest as it hung: {error}"));
                None
            }
        }
    }

    /// Interrupts a guest in a way that it cannot ignore. `Some`: it stopped.
    async fn force_stop(
        &self,
        guest: &mut Guest,
        observed: &mut Observed,
    ) -> Option<Option<StopRecord>> {
        if let Err(error) = guest.qmp.inject_nmi().await {
            self.recorder
                .note(format!("no non-maskable interrupt: {error}"));
            return None;
        }
        let stop = timeout(NMI_PATIENCE, watch::crash(&mut guest.events)).await;
        let stopped = match stop {
            Ok(Ending::Stopped(announced)) => Some(announced),
            Ok(_) | Err(_) => None,
        };
        observed.forced = Some(stopped.is_some());
        stopped
    }

    /// A guest that is about to write its own dump reports that first, and its stop code after it;
    /// then it must stand still, too.
    async fn announced_later(&self, guest: &mut Guest) -> Option<StopRecord> {
        let announced = match self.plan.announces_stop() {
            true => timeout(LINE_LATE, watch::crash(&mut guest.events)).await,
            false => Ok(Ending::Stopped(None)),
        };
        if let Err(error) = guest.qmp.stop().await {
            self.recorder
                .note(format!("the guest could not be held: {error}"));
        }
        match announced {
            Ok(Ending::Stopped(announced)) => announced,
            Ok(_) | Err(_) => None,
        }
    }

    /// Takes the dump of a stopped guest in the first way that works: of its memory, else of what
    /// it writes itself.
    async fn take(&self, guest: &mut Guest, file: &Path) -> Result<(), String> {
        if self.plan.captures == [CaptureKind::GuestDisk] {
            let taken = self.take_from_disk(guest, file).await;
            return taken.map_err(|own| format!("no dump by guest-disk: {own}"));
        }
        let error = match self.dump(&guest.qmp, file).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if !self.plan.captures.contains(&CaptureKind::GuestDisk) {
            return Err(error);
        }
        match self.take_from_disk(guest, file).await {
            Ok(()) => {
                self.recorder.note(error);
                Ok(())
            }
            Err(own) => Err(format!("{error}; no dump by guest-disk: {own}")),
        }
    }

    /// Lets a stopped guest write its own dump, and takes that from its disks. QEMU has ended
    /// afterwards: nobody else may read a disk that it has open.
    async fn take_from_disk(&self, guest: &mut Guest, file: &Path) -> Result<(), String> {
        if self.plan.own_dump == Some(OwnDump::None) {
            return Err("the guest writes none (`crash: {dump: none}`)".into());
        }
        let Some(disks) = &guest.disks else {
            return Err("the guest has no disk".into());
        };
        capture::let_write(&guest.qmp, &disks.overlays())
            .await
            .map_err(|error| error.to_string())?;
        if let Some(message) = watch::failed_disk(&mut guest.events) {
            return Err(message);
        }
        guest.qmp.quit().await.map_err(|error| error.to_string())?;
        let _ = timeout(LINE_LATE, guest.qemu.death()).await;
        let (overlays, file) = (disks.overlays(), file.to_owned());
        // Gigabytes are read.
        let taken =
            tokio::task::spawn_blocking(move || capture::from_guest_disk(&overlays, &file)).await;
        match taken {
            Ok(taken) => taken.map_err(|error| error.to_string()),
            Err(panic) => Err(panic.to_string()),
        }
    }

    async fn dump(&self, qmp: &Qmp, file: &Path) -> Result<(), String> {
        let memory = u64::from(self.plan.machine.memory_mib) << 20;
        let symbols = symbols_of(self.plan);
        let captured = capture::dump(qmp, &self.plan.captures, memory, &symbols, file);
        let captured = captured.await.map_err(|error| error.to_string())?;
        for message in captured.failed {
            self.recorder.note(message);
        }
        if self.plan.keep_elf {
            let elf = file.with_extension("elf");
            let written = capture::elf_file(qmp, memory, &elf).await;
            written.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Has the dumps read: headers and verdicts.
    pub(super) async fn analyse(
        &self,
        dumps: &Dumps,
        folder: &RunFolder,
        observed: &mut Observed,
    ) -> Result<(), String> {
        let default = Analyzer::default();
        let (first, others) = match self.plan.analyzers.split_first() {
            Some((first, others)) => (first, others),
            None => (&default, &[][..]),
        };
        if let Some(live) = &dumps.live {
            match self.read(live, first).await {
                Ok((_, verdict)) => {
                    self.save(&folder.live_verdict(), &verdict);
                    observed.live = Some(verdict);
                }
                Err(error) => self.recorder.note(format!("the guest as it hung: {error}")),
            }
        }
        let Some(dump) = &dumps.last else {
            return Ok(());
        };
        let begun = Instant::now();
        let read = self.read(dump, first).await;
        self.recorder.analysed(begun.elapsed());
        if !others.is_empty() || *first != Analyzer::Builtin {
            let answer = read.clone().map(|(_, verdict)| verdict);
            observed.analyses.push(analysis(first, begun, answer));
        }
        for other in others {
            let begun = Instant::now();
            let verdict = self.read(dump, other).await.map(|(_, verdict)| verdict);
            if let Err(message) = &verdict {
                self.recorder.note(format!("analyzer {other}: {message}"));
            }
            observed.analyses.push(analysis(other, begun, verdict));
        }
        let (header, verdict) = read.map_err(|message| match first {
            Analyzer::Builtin => message,
            Analyzer::Other(_) => format!("analyzer {first}: {message}"),
        })?;
        self.save(&folder.verdict(), &verdict);
        observed.witnesses = Some(StopSources {
            announced: observed.announced,
            header: Some(witness::of_header(
                header.bugcheck.code,
                header.bugcheck.parameters,
            )),
            verdict: witness::of_verdict(&verdict.bugcheck),
        });
        observed.verdict = Some(verdict);
        Ok(())
    }

    /// A dump's header, and what `analyzer` makes of it.
    async fn read(
        &self,
        dump: &Path,
        analyzer: &Analyzer,
    ) -> Result<(DumpHeader, Verdict), String> {
        match analyzer {
            Analyzer::Builtin => self.read_ourselves(dump).await,
            Analyzer::Other(other) => {
                let header = analyzer::read_header(dump)
                    .map_err(|error| format!("the dump cannot be analysed: {error}"))?;
                let stop = witness::of_header(header.bugcheck.code, header.bugcheck.parameters);
                let asked = analyzers::ask(other, dump, stop, &self.plan.symbols, analyzers::LIMIT);
                let verdict = tokio::select! {
                    verdict = asked => verdict?,
                    () = self.context.interrupt.wait() => return Err("interrupted".into()),
                };
                Ok((header, verdict))
            }
        }
    }

    async fn read_ourselves(&self, dump: &Path) -> Result<(DumpHeader, Verdict), String> {
        let dump = dump.to_owned();
        let symbols = symbols_of(self.plan);
        let read = tokio::task::spawn_blocking(move || {
            // First: of a file that is no dump, it has more to say.
            let verdict = analyzer::analyze(&dump, &symbols)?;
            let header = analyzer::read_header(&dump)?;
            Ok::<_, analyzer::AnalyzeError>((header, verdict))
        });
        match read.await {
            Ok(Ok(read)) => Ok(read),
            Ok(Err(error)) => Err(format!("the dump cannot be analysed: {error}")),
            Err(panic) => Err(format!("the analyzer failed: {panic}")),
        }
    }

    fn save(&self, file: &Path, verdict: &Verdict) {
        if let Err(error) = write_json(file, verdict) {
            self.recorder
                .note(format!("the verdict could not be saved: {error}"));
        }
    }
}

/// What one analyzer says, for the report.
fn analysis(analyzer: &Analyzer, begun: Instant, answer: Result<Verdict, String>) -> Analysis {
    Analysis {
        analyzer: analyzer.to_string(),
        elapsed_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        result: match answer {
            Ok(verdict) => AnalysisResult::Verdict(Box::new(verdict)),
            Err(message) => AnalysisResult::Trouble(message),
        },
    }
}

/// The stop that the guest announced on COM1.
async fn announced_on(serial: &SerialLog) -> Option<StopRecord> {
    let mut serial = serial.clone();
    timeout(LINE_LATE, serial.wait_for(stop_line)).await.ok()?
}
