//! Dumps picked up from a guest's disk: partitioned by sgdisk, formatted by ntfs-3g's mkntfs, filled
//! through ntfs-3g, and handed over raw or as a qcow2.
//!
//! Tests are ignored where these tools are missing, or FUSE cannot be used.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use harness::capture;
use harness::pickup::{PickUpError, Wanted, pick_up};
use libtest_mimic::{Arguments, Failed, Trial};
use ntfs::{KnownNtfsFileRecordNumber, Ntfs, NtfsAttributeType};
use tempfile::TempDir;

const MIB: u64 = 1 << 20;
/// Where partition 2 starts.
const START: u64 = 17 * MIB;
/// Pages of the dump that is picked up.
const PAGES: u64 = 64;

type Test = fn() -> Result<(), Failed>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = missing();
    if let Some(reason) = &missing {
        eprintln!("pickup::* are ignored: {reason}");
    }
    let cases: [(&str, Test); 8] = [
        ("found_in_a_qcow2_and_copied", found_in_a_qcow2_and_copied),
        ("the_command", the_command),
        ("encrypted", encrypted),
        ("not_shut_down", not_shut_down),
        ("hibernated", hibernated),
        ("full", full),
        ("cut_or_foreign", cut_or_foreign),
        ("no_dump", no_dump),
    ];
    let trials = cases.into_iter().map(|(name, run)| {
        Trial::test(format!("pickup::{name}"), run).with_ignored_flag(missing.is_some())
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Why the tests cannot run here.
fn missing() -> Option<String> {
    let tools = [
        "sgdisk", "mkntfs", "ntfs-3g", "qemu-img", "qemu-nbd", "umount",
    ];
    let there = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
    if let Some(tool) = tools.into_iter().find(|tool| !there(tool)) {
        return Some(format!(
            "{tool} is missing (packages gdisk, ntfs-3g, qemu-utils)"
        ));
    }
    let tried = Lab::new(40, |_| Ok(()));
    tried
        .err()
        .map(|error| format!("no NTFS volume can be mounted here: {error:?}"))
}

fn succeeds(command: &mut Command) -> Result<Output, Failed> {
    let output = command.output()?;
    match output.status.success() {
        true => Ok(output),
        false => Err(format!("{command:?}: {output:?}").into()),
    }
}

/// A folder with a disk.
struct Lab {
    folder: TempDir,
}

impl Lab {
    /// Makes a raw disk of `mib` MiB: an EFI partition, and an NTFS volume that `fill` fills.
    fn new(mib: u64, fill: impl FnOnce(&Path) -> Result<(), Failed>) -> Result<Self, Failed> {
        let lab = Self {
            folder: TempDir::new()?,
        };
        let (disk, volume, root) = (lab.raw(), lab.path("volume"), lab.path("root"));
        File::create(&disk)?.set_len(mib * MIB)?;
        let layout = [
            "-n",
            "1:2048:+16M",
            "-t",
            "1:ef00",
            "-n",
            "2:0:-1M",
            "-t",
            "2:0700",
        ];
        succeeds(Command::new("sgdisk").args(layout).arg(&disk))?;
        let table = succeeds(Command::new("sgdisk").args(["-i", "2"]).arg(&disk))?;
        let table = String::from_utf8(table.stdout)?;
        assert!(
            table.contains(&format!("First sector: {}", START / 512)),
            "{table}"
        );
        let size = table.split("Partition size: ").nth(1);
        let size = size
            .and_then(|rest| rest.split(' ').next())
            .ok_or("no size")?;
        let size = size.parse::<u64>()? * 512;
        File::create(&volume)?.set_len(size)?;
        let format = [
            "-q", "-F", "-f", "-s", "512", "-p", "0", "-H", "255", "-S", "63",
        ];
        succeeds(Command::new("mkntfs").args(format).arg(&volume))?;
        fs::create_dir(&root)?;
        succeeds(Command::new("ntfs-3g").arg(&volume).arg(&root))?;
        let filled = fill(&root);
        succeeds(Command::new("umount").arg(&root))?;
        filled?;
        let mut to = File::options().write(true).open(&disk)?;
        to.seek(SeekFrom::Start(START))?;
        std::io::copy(&mut File::open(&volume)?, &mut to)?;
        fs::remove_file(&volume)?;
        Ok(lab)
    }

    /// With Windows' folders and a whole dump.
    fn with_dump() -> Result<Self, Failed> {
        Self::new(60, |root| {
            fs::create_dir_all(root.join("Windows/Minidump"))?;
            Ok(fs::write(root.join("Windows/MEMORY.DMP"), dump())?)
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn raw(&self) -> PathBuf {
        self.path("disk.raw")
    }

    fn qcow2(&self) -> Result<PathBuf, Failed> {
        let out = self.path("disk.qcow2");
        let mut convert = Command::new("qemu-img");
        convert.args(["convert", "-f", "raw", "-O", "qcow2"]);
        succeeds(convert.arg(self.raw()).arg(&out))?;
        Ok(out)
    }

    fn patch(&self, at: u64, bytes: &[u8]) -> Result<(), Failed> {
        let disk = File::options().write(true).open(self.raw())?;
        Ok(disk.write_all_at(bytes, at)?)
    }

    /// Where an attribute of a known file has its value on the disk.
    fn place(&self, file: KnownNtfsFileRecordNumber, of: NtfsAttributeType) -> Result<u64, Failed> {
        let mut volume = Vec::new();
        let mut disk = File::open(self.raw())?;
        disk.seek(SeekFrom::Start(START))?;
        disk.read_to_end(&mut volume)?;
        let mut volume = std::io::Cursor::new(volume);
        let ntfs = Ntfs::new(&mut volume)?;
        let file = ntfs.file(&mut volume, file as u64)?;
        let mut attributes = file.attributes();
        while let Some(item) = attributes.next(&mut volume) {
            let item = item?;
            let attribute = item.to_attribute()?;
            if attribute.ty()? == of {
                let value = attribute.value(&mut volume)?;
                let place = value.data_position().value().ok_or("no place")?;
                return Ok(START + place.get());
            }
        }
        Err("no such attribute".into())
    }

    /// What comes of picking up as users do.
    fn refused(&self) -> Result<PickUpError, Failed> {
        let out = self.path("out");
        match pick_up(&self.raw(), &out, Wanted::default()) {
            Ok(picked) => Err(format!("not refused: {picked:?}").into()),
            Err(error) => {
                let left = fs::read_dir(&out).map_or(0, Iterator::count);
                assert_eq!(left, 0, "something was left");
                Ok(error)
            }
        }
    }
}

/// A full dump of one run.
fn dump() -> Vec<u8> {
    let mut dump = b"PAGE".repeat(0x2000 / 4);
    let mut put = |at: usize, bytes: &[u8]| dump[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"PAGEDU64");
    put(0x30, &0x8664u32.to_le_bytes());
    put(0xF98, &1u32.to_le_bytes());
    put(0x88, &1u32.to_le_bytes());
    put(0x98, &1u64.to_le_bytes());
    put(0xA0, &PAGES.to_le_bytes());
    // Pages of zeros between others.
    for page in 0..PAGES {
        dump.extend([(page % 3) as u8; 0x1000]);
    }
    dump
}

fn found_in_a_qcow2_and_copied() -> Result<(), Failed> {
    let mut small = dump();
    small[0xF98] = 4;
    let lab = Lab::new(60, |root| {
        fs::create_dir_all(root.join("Windows/Minidump"))?;
        fs::write(root.join("Windows/MEMORY.DMP"), dump())?;
        fs::write(root.join("Windows/Minidump/010125-1-01.dmp"), &small)?;
        Ok(fs::write(
            root.join("Windows/Minidump/note.txt"),
            "no dump",
        )?)
    })?;
    let disk = lab.qcow2()?;
    let before = fs::read(&disk)?;
    let out = lab.path("out");
    let picked = pick_up(&disk, &out, Wanted::default())?;
    let names: Vec<_> = picked
        .dumps
        .iter()
        .map(|dump| dump.guest_path.as_str())
        .collect();
    assert_eq!(
        names,
        [r"Windows\MEMORY.DMP", r"Windows\Minidump\010125-1-01.dmp"]
    );
    assert!(picked.refused.is_empty(), "{picked:?}");
    assert!(fs::read(out.join("MEMORY.DMP"))? == dump());
    assert!(fs::read(out.join("010125-1-01.dmp"))? == small);
    assert!(fs::read(&disk)? == before, "the disk was written to");
    // What is there stays.
    let again = pick_up(&disk, &out, Wanted::default()).unwrap_err();
    assert!(matches!(again, PickUpError::Exists(_)), "{again}");
    // As the last way to capture a crash.
    let captured = lab.path("memory.dmp");
    capture::from_guest_disk(std::slice::from_ref(&disk), &captured)?;
    assert!(fs::read(captured)? == dump());
    Ok(())
}

fn the_command() -> Result<(), Failed> {
    let lab = Lab::with_dump()?;
    let out = lab.path("out");
    let run = |disk: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stopcode"));
        command
            .args(["image", "pick-up"])
            .arg(disk)
            .arg("-o")
            .arg(&out);
        // Outside of any project.
        command.current_dir(lab.folder.path()).output()
    };
    let nameless = lab.path("disk");
    fs::copy(lab.raw(), &nameless)?;
    let refused = run(&nameless)?;
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr)?.contains("say which it is with --format"));
    let broken = lab.path("broken.qcow2");
    fs::write(&broken, "no qcow2")?;
    let refused = run(&broken)?;
    assert_eq!(refused.status.code(), Some(2));
    let words = String::from_utf8(refused.stderr)?;
    assert!(words.contains("qemu-nbd cannot read"), "{words}");
    let done = run(&lab.raw())?;
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(String::from_utf8(done.stdout)?.contains(r"Windows\MEMORY.DMP"));
    assert!(fs::read(out.join("MEMORY.DMP"))? == dump());
    Ok(())
}

fn encrypted() -> Result<(), Failed> {
    let lab = Lab::with_dump()?;
    lab.patch(START + 3, b"-FVE-FS-")?;
    let error = lab.refused()?;
    assert!(matches!(error, PickUpError::Encrypted { .. }), "{error}");
    assert!(error.to_string().contains("manage-bde -off"), "{error}");
    Ok(())
}

/// By the dirty flag, or by a log file that somebody has open; `--as-it-is` reads it anyway.
fn not_shut_down() -> Result<(), Failed> {
    let lab = Lab::with_dump()?;
    let flags = lab.place(
        KnownNtfsFileRecordNumber::Volume,
        NtfsAttributeType::VolumeInformation,
    )?;
    // The crate says where a resident attribute begins; its value follows its header of 0x18 bytes,
    // and in it the flags version and reserved fields.
    let flags = flags + 0x18 + 10;
    lab.patch(flags, &[1, 0])?;
    let error = lab.refused()?;
    assert!(
        error.to_string().contains("its dirty flag is set"),
        "{error}"
    );
    lab.patch(flags, &[0, 0])?;

    let log = lab.place(KnownNtfsFileRecordNumber::LogFile, NtfsAttributeType::Data)?;
    let mut restart = vec![0; 0x1000];
    restart[..4].copy_from_slice(b"RSTR");
    restart[0x18] = 0x30;
    lab.patch(log, &restart)?;
    let error = lab.refused()?;
    assert!(
        error.to_string().contains("its log file is in use"),
        "{error}"
    );

    let anyway = Wanted {
        as_it_is: true,
        ..Wanted::default()
    };
    let picked = pick_up(&lab.raw(), &lab.path("out"), anyway)?;
    assert_eq!(picked.dumps.len(), 1);
    assert!(fs::read(lab.path("out/MEMORY.DMP"))? == dump());
    Ok(())
}

fn hibernated() -> Result<(), Failed> {
    for (start, sleeps) in [(*b"HIBR", true), (*b"wake", false)] {
        let lab = Lab::new(60, |root| {
            fs::create_dir_all(root.join("Windows"))?;
            fs::write(root.join("hiberfil.sys"), start)?;
            Ok(fs::write(root.join("Windows/MEMORY.DMP"), dump())?)
        })?;
        match sleeps {
            true => {
                let error = lab.refused()?;
                assert!(matches!(error, PickUpError::Hibernated { .. }), "{error}");
            }
            false => {
                pick_up(&lab.raw(), &lab.path("out"), Wanted::default())?;
            }
        }
    }
    Ok(())
}

/// There was no room for the whole dump.
fn full() -> Result<(), Failed> {
    let lab = Lab::new(40, |root| {
        fs::create_dir_all(root.join("Windows"))?;
        let part = &dump()[..0x12000];
        fs::write(root.join("Windows/MEMORY.DMP"), part)?;
        let mut filler = File::create(root.join("filler"))?;
        while filler.write_all(&[7; 0x10000]).is_ok() {}
        Ok(())
    })?;
    let words = lab.refused()?.to_string();
    for wanted in ["is not whole", "the volume is full"] {
        assert!(words.contains(wanted), "{words}");
    }
    Ok(())
}

fn cut_or_foreign() -> Result<(), Failed> {
    let lab = Lab::with_dump()?;
    File::options()
        .write(true)
        .open(lab.raw())?
        .set_len(30 * MIB)?;
    let error = lab.refused()?;
    assert!(matches!(error, PickUpError::Truncated { .. }), "{error}");

    let lab = Lab::with_dump()?;
    lab.patch(START + 3, b"MSDOS5.0")?;
    let error = lab.refused()?;
    assert!(matches!(error, PickUpError::NoVolume { .. }), "{error}");

    // The first record of the file table.
    let lab = Lab::with_dump()?;
    let table = lab.place(KnownNtfsFileRecordNumber::MFT, NtfsAttributeType::Data)?;
    lab.patch(table, &[0xA5; 0x400])?;
    let error = lab.refused()?;
    assert!(matches!(error, PickUpError::Damaged { .. }), "{error}");

    let empty = lab.path("empty.raw");
    File::create(&empty)?.set_len(MIB)?;
    let error = pick_up(&empty, &lab.path("out"), Wanted::default()).unwrap_err();
    assert!(matches!(error, PickUpError::NoVolume { .. }), "{error}");
    Ok(())
}

fn no_dump() -> Result<(), Failed> {
    for (page_file, hint) in [
        (&b"PAGEDU64"[..], "it is still in pagefile.sys"),
        (b"nothing", "CrashDumpEnabled"),
    ] {
        let lab = Lab::new(60, |root| {
            fs::create_dir_all(root.join("Windows"))?;
            Ok(fs::write(root.join("pagefile.sys"), page_file)?)
        })?;
        let error = lab.refused()?;
        assert!(matches!(error, PickUpError::NoDump { .. }), "{error}");
        assert!(error.to_string().contains(hint), "{error}");
    }
    Ok(())
}
