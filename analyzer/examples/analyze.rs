//! Judges a dump: `cargo run -p analyzer --example analyze -- DUMP [--json] [SYMBOL_DIR]...`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use analyzer::SymbolPath;

fn main() -> ExitCode {
    let mut json = false;
    let mut paths = Vec::new();
    for argument in std::env::args_os().skip(1) {
        match argument.to_str() {
            Some("--json") => json = true,
            _ => paths.push(PathBuf::from(argument)),
        }
    }
    let Some((dump, dirs)) = paths.split_first() else {
        eprintln!("usage: analyze DUMP [--json] [SYMBOL_DIR]...");
        return ExitCode::from(2);
    };
    let start = Instant::now();
    match analyzer::analyze(dump, &SymbolPath::from_dirs(dirs.iter().cloned())) {
        Ok(verdict) if json => match serde_json::to_string_pretty(&verdict) {
            Ok(text) => println!("{text}"),
            Err(error) => eprintln!("{error}"),
        },
        Ok(verdict) => print!("{}", analyzer::report::human(&verdict, false)),
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    }
    eprintln!("analysed in {:?}", start.elapsed());
    ExitCode::SUCCESS
}
