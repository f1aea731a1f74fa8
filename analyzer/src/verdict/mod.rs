//! The verdict: plain data, and the JSON contract of the project.
//!
//! Every type here serialises to (and from) the documented JSON. Values that may exceed 2^53
//! (addresses, bug-check parameters) are [`Hex64`], written as strings such as
//! `"0xfffff80112345678"`, because JSON readers commonly hold numbers as doubles.

mod cause;
mod data;
mod hex;
mod machine;
mod schema;

pub use cause::{CauseId, UnknownCause};
pub use data::{
    Alternative, Bugcheck, BugcheckParameter, Cause, Confidence, Culprit, CulpritRole, DumpInfo,
    Evidence, EvidenceKind, Frame, ModuleInfo, Stack, StackKind, Trust, Unknown, UnloadedModule,
    Verdict, Victim, VictimKind,
};
pub use hex::Hex64;
pub use machine::{BitFlip, DriverInfo, HardwareProof, Machine, MemoryModule, NextStep};
pub use schema::schema;

/// Version of the JSON schema. It grows when a field changes meaning or disappears; new optional
/// fields do not change it.
pub const SCHEMA_VERSION: u32 = 1;
