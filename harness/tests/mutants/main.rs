//! Are the tests worth something? Each rule of the analyzer and each of the guest kernel's checks is
//! broken in turn, and exactly the scenarios that are about it must fail.
//!
//! That takes minutes, so `ci/mutants` runs it (`cargo test -p harness --test mutants -- --ignored`)
//! and prints what failed without what. The plain run only looks whether the tables still fit.

mod kernel;
mod rules;
mod table;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use scenario::project::Project;
use scenario::select::select;

use table::Table;

/// The image whose kernel is broken.
const IMAGE: &str = "tinynt";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mutations = match kernel::load() {
        Ok(mutations) => mutations,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let table = Arc::new(Table::default());
    let mut trials = vec![
        Trial::test("rules::are_exercised_or_known_not_to_be", || {
            rules::exercised().map_err(Failed::from)
        }),
        Trial::test("rules::switched_off", {
            let table = Arc::clone(&table);
            move || rules::switched_off(&table)
        })
        .with_ignored_flag(true),
    ];
    for mutation in mutations {
        let mutation = Arc::new(mutation);
        let test = Arc::clone(&mutation);
        trials.push(Trial::test(format!("kernel::{}::applies", test.name), {
            move || kernel::applies(&test).map_err(Failed::from)
        }));
        let (name, table) = (mutation.name.clone(), Arc::clone(&table));
        let broken = move || kernel::broken(&mutation, &table);
        trials.push(Trial::test(format!("kernel::{name}::broken"), broken).with_ignored_flag(true));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    table.print();
    conclusion.exit_code()
}

/// Names of all scenarios.
fn scenarios(project: &Project) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = select(project, IMAGE, &[])
        .map_err(|error| error.to_string())?
        .into_iter()
        .map(|entry| entry.scenario.name)
        .collect();
    names.dedup();
    Ok(names)
}

/// Names in a line.
fn list<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => "none".to_owned(),
        names => {
            let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
            names.join(", ")
        }
    }
}
