//! The partitions of a disk (GPT, else MBR, else the whole disk as one), and what is on them.

use std::io::{self, Read, Seek, SeekFrom};

use gptman::GPT;

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

/// The four entries of the boot record: type at +4, first sector at +8, sectors at +12. Logical
/// partitions are not looked at: Windows does not start from them.
fn mbr(disk: &mut (impl Read + Seek)) -> Option<Listed> {
    const SECTOR: u64 = 512;
    const TABLE: usize = 0x1BE;
    let mut record = [0; SECTOR as usize];
    disk.seek(SeekFrom::Start(0)).ok()?;
    disk.read_exact(&mut record).ok()?;
    if !record.ends_with(&[0x55, 0xAA]) {
        return None;
    }
    let number = |at: usize| {
        let bytes = record[at..at + 4].try_into().unwrap_or_default();
        u64::from(u32::from_le_bytes(bytes)) * SECTOR
    };
    let ranges: Listed = (1..=4)
        .map(|partition| (partition, TABLE + 16 * (partition as usize - 1)))
        .filter(|&(_, at)| record[at + 4] != 0)
        .map(|(partition, at)| (Some(partition), number(at + 8), number(at + 12)))
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn boot_records_and_disks_without_a_table_are_read() {
        let mut disk = vec![0; 0x8000];
        disk[0x1000 + 3..0x1000 + 11].copy_from_slice(b"NTFS    ");
        disk[0x1FE..0x200].copy_from_slice(&[0x55, 0xAA]);
        // Partition 2 from sector 8 on, partition 3 beyond the end.
        for (at, kind, first, sectors) in [(0x1CE, 7, 8, 16), (0x1DE, 7, 32, 99)] {
            disk[at + 4] = kind;
            disk[at + 8] = first;
            disk[at + 12] = sectors;
        }
        let list = |disk: &[u8]| {
            let found = volumes(&mut Cursor::new(disk), disk.len() as u64).unwrap();
            let about = |one: &Partition| (one.number, one.start, one.len, one.file_system);
            found.iter().map(about).collect::<Vec<_>>()
        };
        assert_eq!(
            list(&disk),
            [
                (Some(2), 0x1000, 0x2000, FileSystem::Ntfs),
                (Some(3), 0x4000, 99 * 512, FileSystem::BeyondTheEnd),
            ]
        );
        // A volume's own boot sector is no table.
        let mut volume = vec![0; 0x8000];
        volume[3..11].copy_from_slice(b"-FVE-FS-");
        volume[0x1FE..0x200].copy_from_slice(&[0x55, 0xAA]);
        assert_eq!(list(&volume), [(None, 0, 0x8000, FileSystem::BitLocker)]);
        assert_eq!(list(&[0; 0x8000]), []);
        assert_eq!(list(&[1; 100]), []);
    }
}
