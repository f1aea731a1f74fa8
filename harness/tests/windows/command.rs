//! `stopcode`, and tools that make media.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use windows_image::testing::{wim, xml};

/// A folder with a project, an image store and media.
pub struct Sandbox {
    folder: tempfile::TempDir,
}

/// How `stopcode` ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Whether a tool is there; if not, says that the test is ignored.
pub fn has(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    if !found {
        eprintln!("ignored: {tool} is not installed");
    }
    found
}

impl Sandbox {
    pub fn new() -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for folder in ["scenarios", "images", "store"] {
            fs::create_dir(sandbox.path(folder)).unwrap();
        }
        sandbox
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A medium with these files, made by xorriso.
    pub fn medium(&self, name: &str, files: &[(&str, &[u8])]) -> PathBuf {
        let content = self.path(&format!("{name}.d"));
        for (path, bytes) in files {
            let file = content.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
        let iso = self.path(name);
        let output = Command::new("xorriso")
            .args(["-as", "mkisofs", "-quiet", "-r", "-J", "-o"])
            .args([&iso, &content])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        iso
    }

    /// A medium with a WIM of these images: name, edition, installation type, build.
    pub fn windows(&self, name: &str, images: &[(&str, &str, &str, u32)]) -> PathBuf {
        let wim = wim(&xml(images));
        self.medium(name, &[("sources/install.wim", &wim), ("setup.exe", b"MZ")])
    }

    /// What a medium of virtio-win's has that is looked for.
    pub fn virtio_win(&self, name: &str, folder: &str) -> PathBuf {
        let file = |driver: &str, inf: &str| format!("{driver}/{folder}/amd64/{inf}");
        self.medium(
            name,
            &[
                (&file("vioserial", "vioser.inf"), b"x"),
                (&file("fwcfg", "fwcfg.inf"), b"x"),
                (&file("pvpanic", "pvpanic.inf"), b"x"),
                ("guest-agent/qemu-ga-x86_64.msi", b"x"),
            ],
        )
    }

    /// `stopcode image build windows` and more.
    pub fn build(&self, args: &[&str]) -> Ended {
        let args = [&["image", "build", "windows"], args].concat();
        Ended::of(&mut self.command(&args))
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stopcode"));
        command
            .current_dir(self.folder.path())
            .args(args)
            .env("STOPCODE_IMAGES", self.path("store"))
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    /// What is in the store, hidden files too.
    pub fn stored(&self) -> Vec<String> {
        let mut names: Vec<String> = (fs::read_dir(self.path("store")).unwrap())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.starts_with(".lock-"))
            .collect();
        names.sort();
        names
    }
}

impl Ended {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// It must have ended with `code` and one message with all of `words`.
    #[track_caller]
    pub fn says(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let errors = self.err.lines().filter(|line| line.starts_with("error: "));
        let errors: Vec<&str> = errors.collect();
        let [error] = errors[..] else {
            panic!("not one error: {self:?}");
        };
        for word in words {
            assert!(error.contains(word), "no {word:?} in {error}");
        }
    }
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
