//! A project in a temporary folder, with a guest of a few instructions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use vm::testing::driver_file::smallest_driver;

/// What the guest does, as 16-bit code at F000:E000.
#[derive(Clone, Copy)]
pub enum Firmware {
    /// Writes `hello` to COM1 and halts for ever.
    Hangs,
    /// Announces a stop on COM1 and panics. It has no dump to give.
    Panics,
    /// Resets the machine.
    Resets,
    /// Writes to COM1 without end.
    Floods,
}

/// COM1's data register, pvpanic's and the chipset's reset port.
const COM1: u16 = 0x3f8;
const PVPANIC: u16 = 0x505;
const RESET: u16 = 0xcf9;

/// What [`Firmware::Panics`] writes.
pub const STOP_LINE: &str = "*** STOP: 0x000000D1 (0x1,0x2,0x3,0x4)";

impl Firmware {
    fn image(self) -> Vec<u8> {
        let mut code = Vec::new();
        let mut out = |port: u16, byte: u8| {
            code.push(0xba); // mov $port, %dx
            code.extend(port.to_le_bytes());
            code.extend([0xb0, byte, 0xee]); // mov $byte, %al; out %al, %dx
        };
        match self {
            Self::Hangs => "hello\n".bytes().for_each(|byte| out(COM1, byte)),
            Self::Panics => {
                STOP_LINE
                    .bytes()
                    .chain([b'\n'])
                    .for_each(|byte| out(COM1, byte));
                out(PVPANIC, 1);
            }
            Self::Resets => out(RESET, 6),
            Self::Floods => {
                out(COM1, b'.');
                // Most of a line, at once.
                code.extend([0x31, 0xf6, 0xb9]); // xor %si, %si; mov $200, %cx
                code.extend(200u16.to_le_bytes());
                code.extend([0xf3, 0x2e, 0x6e]); // rep outsb %cs:(%si), (%dx)
                code.extend([0xb0, b'\n', 0xee]); // mov $'\n', %al; out %al, %dx
                let back = 0usize.wrapping_sub(code.len() + 2) as u8;
                code.extend([0xeb, back]); // jmp to the beginning
            }
        }
        code.extend([0xfa, 0xf4, 0xeb, 0xfd]); // cli; hlt; jmp to the hlt
        let mut image = vec![0; 0x1_0000];
        image[0xe000..0xe000 + code.len()].copy_from_slice(&code);
        image[0xfff0..0xfff5].copy_from_slice(&[0xea, 0x00, 0xe0, 0x00, 0xf0]); // ljmp
        image
    }
}

/// Code for address 0x7C00 that writes to the disk it came from, through the BIOS.
fn boot_sector() -> Vec<u8> {
    let mut code = vec![0x31, 0xc0, 0x8e, 0xd8]; // xor %ax, %ax; mov %ax, %ds
    code.extend([0xba]);
    code.extend(COM1.to_le_bytes()); // mov $COM1, %dx
    for byte in b"hello\n" {
        code.extend([0xb0, *byte, 0xee]); // mov $byte, %al; out %al, %dx
    }
    let again = code.len();
    code.extend([0xbe, 0x00, 0x7d]); // mov $0x7d00, %si: the request
    code.extend([0xb8, 0x00, 0x43]); // mov $0x4300, %ax: extended write
    code.extend([0xb2, 0x80, 0xcd, 0x13]); // mov $0x80, %dl; int $0x13
    code.extend([0x66, 0x83, 0x06, 0x08, 0x7d, 64]); // addl $64, 0x7d08
    let back = again.wrapping_sub(code.len() + 2) as u8;
    code.extend([0xeb, back]); // jmp again
    let mut sector = vec![0; 512];
    sector[..code.len()].copy_from_slice(&code);
    // 64 sectors from 0x10000 to sector 2048 on.
    sector[0x100..0x110].copy_from_slice(&[16, 0, 64, 0, 0, 0, 0, 0x10, 0, 8, 0, 0, 0, 0, 0, 0]);
    sector[510..].copy_from_slice(&[0x55, 0xaa]);
    sector
}

pub struct Sandbox {
    folder: TempDir,
}

const SCENARIO: &str = "\
name: crash
summary: A test.
drivers: [d]
guest: {cpus: 1, memory: 32MiB}
steps:
  - start: d
within: 5s
expect: {bugcheck: {code: 0xD1}}
";

impl Sandbox {
    /// With image `fake`, driver `d` and scenario `crash`.
    pub fn new(firmware: Firmware) -> Self {
        let sandbox = Self {
            folder: TempDir::new().unwrap(),
        };
        sandbox.write("out/firmware.bin", firmware.image());
        // The firmware ignores it, but QEMU wants something like an old Linux kernel.
        sandbox.write("out/kernel", [0; 8192]);
        sandbox.write("drivers/d.sys", smallest_driver());
        sandbox.write("drivers/d-fixed.sys", smallest_driver());
        sandbox.write("test-drivers/d/d.c", "");
        sandbox.write("scenarios/crash.yaml", SCENARIO);
        sandbox.image("1s", "[]");
        sandbox
    }

    /// Writes the image's description.
    pub fn image(&self, ready_within: &str, build: &str) {
        let text = format!(
            "name: fake\nsummary: s\nboot: {{machine: q35, firmware: {}, kernel: out/kernel}}\n\
             agent: {{port: agent, stage: 'C:\\x', ready-within: {ready_within}}}\n\
             captures: [win-dmp]\nsymbols: []\ndrivers: drivers\nbuild: {build}\n",
            self.path("out/firmware.bin").display()
        );
        self.write("images/fake/image.yaml", text);
    }

    /// Writes the description of an image on a disk, and the disk, whose boot sector fills it: it
    /// writes `hello` to COM1 and then one sector after the other, for ever.
    pub fn disk_image(&self, ready_within: &str) {
        let text = format!(
            "name: fake\nsummary: s\nos: windows\n\
             boot: {{machine: q35, disk: {{file: out/disk.qcow2, bus: virtio}}, memory: 32MiB, cpus: 1}}\n\
             agent: {{port: agent, stage: 'C:\\x', ready-within: {ready_within}}}\n\
             captures: [win-dmp]\nsymbols: []\ndrivers: drivers\n"
        );
        self.write("images/fake/image.yaml", text);
        let raw = self.path("out/disk.raw");
        self.write("out/disk.raw", boot_sector());
        let file = fs::File::options().write(true).open(&raw).unwrap();
        file.set_len(256 << 20).unwrap();
        let mut convert = Command::new("qemu-img");
        convert.args(["convert", "-f", "raw", "-O", "qcow2"]);
        let made = convert.arg(&raw).arg(self.path("out/disk.qcow2")).status();
        assert!(made.unwrap().success());
        fs::remove_file(raw).unwrap();
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Replaces a part of the scenario, which must be there.
    pub fn change_scenario(&self, from: &str, to: &str) {
        assert!(SCENARIO.contains(from), "{from}");
        self.write("scenarios/crash.yaml", SCENARIO.replacen(from, to, 1));
    }

    /// `stopcode` in this project.
    pub fn command(&self, args: &[&str]) -> Command {
        stopcode(self.folder.path(), args)
    }

    /// `stopcode run --image fake --accel tcg` and more, to its end.
    pub fn run(&self, args: &[&str]) -> Ended {
        let args = [&["run", "--image", "fake", "--accel", "tcg"], args].concat();
        Ended::of(self.command(&args))
    }

    /// Files below `stopcode-runs`, without the folders of session and run.
    pub fn kept(&self) -> Vec<String> {
        let mut names: Vec<String> = walkdir::WalkDir::new(self.path("stopcode-runs"))
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// The program under test, started in `folder`.
pub fn stopcode(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stopcode"));
    command
        .current_dir(folder)
        .args(args)
        .env("NO_COLOR", "1")
        // Not the images of whoever runs the tests.
        .env("STOPCODE_IMAGES", "/nonexistent")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What a run of `stopcode` gave.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(mut command: Command) -> Self {
        Self::from(command.output().unwrap())
    }

    /// Checks the exit code, and that the words are in the output of either kind.
    #[track_caller]
    pub fn is(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for word in words {
            let there = self.stdout.contains(word) || self.stderr.contains(word);
            assert!(there, "no `{word}` in {self:#?}");
        }
        self
    }
}

impl From<std::process::Output> for Ended {
    fn from(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
