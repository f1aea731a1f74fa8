//! A crash is reproduced from its own dump, counted apart from others, made smaller, and repeated from
//! a bundle in a clean directory: the program as people use it.
//!
//! Ignored where the bundled guest cannot be built or run.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use repro::perturb::{Change, Perturbation};
use runner::artefacts::Keep;
use runner::events::TestReport;
use runner::run::{Context, one};
use scenario::project::Project;
use scenario::{Catalogue, Scenario, Variant, known_drivers};
use serde_json::Value;
use test_support::trials::{self, PreparedImage};
use vm::guest::HostFacts;
use vm::image::{Availability, Image};
use vm::interrupt::Interrupt;
use vm::plan::{HostChoices, make};

const IMAGE: &str = "tinynt";

fn main() -> ExitCode {
    trials::run(list)
}

type Case = fn(&Scene) -> Result<(), Failed>;

fn list(project: Arc<Project>) -> Result<Vec<Trial>, String> {
    let image = Image::load(&project, IMAGE).map_err(|error| error.to_string())?;
    let missing = match image.availability() {
        Availability::Available => None,
        Availability::Missing(reason) => Some(reason),
    };
    if let Some(reason) = &missing {
        eprintln!("the tests of repro are ignored: {reason}");
    }
    let image = Arc::new(PreparedImage::new(image));
    let cases: [(&str, Case); 4] = [
        ("a_dump_is_reproduced_and_its_bundle_repeats_it", bundle),
        ("another_crash_is_counted_apart_and_kept", apart),
        ("what_a_crash_does_not_need_is_taken_away", minimise),
        ("a_scheduling_seed_repeats_a_run_to_the_byte", scheduled),
    ];
    Ok(cases
        .into_iter()
        .map(|(name, case)| {
            let (image, project) = (Arc::clone(&image), Arc::clone(&project));
            let trial = Trial::test(name, move || {
                let scene = Scene::new(&project, image.ready()?)?;
                case(&scene)
            });
            trial.with_ignored_flag(missing.is_some())
        })
        .collect())
}

/// Where a test works, and what it leaves behind until it is over.
struct Scene<'t> {
    project: &'t Project,
    image: &'t Image,
    folder: tempfile::TempDir,
    left: RefCell<Vec<PathBuf>>,
}

impl Drop for Scene<'_> {
    fn drop(&mut self) {
        for folder in self.left.borrow().iter() {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

impl<'t> Scene<'t> {
    fn new(project: &'t Project, image: &'t Image) -> Result<Self, Failed> {
        Ok(Self {
            project,
            image,
            folder: tempfile::tempdir()?,
            left: RefCell::default(),
        })
    }

    fn driver(&self, name: &str) -> String {
        let driver = self.image.drivers.join(format!("{name}.sys"));
        driver.display().to_string()
    }

    /// A file of the test's own.
    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `stopcode repro`; the exit code and what it says.
    fn repro(&self, args: &[&str]) -> Result<(i32, Vec<Value>), Failed> {
        let guest = self.project.root().join("target/guest");
        let guest = guest.display().to_string();
        let more = ["--symbols", &guest, "--message-format", "json"];
        let output = stopcode(self.project.root(), &[&["repro"], args, &more].concat())?;
        let (code, events) = events(&output)?;
        let scenario = text(event(&events, "repro-started")?, "/scenario")?;
        let folder = Path::new(scenario).parent().map(Path::to_owned);
        self.left.borrow_mut().extend(folder);
        Ok((code, events))
    }

    /// The dump of a run of a scenario.
    fn dump_of(&self, scenario: &str) -> Result<String, Failed> {
        let test = format!("{IMAGE}::{scenario}");
        let args = ["run", &test, "--keep", "always", "--message-format", "json"];
        let (code, events) = events(&stopcode(self.project.root(), &args)?)?;
        let finished = event(&events, "test-finished")?;
        let dump = text(finished, "/artefacts/dump")?;
        let session = Path::new(dump).ancestors().nth(2).map(Path::to_owned);
        self.left.borrow_mut().extend(session);
        check("exit code", &code.into(), 0)?;
        Ok(dump.to_owned())
    }
}

fn text<'v>(value: &'v Value, pointer: &str) -> Result<&'v str, Failed> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| format!("no {pointer} in {value:#}").into())
}

fn stopcode(folder: &Path, args: &[&str]) -> Result<Output, Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stopcode"));
    command.current_dir(folder).args(args);
    Ok(command.env_remove("_NT_SYMBOL_PATH").output()?)
}

fn events(output: &Output) -> Result<(i32, Vec<Value>), Failed> {
    let text = String::from_utf8_lossy(&output.stdout);
    let events: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
    match (output.status.code(), events) {
        (Some(code), Ok(events)) if !events.is_empty() => Ok((code, events)),
        _ => Err(format!(
            "{}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )
        .into()),
    }
}

fn event<'e>(events: &'e [Value], name: &str) -> Result<&'e Value, Failed> {
    let found = events.iter().find(|event| event["event"] == name);
    found.ok_or_else(|| format!("no event {name} in {events:#?}").into())
}

fn check(what: &str, actual: &Value, expected: impl Into<Value>) -> Result<(), Failed> {
    let expected = expected.into();
    match *actual == expected {
        true => Ok(()),
        false => Err(format!("{what}: {actual} instead of {expected}").into()),
    }
}

/// The crash comes once in one run, and its bundle repeats it where there is no project.
fn bundle(scene: &Scene) -> Result<(), Failed> {
    let (dump, hog) = (scene.dump_of("spinlock-hog")?, scene.driver("spinlock-hog"));
    let file = scene.file("hog.tar.zst").display().to_string();
    let args = [
        &*dump,
        "--driver",
        &hog,
        "--no-perturb",
        "--seed",
        "1",
        "--bundle",
        &file,
    ];
    let (code, events) = scene.repro(&args)?;
    check("exit code", &code.into(), 0)?;
    let finished = event(&events, "repro-finished")?;
    check("matches", &finished["tally"]["matched"], 1)?;
    check("runs", &finished["runs"], 1)?;
    let signature = event(&events, "repro-started")?["signature"].clone();

    let clean = tempfile::tempdir()?;
    let moved = clean.path().join("from customer.tar.zst");
    fs::rename(&file, &moved)?;
    names_no_folder_of_ours(&moved, scene)?;
    let args = ["run", "from customer.tar.zst", "--message-format", "json"];
    let (code, events) = self::events(&stopcode(clean.path(), &args)?)?;
    let repeated = event(&events, "test-finished")?;
    check(
        "what the bundle did",
        &repeated["outcome"]["status"],
        "passed",
    )?;
    check("exit code of the bundle", &code.into(), 0)?;
    check("signature", &repeated["verdict"]["signature"], signature)?;

    // Cut off, it says so and does nothing.
    let whole = fs::read(&moved)?;
    fs::write(&moved, &whole[..whole.len() / 2])?;
    let output = stopcode(clean.path(), &args)?;
    check(
        "exit code of half a bundle",
        &output.status.code().into(),
        2,
    )?;
    let words = String::from_utf8_lossy(&output.stderr);
    match words.contains("cut off or damaged") && words.trim().lines().count() == 1 {
        true => Ok(()),
        false => Err(format!("half a bundle: {words}").into()),
    }
}

/// The dump in it is a guest's memory, which knows nothing of us, either.
fn names_no_folder_of_ours(bundle: &Path, scene: &Scene) -> Result<(), Failed> {
    let bytes = zstd::decode_all(fs::File::open(bundle)?)?;
    for folder in [scene.project.root(), scene.folder.path()] {
        let name = folder.display().to_string();
        if bytes
            .windows(name.len())
            .any(|part| part == name.as_bytes())
        {
            return Err(format!("the bundle names {name}").into());
        }
    }
    Ok(())
}

/// Where the steps lead to another crash, that is no match.
fn apart(scene: &Scene) -> Result<(), Failed> {
    let dump = scene.dump_of("spinlock-hog")?;
    let (code, events) = scene.repro(&[
        &dump,
        "--scenario",
        "null-dereference",
        "--no-perturb",
        "--max-runs",
        "2",
        "--jobs",
        "1",
    ])?;
    check("exit code", &code.into(), 100)?;
    let finished = event(&events, "repro-finished")?;
    check("matches", &finished["tally"]["matched"], 0)?;
    let others = finished["tally"]["others"].as_object();
    let others = others.ok_or("no other crashes")?;
    let counts: Vec<&Value> = others.values().collect();
    check(
        "other crashes",
        &serde_json::json!(counts),
        serde_json::json!([2]),
    )?;
    let (signature, _) = others.iter().next().ok_or("no signature")?;
    if !signature.contains("null-dereference.sys") {
        return Err(format!("the other crash is {signature}").into());
    }
    let kept = text(event(&events, "repro-run")?, "/artefacts/dump")?;
    match Path::new(kept).is_file() {
        true => Ok(()),
        false => Err(format!("{kept} was not kept").into()),
    }
}

const SUPERFLUOUS: &str = "\
name: too-much
summary: More than the crash needs.
drivers: [slow-device, spinlock-hog]
verifier: {rules: standard, drivers: [slow-device]}
guest: {cpus: 2, memory: 192MiB, clock: warp}
steps:
  - start: slow-device
  - exec: {path: sc.exe, args: [query, slow-device]}
  - start: spinlock-hog
within: 20s
expect: {bugcheck: {code: 0xD1}}
";

/// What is left is what the crash needs, and repeats it to the byte.
fn minimise(scene: &Scene) -> Result<(), Failed> {
    let dump = scene.dump_of("spinlock-hog")?;
    let scenario = scene.file("too-much.yaml").display().to_string();
    fs::write(&scenario, SUPERFLUOUS)?;
    let (code, events) = scene.repro(&[
        &dump,
        "--scenario",
        &scenario,
        "--no-perturb",
        "--minimise",
        "--max-runs",
        "5",
    ])?;
    check("exit code", &code.into(), 0)?;
    let minimised = event(&events, "repro-minimised")?;
    check("one run decides", &minimised["runs_per_candidate"], 1)?;
    let dropped = minimised["dropped"].to_string();
    for piece in [
        "start slow-device",
        "run sc.exe",
        "Driver Verifier",
        "MiB of 192MiB",
    ] {
        if !dropped.contains(piece) {
            return Err(format!("{piece} was not dropped: {minimised:#}").into());
        }
    }
    let written = fs::read_to_string(text(event(&events, "repro-wrote")?, "/file")?)?;
    match written.contains("start: spinlock-hog") && !written.contains("slow-device") {
        true => Ok(()),
        false => Err(format!("this is left:\n{written}").into()),
    }
}

/// One seed of the guest's scheduling gives one run; the guest says that it has one.
fn scheduled(scene: &Scene) -> Result<(), Failed> {
    let known = known_drivers(&scene.project.test_drivers());
    let file = scene.project.scenarios().join("dpc-lock-holder.yaml");
    let scenario = Catalogue::load_one(&file, &known).map_err(|error| error.to_string())?;
    let run = |changes: &[Change], seed| -> Result<(Vec<u8>, String), Failed> {
        let trial = Perturbation {
            changes: changes.to_vec(),
            seed,
        };
        let report = carry_out(scene, &scenario, &trial)?;
        let kept = report.artefacts.as_ref().ok_or("nothing was kept")?;
        let (Some(dump), Some(serial)) = (&kept.dump, &kept.serial_log) else {
            return Err(format!("{:?}", report.outcome).into());
        };
        let left = (fs::read(dump)?, fs::read_to_string(serial)?);
        fs::remove_dir_all(&kept.folder)?;
        Ok(left)
    };
    let seeded = [Change::Scheduling];
    let (first, serial) = run(&seeded, 1)?;
    let (second, _) = run(&seeded, 1)?;
    let (other, _) = run(&seeded, 2)?;
    let (plain, silent) = run(&[], 1)?;
    if first != second {
        return Err("one seed, two dumps".into());
    }
    if first == other || first == plain {
        return Err("the seed changes nothing".into());
    }
    match serial.contains("scheduling: seeded") && !silent.contains("scheduling") {
        true => Ok(()),
        false => Err(format!("with a seed:\n{serial}\nwithout:\n{silent}").into()),
    }
}

fn carry_out(
    scene: &Scene,
    scenario: &Scenario,
    perturbation: &Perturbation,
) -> Result<TestReport, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let facts = HostFacts::find(&scene.project.state()).await?;
        let host = HostChoices {
            accelerator: facts.accel.accelerator,
            sandbox: facts.sandbox,
            seed: 7,
        };
        let options = perturbation.options();
        let plan = make(scenario, Variant::Buggy, scene.image, host, &options)?;
        let context = Context {
            sink: &|_| {},
            session: scene.file("runs"),
            keep: Keep::Always,
            interrupt: Interrupt::never(),
        };
        Ok(one(&plan, 1, "", &context).await)
    })
}
