//! Golden images of Windows, as far as they can be proved without Windows: plans, answer files,
//! command lines, media, and the phases with a stand-in for the guest.

mod answers;
mod command;
mod goldens;
mod media;
mod phases;
mod plans;
mod qemu;
mod signed;
