//! The hardware error record: `!errrec`.

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};

static RECORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"Common Platform Error Record @").expect("a constant"));
static SECTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\W*Section\s+\d+\s*:\s*(\S.*)$").expect("a constant"));
/// `Error         : DCACHEL1_EVICT_ERR (Proc 2 Bank 1)`, `Error Type    : Cache error`.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(Severity|Notify Type|Error Type|Error|Operation|Level|Status|Device Id|VenId:DevId|Port Type|Physical Address|Bank Number|Device)\s*:\s*(\S.*)$")
        .expect("a constant")
});
const MAX: usize = 32;
const MAX_TEXT: usize = 200;

/// The record's informative lines.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// `Error: DCACHEL1_EVICT_ERR (Proc 2 Bank 1)`.
    pub statements: Vec<String>,
    open: bool,
}

impl Reader for Record {
    fn line(&mut self, Line { text, .. }: Line<'_>) {
        if RECORD.is_match(text) {
            self.open = true;
            return;
        }
        if !self.open || text.len() > MAX_TEXT || self.statements.len() >= MAX {
            return;
        }
        // Skip undecoded sections: they are only GUIDs.
        let statement = match (SECTION.captures(text), FIELD.captures(text)) {
            (Some(found), _) if !found[1].starts_with('{') => format!("section {}", &found[1]),
            (_, Some(found)) => format!("{}: {}", &found[1], found[2].trim()),
            _ => return,
        };
        if !self.statements.contains(&statement) {
            self.statements.push(statement);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::log::read::transcript;

    #[test]
    fn the_hardwares_record() {
        let statements = transcript(
            "3: kd> !errrec fffffa8007cf4030\n===\nCommon Platform Error Record @ fffffa8007cf4030\n---\nSeverity      : Fatal (1)\nLength        : 928\n\
             Section 0     : Processor Generic\nSection 1     : {390f56d5-ca86-4649-95c4-73a408ae5834}\nError Type    : Cache error\n\
             Error         : DCACHEL1_EVICT_ERR (Proc 2 Bank 1)\n",
        )
        .hardware
        .statements;
        assert_eq!(
            statements,
            [
                "Severity: Fatal (1)",
                "section Processor Generic",
                "Error Type: Cache error",
                "Error: DCACHEL1_EVICT_ERR (Proc 2 Bank 1)"
            ]
        );
    }
}
