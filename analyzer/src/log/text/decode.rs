//! Bytes → text: encodings, and characters that forums and word processors replaced.

/// Input beyond this many bytes is not read.
pub(crate) const MAX_BYTES: usize = 128 << 20;
/// Bytes at the start that determine the encoding.
const PROBE: usize = 4096;

/// The text of a log, with plain ASCII punctuation and `\n` line ends; `None` if the bytes are not
/// text.
pub(crate) fn decode(bytes: &[u8]) -> Option<String> {
    let bytes = &bytes[..bytes.len().min(MAX_BYTES)];
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match zeros(bytes) {
            (0, 0) => eight_bit(bytes),
            (even, odd) if odd > 4 * even => utf16(bytes, u16::from_le_bytes),
            (even, odd) if even > 4 * odd => utf16(bytes, u16::from_be_bytes),
            _ => return None,
        },
    };
    is_text(&text).then(|| plain(&text))
}

/// Number of zero bytes at even and at odd offsets at the start: UTF-16 of mostly ASCII has many at
/// one of them.
fn zeros(bytes: &[u8]) -> (usize, usize) {
    let probe = &bytes[..bytes.len().min(PROBE)];
    let count = |parity: usize| {
        let wanted = probe.iter().skip(parity).step_by(2);
        wanted.filter(|&&byte| byte == 0).count()
    };
    (count(0), count(1))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// UTF-8; invalid bytes are read as Latin-1.
fn eight_bit(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|&byte| char::from(byte)));
    }
    text
}

/// Text has few control characters.
fn is_text(text: &str) -> bool {
    let (mut all, mut control) = (0usize, 0usize);
    for c in text.chars().take(PROBE) {
        all += 1;
        let allowed = matches!(c, '\n' | '\r' | '\t' | '\x0B' | '\x0C' | '\x1B' | '\u{85}');
        control += usize::from(c.is_control() && !allowed);
    }
    control * 20 <= all
}

/// Replaces look-alikes with ASCII, and drops zero-width characters.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut last = '\n';
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or('\n');
        // Digits, or `????????`????????` and `--------`--------` where none are shown.
        let hex = |c: char| {
            c.is_ascii_hexdigit()
                || c == '?' && (last, next) == ('?', '?')
                || c == '-' && (last, next) == ('-', '-')
        };
        let replaced = match c {
            '\r' if next == '\n' => continue,
            '\r' | '\x0B' | '\x0C' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
            '\x1B' => {
                skip_escape(&mut chars);
                continue;
            }
            // The separator in an address: fffff880`0ae915dd.
            '\'' | '\u{2018}' | '\u{2019}' | '\u{B4}' | '\u{2032}' | '\u{FF40}' | '\u{2BB}'
                if hex(last) && hex(next) =>
            {
                '`'
            }
            '\u{2018}'..='\u{201B}' | '\u{B4}' | '\u{2032}' | '\u{FF07}' => '\'',
            '\u{201C}'..='\u{201F}' | '\u{AB}' | '\u{BB}' | '\u{2033}' | '\u{FF02}' => '"',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '\t'
            | '\u{A0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200A}'
            | '\u{202F}'
            | '\u{205F}'
            | '\u{3000}' => ' ',
            '\u{AD}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}'
            | '\u{FEFF}' => continue,
            '\u{2026}' => {
                out.push_str("..");
                '.'
            }
            // Full-width forms of East Asian text.
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFF01 + 0x21).unwrap_or(c),
            c if c.is_control() && c != '\n' => continue,
            c => c,
        };
        out.push(replaced);
        last = replaced;
    }
    out
}

/// Drops a terminal's escape sequence, as far as its final letter on the same line.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    if chars.next_if_eq(&'[').is_none() {
        return;
    }
    while let Some(c) = chars.next_if(|&c| c != '\n') {
        if c.is_ascii_alphabetic() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_give_the_same_text() {
        let text = "0: kd> k\nnt!KeBugCheckEx\n";
        let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(bytes).collect()
        };
        let with_mark = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            with_mark(b"\xEF\xBB\xBF", text.as_bytes().to_vec()),
            with_mark(b"\xFF\xFE", wide(u16::to_le_bytes)),
            with_mark(b"\xFE\xFF", wide(u16::to_be_bytes)),
            wide(u16::to_le_bytes),
            wide(u16::to_be_bytes),
            text.replace('\n', "\r\n").into_bytes(),
        ] {
            assert_eq!(decode(&bytes).as_deref(), Some(text));
        }
    }

    #[test]
    fn look_alikes_become_ascii() {
        let mangled = "fffff880\u{2018}0ae915dd\u{A0}\u{201C}x\u{201D}\u{200B}\u{FF1A}1 \u{2013} \
                       \u{1B}[31mred\u{1B}[0m";
        let text = decode(mangled.as_bytes()).unwrap();
        assert_eq!(text, "fffff880`0ae915dd \"x\":1 - red");
    }

    #[test]
    fn binary_is_no_text() {
        assert_eq!(decode(b"PAGEDU64\0\0\0\x01\x02\0\0\0\0\x03\0\0"), None);
        assert!(decode(b"caf\xE9\n").is_some());
    }
}
