//! `!analyze -v`: the verdict in the layout of WinDbg's analysis.

use std::fmt;

use serde::Serialize;

use super::session::Session;
use super::stack::{StackView, Style, view};
use super::text::plain;
use super::{ViewInfo, ViewRequest};
use crate::verdict::{Unknown, Verdict};
use crate::{facts, judge};

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "analyze",
    names: &["analyze"],
    usage: "analyze [-v]",
    meaning: "the verdict, in the layout of WinDbg's analysis; -v with stack and key values",
    example: "analyze -v",
    needs_structures: false,
    make: |session, request| Ok(analyze(session, request).into()),
};

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Analysis {
    verdict: Box<Verdict>,
    #[serde(skip)]
    stack: Option<StackView>,
    #[serde(skip)]
    verbose: bool,
}

fn analyze(session: &Session<'_, '_>, request: &ViewRequest) -> Analysis {
    let (target, header) = (session.target, session.header);
    let facts = match session.unread {
        true => facts::of_header(target, header),
        false => facts::collect(target, header, session.debugger),
    };
    let verdict = judge::verdict(target, header, &facts);
    for Unknown { what, why } in &verdict.unknown {
        session.note(what.clone(), why);
    }
    Analysis {
        stack: facts.crash_stack().map(|stack| view(session, stack)),
        verdict: Box::new(verdict),
        verbose: request.has("-v"),
    }
}

impl Analysis {
    fn keys(&self) -> Vec<(&'static str, String)> {
        let verdict = &*self.verdict;
        let crash = verdict.stacks.first();
        let culprit = verdict.culprit.as_ref();
        let module = culprit.map(|culprit| {
            let stem = culprit.module.split('.').next();
            stem.unwrap_or(&culprit.module).to_owned()
        });
        let symbol = culprit.and_then(|culprit| {
            let (module, function) = (module.as_ref()?, culprit.function.as_ref());
            let offset = culprit.offset.unwrap_or(0);
            Some(match function {
                Some(function) => format!("{module}!{function}+{offset:x}"),
                None => format!("{module}+{offset:x}"),
            })
        });
        let named = culprit.map(|culprit| culprit.module.as_str());
        let image = verdict
            .drivers
            .iter()
            .find(|driver| named == Some(driver.name.as_str()));
        let keys = [
            (
                "PROCESS_NAME",
                crash.and_then(|stack| stack.process.clone()),
            ),
            ("SYMBOL_NAME", symbol),
            ("MODULE_NAME", module),
            ("IMAGE_NAME", named.map(str::to_owned)),
            ("IMAGE_VERSION", image.and_then(|one| one.version.clone())),
            ("FAILURE_BUCKET_ID", verdict.bucket.clone()),
        ];
        let known = keys.into_iter();
        known
            .filter_map(|(key, value)| Some((key, value?)))
            .collect()
    }
}

impl fmt::Display for Analysis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = &*self.verdict;
        let stars = "*".repeat(79);
        for line in ["", "Bugcheck Analysis", ""] {
            if line.is_empty() {
                writeln!(f, "{stars}")?;
            } else {
                writeln!(f, "*{line:^77}*")?;
            }
        }
        let stop = &verdict.bugcheck;
        let name = stop.name.as_deref().unwrap_or("(unnamed stop)");
        writeln!(f, "\n{name} ({:x})", stop.code)?;
        writeln!(f, "Arguments:")?;
        for (index, parameter) in stop.parameters.iter().enumerate() {
            let meaning = parameter.meaning.as_deref();
            let meaning = meaning.map_or_else(String::new, |text| format!(", {text}"));
            writeln!(
                f,
                "Arg{}: {}{meaning}",
                index + 1,
                parameter
                    .value
                    .map_or_else(|| "not shown".to_owned(), |value| plain(value.0))
            )?;
        }
        // WinDbg has no words for a cause; these are the verdict's.
        writeln!(
            f,
            "\nCause: {} [{}, {}]",
            verdict.cause.title,
            verdict.cause.most_specific(),
            verdict.confidence.as_str()
        )?;
        writeln!(f, "{}", verdict.cause.explanation)?;
        if let Some(stack) = self.stack.as_ref().filter(|_| self.verbose) {
            writeln!(f, "\nSTACK_TEXT:")?;
            stack.print(f, Style::Full)?;
            if let Some(note) = &stack.note {
                writeln!(f, "the stack ends here: {note}")?;
            }
        }
        writeln!(f)?;
        for (key, value) in self.keys() {
            writeln!(f, "{key}:  {value}\n")?;
        }
        if self.verbose
            && let Some(machine) = &verdict.machine
        {
            for (key, value) in [
                ("BASEBOARD", &machine.board),
                ("BIOS", &machine.bios),
                ("CPU", &machine.cpu),
                ("WINDOWS", &machine.windows),
            ] {
                if let Some(value) = value {
                    writeln!(f, "{key}:  {value}\n")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{minidump_views, text, view};
    use crate::analyze_log;
    use crate::dump::secondary::tag;
    use crate::nt::smbios;

    #[test]
    fn the_verdict_is_printed_as_windbg_prints_its_own() {
        let text = text("!analyze -v");
        for line in [
            "DRIVER_IRQL_NOT_LESS_OR_EQUAL (d1)",
            "Arg2: 0000000000000002, IRQL: 2 (DISPATCH_LEVEL)",
            "PROCESS_NAME:  System",
            "MODULE_NAME:  bad-driver",
            "FAILURE_BUCKET_ID:  AV_minifs!FsCreate",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.contains("STACK_TEXT:\n00 "), "{text}");
        let brief = view("!analyze").to_string();
        assert!(!brief.contains("STACK_TEXT"), "{brief}");
        let json = serde_json::to_value(view("analyze")).unwrap();
        assert_eq!(json["data"]["verdict"]["bugcheck"]["code"], 0xD1);
        // As a log it names the same stop.
        let log = analyze_log(text.as_bytes()).unwrap().remove(0);
        assert_eq!(log.bugcheck.code, 0xD1);
    }

    #[test]
    fn a_minidump_shows_its_machine() {
        let blocks = [(tag::SMBIOS, smbios::synthetic::machine())];
        let text = minidump_views(&blocks, &["analyze -v"])[0].to_string();
        assert!(text.contains("BASEBOARD:  Acme Z1-M\n"), "{text}");
    }
}
