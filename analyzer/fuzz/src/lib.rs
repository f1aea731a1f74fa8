//! Shared by the fuzz targets: inputs as files, and patches of a valid dump.

use std::cell::RefCell;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use arbitrary::Arbitrary;

/// Folder of the images and PDBs behind the synthetic dumps.
pub fn fixtures() -> &'static Path {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/fixtures/mini"
    ))
}

/// Lets panics unwind: the analyzer catches those of the libraries that read PDBs and dumps, so
/// only an uncaught panic is a finding. (libFuzzer's own hook aborts at once.)
pub fn allow_caught_panics() {
    std::panic::set_hook(Box::new(|info| {
        LAST_PANIC.with(|last| *last.borrow_mut() = info.to_string());
    }));
}

thread_local! {
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
    static SCRATCH: RefCell<Option<Scratch>> = const { RefCell::new(None) };
}

/// Runs `check`; a panic that escapes it is printed and rethrown (libFuzzer aborts on it).
pub fn finding(check: impl FnOnce()) {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check));
    if let Err(panic) = caught {
        LAST_PANIC.with(|last| eprintln!("{}", last.borrow()));
        std::panic::resume_unwind(panic);
    }
}

/// A file that each input is written into.
struct Scratch {
    path: PathBuf,
    file: File,
}

/// Calls `read` with a file that holds `bytes`.
pub fn with_file<R>(bytes: &[u8], extension: &str, read: impl FnOnce(&Path) -> R) -> R {
    SCRATCH.with(|scratch| {
        let mut scratch = scratch.borrow_mut();
        let scratch = scratch.get_or_insert_with(|| {
            let memory = Path::new("/dev/shm");
            let folder = if memory.is_dir() {
                memory.to_owned()
            } else {
                std::env::temp_dir()
            };
            let path = folder.join(format!("stopcode-fuzz-{}.{extension}", std::process::id()));
            let file = File::create(&path).expect("a file for the input");
            Scratch { path, file }
        });
        scratch.file.set_len(0).expect("an empty file");
        scratch.file.rewind().expect("the file's start");
        scratch.file.write_all(bytes).expect("room for the input");
        read(&scratch.path)
    })
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A change of an otherwise valid dump. It reaches structures that random bytes never form.
#[derive(Arbitrary, Debug)]
pub struct Patch {
    page: u16,
    offset: u16,
    value: Value,
}

/// What a patch writes.
#[derive(Arbitrary, Debug)]
enum Value {
    Byte(u8),
    Word(u16),
    Pointer(u64),
    /// The bytes of another place: makes cycles, and structures of another type.
    CopyOf {
        page: u16,
        offset: u16,
    },
    /// The value there plus a small offset.
    Add(i8),
    Fill {
        byte: u8,
        count: u8,
    },
}

/// Applies up to 64 patches to a copy of `whole`.
pub fn patched(whole: &[u8], patches: &[Patch]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let at = |page: u16, offset: u16| {
        (usize::from(page) * 0x1000 + usize::from(offset & 0xFFF)) % (whole.len() - 8)
    };
    for patch in patches.iter().take(64) {
        let to = at(patch.page, patch.offset);
        match patch.value {
            Value::Byte(byte) => bytes[to] = byte,
            Value::Word(word) => bytes[to..to + 2].copy_from_slice(&word.to_le_bytes()),
            Value::Pointer(value) => bytes[to..to + 8].copy_from_slice(&value.to_le_bytes()),
            Value::CopyOf { page, offset } => {
                let from = at(page, offset);
                bytes.copy_within(from..from + 8, to);
            }
            Value::Add(by) => {
                let old = u64::from_le_bytes(bytes[to..to + 8].try_into().expect("8 bytes"));
                let new = old.wrapping_add_signed(by.into());
                bytes[to..to + 8].copy_from_slice(&new.to_le_bytes());
            }
            Value::Fill { byte, count } => {
                let end = (to + usize::from(count)).min(bytes.len());
                bytes[to..end].fill(byte);
            }
        }
    }
    bytes
}
