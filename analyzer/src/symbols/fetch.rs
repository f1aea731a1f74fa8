//! Downloads. This crate opens no connection itself: who uses it says how.

use std::fmt;
use std::io::Write;

/// Gets files from symbol servers.
pub trait Fetch: fmt::Debug + Send + Sync {
    /// Writes the file at `url` to `to`. To be given up after seconds, not minutes, where the
    /// server does not answer, and then at once for further files of this server.
    ///
    /// # Errors
    /// What is in the way.
    fn fetch(&self, url: &str, to: &mut dyn Write) -> Result<(), FetchError>;
}

/// Why there is no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The server answers, and does not have it.
    #[error("does not have it")]
    NotFound,
    /// Anything else, to be read after the server's name.
    #[error("{0}")]
    Failed(String),
}
