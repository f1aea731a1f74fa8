//! Minidumps with damaged tables, strings, blocks and stacks.
#![no_main]

use std::sync::LazyLock;

use analyzer::SymbolPath;
use analyzer_fuzz::{Patch, allow_caught_panics, finding, patched, with_file};
use libfuzzer_sys::fuzz_target;

static WHOLE: LazyLock<[Vec<u8>; 2]> = LazyLock::new(analyzer::fuzz::synthetic_minidumps);

fuzz_target!(init: allow_caught_panics(), |input: (bool, Vec<Patch>)| {
    let (bits32, patches) = input;
    finding(|| {
        with_file(&patched(&WHOLE[usize::from(bits32)], &patches), "dmp", |path| {
            if let Ok(verdict) = analyzer::analyze(path, &SymbolPath::default()) {
                analyzer::report::human(&verdict, false);
                analyzer::report::markdown(&verdict);
            }
        });
    });
});
