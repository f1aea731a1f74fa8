//! A disk with an NTFS volume: partitioned by sgdisk, formatted by ntfs-3g's mkntfs, filled through
//! ntfs-3g.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use libtest_mimic::Failed;
use ntfs::{KnownNtfsFileRecordNumber, Ntfs, NtfsAttributeType};
use tempfile::TempDir;

pub const MIB: u64 = 1 << 20;
/// Where partition 2, the volume, starts.
pub const START: u64 = 17 * MIB;

/// Why the tests cannot run here.
pub fn missing() -> Option<String> {
    let tools = [
        "sgdisk", "mkntfs", "ntfs-3g", "qemu-img", "qemu-nbd", "umount",
    ];
    let there = |tool: &str| Command::new(tool).arg("--version").output().is_ok();
    if let Some(tool) = tools.into_iter().find(|tool| !there(tool)) {
        return Some(format!(
            "{tool} is missing (packages gdisk, ntfs-3g, qemu-utils)"
        ));
    }
    let tried = NtfsDisk::new(40, |_| Ok(()));
    tried
        .err()
        .map(|error| format!("no NTFS volume can be mounted here: {error:?}"))
}

pub fn succeeds(command: &mut Command) -> Result<Output, Failed> {
    let output = command.output()?;
    match output.status.success() {
        true => Ok(output),
        false => Err(format!("{command:?}: {output:?}").into()),
    }
}

/// A folder with a disk.
pub struct NtfsDisk {
    pub folder: TempDir,
}

impl NtfsDisk {
    /// Makes a raw disk of `mib` MiB: an EFI partition, and an NTFS volume that `fill` fills.
    pub fn new(mib: u64, fill: impl FnOnce(&Path) -> Result<(), Failed>) -> Result<Self, Failed> {
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

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn raw(&self) -> PathBuf {
        self.path("disk.raw")
    }

    pub fn qcow2(&self) -> Result<PathBuf, Failed> {
        let out = self.path("disk.qcow2");
        let mut convert = Command::new("qemu-img");
        convert.args(["convert", "-f", "raw", "-O", "qcow2"]);
        succeeds(convert.arg(self.raw()).arg(&out))?;
        Ok(out)
    }

    pub fn patch(&self, at: u64, bytes: &[u8]) -> Result<(), Failed> {
        let disk = File::options().write(true).open(self.raw())?;
        Ok(disk.write_all_at(bytes, at)?)
    }

    /// Where an attribute of a known file has its value on the disk.
    pub fn place(
        &self,
        file: KnownNtfsFileRecordNumber,
        of: NtfsAttributeType,
    ) -> Result<u64, Failed> {
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
}
