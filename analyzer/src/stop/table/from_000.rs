//! Stops 0x1 to 0x3F.

use super::super::row::{AccessCode, Class, NONE, Role, Row, stop, sub};
use crate::verdict::{CauseId, Confidence};

pub(super) const ROWS: &[Row] = &[
    stop(0x01, "APC_INDEX_MISMATCH", Class::Lock)
        .notices(
            "A thread left a system service, or a work item, with its APC disable count changed.",
        )
        .parameters([
            Role::Caller.is("system service or worker routine that returned"),
            Role::Count.is("_KTHREAD.ApcStateIndex"),
            Role::Count.is("_KTHREAD.CombinedApcDisable"),
            Role::Value.is("call type: 0 system call, 1 worker routine"),
        ])
        .blames(
            CauseId::ApcDisableLeaked,
            Confidence::Possible,
            "a thread came back with APCs disabled",
        ),
    stop(0x0A, "IRQL_NOT_LESS_OR_EQUAL", Class::Fault)
        .notices(
            "Kernel code touched an address at raised IRQL that was not there: paged out, freed or \
             never valid.",
        )
        .parameters([
            Role::Address.is("address referenced"),
            Role::Irql.is("IRQL"),
            Role::Access(AccessCode::Bits).is("access"),
            Role::Instruction.is("instruction that referenced it"),
        ])
        .implies(CauseId::InvalidAccess)
        .raised_by(&["MiRaisedIrqlFault"]),
    stop(0x19, "BAD_POOL_HEADER", Class::Pool)
        .notices(
            "The pool allocator found its own bookkeeping damaged, or was called in a way that it \
             forbids. Who finds the damage is rarely who did it.",
        )
        .parameters([
            Role::Subtype.is("kind of violation"),
            Role::PoolBlock.is("pool entry that was being looked at"),
            NONE,
            NONE,
        ])
        .subtypes(&[
            sub(0x3, "the pool free list is corrupt").with(
                Role::PoolBlock.is("pool entry that was being looked at"),
                Role::Value.is("forward link that was read"),
                Role::Value.is("backward link that was read"),
            ),
            sub(0xD, "the lookaside list is corrupt"),
            sub(0x20, "the pool block header's size is corrupt"),
        ])
        .identified_by_subtype()
        .described(&["pool is already corrupt at the time"]),
];
