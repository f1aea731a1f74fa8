//! Shows views of a dump: `cargo run -p analyzer --example inspect -- DUMP SYMBOL_DIR COMMANDS`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analyzer::{SymbolPath, ViewRequest, inspect_all};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [dump, folder, commands @ ..] = &arguments[..] else {
        eprintln!("usage: inspect DUMP SYMBOL_DIR COMMANDS");
        return ExitCode::from(2);
    };
    let requests = match ViewRequest::parse_all(&commands.join(" ")) {
        Ok(requests) => requests,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let symbols = SymbolPath::from_dirs([PathBuf::from(folder)]);
    match inspect_all(Path::new(dump), &symbols, &requests) {
        Ok(views) => {
            for view in views {
                match view {
                    Ok(view) => println!("{view}"),
                    Err(error) => println!("error: {error}"),
                }
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
