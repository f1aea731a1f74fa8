//! Checks the container of a PDB (multi-stream file) before the PDB crates read it: they allocate
//! what its directory states.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// The magic of a PDB.
const MAGIC: &[u8; 32] = b"Microsoft C/C++ MSF 7.00\r\n\x1A\x44\x53\0\0\0";
const SUPERBLOCK: usize = 56;
/// Block sizes that linkers use.
const BLOCK_SIZES: std::ops::RangeInclusive<u32> = 512..=65536;
/// Size of a stream that does not exist.
const NO_STREAM: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Superblock {
    block_size: u32,
    blocks: u32,
    directory_size: u32,
    /// The block that lists the directory's blocks.
    directory_map: u32,
}

impl Superblock {
    /// Reads it; `None` if the file is not a PDB.
    pub(super) fn read(file: &mut File) -> io::Result<Option<Self>> {
        let mut bytes = [0; SUPERBLOCK];
        file.seek(SeekFrom::Start(0))?;
        match file.read_exact(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        if !bytes.starts_with(MAGIC) {
            return Ok(None);
        }
        let [
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            block_size,
            _,
            blocks,
            directory_size,
            _,
            directory_map,
        ] = numbers(&bytes)[..]
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            block_size,
            blocks,
            directory_size,
            directory_map,
        }))
    }

    /// Size of the file in bytes.
    pub(super) fn length(self) -> u64 {
        u64::from(self.block_size) * u64::from(self.blocks)
    }
}

/// Refuses a PDB whose streams are larger than the file: blocks listed many times could turn MiB
/// into GiB.
///
/// # Errors
/// Why the file is not a valid PDB.
pub(super) fn check(path: &Path) -> Result<(), String> {
    let cannot = |error: io::Error| format!("it cannot be read ({error})");
    let mut file = File::open(path).map_err(cannot)?;
    let length = file.metadata().map_err(cannot)?.len();
    let superblock = Superblock::read(&mut file).map_err(cannot)?;
    let superblock = superblock.ok_or("it cannot be read (it is no PDB)")?;
    let streams = stream_sizes(&mut file, superblock, length).map_err(cannot)?;
    match streams.iter().sum::<u64>() <= length {
        true => Ok(()),
        false => Err("it is damaged: its streams are larger than the file".to_owned()),
    }
}

/// Sizes of the streams that exist. No more is read than the file holds.
fn stream_sizes(file: &mut File, superblock: Superblock, length: u64) -> io::Result<Vec<u64>> {
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "its directory is damaged");
    let Superblock {
        block_size,
        directory_size,
        directory_map,
        ..
    } = superblock;
    if !BLOCK_SIZES.contains(&block_size) || u64::from(directory_size) > length {
        return Err(damaged());
    }
    let mut read = |block: u32, size: u32| {
        let at = u64::from(block) * u64::from(block_size);
        let mut bytes = vec![0; size as usize];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut bytes).map(|()| bytes)
    };
    // The list of the directory's blocks starts in one block and continues in the next ones.
    let blocks = directory_size.div_ceil(block_size);
    let map = read(directory_map, blocks.checked_mul(4).ok_or_else(damaged)?)?;
    let mut directory = Vec::new();
    for block in numbers(&map) {
        let left = directory_size - directory.len() as u32;
        directory.extend(read(block, left.min(block_size))?);
    }
    // How many streams, their sizes, and then their blocks, which do not matter here.
    let directory = numbers(&directory);
    let (&count, sizes) = directory.split_first().ok_or_else(damaged)?;
    let sizes = sizes.get(..count as usize).ok_or_else(damaged)?;
    let exist = sizes.iter().filter(|&&size| size != NO_STREAM);
    Ok(exist.map(|&size| size.into()).collect())
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    let numbers = bytes.chunks_exact(4);
    numbers
        .map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixtures;

    fn checked(bytes: &[u8]) -> Result<(), String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.pdb");
        std::fs::write(&path, bytes).unwrap();
        check(&path)
    }

    fn fixture() -> Vec<u8> {
        std::fs::read(fixtures().join("mini-nt.pdb")).unwrap()
    }

    #[test]
    fn whole_pdbs_pass_and_other_files_do_not() {
        let bytes = fixture();
        assert_eq!(checked(&bytes), Ok(()));
        let mut file = File::open(fixtures().join("mini-nt.pdb")).unwrap();
        let superblock = Superblock::read(&mut file).unwrap().unwrap();
        assert_eq!(superblock.length(), bytes.len() as u64);
        for other in [&b""[..], b"MSF", &bytes[..SUPERBLOCK], &vec![0; 4096]] {
            assert!(checked(other).unwrap_err().contains("cannot be read"));
        }
    }

    #[test]
    fn streams_that_no_file_holds_are_refused() {
        let mut bytes = fixture();
        let word = |bytes: &[u8], at: usize| numbers(&bytes[at..at + 4])[0];
        let block_size = word(&bytes, 32) as usize;
        let map = word(&bytes, 52) as usize * block_size;
        let directory = word(&bytes, map) as usize * block_size;
        // The size of the second stream.
        bytes[directory + 8..directory + 12].copy_from_slice(&0xFFFF_FFF0_u32.to_le_bytes());
        assert!(
            checked(&bytes)
                .unwrap_err()
                .contains("larger than the file")
        );
    }

    #[test]
    fn any_number_in_the_head_is_survived() {
        for at in (32..SUPERBLOCK).step_by(4) {
            for value in [0, 1, 511, 4096, 0x7FFF_FFFF, 0xFFFF_FFFE, u32::MAX] {
                let mut bytes = fixture();
                bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
                let _ = checked(&bytes);
            }
        }
    }
}
