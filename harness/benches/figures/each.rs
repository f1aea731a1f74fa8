//! Wall times of each scenario and its twin, of the whole set, and whether a run can be repeated.

use std::fs;

use runner::artefacts::{Keep, session_folder};
use runner::events::{Event, Outcome, TestReport};
use runner::run::{Context, Job, run_all};
use scenario::select::{Selected, select};
use scenario::{Clock, Variant};
use vm::interrupt::Interrupt;
use vm::plan::{HostChoices, PlanOptions, make};

use super::{Lab, Result, choices, count, run, spread};

const DEFAULT_ROUNDS: usize = 3;

/// Virtual machines at once for the whole set.
const JOBS: usize = 2;

/// What one run with a warped clock may take, seconds.
const WARP_LIMIT: f64 = 3.0;

/// Any number does; that it is the same twice is what matters.
const SEED: u64 = 0x5EED;

/// Measures and prints all of it.
pub fn print(lab: &Lab) -> Result<()> {
    let rounds = count("STOPCODE_BENCH_ROUNDS", DEFAULT_ROUNDS)?;
    let tests = select(lab.project, &lab.image.name, &[])?;
    one_at_a_time(lab, &tests, rounds)?;
    whole_set(lab, &tests, rounds);
    repeated(lab, &tests)
}

fn is_warped(entry: &Selected) -> bool {
    entry.scenario.guest.clock == Clock::Warp
}

/// Each test by itself.
fn one_at_a_time(lab: &Lab, tests: &[Selected], rounds: usize) -> Result<()> {
    println!("\nwall time of each test by itself, {rounds} runs, s\n");
    println!("{:46} {:>9} {:>9} {:>9}", "", "median", "min", "max");
    let mut late = Vec::new();
    for entry in tests {
        let mut seconds = Vec::new();
        let mut missed = 0;
        for _ in 0..rounds {
            let plan = make(
                &entry.scenario,
                entry.variant,
                lab.image,
                choices(lab.facts),
                &PlanOptions::default(),
            )?;
            let report = lab.runtime.block_on(run(lab.project, &plan));
            remove(&report);
            match report.outcome {
                Outcome::Passed => {}
                Outcome::Skipped { .. } => missed += 1,
                other => return Err(format!("{} did not pass: {other:?}", entry.test).into()),
            }
            seconds.push(report.seconds);
        }
        let (median, min, max) = spread(&seconds);
        let warped = is_warped(entry);
        let mut notes = String::new();
        if warped {
            notes.push_str("  warp");
        }
        if missed > 0 {
            notes.push_str(&format!("  crash did not come in {missed}"));
        }
        println!("{:46} {median:9.3} {min:9.3} {max:9.3}{notes}", entry.test);
        if warped && median > WARP_LIMIT {
            late.push(entry.test.to_string());
        }
    }
    let warped = tests.iter().filter(|entry| is_warped(entry)).count();
    let late = match late.as_slice() {
        [] => "none".to_owned(),
        late => late.join(", "),
    };
    println!("\n{warped} tests warp the clock; more than {WARP_LIMIT:.0} s (median): {late}");
    Ok(())
}

/// All tests, two virtual machines at once.
fn whole_set(lab: &Lab, tests: &[Selected], rounds: usize) {
    let mut seconds = Vec::new();
    let mut as_expected = Vec::new();
    for _ in 0..rounds {
        let jobs: Vec<Job> = (tests.iter())
            .map(|entry| Job {
                plan: make(
                    &entry.scenario,
                    entry.variant,
                    lab.image,
                    choices(lab.facts),
                    &PlanOptions::default(),
                ),
                attempt: 1,
                rerun: String::new(),
            })
            .collect();
        let context = Context {
            sink: &|_: Event| {},
            session: session_folder(&lab.project.runs()),
            keep: Keep::Never,
            interrupt: Interrupt::never(),
        };
        let summary = lab.runtime.block_on(run_all(&jobs, JOBS, &context));
        seconds.push(summary.seconds);
        as_expected.push(summary.passed.to_string());
    }
    let (median, min, max) = spread(&seconds);
    println!(
        "all {} tests, {JOBS} at once, {rounds} times: median {median:.1} s, min {min:.1}, max \
         {max:.1}; as expected: {}",
        tests.len(),
        as_expected.join(", ")
    );
}

/// Each warped scenario twice with the same seed: are the verdicts, addresses and times included, and
/// the dumps the same?
fn repeated(lab: &Lab, tests: &[Selected]) -> Result<()> {
    println!("\ntwo runs with the same seed\n");
    println!("{:46} {:>9} {:>9}", "", "verdict", "dump");
    let word = |same: bool| if same { "same" } else { "differs" };
    let crashes = |entry: &&Selected| is_warped(entry) && entry.variant == Variant::Buggy;
    for entry in tests.iter().filter(crashes) {
        let host = HostChoices {
            seed: SEED,
            ..choices(lab.facts)
        };
        let plan = make(
            &entry.scenario,
            entry.variant,
            lab.image,
            host,
            &PlanOptions::default(),
        )?;
        let [first, second] = [(); 2].map(|()| lab.runtime.block_on(run(lab.project, &plan)));
        let verdicts = serde_json::to_string(&first.verdict)?
            == serde_json::to_string(&second.verdict)?
            && first.verdict.is_some();
        let dumps = dump(&first)? == dump(&second)?;
        println!("{:46} {:>9} {:>9}", entry.test, word(verdicts), word(dumps));
        remove(&first);
        remove(&second);
    }
    Ok(())
}

fn dump(report: &TestReport) -> Result<Vec<u8>> {
    let artefacts = report.artefacts.as_ref();
    let dump = artefacts.and_then(|artefacts| artefacts.dump.as_ref());
    Ok(fs::read(dump.ok_or("no dump")?)?)
}

/// Removes what a run has left.
fn remove(report: &TestReport) {
    if let Some(artefacts) = &report.artefacts {
        let _ = fs::remove_dir_all(&artefacts.folder);
        if let Some(session) = artefacts.folder.parent() {
            let _ = fs::remove_dir(session);
        }
    }
}
