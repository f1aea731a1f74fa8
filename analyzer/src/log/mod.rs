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

mod assemble;
mod error;
mod next;
mod read;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_partial;
mod text;
mod verdict;

use crate::verdict::Verdict;

pub use error::LogError;
pub(crate) use text::decode::MAX_BYTES;
use text::{clean, decode};

/// Reads a debugger's transcript and judges every crash or hang in it, in the order of the text.
///
/// What the text does not show is in [`Verdict::unknown`], with the command to run next.
///
/// # Errors
/// If there is no data of a crash in it.
pub fn analyze_log(bytes: &[u8]) -> Result<Vec<Verdict>, LogError> {
    let text = decode::decode(bytes).ok_or(LogError::NotALog)?;
    let lines = clean::lines(&text);
    let found = assemble::crashes::crashes(&lines);
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
