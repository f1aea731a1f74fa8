//! The drivers of a run: which files, their paths in the guest, and their reports.

use std::path::PathBuf;

use scenario::{DriverSpec, Variant};
use serde::Serialize;

use crate::image::Image;

/// A driver and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedDriver {
    /// Service name: the file's stem.
    pub service: String,
    /// The file on the host.
    pub file: PathBuf,
    /// The file in the guest.
    pub guest_path: String,
    /// The name under which it reports on COM1. The twin, made from the same source, has the
    /// same one.
    pub reports_as: String,
}

/// What a driver says of its work on COM1 (by DbgPrint).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriverReport {
    /// `<name>: done`: all of it is done.
    Done,
    /// `<name>: failed: …`: the whole line.
    Failed(String),
}

impl PlannedDriver {
    /// What a line on COM1 reports of this driver's work, if anything.
    pub fn report(&self, line: &str) -> Option<DriverReport> {
        let report = line
            .trim()
            .strip_prefix(&*self.reports_as)?
            .strip_prefix(": ")?;
        match report {
            "done" => Some(DriverReport::Done),
            report if report.starts_with("failed") => {
                Some(DriverReport::Failed(line.trim().into()))
            }
            _ => None,
        }
    }
}

pub(super) fn service_name(driver: &DriverSpec, variant: Variant) -> String {
    match (driver, variant) {
        (DriverSpec::Named(name), Variant::Fixed) => format!("{name}-fixed"),
        (driver, _) => driver.name().to_owned(),
    }
}

pub(super) fn planned_driver(
    driver: &DriverSpec,
    variant: Variant,
    image: &Image,
) -> PlannedDriver {
    let service = service_name(driver, variant);
    let file = match driver {
        DriverSpec::Named(_) => image.test_driver(&service).0,
        DriverSpec::File { path, .. } => path.clone(),
    };
    PlannedDriver {
        guest_path: format!("{}\\{service}.sys", image.agent.stage),
        reports_as: driver.name().to_owned(),
        service,
        file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{PlanOptions, make};
    use crate::testing::image::tiny;
    use crate::testing::plan::{HOST, scenario};

    #[test]
    fn only_a_drivers_own_report_counts() {
        let fixed = make(
            &scenario(),
            Variant::Fixed,
            &tiny(),
            HOST,
            &PlanOptions::default(),
        )
        .unwrap();
        let report = |line: &str| fixed.drivers[0].report(line);
        assert_eq!(report("hog: done\r"), Some(DriverReport::Done));
        let failed = "hog: failed: create, file 1";
        assert_eq!(report(failed), Some(DriverReport::Failed(failed.into())));
        for other in [
            "hog: doing",
            "hogs: done",
            "my: done",
            "hog: done nothing",
            "",
        ] {
            assert_eq!(report(other), None, "{other}");
        }
    }
}
