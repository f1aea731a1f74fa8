//! Why a text cannot be analyzed.

use std::fmt;

use crate::stop::{self, Class};

/// A text without data of a crash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// Nothing in it looks like a debugger's output.
    #[error(
        "it is neither a crash dump nor a debugger's log. Give a dump, or the text that WinDbg's \
         `!analyze -v` and the commands after it printed"
    )]
    NotALog,

    /// It is about crashes, but has no stop with its parameters, no stack and no lock.
    #[error(
        "it has no crash data: no stop code with parameters, no stack{}. Collect: open the dump in \
         WinDbg and paste the output of `!analyze -v`, {}; or give the dump itself",
        Mentioned(mentions),
        Advice(mentions)
    )]
    NoCrashData {
        /// Stop codes that the text mentions.
        mentions: Vec<u32>,
    },
}

struct Mentioned<'a>(&'a [u32]);

impl fmt::Display for Mentioned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, &code) in self.0.iter().take(4).enumerate() {
            let start = if index == 0 {
                "; it only mentions "
            } else {
                ", "
            };
            write!(f, "{start}stop {code:#X}")?;
            if let Some(name) = stop::name(code) {
                write!(f, " ({name})")?;
            }
        }
        Ok(())
    }
}

/// What to run for the stops that are mentioned.
struct Advice<'a>(&'a [u32]);

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.0.first().copied();
        let class = first.and_then(stop::of).map(|row| row.class);
        f.write_str(match (first, class) {
            (Some(0x9F), _) => {
                "`!irp P4 1` and `!devstack P2` (P1 = 3) or `!locks`, `!thread P3` and `!irpfind` (P1 = \
                 4)"
            }
            (Some(0x133), _) => "`!dpcwatchdog`, `!running -it`",
            (_, Some(Class::Verifier)) => "`!verifier 3`, `!deadlock` if it is about locks",
            (Some(0x124), _) => "`!errrec P2`",
            (_, Some(Class::Pool | Class::Corruption)) => "`!pool` on the address, `!verifier`",
            _ => "`k`, `!running -it`, `lmvm` of the drivers on the stack",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_to_collect() {
        let text = LogError::NoCrashData {
            mentions: vec![0x9F],
        }
        .to_string();
        assert!(
            text.contains("stop 0x9F (DRIVER_POWER_STATE_FAILURE)"),
            "{text}"
        );
        assert!(
            text.contains("!locks") && text.contains("!analyze -v"),
            "{text}"
        );
        assert!(!LogError::NotALog.to_string().contains("  "));
    }
}
