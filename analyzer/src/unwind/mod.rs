//! Unwinds x64 stacks: by `.pdata`, across trap and interrupt frames. Every frame records how it
//! was found.

mod scan;
mod stack;
mod step;
mod trap;

pub(crate) use stack::{RawStack, StackEnd, unwind};
pub(crate) use step::TrapLayout;
pub(crate) use trap::{find_machine_frame, through_trap};
