//! The partitions of a disk (GPT, else MBR, else the whole disk as one), and what is on them.

use std::io::{self, Read, Seek, SeekFrom};

use gptman::GPT;
use mbrman::MBR;

use super::window::Window;

/// Bytes that may be read to find the partitions: a GPT of usual size has 17 KiB, twice.
const MAX_TABLES: u64 = 4 << 20;
/// Sector sizes that disks have.
const SECTORS: [u64; 2] = [512, 4096];
/// Partitions that are looked at.
const MAX_VOLUMES: usize = 256;

/// What a partition begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileSystem {
    Ntfs,
    BitLocker,
    Other,
    /// The disk ends before the partition does.
    BeyondTheEnd,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Partition {
    /// From 1; `None` for a disk without partitions.
    pub number: Option<u32>,
    pub start: u64,
    pub len: u64,
    pub file_system: FileSystem,
}

impl Partition {
    /// For messages.
    pub(super) fn name(&self) -> String {
        match self.number {
            Some(number) => format!("partition {number}"),
            None => "only volume".to_owned(),
        }
    }

    pub(super) fn end(&self) -> u64 {
        self.start.saturating_add(self.len)
    }
}

/// All partitions of a disk of `size` bytes, in order of their numbers.
pub(super) fn volumes(disk: &mut (impl Read + Seek), size: u64) -> io::Result<Vec<Partition>> {
    let mut tables = Window::new(disk, 0, size);
    tables.bound(Some(MAX_TABLES));
    let listed = gpt(&mut tables).or_else(|| mbr(&mut tables));
    // The whole disk, if there is no table.
    let listed = listed.unwrap_or_else(|| vec![(None, 0, size)]);
    let mut found = Vec::new();
    for (number, start, len) in listed.into_iter().take(MAX_VOLUMES) {
        let mut partition = Partition {
            number,
            start,
            len,
            file_system: FileSystem::BeyondTheEnd,
        };
        if start.checked_add(len).is_some_and(|end| end <= size) {
            partition.file_system = file_system(disk, start)?;
        }
        found.push(partition);
    }
    found.retain(|partition| {
        partition.number.is_some() || partition.file_system != FileSystem::Other
    });
    Ok(found)
}

/// Number, start and length in bytes.
type Listed = Vec<(Option<u32>, u64, u64)>;

fn gpt(disk: &mut (impl Read + Seek)) -> Option<Listed> {
    let gpt = SECTORS.into_iter().find_map(|sector| {
        disk.seek(SeekFrom::Start(0)).ok()?;
        GPT::read_from(disk, sector).ok()
    })?;
    let used = gpt.iter().filter(|(_, entry)| entry.is_used());
    let ranges = used.filter_map(|(number, entry)| {
        let start = entry.starting_lba.checked_mul(gpt.sector_size)?;
        let end = entry
            .ending_lba
            .checked_add(1)?
            .checked_mul(gpt.sector_size)?;
        Some((Some(number), start, end.checked_sub(start)?))
    });
    Some(ranges.collect())
}

fn mbr(disk: &mut (impl Read + Seek)) -> Option<Listed> {
    const SECTOR: u32 = 512;
    disk.seek(SeekFrom::Start(0)).ok()?;
    let mbr = MBR::read_from(disk, SECTOR).ok()?;
    let used = mbr.iter().filter(|(_, entry)| entry.is_used());
    let ranges: Listed = used
        .map(|(number, entry)| {
            let [start, len] = [entry.starting_lba, entry.sectors].map(u64::from);
            let [start, len] = [start, len].map(|sectors| sectors * u64::from(SECTOR));
            (u32::try_from(number).ok(), start, len)
        })
        .collect();
    // The boot sector of a volume ends like a table; its code makes no sensible partitions.
    (!ranges.is_empty() && ranges.iter().all(|&(_, start, _)| start != 0)).then_some(ranges)
}

fn file_system(disk: &mut (impl Read + Seek), start: u64) -> io::Result<FileSystem> {
    let mut boot = [0; 16];
    disk.seek(SeekFrom::Start(start))?;
    if let Err(error) = disk.read_exact(&mut boot) {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof => Ok(FileSystem::Other),
            _ => Err(error),
        };
    }
    Ok(match &boot[3..11] {
        b"NTFS    " => FileSystem::Ntfs,
        b"-FVE-FS-" => FileSystem::BitLocker,
        _ => FileSystem::Other,
    })
}
