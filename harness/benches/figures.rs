//! The figures of the main job, measured and printed; nothing is asserted.
//!
//! `cargo bench -p harness` runs `spinlock-hog` on the bundled guest, one virtual machine at a
//! time, and prints medians with minimum and maximum; `STOPCODE_BENCH_RUNS` changes how many runs
//! (default 10). Then it measures every test by itself, the whole set with two at once
//! (`STOPCODE_BENCH_ROUNDS` times each, default 3), and whether runs can be repeated exactly. Run it on
//! an idle machine. Where the real minidump is (`STOPCODE_TEST_DATA`), its analysis is measured beside
//! the decompression of its symbol table.

#[path = "figures/each.rs"]
mod each;
#[path = "figures/minidump.rs"]
mod minidump;

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use runner::artefacts::{Keep, session_folder};
use runner::events::{Event, Outcome, TestReport};
use runner::run::{Context, one};
use scenario::project::Project;
use scenario::select::select;
use tokio::runtime::Runtime;
use vm::guest::HostFacts;
use vm::image::Image;
use vm::interrupt::Interrupt;
use vm::plan::{HostChoices, Plan, PlanOptions, make, new_seed};

const TEST: &str = "tinynt::spinlock-hog";
const DEFAULT_RUNS: usize = 10;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let runs = count("STOPCODE_BENCH_RUNS", DEFAULT_RUNS)?;
    let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let image = Image::load(&project, "tinynt")?;
    image.build()?;
    let selected = select(&project, &image.name, &[TEST.to_owned()])?;
    let entry = selected.first().ok_or("no such test")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let facts = runtime.block_on(HostFacts::find(&project.state()))?;

    let mut figures = Figures::default();
    for number in 1..=runs {
        let plan = make(
            &entry.scenario,
            entry.variant,
            &image,
            choices(&facts),
            &PlanOptions::default(),
        )?;
        let report = runtime.block_on(run(&project, &plan));
        figures.take(&report)?;
        eprint!("\r{number}/{runs}");
    }
    eprintln!();
    figures.print(&machine(), &facts.accel.to_string());
    minidump::print()?;
    each::print(&Lab {
        project: &project,
        image: &image,
        runtime: &runtime,
        facts: &facts,
    })
}

/// What runs are made with.
struct Lab<'l> {
    project: &'l Project,
    image: &'l Image,
    runtime: &'l Runtime,
    facts: &'l HostFacts,
}

/// A number from the environment, at least 1.
fn count(variable: &str, default: usize) -> Result<usize> {
    match env::var(variable) {
        Ok(text) => match text.parse() {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(format!("{variable} is {text:?}; it must be a number from 1").into()),
        },
        Err(_) => Ok(default),
    }
}

fn choices(facts: &HostFacts) -> HostChoices {
    HostChoices {
        accelerator: facts.accel.accelerator,
        sandbox: facts.sandbox,
        seed: new_seed(),
    }
}

async fn run(project: &Project, plan: &Plan) -> TestReport {
    let context = Context {
        sink: &|_: Event| {},
        session: session_folder(&project.runs()),
        keep: Keep::Always,
        interrupt: Interrupt::never(),
    };
    one(plan, 1, "", &context).await
}

/// One list of measurements per figure, in seconds, bytes or none.
#[derive(Default)]
struct Figures {
    ready: Vec<f64>,
    verdict: Vec<f64>,
    ratio: Vec<f64>,
    capture: Vec<f64>,
    copy: Vec<f64>,
    capture_ratio: Vec<f64>,
    analysis: Vec<f64>,
    memory: Vec<f64>,
    dump: Vec<f64>,
}

impl Figures {
    /// Adds a run's figures, measures what its dump allows to, and removes its artefacts.
    fn take(&mut self, report: &TestReport) -> Result<()> {
        if report.outcome != Outcome::Passed {
            return Err(format!("{TEST} did not pass: {:?}", report.outcome).into());
        }
        let artefacts = report.artefacts.as_ref().ok_or("no artefacts")?;
        let dump = artefacts.dump.as_ref().ok_or("no dump")?;
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64()).ok_or("no time");
        let (ready, verdict) = (
            seconds(report.timings.ready)?,
            seconds(report.timings.verdict)?,
        );
        let (capture, copy) = (seconds(report.timings.capture)?, copy(dump)?);
        self.ready.push(ready);
        self.verdict.push(verdict);
        self.ratio.push(verdict / ready);
        self.capture.push(capture);
        self.copy.push(copy);
        self.capture_ratio.push(capture / copy);
        self.analysis.push(seconds(report.timings.analysis)?);
        self.memory.push(peak_memory(dump)? / f64::from(1 << 20));
        self.dump
            .push(fs::metadata(dump)?.len() as f64 / f64::from(1 << 20));
        fs::remove_dir_all(&artefacts.folder)?;
        if let Some(session) = artefacts.folder.parent() {
            let _ = fs::remove_dir(session);
        }
        Ok(())
    }

    fn print(&self, machine: &str, accel: &str) {
        println!("{TEST}, {} runs, on {machine}; {accel}\n", self.ready.len());
        println!("{:46} {:>9} {:>9} {:>9}", "", "median", "min", "max");
        for (what, unit, values) in [
            ("QEMU start to agent ready (the floor)", "s", &self.ready),
            ("QEMU start to verdict", "s", &self.verdict),
            ("  as a multiple of the floor", "x", &self.ratio),
            ("capture of the dump", "s", &self.capture),
            ("cp of the same bytes on the same disk", "s", &self.copy),
            ("  capture as a multiple of cp", "x", &self.capture_ratio),
            ("analysis", "s", &self.analysis),
            ("peak memory of `stopcode analyze`", "MiB", &self.memory),
            ("size of the dump", "MiB", &self.dump),
        ] {
            let (median, min, max) = spread(values);
            println!("{what:42} {unit:>3} {median:9.3} {min:9.3} {max:9.3}");
        }
    }
}

/// Median, minimum and maximum.
fn spread(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    };
    (median, sorted[0], sorted[sorted.len() - 1])
}

/// How long `cp` takes for `file`, to a new file beside it.
fn copy(file: &Path) -> Result<f64> {
    let target = file.with_extension("copy");
    let begun = Instant::now();
    // Not a clone that shares the blocks: QEMU writes every byte.
    let status = Command::new("cp")
        .args(["--reflink=never", "--sparse=never"])
        .args([file, &target])
        .status()?;
    let took = begun.elapsed().as_secs_f64();
    fs::remove_file(&target)?;
    if status.success() {
        Ok(took)
    } else {
        Err("cp failed".into())
    }
}

/// Peak resident memory of an analysis in a process of its own, in bytes.
fn peak_memory(dump: &Path) -> Result<f64> {
    let stopcode = env!("CARGO_BIN_EXE_stopcode");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let usage = usage(
        Command::new(stopcode)
            .arg("analyze")
            .arg(dump)
            .args(["--message-format", "json", "--symbols"])
            .args([
                root.join("target/guest/tinynt/symbols"),
                root.join("target/guest/drivers"),
            ]),
    )?;
    Ok(usage.ru_maxrss as f64 * 1024.0)
}

/// What a command that succeeds uses; its output is thrown away.
fn usage(command: &mut Command) -> Result<nix::libc::rusage> {
    let child = command.stdout(Stdio::null()).spawn()?;
    let pid = i32::try_from(child.id())?;
    let mut status = 0;
    // SAFETY: `rusage` is plain numbers, for which zero is a value.
    let mut usage: nix::libc::rusage = unsafe { std::mem::zeroed() };
    // getrusage would give the largest of all children so far, which is QEMU.
    // SAFETY: both pointers are to live locals of the right types; the child is ours, and nobody
    // else waits for it.
    let waited = unsafe { nix::libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
    if waited != pid || status != 0 {
        return Err(format!("{command:?} failed (status {status:#x})").into());
    }
    Ok(usage)
}

/// Processors, for the heading.
fn machine() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("an unknown processor", |rest| {
            rest.trim_start_matches([' ', '\t', ':'])
        });
    let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!("{count} x {model}")
}
