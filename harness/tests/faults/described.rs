//! The bundled guest under other descriptions, in a store: one that says nothing on COM1, as Windows
//! does not; one whose symbols are on a server; one whose drivers are signed. And `image check`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;
use vm::driver::Signer;

use crate::project::{Ended, stopcode};
use crate::symbol_server::Server;
use crate::tinynt::{missing, report_of, root};
use crate::{Case, case};

pub fn cases() -> Vec<Case> {
    let missing = missing();
    let signs = ["openssl", "osslsigncode"]
        .into_iter()
        .find(|tool| !has(tool));
    [
        case("tinynt::image_check", image_check),
        case("tinynt::image_check_without_symbols", check_without_symbols),
        case("tinynt::image_of_an_older_version", older_version),
        case("tinynt::watchdog_seen_in_memory", watchdog_seen_in_memory),
        case("tinynt::watchdog_that_cannot_be_seen", watchdog_unseen),
        case("tinynt::run_with_a_symbol_server", run_with_a_server),
        Case {
            missing: signs.map(|tool| format!("{tool} is not installed")),
            ..case("tinynt::run_with_signed_drivers", run_with_signed_drivers)
        },
    ]
    .into_iter()
    .map(|case| Case {
        missing: missing.clone().or(case.missing),
        ..case
    })
    .collect()
}

fn has(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
}

/// A store with the bundled guest as image `other`.
struct Store(TempDir);

impl Store {
    /// `more` are further keys; `symbols` is the key's value. It has no `lockstep-gate`, as no guest
    /// on a disk has.
    fn new(more: &str, symbols: &str) -> Self {
        let store = Self(TempDir::new().unwrap());
        let guest = root().join("target/guest");
        let guest = guest.display();
        fs::create_dir(store.path("other")).unwrap();
        let text = format!(
            r"format: 1
name: other
summary: The bundled guest, described otherwise.
{more}
boot:
  machine: q35
  firmware: qboot.rom
  kernel: {guest}/tinynt/loader.elf
  fw-cfg: {{opt/tinynt/kernel: {guest}/tinynt/ntoskrnl.exe}}
  modules:
    prefix: opt/tinynt/boot
    folder: {guest}/tinynt/inbox
    order: [ramdisk.sys, fastfat.sys, swenum.sys, qemuga.sys]
  seed: opt/tinynt/seed
agent: {{port: org.qemu.guest_agent.0, stage: 'C:\Stopcode', ready-within: 30s}}
captures: [win-dmp, elf-dump]
symbols: {symbols}
drivers: {guest}/drivers
"
        );
        fs::write(store.path("other/image.yaml"), text).unwrap();
        store
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn stopcode(&self, args: &[&str]) -> Ended {
        let mut command = stopcode(&root(), args);
        command
            .env("STOPCODE_IMAGES", self.0.path())
            .env_remove("_NT_SYMBOL_PATH")
            .env_remove("_NT_ALT_SYMBOL_PATH");
        Ended::of(command)
    }

    /// Runs scenarios on the image; artefacts go to where the store is.
    fn run(&self, args: &[&str]) -> Ended {
        let more = ["run", "--image", "other", "--accel", "tcg"];
        self.stopcode(&[&more, args].concat())
    }

    /// `scenarios/dpc-overrun.yaml` with parts replaced.
    fn overrun(&self, changes: &[(&str, &str)]) -> String {
        let mut text = fs::read_to_string(root().join("scenarios/dpc-overrun.yaml")).unwrap();
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        let file = self.path("changed.yaml");
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }
}

fn folders() -> String {
    let guest = root().join("target/guest");
    let guest = guest.display();
    format!("[{guest}/tinynt/symbols, {guest}/drivers]")
}

fn image_check() {
    let check = |more: &[&str]| {
        let args = [&["image", "check", "tinynt", "--accel", "tcg"], more].concat();
        Ended::of(stopcode(&root(), &args))
    };
    let found = [
        "agent        ready after",
        "verifier     yes, without a restart",
        "symbols      ntkrnlmp.pdb ",
        "4 of 4 other modules have theirs here",
        "pvpanic      yes, at a non-maskable interrupt",
        "hv-crash     not used by TinyNT",
        "dump         win-dmp, stop 0x80",
    ];
    let visible = check(&[]).is(0, &found);
    visible.is(
        0,
        &["DPC watchdog not armed (nt!KeEnableWatchdogTimeout is 0)"],
    );
    // 20 s and 120 s, in ticks of 15.625 ms.
    let armed = "DPC watchdog armed: 1280 ticks for a DPC, 7680 ticks at DISPATCH_LEVEL";
    check(&["--hypervisor", "hidden"])
        .is(0, &found)
        .is(0, &[armed]);
}

fn check_without_symbols() {
    let store = Store::new("", "[]");
    let ended = store.stopcode(&["image", "check", "other", "--accel", "tcg"]);
    ended.is(
        101,
        &[
            "symbols      NO: ntkrnlmp.pdb ",
            "is not in the symbol folders",
            "DPC watchdog unknown because no symbols of the kernel",
            "pvpanic      yes",
            "error: image other is not all that it should be: symbols",
        ],
    );
}

/// What an older stopcode has built says so, wherever it is used, and hides no other image.
fn older_version() {
    let store = Store::new("", &folders());
    let file = store.path("other/image.yaml");
    let text = fs::read_to_string(&file).unwrap();
    for (format, words) in [
        ("", "an image without `format`"),
        (
            "format: 0\n",
            "an image of format 0, where this stopcode reads",
        ),
        (
            "format: 2\n",
            "an image of format 2, where this stopcode reads",
        ),
    ] {
        fs::write(&file, text.replacen("format: 1\n", format, 1)).unwrap();
        let again = "`stopcode image build` makes it anew";
        store.run(&["null-dereference"]).is(2, &[words, again]);
        store
            .stopcode(&["image", "check", "other"])
            .is(2, &[words, again]);
        store
            .stopcode(&["image", "list"])
            .is(0, &["other  unusable", "tinynt  available"]);
    }
}

/// The guest says on COM1 whether its watchdog is armed, but nobody listens.
fn watchdog_seen_in_memory() {
    let store = Store::new("com1: nothing", &folders());
    let hidden = store.run(&[&store.overrun(&[]), "--keep", "never"]);
    hidden.is(0, &["PASS", "1 passed"]);
    let visible = store.overrun(&[("hypervisor: hidden", "hypervisor: visible")]);
    let ended = store.run(&[&visible, "--keep", "never"]).is(
        101,
        &[
            "DPC watchdog not armed (nt!KeEnableWatchdogTimeout is 0)",
            "0 passed",
        ],
    );
    for word in ["PASS", "FAIL"] {
        assert!(!ended.stdout.contains(word), "{}", ended.stdout);
    }
}

/// Without symbols nobody can tell: the run goes on, and a stop that does not come is no failure.
fn watchdog_unseen() {
    let store = Store::new("com1: nothing", "[]");
    let visible = store.overrun(&[
        ("hypervisor: hidden, clock: warp", "hypervisor: visible"),
        ("within: 60s", "within: 2s"),
    ]);
    store.run(&[&visible, "--keep", "never"]).is(
        101,
        &[
            "whether the DPC watchdog is armed in this guest was not seen",
            "whether the DPC watchdog is armed is not known: no symbols of the kernel",
            "0 passed",
        ],
    );
}

/// The report of a run on the image, which leaves nothing.
fn report_on(store: &Store, code: i32) -> (Value, Ended) {
    let args = [
        "spinlock-hog",
        "--message-format",
        "json",
        "--keep",
        "never",
    ];
    let ended = store.run(&args).is(code, &[]);
    let is_report =
        |line: &&str| line.contains("\"test-finished\"") && line.contains("other::spinlock-hog\"");
    let line = ended.stdout.lines().find(is_report).unwrap();
    (serde_json::from_str(line).unwrap(), ended)
}

fn run_with_a_server() {
    let guest = root().join("target/guest");
    let server = Server::new(&[guest.join("tinynt/symbols"), guest.join("drivers")]);
    let cache = TempDir::new().unwrap();
    let place = |cache: &Path| format!("['srv*{}*{}']", cache.display(), server.url);
    let store = Store::new("", &place(&cache.path().join("kept")));
    let known = report_of("tinynt::spinlock-hog");
    crate::tinynt::remove_artefacts(&known);
    let same = |report: &Value| {
        // What does not differ from run to run: addresses do.
        for part in [
            "bugcheck/code",
            "cause/id",
            "culprit/module",
            "culprit/function",
            "culprit/source_line",
            "signature",
        ] {
            let of = |report: &Value| report.pointer(&format!("/verdict/{part}")).cloned();
            assert!(of(&known).is_some_and(|value| !value.is_null()), "{part}");
            assert_eq!(of(report), of(&known), "{part}");
        }
    };
    let (report, _) = report_on(&store, 0);
    same(&report);
    let asked = server.asked();
    assert!(asked >= 2, "{asked}");
    assert!(cache.path().join("kept/ntkrnlmp.pdb").is_dir());
    assert!(cache.path().join("kept/spinlock-hog.pdb").is_dir());
    // What CI keeps is enough.
    server.fall_silent();
    let (report, _) = report_on(&store, 0);
    same(&report);
    assert_eq!(server.asked(), asked, "the second run asked again");
    // Without it, what is missing is said, and where it is to be had.
    let store = Store::new("", &place(&cache.path().join("none")));
    let (report, _) = report_on(&store, 100);
    let unknown = report["verdict"]["unknown"].to_string();
    for words in ["ntkrnlmp.pdb", &server.url, "where there is a network, get"] {
        assert!(unknown.contains(words), "no {words:?} in {unknown}");
    }
}

/// Drivers are signed on their way: the guest loads what osslsigncode verifies.
fn run_with_signed_drivers() {
    let certificates = TempDir::new().unwrap();
    let file = |name: &str| certificates.path().join(name);
    let signer = Signer::create(&file("c.crt"), &file("c.key"), "t").unwrap();
    let signing = format!(
        "signing: {{certificate: '{}', key: '{}'}}",
        signer.certificate.display(),
        signer.key.display()
    );
    let store = Store::new(&signing, &folders());
    let args = [
        "null-dereference",
        "--message-format",
        "json",
        "--keep",
        "always",
    ];
    let ended = store.run(&args).is(0, &[]);
    let mut signed = 0;
    let mut session = None;
    for line in ended.stdout.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let Some(folder) = event["artefacts"]["folder"].as_str() else {
            continue;
        };
        let folder = Path::new(folder);
        for entry in fs::read_dir(folder.join("signed")).unwrap() {
            let delivered = entry.unwrap().path();
            let name = delivered.file_name().unwrap();
            let original = root().join("target/guest/drivers").join(name);
            assert_ne!(fs::read(&delivered).unwrap(), fs::read(original).unwrap());
            signer.verify(&delivered).unwrap();
            signed += 1;
        }
        session = folder.parent().map(Path::to_owned);
    }
    // The driver and its twin.
    assert_eq!(signed, 2);
    let _ = fs::remove_dir_all(session.unwrap());

    // Another's certificate does not verify it, and a missing key is said before anything boots.
    fs::remove_file(&signer.key).unwrap();
    store
        .run(&["null-dereference", "--keep", "never"])
        .is(101, &["c.key"]);
}
