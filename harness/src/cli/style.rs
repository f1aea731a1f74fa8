//! Whether to use colour.

use std::env;
use std::io::{IsTerminal, stderr, stdout};

/// Whether standard output takes colour.
pub(super) fn stdout_colour() -> bool {
    stdout().is_terminal() && wanted()
}

/// Whether standard error takes colour.
pub(super) fn stderr_colour() -> bool {
    stderr().is_terminal() && wanted()
}

/// <https://no-color.org>: set and not empty means no colour.
fn wanted() -> bool {
    let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no_colour && env::var_os("TERM").is_none_or(|term| term != "dumb")
}
