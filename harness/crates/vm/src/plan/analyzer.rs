//! Which analyzers read the dumps of a run. The plan only names them.

use std::fmt;
use std::str::FromStr;

/// An analyzer of dumps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Analyzer {
    /// The crate `analyzer`.
    #[default]
    Builtin,
    /// Another program.
    Other(OtherAnalyzer),
}

/// A program that reads dumps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtherAnalyzer {
    /// The debugger ntoseye, on the search path; what its `!analyze -v` names.
    Ntoseye,
    /// A command, as a shell takes it.
    Command(String),
}

impl FromStr for Analyzer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text.split_once(char::is_whitespace) {
            None if text == "builtin" => Ok(Self::Builtin),
            None if text == "ntoseye" => Ok(Self::Other(OtherAnalyzer::Ntoseye)),
            Some(("command", command)) if !command.trim().is_empty() => {
                let command = command.trim().to_owned();
                Ok(Self::Other(OtherAnalyzer::Command(command)))
            }
            _ => Err(format!(
                "`{text}` is not an analyzer: builtin, ntoseye, or `command PROGRAM ARGUMENTS`"
            )),
        }
    }
}

impl fmt::Display for Analyzer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin => f.write_str("builtin"),
            Self::Other(OtherAnalyzer::Ntoseye) => f.write_str("ntoseye"),
            Self::Other(OtherAnalyzer::Command(command)) => write!(f, "command {command}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!("builtin".parse(), Ok(Analyzer::Builtin));
        let command: Analyzer = " command my tool -v ".parse().unwrap();
        assert_eq!(command.to_string(), "command my tool -v");
        for wrong in ["", "command", "command ", "windbg", "builtin x"] {
            assert!(wrong.parse::<Analyzer>().is_err(), "{wrong}");
        }
    }
}
