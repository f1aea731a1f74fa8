//! Writing a bundle.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tar::{Builder, EntryType, Header};
use zstd::stream::write::Encoder;

use super::manifest::{MANIFEST, Manifest};

/// Dumps are mostly zeros; more effort costs minutes and saves little.
const LEVEL: i32 = 9;

/// A file of a bundle.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its path in the bundle: relative, with `/`.
    pub path: String,
    /// What is in it.
    pub source: ItemSource,
}

/// What is in a file.
#[derive(Clone, Debug)]
pub enum ItemSource {
    Text(String),
    /// What is in this file.
    File(PathBuf),
}

/// What goes into a bundle.
#[derive(Clone, Debug)]
pub struct Contents {
    /// Its manifest; `files` is filled in.
    pub manifest: Manifest,
    pub items: Vec<Item>,
}

/// Writes a bundle to `file`, whole or not at all. Nothing of this machine but the contents goes into
/// it: no owner, no time, no mode.
///
/// # Errors
/// A file cannot be read, or the bundle not be written.
pub fn write(file: &Path, contents: Contents) -> io::Result<()> {
    let Contents {
        mut manifest,
        mut items,
    } = contents;
    items.sort_by(|a, b| a.path.cmp(&b.path));
    items.dedup_by(|a, b| a.path == b.path);
    let mut sizes = BTreeMap::new();
    for item in &items {
        let size = match &item.source {
            ItemSource::Text(text) => text.len() as u64,
            ItemSource::File(path) => named(path, std::fs::metadata(path))?.len(),
        };
        sizes.insert(item.path.clone(), size);
    }
    manifest.files = sizes.clone();
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // Beside its place, so that it can be renamed, and gone if anything fails.
    let mut beside = named(folder, tempfile::NamedTempFile::new_in(folder))?;
    let mut encoder = Encoder::new(beside.as_file_mut(), LEVEL)?;
    encoder.include_checksum(true)?;
    let mut archive = Builder::new(encoder);
    let head = serde_json::to_vec_pretty(&manifest)?;
    append(&mut archive, MANIFEST, head.len() as u64, &mut &head[..])?;
    for item in &items {
        let size = sizes.get(&item.path).copied().unwrap_or_default();
        match &item.source {
            ItemSource::Text(text) => append(&mut archive, &item.path, size, &mut text.as_bytes())?,
            ItemSource::File(path) => {
                let mut opened = named(path, File::open(path))?;
                append(&mut archive, &item.path, size, &mut opened)?;
            }
        }
    }
    archive.into_inner()?.finish()?;
    beside.as_file().sync_all()?;
    named(
        file,
        beside.persist_noclobber(file).map_err(|error| error.error),
    )?;
    Ok(())
}

/// Appends a file of exactly this many bytes.
fn append(
    archive: &mut Builder<impl Write>,
    path: &str,
    size: u64,
    content: &mut dyn Read,
) -> io::Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_path(path)?;
    header.set_size(size);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_cksum();
    let mut exact = content.take(size);
    archive.append(&header, &mut exact)?;
    match exact.limit() {
        0 => Ok(()),
        _ => Err(io::Error::other(format!(
            "{path} became shorter while it was read"
        ))),
    }
}

fn named<T>(path: &Path, result: io::Result<T>) -> io::Result<T> {
    result.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}
