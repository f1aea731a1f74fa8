//! The JSON schema of a verdict, from its types.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::{Value, json};

use super::{SCHEMA_VERSION, Verdict};

const ABOUT: &str = "\
What a crash dump says: the stop, its cause, who is to blame and why. Any field that is not required \
may be null or absent. `schema_version` grows when a field changes its meaning or disappears; new \
optional fields and new causes do not change it, so readers must ignore fields that they do not know.";

/// The JSON schema (draft 2020-12) that every verdict follows; in the repository as
/// `docs/verdict.schema.json`.
pub fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(Nullable);
    let mut schema = settings.into_generator().into_root_schema_for::<Verdict>();
    schema.insert(
        "$id".to_owned(),
        json!(format!("urn:stopcode:verdict:{SCHEMA_VERSION}")),
    );
    schema.insert("title".to_owned(), json!("Stopcode verdict"));
    schema.insert("description".to_owned(), json!(ABOUT));
    schema.into()
}

/// Lets every property be null that is not required: readers take null for "not known".
#[derive(Clone, Debug)]
struct Nullable;

impl Transform for Nullable {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let required: Vec<Value> = (schema.get("required").and_then(Value::as_array))
            .cloned()
            .unwrap_or_default();
        let Some(Value::Object(properties)) = schema.get_mut("properties") else {
            return;
        };
        for (name, property) in properties {
            if !required.contains(&json!(name)) {
                allow_null(property);
            }
        }
    }
}

fn allow_null(property: &mut Value) {
    let nothing = json!({"type": "null"});
    let Some(object) = property.as_object_mut() else {
        return;
    };
    // An absent field means "not known"; a default would claim a value.
    object.remove("default");
    let is_null = |value: &Value| value == "null";
    match object.get_mut("type") {
        Some(Value::Array(types)) if types.iter().any(is_null) => return,
        Some(one @ Value::String(_)) => {
            *one = json!([one, "null"]);
            return;
        }
        _ => {}
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        if !choices.contains(&nothing) {
            choices.push(nothing);
        }
        return;
    }
    let description = object.remove("description");
    let mut nullable = json!({"anyOf": [property, nothing]});
    if let Some(description) = description {
        nullable["description"] = description;
    }
    *property = nullable;
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::verdict::CauseId;

    fn is_valid(verdict: &Value) -> bool {
        jsonschema::validator_for(&schema())
            .unwrap()
            .is_valid(verdict)
    }

    fn whole() -> Value {
        serde_json::to_value(crate::testing::verdict_of_a_held_lock()).unwrap()
    }

    fn least() -> Value {
        json!({
            "schema_version": 1,
            "bugcheck": {
                "code": 209, "code_hex": "0xD1",
                "parameters": [{"value": "0x0"}, {"value": 2}, {"value": "0x0"}, {"value": "0x1"}]
            },
            "cause": {"id": "irql-leaked"},
            "confidence": "possible",
        })
    }

    #[test]
    fn the_file_is_current() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verdict.schema.json");
        let now = format!("{:#}\n", schema());
        if std::env::var_os("STOPCODE_UPDATE_GOLDENS").is_some() {
            std::fs::write(&file, &now).unwrap();
        }
        let there = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            there == now,
            "docs/verdict.schema.json is not current; STOPCODE_UPDATE_GOLDENS=1 cargo test -p analyzer writes it"
        );
    }

    #[test]
    fn it_is_a_schema_that_needs_no_other_document() {
        let schema = schema();
        jsonschema::meta::validate(&schema).unwrap();
        let text = schema.to_string();
        let outside = text
            .match_indices("\"$ref\":\"")
            .filter(|(at, found)| !text[at + found.len()..].starts_with('#'));
        assert_eq!(outside.count(), 0);
    }

    #[test]
    fn verdicts_are_valid() {
        assert!(is_valid(&whole()));
        let raised = crate::testing::verdict_of_a_raised_irql();
        assert!(is_valid(&serde_json::to_value(raised).unwrap()));
        assert!(is_valid(&least()));
        for cause in CauseId::ALL {
            let mut verdict = least();
            verdict["cause"]["id"] = json!(cause);
            assert!(is_valid(&verdict), "{cause}");
        }
    }

    #[test]
    fn what_is_valid_can_be_read() {
        for verdict in [whole(), least()] {
            serde_json::from_value::<Verdict>(verdict).unwrap();
        }
    }

    /// The schema accepts as null or absent exactly what a reader accepts.
    #[test]
    fn schema_and_reader_agree_on_what_may_be_missing() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let whole = whole();
        let mut seen = 0;
        for pointer in pointers(&whole, String::new()) {
            for replacement in [Some(Value::Null), None] {
                let mut verdict = whole.clone();
                let (parent, key) = pointer.rsplit_once('/').unwrap();
                let parent = verdict
                    .pointer_mut(parent)
                    .unwrap()
                    .as_object_mut()
                    .unwrap();
                match replacement {
                    Some(null) => parent.insert(key.to_owned(), null),
                    None => parent.remove(key),
                };
                let is_valid = validator.is_valid(&verdict);
                let is_readable = serde_json::from_value::<Verdict>(verdict).is_ok();
                assert_eq!(is_valid, is_readable, "{pointer}");
                seen += 1;
            }
        }
        assert!(seen > 200);
    }

    /// Pointers to every member of every object.
    fn pointers(value: &Value, at: String) -> Vec<String> {
        match value {
            Value::Object(map) => (map.iter())
                .flat_map(|(key, value)| {
                    let here = format!("{at}/{key}");
                    let mut below = pointers(value, here.clone());
                    below.push(here);
                    below
                })
                .collect(),
            Value::Array(items) => (items.iter().enumerate())
                .flat_map(|(index, item)| pointers(item, format!("{at}/{index}")))
                .collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn what_is_no_verdict_is_refused() {
        let wrong = [
            ("/cause/id", json!("no-such-cause")),
            ("/confidence", json!("sure")),
            ("/bugcheck/parameters", json!([])),
            ("/bugcheck/parameters/0/value", json!("-1")),
            ("/culprit/role", json!("villain")),
            ("/evidence", json!({})),
            ("/bugcheck/code", json!("0xD1")),
        ];
        for (pointer, value) in wrong {
            let mut verdict = whole();
            *verdict.pointer_mut(pointer).unwrap() = value;
            assert!(!is_valid(&verdict), "{pointer}");
        }
    }
}
