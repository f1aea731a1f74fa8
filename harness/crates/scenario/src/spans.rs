//! Where each key and value of a YAML document is in the text.
//!
//! serde reports *which* value is wrong (its path); this says *where* it is.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, Span};

/// Byte ranges of one entry.
#[derive(Clone, Debug)]
struct Entry {
    key: Option<Range<usize>>,
    value: Range<usize>,
}

/// The byte ranges of every key and value, by path (`guest.cpus`, `steps[0].start`).
pub(super) struct SpanMap {
    entries: HashMap<String, Entry>,
}

impl SpanMap {
    /// Reads the positions of `text`. A document that does not parse gives what stood before the
    /// error; serde reports the error itself.
    pub(super) fn new(text: &str) -> Self {
        let offsets = char_offsets(text);
        let mut walk = Walk {
            parser: Parser::new_from_str(text),
            offsets,
            entries: HashMap::new(),
        };
        walk.document();
        Self {
            entries: walk.entries,
        }
    }

    /// The value at `path`, or its nearest enclosing value that has a place.
    pub(super) fn value(&self, path: &str) -> Option<Range<usize>> {
        let mut path = path;
        loop {
            if let Some(entry) = self.entries.get(path) {
                return Some(entry.value.clone());
            }
            path = parent(path)?;
        }
    }

    /// The key that introduces `path`.
    pub(super) fn key(&self, path: &str) -> Option<Range<usize>> {
        self.entries.get(path)?.key.clone()
    }
}

fn parent(path: &str) -> Option<&str> {
    path.rfind(['.', '[']).map(|at| &path[..at])
}

/// Byte offset of each character: the parser counts characters.
fn char_offsets(text: &str) -> Vec<usize> {
    text.char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .collect()
}

struct Walk<'t> {
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    offsets: Vec<usize>,
    entries: HashMap<String, Entry>,
}

impl<'t> Walk<'t> {
    fn next(&mut self) -> Option<(Event<'t>, Range<usize>)> {
        let (event, span) = self.parser.next_event()?.ok()?;
        Some((event, self.bytes(span)))
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        let last = self.offsets.len() - 1;
        let at = |index: usize| self.offsets[index.min(last)];
        at(span.start.index())..at(span.end.index())
    }

    fn document(&mut self) {
        while let Some((event, span)) = self.next() {
            match event {
                Event::StreamStart | Event::DocumentStart(_) => {}
                Event::StreamEnd | Event::DocumentEnd => return,
                event => {
                    self.node(String::new(), None, event, span);
                }
            }
        }
    }

    /// Records the node that starts with `event`, and all below it. `None` ends the walk.
    fn node(
        &mut self,
        path: String,
        key: Option<Range<usize>>,
        event: Event<'t>,
        span: Range<usize>,
    ) -> Option<()> {
        let mut end = span.end;
        match event {
            Event::MappingStart(..) => loop {
                let (event, span) = self.next()?;
                end = end.max(span.end);
                let Event::Scalar(name, ..) = event else {
                    break;
                };
                let (event, value) = self.next()?;
                let below = if path.is_empty() {
                    name.into_owned()
                } else {
                    format!("{path}.{name}")
                };
                self.node(below, Some(span), event, value)?;
            },
            Event::SequenceStart(..) => {
                for index in 0.. {
                    let (event, span) = self.next()?;
                    end = end.max(span.end);
                    if event == Event::SequenceEnd {
                        break;
                    }
                    self.node(format!("{path}[{index}]"), None, event, span)?;
                }
            }
            _ => {}
        }
        let value = span.start..end.max(span.start);
        self.entries.insert(path, Entry { key, value });
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name: ä-b\nguest: {cpus: 2, memory: 1GiB}\nsteps:\n  - start: x\n";

    #[test]
    fn finds_keys_and_values_in_both_styles() {
        let map = SpanMap::new(TEXT);
        let value = |path: &str| &TEXT[map.value(path).unwrap()];
        assert_eq!(value("name"), "ä-b");
        assert_eq!(value("guest.memory"), "1GiB");
        assert_eq!(value("steps[0].start"), "x");
        assert_eq!(&TEXT[map.key("guest.cpus").unwrap()], "cpus");
    }

    #[test]
    fn falls_back_to_the_enclosing_value() {
        let map = SpanMap::new(TEXT);
        assert!(TEXT[map.value("guest.nothing.here").unwrap()].starts_with("{cpus"));
        assert!(map.key("nothing").is_none());
    }
}
