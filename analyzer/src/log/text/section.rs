//! The debugger's prompts, and the command whose output a line is in.

use std::sync::LazyLock;

use regex::Regex;

use super::number::hex;

static PROMPT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:(\d{1,4}):\s*)?l?kd(?::\w+)?>\s*(.*)$").expect("a constant")
});

/// The last prompt.
#[derive(Clone, Debug, Default)]
pub(crate) struct Section {
    /// Processor in the prompt.
    pub processor: Option<u32>,
    /// The command, without its module: `t ffff…` for `!mex.t ffff…`.
    pub command: String,
    /// Number of the prompt; 0 before the first.
    pub number: usize,
}

impl Section {
    /// Reads a line as a prompt.
    pub(crate) fn next(&self, line: &str) -> Option<Self> {
        let found = PROMPT.captures(line)?;
        Some(Self {
            processor: found.get(1).and_then(|number| number.as_str().parse().ok()),
            command: found[2].trim().to_owned(),
            number: self.number + 1,
        })
    }

    /// First word of the command, without `!` and the extension's name.
    pub(crate) fn verb(&self) -> &str {
        let word = self.command.split([' ', '(']).next().unwrap_or("");
        let word = word.trim_start_matches(['!', '.']);
        word.rsplit('.').next().unwrap_or(word)
    }

    /// The first address in the command.
    pub(crate) fn address(&self) -> Option<u64> {
        addresses(&self.command).next()
    }

    /// Whether the command prints memory with symbols, which looks like a stack.
    pub(crate) fn is_memory_dump(&self) -> bool {
        let verb = self.verb().to_lowercase();
        let display = [
            "dps", "dqs", "dds", "dpp", "dpa", "dpu", "dqp", "dq", "dp", "dd", "ln", "x",
        ];
        display.contains(&verb.as_str())
            || ["imports", "strings", "idt", "chkimg", "list", "for_each"].contains(&verb.as_str())
            || ["timer", "timers"].contains(&verb.as_str())
    }
}

/// Addresses (at least eight digits) in a text.
pub(crate) fn addresses(text: &str) -> impl Iterator<Item = u64> {
    let words = text.split(|c: char| !(c.is_ascii_hexdigit() || c == '`' || c == 'x'));
    words.filter_map(|word| {
        let digits = word
            .trim_start_matches("0x")
            .bytes()
            .filter(u8::is_ascii_hexdigit)
            .count();
        (digits >= 8).then(|| hex(word)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts() {
        let section = Section::default();
        let next = section.next("11: kd> !mex.t ffffc181`f0960040").unwrap();
        assert_eq!(
            (next.processor, next.verb(), next.number),
            (Some(11), "t", 1)
        );
        assert_eq!(next.address(), Some(0xffff_c181_f096_0040));
        assert_eq!(section.next("kd>!analyze -v").unwrap().verb(), "analyze");
        assert_eq!(
            section
                .next("lkd> dt nt!_IRP poi(ffffe2850787bc20+b8)")
                .unwrap()
                .address(),
            Some(0xffff_e285_0787_bc20)
        );
        assert!(section.next("the kd> prompt").is_none());
        assert!(section.next("0: kd> dps rsp").unwrap().is_memory_dump());
    }
}
