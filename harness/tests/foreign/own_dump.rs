//! A guest of which the host can take no dump, and which writes its own: the run lets it, and reads
//! the dump from its disk.
//!
//! What is real: the run, from boot to verdict, and all that the host does. What stands in for
//! Windows is Debian's guest: its stop is a program that writes to pvpanic's port, and what it then
//! writes, sector by sector past the file system into a file that was there before, as Windows does,
//! is the dump of a crash of TinyNT.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Failed;
use runner::artefacts::session_folder;
use runner::events::{Outcome, TestReport};
use scenario::select::select;
use test_support::attempt::{Attempt, carry_out};
use test_support::ntfs_disk::{self, MIB, NtfsDisk, START, succeeds};
use vm::image::{Availability, Image};
use vm::plan::new_seed;

use crate::guest::{Lab, project};

/// What the guest writes at a time.
const PAGE: u64 = 0x1000;

/// A crash of TinyNT, with what it left.
fn crash() -> Result<(Image, TestReport), Failed> {
    let project = project()?;
    let image = Image::load(&project, "tinynt")?;
    if let Availability::Missing(reason) = image.availability() {
        return Err(reason.into());
    }
    image.build()?;
    let selected = select(&project, "tinynt", &["tinynt::spinlock-hog".to_owned()])?;
    let attempt = Attempt {
        number: 1,
        seed: new_seed(),
        keep_elf: false,
        session: session_folder(&project.runs()),
    };
    let report = carry_out(&image, selected.first().ok_or("no such test")?, attempt)?;
    match report.outcome {
        Outcome::Passed => Ok((image, report)),
        outcome => Err(format!("{outcome:?}").into()),
    }
}

/// A file's page of this number, unlike anything else on the disk.
fn blank(page: u64) -> Vec<u8> {
    let mut bytes = vec![0xB7; PAGE as usize];
    bytes[..8].copy_from_slice(&page.to_be_bytes());
    bytes
}

/// Where the pieces of a file of `pages` blank pages lie on a disk, in the file's order: first page
/// on the disk, and how many.
fn pieces_of_blank(disk: &Path, pages: u64) -> Result<Vec<(u64, u64)>, Failed> {
    let file = File::open(disk)?;
    let mut places = vec![None; usize::try_from(pages)?];
    let mut bytes = vec![0; PAGE as usize];
    for at in START / PAGE..file.metadata()?.len() / PAGE {
        file.read_exact_at(&mut bytes, at * PAGE)?;
        let page = u64::from_be_bytes(bytes[..8].try_into()?);
        if page < pages && bytes == blank(page) {
            places[usize::try_from(page)?] = Some(at);
        }
    }
    let mut pieces: Vec<(u64, u64)> = Vec::new();
    for place in places {
        let place = place.ok_or("a page of MEMORY.DMP is not on the disk")?;
        match pieces.last_mut() {
            Some((start, count)) if *start + *count == place => *count += 1,
            _ => pieces.push((place, 1)),
        }
    }
    Ok(pieces)
}

/// A disk with room for a dump in `Windows\\MEMORY.DMP`; behind its partitions the dump, compressed.
/// Returns it, and what the guest runs once it stops.
fn disk_for(dump: &Path) -> Result<(NtfsDisk, String), Failed> {
    let pages = fs::metadata(dump)?.len() / PAGE;
    let disk = NtfsDisk::new(40 + pages * PAGE / MIB, |root| {
        fs::create_dir_all(root.join("Windows"))?;
        let file = File::create(root.join("Windows/MEMORY.DMP"))?;
        for page in 0..pages {
            file.write_all_at(&blank(page), page * PAGE)?;
        }
        Ok(())
    })?;
    let pieces = pieces_of_blank(&disk.raw(), pages)?;
    let packed = succeeds(Command::new("gzip").arg("-1c").arg(dump))?.stdout;
    let behind = fs::metadata(disk.raw())?.len() / PAGE;
    let packed_pages = (packed.len() as u64).div_ceil(PAGE);
    disk.patch(behind * PAGE, &packed)?;
    let whole = (behind + packed_pages).next_multiple_of(MIB / PAGE) * PAGE;
    File::options()
        .write(true)
        .open(disk.raw())?
        .set_len(whole)?;
    let to = "busybox dd of=/dev/vdb bs=4096 iflag=fullblock conv=notrunc,fsync";
    let write: Vec<String> = (pieces.iter())
        .map(|(start, count)| format!("{to} seek={start} count={count}"))
        .collect();
    let read = format!("busybox dd if=/dev/vdb bs=4096 skip={behind} count={packed_pages}");
    let write = write.join("; ");
    Ok((
        disk,
        format!("/bin/stop; {read} | busybox gunzip -c | ({write})"),
    ))
}

pub fn written() -> Result<(), Failed> {
    if let Some(reason) = ntfs_disk::missing() {
        return Err(reason.into());
    }
    let (tinynt, crash) = crash()?;
    let artefacts = crash.artefacts.ok_or("nothing was kept")?;
    let dump = artefacts.dump.ok_or("no dump")?;
    let (disk, script) = disk_for(&dump)?;

    let lab = Lab::new("debian-disk")?;
    let stored = lab.store_as(|text| {
        let places: Vec<_> = tinynt.symbols.iter().map(|path| path.display()).collect();
        let text = text.replace("os: linux", "os: windows");
        let text = text.replace("captures: [elf]", "captures: [guest-disk]");
        let dumps = "  dump-disk: {file: dumps.qcow2, bus: virtio}\n  memory:";
        let text = text.replace("  memory:", dumps);
        format!("{text}symbols: {places:?}\ndrivers: {:?}\n", tinynt.drivers)
    })?;
    let golden = stored.folder().join("dumps.qcow2");
    fs::copy(disk.qcow2()?, &golden)?;
    let before = crate::guest::hash(&golden)?;

    let scenario = format!(
        "name: own-dump\nsummary: The guest writes its own dump.\ndrivers: []\n\
         guest: {{cpus: 2, memory: 256MiB}}\nsteps:\n\
         - exec: {{path: /bin/busybox, args: [sh, -c, '{script}']}}\n\
         within: 60s\n\
         expect: {{bugcheck: {{code: 0xD1}}, cause: spinlock-held-across-passive-call, \
         culprit: {{module: spinlock-hog.sys, function: JournalWriter}}}}\n"
    );
    let report = lab.run_on(&stored.load()?, &scenario, |_| {})?;
    assert_eq!(report.outcome, Outcome::Passed, "{:?}", report.notes);
    assert_eq!(report.verdict, crash.verdict);
    let own = report.artefacts.and_then(|artefacts| artefacts.dump);
    assert!(
        fs::read(own.ok_or("no dump")?)? == fs::read(&dump)?,
        "another dump"
    );
    assert_eq!(lab.left_disks()?, [""; 0]);
    assert_eq!(
        crate::guest::hash(&golden)?,
        before,
        "the golden disk was written"
    );
    eprintln!(
        "own dump: captured in {:.1?}",
        report.timings.capture.unwrap_or_default()
    );
    fs::remove_dir_all(artefacts.folder)?;
    Ok(())
}
