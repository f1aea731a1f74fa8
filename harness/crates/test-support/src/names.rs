//! The analyzer must not know the names of our drivers, nor of the bundled guest. The names are taken
//! from the folders, so that a new driver is looked for, too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use analyzer::verdict::CauseId;
use walkdir::WalkDir;

/// Names of test drivers, their functions and their scenarios are nowhere in the analyzer.
pub fn of_test_drivers() -> Result<(), String> {
    let drivers = root().join("test-drivers");
    let mut words = BTreeSet::new();
    for name in folders(&drivers)? {
        words.insert(format!("{name}.sys"));
        words.insert(format!("{}!", name.replace('-', "_")));
        // A driver may be called as the cause that it shows, which rules must be able to name.
        if name.parse::<CauseId>().is_err() {
            words.insert(format!("\"{name}\""));
        }
        let source = drivers.join(&name).join(format!("{name}.c"));
        if let Ok(text) = fs::read_to_string(&source) {
            words.extend(functions(&text));
        }
    }
    if words.len() < 100 {
        return Err(format!("only {} names were found", words.len()));
    }
    look_for(&words, &root().join("analyzer/src"))
}

/// The guest's name and those of its in-box modules are in no rule and no fact. (What drivers come
/// with Windows is a list in `analyzer/src/modules`, and some of the guest's are called the same.)
pub fn of_the_guest() -> Result<(), String> {
    let mut words = BTreeSet::from(["tinynt".to_owned(), "TinyNT".to_owned()]);
    words.extend(folders(&root().join("images/tinynt/drivers"))?);
    ["facts", "rules", "nt", "unwind"]
        .iter()
        .try_for_each(|room| look_for(&words, &root().join("analyzer/src").join(room)))?;
    let guest = ["tinynt", "TinyNT"].map(str::to_owned);
    look_for(&BTreeSet::from(guest), &root().join("analyzer/src"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// Names of the folders in a folder that have C files.
fn folders(parent: &Path) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
    let has_code = |folder: &Path| {
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        files
            .into_iter()
            .any(|file| file.path().extension().is_some_and(|e| e == "c"))
    };
    let names: Vec<String> = entries
        .flatten()
        .filter(|entry| has_code(&entry.path()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    match names.as_slice() {
        [] => Err(format!("{} has no folders with code", parent.display())),
        _ => Ok(names),
    }
}

/// Names of the functions that a driver's source defines, except those that every driver has.
fn functions(source: &str) -> Vec<String> {
    let every = ["DriverEntry", "DriverUnload"];
    let definitions = source.lines().zip(source.lines().skip(1));
    definitions
        .filter(|(line, next)| !line.starts_with([' ', '#', '/', '}']) && *next == "{")
        .filter_map(|(line, _)| line.split('(').next()?.split_whitespace().last())
        .map(|name| name.trim_start_matches('*').to_owned())
        .filter(|name| name.len() > 4 && !every.contains(&name.as_str()))
        .collect()
}

/// An error that names each place where one of the words stands in code that is no test.
fn look_for(words: &BTreeSet<String>, folder: &Path) -> Result<(), String> {
    let mut found = Vec::new();
    for entry in WalkDir::new(folder) {
        let entry = entry.map_err(|error| error.to_string())?;
        let path = entry.path();
        let test = path.components().any(|part| {
            let part = part.as_os_str();
            part == "tests" || part == "testing" || part == "tests.rs"
        });
        if test || path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        // Unit tests are at the end of a file.
        let code = text.split("#[cfg(test)]\nmod tests {").next();
        for (number, line) in code.unwrap_or_default().lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(word.as_str())) {
                found.push(format!("{}:{}: {word}", path.display(), number + 1));
            }
        }
    }
    match found.as_slice() {
        [] => Ok(()),
        found => Err(found.join("\n")),
    }
}
