//! ntoseye's `!analyze -v` as a verdict: the driver and the bucket that it names. It does not say
//! what went wrong in our terms, so its cause is `inconclusive`.

use std::path::{Path, PathBuf};

use analyzer::verdict::{SCHEMA_VERSION, Verdict};
use serde_json::json;
use tokio::process::Command;

use crate::witness::StopRecord;

/// The command that has ntoseye read `dump`, offline.
pub(super) fn command(dump: &Path, symbols: &[PathBuf]) -> Command {
    let mut command = Command::new("ntoseye");
    command.arg("--dump").arg(dump).env("NO_COLOR", "1");
    for place in symbols {
        command.arg("--sympath-append").arg(place);
    }
    command.args(["--batch", "-c", "!analyze -v"]);
    command
}

/// What ntoseye says, beside the stop of the dump's header.
pub(super) fn verdict(text: &str, stop: StopRecord) -> Result<Verdict, String> {
    let field = |name: &str| {
        let lines = text
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix(name));
        let mut values = lines.filter(|rest| rest.starts_with("  ")).map(str::trim);
        values.find(|value| !value.is_empty())
    };
    let (bucket, confidence) = (field("bucket"), field("confidence"));
    if bucket.is_none() && confidence.is_none() {
        return Err("its `!analyze -v` has neither a bucket nor a confidence".into());
    }
    let is_nobody = |name: &&str| {
        ["unknown", "none", "-", "not "]
            .iter()
            .any(|word| name.starts_with(word))
    };
    let culprit = field("culprit")
        .filter(|name| !is_nobody(name))
        .map(|name| {
            let (module, function) = match name.split_once('!') {
                Some((module, function)) => (module, Some(function)),
                None => (name, None),
            };
            json!({"module": module, "function": function, "role": "suspect"})
        });
    let said = confidence.unwrap_or("not said");
    let parameters = stop.parameters.map(|value| json!({"value": value}));
    let value = json!({
        "schema_version": SCHEMA_VERSION,
        "bugcheck": {"code": stop.code, "code_hex": format!("0x{:X}", stop.code), "parameters": parameters},
        "cause": {
            "id": "inconclusive",
            "title": "ntoseye names no cause in these terms",
            "explanation": format!("ntoseye's own confidence: {said}"),
            "rule": "ntoseye",
        },
        "culprit": culprit,
        "confidence": "possible",
        "bucket": bucket,
    });
    serde_json::from_value(value)
        .map_err(|error| format!("what it names is not a verdict: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop() -> StopRecord {
        crate::witness::of_header(0x9F, [3, 0, 0, 0])
    }

    #[test]
    fn what_it_names_is_taken_over() {
        let text =
            "analysis\n  bucket      0x9F_3_X\n  culprit     modem.sys\n  confidence  medium\n";
        let found = verdict(text, stop()).unwrap();
        assert_eq!(found.culprit.unwrap().module, "modem.sys");
        assert_eq!(found.bucket.as_deref(), Some("0x9F_3_X"));
        assert_eq!(
            (found.bugcheck.code, &*found.bugcheck.code_hex),
            (0x9F, "0x9F")
        );
        assert_eq!(found.cause.id.to_string(), "inconclusive");
        let nobody = verdict("bucket  X\nculprit  unknown\n", stop()).unwrap();
        assert!(nobody.culprit.is_none());
        assert!(verdict("error: no such file\n", stop()).is_err());
    }
}
