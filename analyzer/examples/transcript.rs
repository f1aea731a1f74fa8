//! Writes debugger transcripts of dumps.
//!
//! `cargo run -p analyzer --example transcript -- DUMP [SYMBOL_DIR]...` prints one.
//! `cargo run -p analyzer --example transcript -- --runs FOLDER --write SYMBOL_DIR...` writes
//! `tests/transcripts/SCENARIO.log` anew for each kept run (`stopcode run --keep always`) in a
//! folder, and says where the log reader's verdict differs from the dump's.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analyzer::SymbolPath;
use analyzer::verdict::Verdict;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let result = match arguments.as_slice() {
        [flag, folder, write, dirs @ ..] if flag.as_os_str() == "--runs" => {
            let write = write.as_os_str() == "--write";
            runs(folder, write, &symbols(dirs))
        }
        [dump, dirs @ ..] => analyzer::transcript(dump, &symbols(dirs))
            .map(|text| print!("{text}"))
            .map_err(Into::into),
        [] => Err("usage: transcript DUMP [SYMBOL_DIR]...".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn symbols(dirs: &[PathBuf]) -> SymbolPath {
    SymbolPath::from_dirs(dirs.iter().cloned())
}

fn runs(folder: &Path, write: bool, symbols: &SymbolPath) -> Result<(), Box<dyn Error>> {
    let mut folders: Vec<_> = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    folders.sort();
    for run in folders {
        let dump = run.join("memory.dmp");
        let name = run.file_name().unwrap_or_default().to_string_lossy();
        let scenario = name.split('.').nth(1).unwrap_or(&name).to_owned();
        if !dump.exists() || name.ends_with(".fixed") {
            continue;
        }
        let wanted = analyzer::analyze(&dump, symbols)?;
        let text = analyzer::transcript(&dump, symbols)?;
        let from_log = analyzer::analyze_log(text.as_bytes())?;
        if write {
            let file = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join(format!("tests/transcripts/{scenario}.log"));
            fs::write(file, &text)?;
        }
        let found: Vec<_> = from_log.iter().map(summary).collect();
        let lines = text.lines().count();
        match found.as_slice() {
            [same] if *same == summary(&wanted) => println!("{scenario}: {same} ({lines} lines)"),
            _ => println!(
                "{scenario} ({lines} lines):\n    dump {}\n    log  {}",
                summary(&wanted),
                found.join("\n    log  ")
            ),
        }
    }
    Ok(())
}

fn summary(verdict: &Verdict) -> String {
    let culprit = verdict.culprit.as_ref();
    let function = culprit.and_then(|culprit| culprit.function.as_deref());
    let victims: Vec<_> = verdict
        .victims
        .iter()
        .filter_map(|victim| victim.module.as_deref())
        .collect();
    format!(
        "{:?} {:?} {}!{} {victims:?}",
        verdict.cause.id,
        verdict.confidence,
        culprit.map_or("-", |culprit| &culprit.module),
        function.unwrap_or("-"),
    )
}
