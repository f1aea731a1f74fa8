//! Writes the dump file: streamed, sparse, and renamed into place when complete.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::ConvertProgress;
use super::memory::Selection;
use crate::dump::Physical;

const PAGE: u64 = 0x1000;
/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// Writes the file and returns its size. `out` must not exist, and appears only when the dump is
/// complete.
pub(super) fn dump(
    out: &Path,
    prefix: &[u8],
    selection: &Selection,
    physical: &dyn Physical,
    progress: &mut dyn FnMut(ConvertProgress),
) -> io::Result<u64> {
    let mut temporary = temporary(out)?;
    let file = temporary.as_file_mut();
    file.write_all(prefix)?;
    let mut at = selection.first_page_at();
    let mut written = 0;
    let mut buffer = vec![0; CHUNK];
    for run in &selection.runs {
        let mut pa = run.first * PAGE;
        let mut left = run.count * PAGE;
        while left != 0 {
            let part = left.min(CHUNK as u64);
            let bytes = &mut buffer[..part as usize];
            for (page, bytes) in (pa / PAGE..).zip(bytes.chunks_mut(PAGE as usize)) {
                if !physical.read_physical(page * PAGE, bytes) {
                    return Err(io::Error::other(
                        "the file of the memory ended while it was read",
                    ));
                }
            }
            write_sparse(file, at, bytes)?;
            at += part;
            pa += part;
            left -= part;
            written += part / PAGE;
            progress(ConvertProgress {
                written,
                all: selection.pages(),
            });
        }
    }
    file.set_len(at)?;
    temporary.persist_noclobber(out)?;
    Ok(at)
}

/// Writes a small file at once.
pub(super) fn bytes(out: &Path, bytes: &[u8]) -> io::Result<u64> {
    let mut temporary = temporary(out)?;
    temporary.as_file_mut().write_all(bytes)?;
    temporary.persist_noclobber(out)?;
    Ok(bytes.len() as u64)
}

fn temporary(out: &Path) -> io::Result<NamedTempFile> {
    let folder = match out.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    NamedTempFile::new_in(folder)
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
