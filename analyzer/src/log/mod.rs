//! A debugger's transcript, as pasted by people → facts.
//!
//! ```text
//! bytes ─ text/ ──────► lines of each crash    decode, clean, stops, crashes
//!       ─ read/ ──────► Transcript             one reader for each command or family of commands
//!       ─ assemble/ ──► Facts                  what the readers found, in the rules' terms
//!       ─ verdict.rs ─► Verdict                with next.rs: what is not shown, and what to run
//! ```
//!
//! Each folder uses only those above it. Everything is a single pass with limits: 128 MiB of text,
//! 2 million lines, 64 KiB a line, and a maximum in each reader. The rest is not read. Lines are
//! recognised by their layout, not by the prompt above, because people paste excerpts.
//!
//! # From a reader to facts
//!
//! A [reader](read::Reader) keeps what lines show: addresses, names as the debugger writes them,
//! and the numbers of the lines. It draws no conclusions and does not use other readers. `assemble`
//! turns that into [`Facts`](crate::facts::Facts):
//!
//! 1. `assemble::join` joins what two readers found, once the log is read.
//! 2. `assemble::facts` asks the readers for each field of `Facts`: names become image
//!    names, addresses become places in code.
//! 3. The rules see only `Facts`. Data without a field there, which only decides which command to
//!    run next, is used by [`next`].
//!
//! `!irpfind`, for example:
//!
//! ```text
//! ffffe000`66a7a6c0 [ffffe000`601ba080] irpStack: ( 3, 0)  ffffe000`62c9d060 [ \Driver\gizmo]
//!
//! read/requests.rs    Request { irp, thread, major: 3, minor: 0, device, driver: "gizmo" }
//! assemble/join.rs    the IRP among those of `!irp`, unless `!irp` showed it in full
//! assemble/irps.rs    Facts.irps, if the stop is about this IRP: its device is of gizmo.sys
//! ```
//!
//! To read another command, add its reader as [`read`] describes, and use what it found in
//! `assemble` or `next`.

mod assemble;
mod next;
mod read;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_contracts;
#[cfg(test)]
mod tests_partial;
mod text;
mod verdict;

use assemble::crashes::crashes;
use text::{clean, decode};

use crate::error::LogError;
use crate::verdict::Verdict;

pub(crate) use text::decode::MAX_BYTES;

/// Analyzes every crash or hang in a debugger's transcript, in the order of the text.
///
/// What the text does not show is in [`Verdict::unknown`], with the command to run next.
///
/// # Errors
/// If it has no data of a crash.
pub fn analyze_log(bytes: &[u8]) -> Result<Vec<Verdict>, LogError> {
    let text = decode::decode(bytes).ok_or(LogError::NotALog)?;
    let lines = clean::lines(&text);
    let found = crashes(&lines);
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
    Ok(found.crashes.iter().map(verdict::analyze_crash).collect())
}
