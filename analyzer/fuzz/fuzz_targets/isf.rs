//! Any bytes as an ISF table.
#![no_main]

use analyzer_fuzz::{allow_caught_panics, finding, with_file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: allow_caught_panics(), |bytes: &[u8]| {
    finding(|| with_file(bytes, "json", analyzer::fuzz::symbol_table));
});
