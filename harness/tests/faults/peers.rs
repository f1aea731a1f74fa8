//! Other people's readers open the guest's dump. (volatility3 does so in `ci/peers`.)

use std::collections::BTreeMap;
use std::path::Path;

use kdmp_parser::parse::KernelDumpParser;
use serde_json::Value;

/// The kdmp-parser crate by itself finds the stop, the registers and the modules of the verdict.
/// (The analyzer uses the crate for pages only: header and module list are read by code of ours.)
pub fn kdmp_parser_agrees(dump: &Path, verdict: &Value) {
    let parser = KernelDumpParser::new(dump).unwrap();
    let header = parser.headers();
    assert_eq!(
        Value::from(header.bug_check_code),
        verdict["bugcheck"]["code"]
    );
    for (index, parameter) in header.bug_check_code_parameters.into_iter().enumerate() {
        let ours = number(&verdict["bugcheck"]["parameters"][index]["value"]);
        assert_eq!(parameter, ours, "parameter {}", index + 1);
    }

    let context = parser.context_record();
    let innermost = &verdict["stacks"][0]["frames"][0];
    assert_eq!(context.rip, number(&innermost["address"]));
    assert_eq!(context.rsp, number(&innermost["sp"]));

    // The verdict lists the modules that matter to it, the dump all.
    let theirs: BTreeMap<u64, String> = parser
        .kernel_modules()
        .map(|(range, name)| (u64::from(range.start), name.to_lowercase()))
        .collect();
    assert!(theirs.len() >= 5, "{theirs:?}");
    let ours = verdict["modules"].as_array().unwrap();
    assert!(!ours.is_empty());
    for module in ours {
        let name = module["name"].as_str().unwrap().to_lowercase();
        // Some of its names are paths.
        let found = &theirs[&number(&module["base"])];
        assert!(found.ends_with(&name), "{found} is not {name}");
    }
}

/// A number as the verdict writes them: plain, or a hex string.
fn number(value: &Value) -> u64 {
    match value.as_str() {
        Some(text) => u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap(),
        None => value.as_u64().unwrap(),
    }
}
