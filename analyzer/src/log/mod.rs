//! A debugger's transcript, as people paste it → facts.
//!
//! ```text
//! bytes ─ decode ─► text ─ clean ─► lines ─ crashes ─► lines of each crash
//!       ─ transcript (one reader per family of commands) ─► assemble ─► Facts
//! ```
//!
//! Everything is a single pass with bounds: 128 MiB of text, 2 million lines, 64 KiB a line; what
//! lies beyond is not read. Lines are recognised by what they look like, not by the prompt in front
//! of them, because people paste parts.

mod analysis;
mod assemble;
mod clean;
mod crashes;
mod decode;
mod frame;
mod inferred;
mod irps;
mod locks;
mod machine;
mod modules;
mod names;
mod next;
mod number;
mod outputs;
mod section;
mod stacks;
mod stops;
mod structs;
mod symbol;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_partial;
mod threads;
mod transcript;
mod verdict;

use crate::error::LogError;
use crate::verdict::Verdict;

pub(crate) use decode::MAX_BYTES;

/// Reads a debugger's transcript and judges every crash or hang in it, in the order of the text.
///
/// What the text does not show is in [`Verdict::unknown`], with the command to run next.
///
/// # Errors
/// If there is no data of a crash in it.
pub fn analyze_log(bytes: &[u8]) -> Result<Vec<Verdict>, LogError> {
    let text = decode::decode(bytes).ok_or(LogError::NotALog)?;
    let lines = clean::lines(&text);
    let found = crashes::split(&lines);
    if found.crashes.is_empty() {
        return Err(
            match found.mentions.is_empty() && !found.is_about_debugging {
                true => LogError::NotALog,
                false => LogError::NoCrashData {
                    mentions: found.mentions,
                },
            },
        );
    }
    Ok(found.crashes.iter().map(verdict::judge).collect())
}
