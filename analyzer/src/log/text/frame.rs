//! A line of a stack, in the layouts of `k`, `kb`, `kv`, `kn`, `kL`, `kP` and MEX, for 32 and 64
//! bits.

use std::sync::LazyLock;

use regex::Regex;

use super::names::is_kernel;
use super::number::hex;
use super::symbol::{RawSymbol, stem, symbol};

static SOURCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\[|\(|\s)([^\[\]()]+?) @ (\d+)[\])]?\s*$").expect("a constant")
});
static TRAP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)TrapFrame @ ([0-9a-f`]{8,17})").expect("a constant"));

/// Stack pointer, return address, four arguments, and what other layouts add.
const MAX_ADDRESSES: usize = 8;

/// A frame in a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RawFrame {
    /// The frame number, if there is one.
    pub number: Option<u32>,
    pub sp: Option<u64>,
    /// The return address: the address in the next frame outwards.
    pub returns_to: Option<u64>,
    /// The frame's own address, for layouts that show it.
    pub address: Option<u64>,
    pub arguments: Vec<u64>,
    pub symbol: Option<RawSymbol>,
    pub source: Option<(String, u32)>,
    pub inline: bool,
    /// The line names a trap frame.
    pub trap: bool,
    /// What follows the symbol.
    pub tail: String,
    /// Number of addresses before the symbol.
    pub addresses: usize,
}

impl RawFrame {
    /// Whether it lies in the kernel.
    pub(crate) fn in_kernel(&self) -> bool {
        let symbol = self.symbol.as_ref();
        symbol.is_some_and(|symbol| is_kernel(&symbol.module))
    }

    /// Whether the line may continue on the next one.
    pub(crate) fn lacks_symbol(&self) -> bool {
        self.symbol.is_none() && self.tail.is_empty()
    }
}

/// A word before the symbol.
enum Word {
    Address(Option<u64>),
    Number(u32),
    Skipped,
    Inline,
}

fn word(text: &str, first: bool) -> Option<Word> {
    if matches!(text, ":" | "..." | "-") {
        return Some(Word::Skipped);
    }
    if text == "(Inline" || text == "(Inline)" || text == "Function)" {
        return Some(Word::Inline);
    }
    if !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'-' | b'`' | b'?')) {
        return (text.len() >= 8).then_some(Word::Address(None));
    }
    if let Some(number) = text
        .strip_prefix("[0x")
        .and_then(|text| text.strip_suffix(']'))
    {
        return Some(Word::Number(u32::from_str_radix(number, 16).ok()?));
    }
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let count = digits
        .bytes()
        .filter(|byte| byte.is_ascii_hexdigit())
        .count();
    let rest = digits.len() - count;
    let halves = rest == 0 || rest == 1 && digits.as_bytes().get(8) == Some(&b'`');
    match (halves, count, text.len() == digits.len()) {
        (true, 8 | 16, _) => Some(Word::Address(Some(hex(digits)?))),
        (true, 1..=3, true) if first && rest == 0 => {
            Some(Word::Number(u32::from_str_radix(digits, 16).ok()?))
        }
        _ => None,
    }
}

/// What precedes the symbol of a frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Head<'t> {
    pub number: Option<u32>,
    pub inline: bool,
    /// There is a `:` between the columns.
    pub separated: bool,
    /// `None` for an address that the debugger does not show.
    pub addresses: Vec<Option<u64>>,
    /// From the symbol on.
    pub rest: &'t str,
}

impl<'t> Head<'t> {
    pub(super) fn of(line: &'t str) -> Self {
        let mut head = Self::default();
        let mut rest = line.trim_start().trim_start_matches("# ").trim_start();
        // The current frame in the call stack of Visual Studio.
        rest = rest.strip_prefix('>').map_or(rest, str::trim_start);
        let mut first = true;
        while !rest.is_empty() && head.addresses.len() < MAX_ADDRESSES {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            match word(&rest[..end], first) {
                Some(Word::Address(address)) => head.addresses.push(address),
                Some(Word::Number(number)) => head.number = Some(number),
                Some(Word::Inline) => head.inline = true,
                Some(Word::Skipped) => head.separated = true,
                // kf shows the stack usage of each frame.
                None if head.number.is_some()
                    && head.addresses.is_empty()
                    && is_usage(&rest[..end]) => {}
                None => break,
            }
            first = false;
            rest = rest[end..].trim_start();
        }
        head.rest = rest;
        head
    }
}

/// Reads a line as a frame; `None` if it is not one.
pub(crate) fn frame(line: &str) -> Option<RawFrame> {
    let Head {
        number,
        inline,
        separated,
        addresses,
        rest,
    } = Head::of(line);
    let mut frame = RawFrame {
        number,
        inline,
        ..RawFrame::default()
    };
    let addresses = rejoined(addresses);
    frame.addresses = addresses.len();
    let mut known = addresses.iter().copied();
    match addresses.len() {
        0 => {}
        1 => frame.address = known.next().flatten(),
        _ => {
            frame.sp = known.next().flatten();
            frame.returns_to = known.next().flatten();
            frame.arguments = known.flatten().collect();
        }
    }
    if rest.is_empty() {
        return (addresses.len() >= 4).then_some(frame);
    }
    let bare = rest.strip_prefix("0x").filter(|_| addresses.len() >= 2);
    if let Some(digits) = bare {
        let end = digits.find(char::is_whitespace).unwrap_or(digits.len());
        frame.address = Some(hex(&digits[..end])?);
        frame.tail = digits[end..].to_owned();
        return Some(frame);
    }
    let (symbol, tail) = symbol(rest)?;
    let tail = tail.trim();
    let loose = addresses.len() >= 2 || frame.inline || frame.number.is_some() || separated;
    if !loose && !is_annotation(tail) {
        return None;
    }
    frame.symbol = Some(symbol);
    frame.trap = TRAP.is_match(tail);
    frame.source = SOURCE
        .captures(&format!(" {tail}"))
        .and_then(|found| Some((found[1].trim().to_owned(), found[2].parse().ok()?)));
    frame.tail = tail.to_owned();
    Some(frame)
}

/// Reads a line whose symbol is only a module's name, as `kc` writes code without symbols. Other lines
/// are like that: only the stack around it tells whether it is a frame.
pub(crate) fn bare(line: &str) -> Option<RawFrame> {
    let head = Head::of(line);
    let name = head.rest.trim();
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let word = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if !starts || !name.chars().all(word) || !(2..=64).contains(&name.len()) {
        return None;
    }
    let mut shown = head.addresses.iter().copied();
    let (sp, returns_to) = match head.addresses.len() {
        0 | 1 => (None, None),
        _ => (shown.next().flatten(), shown.next().flatten()),
    };
    Some(RawFrame {
        number: head.number,
        sp,
        returns_to,
        arguments: shown.flatten().collect(),
        symbol: Some(RawSymbol {
            module: stem(name).to_owned(),
            ..RawSymbol::default()
        }),
        addresses: head.addresses.len(),
        ..RawFrame::default()
    })
}

/// Rejoins the halves of addresses that lost the back-tick between them. A stack of a 32-bit system
/// does not begin that high.
fn rejoined(words: Vec<Option<u64>>) -> Vec<Option<u64>> {
    const TOP: u64 = 0xFFFF_0000;
    let half = |word: Option<u64>| word.filter(|&word| u32::try_from(word).is_ok());
    if half(words.first().copied().flatten()).is_none_or(|word| word < TOP) {
        return words;
    }
    let mut joined = Vec::new();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        let low = words.peek().copied().and_then(half);
        joined.push(match (half(word), low) {
            (Some(high), Some(low)) => {
                words.next();
                Some(high << 32 | low)
            }
            _ => word,
        });
    }
    joined
}

/// A short hexadecimal number.
fn is_usage(word: &str) -> bool {
    (1..=5).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What may follow the symbol on a line with only a symbol.
fn is_annotation(tail: &str) -> bool {
    tail.is_empty()
        || tail.ends_with("...")
        || [
            "/ ", "C/C++", "[", "(", "--", "<-", "->", "//", "==", "**", "@", "0x", "#", "C:\\",
            "c:\\",
        ]
        .iter()
        .any(|mark| tail.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts() {
        let name = |line: &str| {
            let frame = frame(line).unwrap_or_else(|| panic!("{line}"));
            let symbol = frame.symbol.clone().unwrap_or_default();
            (frame, symbol.function.unwrap_or_default())
        };
        let (k, function) =
            name("03 ffffe381`4066ece0 fffff804`9cc5d69e     nt!KeWaitForSingleObject+0x316");
        assert_eq!((k.number, k.sp), (Some(3), Some(0xffff_e381_4066_ece0)));
        assert_eq!(function, "KeWaitForSingleObject");
        let (kv, _) = name(
            "ffff8000`00000010 fffff800`00000001     : 00000000`00000133 00000000`00000000 \
             00000000`00000500 00000000`00000501 : nt!KeBugCheckEx",
        );
        assert_eq!(kv.arguments, [0x133, 0, 0x500, 0x501]);
        let (kb, _) = name("904cf4bc 84b88f03 000000c9 00000302 84a992a9 nt!KeBugCheckEx+0x1e");
        assert_eq!(
            (kb.sp, kb.returns_to),
            (Some(0x904c_f4bc), Some(0x84b8_8f03))
        );
        assert_eq!(kb.arguments, [0xc9, 0x302, 0x84a9_92a9]);
        let (mex, _) = name("    fffff8016d431153 TestDrv+0x1153");
        assert_eq!(mex.address, Some(0xffff_f801_6d43_1153));
        let (inline, _) =
            name("0a (Inline Function) --------`--------     Wdf01000!A::B+0x2a [x\\a.cpp @ 356]");
        assert!(inline.inline && inline.source == Some(("x\\a.cpp".into(), 356)));
        let (preview, _) = name("[0x1]   nt!KiPageFault+0x463   0xffff800012345678   0xfffff8000");
        assert_eq!(preview.number, Some(1));
        assert_eq!(name("... : MyDrv!OnInterrupt+0x69 ...").1, "OnInterrupt");
        assert_eq!(name("nt!KeBugCheckEx").1, "KeBugCheckEx");
        let (kf, _) = name("02        40 ffffdc0e`9ee66850 fffff800`2b7f8801     drv!Work+0x4d");
        assert_eq!((kf.number, kf.sp), (Some(2), Some(0xffff_dc0e_9ee6_6850)));
        let (torn, _) = name("01 ffff950e 7abb17b0 fffff805`3239c279 nt!_C_specific_handler+0xa9");
        assert_eq!(
            (torn.sp, torn.returns_to),
            (Some(0xffff_950e_7abb_17b0), Some(0xffff_f805_3239_c279))
        );
        let studio = " \tgizmo!Work+0x77 [C:\\gizmo\\work.c @ 12] \tC/C++/ASM";
        assert_eq!(name(studio).1, "Work");
        assert_eq!(
            name(&format!(">{}", studio.trim_start_matches(' '))).1,
            "Work"
        );
        assert_eq!(name("nt!KiPageFault+0x43d\tC/C++/ASM").1, "KiPageFault");
        assert_eq!(
            name("nt!IopfCallDriver / nt!IofCallDriver").1,
            "IopfCallDriver"
        );
        let (trap, _) = name(
            "8013eecc 00000000 0000000a 00000000 0000001c NT!_KiTrap0E+0x256 (FPO: [0,0] \
             TrapFrame @ 8013eee8)",
        );
        assert!(trap.trap);
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            "This cannot be protected by try-except.",
            "nt!KeBugCheckEx is what stops the machine",
            "fffff804`789a1152 ba31427257      mov     edx,57724231h",
            "Arg1: 0000000000000003, A device object",
            "+0x018 DriverStart : 0xfffff803`32320000 Void",
            "",
        ] {
            assert_eq!(frame(line), None, "{line}");
        }
    }
}
