//! A verdict follows the bug, not a name: drivers are renamed, all their functions are, the bug is
//! moved to a function that did not exist before, and the guest is crashed with the result.
//!
//! And no rule, nor what it is built on, knows the names of our drivers or of the bundled guest.

use std::fs;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use runner::events::Outcome;
use scenario::project::Project;
use scenario::select::select;
use test_support::copy::ProjectCopy;
use test_support::replace::replace_once;
use test_support::{carry_out, names};
use vm::image::{Availability, Image};

const IMAGE: &str = "tinynt";

/// A driver that gets other names, and its bug another place.
struct Moved {
    /// The driver, which is also its scenario.
    driver: &'static str,
    /// Its new name.
    becomes: &'static str,
    /// What its functions' names begin with, and what with then.
    prefix: (&'static str, &'static str),
    /// Texts of the source, each there once, and what they become; before the renaming.
    edits: &'static [(&'static str, &'static str)],
    /// The function to blame before and after, as named before the renaming.
    culprit: (&'static str, &'static str),
}

const MOVED: &[Moved] = &[
    // The writer's work goes to a function of its own.
    Moved {
        driver: "spinlock-hog",
        becomes: "quiet-otter",
        prefix: ("Journal", "Pebble"),
        edits: &[
            (
                "DECLSPEC_NOINLINE static VOID NTAPI JournalWriter(PVOID context)\n{\n    \
                 PJOURNAL journal = context;\n",
                "DECLSPEC_NOINLINE static void JournalCommit(PJOURNAL journal)\n{\n",
            ),
            (
                "    JournalRelease(&journal->Lock, irql);\n    JournalFinish(journal);\n}\n\n\
                 DECLSPEC_NOINLINE static VOID NTAPI JournalMover",
                "    JournalRelease(&journal->Lock, irql);\n}\n\n\
                 DECLSPEC_NOINLINE static VOID NTAPI JournalWriter(PVOID context)\n{\n    \
                 JournalCommit(context);\n    JournalFinish(context);\n}\n\n\
                 DECLSPEC_NOINLINE static VOID NTAPI JournalMover",
            ),
        ],
        culprit: ("JournalWriter", "JournalCommit"),
    },
    // The wait for ever is one call further in.
    Moved {
        driver: "power-irp-blocked",
        becomes: "tidy-badger",
        prefix: ("Cache", "Burrow"),
        edits: &[
            (
                "DECLSPEC_NOINLINE static void CacheWriteBackAndWait(PCACHE cache)\n{\n",
                "DECLSPEC_NOINLINE static void CacheAwaitDisk(PCACHE cache)\n{\n    \
                 KeWaitForSingleObject(&cache->WriteBackDone, Executive, KernelMode, FALSE, \
                 NULL);\n}\n\n\
                 DECLSPEC_NOINLINE static void CacheWriteBackAndWait(PCACHE cache)\n{\n",
            ),
            (
                "#endif\n    KeWaitForSingleObject(&cache->WriteBackDone, Executive, KernelMode, \
                 FALSE, NULL);\n",
                "#endif\n    CacheAwaitDisk(cache);\n",
            ),
        ],
        culprit: ("CacheWriteBackAndWait", "CacheAwaitDisk"),
    },
    // The work item touches the freed block itself, before the function that did.
    Moved {
        driver: "use-after-free",
        becomes: "brisk-heron",
        prefix: ("Session", "Feather"),
        edits: &[
            ("    session->Flushed = TRUE;\n", ""),
            (
                "    SessionFlush(sessions, sessions->Session);\n",
                "    sessions->Session->Flushed = TRUE;\n    \
                 SessionFlush(sessions, sessions->Session);\n",
            ),
        ],
        culprit: ("SessionFlush", "SessionFlushWorker"),
    },
    // The lock that is not given back is taken by a helper.
    Moved {
        driver: "leaked-irql",
        becomes: "vivid-newt",
        prefix: ("Sampler", "Ripple"),
        edits: &[
            (
                "NTSTATUS NTAPI SamplerDeviceControl(PDEVICE_OBJECT device, PIRP irp)\n{\n",
                "DECLSPEC_NOINLINE static KIRQL SamplerEnter(PSAMPLER sampler)\n{\n    \
                 KIRQL irql;\n    KeAcquireSpinLock(&sampler->Lock, &irql);\n    \
                 return irql;\n}\n\n\
                 NTSTATUS NTAPI SamplerDeviceControl(PDEVICE_OBJECT device, PIRP irp)\n{\n",
            ),
            (
                "    KIRQL irql;\n\n    KeAcquireSpinLock(&sampler->Lock, &irql);\n",
                "    KIRQL irql = SamplerEnter(sampler);\n\n",
            ),
        ],
        culprit: ("SamplerDeviceControl", "SamplerEnter"),
    },
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = match missing() {
        Ok(missing) => missing,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let moved = MOVED.iter().map(|moved| {
        Trial::test(format!("{IMAGE}::{}_moved", moved.driver), || {
            follows(moved)
        })
        .with_ignored_flag(missing)
    });
    let names = [
        Trial::test("names::of_test_drivers_are_not_in_the_analyzer", || {
            names::of_test_drivers().map_err(Failed::from)
        }),
        Trial::test("names::of_the_guest_are_not_in_facts_and_rules", || {
            names::of_the_guest().map_err(Failed::from)
        }),
    ];
    libtest_mimic::run(&arguments, moved.chain(names).collect()).exit_code()
}

/// Whether the guest cannot run here. (That it must is a matter of `tests/scenarios.rs`.)
fn missing() -> Result<bool, String> {
    let project = Project::find(std::path::Path::new(env!("CARGO_MANIFEST_DIR")));
    let project = project.map_err(|error| error.to_string())?;
    let image = Image::load(&project, IMAGE).map_err(|error| error.to_string())?;
    match image.availability() {
        Availability::Available => Ok(false),
        Availability::Missing(reason) => {
            eprintln!("tests of image {IMAGE} are ignored: {reason}");
            Ok(true)
        }
    }
}

impl Moved {
    /// Everything under its new name.
    fn renamed(&self, text: &str) -> String {
        let (old, new) = self.prefix;
        text.replace(self.driver, self.becomes)
            .replace(old, new)
            .replace(&old.to_uppercase(), &new.to_uppercase())
    }

    fn source(&self, original: &str) -> Result<String, String> {
        let mut text = original.to_owned();
        for (old, new) in self.edits {
            text = replace_once(&text, old, new)?;
        }
        Ok(self.renamed(&text))
    }

    fn scenario(&self, original: &str) -> Result<String, String> {
        let (before, after) = self.culprit;
        let before = format!("function: {before}}}");
        let text = replace_once(original, &before, &format!("function: {after}}}"))?;
        // A cause may contain the driver's name, and stays what it is.
        let lines = text.lines().map(|line| match line.trim_start() {
            cause if cause.starts_with("cause:") => line.to_owned(),
            _ => self.renamed(line),
        });
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }
}

/// The scenario of the changed driver passes, with the new names in its expectation, and the source
/// line is in the function to which the bug was moved.
fn follows(moved: &Moved) -> Result<(), Failed> {
    let copy = ProjectCopy::new(IMAGE)?;
    let of_driver = |name: &str| copy.path(&format!("test-drivers/{name}/{name}.c"));
    let of_scenario = |name: &str| copy.path(&format!("scenarios/{name}.yaml"));
    let source = moved.source(&fs::read_to_string(of_driver(moved.driver))?)?;
    let file = of_driver(moved.becomes);
    fs::create_dir(file.parent().ok_or("no folder")?)?;
    fs::write(&file, &source)?;
    let scenario = moved.scenario(&fs::read_to_string(of_scenario(moved.driver))?)?;
    fs::write(of_scenario(moved.becomes), scenario)?;

    let image = copy.built(IMAGE)?;
    let project = copy.project()?;
    let test = format!("{IMAGE}::{}", moved.becomes);
    for entry in select(&project, IMAGE, &[test.clone(), format!("{test}::fixed")])? {
        let report = carry_out::run(&project, &image, &entry)?;
        if report.outcome != Outcome::Passed {
            return Err(carry_out::in_words(report).into());
        }
        let Some(verdict) = &report.verdict else {
            continue;
        };
        let culprit = verdict.culprit.as_ref().ok_or("nobody is blamed")?;
        let file = culprit.source_file.as_deref().unwrap_or_default();
        if !file.ends_with(&format!("{}.c", moved.becomes)) {
            return Err(format!("the blamed source file is {file:?}").into());
        }
        let function = culprit.function.as_deref().ok_or("no function")?;
        let lines = lines_of(&source, function).ok_or("the function is not in the source")?;
        let line = culprit.source_line.ok_or("no source line")?;
        if !lines.contains(&line) {
            return Err(format!("line {line} is not in {function}, lines {lines:?}").into());
        }
    }
    Ok(())
}

/// The lines of a function's definition, from 1.
fn lines_of(source: &str, function: &str) -> Option<std::ops::RangeInclusive<u32>> {
    let head = format!(" {function}(");
    let lines: Vec<&str> = source.lines().collect();
    let first = (lines.windows(2))
        .position(|pair| pair[0].contains(&head) && !pair[0].starts_with(' ') && pair[1] == "{")?;
    let length = lines[first..].iter().position(|line| *line == "}")?;
    let number = |index: usize| u32::try_from(index + 1).ok();
    Some(number(first)?..=number(first + length)?)
}
