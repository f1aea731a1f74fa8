//! Writes the dump file: streamed, sparse, and renamed into place when complete.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::memory::Selection;
use crate::dump::Runs;

const PAGE: u64 = 0x1000;
/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// Writes the file and returns its size. `out` must not exist, and appears only when the dump is
/// complete.
pub(super) fn dump(
    out: &Path,
    prefix: &[u8],
    selection: &Selection,
    runs: &Runs,
) -> io::Result<u64> {
    let folder = match out.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut temporary = NamedTempFile::new_in(folder)?;
    let file = temporary.as_file_mut();
    file.write_all(prefix)?;
    let mut at = selection.first_page_at();
    let mut buffer = vec![0; CHUNK];
    for run in &selection.runs {
        let mut pa = run.first * PAGE;
        let mut left = run.count * PAGE;
        while left != 0 {
            let part = left.min(CHUNK as u64);
            let bytes = &mut buffer[..part as usize];
            if !runs.read(pa, bytes) {
                return Err(io::Error::other(
                    "the memory's file ended while it was read",
                ));
            }
            write_sparse(file, at, bytes)?;
            at += part;
            pa += part;
            left -= part;
        }
    }
    file.set_len(at)?;
    temporary.persist_noclobber(out)?;
    Ok(at)
}

/// Writes pages, and skips pages of zeros.
fn write_sparse(file: &mut File, at: u64, bytes: &[u8]) -> io::Result<()> {
    let is_hole = |page: &&[u8]| page.iter().all(|&byte| byte == 0);
    let mut done = 0;
    while done < bytes.len() {
        let pages = || bytes[done..].chunks(PAGE as usize);
        let skipped = pages().take_while(is_hole).map(<[u8]>::len).sum::<usize>();
        done += skipped;
        let pages = || bytes[done..].chunks(PAGE as usize);
        let filled = pages().take_while(|page| !is_hole(page)).map(<[u8]>::len);
        let end = done + filled.sum::<usize>();
        if end > done {
            file.seek(SeekFrom::Start(at + done as u64))?;
            file.write_all(&bytes[done..end])?;
        }
        done = end;
    }
    Ok(())
}
