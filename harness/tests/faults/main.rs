//! What users, machines and guests do wrong: each case ends in one clear message, the documented
//! exit code, and no QEMU left behind.
//!
//! The guests here are firmware images of a few instructions, in a project made for the test;
//! `tinynt.rs` has the cases that need a guest with an agent.

mod clock;
mod described;
mod disks;
mod doctor;
mod input;
mod inspect;
mod peers;
mod process;
mod project;
mod silent;
mod stopping;
mod symbol_server;
mod tinynt;
mod triage;
mod two_runners;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

/// A case: its name, what it does, and why it cannot run here, if so.
pub struct Case {
    name: &'static str,
    run: fn(),
    missing: Option<String>,
}

/// A case that runs wherever QEMU is installed.
fn case(name: &'static str, run: fn()) -> Case {
    Case {
        name,
        run,
        missing: None,
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = [
        input::cases(),
        doctor::cases(),
        disks::cases(),
        stopping::cases(),
        silent::cases(),
        clock::cases(),
        two_runners::cases(),
        tinynt::cases(),
        inspect::cases(),
        described::cases(),
        triage::cases(),
    ];
    let trials = cases
        .into_iter()
        .flatten()
        .map(|case| {
            if let Some(reason) = &case.missing {
                eprintln!("{} is ignored: {reason}", case.name);
            }
            Trial::test(case.name, move || {
                (case.run)();
                Ok(())
            })
            .with_ignored_flag(case.missing.is_some())
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    tinynt::clean_up();
    inspect::clean_up();
    conclusion.exit_code()
}
