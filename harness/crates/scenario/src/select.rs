//! Which tests a command line means.

use std::path::Path;

use crate::project::Project;
use crate::{Catalogue, LoadError, Scenario, TestName, Variant, known_drivers};

/// A test that was selected.
#[derive(Clone, Debug)]
pub struct Selected {
    pub test: TestName,
    pub scenario: Scenario,
    /// Which variant of it.
    pub variant: Variant,
    /// The arguments of `stopcode run` that select only this test.
    pub argument: String,
}

/// The tests of `image` that `filters` select, in order of their names; with no filter, all.
///
/// A filter that ends in `.yaml` is a scenario file. Any other selects the test of that very
/// name, or else all whose names contain it.
///
/// # Errors
/// A scenario cannot be loaded.
pub fn select(
    project: &Project,
    image: &str,
    filters: &[String],
) -> Result<Vec<Selected>, LoadError> {
    let drivers = known_drivers(&project.test_drivers());
    let (files, names): (Vec<_>, Vec<_>) = filters.iter().partition(|f| f.ends_with(".yaml"));
    let mut selected = Vec::new();
    for file in &files {
        let scenario = Catalogue::load_one(Path::new(file), &drivers)?;
        selected.extend(tests_of(&scenario, image).map(|(test, variant)| Selected {
            test,
            scenario: scenario.clone(),
            variant,
            argument: (*file).clone(),
        }));
    }
    if names.is_empty() && !files.is_empty() {
        return Ok(selected);
    }
    let catalogue = Catalogue::load(&project.scenarios(), &drivers)?;
    let all: Vec<Selected> = (catalogue.scenarios.iter())
        .flat_map(|scenario| {
            tests_of(scenario, image).map(|(test, variant)| Selected {
                argument: test.to_string(),
                test,
                scenario: scenario.clone(),
                variant,
            })
        })
        .collect();
    selected.extend(
        (all.iter())
            .filter(|entry| names.is_empty() || matches_any(entry, &names, &all))
            .cloned(),
    );
    Ok(selected)
}

fn matches_any(entry: &Selected, filters: &[&String], all: &[Selected]) -> bool {
    filters.iter().any(|filter| {
        let is_whole_name = all.iter().any(|other| other.test.as_str() == **filter);
        if is_whole_name {
            entry.test.as_str() == **filter
        } else {
            entry.test.as_str().contains(filter.as_str())
        }
    })
}

fn tests_of(scenario: &Scenario, image: &str) -> impl Iterator<Item = (TestName, Variant)> {
    let twin = scenario.has_twin().then_some(Variant::Fixed);
    [Variant::Buggy]
        .into_iter()
        .chain(twin)
        .map(move |variant| (TestName::new(image, &scenario.name, variant), variant))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn project() -> (tempfile::TempDir, Project) {
        let root = tempfile::tempdir().unwrap();
        for folder in ["images", "scenarios", "test-drivers/d"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join("test-drivers/d/d.c"), "").unwrap();
        for (name, expect) in [("hog", "{cause: irql-leaked}"), ("hog-two", "no-crash")] {
            let text = format!(
                "name: {name}\nsummary: s\ndrivers: [d]\nsteps: [{{start: d}}]\nwithin: 1s\n\
                 expect: {expect}\n"
            );
            fs::write(root.path().join(format!("scenarios/{name}.yaml")), text).unwrap();
        }
        let project = Project::find(root.path()).unwrap();
        (root, project)
    }

    #[track_caller]
    fn selects(project: &Project, filters: &[&str], names: &[&str]) {
        let filters: Vec<String> = filters.iter().map(|f| (*f).to_owned()).collect();
        let selected = select(project, "t", &filters).unwrap();
        let found: Vec<&str> = selected.iter().map(|entry| entry.test.as_str()).collect();
        assert_eq!(found, names);
    }

    #[test]
    fn filters_are_parts_of_names_whole_names_or_files() {
        let (root, project) = project();
        selects(&project, &[], &["t::hog", "t::hog::fixed", "t::hog-two"]);
        selects(&project, &["two"], &["t::hog-two"]);
        selects(&project, &["t::hog"], &["t::hog"]);
        selects(
            &project,
            &["fixed", "two"],
            &["t::hog::fixed", "t::hog-two"],
        );
        selects(&project, &["nothing"], &[]);
        let file = root.path().join("scenarios/hog-two.yaml");
        selects(&project, &[file.to_str().unwrap()], &["t::hog-two"]);
    }
}
