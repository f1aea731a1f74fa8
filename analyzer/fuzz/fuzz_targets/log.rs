//! Any bytes as a debugger's log.
#![no_main]

use analyzer_fuzz::{allow_caught_panics, finding};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: allow_caught_panics(), |bytes: &[u8]| {
    finding(|| {
        for verdict in analyzer::analyze_log(bytes).unwrap_or_default() {
            analyzer::report::human(&verdict, false);
            analyzer::report::markdown(&verdict);
        }
    });
});
