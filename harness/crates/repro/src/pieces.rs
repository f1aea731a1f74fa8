//! What can be taken away from a run that shows a crash. Pure.

use scenario::VerifierRules;

use super::draft::{DraftStep, ScenarioDraft};
use super::perturb::{Change, Perturbation};

/// Something that a crash may not need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The step of this number, and what hangs on it: drivers that no other step uses.
    Step(usize),
    /// Of the step of this number, an upper filter.
    Filter(usize, String),
    /// Driver Verifier's watch over this driver.
    Verified(String),
    /// One bit of Driver Verifier's flags.
    Flag(u32),
    /// A change of what a scenario cannot say.
    Change(Change),
}

/// All that could be taken away.
pub fn pieces(draft: &ScenarioDraft, perturbation: &Perturbation) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (number, step) in draft.steps.iter().enumerate() {
        pieces.push(Piece::Step(number));
        if let DraftStep::Plug { upper_filters, .. } = step {
            let filters = upper_filters.iter().cloned();
            pieces.extend(filters.map(|filter| Piece::Filter(number, filter)));
        }
    }
    if let Some((rules, drivers)) = &draft.verifier {
        pieces.extend(drivers.iter().cloned().map(Piece::Verified));
        if let VerifierRules::Flags(flags) = rules {
            let bits = (0..u32::BITS).map(|bit| 1 << bit);
            pieces.extend(bits.filter(|bit| flags & bit != 0).map(Piece::Flag));
        }
    }
    let own = |change: &Change| matches!(change, Change::Threads(_) | Change::Scheduling);
    let changes = perturbation.changes.iter().copied().filter(own);
    pieces.extend(changes.map(Piece::Change));
    pieces
}

/// The run with only `kept` of all that could be taken away.
pub fn with(
    draft: &ScenarioDraft,
    perturbation: &Perturbation,
    kept: &[Piece],
) -> (ScenarioDraft, Perturbation) {
    let keeps = |piece: Piece| kept.contains(&piece);
    let steps = (draft.steps.iter().enumerate()).filter(|(number, _)| keeps(Piece::Step(*number)));
    let steps = steps.map(|(number, step)| match step {
        DraftStep::Plug {
            device,
            service,
            upper_filters,
        } => {
            let filters = (upper_filters.iter())
                .filter(|filter| keeps(Piece::Filter(number, (*filter).clone())));
            DraftStep::Plug {
                device: device.clone(),
                service: service.clone(),
                upper_filters: filters.cloned().collect(),
            }
        }
        step => step.clone(),
    });
    let verifier = draft.verifier.as_ref().and_then(|(rules, drivers)| {
        let drivers: Vec<String> = (drivers.iter())
            .filter(|driver| keeps(Piece::Verified((*driver).clone())))
            .cloned()
            .collect();
        let rules = match rules {
            VerifierRules::Standard => VerifierRules::Standard,
            VerifierRules::Flags(flags) => {
                let bits = (0..u32::BITS).map(|bit| 1 << bit);
                let left = bits.filter(|bit| flags & bit != 0 && keeps(Piece::Flag(*bit)));
                VerifierRules::Flags(left.fold(0, |all, bit| all | bit))
            }
        };
        let nothing = drivers.is_empty() || rules == VerifierRules::Flags(0);
        (!nothing).then_some((rules, drivers))
    });
    let reduced = ScenarioDraft {
        steps: steps.collect(),
        verifier,
        ..draft.clone()
    };
    let changes = (perturbation.changes.iter()).filter(|change| match change {
        Change::Threads(_) | Change::Scheduling => keeps(Piece::Change(**change)),
        // These are in the draft already, but for the length of an instruction.
        _ => true,
    });
    let perturbation = Perturbation {
        changes: changes.copied().collect(),
        seed: perturbation.seed,
    };
    (reduced.tidy(), perturbation)
}

/// What taking `piece` away is called.
pub fn title(piece: &Piece, draft: &ScenarioDraft) -> String {
    match piece {
        Piece::Step(number) => (draft.steps.get(*number)).map_or_else(
            || format!("step {number}"),
            |step| format!("`{}`", step.title()),
        ),
        Piece::Filter(_, name) => format!("the filter {name}"),
        Piece::Verified(name) => format!("Driver Verifier for {name}"),
        Piece::Flag(bit) => format!("Driver Verifier's flag 0x{bit:X}"),
        Piece::Change(change) => format!("{} {}", change.factor().as_str(), change.title()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use vm::plan::JitterKind;

    use super::*;
    use crate::draft::tests::draft;

    fn perturbation() -> Perturbation {
        Perturbation {
            changes: vec![
                Change::Warp(8),
                Change::Scheduling,
                Change::Threads(JitterKind::Pin),
            ],
            seed: 5,
        }
    }

    #[test]
    fn with_all_pieces_nothing_changes() {
        let (draft, perturbation) = (draft(), perturbation());
        let all = pieces(&draft, &perturbation);
        // 6 steps, a filter, 2 verified drivers, the bits of 0x209BB, 2 changes.
        assert_eq!(all.len(), 6 + 1 + 2 + 9 + 2);
        assert_eq!(
            with(&draft, &perturbation, &all),
            (draft.clone(), perturbation)
        );
        let mut titles: Vec<String> = all.iter().map(|piece| title(piece, &draft)).collect();
        titles.dedup();
        assert_eq!(titles.len(), all.len());
    }

    #[test]
    fn what_hangs_on_a_piece_goes_with_it() {
        let (draft, perturbation) = (draft(), perturbation());
        let kept = [
            Piece::Step(0),
            Piece::Verified("hog".into()),
            Piece::Flag(0x8),
        ];
        let (reduced, left) = with(&draft, &perturbation, &kept);
        assert_eq!(reduced.drivers.len(), 1, "{:?}", reduced.drivers);
        assert_eq!(
            reduced.verifier,
            Some((VerifierRules::Flags(8), vec!["hog".into()]))
        );
        assert_eq!(left.changes, [Change::Warp(8)]);
        assert!(reduced.scenario(Path::new("s.yaml")).is_ok());
        // No flag is no verifier.
        let (reduced, _) = with(&draft, &perturbation, &kept[..2]);
        assert_eq!(reduced.verifier, None);
    }
}
