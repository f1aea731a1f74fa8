//! A lock was released by a thread that does not own it.
//!
//! Needs: the crash stack.
//!
//! Decides: the stop is raised inside the very release that is wrong, so the driver that called it is
//! to blame: 0xE3 for executive resources, 0x162 for locks that AutoBoost tracks, 0x16E and 0x11 for
//! other releases, 0x10 for spin locks.
//!
//! Confidence: `likely`: another function of the same driver may be the one that lacks the acquire.
//!
//! Source: Microsoft's bug check reference, 0xE3, 0x162, 0x16E, 0x11, 0x10.

use super::by_stop::{Call, at_fault};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence};

pub(super) struct LockReleasedByNonOwner;

impl Rule for LockReleasedByNonOwner {
    fn name(&self) -> &'static str {
        "lock-released-by-non-owner"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let [first, second, ..] = facts.bugcheck.parameters;
        let (what, thread) = match facts.bugcheck.code {
            0xE3 => ("an executive resource", second),
            0x162 => ("a lock", first),
            0x16E => ("an executive resource", second),
            0x11 => ("a mutex", first),
            0x10 => ("a spin lock", second),
            _ => return None,
        };
        let call = Call {
            cause: CauseId::LockReleasedByNonOwner,
            violation: format!("{what} was released that thread {thread:#x} does not own"),
            role_of_driver: "made the release",
            confidence: Confidence::Likely,
        };
        at_fault(facts, &call)
    }
}
