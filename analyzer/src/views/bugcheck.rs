//! `.bugcheck`.

use std::fmt;

use serde::Serialize;

use super::ViewInfo;
use super::session::Session;
use super::text::tick;
use crate::stop::{describe, name};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "bugcheck",
    names: &["bugcheck"],
    usage: "bugcheck",
    meaning: "the stop code and its parameters",
    example: "bugcheck",
    needs_structures: false,
    make: |session, _| Ok(bugcheck(session).into()),
};

#[derive(Clone, Debug, Serialize)]
pub(crate) struct BugCheckView {
    code: u32,
    name: Option<String>,
    parameters: [Hex64; 4],
    /// What each parameter means.
    meanings: Vec<Option<String>>,
}

pub(super) fn bugcheck(session: &Session<'_, '_>) -> BugCheckView {
    let stop = &session.header.bugcheck;
    let described = describe(&stop.stop());
    let meanings = described.parameters.into_iter();
    BugCheckView {
        code: stop.code,
        name: name(stop.code).map(str::to_owned),
        parameters: stop.parameters.map(Hex64),
        meanings: meanings.map(|parameter| parameter.meaning).collect(),
    }
}

impl fmt::Display for BugCheckView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Bugcheck code {:08X}", self.code)?;
        let parameters = self.parameters.map(|value| tick(value.0));
        writeln!(f, "Arguments {}", parameters.join(" "))?;
        let name = self.name.as_deref().unwrap_or("(unnamed)");
        writeln!(f, "\n{name} ({:x})", self.code)?;
        writeln!(f, "Arguments:")?;
        for (index, value) in self.parameters.iter().enumerate() {
            let meaning = self.meanings.get(index).and_then(Option::as_deref);
            let meaning = meaning.map_or_else(String::new, |text| format!(", {text}"));
            writeln!(f, "Arg{}: {:016x}{meaning}", index + 1, value.0)?;
        }
        Ok(())
    }
}
