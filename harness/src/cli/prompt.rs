//! The prompt of `stopcode inspect` without a view: one line, one or several views.

use std::collections::VecDeque;
use std::io::{BufRead, Read, Write};

use analyzer::{InspectError, ViewRequest};

use super::inspect::views_help;

/// Longer lines are cut.
const MAX_LINE: u64 = 64 << 10;

/// What a line asks for.
#[derive(Debug)]
enum Said {
    Nothing,
    Quit,
    Help,
    Views(Vec<ViewRequest>),
    Wrong(InspectError),
}

impl Said {
    fn parse(line: &str) -> Self {
        match line.trim().to_lowercase().as_str() {
            "" => Self::Nothing,
            "q" | "qq" | "qd" | "quit" | "exit" => Self::Quit,
            "?" | "h" | "help" | ".help" => Self::Help,
            _ => match ViewRequest::parse_all(line) {
                Ok(views) => Self::Views(views),
                Err(error) => Self::Wrong(error),
            },
        }
    }
}

/// Reads requests from lines of text.
pub(super) struct Prompt<R> {
    input: R,
    /// Whether somebody is at a terminal and sees the prompt.
    interactive: bool,
    waiting: VecDeque<ViewRequest>,
}

impl<R: BufRead> Prompt<R> {
    pub(super) fn new(input: R, interactive: bool) -> Self {
        Self {
            input,
            interactive,
            waiting: VecDeque::new(),
        }
    }

    /// The next request; `None` at the end of the input or when told to quit.
    pub(super) fn next(&mut self) -> Option<ViewRequest> {
        loop {
            if let Some(request) = self.waiting.pop_front() {
                return Some(request);
            }
            if self.interactive {
                print!("kd> ");
                let _ = std::io::stdout().flush();
            }
            let mut line = Vec::new();
            let mut limited = self.input.by_ref().take(MAX_LINE);
            let length = limited.read_until(b'\n', &mut line).unwrap_or(0);
            if length == 0 {
                return None;
            }
            match Said::parse(&String::from_utf8_lossy(&line)) {
                Said::Nothing => {}
                Said::Quit => return None,
                Said::Help => println!("{}", views_help()),
                Said::Views(views) => self.waiting.extend(views),
                Said::Wrong(error) => eprintln!("error: {error}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &[u8]) -> Vec<String> {
        let mut prompt = Prompt::new(text, false);
        let requests = std::iter::from_fn(|| prompt.next());
        requests
            .map(|request| request.command().to_owned())
            .collect()
    }

    #[test]
    fn each_line_asks_for_views_until_the_end() {
        assert_eq!(
            asked(b"k\n\n  !locks ; lm\nno-such-view\n~1k"),
            ["k", "!locks", "lm", "k"]
        );
        assert_eq!(asked(b"lm\r\nq\r\nk\n"), ["lm"]);
        assert_eq!(asked(b"help\nQUIT\nlm"), Vec::<String>::new());
        assert_eq!(asked(b"\xFF\xFE\nlm"), ["lm"]);
        assert_eq!(asked(b""), Vec::<String>::new());
    }
}
