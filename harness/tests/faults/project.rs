//! A project in a temporary folder, with a guest of a few instructions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::driver_file::smallest_driver;

/// What the guest does, as 16-bit code at F000:E000.
#[derive(Clone, Copy)]
pub enum Firmware {
    /// Writes `hello` to COM1 and halts for ever.
    Hangs,
    /// Announces a stop on COM1 and panics. It has no dump to give.
    Panics,
    /// Resets the machine.
    Resets,
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
        }
        code.extend([0xfa, 0xf4, 0xeb, 0xfd]); // cli; hlt; jmp to the hlt
        let mut image = vec![0; 0x1_0000];
        image[0xe000..0xe000 + code.len()].copy_from_slice(&code);
        image[0xfff0..0xfff5].copy_from_slice(&[0xea, 0x00, 0xe0, 0x00, 0xf0]); // ljmp
        image
    }
}

/// The project.
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
