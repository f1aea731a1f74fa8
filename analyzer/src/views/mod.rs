//! Views: the output of debugger commands, as data and in WinDbg's layout.
//!
//! Each file describes one kind of view (or a few that share code), builds it from a target and
//! prints it; the printing reads only the data. A new view is its file and its line in `catalogue`.
//! Something that cannot be read does not fail a view: it prints as question marks, and the view's
//! `unknown` says why.

mod analyze;
mod blackbox;
mod bugcheck;
mod catalogue;
mod code;
mod device;
mod devnode;
mod dpcs;
mod driver;
mod dt;
mod dtvalue;
mod enumtag;
mod error;
mod errrec;
mod expression;
mod file;
mod firmware;
mod irp;
mod irpfind;
mod locks;
mod memory;
mod modules;
mod near;
mod pcr;
mod process;
mod registers;
mod request;
mod session;
mod stack;
mod sysinfo;
mod system;
#[cfg(test)]
mod tests;
mod text;
mod thread;
mod threads;
mod timers;
mod trap;
mod verifier;

use std::fmt;

use serde::Serialize;

pub use catalogue::{VIEWS, ViewInfo};
pub use error::InspectError;
pub use request::ViewRequest;
pub(crate) use session::Session;

use crate::verdict::Unknown;
use catalogue::ViewData;

/// A view of a dump: `Display` writes it in WinDbg's layout, `Serialize` as data.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    command: String,
    view: &'static str,
    data: ViewData,
    unknown: Vec<Unknown>,
}

impl View {
    /// The command that it answers.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// What could not be read, and why.
    pub fn unknown(&self) -> &[Unknown] {
        &self.unknown
    }
}

impl Session<'_, '_> {
    /// Makes a view.
    pub(crate) fn view(&self, request: &ViewRequest) -> Result<View, InspectError> {
        self.take_unknown();
        let data = (request.info.make)(self, request)?;
        if request.info.needs_structures
            && let Some(why) = self.no_symbols()
        {
            self.note("the kernel's structures", why);
        }
        Ok(View {
            command: request.command().to_owned(),
            view: request.info.id,
            data,
            unknown: self.take_unknown(),
        })
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.data.fmt(f)?;
        for unknown in &self.unknown {
            writeln!(f, "{}: unknown because {}", unknown.what, unknown.why)?;
        }
        Ok(())
    }
}
