//! Boots a guest, makes a driver crash it, captures the dump and checks why it crashed.
//!
//! The flow, and the modules in its order:
//! [`scenario`] → [`plan`] → [`guest`] → [`watch`] → [`capture`] → (crate `analyzer`) →
//! [`witness`] and [`expect`] → [`report`]. [`run`] puts one run together; [`cli`] is the binary.
//! [`repro`] makes many runs to see a crash again that was seen elsewhere; a [`bundle`] repeats it.
//!
//! Pure functions are in the middle: scenario + image → plan, plan → QEMU arguments,
//! expectation × verdict → mismatches. Effects are in `guest`, `capture`, `artefacts`.

pub mod cli;
