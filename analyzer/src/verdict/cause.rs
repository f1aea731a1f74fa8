//! The closed list of causes. Ids are stable: add, never rename.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! causes {
    ($( $variant:ident = $id:literal, $title:literal; )*) => {
        /// What went wrong, as a stable identifier (kebab-case in JSON).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[non_exhaustive]
        pub enum CauseId {
            $( #[doc = $title] #[serde(rename = $id)] $variant, )*
        }

        impl CauseId {
            /// Every cause, in the order of the documentation.
            pub const ALL: &'static [CauseId] = &[$( CauseId::$variant, )*];

            /// The identifier as JSON and scenarios write it.
            pub fn as_str(self) -> &'static str {
                match self { $( CauseId::$variant => $id, )* }
            }

            /// A short sentence fragment for people.
            pub fn title(self) -> &'static str {
                match self { $( CauseId::$variant => $title, )* }
            }
        }
    };
}

causes! {
    SpinlockHeldAcrossPassiveCall = "spinlock-held-across-passive-call",
        "Spin lock held across a call that needs PASSIVE_LEVEL";
    SpinlockNeverReleased = "spinlock-never-released", "Spin lock taken and never released";
    FastMutexLeaked = "fast-mutex-leaked", "Fast mutex still held on return";
    IrqlLeaked = "irql-leaked", "IRQL left raised";
    ApcDisableLeaked = "apc-disable-leaked", "APCs left disabled";
    LockOrderInversion = "lock-order-inversion", "Locks taken in opposite orders";
    ResourceDeadlock = "resource-deadlock", "Threads wait for each other's resources";
    SelfDeadlock = "self-deadlock", "Thread waits for a lock it holds";
    LockHeldAcrossWait = "lock-held-across-wait", "Lock held while waiting";
    LockLeakedAtThreadExit = "lock-leaked-at-thread-exit", "Thread ended while holding a lock";
    LockReleasedByNonOwner = "lock-released-by-non-owner",
        "Lock released by a thread that does not own it";
    PassiveCallAtRaisedIrql = "passive-call-at-raised-irql",
        "PASSIVE_LEVEL service called at raised IRQL";
    ApiCalledAtWrongIrql = "api-called-at-wrong-irql", "API called at an IRQL it forbids";
    PageableAccessAtRaisedIrql = "pageable-access-at-raised-irql",
        "Pageable memory touched at raised IRQL";
    DpcOverrun = "dpc-overrun", "A DPC routine ran too long";
    DispatchLevelOverrun = "dispatch-level-overrun", "Too long at DISPATCH_LEVEL or above";
    StaleCompletionEvent = "stale-completion-event",
        "I/O completion signals an event that no longer exists";
    InterruptStorm = "interrupt-storm", "Interrupts leave no time for other work";
    PowerIrpNeverCompleted = "power-irp-never-completed", "Power IRP never completed";
    PowerIrpHeldByBlockedThread = "power-irp-held-by-blocked-thread",
        "Power IRP held by a blocked thread";
    PnpLockHeldByBlockedDriver = "pnp-lock-held-by-blocked-driver",
        "Driver blocks while PnP holds its lock";
    IrpCompletedTwice = "irp-completed-twice", "IRP completed twice";
    IrpNotCompletedByDispatch = "irp-not-completed-by-dispatch",
        "Dispatch routine neither completed nor forwarded its IRP";
    PoolUseAfterFree = "pool-use-after-free", "Pool memory used after it was freed";
    PoolOverrun = "pool-overrun", "Write beyond a pool block";
    PoolDoubleFree = "pool-double-free", "Pool block freed twice";
    PoolLeakAtUnload = "pool-leak-at-unload", "Driver unloaded without freeing its pool";
    NullDereference = "null-dereference", "NULL pointer dereferenced";
    InvalidAccess = "invalid-access", "Invalid memory referenced";
    WriteToReadOnlyMemory = "write-to-read-only-memory", "Write to read-only memory";
    IllegalInstruction = "illegal-instruction", "Instruction that the processor refuses";
    ArithmeticError = "arithmetic-error", "Division by zero or overflow";
    BreakpointOrAssertion = "breakpoint-or-assertion", "Breakpoint or failed assertion";
    CallIntoUnloadedDriver = "call-into-unloaded-driver", "Call into an unloaded driver";
    KernelStackOverflow = "kernel-stack-overflow", "Kernel stack overflow";
    MemoryCorruptionUnknownWriter = "memory-corruption-unknown-writer",
        "Memory corrupted, writer unknown";
    ListCorruption = "list-corruption", "Linked list corrupted";
    StackBufferOverrun = "stack-buffer-overrun", "Buffer on the stack overrun";
    ApiContractViolated = "api-contract-violated", "API called against its contract";
    BadFree = "bad-free", "Free of memory that cannot be freed so";
    IrpMisuse = "irp-misuse", "IRP handled against the rules";
    MdlMisuse = "mdl-misuse", "MDL handled against the rules";
    ObjectReferenceUnderflow = "object-reference-underflow",
        "Object dereferenced more often than referenced";
    HardwareError = "hardware-error", "Hardware error";
    ImpossibleAccess = "impossible-access", "Access that the instruction cannot have made";
    GpuHang = "gpu-hang", "Graphics device hangs";
    ForcedDumpOfHang = "forced-dump-of-hang", "Crash forced on a hanging system";
    Inconclusive = "inconclusive", "Not known";
}

impl CauseId {
    /// The stable cause of which this one is a special case.
    ///
    /// A verdict gives the broader one as `cause.id` and this one as `cause.specific`, so that
    /// expectations written before the special case had an id still hold.
    pub fn broader(self) -> Option<CauseId> {
        match self {
            Self::WriteToReadOnlyMemory => Some(Self::InvalidAccess),
            Self::ListCorruption => Some(Self::MemoryCorruptionUnknownWriter),
            Self::BadFree | Self::IrpMisuse | Self::MdlMisuse | Self::ObjectReferenceUnderflow => {
                Some(Self::ApiContractViolated)
            }
            _ => None,
        }
    }
}

impl fmt::Display for CauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is not the id of any cause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a known cause")]
pub struct UnknownCause(pub String);

impl FromStr for CauseId {
    type Err = UnknownCause;

    fn from_str(text: &str) -> Result<Self, UnknownCause> {
        Self::ALL
            .iter()
            .copied()
            .find(|id| id.as_str() == text)
            .ok_or_else(|| UnknownCause(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_through_text_and_json() {
        assert_eq!(CauseId::ALL.len(), 48);
        for &id in CauseId::ALL {
            assert_eq!(id.as_str().parse::<CauseId>().unwrap(), id);
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(json, format!("\"{}\"", id.as_str()));
            assert_eq!(serde_json::from_str::<CauseId>(&json).unwrap(), id);
            assert!(!id.title().is_empty());
            let broader = id.broader();
            assert_eq!(broader.and_then(CauseId::broader), None, "one level: {id}");
        }
        assert!("no-such-cause".parse::<CauseId>().is_err());
    }
}
