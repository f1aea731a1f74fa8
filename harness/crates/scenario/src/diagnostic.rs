//! Errors in a scenario file: the file, the line, the column, and a pointer at the text.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};

/// Something in a scenario (or image) file is wrong.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
pub struct ScenarioError {
    /// With file, line and column.
    message: String,
    line: usize,
    column: usize,
    label: String,
    /// Shared rather than owned to keep results small.
    #[source_code]
    source_code: Arc<NamedSource<String>>,
    #[label("{label}")]
    span: SourceSpan,
    #[help]
    help: Option<String>,
}

impl ScenarioError {
    /// An error at a byte range of `text`.
    pub(crate) fn new(
        file: &Path,
        text: &str,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) -> Self {
        let start = span.start.min(text.len());
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        // A value may run over many lines; pointing at its first one is enough.
        let first_line = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = span.end.clamp(start, first_line);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        let file = file.display().to_string();
        Self {
            message: format!("{file}:{line}:{column}: {}", message.into()),
            line,
            column,
            label: label.into(),
            source_code: Arc::new(NamedSource::new(file, text.to_owned())),
            span: (start, end - start).into(),
            help,
        }
    }

    /// Line of the mistake, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Column of the mistake in characters, from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

/// Draws a diagnostic for people, with colour if asked for.
pub fn render(error: &dyn Diagnostic, colour: bool) -> String {
    let theme = if colour {
        miette::GraphicalTheme::unicode()
    } else {
        miette::GraphicalTheme::unicode_nocolor()
    };
    let mut out = String::new();
    match miette::GraphicalReportHandler::new_themed(theme)
        .with_width(100)
        .with_links(false)
        .render_report(&mut out, error)
    {
        Ok(()) => out,
        // Drawing into a String does not fail; the plain message is still right if it ever does.
        Err(std::fmt::Error) => error.to_string(),
    }
}

/// The candidate that `word` was probably meant to be.
pub(crate) fn did_you_mean<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<String> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 2.max(candidate.len() / 3))
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_columns_in_characters() {
        let text = "a: 1\nä: bad\n";
        let at = text.find("bad").unwrap();
        let error = ScenarioError::new(Path::new("x.yaml"), text, at..at + 3, "no", "here", None);
        assert_eq!((error.line(), error.column()), (2, 4));
        assert_eq!(error.to_string(), "x.yaml:2:4: no");
        let drawn = render(&error, false);
        assert!(
            drawn.contains("x.yaml:2:4") && drawn.contains("here"),
            "{drawn}"
        );
    }

    #[test]
    fn suggests_only_what_is_near() {
        assert_eq!(
            did_you_mean("cpuz", ["cpus", "memory"]).as_deref(),
            Some("did you mean `cpus`?")
        );
        assert_eq!(did_you_mean("banana", ["cpus", "memory"]), None);
    }
}
