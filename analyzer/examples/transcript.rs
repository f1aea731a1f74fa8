//! Writes a debugger's transcript of a dump:
//! `cargo run -p analyzer --example transcript -- DUMP [SYMBOL_DIR]...`

use std::path::PathBuf;
use std::process::ExitCode;

use analyzer::SymbolPath;

fn main() -> ExitCode {
    let paths: Vec<_> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let Some((dump, dirs)) = paths.split_first() else {
        eprintln!("usage: transcript DUMP [SYMBOL_DIR]...");
        return ExitCode::from(2);
    };
    match analyzer::transcript(dump, &SymbolPath::from_dirs(dirs.iter().cloned())) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
