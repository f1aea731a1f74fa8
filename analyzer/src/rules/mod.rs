//! Facts → cause and culprit.
//!
//! One rule a file. Its header states the facts it needs, how it decides, its confidence, and its
//! sources. Rules never look at names of particular drivers; the first one that applies decides,
//! and lists the alternatives itself.
//!
//! A rule that concludes from missing facts asks [`Facts::shows`], never what kind of file was
//! read. The coverage of the source also limits a finding.

mod access;
mod analyzed;
mod blame;
mod by_stop;
mod chain;
mod client;
mod copy_overrun;
mod critical_process;
mod deadlock;
mod dispatch_overrun;
mod dpc_overrun;
mod driver_raised_stop;
mod evidence;
mod exception;
mod fast_mutex_leaked;
mod flipped_bit;
mod forced;
mod gpu_hang;
mod hang;
mod hardware;
mod heap_corruption;
mod impossible_access;
mod inconclusive;
mod inpage_error;
mod io_verifier;
mod irp_completed_twice;
mod irql_leaked;
mod limit;
mod lock_held_across_wait;
mod lock_leaked_at_thread_exit;
mod lock_released_by_non_owner;
mod named_only;
mod null_dereference;
mod overwritten_pointer;
mod passive_call_at_raised_irql;
mod pnp_lock;
mod pool;
mod pool_at_wrong_irql;
mod pool_leak;
mod pool_manager;
mod power_irp;
mod power_stack;
mod power_thread;
mod running_at_raised_irql;
mod security_check;
mod self_deadlock;
mod smashed_stack;
mod special_pool;
mod spinlock_across_passive_call;
mod spinlock_never_released;
mod stack_overflow;
mod stale_event;
#[cfg(test)]
mod tests;
mod turn;
mod unloaded;
mod verifier;
mod watchdog;
mod wdf_violation;

use crate::facts::Facts;
use crate::verdict::{Alternative, CauseId, Confidence, Culprit, Evidence, Unknown, Victim};

/// The result of a rule.
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

trait Rule {
    /// Name of the rule in verdicts.
    fn name(&self) -> &'static str;

    /// Decides; `None` if the facts do not fit.
    fn apply(&self, facts: &Facts) -> Option<Finding>;
}

/// The rules, from the most specific to the least.
const RULES: &[&dyn Rule] = &[
    &hardware::Hardware,
    &impossible_access::ImpossibleAccess,
    &flipped_bit::FlippedBit,
    &inpage_error::InpageError,
    &special_pool::SpecialPool,
    &unloaded::CallIntoUnloaded,
    &smashed_stack::SmashedStack,
    &self_deadlock::SelfDeadlock,
    &deadlock::ResourceDeadlock,
    &driver_raised_stop::DriverRaisedStop,
    &critical_process::CriticalProcess,
    &lock_held_across_wait::LockHeldAcrossWait,
    &running_at_raised_irql::RunningAtRaisedIrql,
    &hang::Hang,
    &pool_manager::PoolManager,
    &overwritten_pointer::OverwrittenPointer,
    &client::ClientOfInboxDriver,
    &copy_overrun::CopyOverrun,
    &null_dereference::NullDereference,
    &spinlock_across_passive_call::SpinlockAcrossPassiveCall,
    &passive_call_at_raised_irql::PassiveCallAtRaisedIrql,
    &access::PageableAccess,
    &stale_event::StaleEvent,
    &spinlock_never_released::SpinlockNeverReleased,
    &dpc_overrun::DpcOverrun,
    &dispatch_overrun::DispatchOverrun,
    &power_irp::PowerIrp,
    &power_thread::PowerThread,
    &power_stack::PowerStackRule,
    &pnp_lock::PnpLock,
    &fast_mutex_leaked::FastMutexLeaked,
    &irql_leaked::IrqlLeaked,
    &pool_leak::PoolLeak,
    &io_verifier::IoVerifier,
    &verifier::VerifierViolation,
    &irp_completed_twice::IrpCompletedTwice,
    &pool_at_wrong_irql::PoolAtWrongIrql,
    &pool::Pool,
    &heap_corruption::HeapCorruption,
    &lock_released_by_non_owner::LockReleasedByNonOwner,
    &lock_leaked_at_thread_exit::LockLeakedAtThreadExit,
    &security_check::SecurityCheck,
    &wdf_violation::WdfViolation,
    &stack_overflow::StackOverflow,
    &gpu_hang::GpuHang,
    &access::InvalidAccess,
    &exception::Exception,
    &by_stop::ByStop,
    &named_only::NamedOnly,
    &inconclusive::Inconclusive,
];

/// The rules' names, in the order in which they are tried.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name())
}

/// The finding of the first rule that fits, with that rule's name; the last rule always fits.
pub(crate) fn apply(facts: &Facts) -> (Finding, &'static str) {
    apply_without(facts, None)
}

/// Like [`apply`], with the rule named `off` switched off.
pub(crate) fn apply_without(facts: &Facts, off: Option<&str>) -> (Finding, &'static str) {
    let (mut finding, rule) = RULES
        .iter()
        .filter(|rule| Some(rule.name()) != off)
        .find_map(|rule| Some((rule.apply(facts)?, rule.name())))
        .unwrap_or_else(|| (inconclusive::finding(facts), "inconclusive"));
    analyzed::suspect(&mut finding, facts);
    limit::limit(facts, &mut finding);
    (finding, rule)
}
