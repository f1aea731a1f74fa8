//! Pages of made-up results, hostile ones among them.

use runner::events::Outcome;

use super::*;
use crate::tests::{failed, record};
use crate::{FileKind, Gathered};

const ATTACK: &str =
    "</pre></style><script>alert(1)</script><img src=x onerror=\"alert(1)\">'\u{202e}";

/// A report folder in which everything that comes from outside is an attack.
fn hostile() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path()).unwrap();
    let mut bad = record("r1", "tinynt::a", 1, failed());
    let report = &mut bad.report;
    report.rerun = ATTACK.into();
    report.notes = vec![ATTACK.into()];
    report.seed = Some(ATTACK.into());
    if let Outcome::Failed { mismatches } = &mut report.outcome {
        mismatches[0].actual = ATTACK.into();
        mismatches[0].field = ATTACK.into();
    }
    report.expected[0].value = ATTACK.into();
    let artefacts = report.artefacts.as_mut().unwrap();
    artefacts.folder = format!("/x/{ATTACK}").into();
    artefacts.dump = Some(format!("/x/{ATTACK}/memory.dmp").into());
    let verdict = report.verdict.as_mut().unwrap();
    verdict.cause.title = ATTACK.into();
    verdict.cause.explanation = ATTACK.into();
    verdict.bugcheck.name = Some(ATTACK.into());
    verdict.bugcheck.code_hex = ATTACK.into();
    verdict.signature = ATTACK.into();
    verdict.victims[0].why = ATTACK.into();
    verdict.victims[0].module = Some(ATTACK.into());
    let culprit = verdict.culprit.as_mut().unwrap();
    culprit.module = ATTACK.into();
    culprit.function = Some(ATTACK.into());
    culprit.source_file = Some(ATTACK.into());
    verdict.stacks = vec![
        serde_json::from_value(serde_json::json!({
            "kind": "crash", "process": ATTACK, "note": ATTACK, "thread_state": ATTACK,
            "frames": [{"symbol": ATTACK, "module": ATTACK, "function": ATTACK,
                        "source_file": ATTACK, "trust": "scan"}],
        }))
        .unwrap(),
    ];
    let verdict = verdict.clone();
    report.live_verdict = Some(verdict.clone());
    report.analyses[0].analyzer = ATTACK.into();
    report.analyses[1].result = runner::events::AnalysisResult::Trouble(ATTACK.into());
    report.phases[1].phase = runner::events::Phase::Starting(ATTACK.into());
    let files = [
        Gathered::whole(FileKind::Serial, ATTACK.into()),
        Gathered::whole(FileKind::Screen, ATTACK.into()),
    ];
    store.put_with(bad, &files).unwrap();
    (folder, store)
}

fn pages(store: &Store) -> Vec<String> {
    let rendered = render(store);
    assert!(rendered.problems.is_empty(), "{:?}", rendered.problems);
    (walkdir::WalkDir::new(store.dir()).into_iter())
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "html"))
        .map(|entry| std::fs::read_to_string(entry.path()).unwrap())
        .collect()
}

#[test]
fn what_others_wrote_stays_text() {
    let (_folder, store) = hostile();
    let pages = pages(&store);
    assert_eq!(pages.len(), 2);
    for page in &pages {
        let lower = page.to_lowercase();
        let scripts = usize::from(page.contains("id=\"filter\""));
        assert_eq!(lower.matches("<script").count(), scripts);
        // A file that is not a picture is not embedded.
        assert_eq!(lower.matches("<img").count(), 0);
        assert!(!lower.contains("<img src=x"), "{page}");
        assert_eq!(lower.matches("</style>").count(), 1);
        assert!(page.contains("&lt;script&gt;alert(1)"));
        // maud escapes `>` in attributes, so a tag ends at the next one.
        for tag in page
            .split('<')
            .skip(1)
            .map(|rest| rest.split('>').next().unwrap())
        {
            let quoted = tag.replace("onerror=&quot;alert(1)&quot;", "");
            assert!(!quoted.contains("onerror="), "{tag}");
        }
    }
}

#[test]
fn the_policy_knows_our_style_and_script_and_nothing_else() {
    let (_folder, store) = hostile();
    for page in pages(&store) {
        let policy = page.split("content=\"").nth(1).unwrap();
        let policy = policy.split('"').next().unwrap();
        assert!(policy.starts_with("default-src 'none'; img-src data:; style-src 'sha256-"));
        assert!(
            !policy.contains("unsafe") && !policy.contains("http"),
            "{policy}"
        );
        // A style attribute would be refused.
        assert!(!page.contains(" style="));
        assert!(!page.contains("http://") && !page.contains("https://"));
    }
}

#[test]
fn a_page_shows_what_differs_and_links_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path()).unwrap();
    let mut bad = record("r1", "tinynt::a", 1, failed());
    bad.report.artefacts.as_mut().unwrap().dump = Some(store.dir().join("kept/memory.dmp"));
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    png.extend_from_slice(&[0; 64]);
    let files = [
        Gathered::whole(FileKind::Serial, b"line one\n".to_vec()),
        Gathered::whole(FileKind::Screen, png),
    ];
    store.put_with(bad, &files).unwrap();
    store
        .put(&record("r1", "tinynt::a::fixed", 2, Outcome::Passed))
        .unwrap();
    let mut second = record("r2", "tinynt::a", 3, Outcome::Passed);
    second.report.reproduced = Some(true);
    store.put(&second).unwrap();
    let rendered = render(&store);
    assert_eq!(rendered.pages, 3);
    let read = |file: &str| std::fs::read_to_string(store.dir().join(file)).unwrap();
    let index = read("index.html");
    assert_eq!(index.len(), rendered.index_bytes);
    for word in [
        "1 of 3 results need attention",
        "pages/r1/tinynt.a.1.html",
        "flaky 1/2",
        "data-status=\"all bad passed rare\"",
        "irql-leaked",
    ] {
        assert!(index.contains(word), "{word}");
    }
    let page = read("pages/r1/tinynt.a.1.html");
    for word in [
        "data:image/png;base64,iVBOR",
        "../../kept/memory.dmp",
        "line one",
        "dpc-overrun",
        "../../files/r1/tinynt.a.1/serial.log",
        "../r2/tinynt.a.1.html",
        "<svg class=\"timeline\"",
        "no verdict: </span>exit status 1",
    ] {
        assert!(page.contains(word), "{word}");
    }
    assert!(!read("pages/r1/tinynt.a.fixed.1.html").contains("did not stop"));
}

#[test]
fn an_empty_folder_has_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path()).unwrap();
    let pages = pages(&store);
    assert!(pages[0].contains("No results yet"));
}
