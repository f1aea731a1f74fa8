//! `stopcode inspect` on a dump of the bundled guest: all views, in WinDbg's layout, with a golden
//! in which addresses are masked.
//!
//! `STOPCODE_UPDATE_GOLDENS=1` writes it anew; review the difference.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use crate::project::{Ended, stopcode};
use crate::tinynt::{missing, remove_artefacts, report_of, root};
use crate::{Case, case};

pub fn cases() -> Vec<Case> {
    let missing = missing();
    [
        case(
            "tinynt::views_have_windbgs_layout",
            views_have_windbgs_layout,
        ),
        case("tinynt::views_are_data_too", views_are_data_too),
        case("tinynt::evidence_can_be_pasted", evidence_can_be_pasted),
        case(
            "tinynt::cyclic_devices_are_survived",
            cyclic_devices_are_survived,
        ),
        case("tinynt::wrong_views", wrong_views),
    ]
    .into_iter()
    .map(|case| Case {
        missing: missing.clone(),
        ..case
    })
    .collect()
}

static REPORT: OnceLock<Value> = OnceLock::new();

/// Removes what [`report`] has kept.
pub fn clean_up() {
    if let Some(report) = REPORT.get() {
        remove_artefacts(report);
    }
}

/// The report of one run of `tinynt::pnp-lock-held`: locks, device nodes, an IRP, waiting threads.
fn report() -> &'static Value {
    REPORT.get_or_init(|| report_of("tinynt::pnp-lock-held"))
}

fn dump() -> PathBuf {
    PathBuf::from(report()["artefacts"]["dump"].as_str().unwrap())
}

fn inspect_file(dump: &Path, words: &[&str]) -> Ended {
    let symbols = root().join("target/guest");
    let args = [
        "inspect",
        dump.to_str().unwrap(),
        "--symbols",
        symbols.to_str().unwrap(),
    ];
    Ended::of(stopcode(&root(), &[&args[..], words].concat()))
}

fn text(command: &str) -> String {
    inspect_file(&dump(), &[command]).is(0, &[]).stdout
}

fn data(command: &str) -> Value {
    let ended = inspect_file(&dump(), &[command, "--message-format", "json"]).is(0, &[]);
    serde_json::from_str(&ended.stdout).unwrap()
}

/// The thread that holds the PnP lock, and the IRP that it works on.
fn holder() -> (String, String) {
    let thread = report()["verdict"]["bugcheck"]["parameters"][2]["value"].clone();
    let thread = thread.as_str().unwrap().to_owned();
    let view = data(&format!("thread {thread}"));
    let irp = view["data"]["irps"][0]["address"]
        .as_str()
        .unwrap()
        .to_owned();
    (thread, irp)
}

fn views_have_windbgs_layout() {
    let (thread, irp) = holder();
    let location = data(&format!("irp {irp}"))["data"]["locations"][1].clone();
    let device = location["device"].as_str().unwrap();
    let commands = [
        ".bugcheck".to_owned(),
        format!("!irp {irp}"),
        format!("!devstack {device}"),
        format!("!devobj {device}"),
        r"!drvobj \Driver\pnp-lock-held 7".to_owned(),
        "!devnode 0 1".to_owned(),
        "!locks".to_owned(),
        format!("!thread {thread}"),
        format!("k {thread}"),
        "lm".to_owned(),
        format!(
            "dt nt!_IRP {irp} Type StackCount CurrentLocation Cancel ThreadListEntry IoStatus."
        ),
        "dt nt!_KEVENT".to_owned(),
        "dt nt!_KWAIT_REASON".to_owned(),
    ];
    let shown = commands.iter().map(|command| {
        let name = command.split(" 0x").next().unwrap();
        format!("kd> {name}\n{}", stable(&text(command)))
    });
    let now: String = shown.collect::<Vec<_>>().join("\n");
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/inspect.pnp-lock-held.txt");
    if env::var_os("STOPCODE_UPDATE_GOLDENS").is_some() {
        fs::write(&file, now).unwrap();
        return;
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    assert!(golden == now, "differs from {}:\n{now}", file.display());
}

/// What is the same in every run and build: addresses, offsets in code, source lines and measured
/// times are masked.
fn stable(view: &str) -> String {
    // Which worker it was is chance, too.
    let measured = [
        "Wait Start",
        "Context Switch",
        "KernelTime",
        "UserTime",
        "THREAD",
    ];
    let mut lines = Vec::new();
    for line in view.lines() {
        // A source line follows the symbol.
        let line = match line.split_once(" [") {
            Some((before, _)) if before.contains('!') => before,
            _ => line,
        };
        let line = line.trim_end();
        let is_measured = measured.iter().any(|name| line.starts_with(name));
        let mut masked = mask(line, |run| run.chars().all(|c| c == '0') || run.len() < 12);
        if let Some((symbol, _)) = masked
            .split_once("+0x")
            .filter(|(before, _)| before.contains('!'))
        {
            masked = format!("{symbol}+#");
        }
        if is_measured {
            let text = masked
                .split(|c: char| c.is_ascii_digit() || c == '#')
                .next();
            masked = text.unwrap_or_default().trim_end().to_owned();
        }
        // Which words are left in the parameter areas is chance.
        let parts: Vec<_> = masked.split(" : ").collect();
        lines.push(match parts[..] {
            [before, _, symbol] if symbol.contains('!') => format!("{before} : … : {symbol}"),
            _ => masked,
        });
    }
    lines.join("\n") + "\n"
}

/// Replaces runs of hexadecimal digits (and ticks) that are not to be kept.
fn mask(line: &str, keep: impl Fn(&str) -> bool) -> String {
    let mut masked = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        let is_digit = |c: char| c.is_ascii_hexdigit() && !c.is_ascii_uppercase() || c == '`';
        let end = rest.find(|c: char| !is_digit(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        let next = after.chars().next().map_or(0, char::len_utf8);
        let plain: String = run.chars().filter(|&c| c != '`').collect();
        masked += if keep(&plain) { run } else { "#" };
        masked += &after[..next];
        rest = &after[next..];
    }
    masked
}

fn views_are_data_too() {
    let (thread, irp) = holder();
    let view = data(&format!("!irp {irp}"));
    assert_eq!(view["view"], "irp");
    let location = &view["data"]["locations"][1];
    assert_eq!(location["function"], "IRP_MJ_PNP");
    assert_eq!(location["minor_function"], "IRP_MN_SURPRISE_REMOVAL");
    assert_eq!(location["driver"], r"\Driver\pnp-lock-held");
    let found = data("irpfind");
    assert!(found["data"]["pool_pages"].as_u64().unwrap() > 0);
    let irps = found["data"]["irps"].as_array().unwrap();
    let same = irps.iter().find(|one| one["address"] == *irp).unwrap();
    let how: Vec<_> = same["found_in"].as_array().unwrap().iter().collect();
    assert_eq!(how, ["pool", "thread-list"]);
    let locks = data("!locks");
    let names: Vec<_> = locks["data"]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), &one["owners"][0]["thread"]))
        .collect();
    let holder = Value::from(thread.as_str());
    let expected = [
        ("nt!PiEngineLock", &holder),
        ("nt!IopDeviceTreeLock", &holder),
    ];
    assert_eq!(names, expected);
    let threads = data("threads -wr WrResource");
    assert_eq!(threads["data"]["threads"].as_array().unwrap().len(), 1);
    let running = data("running -t");
    assert_eq!(running["data"]["processors"].as_array().unwrap().len(), 2);
    let nodes = data("devnode 0 1");
    let depths = nodes["data"]["nodes"].as_array().unwrap().iter();
    let depths: Vec<_> = depths.map(|node| node["depth"].as_u64().unwrap()).collect();
    assert_eq!(depths, [0, 1, 2]);
    for command in [
        "dpcs",
        "pcr 0",
        "timers",
        "tl",
        "process 0 7",
        "us",
        "vertarget",
        "lm v",
    ] {
        assert!(data(command)["data"].is_object(), "{command}");
    }
}

fn evidence_can_be_pasted() {
    let evidence = report()["verdict"]["evidence"].as_array().unwrap();
    let commands = evidence.iter().filter_map(|one| one["windbg"].as_str());
    for command in commands {
        let ended = inspect_file(&dump(), &[command]).is(0, &[]);
        assert!(ended.stdout.lines().count() > 0, "{command}");
        assert!(
            !ended.stdout.contains("unknown because"),
            "{command}: {}",
            ended.stdout
        );
    }
}

/// The dump with each pointer to one object turned into one to another.
fn redirected(pairs: &[(&str, &str)]) -> tempfile::TempPath {
    let mut bytes = fs::read(dump()).unwrap();
    let number = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap();
    for (from, to) in pairs {
        let (from, to) = (number(from).to_le_bytes(), number(to).to_le_bytes());
        let slots = bytes.chunks_exact_mut(8).filter(|slot| **slot == from);
        slots.for_each(|slot| slot.copy_from_slice(&to));
    }
    let file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    fs::write(&file, bytes).unwrap();
    file
}

fn cyclic_devices_are_survived() {
    let (thread, irp) = holder();
    let devices = data(&format!("!irp {irp}"))["data"]["locations"][1]["device"].clone();
    let top = devices.as_str().unwrap();
    let stack = data(&format!("devstack {top}"));
    let below = stack["data"]["devices"][1]["address"].as_str().unwrap();
    let nodes = data("devnode 0 1");
    let node = |index: usize| nodes["data"]["nodes"][index]["address"].as_str().unwrap();
    let file = redirected(&[(below, top), (node(2), node(1))]);
    let devstack = inspect_file(&file, &["devstack", top]).is(0, &["it is cyclic"]);
    assert!(devstack.stdout.lines().count() < 10, "{}", devstack.stdout);
    inspect_file(&file, &["devnode", "0", "1"]).is(0, &["the tree is cyclic"]);
    let all = format!("irpfind; locks; process 0 7; us; timers; thread {thread}; irp {irp}");
    inspect_file(&file, &[&all]).is(0, &[]);
}

fn wrong_views() {
    let dump = dump();
    let wrong = |words: &[&str], message: &[&str]| {
        inspect_file(&dump, words).is(2, message);
    };
    wrong(
        &["!dpcwatchdogs"],
        &["no view `!dpcwatchdogs`", "dpcwatchdog"],
    );
    wrong(&["irp"], &["Usage: irp ADDR"]);
    wrong(&["irp", "xyz"], &["`xyz` is no address"]);
    wrong(&["dt", "nt!_KTHRAED"], &["near: _KTHREAD"]);
    wrong(&["k", "--message-format", "yaml"], &["human or json"]);
    wrong(
        &["k", "--transcript"],
        &["--transcript chooses the views itself"],
    );
    // One that makes no sense does not hide the others.
    wrong(
        &["lm; irp xyz; .bugcheck"],
        &["Bugcheck code 0000009F", "module name", "xyz"],
    );
}
