use super::super::row::{AccessCode, NONE, Parameter, Role};

/// For stops about an unhandled exception.
pub(super) const EXCEPTION: &str =
    "Kernel code raised an exception, an access violation for example, and nobody handled it.";

pub(super) const POOL: &str = "The pool allocator found its own bookkeeping damaged, or was called in a way \
                    that it forbids. Who finds the damage is rarely who did it.";

pub(super) const SPECIAL_POOL: &str = "Special pool puts every block on a page of its own, next to an \
                            invalid one, and makes freed blocks invalid: an access outside of a \
                            live block stops the machine at the very instruction.";

pub(super) const SPECIAL_POOL_FAULT: [Parameter; 4] = [
    Role::PoolAddress.is("address referenced"),
    Role::Access(AccessCode::PageFault).is("access"),
    Role::Instruction.is("instruction that referenced it"),
    NONE,
];

/// For stops whose subtype is decoded in a rule.
pub(super) const KIND: [Parameter; 4] = [Role::Subtype.is("kind of violation"), NONE, NONE, NONE];

pub(super) const DISPLAY: &str = "The graphics device or its driver did not answer in time.";

/// For 0x116 and 0x117.
pub(super) const TIME_OUT: [Parameter; 4] = [
    Role::Object.is("TDR recovery context"),
    Role::Caller.is("address in the display driver"),
    Role::Status.is("last status"),
    NONE,
];
