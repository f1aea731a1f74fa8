//! One crash, captured in several ways: the verdict does not depend on the way. And a guest that
//! keeps its debugger data block encoded, as Windows does.
//!
//! Tests of an image that is not on this machine are ignored; `scenarios.rs` says why.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use analyzer::verdict::{Stack, StackKind, Verdict};
use analyzer::{DumpKind, SymbolPath, analyze, convert};
use libtest_mimic::{Failed, Trial};
use runner::artefacts::session_folder;
use runner::events::{Outcome, TestReport};
use scenario::project::Project;
use scenario::select::{Selected, select};
use test_support::attempt::{Attempt, carry_out};
use test_support::copy::ProjectCopy;
use test_support::elf::{forget_headers, raw_memory};
use test_support::live;
use test_support::replace::replace_once;
use test_support::trials::{self, PreparedImage};
use vm::image::{Availability, Image};
use vm::plan::new_seed;

const IMAGE: &str = "tinynt";
/// A crash with a processor that spins, one that stopped, and threads that wait.
const CRASH: &str = "tinynt::spinlock-hog";
/// A hang: it is dumped as it runs, then as it stops.
const HANG: &str = "tinynt::resource-deadlock";

fn main() -> ExitCode {
    trials::run(list)
}

fn list(project: Arc<Project>) -> Result<Vec<Trial>, String> {
    let image = Image::load(&project, IMAGE).map_err(|error| error.to_string())?;
    let is_missing = image.availability() != Availability::Available;
    let image = Arc::new(PreparedImage::new(image));
    let looked_at = Arc::clone(&image);
    let mut trials = vec![Trial::test(
        "tinynt::captures::armed_as_com1_says",
        move || live::armed_as_com1_says(looked_at.ready()?),
    )];
    trials.push(Trial::test("tinynt::captures::one_crash", move || {
        one_crash(&project, image.ready()?)
    }));
    trials.push(Trial::test(
        "tinynt::captures::encoded_block",
        encoded_block,
    ));
    Ok((trials.into_iter())
        .map(|trial| trial.with_ignored_flag(is_missing))
        .collect())
}

/// What a run of `test` has left, with the ELF files.
fn run(project: &Project, image: &Image, test: &str) -> Result<TestReport, Failed> {
    let selected: Vec<Selected> = select(project, IMAGE, &[test.to_owned()])?;
    let entry = selected.first().ok_or("no such test")?;
    let attempt = Attempt {
        number: 1,
        seed: new_seed(),
        keep_elf: true,
        session: session_folder(&project.runs()),
    };
    let report = carry_out(image, entry, attempt)?;
    match report.outcome {
        Outcome::Passed => Ok(report),
        _ => Err(format!("{test}: {:?}", report.outcome).into()),
    }
}

fn folder(report: &TestReport) -> Result<PathBuf, Failed> {
    let artefacts = report.artefacts.as_ref();
    Ok(artefacts.ok_or("no artefacts")?.folder.clone())
}

fn verdict(dump: &Path, symbols: &SymbolPath) -> Result<Verdict, Failed> {
    Ok(analyze(dump, symbols)?)
}

/// The same crash by win-dmp, as an ELF file, and as a dump converted from it.
fn one_crash(project: &Project, image: &Image) -> Result<(), Failed> {
    let report = run(project, image, CRASH)?;
    let folder = folder(&report)?;
    let symbols = SymbolPath::from_dirs(image.symbols.clone());
    let win = verdict(&folder.join("memory.dmp"), &symbols)?;
    assert_eq!(win.dump.kind, "full");
    let elf = folder.join("memory.elf");
    let mut of_elf = verdict(&elf, &symbols)?;
    assert_eq!(of_elf.dump.kind, "elf");
    of_elf.dump.kind.clone_from(&win.dump.kind);
    assert_eq!(of_elf, win);

    let dump = folder.join("converted.dmp");
    let converted = convert(&elf, &symbols, &dump)?;
    assert_eq!((converted.kind, converted.missing), (DumpKind::Full, 0));
    assert_eq!(converted.unknown, []);
    assert_eq!(verdict(&dump, &symbols)?, win);
    let parsed = kdmp_parser::parse::KernelDumpParser::new(&dump)?;
    assert_eq!(parsed.headers().bug_check_code, win.bugcheck.code);
    assert!(parsed.kernel_modules().count() > 4);

    // Without the header that the guest keeps ready for QEMU, all comes from the kernel itself: the
    // stop, the processor that stopped, and the memory's runs.
    forget_headers(&elf)?;
    let of_memory = verdict(&elf, &symbols)?;
    assert_same_judgement(&of_memory, &win);
    let dump = folder.join("of-memory.dmp");
    let converted = convert(&elf, &symbols, &dump)?;
    assert_eq!((converted.kind, converted.missing), (DumpKind::Full, 0));
    assert_eq!(converted.unknown, []);
    assert_same_judgement(&verdict(&dump, &symbols)?, &win);
    fs::remove_dir_all(&folder)?;
    Ok(())
}

/// All but how long the system was up: the guest's header has it from the stop, the clock a moment
/// later.
fn assert_same_judgement(one: &Verdict, other: &Verdict) {
    assert_eq!(one.bugcheck, other.bugcheck);
    assert_eq!(
        (&one.cause, one.confidence),
        (&other.cause, other.confidence)
    );
    assert_eq!(one.culprit, other.culprit);
    assert_eq!(one.victims, other.victims);
    let frames = |verdict: &Verdict| -> Vec<_> {
        let stacks = verdict.stacks.iter();
        stacks.map(|stack| stack.frames.clone()).collect()
    };
    assert_eq!(frames(one), frames(other));
    assert_eq!(one.dump.processors, other.dump.processors);
    assert_eq!(one.dump.build, other.dump.build);
}

/// Cause, culprit and victims; the stop may be another one.
fn assert_same_blame(one: &Verdict, other: &Verdict) {
    assert_eq!(
        (&one.cause, one.confidence),
        (&other.cause, other.confidence)
    );
    assert_eq!(one.culprit, other.culprit);
    assert_eq!(one.victims, other.victims);
}

/// A guest booted without a debugger: while it runs the block is encoded, and QEMU cannot write the
/// dump, but we can.
fn encoded_block() -> Result<(), Failed> {
    let copy = ProjectCopy::new(IMAGE)?;
    let recipe = copy.path("images/tinynt/image.yaml");
    let text = fs::read_to_string(&recipe)?;
    let kernel = "    opt/tinynt/kernel: target/guest/tinynt/ntoskrnl.exe\n";
    let nodebug = "    opt/tinynt/nodebug: images/tinynt/image.yaml\n";
    fs::write(
        &recipe,
        replace_once(&text, kernel, &format!("{kernel}{nodebug}"))?,
    )?;
    let project = copy.project()?;
    let image = copy.built(IMAGE)?;
    let report = run(&project, &image, HANG)?;
    let folder = folder(&report)?;
    let symbols = SymbolPath::from_dirs(image.symbols.clone());

    let refused = |words: &&String| words.contains("no dump by win-dmp");
    assert_eq!(
        report.notes.iter().filter(refused).count(),
        1,
        "{:?}",
        report.notes
    );
    let live = verdict(&folder.join("memory-live.dmp"), &symbols)?;
    assert_eq!(
        (live.dump.kind.as_str(), live.bugcheck.code),
        ("full", 0x161)
    );
    is_readable(&live);

    let elf = folder.join("memory-live.elf");
    let of_elf = verdict(&elf, &symbols)?;
    is_readable(&of_elf);
    // The guest ran on between the two: only who waits for ever is where it was.
    let stuck = |verdict: &Verdict| -> Vec<_> {
        let of_driver = |stack: &&Stack| {
            let mut modules = stack
                .frames
                .iter()
                .filter_map(|frame| frame.module.as_deref());
            modules.any(|module| module == "resource-deadlock.sys")
        };
        verdict.stacks.iter().filter(of_driver).cloned().collect()
    };
    assert_eq!(stuck(&of_elf), stuck(&live));
    assert_eq!(stuck(&live).len(), 2);
    let none = verdict(&elf, &SymbolPath::default())?;
    let block = |verdict: &Verdict| {
        let unknown = verdict.unknown.iter();
        let mut of_block = unknown.filter(|one| one.what == "the kernel debugger data block");
        of_block.next().map(|one| one.why.clone())
    };
    assert_eq!(block(&of_elf), None);
    assert!(
        block(&none).unwrap_or_default().contains("no symbols"),
        "{:?}",
        none.unknown
    );
    let out = folder.join("none.dmp");
    let error = convert(&elf, &SymbolPath::default(), &out).unwrap_err();
    assert!(error.to_string().contains("--symbols"), "{error}");

    // At the stop it is decoded: the usual way works again.
    let stopped = verdict(&folder.join("memory.dmp"), &symbols)?;
    assert_eq!((stopped.bugcheck.code, block(&stopped)), (0x80, None));

    // Nothing but the memory: the judgement is the one on QEMU's own dump.
    let raw = folder.join("memory.raw");
    raw_memory(&elf, &raw)?;
    let of_raw = verdict(&raw, &symbols)?;
    assert_eq!(of_raw.dump.kind, "raw-memory");
    assert_eq!(block(&of_raw), None);
    assert_eq!(stuck(&of_raw), stuck(&of_elf));
    assert_eq!(of_raw.bugcheck, live.bugcheck);
    assert_same_blame(&of_raw, &stopped);
    let dump = folder.join("of-raw.dmp");
    let converted = convert(&raw, &symbols, &dump)?;
    assert_eq!((converted.kind, converted.missing), (DumpKind::Full, 0));
    let mut of_dump = verdict(&dump, &symbols)?;
    assert_same_blame(&of_dump, &stopped);
    of_dump.dump.kind.clone_from(&of_raw.dump.kind);
    assert_eq!(of_dump, of_raw);

    forget_headers(&elf)?;
    let of_image = verdict(&elf, &symbols)?;
    is_readable(&of_image);
    assert_eq!(of_image.stacks, of_elf.stacks);
    fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Modules, processors and threads are there.
fn is_readable(verdict: &Verdict) {
    let modules = verdict.dump.modules_loaded.unwrap_or(0);
    assert!(modules > 4, "{modules} modules: {:?}", verdict.unknown);
    let count = |kind: StackKind| {
        let stacks = verdict.stacks.iter().filter(|stack| stack.kind == kind);
        stacks.count()
    };
    assert_eq!(count(StackKind::Processor), 2, "{:?}", verdict.unknown);
    assert!(count(StackKind::Thread) > 4, "{:?}", verdict.unknown);
}
