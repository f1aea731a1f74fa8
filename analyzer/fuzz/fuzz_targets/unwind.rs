//! Damaged unwind information, code and stacks.
#![no_main]

use analyzer_fuzz::{allow_caught_panics, finding};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: allow_caught_panics(), |bytes: &[u8]| {
    finding(|| analyzer::fuzz::unwind(bytes));
});
