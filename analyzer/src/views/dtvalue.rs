//! Values as `dt` prints them.

use super::session::Session;
use super::text::tick;
use crate::dump::{MemoryExt, is_kernel_address};
use crate::modules::Module;
use crate::symbols::{Definition, Scalar, ScalarKind, Shape};

/// Maximum number of characters of a string.
const MAX_TEXT: usize = 256;
/// Maximum nesting of arrays and pointers.
const MAX_NESTING: usize = 8;

/// The value at `at` as text, and as a number if it is one.
pub(super) fn value(
    session: &Session<'_, '_>,
    module: &Module,
    shape: &Shape,
    at: u64,
) -> (String, Option<u64>) {
    Values { session, module }.value(shape, at, 0)
}

/// The text of records that `dt` prints as text: `"\Device\X"`, `[ 0x… - 0x… ]`.
pub(super) fn text(
    session: &Session<'_, '_>,
    module: &Module,
    shape: &Shape,
    at: u64,
) -> Option<String> {
    match shape {
        Shape::Record(of) => Values { session, module }.record(&of.name, at),
        _ => None,
    }
}

struct Values<'s, 't, 'd> {
    session: &'s Session<'t, 'd>,
    module: &'s Module,
}

impl Values<'_, '_, '_> {
    fn value(&self, shape: &Shape, at: u64, nesting: usize) -> (String, Option<u64>) {
        if nesting > MAX_NESTING {
            return ("...".to_owned(), None);
        }
        match shape {
            Shape::Scalar(number) => match self.number(at, number.size) {
                Some(value) => (scalar(*number, value), Some(value)),
                None => (self.unreadable(at), None),
            },
            Shape::Enum { of, number } => match self.number(at, number.size) {
                Some(value) => {
                    let defined = self.session.target.define(self.module, of);
                    let name = match defined {
                        Ok(Definition::Enum { values, .. }) => name_of(&values, value, *number),
                        _ => None,
                    };
                    let name = name.unwrap_or_else(|| "No matching name".to_owned());
                    (format!("{} ( {name} )", small(value)), Some(value))
                }
                None => (self.unreadable(at), None),
            },
            Shape::Bits {
                size,
                position,
                length,
            } => match self.number(at, *size) {
                Some(value) => {
                    let value = value.checked_shr((*position).into()).unwrap_or(0);
                    let value = match length {
                        0..64 => value & ((1 << length) - 1),
                        _ => value,
                    };
                    (bits(value, *length), Some(value))
                }
                None => (self.unreadable(at), None),
            },
            Shape::Pointer(to) => match self.session.target.memory.read_u64(at) {
                Ok(0) => ("(null) ".to_owned(), Some(0)),
                Ok(value) => (self.pointer(to, value, nesting), Some(value)),
                Err(_) => (self.unreadable(at), None),
            },
            Shape::Record(of) => {
                let text = self.record(&of.name, at);
                let text = text.map_or_else(String::new, |text| format!(" {text}"));
                (format!("{}{text}", of.shown()), None)
            }
            Shape::Array {
                element,
                element_size,
                count,
            } => {
                let text = self.array(element, *element_size, *count, at, nesting);
                (format!("[{count}] {text}"), None)
            }
            Shape::Function(_) => (self.session.code(at), None),
            Shape::Void => ("Void".to_owned(), None),
        }
    }

    fn number(&self, at: u64, size: u64) -> Option<u64> {
        // Of sixteen bytes, show the lower half.
        let size = size.min(8) as usize;
        self.session.target.memory.read_uint(at, size).ok()
    }

    fn unreadable(&self, at: u64) -> String {
        if let Err(error) = self.session.target.memory.read_uint(at, 1) {
            self.session.note("some of the values", error);
        }
        "??".to_owned()
    }

    fn pointer(&self, to: &Shape, value: u64, nesting: usize) -> String {
        let at = format!("0x{}", tick(value));
        match to {
            Shape::Void => format!("{at} Void"),
            Shape::Function(returns) => {
                let returns = returns
                    .as_ref()
                    .map_or("void".to_owned(), |of| match &**of {
                        Shape::Void => "void".to_owned(),
                        other => other.text(),
                    });
                let name = self.session.code(value);
                let offset = if name.contains('+') || !name.contains('!') {
                    ""
                } else {
                    "+0"
                };
                format!("{at}     {returns}  {name}{offset}")
            }
            Shape::Record(of) => match self.record(&of.name, value) {
                Some(text) if of.name == "_UNICODE_STRING" => format!("{at} {} {text}", of.name),
                _ => format!("{at} {}", of.shown()),
            },
            Shape::Scalar(number) if is_text(*number) => {
                match self.string(value, number.size, MAX_TEXT) {
                    Some(text) => format!("{at} {text}"),
                    None => format!("{at}  \"????\""),
                }
            }
            other => format!("{at} -> {}", self.value(other, value, nesting + 1).0),
        }
    }

    fn array(&self, element: &Shape, size: u64, count: u64, at: u64, nesting: usize) -> String {
        match element {
            Shape::Scalar(number) if is_text(*number) && count > 1 => {
                let length = usize::try_from(count).unwrap_or(MAX_TEXT).min(MAX_TEXT);
                let text = self.string(at, number.size, length);
                text.map_or_else(
                    || format!(" \"{}\"", self.unreadable(at)),
                    |text| format!(" {text}"),
                )
            }
            Shape::Record(of) => of.shown().to_owned(),
            _ if count == 0 || size == 0 => element.text(),
            other => self.value(other, at, nesting + 1).0,
        }
    }

    /// Characters up to a zero.
    fn string(&self, at: u64, size: u64, length: usize) -> Option<String> {
        let bytes = self
            .session
            .target
            .memory
            .read_prefix(at, length * size as usize);
        if bytes.is_empty() {
            return None;
        }
        let text = match size {
            1 => {
                let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
                String::from_utf8_lossy(text).into_owned()
            }
            _ => {
                let units = bytes
                    .chunks_exact(2)
                    .map(|two| u16::from_le_bytes([two[0], two[1]]));
                let units: Vec<_> = units.take_while(|&unit| unit != 0).collect();
                String::from_utf16_lossy(&units)
            }
        };
        Some(quoted(&text))
    }

    /// The text of a record that `dt` prints as text.
    fn record(&self, name: &str, at: u64) -> Option<String> {
        let memory = self.session.target.memory;
        match name {
            "_UNICODE_STRING" => Some(match memory.read_unicode_string(at) {
                Ok(text) => quoted(&text),
                Err(_) => "\"--- memory read error ---\"".to_owned(),
            }),
            "_LIST_ENTRY" => {
                let word = |at: u64| memory.read_u64(at).ok().filter(|_| is_kernel_address(at));
                let next = word(at)?;
                let before = word(at.wrapping_add(8))?;
                Some(format!("[ 0x{} - 0x{} ]", tick(next), tick(before)))
            }
            "_LARGE_INTEGER" | "_ULARGE_INTEGER" => memory
                .read_u64(at)
                .ok()
                .map(|value| format!("{:#x}", Ticked(value))),
            _ => None,
        }
    }
}

fn quoted(text: &str) -> String {
    let printable = |c: char| if c.is_control() { '.' } else { c };
    format!("\"{}\"", text.chars().map(printable).collect::<String>())
}

/// Whether an array of it is a string.
fn is_text(number: Scalar) -> bool {
    matches!(
        (number.kind, number.size),
        (ScalarKind::Unsigned | ScalarKind::Signed, 1) | (ScalarKind::WideChar, 2)
    )
}

/// A number; below ten without a prefix.
fn small(value: u64) -> String {
    match value {
        0..10 => value.to_string(),
        _ => format!("{:#x}", Ticked(value)),
    }
}

/// Hexadecimal, with a back-tick between two halves.
struct Ticked(u64);

impl std::fmt::LowerHex for Ticked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 >> 32 {
            0 => write!(f, "0x{:x}", self.0),
            high => write!(f, "0x{high:08x}`{:08x}", self.0 & 0xFFFF_FFFF),
        }
    }
}

fn scalar(number: Scalar, value: u64) -> String {
    let signed = || match number.size {
        1 => i64::from(value as i8),
        2 => i64::from(value as i16),
        4 => i64::from(value as i32),
        _ => value as i64,
    };
    let letter = || {
        let letter = char::from(value as u8);
        let shown = letter.is_ascii_graphic() || letter == ' ';
        shown
            .then_some(letter)
            .map_or_else(String::new, String::from)
    };
    match (number.kind, number.size) {
        (ScalarKind::Unsigned, 1) => format!("{} '{}'", small(value), letter()),
        (ScalarKind::Signed, 1) => format!("{} '{}'", signed(), letter()),
        (ScalarKind::Signed, _) => format!("0n{}", signed()),
        (ScalarKind::Float, 4) => format!("{}", f32::from_bits(value as u32)),
        (ScalarKind::Float, _) => format!("{}", f64::from_bits(value)),
        _ => small(value),
    }
}

/// `0y1`; several bits also as a number.
fn bits(value: u64, length: u8) -> String {
    let length = usize::from(length);
    match length {
        1 => format!("0y{value}"),
        _ => format!("0y{value:0length$b} ({})", small(value)),
    }
}

fn name_of(values: &[(String, i64)], value: u64, number: Scalar) -> Option<String> {
    let mask = match number.size {
        size @ 0..8 => (1 << (8 * size)) - 1,
        _ => u64::MAX,
    };
    let found = values
        .iter()
        .find(|(_, known)| *known as u64 & mask == value);
    found.map(|(name, _)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(kind: ScalarKind, size: u64, value: u64) -> String {
        scalar(Scalar { size, kind }, value)
    }

    #[test]
    fn numbers_are_printed_as_by_dt() {
        assert_eq!(number(ScalarKind::Unsigned, 1, 0x80), "0x80 ''");
        assert_eq!(number(ScalarKind::Unsigned, 1, 0x41), "0x41 'A'");
        assert_eq!(number(ScalarKind::Signed, 1, 5), "5 ''");
        assert_eq!(number(ScalarKind::Signed, 1, 0xFF), "-1 ''");
        assert_eq!(number(ScalarKind::Signed, 4, 0x1e00), "0n7680");
        assert_eq!(number(ScalarKind::Signed, 2, 6), "0n6");
        assert_eq!(number(ScalarKind::Unsigned, 4, 0), "0");
        assert_eq!(number(ScalarKind::Unsigned, 4, 0x500), "0x500");
        let wide = number(ScalarKind::Unsigned, 8, 0x1_0000_0002);
        assert_eq!(wide, "0x00000001`00000002");
        assert_eq!(bits(1, 1), "0y1");
        assert_eq!(bits(5, 8), "0y00000101 (5)");
    }

    #[test]
    fn negative_enumerators_are_found() {
        let values = [("None".to_owned(), -1)];
        let of = |size| Scalar {
            size,
            kind: ScalarKind::Signed,
        };
        assert_eq!(
            name_of(&values, 0xFFFF_FFFF, of(4)).as_deref(),
            Some("None")
        );
        assert_eq!(name_of(&values, 0xFFFF_FFFF, of(8)), None);
    }
}
