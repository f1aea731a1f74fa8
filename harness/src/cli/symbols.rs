//! `--symbols`, and its defaults from the environment.

use std::io::IsTerminal;
use std::sync::Arc;

use analyzer::{SymbolPath, SymbolSource};
use vm::symbols::{self, SymbolServers, Timeouts};

use super::SymbolArgs;
use crate::session::Failure;

/// The symbol path that the arguments say, else the environment's.
pub(super) fn symbol_path(args: &SymbolArgs) -> Result<SymbolPath, Failure> {
    let mut path = match args.symbols.is_empty() {
        true => symbols::environment(),
        false => SymbolPath::default(),
    };
    for element in &args.symbols {
        // An existing path is taken literally, whatever characters it has.
        let parsed = match element.to_str().filter(|_| !element.exists()) {
            Some(text) => symbols::parse(text),
            None => SymbolPath::from_dirs([element.clone()]),
        };
        for source in parsed.sources() {
            if let SymbolSource::Folder(folder) = source
                && !folder.exists()
            {
                return Err(Failure::usage(format!(
                    "--symbols {} is no folder, no file and no symbol server (srv*CACHE*https://…)",
                    folder.display()
                )));
            }
        }
        path = path.then(parsed);
    }
    let path = path.with_cache(symbols::default_cache());
    Ok(match args.offline {
        true => path,
        false => path.with_fetch(Arc::new(servers())),
    })
}

fn servers() -> SymbolServers {
    let servers = SymbolServers::new(&Timeouts::default());
    match std::io::stderr().is_terminal() {
        true => servers.announcing(|url| eprintln!("downloading {url}")),
        false => servers,
    }
}
