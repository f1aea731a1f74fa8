//! A test case, and the folder of its files.

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};

/// The folder of real data.
#[derive(Clone)]
pub struct Data {
    folder: PathBuf,
    is_required: bool,
}

impl Data {
    /// The folder that the environment names, whether it exists or not.
    pub fn find() -> Self {
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
        Self {
            folder: env::var_os("STOPCODE_TEST_DATA").map_or_else(beside, PathBuf::from),
            is_required: env::var_os("STOPCODE_REQUIRE_DATA").is_some_and(|value| value != "0"),
        }
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// Why `file` cannot be used; `None` if it can.
    fn missing(&self, file: &str) -> Option<String> {
        if self.path(file).exists() {
            return None;
        }
        Some(match self.folder.is_dir() {
            true => format!("STOPCODE_TEST_DATA has no {file}"),
            false => "STOPCODE_TEST_DATA is no folder".to_owned(),
        })
    }
}

/// One test on real data.
#[derive(Clone)]
pub struct Case {
    /// `room::what_holds`.
    pub name: String,
    /// Files and folders that it reads, relative to the data's folder.
    pub needs: Vec<String>,
    /// Panics if it fails, as an ordinary test does.
    pub run: fn(&Data),
}

impl Case {
    /// A case that reads `needs`.
    pub fn new(name: &str, needs: &[&str], run: fn(&Data)) -> Self {
        Self {
            name: name.to_owned(),
            needs: needs.iter().map(|&file| file.to_owned()).collect(),
            run,
        }
    }

    /// Ignored if a file is missing, with the reason as its kind.
    pub fn trial(self, data: &Data) -> Trial {
        let missing = self.needs.iter().find_map(|file| data.missing(file));
        let (data, run) = (data.clone(), self.run);
        match missing {
            None => Trial::test(self.name, move || guarded(|| run(&data))),
            Some(reason) if data.is_required => {
                Trial::test(self.name, move || Err(Failed::from(reason)))
            }
            Some(reason) => Trial::test(self.name, || Ok(()))
                .with_kind(reason)
                .with_ignored_flag(true),
        }
    }
}

/// A panic fails only its own case; its message is on standard error.
fn guarded(run: impl FnOnce()) -> Result<(), Failed> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
        Failed::from(text.unwrap_or_else(|| "panicked".to_owned()))
    })
}
