//! NTFS, through the crate `ntfs`: whether the volume can be trusted, and the dumps on it.

use std::io::{Read, Seek};

use ntfs::indexes::NtfsFileNameIndex;
use ntfs::structured_values::{NtfsFileNamespace, NtfsVolumeFlags};
use ntfs::{
    KnownNtfsFileRecordNumber, Ntfs, NtfsAttributeFlags, NtfsError, NtfsFile, NtfsReadSeek,
};

use super::volumes::Partition;
use super::window::Window;
use super::{PickUpError, VolumeOnDisk};

/// What may be read to find files: the path to a file touches some hundred KiB.
const MAX_METADATA: u64 = 64 << 20;
/// Small dumps that are picked up; Windows keeps 50.
const MAX_MINIDUMPS: usize = 256;
/// Entries of a folder that are looked at.
const MAX_ENTRIES: usize = 100_000;

/// What is checked before a volume is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checks {
    All,
    None,
}

/// A dump on the volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dump {
    /// From the volume's root, with backslashes.
    pub path: String,
    record: u64,
}

impl Dump {
    /// The last part of the path, without what a host could take for more than a name.
    pub(super) fn file_name(&self) -> String {
        let name = self.path.rsplit('\\').next().unwrap_or_default();
        let name: String = name
            .chars()
            .map(|c| if c == '/' || c.is_control() { '_' } else { c })
            .collect();
        match name.as_str() {
            "" | "." | ".." => "dump".to_owned(),
            _ => name,
        }
    }
}

pub(super) enum DumpSearch {
    Dumps(Vec<Dump>),
    /// Windows, but no dump; why that may be.
    None(String),
    /// No folder `Windows`.
    NotWindows,
}

/// An NTFS volume.
pub(super) struct Volume<'d, D> {
    window: Window<'d, D>,
    ntfs: Ntfs,
    place: VolumeOnDisk<'d>,
}

impl<'d, D: Read + Seek> Volume<'d, D> {
    pub(super) fn open(
        disk: &'d mut D,
        partition: &Partition,
        place: &VolumeOnDisk<'d>,
    ) -> Result<Self, PickUpError> {
        let mut window = Window::new(disk, partition.start, partition.len);
        window.bound(Some(MAX_METADATA));
        let open = |window: &mut Window<'d, D>| {
            let mut ntfs = Ntfs::new(window)?;
            ntfs.read_upcase_table(window)?;
            Ok::<_, NtfsError>(ntfs)
        };
        let ntfs = open(&mut window).map_err(|error| place.damaged(error))?;
        if ntfs.size() > partition.len {
            return Err(place.damaged("it is larger than its partition"));
        }
        Ok(Self {
            window,
            ntfs,
            place: place.clone(),
        })
    }

    /// The dumps on it, if it passes the checks.
    pub(super) fn dumps(&mut self, checks: Checks) -> Result<DumpSearch, PickUpError> {
        self.window.bound(Some(MAX_METADATA));
        let Some(windows) = self.find(&["Windows"])? else {
            return Ok(DumpSearch::NotWindows);
        };
        if checks == Checks::All {
            self.check()?;
        }
        let mut dumps = Vec::new();
        if let Some(record) = self.find_in(windows, "MEMORY.DMP")? {
            dumps.push(Dump {
                path: r"Windows\MEMORY.DMP".to_owned(),
                record,
            });
        }
        if let Some(folder) = self.find_in(windows, "Minidump")? {
            dumps.extend(self.minidumps(folder)?);
        }
        Ok(match dumps.is_empty() {
            false => DumpSearch::Dumps(dumps),
            true => DumpSearch::None(self.hint()?),
        })
    }

    /// Hands over a dump's bytes, at most `chunk` at a time.
    pub(super) fn read(
        &mut self,
        dump: &Dump,
        chunk: usize,
        take: &mut dyn FnMut(&[u8]) -> Result<(), PickUpError>,
    ) -> Result<(), PickUpError> {
        let place = self.place.clone();
        let damaged = |error: NtfsError| place.damaged(format!("{}: {error}", dump.path));
        self.window.bound(Some(MAX_METADATA));
        let file = self
            .ntfs
            .file(&mut self.window, dump.record)
            .map_err(damaged)?;
        let data = file.data(&mut self.window, "");
        let data = data.ok_or_else(|| place.incomplete(&dump.path, "it has no content".into()))?;
        let data = data.map_err(damaged)?;
        let attribute = data.to_attribute().map_err(damaged)?;
        for (flag, word) in [
            (NtfsAttributeFlags::COMPRESSED, "compressed (compact /u"),
            (NtfsAttributeFlags::ENCRYPTED, "encrypted (cipher /d"),
        ] {
            if attribute.flags().contains(flag) {
                let what = format!("its content is {word} {} undoes it)", dump.path);
                return Err(place.incomplete(&dump.path, what));
            }
        }
        let mut value = attribute.value(&mut self.window).map_err(damaged)?;
        // A file is never longer than the volume, but sparse ones could say so.
        let mut left = value.len();
        if left > self.ntfs.size() {
            return Err(place.damaged(format!("{} is longer than the volume", dump.path)));
        }
        self.window.bound(left.checked_add(MAX_METADATA));
        let mut buffer = vec![0; chunk];
        while left != 0 {
            let part = usize::try_from(left).unwrap_or(chunk).min(chunk);
            let bytes = &mut buffer[..part];
            value.read_exact(&mut self.window, bytes).map_err(damaged)?;
            take(bytes)?;
            left -= part as u64;
        }
        Ok(())
    }

    /// The dump is truncated, or not a dump.
    pub(super) fn not_whole(&mut self, dump: &Dump, wanted: u64, has: u64) -> PickUpError {
        let what = match wanted {
            0 => format!("its {has} bytes do not begin with a dump's header"),
            _ => format!("its header describes {wanted} bytes, it has {has}"),
        };
        self.window.bound(Some(MAX_METADATA));
        let room = self.free().unwrap_or(u64::MAX);
        let remedy = match room < wanted.saturating_sub(has).max(16 << 20) {
            true => format!(
                "the volume is full ({} MiB free). Make room in the guest, or write smaller dumps \
                 (CrashDumpEnabled), and crash it again",
                room >> 20
            ),
            false => {
                "Windows had not finished writing it. Let the guest start once more, then shut \
                      it down"
                    .to_owned()
            }
        };
        self.place
            .incomplete(&dump.path, format!("{what}. {remedy}"))
    }

    /// Whether Windows has left the volume in order.
    fn check(&mut self) -> Result<(), PickUpError> {
        if self.is_hibernated()? {
            return Err(self.place.hibernated());
        }
        let info = self.ntfs.volume_info(&mut self.window);
        let info = info.map_err(|error| self.place.damaged(error))?;
        if info.flags().contains(NtfsVolumeFlags::IS_DIRTY) {
            return Err(self.place.dirty("its dirty flag is set"));
        }
        let log = self.beginning(KnownNtfsFileRecordNumber::LogFile as u64, 0x2000)?;
        match log_is_clean(&log) {
            true => Ok(()),
            false => Err(self.place.dirty("its log file is in use")),
        }
    }

    fn is_hibernated(&mut self) -> Result<bool, PickUpError> {
        let Some(record) = self.find(&["hiberfil.sys"])? else {
            return Ok(false);
        };
        let start = self.beginning(record, 4)?;
        // `wake` and zeros are written over it once Windows runs again.
        Ok(matches!(&start[..], b"HIBR" | b"hibr" | b"RSTR" | b"rstr"))
    }

    /// Why Windows may have left no dump.
    fn hint(&mut self) -> Result<String, PickUpError> {
        let waiting = match self.find(&["pagefile.sys"])? {
            Some(record) => self.beginning(record, 8)? == b"PAGEDU64",
            None => false,
        };
        Ok(match waiting {
            true => ": it is still in pagefile.sys, from where Windows copies it when it starts \
                     again. Start the guest once, then shut it down"
                .to_owned(),
            false => {
                ": Windows wrote none. It needs CrashDumpEnabled (not 0), a page file that is \
                      large enough, and to keep the dump AlwaysKeepMemoryDump=1"
                    .to_owned()
            }
        })
    }

    /// Up to `len` bytes of a file.
    fn beginning(&mut self, record: u64, len: usize) -> Result<Vec<u8>, PickUpError> {
        let read = |window: &mut Window<'d, D>, ntfs: &Ntfs| -> Result<Vec<u8>, NtfsError> {
            let file = ntfs.file(window, record)?;
            let Some(data) = file.data(window, "") else {
                return Ok(Vec::new());
            };
            let data = data?;
            let attribute = data.to_attribute()?;
            let mut value = attribute.value(window)?;
            let mut bytes = vec![0; len.min(usize::try_from(value.len()).unwrap_or(len))];
            value.read_exact(window, &mut bytes)?;
            Ok(bytes)
        };
        read(&mut self.window, &self.ntfs).map_err(|error| self.place.damaged(error))
    }

    /// Bytes that are free, by the volume's bitmap.
    fn free(&mut self) -> Option<u64> {
        let clusters = self.ntfs.size() / u64::from(self.ntfs.cluster_size());
        let len = usize::try_from(clusters.div_ceil(8)).ok()?;
        let len = len.min(MAX_METADATA as usize / 2);
        let bitmap = self
            .beginning(KnownNtfsFileRecordNumber::Bitmap as u64, len)
            .ok()?;
        let used: u64 = bitmap.iter().map(|byte| u64::from(byte.count_ones())).sum();
        Some(clusters.saturating_sub(used) * u64::from(self.ntfs.cluster_size()))
    }

    fn minidumps(&mut self, folder: u64) -> Result<Vec<Dump>, PickUpError> {
        let list = |window: &mut Window<'d, D>, ntfs: &Ntfs| -> Result<Vec<Dump>, NtfsError> {
            let folder = ntfs.file(window, folder)?;
            let index = folder.directory_index(window)?;
            let mut entries = index.entries();
            let mut dumps = Vec::new();
            let mut seen = 0;
            while let Some(entry) = entries.next(window) {
                let entry = entry?;
                seen += 1;
                let Some(name) = entry.key().transpose()? else {
                    continue;
                };
                let text = name.name().to_string_lossy();
                let is_dump = !name.is_directory()
                    && name.namespace() != NtfsFileNamespace::Dos
                    && text.to_ascii_lowercase().ends_with(".dmp");
                if is_dump {
                    dumps.push(Dump {
                        path: format!(r"Windows\Minidump\{text}"),
                        record: entry.file_reference().file_record_number(),
                    });
                }
                if dumps.len() >= MAX_MINIDUMPS || seen >= MAX_ENTRIES {
                    break;
                }
            }
            Ok(dumps)
        };
        list(&mut self.window, &self.ntfs).map_err(|error| self.place.damaged(error))
    }

    /// Record of the file at a path from the root.
    fn find(&mut self, path: &[&str]) -> Result<Option<u64>, PickUpError> {
        let mut record = KnownNtfsFileRecordNumber::RootDirectory as u64;
        for name in path {
            match self.find_in(record, name)? {
                Some(found) => record = found,
                None => return Ok(None),
            }
        }
        Ok(Some(record))
    }

    fn find_in(&mut self, folder: u64, name: &str) -> Result<Option<u64>, PickUpError> {
        let find = |window: &mut Window<'d, D>, ntfs: &Ntfs| -> Result<Option<u64>, NtfsError> {
            let folder: NtfsFile<'_> = ntfs.file(window, folder)?;
            if !folder.is_directory() {
                return Ok(None);
            }
            let index = folder.directory_index(window)?;
            let mut finder = index.finder();
            match NtfsFileNameIndex::find(&mut finder, ntfs, window, name) {
                Some(entry) => Ok(Some(entry?.file_reference().file_record_number())),
                None => Ok(None),
            }
        };
        find(&mut self.window, &self.ntfs).map_err(|error| self.place.damaged(error))
    }
}

/// Whether a log file, by its restart pages, has nothing left to do: nobody has it open, or who had
/// it closed the volume. One that was never used is filled with 0xFF.
fn log_is_clean(log: &[u8]) -> bool {
    const IN_USE: usize = 0xC;
    const FLAGS: usize = 0xE;
    const VOLUME_IS_CLEAN: u16 = 2;
    const NOBODY: u16 = 0xFFFF;
    let word = |at: usize| {
        let bytes = log.get(at..at + 2)?;
        Some(u16::from_le_bytes([bytes[0], bytes[1]]))
    };
    let area_of = |page: usize| {
        let is_restart = log.get(page..page + 4)? == b"RSTR";
        let area = page + usize::from(word(page + 0x18)?);
        let lsn = log.get(area..area + 8)?;
        let lsn = u64::from_le_bytes(lsn.try_into().ok()?);
        is_restart.then_some((lsn, area))
    };
    // The newer of the two pages counts.
    match [0, 0x1000].into_iter().filter_map(area_of).max() {
        None => true,
        Some((_, area)) => {
            let nobody = word(area + IN_USE) == Some(NOBODY);
            nobody || word(area + FLAGS).is_some_and(|flags| flags & VOLUME_IS_CLEAN != 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log file with two restart pages: number, client in use, flags of each.
    fn log(pages: [(u64, u16, u16); 2]) -> Vec<u8> {
        let mut log = vec![0; 0x2000];
        for (index, (lsn, in_use, flags)) in pages.into_iter().enumerate() {
            let page = &mut log[0x1000 * index..];
            page[..4].copy_from_slice(b"RSTR");
            page[0x18] = 0x30;
            page[0x30..0x38].copy_from_slice(&lsn.to_le_bytes());
            page[0x3C..0x3E].copy_from_slice(&in_use.to_le_bytes());
            page[0x3E..0x40].copy_from_slice(&flags.to_le_bytes());
        }
        log
    }

    #[test]
    fn the_newer_restart_page_tells_whether_the_log_is_clean() {
        assert!(log_is_clean(&[0xFF; 0x2000]));
        assert!(log_is_clean(&[]));
        assert!(log_is_clean(&log([(1, 0, 0), (2, 0xFFFF, 0)])));
        assert!(log_is_clean(&log([(3, 0, 2), (2, 0, 0)])));
        assert!(!log_is_clean(&log([(3, 0, 0), (2, 0xFFFF, 2)])));
        let mut wild = log([(1, 0, 0), (2, 0, 0)]);
        wild[0x18..0x1A].fill(0xFF);
        wild[0x1018..0x101A].fill(0xFF);
        log_is_clean(&wild);
    }

    #[test]
    fn names_stay_names() {
        let name = |path: &str| {
            let path = path.to_owned();
            Dump { path, record: 0 }.file_name()
        };
        assert_eq!(name(r"Windows\MEMORY.DMP"), "MEMORY.DMP");
        assert_eq!(name(r"Windows\Minidump\../a.dmp"), ".._a.dmp");
        assert_eq!(name(r"Windows\.."), "dump");
    }
}
