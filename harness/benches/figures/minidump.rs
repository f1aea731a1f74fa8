//! Processor time of the real minidump's analysis, beside that of decompressing its symbol table:
//! what the first analysis cannot go below.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::libc::timeval;

use super::{Result, count, spread, usage};

const DEFAULT_RUNS: usize = 20;
const DUMP: &str = "triage_x64.dmp";
const TABLE: &str = "5278AFF86C341677D7D7835C85B7B844-1.json.xz";
/// What an analysis may take once the table was decompressed, ms.
const WANTED: f64 = 50.0;

/// Measures and prints it, the three in turn; says so where the dump is not on this machine.
pub fn print() -> Result<()> {
    let data = env::var_os("STOPCODE_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let real = data.join("real");
    let (dump, table) = (real.join(DUMP), real.join(TABLE));
    if !dump.is_file() || !table.is_file() {
        println!("\nminidump: not measured, {} is not there", real.display());
        return Ok(());
    }
    let runs = count("STOPCODE_BENCH_MINIDUMP_RUNS", DEFAULT_RUNS)?;
    let known = tempfile::tempdir()?;
    let analyze = |cache: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stopcode"));
        command.args(["analyze", "--offline"]).arg(&dump);
        command.arg("--symbols").arg(&real);
        processor_time(command.env("XDG_CACHE_HOME", cache))
    };
    analyze(known.path())?;
    let (mut floor, mut first, mut again) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        let fresh = tempfile::tempdir()?;
        floor.push(processor_time(Command::new("xz").arg("-dc").arg(&table))?);
        first.push(analyze(fresh.path())?);
        again.push(analyze(known.path())?);
    }
    println!("\nprocessor time of the minidump's analysis, {runs} runs, ms\n");
    println!("{:46} {:>9} {:>9} {:>9}", "", "median", "min", "max");
    for (what, values) in [
        ("xz -dc of its symbol table (floor of the first)", &floor),
        ("first analysis, which decompresses the table", &first),
        ("later ones, with the decompressed table", &again),
    ] {
        let (median, min, max) = spread(values);
        println!("{what:46} {median:9.1} {min:9.1} {max:9.1}");
    }
    let (median, ..) = spread(&again);
    let word = if median <= WANTED { "kept" } else { "not kept" };
    println!("\nat most {WANTED:.0} ms once the table is decompressed: {word}");
    Ok(())
}

/// User and system time of a command, in ms.
fn processor_time(command: &mut Command) -> Result<f64> {
    let usage = usage(command)?;
    let ms = |time: timeval| time.tv_sec as f64 * 1e3 + time.tv_usec as f64 / 1e3;
    Ok(ms(usage.ru_utime) + ms(usage.ru_stime))
}
