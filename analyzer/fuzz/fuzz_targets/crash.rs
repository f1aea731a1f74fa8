//! A synthetic crash with damaged structures: lists, stacks, page tables, images.
#![no_main]

use std::sync::LazyLock;

use analyzer::SymbolPath;
use analyzer_fuzz::{Patch, allow_caught_panics, finding, fixtures, patched, with_file};
use libfuzzer_sys::fuzz_target;

static WHOLE: LazyLock<[Vec<u8>; 3]> = LazyLock::new(analyzer::fuzz::synthetic_dumps);

fuzz_target!(init: allow_caught_panics(), |input: (u8, Vec<Patch>)| {
    let (kind, patches) = input;
    finding(|| {
        let symbols = SymbolPath::from_dirs([fixtures().to_owned()]);
        with_file(&patched(&WHOLE[usize::from(kind) % WHOLE.len()], &patches), "dmp", |path| {
            if let Ok(verdict) = analyzer::analyze(path, &symbols) {
                analyzer::report::human(&verdict, false);
                analyzer::report::markdown(&verdict);
            }
        });
    });
});
