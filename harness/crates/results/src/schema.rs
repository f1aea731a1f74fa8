//! The JSON schema of a result, from its types.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::record::{RESULT_SCHEMA_VERSION, Record};

const ABOUT: &str = "\
What one test did: a file in `results/` of a report folder. Its verdicts follow verdict.schema.json. \
`schema_version` grows when a field changes its meaning or disappears; new optional fields do not \
change it, so readers must ignore fields that they do not know.";

/// The JSON schema (draft 2020-12) that every result follows; in the repository as
/// `docs/result.schema.json`.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Record>();
    let id = format!("urn:stopcode:result:{RESULT_SCHEMA_VERSION}");
    schema.insert("$id".to_owned(), json!(id));
    schema.insert("title".to_owned(), json!("Stopcode result"));
    schema.insert("description".to_owned(), json!(ABOUT));
    schema.into()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use runner::events::Outcome;

    use super::*;
    use crate::tests::{failed, record};

    #[test]
    fn the_file_is_current() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/result.schema.json");
        let now = format!("{:#}\n", schema());
        if std::env::var_os("STOPCODE_UPDATE_GOLDENS").is_some() {
            std::fs::write(&file, &now).unwrap();
        }
        let there = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            there == now,
            "docs/result.schema.json is not current; STOPCODE_UPDATE_GOLDENS=1 cargo test -p results --lib writes it"
        );
    }

    #[test]
    fn results_follow_it_and_others_do_not() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let skipped = Outcome::Skipped { reason: "r".into() };
        for outcome in [Outcome::Passed, failed(), Outcome::infra("i"), skipped] {
            let value = serde_json::to_value(record("r", "t::a", 1, outcome)).unwrap();
            let wrong = validator.iter_errors(&value).map(|error| error.to_string());
            assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
            for pointer in [
                "/run",
                "/report",
                "/report/test",
                "/report/outcome/status",
                "/finished",
            ] {
                let mut value = value.clone();
                *value.pointer_mut(pointer).unwrap() = json!({"x": 1});
                assert!(!validator.is_valid(&value), "{pointer}");
            }
        }
    }
}
