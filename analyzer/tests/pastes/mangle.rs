//! What forums, mail programs, terminals and people do to a pasted log.

use std::fmt::Write;

/// A change of the layout that leaves the content as it is.
pub struct Mangle {
    pub name: &'static str,
    pub change: fn(&str) -> String,
    /// The change tears more than what can be put together again: nobody else may be blamed, but the
    /// verdict may say less.
    pub loses: bool,
}

const fn mangle(name: &'static str, change: fn(&str) -> String) -> Mangle {
    Mangle {
        name,
        change,
        loses: false,
    }
}

const fn lossy(name: &'static str, change: fn(&str) -> String) -> Mangle {
    Mangle {
        name,
        change,
        loses: true,
    }
}

pub const ALL: &[Mangle] = &[
    mangle("double spaced", |log| {
        each(log, |line| format!("{line}\n\n"))
    }),
    mangle("triple spaced", |log| {
        each(log, |line| format!("{line}\n\n\n"))
    }),
    mangle("quoted", |log| each(log, |line| format!("> {line}\n"))),
    mangle("quoted twice", |log| {
        each(log, |line| format!("> > {line}\n"))
    }),
    mangle("quoted densely", |log| {
        each(log, |line| format!(">>{line}\n"))
    }),
    mangle("numbered", |log| {
        numbered(log, |n, l| format!("{n:>4}: {l}\n"))
    }),
    mangle("numbered with a bar", |log| {
        numbered(log, |n, l| format!("{n} | {l}\n"))
    }),
    mangle("numbered with a tab", |log| {
        numbered(log, |n, l| format!("{n}\t{l}\n"))
    }),
    mangle("clock in front", |log| {
        numbered(log, |n, l| {
            format!("[{:02}:{:02}:{:02}.123] {l}\n", 9, n / 60 % 60, n % 60)
        })
    }),
    mangle("date in front", |log| {
        numbered(log, |n, l| {
            format!("2024-03-01 10:{:02}:{:02} {l}\n", n / 60 % 60, n % 60)
        })
    }),
    mangle("date with a zone in front", |log| {
        numbered(log, |n, l| {
            format!(
                "2024-03-01T10:{:02}:{:02}.1234567Z {l}\n",
                n / 60 % 60,
                n % 60
            )
        })
    }),
    mangle("bullets", |log| each(log, |line| format!("- {line}\n"))),
    mangle("round bullets", |log| {
        each(log, |line| format!("\u{2022} {line}\n"))
    }),
    mangle("indented", |log| each(log, |line| format!("    {line}\n"))),
    mangle("fenced", |log| format!("Hello,\n\n```\n{log}\n```\n")),
    mangle("line ends of Windows", |log| {
        each(log, |line| format!("{line}\r\n"))
    }),
    mangle("blanks collapsed", |log| {
        each(log, |line| {
            let words: Vec<_> = line.split_whitespace().collect();
            format!("{}\n", words.join(" "))
        })
    }),
    mangle("tabs for columns", |log| {
        each(log, |line| {
            let mut line = line.to_owned();
            while line.contains("   ") {
                line = line.replace("   ", "  ");
            }
            format!("{}\n", line.replace("  ", "\t"))
        })
    }),
    mangle("smart quotes", |log| {
        log.replace('`', "\u{2018}").replace('\'', "\u{2019}")
    }),
    mangle("no ticks in addresses", without_ticks),
    mangle("html lines", |log| {
        each(log, |line| format!("{}<br>\n", escaped(line)))
    }),
    mangle("html lines, double", |log| {
        each(log, |line| format!("{}<br><br>\n\n", escaped(line)))
    }),
    mangle("html without line ends", |log| {
        each(log, |line| format!("{}<br/>", escaped(line)))
    }),
    mangle("html paragraphs", |log| {
        each(log, |line| format!("<p>{}</p>\n", escaped(line)))
    }),
    mangle("html preformatted", |log| {
        format!("<div><pre><code>{}</code></pre></div>", escaped(log))
    }),
    mangle("html with breaking points", |log| {
        let log = escaped(log);
        log.replace('!', "!<wbr>").replace("+0x", "<wbr>+0x")
    }),
    mangle("hard blanks", |log| log.replace(' ', "\u{A0}")),
    mangle("zero width", |log| {
        log.replace('!', "!\u{200B}")
            .replace("+0x", "\u{200B}+0x")
            .replace('_', "_\u{AD}")
    }),
    lossy("wrapped at blanks", |log| {
        each(log, |line| wrapped(line, 76))
    }),
    lossy("wrapped narrowly at blanks", |log| {
        each(log, |line| wrapped(line, 60))
    }),
    lossy("wrapped and quoted", |log| {
        each(&each(log, |line| wrapped(line, 72)), |line| {
            format!("> {line}\n")
        })
    }),
    lossy("wrapped at blanks, double spaced", |log| {
        each(&each(log, |line| wrapped(line, 76)), |line| {
            format!("{line}\n\n")
        })
    }),
    lossy("cut at 80 columns", |log| each(log, |line| cut(line, 80))),
    lossy("cut at 100 columns", |log| each(log, |line| cut(line, 100))),
    mangle("symbols on their own lines", |log| {
        each(log, |line| match symbol_at(line) {
            Some(at) => format!("{}\n{}\n", line[..at].trim_end(), &line[at..]),
            None => format!("{line}\n"),
        })
    }),
    mangle("symbols set apart", |log| {
        each(log, |line| match symbol_at(line) {
            Some(at) => format!("{}\n\n{}\n\n\n", line[..at].trim_end(), &line[at..]),
            None => format!("{line}\n"),
        })
    }),
    mangle("offsets on their own lines", |log| {
        each(log, |line| {
            match symbol_at(line).and_then(|at| Some(at + line[at..].find("+0x")?)) {
                Some(at) => format!("{}\n{}\n", &line[..at], &line[at..]),
                None => format!("{line}\n"),
            }
        })
    }),
    mangle("offsets torn", |log| {
        each(log, |line| {
            match symbol_at(line).and_then(|at| Some(at + line[at..].find("+0x")? + 4)) {
                Some(at) if at < line.len() => format!("{}\n{}\n", &line[..at], &line[at..]),
                _ => format!("{line}\n"),
            }
        })
    }),
];

fn each(log: &str, change: impl FnMut(&str) -> String) -> String {
    log.lines().map(change).collect()
}

fn numbered(log: &str, change: impl Fn(usize, &str) -> String) -> String {
    let lines = log.lines().enumerate();
    lines.map(|(index, line)| change(index + 1, line)).collect()
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    let text = text.replace('<', "&lt;").replace('>', "&gt;");
    text.replace("  ", "&nbsp; ")
}

fn without_ticks(log: &str) -> String {
    let bytes = log.as_bytes();
    let hex = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_hexdigit)
    };
    let ticks = log.char_indices().filter(|&(at, c)| {
        let inside = c == '`' && hex(at.checked_sub(1)) && hex(Some(at + 1));
        !inside
    });
    ticks.map(|(_, c)| c).collect()
}

/// Breaks the lines of a log at blanks.
pub fn wrap(log: &str, width: usize) -> String {
    each(log, |line| wrapped(line, width))
}

/// Breaks a line at blanks, as mail programs do.
fn wrapped(line: &str, width: usize) -> String {
    let mut out = String::new();
    let mut rest = line;
    while rest.chars().count() > width {
        let limit = rest
            .char_indices()
            .nth(width)
            .map_or(rest.len(), |(at, _)| at);
        let start = rest.len() - rest.trim_start().len();
        let Some(at) = rest[..limit].rfind(' ').filter(|&at| at > start) else {
            break;
        };
        let _ = writeln!(out, "{}", rest[..at].trim_end());
        rest = rest[at..].trim_start();
    }
    let _ = writeln!(out, "{rest}");
    out
}

/// Breaks a line at a column, as terminals do.
fn cut(line: &str, width: usize) -> String {
    let characters: Vec<char> = line.chars().collect();
    if characters.is_empty() {
        return "\n".to_owned();
    }
    characters
        .chunks(width)
        .map(|part| part.iter().collect::<String>() + "\n")
        .collect()
}

/// Where the symbol of a frame begins.
fn symbol_at(line: &str) -> Option<usize> {
    let first = line.split_whitespace().next()?;
    let frame = first.len() <= 3 || first.len() >= 16;
    let numbers = line.split_whitespace().take(3);
    let addresses = numbers.filter(|word| word.contains('`') && word.len() == 17);
    if !frame || addresses.count() < 2 {
        return None;
    }
    let bang = line.find('!')?;
    let before = line[..bang].rfind(' ')?;
    Some(before + 1)
}
