//! Colours, wrapping and columns for a terminal.

use std::fmt::Write;

/// Columns that text is wrapped to.
const WIDTH: usize = 100;

/// Styles used in reports.
#[derive(Clone, Copy)]
pub(super) enum Style {
    Heading,
    Blame,
    Dim,
    Warn,
    Code,
}

/// Collects lines, coloured or not.
pub(super) struct Page {
    text: String,
    colour: bool,
}

impl Page {
    pub(super) fn new(colour: bool) -> Self {
        Self {
            text: String::new(),
            colour,
        }
    }

    /// `text` in a style, if colours are wanted.
    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        let code = match style {
            Style::Heading => "1",
            Style::Blame => "1;31",
            Style::Dim => "2",
            Style::Warn => "33",
            Style::Code => "36",
        };
        match self.colour {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }

    /// A line as it is.
    pub(super) fn line(&mut self, line: &str) {
        let _ = writeln!(self.text, "{}", line.trim_end());
    }

    /// A heading after a blank line.
    pub(super) fn heading(&mut self, heading: &str) {
        let painted = self.paint(Style::Heading, heading);
        self.text.push('\n');
        self.line(&painted);
    }

    /// Words wrapped to the page's width, all lines indented.
    pub(super) fn paragraph(&mut self, indent: usize, text: &str) {
        self.wrapped(indent, None, text);
    }

    /// A paragraph in a style.
    pub(super) fn painted(&mut self, indent: usize, style: Style, text: &str) {
        self.wrapped(indent, Some(style), text);
    }

    /// A label, then words that are wrapped beside it.
    pub(super) fn labelled(&mut self, label: &str, text: &str) {
        let begin = self.text.len();
        self.wrapped(label.len(), None, text);
        if self.text.len() > begin {
            self.text.replace_range(begin..begin + label.len(), label);
        }
    }

    fn wrapped(&mut self, indent: usize, style: Option<Style>, text: &str) {
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let line = lines
                .last_mut()
                .filter(|line| line.is_empty() || indent + line.len() + 1 + word.len() <= WIDTH);
            match line {
                Some(line) if line.is_empty() => line.push_str(word),
                Some(line) => {
                    line.push(' ');
                    line.push_str(word);
                }
                None => lines.push(word.to_owned()),
            }
        }
        let indent = " ".repeat(indent);
        for line in lines.iter().filter(|line| !line.is_empty()) {
            let line = match style {
                Some(style) => self.paint(style, line),
                None => line.clone(),
            };
            self.line(&format!("{indent}{line}"));
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_and_paints_only_when_asked() {
        let mut page = Page::new(false);
        page.paragraph(2, &"word ".repeat(40));
        let text = page.finish();
        assert!(
            text.lines()
                .all(|line| line.len() <= WIDTH && line.starts_with("  word"))
        );
        let mut page = Page::new(false);
        page.labelled("  who ", "nobody");
        assert_eq!(page.finish(), "  who nobody\n");
        assert_eq!(Page::new(false).paint(Style::Blame, "x"), "x");
        assert_eq!(
            Page::new(true).paint(Style::Blame, "x"),
            "\x1b[1;31mx\x1b[0m"
        );
    }
}
