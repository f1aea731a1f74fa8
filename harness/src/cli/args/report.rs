//! Arguments of `stopcode report`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::MessageFormat;

/// What `stopcode report` can do.
#[derive(Subcommand, Debug)]
pub enum ReportCommand {
    /// Put the results of several report folders into one. It may be interrupted and repeated: no
    /// result is lost or counted twice, whatever the order.
    Merge {
        /// Report folders.
        #[arg(required = true, value_name = "DIR")]
        inputs: Vec<PathBuf>,
        /// The folder that gets all; made if it is not there.
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
    },
    /// Add up a report folder, and say which results are missing. Exits as a run with these results
    /// would; with 101 if some are missing.
    Show {
        /// A report folder.
        #[arg(value_name = "DIR")]
        dir: PathBuf,
        /// Write JUnit's XML to FILE.
        #[arg(long, value_name = "FILE")]
        junit: Option<PathBuf>,
        /// Write a short Markdown page to FILE.
        #[arg(long, value_name = "FILE")]
        summary: Option<PathBuf>,
        /// How to write it: for people, or one JSON object.
        #[arg(long, value_enum, default_value_t)]
        message_format: MessageFormat,
    },
    /// Put a report folder's results into the history, and say what that makes of its newest run:
    /// which failures are new and which are known, what is flaky, how times went.
    History {
        /// Report folders.
        #[arg(required = true, value_name = "DIR")]
        dirs: Vec<PathBuf>,
        /// The history (SQLite) [default: $STOPCODE_HISTORY, else stopcode-runs/history.sqlite].
        #[arg(long, value_name = "FILE", env = "STOPCODE_HISTORY")]
        database: Option<PathBuf>,
        /// How to write it.
        #[arg(long, value_enum, default_value_t)]
        message_format: DiffFormat,
    },
    /// Render the pages of a report folder again.
    Html {
        /// The report folder.
        dir: PathBuf,
    },
    /// Compare two report folders: new failures, fixed, still failing, other verdicts, missing and
    /// added tests, other durations. Exit code 100 if something fails that did not.
    Diff {
        /// What was.
        before: PathBuf,
        /// What is.
        after: PathBuf,
        /// How to write the differences.
        #[arg(long, value_enum, default_value_t)]
        message_format: DiffFormat,
    },
}

/// How differences are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// Text.
    #[default]
    Human,
    /// JSON.
    Json,
    /// A section of a CI page.
    Markdown,
}
