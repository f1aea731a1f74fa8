//! `stopcode image check`: boots an image, lists what it can do, reads its memory, and crashes it.

use std::fmt::Display;
use std::path::Path;
use std::time::{Duration, Instant};

use analyzer::{DpcWatchdog, Survey, SymbolPath};
use runner::artefacts::{RunFolder, session_folder};
use runner::witness::{self, StopRecord};
use scenario::project::Project;
use scenario::{Clock, GuestSpec, Hypervisor, MemorySize, TestName, Variant};
use tokio::time::timeout;
use vm::capture;
use vm::guest::{Agent, Guest};
use vm::image::{Image, Os};
use vm::plan::{Accelerator, Machine, machine};
use vm::symbols;
use vm::watch::{self, Ending};
use windows_image::put_questions;

use super::{Exit, Failure, host_choices, runtime};

/// How long a guest may take to stop at a non-maskable interrupt: Windows flushes what it logs.
const STOP_WITHIN: Duration = Duration::from_secs(60);

/// How long a program that only prints something may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Number of modules without symbols that are named.
const NAMED: usize = 8;

/// How the guest stopped at a non-maskable interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// It reported that through pvpanic, or with its stop code through Hyper-V's crash registers.
    Seen(Option<StopRecord>),
    /// Nothing was reported.
    Unseen,
}

/// Hands on what is found, and counts what an image should have and lacks.
struct Report<'f> {
    found: &'f mut dyn FnMut(&str, &str),
    lacks: Vec<String>,
}

impl Report<'_> {
    fn say(&mut self, what: &str, found: impl Display) {
        (self.found)(what, &found.to_string());
    }

    fn lack(&mut self, what: &str, found: impl Display) {
        self.say(what, format!("NO: {found}"));
        self.lacks.push(what.to_owned());
    }
}

/// Boots an image and says what it can do. The guest does not outlive it, nor does anything that it
/// writes.
///
/// `found` takes each finding as it comes: what was looked at, and what was seen.
///
/// # Errors
/// The guest does not boot or answer, or the image lacks something that it should have.
pub fn check(
    project: &Project,
    image: &Image,
    hypervisor: Hypervisor,
    accelerator: Option<Accelerator>,
    found: &mut dyn FnMut(&str, &str),
) -> Result<Exit, Failure> {
    let least = image.boot.hardware();
    let spec = GuestSpec {
        cpus: least.map_or(2, |least| least.cpus),
        memory: least.map_or(MemorySize::from_mib(128), |least| least.memory),
        hypervisor,
        clock: Clock::Host,
    };
    let test = TestName::new(&image.name, "image-check", Variant::Buggy);
    let folder = RunFolder::create(&session_folder(&project.runs()), &test, 1)
        .map_err(|error| Failure::infra(format!("cannot make a folder: {error}")))?;
    let mut report = Report {
        found,
        lacks: Vec::new(),
    };
    let checked: Result<(), Failure> = runtime()?.block_on(async {
        let (host, accelerator) = host_choices(project, accelerator).await?;
        report.say("accelerator", accelerator);
        let machine = machine(&spec, image, host);
        let started = Instant::now();
        let mut guest = Guest::start(&machine, folder.path())
            .await
            .map_err(Failure::infra)?;
        if let Some(why) = &guest.cold {
            report.say("state", format!("booted cold: {why}"));
        }
        let checked = look(
            &mut guest,
            &machine,
            image,
            started,
            folder.path(),
            &mut report,
        )
        .await;
        let stated = guest.serial.tail(5).join("\n  ");
        guest.qemu.kill().await;
        checked.map_err(|error| Failure::infra(format!("{error}; last lines on COM1:\n  {stated}")))
    });
    folder.finish(false);
    checked?;
    match report.lacks.as_slice() {
        [] => Ok(Exit::Success),
        lacks => Err(Failure::infra(format!(
            "image {} is not all that it should be: {}",
            image.name,
            lacks.join(", ")
        ))),
    }
}

async fn look(
    guest: &mut Guest,
    machine: &Machine,
    image: &Image,
    started: Instant,
    folder: &Path,
    report: &mut Report<'_>,
) -> Result<(), String> {
    let ready = tokio::select! {
        ready = guest.agent.sync(image.agent.ready_within) => ready.map_err(|e| e.to_string()),
        death = guest.qemu.death() => Err(death.to_string()),
    };
    ready?;
    let seconds = started.elapsed().as_secs_f64();
    report.say("agent", format!("ready after {seconds:.3} s"));
    let name = guest.agent.os_name().await;
    report.say("guest", name.map_err(|error| error.to_string())?);
    ask(&mut guest.agent, image, report).await?;
    if image.os == Os::Linux {
        return Ok(());
    }
    let memory = u64::from(machine.memory_mib) << 20;
    let symbols = symbols::of_guest(&image.symbols, &image.symbol_path);
    match capture::survey(&guest.qmp, memory, &symbols, folder).await {
        Ok(survey) => show_survey(&survey, machine, report),
        Err(error) => report.lack("memory", format!("it cannot be looked at: {error}")),
    }
    let stop = stop(guest).await?;
    report_stop(machine, image.os, stop, report);
    if stop != Stop::Unseen {
        take_dump(guest, image, memory, &symbols, folder, report).await;
    }
    Ok(())
}

/// What programs in the guest tell.
async fn ask(agent: &mut Agent, image: &Image, report: &mut Report<'_>) -> Result<(), String> {
    match image.os {
        Os::Windows => {
            for (question, good) in put_questions(agent).await.map_err(|e| e.to_string())? {
                match good {
                    true => report.say(question.what, "yes"),
                    false => report.lack(question.what, question.without),
                }
            }
        }
        Os::TinyNt => {
            let stated = agent.exec("verifier.exe", &["/query"], ANSWER_WITHIN).await;
            match stated.map_err(|error| error.to_string())?.code {
                0 => report.say("verifier", "yes, without a restart"),
                code => report.lack(
                    "verifier",
                    format!("`verifier.exe /query` ends with {code}"),
                ),
            }
        }
        Os::Linux => {}
    }
    match &image.signing {
        Some(signing) => report.say(
            "signing",
            format!("drivers are signed with {}", signing.certificate.display()),
        ),
        None => report.say("signing", "drivers are delivered as they are"),
    }
    Ok(())
}

fn show_survey(survey: &Survey, machine: &Machine, report: &mut Report<'_>) {
    report.say("build", survey.build);
    for unknown in &survey.unknown {
        report.say("unknown", format!("{}: {}", unknown.what, unknown.why));
    }
    show_symbols(survey, report);
    show_watchdog(&survey.dpc_watchdog, is_hidden(machine), report);
}

fn show_symbols(survey: &Survey, report: &mut Report<'_>) {
    let kernel = survey.modules.iter().find(|module| module.is_kernel);
    match kernel.map(|kernel| (kernel.pdb.as_deref().unwrap_or("kernel"), &kernel.symbols)) {
        None => report.lack("symbols", "the kernel was not found in memory"),
        Some((pdb, Ok(file))) => report.say("symbols", format!("{pdb}: {}", file.display())),
        Some((pdb, Err(why))) => report.lack("symbols", format!("{pdb}: {why}")),
    }
    let others = || survey.modules.iter().filter(|module| !module.is_kernel);
    let mut missing = others().filter_map(|module| Some((module, module.symbols.as_ref().err()?)));
    let count = missing.clone().count();
    let all = others().count();
    let mut message = format!("{} of {all} other modules have theirs here", all - count);
    if let Some((first, why)) = missing.next() {
        let names: Vec<&str> = (std::iter::once(&*first.module))
            .chain(missing.map(|(module, _)| &*module.module))
            .take(NAMED)
            .collect();
        let more = if count > NAMED { ", …" } else { "" };
        message.push_str(&format!(
            "; not {}{more} (fetched when a stack needs them, if a server is named); {}: {why}",
            names.join(", "),
            first.module
        ));
    }
    report.say("symbols", message);
}

fn show_watchdog(watchdog: &DpcWatchdog, hidden: bool, report: &mut Report<'_>) {
    const WHAT: &str = "DPC watchdog";
    let limit = |ticks: &Option<u64>| match ticks {
        Some(ticks) => format!("{ticks} ticks"),
        None => "no limit".to_owned(),
    };
    match watchdog {
        DpcWatchdog::Armed {
            dpc_ticks,
            dispatch_ticks,
        } => {
            let (dpc, dispatch) = (limit(dpc_ticks), limit(dispatch_ticks));
            let message = format!("armed: {dpc} for a DPC, {dispatch} at DISPATCH_LEVEL");
            report.say(WHAT, message);
        }
        DpcWatchdog::NotArmed { why } if hidden => report.lack(WHAT, format!("not armed ({why})")),
        DpcWatchdog::NotArmed { why } => report.say(
            WHAT,
            format!(
                "not armed ({why}), as under a visible hypervisor; --hypervisor hidden looks again"
            ),
        ),
        DpcWatchdog::Unknown { why } => report.say(WHAT, format!("unknown because {why}")),
    }
}

fn is_hidden(machine: &Machine) -> bool {
    machine.cpu.split(',').any(|flag| flag == "-hypervisor")
}

/// Makes the guest stop: every Windows from 8 on stops with 0x80 at a non-maskable interrupt.
async fn stop(guest: &mut Guest) -> Result<Stop, String> {
    let sent = guest.qmp.inject_nmi().await;
    sent.map_err(|error| format!("no non-maskable interrupt: {error}"))?;
    let stop = timeout(STOP_WITHIN, watch::crash(&mut guest.events)).await;
    // One that is about to write its own dump still runs.
    let _ = guest.qmp.stop().await;
    Ok(match stop {
        Ok(Ending::Stopped(announced)) => Stop::Seen(announced),
        Ok(_) | Err(_) => Stop::Unseen,
    })
}

fn report_stop(machine: &Machine, os: Os, stop: Stop, report: &mut Report<'_>) {
    match stop {
        Stop::Seen(None) => report.say("pvpanic", "yes, at a non-maskable interrupt"),
        Stop::Seen(Some(_)) => report.say("pvpanic", "unknown because hv-crash reports first"),
        Stop::Unseen => report.lack("pvpanic", "a stop at a non-maskable interrupt was not seen"),
    }
    match crash_registers(machine, os, stop) {
        Ok(message) => report.say("hv-crash", message),
        Err(message) => report.lack("hv-crash", message),
    }
}

/// Whether the guest announces its stop through Hyper-V's crash registers; an error is that it
/// should and does not.
fn crash_registers(machine: &Machine, os: Os, stop: Stop) -> Result<String, String> {
    if machine.crash_registers {
        return match stop {
            Stop::Seen(Some(stated)) => Ok(format!("yes: {}", witness::show(&stated))),
            Stop::Seen(None) => Err("QEMU offers it, and the guest did not use it".into()),
            Stop::Unseen => Ok("unknown because no stop was seen".into()),
        };
    }
    Ok(match (os, machine.accelerator) {
        (Os::TinyNt | Os::Linux, _) => format!("not used by {}", os.name()),
        (Os::Windows, Accelerator::Tcg) => "not offered: it needs KVM".into(),
        (Os::Windows, Accelerator::Kvm) => "not offered: it needs a visible hypervisor".into(),
    })
}

/// Takes a dump as a run would. (What the guest writes itself, a run would wait for.)
async fn take_dump(
    guest: &Guest,
    image: &Image,
    memory: u64,
    symbols: &SymbolPath,
    folder: &Path,
    report: &mut Report<'_>,
) {
    let file = folder.join("memory.dmp");
    let captured = capture::dump(&guest.qmp, &image.captures, memory, symbols, &file).await;
    let captured = match captured {
        Ok(captured) => captured,
        Err(error) => return report.lack("dump", error),
    };
    for message in captured.failed {
        report.say("dump", message);
    }
    let kind = captured.kind.as_str();
    match analyzer::read_header(&file) {
        Ok(header) => report.say("dump", format!("{kind}, stop 0x{:X}", header.bugcheck.code)),
        Err(error) => report.lack("dump", format!("{kind}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vm::plan::HostChoices;
    use vm::testing::image::windows;

    fn of(accelerator: Accelerator, hypervisor: Hypervisor) -> Machine {
        let spec = GuestSpec {
            cpus: 2,
            memory: MemorySize::from_mib(4096),
            hypervisor,
            clock: Clock::Host,
        };
        let host = HostChoices {
            accelerator,
            sandbox: true,
            seed: 1,
        };
        machine(&spec, &windows(), host)
    }

    #[test]
    fn hv_crash_is_what_was_offered_and_what_was_seen() {
        let kvm = of(Accelerator::Kvm, Hypervisor::Visible);
        let stated = StopRecord {
            code: 0x80,
            parameters: [0x4F_4454.into(), 0.into(), 0.into(), 0.into()],
        };
        let found = |machine: &Machine, stop| crash_registers(machine, Os::Windows, stop);
        assert!(
            found(&kvm, Stop::Seen(Some(stated)))
                .unwrap()
                .starts_with("yes: 0x80")
        );
        assert!(found(&kvm, Stop::Seen(None)).is_err());
        assert!(
            found(&kvm, Stop::Unseen)
                .unwrap()
                .starts_with("unknown because")
        );
        let hidden = of(Accelerator::Kvm, Hypervisor::Hidden);
        assert!(is_hidden(&hidden) && !is_hidden(&kvm));
        let message = found(&hidden, Stop::Seen(None)).unwrap();
        assert!(message.contains("visible hypervisor"), "{message}");
        let message = found(&of(Accelerator::Tcg, Hypervisor::Visible), Stop::Seen(None)).unwrap();
        assert!(message.contains("needs KVM"), "{message}");
    }
}
