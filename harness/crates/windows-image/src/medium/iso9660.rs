//! ISO 9660, through xorriso.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};

use vm::image::find_tool;

use super::{Extents, MediumError, SECTOR};

/// The primary volume descriptor's sector.
const PRIMARY: u64 = 16;
/// Where in it the volume's size stands, in sectors (ECMA-119 8.4.8; little-endian half).
const SPACE_SIZE_AT: usize = 80;

/// Size of the volume in bytes, by its primary descriptor; None if there is none.
pub(super) fn volume_size(image: &File) -> io::Result<Option<u64>> {
    let mut sector = [0; SECTOR as usize];
    match image.read_exact_at(&mut sector, PRIMARY * SECTOR) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    if sector[0] != 1 || &sector[1..6] != b"CD001" {
        return Ok(None);
    }
    let mut size = [0; 4];
    size.copy_from_slice(&sector[SPACE_SIZE_AT..SPACE_SIZE_AT + 4]);
    Ok(Some(u64::from(u32::from_le_bytes(size)) * SECTOR))
}

/// All files of a volume, by their path in lower case, without a slash at the start.
pub(super) struct Files(BTreeMap<String, Extents>);

impl Files {
    /// Has xorriso list them.
    pub(super) fn list(image: &Path) -> Result<Self, MediumError> {
        let damaged = |why: String| MediumError::Damaged {
            path: image.to_owned(),
            why,
        };
        if find_tool("xorriso").is_none() {
            return Err(MediumError::NoXorriso(image.to_owned()));
        }
        let mut device = std::ffi::OsString::from("stdio:");
        device.push(image);
        let output = Command::new("xorriso")
            .args(["-no_rc", "-report_about", "FAILURE", "-abort_on", "FATAL"])
            .arg("-indev")
            .arg(device)
            .args(["-find", "/", "-type", "f", "-exec", "report_lba", "--"])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| damaged(format!("xorriso: {error}")))?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            let line = message.lines().find(|line| line.starts_with("xorriso : "));
            return Err(damaged(line.unwrap_or("xorriso cannot read it").to_owned()));
        }
        Ok(Self::parse(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Reads `File data lba:  0 , 12345 , 678 , 1388888 , '/sources/install.wim'`: number of the
    /// extent, first sector, sectors, bytes, path. A large file has several such lines.
    fn parse(report: &str) -> Self {
        let mut files: BTreeMap<String, Extents> = BTreeMap::new();
        for line in report.lines() {
            let Some(fields) = line.strip_prefix("File data lba:") else {
                continue;
            };
            let mut fields = fields.splitn(5, " , ").map(str::trim);
            let mut number = || fields.next()?.parse::<u64>().ok();
            let (Some(_), Some(first), Some(_), Some(bytes)) =
                (number(), number(), number(), number())
            else {
                continue;
            };
            let path = fields.next().unwrap_or_default().trim_matches('\'');
            let path = path.trim_start_matches('/').to_lowercase();
            let file = files.entry(path).or_insert_with(|| Extents(Vec::new()));
            file.0.push((first.saturating_mul(SECTOR), bytes));
        }
        Self(files)
    }

    pub(super) fn find(&self, path: &str) -> Option<Extents> {
        self.0.get(&path.to_lowercase()).cloned()
    }

    pub(super) fn names(&self, folder: &str) -> Option<Vec<String>> {
        let prefix = match folder {
            "" => String::new(),
            folder => format!("{}/", folder.to_lowercase()),
        };
        let below = self.0.keys().filter_map(|path| path.strip_prefix(&prefix));
        let names: BTreeSet<&str> = below.filter_map(|path| path.split('/').next()).collect();
        (!names.is_empty()).then(|| names.into_iter().map(str::to_owned).collect())
    }
}
