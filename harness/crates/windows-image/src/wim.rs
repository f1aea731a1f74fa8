//! What images a WIM or ESD file holds: its header and its XML, which is never compressed.
//!
//! Format: Microsoft's "Windows Imaging File Format (WIM)" white paper. No kept crate reads it;
//! wiminfo would need the file to be copied out of the medium first.

use std::io;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::version::InstallationType;

/// Bytes of the header.
pub const HEADER: usize = 208;
/// Where the header says where the XML is: size in 7 bytes, flags in one, place, size unpacked.
const XML_ENTRY_AT: usize = 72;
/// The flag of a compressed resource.
const COMPRESSED: u8 = 4;
/// Windows' media have some 10 KiB.
const MAX_XML: u64 = 16 << 20;

/// What is wrong with a WIM.
#[derive(Debug, thiserror::Error)]
pub enum WimError {
    /// It cannot be read, or ends early.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("it does not begin with `MSWIM`")]
    NotAWim,
    /// Its XML is not where and what it should be.
    #[error("its list of images makes no sense: {0}")]
    Nonsense(String),
}

/// An image in a WIM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WimImage {
    /// `NAME`, by which an answer file chooses it.
    pub name: String,
    /// `DISPLAYNAME`, as Setup shows it.
    pub display_name: String,
    /// `WINDOWS/EDITIONID`.
    pub edition: String,
    /// `WINDOWS/INSTALLATIONTYPE`.
    pub installation: String,
    /// `WINDOWS/VERSION/BUILD`.
    pub build: u32,
    /// `WINDOWS/ARCH`: 9 is x64.
    pub architecture: u32,
    /// `WINDOWS/LANGUAGES/DEFAULT`.
    pub language: String,
}

/// x64, as `ARCH` has it (PROCESSOR_ARCHITECTURE_AMD64).
pub(crate) const X64: u32 = 9;

impl WimImage {
    /// Client or server; None for what is neither (a boot image).
    pub fn kind(&self) -> Option<InstallationType> {
        match self.installation.as_str() {
            "Client" => Some(InstallationType::Client),
            "Server" | "Server Core" => Some(InstallationType::Server),
            _ => None,
        }
    }

    /// Whether `wanted` names this one.
    pub(crate) fn is_called(&self, wanted: &str) -> bool {
        [&self.name, &self.display_name, &self.edition]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(wanted))
    }
}

/// Reads the list of images. `read` fills a buffer from a place in the file of `len` bytes.
///
/// # Errors
/// It is no WIM, or damaged.
pub fn images(
    len: u64,
    mut read: impl FnMut(u64, &mut [u8]) -> io::Result<()>,
) -> Result<Vec<WimImage>, WimError> {
    let mut header = [0; HEADER];
    read(0, &mut header)?;
    if &header[..8] != b"MSWIM\0\0\0" {
        return Err(WimError::NotAWim);
    }
    let number = |at: usize, bytes: usize| {
        let mut number = [0; 8];
        number[..bytes].copy_from_slice(&header[at..at + bytes]);
        u64::from_le_bytes(number)
    };
    let (size, at) = (number(XML_ENTRY_AT, 7), number(XML_ENTRY_AT + 8, 8));
    if header[XML_ENTRY_AT + 7] & COMPRESSED != 0 {
        return Err(WimError::Nonsense("it is compressed".into()));
    }
    if size > MAX_XML || at.checked_add(size).is_none_or(|end| end > len) {
        return Err(WimError::Nonsense(format!(
            "{size} bytes at {at} of {len}: is the file cut off?"
        )));
    }
    let mut bytes = vec![0; size as usize];
    read(at, &mut bytes)?;
    let wide: Vec<u16> = (bytes.chunks_exact(2))
        .map(|two| u16::from_le_bytes([two[0], two[1]]))
        .collect();
    let text = String::from_utf16_lossy(&wide);
    parse(text.trim_start_matches('\u{FEFF}'))
}

fn parse(xml: &str) -> Result<Vec<WimImage>, WimError> {
    let nonsense = |error: &dyn std::fmt::Display| WimError::Nonsense(error.to_string());
    let mut reader = Reader::from_str(xml);
    let mut path: Vec<String> = Vec::new();
    let mut images: Vec<WimImage> = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event().map_err(|error| nonsense(&error))? {
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                path.push(name);
                text.clear();
                if path == ["WIM", "IMAGE"] {
                    images.push(WimImage::default());
                }
            }
            Event::End(_) => {
                if let (Some(image), Some(path)) = (images.last_mut(), path.get(2..)) {
                    let path: Vec<&str> = path.iter().map(String::as_str).collect();
                    take(image, &path, text.trim());
                }
                text.clear();
                path.pop();
            }
            Event::Text(piece) => text.push_str(&piece),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|e| nonsense(&e))?;
                match (
                    character,
                    quick_xml::escape::resolve_predefined_entity(&reference),
                ) {
                    (Some(character), _) => text.push(character),
                    (None, Some(entity)) => text.push_str(entity),
                    (None, None) => {
                        return Err(WimError::Nonsense(format!("entity {}", &*reference)));
                    }
                }
            }
            Event::Eof => return Ok(images),
            _ => {}
        }
    }
}

fn take(image: &mut WimImage, path: &[&str], text: &str) {
    if text.is_empty() {
        return;
    }
    let text = || text.to_owned();
    match path {
        ["NAME"] => image.name = text(),
        ["DISPLAYNAME"] => image.display_name = text(),
        ["WINDOWS", "EDITIONID"] => image.edition = text(),
        ["WINDOWS", "INSTALLATIONTYPE"] => image.installation = text(),
        ["WINDOWS", "VERSION", "BUILD"] => image.build = text().parse().unwrap_or(0),
        ["WINDOWS", "ARCH"] => image.architecture = text().parse().unwrap_or(0),
        ["WINDOWS", "LANGUAGES", "DEFAULT"] => image.language = text(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{wim, xml};

    fn read_from(file: &[u8]) -> Result<Vec<WimImage>, WimError> {
        images(file.len() as u64, |at, buffer| {
            let from = file.get(at as usize..).unwrap_or_default();
            let from = from
                .get(..buffer.len())
                .ok_or(io::ErrorKind::UnexpectedEof)?;
            buffer.copy_from_slice(from);
            Ok(())
        })
    }

    #[test]
    fn images_are_listed() {
        let file = wim(&xml(&[
            ("Windows 11 Pro &amp; Co", "Professional", "Client", 26100),
            (
                "Windows Server 2025 SERVERSTANDARDCORE",
                "ServerStandardEval",
                "Server Core",
                26100,
            ),
        ]));
        let images = read_from(&file).unwrap();
        assert_eq!(images.len(), 2);
        assert_eq!(images[0].name, "Windows 11 Pro & Co");
        assert_eq!((images[0].build, images[0].architecture), (26100, X64));
        assert_eq!(images[0].language, "de-DE");
        assert_eq!(images[1].kind(), Some(InstallationType::Server));
        assert!(images[1].is_called("serverstandardeval"));
    }

    #[test]
    fn damage_is_named() {
        let file = wim(&xml(&[("W", "E", "Client", 1)]));
        for len in 0..file.len() {
            read_from(&file[..len]).unwrap_err();
        }
        let mut other = file.clone();
        other[0] = b'X';
        assert!(matches!(read_from(&other), Err(WimError::NotAWim)));
        let mut huge = file.clone();
        huge[XML_ENTRY_AT..XML_ENTRY_AT + 7].fill(0xFF);
        let error = read_from(&huge).unwrap_err().to_string();
        assert!(error.contains("cut off"), "{error}");
        let mut packed = file;
        packed[XML_ENTRY_AT + 7] |= COMPRESSED;
        assert!(read_from(&packed).is_err());
    }
}
