//! The pages as a browser shows them.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use results::report::html;
use results::{Store, Timestamp};

use crate::browser::{Browser, Look};
use crate::{project, ran, stopcode};

/// The index of thirty runs stays below.
const MAX_INDEX: usize = 2 << 20;

/// They are usable for everybody, complain about nothing, load nothing, and lead somewhere.
pub fn in_a_browser() {
    let program = Browser::find().expect("no chromium (Debian: apt-get install chromium)");
    let folder = ran().folder.path().join("report");
    let store = Store::open(&folder).unwrap();
    remember_an_earlier_run(&store);
    let rendered = html::render(&store);
    let index = fs::read_to_string(&rendered.index).unwrap();
    assert!(
        index.contains("Against earlier runs"),
        "no history in the index"
    );
    assert!(rendered.problems.is_empty(), "{:?}", rendered.problems);
    assert!(
        rendered.index_bytes <= MAX_INDEX,
        "{}",
        rendered.index_bytes
    );
    let bytes: u64 = (walkdir::WalkDir::new(&folder).into_iter())
        .filter_map(|entry| entry.unwrap().metadata().ok())
        .filter(|about| about.is_file())
        .map(|about| about.len())
        .sum();
    let (index, pages) = (rendered.index_bytes, rendered.pages);
    eprintln!("index {index} bytes, {pages} pages, folder {bytes} bytes");

    let pictures = project().root().join("target/report-screenshots");
    fs::create_dir_all(&pictures).unwrap();
    let begun = Instant::now();
    let mut browser = Browser::start(program);
    let page = |test: &str| store.dir().join(format!("pages/nightly-1/{test}.html"));
    let shown = [
        ("index", rendered.index.clone()),
        ("crash", page("tinynt.leaked-irql.1")),
        ("twin", page("tinynt.leaked-irql.fixed.1")),
        ("failed", page("tinynt.wrong-cause.1")),
    ];
    let looks = [
        ("light", 1280, false),
        ("dark", 1280, true),
        ("narrow", 390, false),
    ];
    for (name, file) in &shown {
        for (look, width, dark) in looks {
            browser.open(&format!("file://{}", file.display()), Look { width, dark });
            let wrong = browser.eval(include_str!("checks.js"));
            assert_eq!(wrong, serde_json::json!([]), "{name}, {look}");
            assert_eq!(browser.complaints(), Vec::<String>::new(), "{name}, {look}");
            if look == "light" {
                links_resolve(&mut browser);
            }
            let picture = pictures.join(format!("{name}-{look}.png"));
            let (bytes, colours) = browser.picture(&picture);
            eprintln!("{}: {bytes} bytes, {colours} colours", picture.display());
            assert!(
                bytes > 10_000 && colours > 50,
                "{name}, {look}: it is blank"
            );
        }
    }
    used_by_keyboard(&mut browser, &rendered.index);
    eprintln!("the browser took {:.1} s", begun.elapsed().as_secs_f64());
}

/// Puts the results into a history in which there is a run before them.
fn remember_an_earlier_run(store: &Store) {
    let folder = tempfile::tempdir().unwrap();
    let earlier = Store::create(&folder.path().join("earlier")).unwrap();
    let hour = Duration::from_secs(3_600);
    let before = |time: Timestamp| Timestamp::of(time.time() - hour);
    for mut record in store.read_all().0 {
        record.run = "nightly-0".parse().unwrap();
        record.finished = before(record.finished);
        record.files.clear();
        earlier.put(&record).unwrap();
    }
    for mut run in store.read_runs().0 {
        run.run = "nightly-0".parse().unwrap();
        run.started = before(run.started);
        earlier.put_run(&run).unwrap();
    }
    let mut history = stopcode();
    history
        .args(["report", "history"])
        .args([earlier.dir(), store.dir()]);
    history
        .arg("--database")
        .arg(folder.path().join("history.sqlite"));
    let output = history.current_dir(project().root()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 100)), "{text}");
}

fn links_resolve(browser: &mut Browser) {
    let links = browser.eval("[...document.querySelectorAll('a[href]')].map((a) => a.href)");
    let links: Vec<String> = serde_json::from_value(links).unwrap();
    assert!(links.len() > 3);
    for link in links {
        let path = link
            .strip_prefix("file://")
            .unwrap_or_else(|| panic!("{link}"));
        let path = path.split('#').next().unwrap();
        assert!(!path.contains('%'), "{path}");
        assert!(Path::new(path).exists(), "{link} leads nowhere");
    }
}

/// The way past the navigation comes first; `/` leads to the filter, which hides what does not fit.
fn used_by_keyboard(browser: &mut Browser, index: &Path) {
    let look = Look {
        width: 1280,
        dark: false,
    };
    browser.open(&format!("file://{}", index.display()), look);
    browser.press("Tab", 9);
    assert_eq!(browser.eval("document.activeElement.className"), "skip");
    assert!(
        browser
            .eval("document.activeElement.getBoundingClientRect().left")
            .as_f64()
            >= Some(0.0)
    );
    let rows =
        "[...document.querySelectorAll('tr[data-counts]')].filter((row) => !row.hidden).length";
    assert_eq!(browser.eval(rows), 4);
    browser.press("/", 191);
    assert_eq!(browser.eval("document.activeElement.name"), "q");
    for letter in ["r", "a", "c", "e"] {
        browser.press(letter, u32::from(letter.as_bytes()[0].to_ascii_uppercase()));
    }
    assert_eq!(browser.eval(rows), 1);
    let said = browser.eval("document.getElementById('shown').textContent");
    assert_eq!(said, "1 of 4 scenarios shown");
    assert_eq!(browser.eval("location.hash"), "#q=race");
    browser.press("Escape", 27);
    assert_eq!(browser.eval(rows), 4);
    browser.eval("document.querySelector('[name=status][value=bad]').click()");
    assert_eq!(browser.eval(rows), 1);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
