//! Many runs in a row, several at once: nothing is left behind, and `stopcode` does not grow.
//!
//! The runs happen in namespaces of their own, with a /dev/shm and a folder for temporary files of
//! their own, so that whatever is there afterwards is theirs. `STOPCODE_ROBUST_RUNS` (default 24,
//! at least 12) says how many; `ci/robust` runs 100.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use libtest_mimic::{Arguments, Failed, Trial};
use scenario::project::Project;
use tempfile::TempDir;
use test_support::copy::ProjectCopy;
use vm::image::{Availability, Image};

/// One with a warped clock, whose agent has shared memory; and one that follows the host's.
const TESTS: [&str; 2] = ["tinynt::dpc-overrun", "tinynt::null-dereference"];
const AT_ONCE: usize = 4;
const USUAL_RUNS: usize = 24;

/// What memory may have grown by between the second and the last quarter of the runs, apart from
/// what threads have: some noise. (Measured: 0.2 MiB in 24 runs as in 100.)
const GROWTH_KIB: u64 = 1 << 10;
/// What malloc keeps for a further thread, one that has read a dump. How many there are depends on how many dumps
/// come at once. (Measured: 1.6 to 1.9 MiB.)
const THREAD_KIB: u64 = 2 << 10;
/// Threads: one for the runs, one for each dump that is read, and one for files that are written.
const MAX_THREADS: u64 = AT_ONCE as u64 + 2;
/// Files open once the last run has ended, or all but the last: 11, or 17.
const MAX_FILES_AT_END: usize = 22;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = missing();
    if let Some(reason) = &missing {
        eprintln!("robust::* are ignored: {reason}");
    }
    let trial = Trial::test("robust::many_runs_leave_nothing", many_runs_leave_nothing);
    let trial = trial.with_ignored_flag(missing.is_some());
    libtest_mimic::run(&arguments, vec![trial]).exit_code()
}

const NAMESPACES: [&str; 7] = [
    "--map-root-user",
    "--mount",
    "--pid",
    "--fork",
    "--mount-proc",
    "--ipc",
    "--net",
];

/// Why the tests cannot run here.
fn missing() -> Option<String> {
    let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))).ok()?;
    if let Availability::Missing(reason) = Image::load(&project, "tinynt").ok()?.availability() {
        return Some(reason);
    }
    match Command::new("unshare")
        .args(NAMESPACES)
        .arg("true")
        .output()
    {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Some(format!("unshare: {error}")),
    }
}

/// What the process used when a run had ended.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// Resident memory that is of no file, KiB; and all of it.
    anonymous: u64,
    resident: u64,
    files: usize,
    threads: u64,
}

impl Sample {
    fn of(pid: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some(Self {
            anonymous: field("RssAnon:")?,
            resident: field("VmRSS:")?,
            files: fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count(),
            threads: field("Threads:")?,
        })
    }
}

/// The process named `stopcode` below `ancestor`.
fn stopcode_below(ancestor: u32) -> Option<u32> {
    let children = |pid: u32| -> Vec<u32> {
        let file = format!("/proc/{pid}/task/{pid}/children");
        let text = fs::read_to_string(file).unwrap_or_default();
        let numbers = text.split_whitespace();
        numbers.filter_map(|number| number.parse().ok()).collect()
    };
    let mut open = vec![ancestor];
    while let Some(pid) = open.pop() {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        if name.trim() == "stopcode" {
            return Some(pid);
        }
        open.extend(children(pid));
    }
    None
}

/// Runs `stopcode`, then says on standard error what is left of it.
const SCRIPT: &str = r#"
mount -t tmpfs tmpfs /dev/shm && mount -t tmpfs tmpfs "$TMPDIR" || exit 99
"$@"
code=$?
find "$TMPDIR" /dev/shm -mindepth 1 | sed 's/^/left: file /' >&2
tail -n +2 /proc/sysvipc/shm | sed 's/^/left: shared memory /' >&2
for process in /proc/[0-9]*; do
    name=$(cat "$process/comm" 2>/dev/null)
    case $name in sh | '') ;; *) echo "left: process $name" >&2 ;; esac
done
awk 'NR > 1 && $8 { print "left: socket " $8 }' /proc/net/unix >&2
exit $code
"#;

fn many_runs_leave_nothing() -> Result<(), Failed> {
    let runs = match env::var("STOPCODE_ROBUST_RUNS") {
        Ok(text) => text.parse::<usize>()?.max(12),
        Err(_) => USUAL_RUNS,
    };
    let copy = ProjectCopy::new("tinynt")?;
    copy.built("tinynt")?;
    let temporary = TempDir::new()?;
    let repeat = runs.div_ceil(TESTS.len()).to_string();
    let jobs = AT_ONCE.to_string();
    let started = Instant::now();
    let mut child = Command::new("unshare")
        .args(NAMESPACES)
        .args([
            "sh",
            "-c",
            SCRIPT,
            "sh",
            env!("CARGO_BIN_EXE_stopcode"),
            "run",
        ])
        .args(TESTS)
        .args(["--accel", "tcg", "--repeat", &repeat, "--jobs", &jobs])
        .args(["--keep", "never", "--message-format", "json"])
        .current_dir(copy.path(""))
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut samples = Vec::new();
    let mut failed = Vec::new();
    let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    for line in lines {
        let event: serde_json::Value = serde_json::from_str(&line?)?;
        if event["event"] == "test-finished" {
            samples.extend(stopcode_below(child.id()).and_then(Sample::of));
            if event["outcome"]["status"] != "passed" {
                failed.push(event["outcome"].clone());
            }
        }
    }
    let mut said = String::new();
    let mut errors = child.stderr.take().ok_or("no errors")?;
    errors.read_to_string(&mut said)?;
    let status = child.wait()?;
    let seconds = started.elapsed().as_secs_f64();

    assert!(
        status.success() && failed.is_empty(),
        "{status}: {failed:?} {said}"
    );
    let left: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("left:"))
        .collect();
    assert_eq!(left, [""; 0]);
    let kept = fs::read_dir(copy.path("stopcode-runs")).map_or(0, Iterator::count);
    assert_eq!(kept, 0, "folders of runs were left");
    // The last ones may have ended before they could be looked at.
    assert!(samples.len() + AT_ONCE >= runs, "{} samples", samples.len());

    let quarter = samples.len() / 4;
    let (early, late) = (&samples[quarter..2 * quarter], &samples[3 * quarter..]);
    let report = |of: &[Sample]| {
        format!(
            "{} KiB resident ({} anonymous), {} files, {} threads",
            median(of, |sample| sample.resident),
            median(of, |sample| sample.anonymous),
            most(of, |sample| sample.files as u64),
            most(of, |sample| sample.threads)
        )
    };
    eprintln!(
        "{} runs, {AT_ONCE} at once, {seconds:.1} s; second quarter: {}; last quarter: {}",
        samples.len(),
        report(early),
        report(late)
    );
    if let (Some(one), Some(other)) = (samples.get(19), samples.last()) {
        eprintln!("run 20: {one:?}; last run: {other:?}");
    }
    let own = |sample: &Sample| {
        sample
            .anonymous
            .saturating_sub((sample.threads - 1) * THREAD_KIB)
    };
    let grown = median(late, own).saturating_sub(median(early, own));
    assert!(grown <= GROWTH_KIB, "grew by {grown} KiB: {samples:?}");
    let threads = most(&samples, |sample| sample.threads);
    assert!(threads <= MAX_THREADS, "{samples:?}");
    // In between it depends on where the others just are.
    let files = samples.last().map_or(0, |sample| sample.files);
    assert!(files <= MAX_FILES_AT_END, "{samples:?}");
    Ok(())
}

fn median(samples: &[Sample], of: impl Fn(&Sample) -> u64) -> u64 {
    let mut values: Vec<u64> = samples.iter().map(of).collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

fn most(samples: &[Sample], of: impl Fn(&Sample) -> u64) -> u64 {
    samples.iter().map(of).max().unwrap_or(0)
}
