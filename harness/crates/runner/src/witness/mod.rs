//! Three witnesses of a stop: what the guest announced, the dump's header, and the verdict.
//!
//! They come from different code, so a mistake in one of them shows as a disagreement.

use analyzer::verdict::{Bugcheck, Hex64};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vm::guest::StopLine;

/// What one witness says the stop was.
pub type StopRecord = StopLine;

/// What the witnesses say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Witnesses")]
pub struct StopSources {
    /// The guest itself, as it stopped (COM1 or Hyper-V's crash registers).
    pub announced: Option<StopRecord>,
    /// The header of the dump.
    pub header: Option<StopRecord>,
    /// The verdict.
    pub verdict: Option<StopRecord>,
}

/// The stop as a verdict gives it; `None` if the verdict lacks a parameter.
pub fn of_verdict(bugcheck: &Bugcheck) -> Option<StopRecord> {
    let [p1, p2, p3, p4] = bugcheck
        .parameters
        .each_ref()
        .map(|parameter| parameter.value);
    Some(StopRecord {
        code: bugcheck.code,
        parameters: [p1?, p2?, p3?, p4?],
    })
}

/// The stop as a dump's header gives it.
pub(crate) fn of_header(code: u32, parameters: [u64; 4]) -> StopRecord {
    StopRecord {
        code,
        parameters: parameters.map(Hex64),
    }
}

impl StopSources {
    /// Where they differ, one sentence each. Empty: all three are there and agree.
    ///
    /// A witness that two others contradict is the one that differs; where there is no majority,
    /// every witness is quoted. A guest that `announces` nothing may be missing.
    pub(crate) fn disagreements(&self, announces: bool) -> Vec<String> {
        let all = [
            ("the guest's announcement", self.announced),
            ("the dump's header", self.header),
            ("the verdict", self.verdict),
        ];
        let all = &all[usize::from(!announces && self.announced.is_none())..];
        let mut found: Vec<String> = (all.iter())
            .filter(|(_, record)| record.is_none())
            .map(|(who, _)| format!("{who} is missing"))
            .collect();
        let missing = found.len();
        let majority = all.iter().find_map(|(_, record)| {
            let same = all.iter().filter(|(_, other)| other == record).count();
            record.filter(|_| same >= 2)
        });
        for (who, record) in all {
            match (record, majority) {
                (None, _) => {}
                (Some(record), Some(majority)) if *record == majority => {}
                (Some(record), Some(majority)) => {
                    found.push(format!(
                        "{who} says {}, the others {}",
                        show(record),
                        show(&majority)
                    ));
                }
                // A lone witness contradicts nobody.
                (Some(_), None) if missing + 1 == all.len() => {}
                (Some(record), None) => found.push(format!("{who} says {}", show(record))),
            }
        }
        found
    }
}

/// `0xD1 (0x1, 0x2, 0x3, 0x4)`.
pub fn show(stop: &StopRecord) -> String {
    let [p1, p2, p3, p4] = stop.parameters;
    format!("0x{:X} ({p1}, {p2}, {p3}, {p4})", stop.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(code: u32, p1: u64) -> Option<StopRecord> {
        Some(of_header(code, [p1, 2, 3, 4]))
    }

    fn disagreements(
        announced: Option<StopRecord>,
        header: Option<StopRecord>,
        verdict: Option<StopRecord>,
    ) -> String {
        let witnesses = StopSources {
            announced,
            header,
            verdict,
        };
        witnesses.disagreements(true).join("; ")
    }

    #[test]
    fn agreement_is_silent() {
        assert_eq!(
            disagreements(stop(0xD1, 1), stop(0xD1, 1), stop(0xD1, 1)),
            ""
        );
    }

    #[test]
    fn the_odd_one_out_is_named() {
        assert_eq!(
            disagreements(stop(0xD1, 1), stop(0x161, 1), stop(0xD1, 1)),
            "the dump's header says 0x161 (0x1, 0x2, 0x3, 0x4), the others \
             0xD1 (0x1, 0x2, 0x3, 0x4)"
        );
        let parameter = disagreements(stop(0xD1, 1), stop(0xD1, 1), stop(0xD1, 9));
        assert!(
            parameter.starts_with("the verdict says 0xD1 (0x9"),
            "{parameter}"
        );
    }

    #[test]
    fn without_a_majority_all_are_quoted() {
        let all = disagreements(stop(1, 1), stop(2, 1), stop(3, 1));
        assert_eq!(all.matches(" says ").count(), 3, "{all}");
    }

    #[test]
    fn who_cannot_speak_is_not_missed() {
        let two = |header, verdict| {
            let witnesses = StopSources {
                announced: None,
                header,
                verdict,
            };
            witnesses.disagreements(false).join("; ")
        };
        assert_eq!(two(stop(1, 1), stop(1, 1)), "");
        assert_eq!(two(stop(1, 1), None), "the verdict is missing");
        let differ = two(stop(1, 1), stop(2, 1));
        assert!(
            differ.starts_with("the dump's header says 0x1 ("),
            "{differ}"
        );
        assert!(differ.contains("; the verdict says 0x2 ("), "{differ}");
    }

    #[test]
    fn a_missing_witness_is_a_disagreement() {
        assert_eq!(
            disagreements(None, stop(1, 1), stop(1, 1)),
            "the guest's announcement is missing"
        );
        let lone = disagreements(None, None, stop(1, 1));
        assert_eq!(
            lone,
            "the guest's announcement is missing; the dump's header is missing"
        );
    }
}
