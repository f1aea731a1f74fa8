//! Secondary data of minidumps, damaged: the streams, SMBIOS tables, processor, black boxes.
#![no_main]

use std::sync::LazyLock;

use analyzer::{SymbolPath, ViewRequest};
use analyzer_fuzz::{Patch, allow_caught_panics, finding, patched, with_file};
use libfuzzer_sys::fuzz_target;

static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(analyzer::fuzz::synthetic_secondary);
static VIEWS: LazyLock<Vec<ViewRequest>> = LazyLock::new(|| {
    let all = "enumtag; sysinfo; sysinfo smbios; sysinfo cpuspeed; blackboxbsd; blackboxntfs; \
               blackboxpnp; blackboxwinlogon; analyze -v";
    ViewRequest::parse_all(all).expect("names of views")
});

// Patches of the secondary data, and bytes that replace its end.
fuzz_target!(init: allow_caught_panics(), |input: (Vec<Patch>, u16, Vec<u8>)| {
    let (patches, cut, end) = input;
    let (head, data) = WHOLE.split_at(analyzer::fuzz::secondary_at());
    let mut data = patched(data, &patches);
    if !end.is_empty() {
        data.truncate(usize::from(cut) % (data.len() + 1));
        data.extend(end);
    }
    let dump = [head, &data].concat();
    finding(|| {
        with_file(&dump, "dmp", |path| {
            let symbols = SymbolPath::default();
            if let Ok(views) = analyzer::inspect_all(path, &symbols, &VIEWS) {
                for view in views.into_iter().flatten() {
                    let _ = view.to_string();
                }
            }
        });
    });
});
