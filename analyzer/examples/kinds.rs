//! How long the analysis of dumps of different kinds and sizes takes:
//! `cargo run --release -p analyzer --example kinds -- DUMP [SYMBOL_DIR]...`
//!
//! `DUMP` is a full dump. It is judged as it is, and as a sparse full dump and a sparse bitmap dump
//! of 16 GiB with the same low memory. Each analysis runs in its own process, so that its peak
//! memory can be measured. The figures are medians; nothing is asserted.

use std::env;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use analyzer::{SymbolPath, analyze};

const RUNS: usize = 5;
const SIZE: u64 = 16 << 30;
const PAGE: u64 = 0x1000;
const HEADER: u64 = 0x2000;
/// `PhysicalMemoryBlock` and `DumpType` of the header.
const MEMORY_BLOCK: u64 = 0x88;
const DUMP_TYPE: u64 = 0xF98;

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if env::var_os("KINDS_CHILD").is_some() {
        return child(&paths);
    }
    let Some((dump, symbols)) = paths.split_first() else {
        eprintln!("usage: kinds DUMP [SYMBOL_DIR]...");
        return ExitCode::from(2);
    };
    match measure(dump, symbols) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// One analysis; prints milliseconds and the peak of resident memory in KiB.
fn child(paths: &[PathBuf]) -> ExitCode {
    let Some((dump, symbols)) = paths.split_first() else {
        return ExitCode::FAILURE;
    };
    let start = Instant::now();
    let verdict = analyze(dump, &SymbolPath::from_dirs(symbols.iter().cloned()));
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    match verdict {
        Ok(verdict) => {
            println!("{milliseconds} {} {}", peak(), verdict.cause.id);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Peak resident memory of this process in KiB, as Linux reports it; 0 elsewhere.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

fn measure(dump: &Path, symbols: &[PathBuf]) -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let full = folder.path().join("full-16g.dmp");
    let bitmap = folder.path().join("bitmap-16g.dmp");
    println!("{:30} {:>10} {:>10}  verdict", "", "median", "peak");
    report("as it is", dump, symbols)?;
    let header = fs::File::open(dump).and_then(read_header)?;
    if header[DUMP_TYPE as usize] == 1 {
        sparse_full(dump, &header, &full)?;
        report("16 GiB full dump, sparse", &full, symbols)?;
        sparse_bitmap(dump, &header, &bitmap)?;
        report("16 GiB bitmap dump, sparse", &bitmap, symbols)?;
    }
    Ok(())
}

fn read_header(mut file: File) -> std::io::Result<Vec<u8>> {
    let mut header = vec![0; HEADER as usize];
    file.read_exact(&mut header)?;
    Ok(header)
}

fn report(what: &str, dump: &Path, symbols: &[PathBuf]) -> Result<(), Box<dyn std::error::Error>> {
    let mut times = Vec::new();
    let mut peaks = Vec::new();
    let mut cause = String::new();
    for _ in 0..RUNS {
        let mut command = Command::new(env::current_exe()?);
        command.env("KINDS_CHILD", "1").arg(dump).args(symbols);
        let output = String::from_utf8(command.output()?.stdout)?;
        let mut words = output.split_whitespace();
        times.push(words.next().ok_or("the analysis failed")?.parse::<f64>()?);
        peaks.push(words.next().ok_or("no peak")?.parse::<u64>()?);
        cause = words.next().unwrap_or_default().to_owned();
    }
    times.sort_by(f64::total_cmp);
    peaks.sort_unstable();
    println!(
        "{what:30} {:>7.1} ms {:>6.1} MiB  {cause}",
        times[RUNS / 2],
        peaks[RUNS / 2] as f64 / 1024.0
    );
    Ok(())
}

/// The same memory; the last run reaches up to 16 GiB.
fn sparse_full(dump: &Path, header: &[u8], path: &Path) -> std::io::Result<()> {
    fs::copy(dump, path)?;
    let mut file = File::options().write(true).open(path)?;
    let at = MEMORY_BLOCK as usize;
    let word = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().unwrap_or_default());
    let runs = u64::from(header[at]);
    let last = at + 0x10 * runs as usize;
    let pages = SIZE / PAGE - word(last);
    file.seek(SeekFrom::Start(last as u64 + 8))?;
    file.write_all(&pages.to_le_bytes())?;
    file.set_len(HEADER + (word(at + 8) - word(last + 8) + pages) * PAGE)
}

/// The same memory as a dump of type 5 in which every page up to 16 GiB is present. Only for dumps
/// of one run from address 0.
fn sparse_bitmap(dump: &Path, header: &[u8], path: &Path) -> std::io::Result<()> {
    let pages = SIZE / PAGE;
    let first = (HEADER + 0x38 + pages / 8).next_multiple_of(PAGE);
    let mut file = File::create(path)?;
    let mut header = header.to_vec();
    header[DUMP_TYPE as usize] = 5;
    file.write_all(&header)?;
    file.write_all(b"SDMPDUMP")?;
    file.write_all(&[0; 0x18])?;
    for value in [first, pages, pages] {
        file.write_all(&value.to_le_bytes())?;
    }
    file.write_all(&vec![0xFF; (pages / 8) as usize])?;
    file.seek(SeekFrom::Start(first))?;
    let mut memory = File::open(dump)?;
    memory.seek(SeekFrom::Start(HEADER))?;
    std::io::copy(&mut memory, &mut file)?;
    file.set_len(first + SIZE)
}
