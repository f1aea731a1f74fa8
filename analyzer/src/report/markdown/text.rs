//! CommonMark from text that may be hostile.
//!
//! Names come from a dump, so nothing in them may act as markup: a word that is not plain prose
//! becomes a code span, in which CommonMark interprets nothing, and characters that hide or reorder
//! text are replaced. What remains as prose has no character that could begin markup.

use std::fmt::Write;

/// Columns that prose is wrapped to.
const WIDTH: usize = 100;

/// Longest name or sentence that is written out, in characters.
const LONGEST: usize = 4000;

/// A document under construction: blocks with a blank line between them.
#[derive(Default)]
pub(super) struct Document {
    text: String,
}

impl Document {
    fn block(&mut self) -> &mut String {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        &mut self.text
    }

    /// A heading of `level` 1 to 6.
    pub(super) fn heading(&mut self, level: usize, text: &str) {
        let heading = format!("{} {}", "#".repeat(level), inline(text).join(" "));
        let _ = writeln!(self.block(), "{heading}");
    }

    /// A wrapped paragraph of prose; nothing if `text` is blank.
    pub(super) fn paragraph(&mut self, text: &str) {
        let lines = wrapped(&inline(text), WIDTH);
        if !lines.is_empty() {
            let _ = writeln!(self.block(), "{}", lines.join("\n"));
        }
    }

    /// A bullet list, one item a paragraph.
    pub(super) fn list<'a>(&mut self, items: impl IntoIterator<Item = &'a str>) {
        let mut items = items
            .into_iter()
            .map(|item| wrapped(&inline(item), WIDTH - 2))
            .filter(|lines| !lines.is_empty())
            .peekable();
        if items.peek().is_none() {
            return;
        }
        let text = self.block();
        for lines in items {
            let _ = writeln!(text, "- {}", lines.join("\n  "));
        }
    }

    /// A fenced block of lines that are shown as they are.
    pub(super) fn code<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) {
        let lines: Vec<_> = lines.into_iter().map(printable).collect();
        let fence = "`".repeat(
            lines
                .iter()
                .map(|line| longest_run(line))
                .max()
                .unwrap_or(0)
                .max(2)
                + 1,
        );
        let text = self.block();
        let _ = writeln!(text, "{fence}text");
        for line in &lines {
            let _ = writeln!(text, "{}", line.trim_end());
        }
        let _ = writeln!(text, "{fence}");
    }

    /// A table (an extension to CommonMark that GitHub and others have).
    pub(super) fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let cell = |text: &str| inline(text).join(" ").replace('|', "\\|");
        let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let text = self.block();
        let _ = writeln!(
            text,
            "{}",
            line(head.iter().map(|text| cell(text)).collect())
        );
        let _ = writeln!(text, "{}", line(vec!["---".to_owned(); head.len()]));
        for row in rows {
            let _ = writeln!(
                text,
                "{}",
                line(row.iter().map(|text| cell(text)).collect())
            );
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// The words of a text, each either harmless prose or a code span.
fn inline(text: &str) -> Vec<String> {
    printable(text).split_whitespace().map(word).collect()
}

/// One word: its punctuation unchanged, and its core as code if it is not prose.
fn word(word: &str) -> String {
    let is_edge = |character: char| "(),.;:?\"'".contains(character);
    let core = word.trim_start_matches(['(', '"', '\'']);
    let (before, core) = word.split_at(word.len() - core.len());
    let trimmed = core.trim_end_matches(is_edge);
    // The genitive of a name is not part of it.
    let trimmed = trimmed.strip_suffix("'s").unwrap_or(trimmed);
    let (core, after) = core.split_at(trimmed.len());
    match core.is_empty() || is_prose(core) {
        true => word.to_owned(),
        false => format!("{before}{}{after}", code_span(core)),
    }
}

/// Whether nothing in a word is markup, a link, a reference or an identifier.
fn is_prose(word: &str) -> bool {
    let plain =
        |character: char| character.is_alphanumeric() || "-'’…–—·→§%/,.:;()\"=".contains(character);
    let is_address = word.starts_with("0x");
    let is_file = word.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && extension.chars().all(|c| c.is_ascii_alphabetic())
            && !extension.is_empty()
    });
    // A capital within a word: a function, such as `NtCreateFile`; but not `PnP`.
    let is_camel = word.len() > 4
        && word
            .as_bytes()
            .windows(2)
            .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
    let is_rule = word.chars().all(|character| "-=".contains(character));
    let is_code = is_address || is_file || is_camel || is_rule || word.contains("://");
    word.chars().all(plain) && !is_code
}

/// A code span for any `text`.
fn code_span(text: &str) -> String {
    let ticks = "`".repeat(longest_run(text) + 1);
    let pad = match text.starts_with('`') || text.ends_with('`') {
        true => " ",
        false => "",
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Length of the longest run of back-ticks.
fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`')
        .map(str::len)
        .max()
        .unwrap_or(0)
}

/// `text` without control characters and without those that hide or reorder what follows.
pub(super) fn printable(text: &str) -> String {
    let clean = text.chars().take(LONGEST).map(|character| match character {
        '\t' | '\n' | '\r' => ' ',
        '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}'
        | '\u{FEFF}' => '\u{FFFD}',
        control if control.is_control() => '\u{FFFD}',
        other => other,
    });
    let mut clean: String = clean.collect();
    if text.chars().nth(LONGEST).is_some() {
        clean.push('…');
    }
    clean
}

/// Wraps words into lines; no line begins like a list, a heading or a rule.
fn wrapped(words: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut columns = 0;
    for word in words {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if columns + 1 + length <= width => {
                line.push(' ');
                line.push_str(word);
                columns += 1 + length;
            }
            _ => {
                lines.push(at_line_start(word));
                columns = length;
            }
        }
    }
    lines
}

fn at_line_start(word: &str) -> String {
    let digits = word.chars().take_while(char::is_ascii_digit).count();
    match digits > 0 && matches!(&word[digits..], "." | ")") {
        true => format!("{}\\{}", &word[..digits], &word[digits..]),
        false => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn paragraph(text: &str) -> String {
        let mut document = Document::default();
        document.paragraph(text);
        document.finish()
    }

    #[test]
    fn identifiers_become_code_and_prose_stays() {
        assert_eq!(
            paragraph("foo!Bar+0x1 read 0xffff8000 (PTE 0x20), IRQL 2 (DISPATCH_LEVEL), in x.sys."),
            "`foo!Bar+0x1` read `0xffff8000` (PTE `0x20`), IRQL 2 (`DISPATCH_LEVEL`), in `x.sys`.\n"
        );
    }

    #[test]
    fn hostile_names_stay_text() {
        let text = paragraph(
            "<script>alert(1)</script> [a](http://b) **c** `d` http://e # f ``` \u{202E}g",
        );
        assert_eq!(
            text,
            "`<script>alert(1)</script>` `[a](http://b`) `**c**` `` `d` `` `http://e` `#` f ```` ``` ```` `\u{FFFD}g`\n"
        );
    }

    #[test]
    fn nothing_begins_a_list_or_a_rule() {
        assert_eq!(paragraph("- a"), "`-` a\n");
        assert_eq!(paragraph("1. a"), "1\\. a\n");
        assert_eq!(paragraph("--- a"), "`---` a\n");
        assert_eq!(paragraph("==="), "`===`\n");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        let mut document = Document::default();
        document.code(["````", "a\u{1b}[31m"]);
        assert_eq!(document.finish(), "`````text\n````\na\u{FFFD}[31m\n`````\n");
    }

    #[test]
    fn cells_cannot_end_a_row() {
        let mut document = Document::default();
        document.table(&["a"], &[vec!["b|c\n| d".to_owned()]]);
        assert_eq!(document.finish(), "| a |\n| --- |\n| `b\\|c` `\\|` d |\n");
    }

    proptest! {
        #[test]
        fn no_markup_outside_of_code(text in "\\PC{0,200}") {
            let mut document = Document::default();
            document.paragraph(&text);
            document.heading(2, &text);
            document.list([text.as_str()]);
            document.code([text.as_str()]);
            document.table(&["x"], &[vec![text.clone()]]);
            let written = document.finish();
            let parser = pulldown_cmark::Parser::new_ext(&written, pulldown_cmark::Options::ENABLE_TABLES);
            for event in parser {
                use pulldown_cmark::{Event, Tag};
                let is_allowed = !matches!(
                    event,
                    Event::Html(_) | Event::InlineHtml(_) | Event::Rule | Event::HardBreak
                        | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::Strong
                            | Tag::BlockQuote(_) | Tag::HtmlBlock)
                );
                prop_assert!(is_allowed, "{event:?} in {written}");
            }
        }
    }
}
