//! Symbols from the environment and from symbol servers.

mod http;

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use analyzer::SymbolPath;

pub use http::{SymbolServers, Timeouts};

/// The variables that debuggers read, in their order.
const VARIABLES: [&str; 2] = ["_NT_SYMBOL_PATH", "_NT_ALT_SYMBOL_PATH"];

/// Reads the syntax of `_NT_SYMBOL_PATH`. The default cache is the user's.
pub fn parse(text: &str) -> SymbolPath {
    SymbolPath::parse(text, &default_cache())
}

/// What `_NT_SYMBOL_PATH` and `_NT_ALT_SYMBOL_PATH` say. Empty without
/// them. To ask the servers, add [`servers`].
pub fn environment() -> SymbolPath {
    let set = VARIABLES.iter().filter_map(|name| env::var(name).ok());
    set.map(|text| parse(&text))
        .fold(SymbolPath::default(), SymbolPath::then)
}

/// Where the symbols of a guest come from: its folders, its places as `_NT_SYMBOL_PATH` writes them,
/// then what the environment says; servers are asked.
pub fn of_guest(folders: &[PathBuf], places: &[String]) -> SymbolPath {
    let own = SymbolPath::from_dirs(folders.to_vec());
    (places.iter().map(|place| parse(place)))
        .fold(own, SymbolPath::then)
        .then(environment())
        .with_fetch(servers())
}

/// The symbol servers, which remember for as long as the process which of them do not answer.
pub fn servers() -> Arc<SymbolServers> {
    static SERVERS: LazyLock<Arc<SymbolServers>> =
        LazyLock::new(|| Arc::new(SymbolServers::new(&Timeouts::default())));
    Arc::clone(&SERVERS)
}

/// `$XDG_CACHE_HOME/stopcode/symbols`, by the XDG base-directory specification.
pub fn default_cache() -> PathBuf {
    let absolute = |variable| env::var_os(variable).map(PathBuf::from);
    let cache = absolute("XDG_CACHE_HOME").filter(|folder| folder.is_absolute());
    let cache = cache.or_else(|| Some(absolute("HOME")?.join(".cache")));
    let cache = cache.unwrap_or_else(env::temp_dir);
    cache.join(Path::new("stopcode/symbols"))
}
