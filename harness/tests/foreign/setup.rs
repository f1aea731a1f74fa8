//! `stopcode image build windows`, from media to a saved state, with a stand-in for Windows: a medium
//! that UEFI boots and that installs, on the AHCI disk, a system with the real guest agent, whose
//! programs answer as Windows' would. Firmware, discs, disks, phases, agent and saved state are real;
//! Setup, `setup.cmd` and all that Windows does are not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Failed;
use tempfile::TempDir;
use windows_image::testing::{wim, xml};

use crate::guest::project;

/// A Windows Server 2022 by its name: the version that asks least of the disk.
const EDITION: (&str, &str, &str, u32) = (
    "Windows Server 2022 SERVERSTANDARDCORE",
    "ServerStandardEval",
    "Server Core",
    20348,
);

struct Bench {
    folder: TempDir,
}

impl Bench {
    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn medium(&self, name: &str, files: &[(&str, &[u8])], boot: bool) -> Result<PathBuf, Failed> {
        let content = self.path(&format!("{name}.d"));
        for (path, bytes) in files {
            let file = content.join(path);
            fs::create_dir_all(file.parent().ok_or("no folder")?)?;
            fs::write(file, bytes)?;
        }
        let iso = self.path(name);
        let mut command = Command::new("xorriso");
        command
            .args(["-as", "mkisofs", "-quiet", "-r", "-J", "-o"])
            .arg(&iso);
        if boot {
            command.args(["-eltorito-alt-boot", "-e", "efi.img", "-no-emul-boot"]);
        }
        let output = command.arg(&content).output()?;
        fs::remove_dir_all(&content)?;
        match output.status.success() {
            true => Ok(iso),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
        }
    }

    /// `stopcode` with a store of its own; what it said, and its exit code.
    fn stopcode(&self, args: &[&str]) -> Result<(Option<i32>, String), Failed> {
        let output = Command::new(env!("CARGO_BIN_EXE_stopcode"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(args)
            .env("STOPCODE_IMAGES", self.path("store"))
            .env("NO_COLOR", "1")
            .output()?;
        let text = [output.stdout, output.stderr].concat();
        Ok((
            output.status.code(),
            String::from_utf8_lossy(&text).into_owned(),
        ))
    }
}

fn has_all(text: &str, words: &[&str]) -> Result<(), Failed> {
    match words.iter().find(|words| !text.contains(**words)) {
        None => Ok(()),
        Some(missing) => Err(format!("no {missing:?} in {text}").into()),
    }
}

pub fn built() -> Result<(), Failed> {
    let root = project()?.root().to_owned();
    let status = Command::new("sh")
        .arg("images/debian/setup/build")
        .current_dir(&root)
        .status()?;
    if !status.success() {
        return Err(format!("images/debian/setup/build: {status}").into());
    }
    let bench = Bench {
        folder: TempDir::new()?,
    };
    let standin = |name: &str| fs::read(root.join("target/guest/debian/setup").join(name));
    let (efi, disk) = (standin("efi.img")?, standin("disk.img")?);
    let wim = wim(&xml(&[EDITION]));
    let iso = bench.medium(
        "windows.iso",
        &[
            ("sources/install.wim", &wim),
            ("setup.exe", b"MZ"),
            ("efi.img", &efi),
            ("disk.img", &disk),
        ],
        true,
    )?;
    let drivers = [
        ("vioserial/2k22/amd64/vioser.inf", &b"x"[..]),
        ("fwcfg/2k22/amd64/fwcfg.inf", b"x"),
        ("pvpanic/2k22/amd64/pvpanic.inf", b"x"),
        ("guest-agent/qemu-ga-x86_64.msi", b"x"),
    ];
    let virtio = bench.medium("virtio-win.iso", &drivers, false)?;
    let text = |path: &Path| path.display().to_string();
    let (iso, virtio) = (text(&iso), text(&virtio));
    let (code, said) = bench.stopcode(&[
        "image",
        "build",
        "windows",
        "--iso",
        &iso,
        "--virtio-win",
        &virtio,
        "--name",
        "built",
        "--memory",
        "2G",
        "--cpus",
        "1",
        "--dump",
        "small",
        "--build-accel",
        "tcg",
        "--settle",
        "2s",
        "--install-within",
        "10m",
    ])?;
    eprintln!("{said}");
    assert_eq!(code, Some(0), "{said}");
    // Phase by phase; the steps are those of the script on the answer disc.
    let told = [
        "answers: done after",
        "step 1 of 11 of the set-up script (certificate)",
        "step 11 of 11 of the set-up script",
        "the set-up script was done",
        "install: done after",
        "settle: the agent answers",
        "settle: test signing: yes",
        "settle: fwcfg: yes",
        "settle: done after",
        "publish: done after",
        "built: built in",
        "saved        ",
    ];
    has_all(&said, &told)?;
    let mut kept: Vec<String> = fs::read_dir(bench.path("store/built"))?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    kept.sort();
    assert_eq!(
        kept,
        [
            "answers",
            "disk.qcow2",
            "firmware.fd",
            "image.yaml",
            "install.serial.log",
            "qemu.log",
            "settle.serial.log",
            "settled.state",
            "settled.state.disk.qcow2",
            "settled.state.json",
            "settled.state.variables.fd",
            "test.crt",
            "test.key",
            "vars.fd",
        ]
    );
    let (_, listed) = bench.stopcode(&["image", "list"])?;
    has_all(&listed, &["built  available"])?;

    // It goes on from its saved state, answers as it did, and is found not to be Windows.
    let (code, said) = bench.stopcode(&["image", "check", "built", "--accel", "tcg"])?;
    assert_eq!(code, Some(101), "{said}");
    has_all(
        &said,
        &[
            "agent        ready after",
            "test signing yes",
            "memory       NO: it cannot be looked at:",
            "page tables that map a Windows kernel",
            "pvpanic      yes",
            "hv-crash     not offered: it needs KVM",
            "error: image built is not all that it should be: memory, dump",
        ],
    )?;
    assert!(!said.contains("booted cold"), "{said}");

    // Once it is whole it is not built over.
    let (code, said) = bench.stopcode(&[
        "image",
        "build",
        "windows",
        "--iso",
        &iso,
        "--virtio-win",
        &virtio,
        "--name",
        "built",
    ])?;
    assert_eq!(code, Some(2), "{said}");
    has_all(&said, &["--force"])?;
    Ok(())
}
