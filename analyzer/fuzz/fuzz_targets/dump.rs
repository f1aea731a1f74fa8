//! Any bytes as a dump file.
#![no_main]

use analyzer::SymbolPath;
use analyzer_fuzz::{allow_caught_panics, finding, fixtures, with_file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: allow_caught_panics(), |bytes: &[u8]| {
    finding(|| {
        let symbols = SymbolPath::from_dirs([fixtures().to_owned()]);
        with_file(bytes, "dmp", |path| {
            if let Ok(verdict) = analyzer::analyze(path, &symbols) {
                analyzer::report::human(&verdict, false);
            }
        });
    });
});
