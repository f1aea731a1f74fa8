//! The walk-through as a whole: goldens, sparse verdicts, hostile names.
//!
//! `STOPCODE_UPDATE_GOLDENS=1 cargo test -p analyzer` rewrites the goldens; review the difference.

use std::path::Path;

use super::markdown;
use crate::verdict::{CauseId, Verdict};

fn golden(name: &str, verdict: &Verdict) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/goldens/{name}.md"));
    let now = markdown(verdict);
    if std::env::var_os("STOPCODE_UPDATE_GOLDENS").is_some() {
        std::fs::write(&file, &now).unwrap();
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        golden == now,
        "differs from {}; STOPCODE_UPDATE_GOLDENS=1 writes it anew\n{now}",
        file.display()
    );
}

/// The minimum that another analyzer may write.
fn sparse(cause: CauseId) -> Verdict {
    serde_json::from_value(serde_json::json!({
        "schema_version": 1,
        "bugcheck": {
            "code": 209, "code_hex": "0xD1", "name": null,
            "parameters": [{"value": "0x0"}, {"value": "0x2"}, {"value": "0x0"}, {"value": "0x1"}]
        },
        "cause": {"id": cause},
        "confidence": "possible",
    }))
    .unwrap()
}

#[test]
fn a_verdict_from_a_dump() {
    let verdict = crate::testing::verdict_of_a_held_lock();
    golden("held-lock", &verdict);
}

#[test]
fn a_verdict_without_waiters() {
    golden("raised-irql", &crate::testing::verdict_of_a_raised_irql());
}

#[test]
fn a_sparse_verdict() {
    golden("sparse", &sparse(CauseId::Inconclusive));
}

#[test]
fn every_cause_has_a_walk_through() {
    for &cause in CauseId::ALL {
        let text = markdown(&sparse(cause));
        for heading in [
            "## The stop",
            "## Step by step",
            "## Conclusion",
            "## What to do next",
        ] {
            assert!(text.contains(heading), "{cause}: {text}");
        }
        assert!(text.contains(cause.as_str()), "{text}");
    }
}

#[test]
fn lines_are_wrapped() {
    let text = markdown(&crate::testing::verdict_of_a_held_lock());
    let mut in_code = false;
    for line in text.lines() {
        in_code ^= line.starts_with("```");
        let is_free = in_code || line.starts_with(['#', '|', '`']);
        assert!(is_free || line.chars().count() <= 110, "{line}");
    }
}

#[test]
fn hostile_names_do_not_act() {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    const HOSTILE: &str = "</pre><img src=x onerror=alert(1)>\n\n# x\n```\n[a](javascript:b) | **c** http://e \u{202E}@all #1";
    let mut value = serde_json::to_value(crate::testing::verdict_of_a_held_lock()).unwrap();
    poison(&mut value, HOSTILE);
    let verdict: Verdict = serde_json::from_value(value).unwrap();
    let text = markdown(&verdict);
    assert!(!text.contains('\u{202E}'));
    let mut code = 0;
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
        match event {
            Event::Html(_) | Event::InlineHtml(_) => panic!("{event:?} in {text}"),
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Strong | Tag::HtmlBlock) => {
                panic!("{event:?} in {text}")
            }
            Event::Start(Tag::CodeBlock(_)) => code += 1,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => code -= 1,
            // Outside code spans, nothing of it may act as markup.
            Event::Text(words) if code == 0 => assert!(
                !words.contains("http://") && !words.contains('@') && !words.contains('<'),
                "{words} in {text}"
            ),
            _ => {}
        }
    }
}

/// Puts `text` into every free text of a verdict.
fn poison(value: &mut serde_json::Value, text: &str) {
    use serde_json::Value;
    const CLOSED: &[&str] = &["id", "kind", "role", "confidence", "trust", "cause_id"];
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(old)
                        if !CLOSED.contains(&key.as_str()) && !old.starts_with("0x") =>
                    {
                        *old = format!("{old}{text}");
                    }
                    Value::String(_) => {}
                    other if key == "dump" => {
                        other["kind"] = text.into();
                        other["machine"] = text.into();
                    }
                    other => poison(other, text),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, text)),
        _ => {}
    }
}
