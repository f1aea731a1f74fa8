//! A driver was unloaded and had not freed all of its pool (0xC4, P1 = 0x62).
//!
//! Needs: the driver that P2 names, Driver Verifier's log of allocations and frees.
//!
//! Decides: the driver that was unloaded; what it allocates it must free. The function is the one
//! that allocated what is left, if it is the same for all of it. Who should have freed it is not in
//! the dump.
//!
//! Confidence: `certain` for the driver if the log has such blocks of it, otherwise `likely`.
//!
//! Source: Microsoft's bug check reference, 0xC4 with parameter 0x62; `!verifier 3`.

use super::evidence::{culprit_at, culprit_module, evidence as piece, parameter, stated};
use super::special_pool::trace_evidence;
use super::{Finding, Rule};
use crate::facts::{Facts, Leftover, Place};
use crate::verdict::{CauseId, Confidence, CulpritRole, EvidenceKind, Unknown};

/// Maximum number of blocks shown.
const SHOWN: usize = 3;

pub(super) struct PoolLeak;

impl Rule for PoolLeak {
    fn name(&self) -> &'static str {
        "pool-leak-at-unload"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let leftover = facts.leftover.as_ref()?;
        let [_, name, _, count] = facts.bugcheck.parameters;
        let driver = leftover.driver.as_deref();
        let allocator = allocator(leftover);
        let mut evidence = vec![parameter(
            format!("{count} blocks of pool were not freed when the driver was unloaded"),
            &[],
        )];
        evidence.extend(driver.map(|driver| {
            piece(
                EvidenceKind::Structure,
                format!("{driver} was being unloaded"),
                &stated(&[name]),
                "the name that P2 points to",
                format!("!verifier 3 {driver}"),
            )
        }));
        evidence.extend(leftover.blocks.iter().take(SHOWN).map(trace_evidence));
        let role = CulpritRole::Holder;
        let who = driver.unwrap_or("A driver");
        Some(Finding {
            cause: CauseId::PoolLeakAtUnload,
            explanation: match allocator {
                Some(place) => format!(
                    "{who} was unloaded with {count} blocks of pool not freed; {} allocated them.",
                    place.text()
                ),
                None => format!("{who} was unloaded with {count} blocks of pool not freed."),
            },
            culprit: match allocator {
                Some(place) => Some(culprit_at(place, role)),
                None => driver.map(|driver| culprit_module(driver, role)),
            },
            victims: Vec::new(),
            confidence: match (driver, leftover.blocks.as_slice()) {
                (Some(_), [_, ..]) => Confidence::Certain,
                (Some(_), []) => Confidence::Likely,
                (None, _) => Confidence::Possible,
            },
            evidence,
            unknown: vec![Unknown {
                what: "who should have freed the blocks".to_owned(),
                why: "the log has who allocated them; that nobody freed them leaves no trace"
                    .to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}

/// The driver's innermost function in the allocations, if it is the same in all.
fn allocator(leftover: &Leftover) -> Option<&Place> {
    let driver = leftover.driver.as_deref()?;
    let mut places = leftover.blocks.iter().filter_map(|block| {
        let own = |place: &&Place| {
            let module = place.symbol.module.as_deref();
            module.is_some_and(|module| module.eq_ignore_ascii_case(driver))
        };
        block.trace.iter().find(own)
    });
    let first = places.next()?;
    first.symbol.function.as_ref()?;
    places
        .all(|place| place.symbol.function == first.symbol.function)
        .then_some(first)
}
