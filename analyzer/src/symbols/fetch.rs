//! Downloads. This crate opens no connections; its user provides the implementation.

use std::fmt;
use std::io::Write;

/// Gets files from symbol servers.
pub trait Fetch: fmt::Debug + Send + Sync {
    /// Writes the file at `url` to `to`. An implementation gives up after seconds if the server
    /// does not answer, and then fails at once for further files of that server.
    ///
    /// # Errors
    /// See [`FetchError`].
    fn fetch(&self, url: &str, to: &mut dyn Write) -> Result<(), FetchError>;
}

/// Why there is no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The server does not have the file.
    #[error("does not have it")]
    NotFound,
    /// Any other error; the text follows the server's name.
    #[error("{0}")]
    Failed(String),
}
