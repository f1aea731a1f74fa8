//! The analyzers of a dump: the built-in one, ntoseye, or any command that prints a verdict.
//!
//! A command gets the dump as its last argument and the folders with symbols in `STOPCODE_SYMBOLS`
//! (separated by `:`), and prints one verdict as `docs/verdict.schema.json` has it. One that fails,
//! prints something else or takes too long gives no verdict, and the reason.

mod ntoseye;
mod process;

use std::path::{Path, PathBuf};
use std::time::Duration;

use analyzer::verdict::{SCHEMA_VERSION, Verdict};
use vm::plan::OtherAnalyzer;

use crate::witness::StopRecord;

/// How long an analyzer other than ours may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

/// Has `dump` read by another program. It and its children end at the latest after `limit`, or when
/// the future is dropped. `stop` is what the dump's header says.
///
/// # Errors
/// In words: there is no such program, it fails, it takes too long, or it prints no verdict.
pub async fn ask(
    analyzer: &OtherAnalyzer,
    dump: &Path,
    stop: StopRecord,
    symbols: &[PathBuf],
    limit: Duration,
) -> Result<Verdict, String> {
    match analyzer {
        OtherAnalyzer::Ntoseye => {
            let command = ntoseye::command(dump, symbols);
            let text = process::output(command, limit).await?;
            ntoseye::verdict(&String::from_utf8_lossy(&text), stop)
        }
        OtherAnalyzer::Command(command) => {
            let command = process::shell(command, dump, symbols);
            of_json(&process::output(command, limit).await?)
        }
    }
}

/// A verdict that another program printed.
fn of_json(text: &[u8]) -> Result<Verdict, String> {
    let verdict: Verdict = serde_json::from_slice(text)
        .map_err(|error| format!("what it printed is not a verdict: {error}"))?;
    if verdict.schema_version != SCHEMA_VERSION {
        let version = verdict.schema_version;
        return Err(format!(
            "its verdict follows version {version} of the schema, this stopcode reads {SCHEMA_VERSION}"
        ));
    }
    Ok(verdict)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Instant;

    use super::*;

    async fn asked(command: &str, limit: Duration) -> Result<Verdict, String> {
        let verdict = crate::testing::verdict();
        let stop = crate::witness::of_verdict(&verdict.bugcheck).unwrap();
        let command = OtherAnalyzer::Command(command.into());
        let symbols = ["/s/one".into(), "/s/two".into()];
        ask(&command, Path::new("/no dump's.dmp"), stop, &symbols, limit).await
    }

    #[tokio::test]
    async fn a_command_prints_a_verdict_or_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("verdict.json");
        let verdict = crate::testing::verdict();
        fs::write(&file, serde_json::to_vec(&verdict).unwrap()).unwrap();
        let script = folder.path().join("script");
        let text = format!(
            "test \"$1\" = \"/no dump's.dmp\" && test $STOPCODE_SYMBOLS = /s/one:/s/two && cat {}",
            file.display()
        );
        fs::write(&script, text).unwrap();
        let print = format!("sh {}", script.display());
        assert_eq!(asked(&print, LIMIT).await.as_ref(), Ok(&verdict));
        for (command, complaint) in [
            ("echo oops >&2; false", "exit status: 1: oops"),
            ("true", "it printed nothing"),
            ("echo '{\"cause\":'", "not a verdict"),
            ("no-such-program-here", "exit status: 127"),
            ("yes", "more than"),
        ] {
            let error = asked(command, LIMIT).await.unwrap_err();
            assert!(error.contains(complaint), "{command}: {error}");
        }
    }

    #[tokio::test]
    async fn one_that_takes_too_long_ends_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("late");
        let command = format!("(sleep 1; touch {}) & sleep 60;", file.display());
        let begun = Instant::now();
        let error = asked(&command, Duration::from_millis(200))
            .await
            .unwrap_err();
        assert!(error.contains("not done after"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert!(!file.exists(), "a child lived on");
    }
}
