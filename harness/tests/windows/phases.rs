//! The phases, with a stand-in for the guest: flash that holds a program of a few instructions
//! instead of UEFI. It says on COM1 what the set-up script would say. No Windows runs here.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;

use crate::command::{Ended, Sandbox, has, text};

/// What the stand-in does.
#[derive(Clone, Copy)]
enum Guest {
    /// All steps, then switches itself off.
    Finishes,
    /// Says that a step failed.
    Fails,
    /// Begins and never ends.
    Hangs,
    /// Switches itself off at once.
    GivesUp,
    /// Stops as with a blue screen.
    Panics,
}

const COM1: u16 = 0x3F8;
const PVPANIC: u16 = 0x505;
/// The PCI configuration ports, the address of the power management base in the LPC bridge
/// (00:1f.0), and where we put it.
const PCI_ADDRESS: u16 = 0xCF8;
const PCI_DATA: u16 = 0xCFC;
const PMBASE: u32 = 0x8000_F840;
const ACPI_CONTROL: u32 = 0x8000_F844;
const PM: u16 = 0x600;

impl Guest {
    fn flash(self) -> Vec<u8> {
        let mut code = Vec::new();
        let port = |code: &mut Vec<u8>, port: u16| {
            code.push(0xBA); // mov $port, %dx
            code.extend(port.to_le_bytes());
        };
        let say = |code: &mut Vec<u8>, words: &str| {
            for byte in words.bytes() {
                port(code, COM1);
                code.extend([0xB0, byte, 0xEE]); // mov $byte, %al; out %al, %dx
            }
        };
        let long = |code: &mut Vec<u8>, to: u16, value: u32| {
            port(code, to);
            code.extend([0x66, 0xB8]); // mov $value, %eax
            code.extend(value.to_le_bytes());
            code.extend([0x66, 0xEF]); // out %eax, %dx
        };
        let off = |code: &mut Vec<u8>| {
            long(code, PCI_ADDRESS, PMBASE);
            long(code, PCI_DATA, u32::from(PM) | 1);
            long(code, PCI_ADDRESS, ACPI_CONTROL);
            long(code, PCI_DATA, 0x80); // the base is enabled
            port(code, PM + 4);
            code.extend([0xB8, 0x00, 0x20, 0xEF]); // mov $SLP_EN, %ax; out %ax, %dx
        };
        match self {
            Self::Finishes => {
                say(
                    &mut code,
                    "stopcode: step 1/2 drivers\r\nstopcode: missed fwcfg 5\r\n",
                );
                say(&mut code, "stopcode: step 2/2 agent\r\n");
                say(&mut code, "stopcode: done\r\n");
                off(&mut code);
            }
            Self::Fails => {
                say(
                    &mut code,
                    "stopcode: step 2/2 agent\r\nstopcode: failed agent 1603\r\n",
                );
            }
            Self::Hangs => say(&mut code, "stopcode: step 1/2 drivers\r\n"),
            Self::GivesUp => off(&mut code),
            Self::Panics => {
                port(&mut code, PVPANIC);
                code.extend([0xB0, 1, 0xEE]);
            }
        }
        code.extend([0xFA, 0xF4, 0xEB, 0xFD]); // cli; hlt; jmp to the hlt
        // The end of flash is at the end of the first MiB, too; there execution begins.
        let mut flash = vec![0; 128 << 10];
        let segment = 64 << 10;
        flash[segment..segment + code.len()].copy_from_slice(&code);
        flash[0x1_FFF0..0x1_FFF5].copy_from_slice(&[0xEA, 0x00, 0x00, 0x00, 0xF0]); // ljmp F000:0
        flash
    }
}

struct Bench {
    sandbox: Sandbox,
    args: Vec<String>,
}

impl Bench {
    /// None where a tool is missing or the disk is too full for an image.
    fn new(guest: Guest) -> Option<Self> {
        let tools = ["xorriso", "openssl", "qemu-system-x86_64", "qemu-img"];
        if !tools.into_iter().all(has) {
            return None;
        }
        let sandbox = Sandbox::new();
        let server = (
            "Windows Server 2022 SERVERSTANDARDCORE",
            "ServerStandardEval",
            "Server Core",
            20348,
        );
        let iso = sandbox.windows("w.iso", &[server]);
        let drivers = sandbox.virtio_win("v.iso", "2k22");
        let variables = sandbox.path("variables.fd");
        fs::write(&variables, vec![0; 64 << 10]).unwrap();
        let bench = Self {
            args: [
                "--iso",
                text(&iso),
                "--virtio-win",
                text(&drivers),
                "--name",
                "w",
                "--memory",
                "2G",
                "--dump",
                "small",
                "--cpus",
                "1",
                "--build-accel",
                "tcg",
                "--firmware",
                text(&sandbox.path("code.fd")),
                text(&variables),
                "--install-within",
                "8s",
            ]
            .map(str::to_owned)
            .into(),
            sandbox,
        };
        bench.becomes(guest);
        Some(bench)
    }

    fn becomes(&self, guest: Guest) {
        fs::write(self.sandbox.path("code.fd"), guest.flash()).unwrap();
    }

    /// None if this machine has too little room, which is another test's matter.
    fn build(&self) -> Option<Ended> {
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        let ended = self.sandbox.build(&args);
        if ended.code == Some(2) && ended.err.contains("the image needs about") {
            eprintln!("ignored: {}", ended.err);
            return None;
        }
        Some(ended)
    }

    fn workshop(&self, file: &str) -> PathBuf {
        self.sandbox.path("store/.building-w").join(file)
    }
}

/// The whole of the first phase is real: certificate, answer file, disc.
#[test]
fn the_answer_disc_holds_what_was_planned() {
    let Some(bench) = Bench::new(Guest::GivesUp) else {
        return;
    };
    let Some(ended) = bench.build() else { return };
    ended.says(
        101,
        &[
            "install: the guest switched itself off too early",
            "screen is in",
        ],
    );
    let out = bench.sandbox.path("read-back");
    let status = Command::new("xorriso")
        .args(["-osirrox", "on", "-indev"])
        .arg(bench.workshop("answers.iso"))
        .args(["-extract", "/", text(&out)])
        .output()
        .unwrap();
    assert!(
        status.status.success(),
        "{}",
        String::from_utf8_lossy(&status.stderr)
    );
    let read = |file: &str| fs::read_to_string(out.join(file)).unwrap();
    let mut plan = crate::plans::plan(
        windows_image::Version::Server2022,
        &bench.sandbox.path("store"),
    );
    plan.found.image.language = "de-DE".into();
    plan.options.memory_mib = 2048;
    plan.options.dump = windows_image::DumpKind::Small;
    assert_eq!(read("autounattend.xml"), plan.answer().document().unwrap());
    let script = windows_image::setup_cmd(plan.found.version, &plan.options);
    assert_eq!(read("stopcode/setup.cmd"), script);
    let certificate = fs::read(out.join("stopcode/test.cer")).unwrap();
    assert_eq!(certificate[0], 0x30);
    // The private key stays at home.
    assert!(!out.join("stopcode/test.key").exists());
}

#[test]
fn each_way_to_fail_has_its_words_and_leaves_no_image() {
    let cases: [(Guest, i32, &[&str]); 4] = [
        (
            Guest::Fails,
            101,
            &["set-up script failed in step `agent` with exit code 1603"],
        ),
        (
            Guest::Hangs,
            101,
            &["install was not done within 8s", "step 1 of 2", "(drivers)"],
        ),
        (
            Guest::Panics,
            101,
            &["install: the guest stopped with a blue screen"],
        ),
        (
            Guest::GivesUp,
            101,
            &["switched itself off too early", "in Windows Setup"],
        ),
    ];
    for (guest, code, words) in cases {
        let Some(bench) = Bench::new(guest) else {
            return;
        };
        let Some(ended) = bench.build() else { return };
        ended.says(code, words);
        ended.says(code, &["its screen is in", "screen.png"]);
        assert!(
            (ended.err).contains("warning: without KVM the installation takes many hours"),
            "{}",
            ended.err
        );
        assert!(bench.workshop("screen.png").is_file());
        assert_eq!(
            bench.sandbox.stored(),
            [".building-w"],
            "no image may be there"
        );
    }
}

#[test]
fn an_interrupted_build_goes_on_where_it_was() {
    let Some(bench) = Bench::new(Guest::Finishes) else {
        return;
    };
    let Some(ended) = bench.build() else { return };
    // Installed, as far as anybody can tell from outside; but what boots then has no agent.
    ended.says(101, &["settle: the guest switched itself off too early"]);
    let told = [
        "step 1 of 2",
        "warning: step fwcfg",
        "failed (5)",
        "step 2 of 2",
        "was done",
    ];
    let places = told.map(|words| {
        ended
            .err
            .find(words)
            .unwrap_or_else(|| panic!("{words}: {ended:?}"))
    });
    assert!(places.is_sorted(), "{}", ended.err);
    assert!(ended.err.contains("install: done after"), "{}", ended.err);
    assert_eq!(bench.sandbox.stored(), [".building-w"]);
    let key = fs::read(bench.workshop("test.key")).unwrap();

    let again = bench.build().unwrap();
    again.says(101, &["settle: "]);
    assert!(
        again
            .err
            .contains("answers: done before\ninstall: done before"),
        "{}",
        again.err
    );
    assert_eq!(fs::read(bench.workshop("test.key")).unwrap(), key);

    // Other media: what was done is of no use.
    let iso = fs::File::options()
        .write(true)
        .open(bench.sandbox.path("w.iso"))
        .unwrap();
    iso.write_all_at(&[0], 100).unwrap();
    let anew = bench.build().unwrap();
    assert!(!anew.err.contains("done before"), "{}", anew.err);
    assert_ne!(fs::read(bench.workshop("test.key")).unwrap(), key);
}

#[test]
fn two_builds_of_one_image_keep_out_of_each_others_way() {
    let Some(bench) = Bench::new(Guest::Hangs) else {
        return;
    };
    let args: Vec<&str> = bench.args.iter().map(String::as_str).collect();
    let args = [&["image", "build", "windows"], &args[..]].concat();
    let mut first = bench
        .sandbox
        .command(&args)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !bench.workshop("install.serial.log").exists() {
        if first.try_wait().unwrap().is_some() {
            eprintln!("ignored: it did not begin (see the other tests)");
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let second = bench.build().unwrap();
    second.says(101, &["image w is being built by another stopcode"]);
    // SIGINT: it ends at once, and says how to go on.
    let pid = nix::unistd::Pid::from_raw(first.id() as i32);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    let first = first.wait_with_output().unwrap();
    assert_eq!(first.status.code(), Some(130));
    let words = String::from_utf8_lossy(&first.stderr);
    assert!(
        words.contains("interrupted; the same command goes on with install"),
        "{words}"
    );
}
