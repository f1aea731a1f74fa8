//! From a file to text, within bounds.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use lzma_rust2::XzReader;

const XZ_MAGIC: &[u8] = b"\xFD7zXZ\0";
/// The tables of Windows' kernels are 6 to 20 MiB of text.
const MAX_TEXT: u64 = 128 << 20;
/// What `xz -9` needs, and as much again.
const MAX_DECODER_KIB: u32 = 128 << 10;

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IsfError {
    #[error("it cannot be read ({0})")]
    Io(#[from] io::Error),
    #[error("it is longer than {} MiB", MAX_TEXT >> 20)]
    TooLong,
    #[error("it is no text in UTF-8")]
    NotText,
    #[error("it is no ISF symbol table ({0})")]
    NotIsf(#[from] serde_json::Error),
}

/// Reads a table, decompressing it if its first bytes say so.
pub(super) fn read_text(path: &Path) -> Result<String, IsfError> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput).into());
    }
    let mut bytes = Vec::new();
    file.take(MAX_TEXT + 1).read_to_end(&mut bytes)?;
    text(bytes)
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
