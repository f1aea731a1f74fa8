//! Dumps picked up from a guest's disk: partitioned by sgdisk, formatted by ntfs-3g's mkntfs, filled
//! through ntfs-3g, and handed over raw or as a qcow2.
//!
//! Tests are ignored where these tools are missing, or FUSE cannot be used; those with a guest also
//! where that is missing.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};

use analyzer::{SymbolPath, analyze};
use libtest_mimic::{Arguments, Failed, Trial};
use ntfs::{KnownNtfsFileRecordNumber, NtfsAttributeType};
use runner::artefacts::session_folder;
use runner::events::Outcome;
use scenario::project::Project;
use scenario::select::select;
use test_support::attempt::{Attempt, carry_out};
use test_support::ntfs_disk::{self, MIB, NtfsDisk, START};
use vm::capture;
use vm::guest::Overlay;
use vm::image::{Availability, Image};
use vm::pickup::{ExtractOptions, PickUpError, pick_up};
use vm::plan::new_seed;

/// Pages of the dump that is picked up.
const PAGES: u64 = 64;

type Test = fn() -> Result<(), Failed>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = ntfs_disk::missing();
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
    let no_guest = no_guest();
    if let Some(reason) = &no_guest {
        eprintln!("pickup::of_a_guest is ignored: {reason}");
    }
    let mut trials: Vec<Trial> = (cases.into_iter())
        .map(|(name, run)| {
            Trial::test(format!("pickup::{name}"), run).with_ignored_flag(missing.is_some())
        })
        .collect();
    let guest = Trial::test("pickup::of_a_guest", of_a_guest);
    trials.push(guest.with_ignored_flag(missing.is_some() || no_guest.is_some()));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// With Windows' folders and a whole dump.
fn with_dump() -> Result<NtfsDisk, Failed> {
    NtfsDisk::new(60, |root| {
        fs::create_dir_all(root.join("Windows/Minidump"))?;
        Ok(fs::write(root.join("Windows/MEMORY.DMP"), dump())?)
    })
}

/// What comes of picking up as users do.
fn refused(lab: &NtfsDisk) -> Result<PickUpError, Failed> {
    let out = lab.path("out");
    match pick_up(&lab.raw(), &out, ExtractOptions::default()) {
        Ok(picked) => Err(format!("not refused: {picked:?}").into()),
        Err(error) => {
            let left = fs::read_dir(&out).map_or(0, Iterator::count);
            assert_eq!(left, 0, "something was left");
            Ok(error)
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
    let lab = NtfsDisk::new(60, |root| {
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
    let picked = pick_up(&disk, &out, ExtractOptions::default())?;
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
    let again = pick_up(&disk, &out, ExtractOptions::default()).unwrap_err();
    assert!(matches!(again, PickUpError::Exists(_)), "{again}");
    // As the last way to capture a crash.
    let captured = lab.path("memory.dmp");
    let overlay = |below: &Path| Overlay {
        file: disk.clone(),
        below: below.to_owned(),
    };
    let empty = NtfsDisk::new(60, |_| Ok(()))?.qcow2()?;
    capture::from_guest_disk(&[overlay(&empty)], &captured)?;
    assert!(fs::read(&captured)? == dump());
    // A dump of an earlier stop says nothing of this run.
    let error = capture::from_guest_disk(&[overlay(&disk)], &captured).unwrap_err();
    assert!(error.to_string().contains("was there before"), "{error}");
    assert!(!captured.exists());
    Ok(())
}

fn the_command() -> Result<(), Failed> {
    let lab = with_dump()?;
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
    let lab = with_dump()?;
    lab.patch(START + 3, b"-FVE-FS-")?;
    let error = refused(&lab)?;
    assert!(matches!(error, PickUpError::Encrypted { .. }), "{error}");
    assert!(error.to_string().contains("manage-bde -off"), "{error}");
    Ok(())
}

/// By the dirty flag, or by a log file that somebody has open; `--as-it-is` reads it anyway.
fn not_shut_down() -> Result<(), Failed> {
    let lab = with_dump()?;
    let flags = lab.place(
        KnownNtfsFileRecordNumber::Volume,
        NtfsAttributeType::VolumeInformation,
    )?;
    // The crate says where a resident attribute begins; its value follows its header of 0x18 bytes,
    // and in it the flags version and reserved fields.
    let flags = flags + 0x18 + 10;
    lab.patch(flags, &[1, 0])?;
    let error = refused(&lab)?;
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
    let error = refused(&lab)?;
    assert!(
        error.to_string().contains("its log file is in use"),
        "{error}"
    );

    let anyway = ExtractOptions {
        as_it_is: true,
        ..ExtractOptions::default()
    };
    let picked = pick_up(&lab.raw(), &lab.path("out"), anyway)?;
    assert_eq!(picked.dumps.len(), 1);
    assert!(fs::read(lab.path("out/MEMORY.DMP"))? == dump());
    Ok(())
}

fn hibernated() -> Result<(), Failed> {
    for (start, sleeps) in [(*b"HIBR", true), (*b"wake", false)] {
        let lab = NtfsDisk::new(60, |root| {
            fs::create_dir_all(root.join("Windows"))?;
            fs::write(root.join("hiberfil.sys"), start)?;
            Ok(fs::write(root.join("Windows/MEMORY.DMP"), dump())?)
        })?;
        match sleeps {
            true => {
                let error = refused(&lab)?;
                assert!(matches!(error, PickUpError::Hibernated { .. }), "{error}");
            }
            false => {
                pick_up(&lab.raw(), &lab.path("out"), ExtractOptions::default())?;
            }
        }
    }
    Ok(())
}

/// There was no room for the whole dump.
fn full() -> Result<(), Failed> {
    let lab = NtfsDisk::new(40, |root| {
        fs::create_dir_all(root.join("Windows"))?;
        let part = &dump()[..0x12000];
        fs::write(root.join("Windows/MEMORY.DMP"), part)?;
        let mut filler = File::create(root.join("filler"))?;
        while filler.write_all(&[7; 0x10000]).is_ok() {}
        Ok(())
    })?;
    let words = refused(&lab)?.to_string();
    for wanted in ["is not whole", "the volume is full"] {
        assert!(words.contains(wanted), "{words}");
    }
    Ok(())
}

fn cut_or_foreign() -> Result<(), Failed> {
    let lab = with_dump()?;
    File::options()
        .write(true)
        .open(lab.raw())?
        .set_len(30 * MIB)?;
    let error = refused(&lab)?;
    assert!(matches!(error, PickUpError::Truncated { .. }), "{error}");

    let lab = with_dump()?;
    lab.patch(START + 3, b"MSDOS5.0")?;
    let error = refused(&lab)?;
    assert!(matches!(error, PickUpError::NoVolume { .. }), "{error}");

    // The first record of the file table.
    let lab = with_dump()?;
    let table = lab.place(KnownNtfsFileRecordNumber::MFT, NtfsAttributeType::Data)?;
    lab.patch(table, &[0xA5; 0x400])?;
    let error = refused(&lab)?;
    assert!(matches!(error, PickUpError::Damaged { .. }), "{error}");

    let empty = lab.path("empty.raw");
    File::create(&empty)?.set_len(MIB)?;
    let error = pick_up(&empty, &lab.path("out"), ExtractOptions::default()).unwrap_err();
    assert!(matches!(error, PickUpError::NoVolume { .. }), "{error}");
    Ok(())
}

fn no_dump() -> Result<(), Failed> {
    for (page_file, hint) in [
        (&b"PAGEDU64"[..], "it is still in pagefile.sys"),
        (b"nothing", "CrashDumpEnabled"),
    ] {
        let lab = NtfsDisk::new(60, |root| {
            fs::create_dir_all(root.join("Windows"))?;
            Ok(fs::write(root.join("pagefile.sys"), page_file)?)
        })?;
        let error = refused(&lab)?;
        assert!(matches!(error, PickUpError::NoDump { .. }), "{error}");
        assert!(error.to_string().contains(hint), "{error}");
    }
    Ok(())
}

fn project() -> Result<Project, Failed> {
    Ok(Project::find(Path::new(env!("CARGO_MANIFEST_DIR")))?)
}

const GUEST: &str = "tinynt";

fn no_guest() -> Option<String> {
    match Image::load(&project().ok()?, GUEST).ok()?.availability() {
        Availability::Available => None,
        Availability::Missing(reason) => Some(reason),
    }
}

/// The dump of a real crash, as Windows would leave it: picked up by the command, it is the same to
/// the byte, and so is what `analyze` says of it.
fn of_a_guest() -> Result<(), Failed> {
    let project = project()?;
    let image = Image::load(&project, GUEST)?;
    image.build()?;
    let selected = select(&project, GUEST, &["tinynt::spinlock-hog".to_owned()])?;
    let attempt = Attempt {
        number: 1,
        seed: new_seed(),
        keep_elf: false,
        session: session_folder(&project.runs()),
    };
    let report = carry_out(&image, selected.first().ok_or("no such test")?, attempt)?;
    assert_eq!(report.outcome, Outcome::Passed);
    let artefacts = report.artefacts.ok_or("nothing was kept")?;
    let dump = artefacts.dump.ok_or("no dump")?;
    let lab = NtfsDisk::new(60 + (fs::metadata(&dump)?.len() / MIB), |root| {
        fs::create_dir_all(root.join("Windows"))?;
        Ok(fs::copy(&dump, root.join("Windows/MEMORY.DMP")).map(drop)?)
    })?;
    let (disk, out) = (lab.qcow2()?, lab.path("out"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_stopcode"));
    command.args(["image", "pick-up"]).arg(&disk);
    ntfs_disk::succeeds(command.arg("-o").arg(&out))?;
    let picked = out.join("MEMORY.DMP");
    assert!(fs::read(&picked)? == fs::read(&dump)?, "another dump");
    let symbols = SymbolPath::from_dirs(image.symbols.clone());
    let verdict = analyze(&picked, &symbols)?;
    assert_eq!(Some(&verdict), report.verdict.as_ref());
    assert_eq!(verdict, analyze(&dump, &symbols)?);
    fs::remove_dir_all(artefacts.folder)?;
    Ok(())
}
