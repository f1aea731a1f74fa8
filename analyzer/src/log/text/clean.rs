//! Text → lines as the debugger wrote them: removes HTML and markup, restores line breaks and joins
//! wrapped lines.

use std::sync::LazyLock;

use regex::Regex;

use super::{cut, prefix, spacing, unwrap};

/// Lines beyond this many are not read.
const MAX_LINES: usize = 2_000_000;
/// Bytes of a line beyond this many are not read; debuggers' lines are short.
const MAX_LINE: usize = 1 << 16;
/// Shorter lines are not checked for lost line breaks.
const LONG_LINE: usize = 120;

static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)<(/?)(br|p|div|tr|li|pre|h[1-6]|hr|ul|ol|table|tbody|thead|dl|dt|dd|blockquote|span|wbr|mark|ins|del|small|big|var|nobr|code|b|i|u|s|em|strong|font|a|td|th|img|sub|sup|tt|kbd|samp|cite|label|button|section|article)(?:\s[^<>]{0,500})?/?>"#,
    )
    .expect("a constant")
});
static ENTITY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));").expect("a constant")
});
static BBCODE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\[/?(?:b|i|u|code|quote|color|size|font|pre|spoiler|url|list|img|center)(?:=[^\]\n]{0,200})?\]",
    )
    .expect("a constant")
});
/// A lost line break was before one of these.
static BREAKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        // A prompt.
        r"(?:\d{1,4}: )?l?kd> ",
        // Arguments of a stop.
        r"|Arg[1-4]: ?[0-9a-fA-F]{8}",
        // A frame with its number: the digits before belong to the offset in front.
        r"|[0-9a-f]{2} [0-9a-f]{8}`[0-9a-f]{8} [0-9a-f]{8}`[0-9a-f]{8} ",
        r"|[0-9a-f]{2} \(Inline Function\) ",
        // A frame with arguments.
        r"|[0-9a-f]{8}`[0-9a-f]{8} [0-9a-f]{8}`[0-9a-f]{8} +: [0-9a-f]{8}`[0-9a-f]{8} ",
        r"|\b[0-9a-f]{16} [0-9a-f]{16} +: [0-9a-f]{16} ",
        // A field.
        r"|\+0x[0-9a-f]{3,4} [A-Za-z_]\w* {0,30}: ",
        // Keys of !analyze.
        r"|(?:BUGCHECK_(?:STR|CODE|P[1-4])|DEFAULT_BUCKET_ID|PROCESS_NAME|CURRENT_IRQL|STACK_TEXT|SYMBOL_NAME|MODULE_NAME|IMAGE_NAME|FAILURE_BUCKET_ID|BUCKET_ID|TRAP_FRAME|EXCEPTION_RECORD|EXCEPTION_CODE|CONTEXT|FOLLOWUP_IP|FAULTING_IP|STACK_COMMAND|IRP_ADDRESS|READ_ADDRESS|WRITE_ADDRESS): ",
        r"|\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+: ",
        // A pending DPC.
        r"|\d{1,3}: (?:Normal|Threaded) *: 0x",
    ))
    .expect("a constant")
});
/// The description of a stop begins after its title.
static TITLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+ \([0-9a-f]{1,8}\)").expect("a constant")
});

/// The log's lines, without trailing blanks, as the debugger wrote them.
pub(crate) fn lines(text: &str) -> Vec<String> {
    let text = without_markup(text);
    let mut all: Vec<&str> = text.lines().take(MAX_LINES).map(truncated).collect();
    prefix::without(&mut all);
    spacing::without(&mut all);
    spacing::dedent(&mut all);
    let mut lines = Vec::with_capacity(all.len());
    let all = cut::rejoined(&all);
    let all: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
    for line in unwrap::joined(&all) {
        match line.len() > LONG_LINE {
            true => split_line(&line, &mut lines),
            false => lines.push(line.trim_end().to_owned()),
        }
    }
    lines.truncate(MAX_LINES);
    lines
}

fn truncated(line: &str) -> &str {
    let end = (0..=MAX_LINE.min(line.len()))
        .rev()
        .find(|&at| line.is_char_boundary(at));
    &line[..end.unwrap_or(0)]
}

/// Removes HTML tags and entities, BBCode and Markdown, if the text uses them.
fn without_markup(text: &str) -> String {
    let mut text = text.to_owned();
    // Twice: forums escape text that is already escaped.
    for _ in 0..2 {
        if text.contains('&') && ENTITY.is_match(&text) {
            text = ENTITY
                .replace_all(&text, |found: &regex::Captures<'_>| entity(found))
                .into();
        }
    }
    let is_html = [
        "<br", "<p>", "<pre", "<div", "<span", "<code", "<wbr", "</", "<BR", "<P>", "<PRE",
    ];
    if is_html.iter().any(|tag| text.contains(tag)) {
        text = TAG
            .replace_all(&text, |tag: &regex::Captures<'_>| {
                let inline = matches!(
                    tag[2].to_ascii_lowercase().as_str(),
                    "span"
                        | "wbr"
                        | "mark"
                        | "ins"
                        | "del"
                        | "small"
                        | "big"
                        | "var"
                        | "nobr"
                        | "code"
                        | "b"
                        | "i"
                        | "u"
                        | "s"
                        | "em"
                        | "strong"
                        | "font"
                        | "a"
                        | "sub"
                        | "sup"
                        | "tt"
                        | "kbd"
                        | "samp"
                        | "cite"
                        | "label"
                        | "button"
                        | "img"
                );
                match (inline, &tag[2] == "td" || &tag[2] == "th") {
                    (true, _) => "",
                    (false, true) => " ",
                    (false, false) => "\n",
                }
            })
            .into();
    }
    if text.contains("[/") {
        text = BBCODE.replace_all(&text, "").into();
    }
    match text.contains("**") {
        // Bold in Markdown; rows of asterisks are the debugger's.
        true => text
            .lines()
            .map(|line| match line.contains("***") || line.trim() == "**" {
                true => line.to_owned(),
                false => line.replace("**`", "").replace("`**", "").replace("**", ""),
            })
            .collect::<Vec<_>>()
            .join("\n"),
        false => text,
    }
}

fn entity(found: &regex::Captures<'_>) -> String {
    let number = |group: usize, radix| u32::from_str_radix(found.get(group)?.as_str(), radix).ok();
    let named = || {
        Some(match found.get(3)?.as_str() {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" | "ldquo" | "rdquo" => '"',
            "apos" | "lsquo" | "rsquo" => '\'',
            "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
            "ndash" | "mdash" | "minus" => '-',
            _ => return None,
        })
    };
    let code = number(1, 10).or_else(|| number(2, 16));
    let character = code.and_then(char::from_u32).or_else(named);
    match character {
        Some('\u{A0}') => " ".to_owned(),
        Some('\u{200B}' | '\u{FEFF}') => String::new(),
        Some(character) => character.to_string(),
        None => found[0].to_owned(),
    }
}

/// Whether a break would split an address or a symbol: the last digits of an address look like a
/// frame number, and the offset of a symbol like that of a field.
fn splits_address(line: &str, at: usize) -> bool {
    let before = &line.as_bytes()[..at];
    if line[at..].starts_with('+') {
        return before
            .last()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    }
    let tail = &before[before.len().saturating_sub(7)..];
    tail.first() == Some(&b'`') && tail[1..].iter().all(u8::is_ascii_hexdigit)
}

/// Restores the lost line breaks of a long line.
fn split_line(line: &str, out: &mut Vec<String>) {
    let starts = BREAKS
        .find_iter(line)
        .map(|found| found.start())
        .filter(|&at| !splits_address(line, at));
    let behind = TITLE
        .find_iter(line)
        .flat_map(|found| [found.start(), found.end()]);
    let mut cuts: Vec<usize> = starts.chain(behind).collect();
    cuts.sort_unstable();
    let mut from = 0;
    for at in cuts.into_iter().chain([line.len()]) {
        let part = line[from..at].trim();
        if !part.is_empty() {
            out.push(part.to_owned());
        }
        from = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_goes_and_angle_brackets_of_symbols_stay() {
        let html = "<p>0: kd&gt; k</p><pre>nt!X&nbsp;<br/>&lt;Unloaded_a.sys&gt;+0x10</pre>";
        let kept: Vec<_> = lines(html)
            .into_iter()
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(kept, ["0: kd> k", "nt!X", "<Unloaded_a.sys>+0x10"]);
    }

    #[test]
    fn lost_breaks_come_back() {
        let stack = "0: kd> k # Child-SPRetAddr Call Site00 fffff800`7c39cdd8 fffff800`7fc31c8f \
                     nt!KeBugCheckEx01 fffff800`7c39cde0 fffff800`7fc318a1 \
                     nt!KeAccumulateTicks+0x20f02 fffff800`7c39ce50 fffff800`7fc2fa8a \
                     nt!KiUpdateRunTime+0x61";
        let lines = lines(stack);
        assert_eq!(lines.len(), 4, "{lines:#?}");
        assert!(
            lines[2].ends_with("nt!KeAccumulateTicks+0x20f"),
            "{lines:#?}"
        );
    }

    #[test]
    fn an_analysis_on_one_line_has_its_keys_and_frames() {
        let line = "BUGCHECK_CODE: d1 BUGCHECK_P1: 10 BUGCHECK_P2: 2 BUGCHECK_P3: 0 BUGCHECK_P4: \
                    fffff80012345678 FAULTING_THREAD: ffff800012340080 STACK_TEXT: \
                    ffff80001234a738 fffff80160f17d72 : 000000000000000a 0000000000000010 \
                    0000000000000002 0000000000000000 : nt!KeBugCheckEx ffff80001234a740 \
                    fffff80160f17356 : 0000000000000003 ffff80001234a8a0 fffff80160e15580 \
                    0000000000000050 : nt!KiBugCheckDispatch+0x69 SYMBOL_NAME: gizmo+5678";
        let lines = lines(line);
        assert_eq!(lines.len(), 10, "{lines:#?}");
        assert_eq!(lines[5], "FAULTING_THREAD: ffff800012340080");
        assert!(lines[7].ends_with(": nt!KeBugCheckEx"), "{lines:#?}");
        assert!(
            lines[8].ends_with("nt!KiBugCheckDispatch+0x69"),
            "{lines:#?}"
        );
    }

    #[test]
    fn long_frames_stay_whole() {
        let frame = format!(
            "ffffed0e`e77df240 fffff802`25da1142     : 00000000`00000000 ffffb507`729e3040 \
             00000000`00000000 00000000`00000000 : drv!Work+0x92 [C:\\{}\\driver.c @ 21]",
            "x".repeat(100)
        );
        assert_eq!(lines(&frame), [frame]);
    }

    #[test]
    fn notes_beside_a_symbol_are_no_fields() {
        let frame = format!(
            "5 ffffdc8b3e30f1d0 fffff8027d7013c4 nt!ExAcquireResourceExclusiveLite+0x1fe Thread: \
             ffffdf8217a30040 (System) exclusive owner of EResource: ffffdf821ce68448{}x",
            " ".repeat(40)
        );
        assert_eq!(lines(&frame), [frame]);
    }

    #[test]
    fn quotes_are_stripped_and_marks_of_the_debugger_are_not() {
        let quoted = "> 0: kd> k\n> nt!A\n> nt!B\n> nt!C\n";
        assert_eq!(lines(quoted)[0], "0: kd> k");
        let table = "!DevObj !DrvObj\n> ffff8000 \\Driver\\x\n  ffff9000 \\Driver\\y\nz\n";
        assert!(lines(table)[1].starts_with("> ffff8000"));
    }
}
