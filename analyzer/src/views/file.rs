//! `!fileobj`: a file object.

use std::fmt;

use serde::Serialize;

use super::device::driver_name;
use super::expression::address;
use super::session::Session;
use super::text::{plain, raw};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "fileobj",
    names: &["fileobj"],
    usage: "fileobj ADDR",
    meaning: "a file object",
    example: "fileobj ffff8d0112345890",
    needs_structures: true,
    make: |session, request| Ok(fileobj(session, request)?.into()),
};

const FILE: &str = "_FILE_OBJECT";
/// `IO_TYPE_FILE` (wdm.h).
const TYPE_FILE: u64 = 5;
/// `FO_…` (wdm.h), as `!fileobj` names them.
const FLAGS: &[(u64, &str)] = &[
    (0x0000_0001, "File Open"),
    (0x0000_0002, "Synchronous IO"),
    (0x0000_0004, "Alertable IO"),
    (0x0000_0008, "No Intermediate Buffering"),
    (0x0000_0010, "Write Through"),
    (0x0000_0020, "Sequential Only"),
    (0x0000_0040, "Cache Supported"),
    (0x0000_0080, "Named Pipe"),
    (0x0000_0100, "Stream File"),
    (0x0000_0200, "Mailslot"),
    (0x0000_0800, "Direct Device Open"),
    (0x0000_1000, "File Modified"),
    (0x0000_2000, "File Size Changed"),
    (0x0000_4000, "Cleanup Complete"),
    (0x0000_8000, "Temporary File"),
    (0x0001_0000, "Delete on Close"),
    (0x0002_0000, "Opened Case Sensitive"),
    (0x0004_0000, "Handle Created"),
    (0x0008_0000, "Fast IO Read"),
    (0x0010_0000, "Random Access"),
    (0x0020_0000, "File Open Cancelled"),
    (0x0040_0000, "Volume Open"),
];

/// A file object.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FileObj {
    address: Hex64,
    name: Option<String>,
    related: Option<Hex64>,
    device: Option<Hex64>,
    driver: Option<String>,
    vpb: Option<Hex64>,
    event_signalled: Option<bool>,
    access: Vec<&'static str>,
    flags: Option<u64>,
    fs_context: Option<Hex64>,
    fs_context2: Option<Hex64>,
    current_byte_offset: Option<Hex64>,
}

pub(super) fn fileobj(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<FileObj, InspectError> {
    let at = address(session, request.need(0, "a file object's address")?)?;
    let nt = &session.nt;
    let field = |path| nt.read(FILE, path, at).ok();
    if session.no_symbols().is_none() && field("Type") != Some(TYPE_FILE) {
        let why = match nt.read(FILE, "Type", at) {
            Ok(other) => format!("its type is {other:#x}; that of a file object is 5"),
            Err(error) => error.to_string(),
        };
        session.note(format!("the file object at {at:#x}"), why);
    }
    let memory = session.target.memory;
    let name = nt.offset(FILE, "FileName").ok().and_then(|offset| {
        let name = memory.read_unicode_string(at.wrapping_add(offset));
        session.known("the file's name", name)
    });
    let device = field("DeviceObject");
    let access = [
        ("ReadAccess", "Read"),
        ("WriteAccess", "Write"),
        ("DeleteAccess", "Delete"),
        ("SharedRead", "SharedRead"),
        ("SharedWrite", "SharedWrite"),
        ("SharedDelete", "SharedDelete"),
    ];
    let access = access
        .into_iter()
        .filter(|(path, _)| field(path).is_some_and(|set| set != 0));
    let offset = nt.offset(FILE, "CurrentByteOffset").ok();
    Ok(FileObj {
        address: at.into(),
        name,
        related: field("RelatedFileObject").map(Hex64),
        driver: device
            .filter(|&device| is_kernel_address(device))
            .and_then(|device| driver_name(session, device)),
        device: device.map(Hex64),
        vpb: field("Vpb").map(Hex64),
        event_signalled: field("Event.Header.SignalState").map(|state| state != 0),
        access: access.map(|(_, name)| name).collect(),
        flags: field("Flags"),
        fs_context: field("FsContext").map(Hex64),
        fs_context2: field("FsContext2").map(Hex64),
        current_byte_offset: offset
            .and_then(|offset| memory.read_u64(at.wrapping_add(offset)).ok())
            .map(Hex64),
    })
}

impl fmt::Display for FileObj {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_deref() {
            Some("") => writeln!(f)?,
            name => writeln!(f, "\n{}\n", name.unwrap_or("????"))?,
        }
        if let Some(related) = raw(self.related).filter(|&related| related != 0) {
            writeln!(f, "Related File Object: 0x{}", plain(related))?;
        }
        let driver = self.driver.as_deref().unwrap_or("????");
        writeln!(f, "Device Object: 0x{}   {driver}", plain(raw(self.device)))?;
        match raw(self.vpb) {
            Some(0) => writeln!(f, "Vpb is NULL")?,
            vpb => writeln!(f, "Vpb: 0x{}", plain(vpb))?,
        }
        if self.event_signalled == Some(true) {
            writeln!(f, "Event signalled")?;
        }
        if !self.access.is_empty() {
            writeln!(f, "Access: {} ", self.access.join(" "))?;
        }
        match self.flags {
            Some(flags) => writeln!(f, "\nFlags:  {flags:#x}")?,
            None => writeln!(f, "\nFlags:  ????")?,
        }
        let flags = self.flags.unwrap_or(0);
        for (_, name) in FLAGS.iter().filter(|(bit, _)| flags & bit != 0) {
            writeln!(f, "\t{name}")?;
        }
        writeln!(
            f,
            "\nFsContext: 0x{}\tFsContext2: 0x{}",
            plain(raw(self.fs_context)),
            plain(raw(self.fs_context2))
        )?;
        match raw(self.current_byte_offset) {
            Some(offset) => writeln!(f, "CurrentByteOffset: {offset:x}"),
            None => writeln!(f, "CurrentByteOffset: ????"),
        }
    }
}
