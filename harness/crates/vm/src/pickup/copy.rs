//! Copies a dump from the guest's volume to the host.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use analyzer::AnalyzeError;
use tempfile::NamedTempFile;

use super::ntfs::{Dump, Volume};
use super::{ExtractedDump, PickUpError};

const CHUNK: usize = 1 << 20;
const PAGE: usize = 0x1000;

/// Copies one dump into `folder`, where it appears when it is whole; pages of zeros become holes.
pub(super) fn dump<D: Read + Seek>(
    volume: &mut Volume<'_, D>,
    dump: &Dump,
    folder: &Path,
) -> Result<ExtractedDump, PickUpError> {
    let target = folder.join(dump.file_name());
    let cannot = |source| PickUpError::Write {
        path: target.clone(),
        source,
    };
    if target.symlink_metadata().is_ok() {
        return Err(PickUpError::Exists(target));
    }
    fs::create_dir_all(folder).map_err(cannot)?;
    let mut file = NamedTempFile::new_in(folder).map_err(cannot)?;
    let mut at = 0;
    volume.read(dump, CHUNK, &mut |bytes| {
        let written = write_sparse(file.as_file_mut(), at, bytes);
        at += bytes.len() as u64;
        written.map_err(cannot)
    })?;
    file.as_file().set_len(at).map_err(cannot)?;
    match analyzer::read_header(file.path()) {
        Ok(header) => {
            if let Some(size) = header.expected_size.filter(|&size| size > at) {
                return Err(volume.not_whole(dump, size, at));
            }
        }
        Err(AnalyzeError::Io { source, .. }) => return Err(cannot(source)),
        Err(_) => return Err(volume.not_whole(dump, 0, at)),
    }
    file.persist_noclobber(&target)
        .map_err(|error| cannot(error.error))?;
    Ok(ExtractedDump {
        guest_path: dump.path.clone(),
        file: target,
        size: at,
    })
}

fn write_sparse(file: &mut fs::File, at: u64, bytes: &[u8]) -> io::Result<()> {
    for (index, page) in bytes.chunks(PAGE).enumerate() {
        if page.iter().any(|&byte| byte != 0) {
            file.seek(SeekFrom::Start(at + (index * PAGE) as u64))?;
            file.write_all(page)?;
        }
    }
    Ok(())
}
