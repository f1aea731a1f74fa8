//! A verdict for the tests here and in the crates above.

use analyzer::verdict::Verdict;

/// A verdict as the analyzer writes it, of a made-up crash.
pub fn verdict() -> Verdict {
    serde_json::from_value(serde_json::json!({
        "schema_version": 1,
        "dump": {"kind": "full", "machine": "x64", "build": null, "processors": 2,
                 "crash_processor": 0, "uptime_seconds": null, "crash_time": null,
                 "kernel_base": null},
        "bugcheck": {"code": 209, "code_hex": "0xD1", "name": "X", "parameters": [
            {"value": "0x1000", "meaning": null}, {"value": "0x2", "meaning": null},
            {"value": "0x0", "meaning": null}, {"value": "0x7", "meaning": null}]},
        "cause": {"id": "irql-leaked", "title": "t", "explanation": "e", "rule": "r"},
        "culprit": {"module": "Hog.sys", "function": "Write", "offset": null,
                    "address": null, "source_file": null, "source_line": null,
                    "role": "holder (inferred)"},
        "victims": [{"kind": "faulting-module", "module": "fastfat.sys", "function": null,
                     "thread": null, "processor": null, "why": "w"}],
        "confidence": "likely", "evidence": [], "unknown": [], "alternatives": [],
        "signature": "s", "signature_hash": "h", "bucket": null, "stacks": [], "modules": []
    }))
    .expect("the analyzer's own schema")
}
