//! Facts → what went wrong and who did it.
//!
//! One rule a file. A rule says what it needs of the facts, how it decides and how sure that
//! makes it, and cites where the knowledge comes from. Rules never look at names of particular
//! drivers; the first one that finds something decides, and lists the alternatives itself.

mod access;
mod blame;
mod inconclusive;
mod null_dereference;
mod passive_call_at_raised_irql;
mod spinlock_across_passive_call;
#[cfg(test)]
mod tests;

use crate::facts::Facts;
use crate::verdict::{Alternative, CauseId, Confidence, Culprit, Evidence, Unknown, Victim};

/// What a rule found.
#[derive(Debug)]
pub(crate) struct Finding {
    pub cause: CauseId,
    /// How it came about in this dump.
    pub explanation: String,
    pub culprit: Option<Culprit>,
    pub victims: Vec<Victim>,
    pub confidence: Confidence,
    pub evidence: Vec<Evidence>,
    pub unknown: Vec<Unknown>,
    pub alternatives: Vec<Alternative>,
}

/// A piece of knowledge about crashes.
trait Rule {
    /// Name of the rule in verdicts.
    fn name(&self) -> &'static str;

    /// Decides; `None` if the facts do not fit.
    fn apply(&self, facts: &Facts) -> Option<Finding>;
}

/// From the most specific to the least.
const RULES: &[&dyn Rule] = &[
    &null_dereference::NullDereference,
    &spinlock_across_passive_call::SpinlockAcrossPassiveCall,
    &passive_call_at_raised_irql::PassiveCallAtRaisedIrql,
    &access::PageableAccess,
    &access::InvalidAccess,
    &inconclusive::Inconclusive,
];

/// The finding of the first rule that fits, with that rule's name; the last rule always fits.
pub(crate) fn judge(facts: &Facts) -> (Finding, &'static str) {
    RULES
        .iter()
        .find_map(|rule| Some((rule.apply(facts)?, rule.name())))
        .unwrap_or_else(|| (inconclusive::finding(facts), "inconclusive"))
}
