//! Tests on real data that the repository does not hold: symbol tables, dumps, transcripts.
//!
//! They look for it in the folder that `STOPCODE_TEST_DATA` names, else in `shared` beside the
//! repository. A case without its files is listed as ignored, with the missing files in brackets;
//! `STOPCODE_REQUIRE_DATA=1` makes it a failure instead.
//!
//! To add cases: a file with `pub fn cases() -> Vec<Case>`, and a line in [`cases`].

mod case;
mod dumps;
mod logs;
mod symbols;

use std::process::ExitCode;

use case::{Case, Data};
use libtest_mimic::Arguments;

fn cases() -> Vec<Case> {
    [dumps::cases(), logs::cases(), symbols::cases()].concat()
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let data = Data::find();
    let trials = cases().into_iter().map(|case| case.trial(&data)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
