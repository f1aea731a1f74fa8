//! Symbols as debuggers write them: `nt!KiPageFault+0x474`, `foo+0x1234`,
//! `<Unloaded_foo.sys>+0x10`.

use std::sync::LazyLock;

use regex::Regex;

use super::number::hex;

static OFFSET: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\s?\+\s?0x([0-9a-fA-F`]{1,17})").expect("a constant"));
/// Longer names are not names.
const MAX_NAME: usize = 1024;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RawSymbol {
    /// Name in the debugger, without extension.
    pub module: String,
    pub function: Option<String>,
    /// From the function, else from the module.
    pub offset: u64,
    /// The module is no longer loaded.
    pub unloaded: bool,
}

/// Reads the symbol at the start of `text`; also returns the rest.
pub(crate) fn symbol(text: &str) -> Option<(RawSymbol, &str)> {
    let text = text.trim_start();
    if let Some(rest) = text.strip_prefix("<Unloaded_") {
        let (name, rest) = rest.split_once('>')?;
        let (offset, rest) = offset_at_start(rest).unwrap_or((0, rest));
        let symbol = RawSymbol {
            module: stem(name).to_owned(),
            offset,
            unloaded: true,
            ..RawSymbol::default()
        };
        return (!symbol.module.is_empty() && name.len() < MAX_NAME).then_some((symbol, rest));
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "_.$~-".contains(c)))?;
    let (module, rest) = text.split_at(end);
    if module.is_empty() || module.len() > MAX_NAME || module.starts_with(['.', '-']) {
        return None;
    }
    let named = |function, offset| RawSymbol {
        module: module.to_owned(),
        function,
        offset,
        unloaded: false,
    };
    if let Some((offset, rest)) = offset_at_start(rest).filter(|_| !rest.starts_with(' ')) {
        return Some((named(None, offset), rest));
    }
    let rest = rest.strip_prefix('!')?;
    // A module without symbols, as some tools write it.
    if let Some((offset, rest)) = offset_at_start(rest).filter(|_| rest.starts_with('+')) {
        return Some((named(None, offset), rest));
    }
    let (function, offset, rest) = function(rest)?;
    Some((named(Some(undecorated(function)), offset), rest))
}

/// `+0x12` at the start, and the rest.
fn offset_at_start(text: &str) -> Option<(u64, &str)> {
    let found = OFFSET
        .captures(text)
        .filter(|found| found.get(0).is_some_and(|m| m.start() == 0))?;
    let offset = hex(&found[1])?;
    Some((offset, &text[found[0].len()..]))
}

/// The function's name, its offset, and the rest.
fn function(text: &str) -> Option<(&str, u64, &str)> {
    let line = &text[..text.find('\n').unwrap_or(text.len())];
    if line.starts_with(' ') && !line.trim_start().starts_with("??") {
        return None;
    }
    for found in OFFSET.captures_iter(line).take(4) {
        let all = found.get(0)?;
        let ends = line[all.end()..].chars().next();
        let boundary = ends.is_none_or(|c| c.is_whitespace() || "[(,);".contains(c));
        let name = &line[..all.start()];
        if boundary && is_name(name) {
            let offset = hex(&found[1])?;
            return Some((name.trim(), offset, &line[all.end()..]));
        }
    }
    // Parameters of kP and annotations begin with a parenthesis or a space.
    let end = match line.trim_start().starts_with("??") {
        true => line.find("  ").unwrap_or(line.len()),
        false => {
            let skip = line.len() - line.trim_start().len();
            line[skip..]
                .find([' ', '(', '[', ';'])
                .map_or(line.len(), |at| at + skip)
        }
    };
    let name = line[..end].trim_end_matches([',', '.', ')', ':', '*']);
    (is_name(name) && !name.trim().is_empty()).then(|| (name.trim(), 0, &line[end..]))
}

/// Names have no spaces, except those of templates, operators and generated functions.
fn is_name(name: &str) -> bool {
    let name = name.trim();
    let first = name.chars().next();
    let starts = first.is_some_and(|c| c.is_ascii_alphabetic() || "_?@<$`'~".contains(c));
    let blanks = !name.contains(' ')
        || name.starts_with("??")
        || name.contains("::")
        || name.contains('<')
        || name.contains("operator");
    starts && blanks && name.len() < MAX_NAME && !name.contains("  ")
}

/// Without the leading underscore and the trailing `@12` of 32-bit code.
fn undecorated(name: &str) -> String {
    let mut bare = name;
    if let Some((front, bytes)) = name.rsplit_once('@')
        && !front.is_empty()
        && bytes.len() <= 3
        && bytes.bytes().all(|byte| byte.is_ascii_digit())
    {
        bare = front.trim_start_matches('@');
    }
    let inner = bare.strip_prefix('_').unwrap_or(bare);
    match inner.starts_with(|c: char| c.is_ascii_uppercase()) {
        true => inner.to_owned(),
        false => bare.to_owned(),
    }
}

/// A file name without its extension.
pub(crate) fn stem(name: &str) -> &str {
    let name = name.rsplit(['\\', '/']).next().unwrap_or(name);
    for extension in [".sys", ".dll", ".exe", ".SYS", ".DLL", ".EXE"] {
        if let Some(stem) = name.strip_suffix(extension) {
            return stem;
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Option<String>, u64) {
        let (symbol, _) = symbol(text).unwrap_or_else(|| panic!("{text}"));
        (symbol.module, symbol.function, symbol.offset)
    }

    #[test]
    fn symbols_of_all_kinds() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            parts("nt!KiPageFault+0x474"),
            ("nt".into(), some("KiPageFault"), 0x474)
        );
        assert_eq!(parts("foo+0x12 [c:\\x.c @ 3]"), ("foo".into(), None, 0x12));
        assert_eq!(
            parts("nt!KeBugCheckEx   "),
            ("nt".into(), some("KeBugCheckEx"), 0)
        );
        assert_eq!(
            parts("NT!_KeBugCheckEx+0x194 (FPO: [0,0])").1,
            some("KeBugCheckEx")
        );
        assert_eq!(parts("drv!_Foo@12+0x3").1, some("Foo"));
        assert_eq!(
            parts("d!A::F<<lambda_1> >+0x87 [x]"),
            ("d".into(), some("A::F<<lambda_1> >"), 0x87)
        );
        let generated = parts("nt! ?? ::FNODOBFM::`string'+0x18b12");
        assert_eq!(
            (generated.1, generated.2),
            (some("?? ::FNODOBFM::`string'"), 0x18b12)
        );
        assert_eq!(parts("nt!KiPageFault + 0x463").2, 0x463);
        let (gone, _) = symbol("<Unloaded_x.sys>+0x1910:").unwrap();
        assert!(gone.unloaded && gone.module == "x" && gone.offset == 0x1910);
    }

    #[test]
    fn prose_is_no_symbol() {
        for text in [
            "Wow! That crashed",
            "a + b",
            "C:\\x",
            "see you!",
            "x - y",
            "",
        ] {
            assert_eq!(symbol(text), None, "{text}");
        }
    }
}
