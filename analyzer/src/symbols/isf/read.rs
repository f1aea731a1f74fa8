//! Reads and decompresses a table, with limits.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use lzma_rust2::XzReader;

use crate::symbols::store::keep;

const XZ_MAGIC: &[u8] = b"\xFD7zXZ\0";
/// Tables of Windows kernels are 6 to 20 MiB of text.
const MAX_TEXT: u64 = 128 << 20;
/// Twice the memory that `xz -9` needs.
const MAX_DECODER_KIB: u32 = 128 << 10;

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IsfError {
    #[error("it cannot be read ({0})")]
    Io(#[from] io::Error),
    #[error("it is longer than {} MiB", MAX_TEXT >> 20)]
    TooLong,
    #[error("it is not UTF-8 text")]
    NotText,
    #[error("it is not an ISF symbol table ({0})")]
    NotIsf(#[from] serde_json::Error),
}

/// Reads a table, and decompresses it if needed. Decompression takes three quarters of the time, so
/// its result is kept in `cache`.
pub(super) fn read_text(path: &Path, cache: Option<&Path>) -> Result<String, IsfError> {
    let bytes = bounded(path)?;
    let place = match bytes.starts_with(XZ_MAGIC) {
        true => cache.map(|cache| cache.join(cached_name(path, &bytes))),
        false => None,
    };
    let Some(place) = place else {
        return text(bytes);
    };
    if let Ok(known) = bounded(&place) {
        return text(known);
    }
    let text = text(bytes)?;
    // A failed write to the cache only costs time.
    let _ = keep(
        &place,
        |file| {
            file.write_all(text.as_bytes())
                .map_err(|error| error.to_string())
        },
        |_| Ok(()),
    );
    Ok(text)
}

fn bounded(path: &Path) -> Result<Vec<u8>, IsfError> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput).into());
    }
    // Reserve the stated size at once, up to the limit.
    let mut bytes = Vec::with_capacity(metadata.len().min(MAX_TEXT) as usize + 1);
    file.take(MAX_TEXT + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The name is for people; the hash identifies the version.
fn cached_name(path: &Path, bytes: &[u8]) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.split('.').next().unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    PathBuf::from(format!("isf/{name}-{:016x}.json", hasher.finish()))
}

fn text(bytes: Vec<u8>) -> Result<String, IsfError> {
    let bytes = match bytes.starts_with(XZ_MAGIC) {
        true => {
            let decoder = XzReader::new_mem_limit(&bytes[..], false, MAX_DECODER_KIB);
            let mut decoded = Vec::new();
            decoder.take(MAX_TEXT + 1).read_to_end(&mut decoded)?;
            decoded
        }
        false => bytes,
    };
    if bytes.len() as u64 > MAX_TEXT {
        return Err(IsfError::TooLong);
    }
    String::from_utf8(bytes).map_err(|_| IsfError::NotText)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use lzma_rust2::{XzOptions, XzWriter};

    use super::*;

    fn compressed(parts: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
        let mut writer = XzWriter::new(Vec::new(), XzOptions::with_preset(0)).unwrap();
        parts.for_each(|part| writer.write_all(&part).unwrap());
        writer.finish().unwrap()
    }

    #[test]
    fn compressed_and_plain_text_are_told_apart_by_their_first_bytes() {
        assert_eq!(text(b"{}".to_vec()).unwrap(), "{}");
        let packed = compressed([b"{}".to_vec()].into_iter());
        assert_eq!(text(packed).unwrap(), "{}");
    }

    #[test]
    fn what_was_decompressed_is_kept_and_a_changed_table_is_another() {
        let dir = tempfile::tempdir().unwrap();
        let (file, cache) = (dir.path().join("A-1.json.xz"), dir.path().join("cache"));
        let write = |content: &str| {
            let packed = compressed([content.as_bytes().to_vec()].into_iter());
            std::fs::write(&file, packed).unwrap();
        };
        let kept = || std::fs::read_dir(cache.join("isf")).map_or(0, Iterator::count);
        for (content, count) in [("{}", 1), ("{}", 1), ("[]", 2)] {
            write(content);
            assert_eq!(read_text(&file, Some(&cache)).unwrap(), content);
            assert_eq!(kept(), count);
        }
        // Check that the cached text is read.
        for entry in std::fs::read_dir(cache.join("isf")).unwrap() {
            std::fs::write(entry.unwrap().path(), "kept").unwrap();
        }
        assert_eq!(read_text(&file, Some(&cache)).unwrap(), "kept");
        assert_eq!(read_text(&file, None).unwrap(), "[]");
        let nowhere = Path::new("/proc/none");
        assert_eq!(read_text(&file, Some(nowhere)).unwrap(), "[]");
    }

    #[test]
    fn a_small_file_that_becomes_huge_is_refused() {
        let parts = (MAX_TEXT >> 20) + 1;
        let bomb = compressed((0..parts).map(|_| vec![b' '; 1 << 20]));
        assert!(bomb.len() < 1 << 20);
        assert!(matches!(text(bomb), Err(IsfError::TooLong)));
    }

    #[test]
    fn damage_is_an_error() {
        let mut packed = compressed([vec![b'x'; 5000]].into_iter());
        let half = packed.len() / 2;
        assert!(matches!(
            text(packed[..half].to_vec()),
            Err(IsfError::Io(_))
        ));
        packed[half] ^= 0x55;
        assert!(matches!(text(packed), Err(IsfError::Io(_))));
        assert!(matches!(text(vec![0xFF; 9]), Err(IsfError::NotText)));
    }
}
