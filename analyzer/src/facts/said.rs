//! What the source itself says about the stop, in the debugger's words.

use crate::stop::{Role, Stop};
use crate::verdict::Bugcheck;

/// The debugger's text about a stop; a dump has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StopText {
    /// Symbolic name of the code.
    pub name: Option<String>,
    /// Meaning of each parameter; empty if it is not shown.
    pub parameters: [String; 4],
    /// The condition that a driver violated, as Driver Verifier states it.
    pub condition: Option<String>,
}

impl StopText {
    /// What the source says the kind of the stop means, as `the log says: "…"`. `None` if the stop
    /// table knows it, or if nothing is said.
    pub(crate) fn of_kind(&self, stop: &Stop) -> Option<String> {
        let known = stop.subtype().is_some_and(|one| !one.meaning.is_empty());
        let said = self.condition.as_deref().or_else(|| {
            let first = self.parameters[0].as_str();
            (!first.is_empty() && stop.role(0) == Role::Subtype || stop.row().is_none())
                .then_some(first)
                .filter(|first| !first.is_empty())
        });
        said.filter(|_| !known).map(quoted)
    }

    /// Adds to a description what the stop table does not have.
    pub(crate) fn complete(&self, stop: &Stop, described: &mut Bugcheck) {
        if described.name.is_none() {
            described.name.clone_from(&self.name);
        }
        let kind = self.of_kind(stop);
        for (index, text) in self.parameters.iter().enumerate() {
            let meaning = &mut described.parameters[index].meaning;
            let known = stop.parameter(index).is_some();
            let is_kind = index == 0 && stop.role(0) == Role::Subtype;
            match (&meaning, &kind) {
                (Some(role), Some(kind)) if is_kind && known => {
                    *meaning = Some(format!("{role}; {kind}"));
                }
                (None, _) if known && !text.is_empty() => *meaning = Some(quoted(text)),
                _ => {}
            }
        }
    }
}

fn quoted(text: &str) -> String {
    format!("the log says: \"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stop::{BugcheckData, describe};

    fn said(first: &str, second: &str) -> StopText {
        StopText {
            name: Some("TULIP_FAILURE".to_owned()),
            parameters: [first.into(), second.into(), String::new(), String::new()],
            condition: None,
        }
    }

    fn meanings(text: &StopText, code: u32, first: u64) -> (Option<String>, Vec<Option<String>>) {
        let parameters = [first, 2, 3, 4];
        let stop = BugcheckData { code, parameters }.stop();
        let mut described = describe(&stop);
        text.complete(&stop, &mut described);
        let meanings = described.parameters.map(|parameter| parameter.meaning);
        (described.name, meanings.to_vec())
    }

    #[test]
    fn the_table_comes_before_the_log() {
        let text = said("double free", "the block");
        let (name, meanings) = meanings(&text, 0xC2, 7);
        assert_eq!(name.as_deref(), Some("BAD_POOL_CALLER"));
        let first = meanings[0].as_deref().unwrap();
        assert!(!first.contains("the log says"), "{first}");
        assert_eq!(meanings[1].as_deref(), Some("the log says: \"the block\""));
        assert_eq!(meanings[2], None);
    }

    #[test]
    fn what_the_table_lacks_is_quoted() {
        let text = said("a tulip was bent", "the tulip");
        let (name, unnamed) = meanings(&text, 0x0BAD_0BAD, 1);
        assert_eq!(name.as_deref(), Some("TULIP_FAILURE"));
        assert_eq!(
            unnamed[0].as_deref(),
            Some("the log says: \"a tulip was bent\"")
        );
        let (_, kind) = meanings(&text, 0xC9, 0xF00);
        assert_eq!(
            kind[0].as_deref(),
            Some("kind of violation; the log says: \"a tulip was bent\"")
        );
    }
}
