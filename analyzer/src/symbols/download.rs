//! Downloads a PDB from a symbol server into a cache.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use super::fetch::{Fetch, FetchError};
use super::id::PdbId;
use super::index::pdb_mismatch;
use super::msf::Superblock;
use super::store::{self, MAX_FILE};

/// Downloads `id` from the server at `url`, uncompressed or compressed. The file is kept only if it
/// is complete and the right PDB.
pub(super) fn download(
    fetch: &dyn Fetch,
    (cache, url): (&Path, &str),
    id: &PdbId,
) -> Result<PathBuf, FetchError> {
    let place = store::place(cache, id).ok_or(FetchError::NotFound)?;
    let name = id.file_name().ok_or(FetchError::NotFound)?;
    let plain = address(url, id);
    let packed = address_of(url, id, &store::compressed_name(name));
    let mut outcome = Ok(());
    let kept = store::keep(
        &place,
        |file| {
            outcome = get(fetch, &plain, file);
            if outcome == Err(FetchError::NotFound) {
                outcome = unpack(fetch, &packed, file);
            }
            match outcome {
                Ok(()) => Ok(()),
                Err(_) => Err("not fetched".to_owned()),
            }
        },
        |path| check(path, id),
    );
    outcome?;
    match kept {
        Ok(()) => Ok(place),
        Err(reason) => Err(FetchError::Failed(reason)),
    }
}

fn get(fetch: &dyn Fetch, url: &str, to: &mut dyn Write) -> Result<(), FetchError> {
    let mut bounded = Bounded { to, left: MAX_FILE };
    fetch.fetch(url, &mut bounded)
}

fn unpack(fetch: &dyn Fetch, url: &str, to: &mut File) -> Result<(), FetchError> {
    let failed = |error: io::Error| FetchError::Failed(format!("sent a bad file: {error}"));
    let mut cabinet = tempfile::tempfile().map_err(failed)?;
    get(fetch, url, &mut cabinet)?;
    cabinet.rewind().map_err(failed)?;
    store::extract(cabinet, to).map_err(failed)
}

/// URL of a PDB on a server.
pub(super) fn address(url: &str, id: &PdbId) -> String {
    address_of(url, id, &id.name)
}

fn address_of(url: &str, id: &PdbId, file: &str) -> String {
    let [name, file] = [&id.name, file].map(percent_encoded);
    format!("{url}/{name}/{}/{file}", id.store_key())
}

fn percent_encoded(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                encoded.push(byte.into());
            }
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Checks that the file is complete and the right PDB.
fn check(path: &Path, id: &PdbId) -> Result<(), String> {
    if let Some(reason) = pdb_mismatch(path, id) {
        return Err(format!("sent another file: {reason}"));
    }
    let superblock = File::open(path).and_then(|mut file| Superblock::read(&mut file));
    let expected = superblock.ok().flatten().map_or(0, Superblock::length);
    let actual = path.metadata().map_or(0, |metadata| metadata.len());
    match actual >= expected {
        true => Ok(()),
        false => Err(format!("sent {actual} of the PDB's {expected} bytes")),
    }
}

/// A writer with a limit of `left` bytes.
struct Bounded<'t> {
    to: &'t mut dyn Write,
    left: u64,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| io::Error::other("the file is too long"))?;
        self.to.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
