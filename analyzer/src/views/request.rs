//! A request: a view and its arguments, also in WinDbg's spelling.

use super::catalogue::{VIEWS, ViewInfo};
use super::error::{InspectError, nearest};

/// A request for a view.
#[derive(Clone, Debug)]
pub struct ViewRequest {
    pub(crate) info: &'static ViewInfo,
    /// The name that was used: `kb` shows more than `k`.
    pub(crate) name: String,
    pub(crate) args: Vec<String>,
    command: String,
}

impl ViewRequest {
    /// Reads a command: `irp ADDR`, `!irp ADDR`, `.bugcheck`, `!mex.t ADDR`, `~1k`, `dt nt!_IRP ADDR`.
    ///
    /// # Errors
    /// [`InspectError::UnknownView`].
    pub fn parse(command: &str) -> Result<Self, InspectError> {
        let command = command.trim();
        // A transcript's prompt may be included: `0: kd> !irp …`.
        let bare = command.split_once("kd>").map_or(command, |(_, rest)| rest);
        let bare = bare.trim().replace(['“', '”'], "\"");
        let (prefix, bare) = processor_prefix(&bare);
        let mut words = bare.split_whitespace();
        let first = words.next().unwrap_or_default();
        let name = first.trim_start_matches(['!', '.']);
        let name = name.rsplit('.').next().unwrap_or_default().to_lowercase();
        // `!list … nt!ExpTimerResolutionListHead`, as in the seeds, also shows this list.
        let is_list = name == "list" && bare.contains("ExpTimerResolutionListHead");
        let (name, args) = match is_list {
            true => ("timerresolution".to_owned(), Vec::new()),
            false => (name, words.map(str::to_owned).collect()),
        };
        let (name, mut args) = attached(name, args);
        let info = VIEWS
            .iter()
            .find(|view| view.names.contains(&name.as_str()))
            .ok_or_else(|| InspectError::UnknownView {
                near: nearest(&name, VIEWS.iter().flat_map(|view| view.names).copied()),
                name: first.to_owned(),
            })?;
        args.splice(0..0, prefix);
        Ok(Self {
            info,
            name,
            args,
            command: bare.to_owned(),
        })
    }

    /// Reads several commands with `;` between them, as WinDbg does.
    ///
    /// # Errors
    /// [`InspectError::UnknownView`].
    pub fn parse_all(commands: &str) -> Result<Vec<Self>, InspectError> {
        let commands = commands.split(';').map(str::trim);
        let commands = commands.filter(|command| !command.is_empty());
        let all: Vec<_> = commands.map(Self::parse).collect::<Result<_, _>>()?;
        match all.is_empty() {
            true => Self::parse("").map(|request| vec![request]),
            false => Ok(all),
        }
    }

    /// The command, without a transcript's prompt.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// The error for invalid arguments.
    pub(crate) fn usage(&self, why: impl Into<String>) -> InspectError {
        InspectError::Usage {
            usage: self.info.usage,
            why: why.into(),
        }
    }

    /// Argument `index`; it is required.
    pub(crate) fn need(&self, index: usize, what: &str) -> Result<&str, InspectError> {
        let found = self.args.get(index).map(String::as_str);
        found.ok_or_else(|| self.usage(format!("`{}` needs {what}", self.name)))
    }

    /// Whether a flag (`-t`) is among the arguments.
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.args.iter().any(|arg| arg.eq_ignore_ascii_case(flag))
    }

    /// The word after a flag.
    pub(crate) fn value_of(&self, flag: &str) -> Option<&str> {
        let at = self.args.iter().position(|arg| arg == flag)?;
        self.args.get(at + 1).map(String::as_str)
    }
}

/// `~1k` and `~*k` select processors in front of the command.
fn processor_prefix(command: &str) -> (Vec<String>, &str) {
    let Some(rest) = command.strip_prefix('~') else {
        return (Vec::new(), command);
    };
    if let Some(rest) = rest.strip_prefix('*') {
        return (vec!["-all".to_owned()], rest.trim_start());
    }
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = rest.split_at(digits);
    (
        vec!["-cpu".to_owned(), number.to_owned()],
        rest.trim_start(),
    )
}

/// In WinDbg, some names take options without a space: `lmvmdisk`, `dt-r`, `knL`.
fn attached(name: String, mut args: Vec<String>) -> (String, Vec<String>) {
    let known = |name: &str| VIEWS.iter().any(|view| view.names.contains(&name));
    if known(&name) {
        return (name, args);
    }
    for (prefix, option) in [
        ("lmvm", ""),
        ("lmv", "v"),
        ("lmu", ""),
        ("lmf", ""),
        ("lmt", ""),
    ] {
        if let Some(rest) = name.strip_prefix(prefix) {
            let rest = match rest {
                "" => option,
                rest => rest,
            };
            args.splice(0..0, (!rest.is_empty()).then(|| rest.to_owned()));
            let name = if prefix == "lmvm" { "lmvm" } else { "lm" };
            return (name.to_owned(), args);
        }
    }
    let is_stack = name.starts_with('k') && name.len() <= 4;
    if is_stack && name[1..].chars().all(|option| "nblvpcf".contains(option)) {
        let detail = ['v', 'b', 'c', 'p', 'l', 'n'];
        let chosen = detail.into_iter().find(|&option| name.contains(option));
        return (
            chosen.map_or("k".to_owned(), |option| format!("k{option}")),
            args,
        );
    }
    (name, args)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(command: &str) -> (&'static str, String, Vec<String>) {
        let request = ViewRequest::parse(command).unwrap();
        (request.info.id, request.name, request.args)
    }

    #[test]
    fn windbgs_spellings_are_understood() {
        assert_eq!(parsed("!irp ffff8d01`12345c10 1").0, "irp");
        assert_eq!(parsed(".bugcheck").0, "bugcheck");
        assert_eq!(parsed("!mex.t ffff8d0112345080").0, "thread");
        assert_eq!(parsed("1: kd> !mex.running").0, "running");
        assert_eq!(parsed("!kdexts.locks").0, "locks");
        assert_eq!(parsed("lmvmdisk").2, ["disk"]);
        assert_eq!(parsed("knL").1, "kl");
        assert_eq!(parsed("kb").1, "kb");
        assert_eq!(parsed("~1k").2, ["-cpu", "1"]);
        assert_eq!(parsed("~*kb").2, ["-all"]);
        let list = r#"!list "-e -x \"dt nt!_EPROCESS\" nt!ExpTimerResolutionListHead""#;
        assert_eq!(parsed(list).0, "timerresolution");
    }

    #[test]
    fn several_commands_are_separated_by_semicolons() {
        let all = ViewRequest::parse_all("k; !locks ;").unwrap();
        let commands: Vec<_> = all.iter().map(ViewRequest::command).collect();
        assert_eq!(commands, ["k", "!locks"]);
    }

    #[test]
    fn an_unknown_view_names_its_neighbours() {
        let error = ViewRequest::parse("!dpcwatchdogs").unwrap_err().to_string();
        assert!(
            error.contains("`!dpcwatchdogs` (near: dpcwatchdog,"),
            "{error}"
        );
        assert!(ViewRequest::parse_all("").is_err());
    }

    #[test]
    fn every_name_belongs_to_one_view_and_every_example_to_its_own() {
        let mut names: Vec<_> = VIEWS.iter().flat_map(|view| view.names).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        let ids: std::collections::HashSet<_> = VIEWS.iter().map(|view| view.id).collect();
        assert_eq!(ids.len(), VIEWS.len());
        for view in VIEWS {
            assert_eq!(parsed(view.example).0, view.id, "{}", view.example);
        }
    }
}
