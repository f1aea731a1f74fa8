//! What a debugger session over a scenario's dump would show leads to the verdict that the dump
//! leads to.
//!
//! `STOPCODE_UPDATE_GOLDENS=1` writes the transcripts that the analyzer's own tests read.

use std::env;
use std::fs;
use std::path::Path;

use analyzer::SymbolPath;
use analyzer::verdict::Verdict;
use vm::image::Image;

/// Compares what the log reader says of a transcript of `dump` with the dump's own verdict.
pub fn check(dump: &Path, image: &Image, scenario: &str, verdict: &Verdict) -> Result<(), String> {
    let symbols = SymbolPath::from_dirs(image.symbols.clone());
    let text = analyzer::transcript(dump, &symbols).map_err(|error| error.to_string())?;
    if env::var_os("STOPCODE_UPDATE_GOLDENS").is_some() {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../analyzer/tests/transcripts");
        let file = folder.join(format!("{scenario}.log"));
        fs::write(&file, &text).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let read = analyzer::analyze_log(text.as_bytes());
    let read = read.map_err(|error| format!("the dump's transcript: {error}"))?;
    match read.as_slice() {
        [read] if blame(read) == blame(verdict) => Ok(()),
        others => Err(format!(
            "the dump's transcript (`stopcode inspect DUMP --transcript`) leads to another \
             verdict\n--- dump\n{}\n+++ transcript\n{}",
            blame(verdict),
            others.iter().map(blame).collect::<Vec<_>>().join("\n")
        )),
    }
}

fn blame(verdict: &Verdict) -> String {
    let culprit = verdict.culprit.as_ref();
    let function = culprit.and_then(|culprit| culprit.function.as_deref());
    format!(
        "{:?}, {}!{}",
        verdict.cause.id,
        culprit.map_or("nobody", |culprit| &culprit.module),
        function.unwrap_or("unknown")
    )
}
