//! `!drvobj`: a driver object, its devices and its routines.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use super::device::name_of_driver;
use super::error::nearest;
use super::expression::{address, number};
use super::session::Session;
use super::text::{plain, raw, tick};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::nt::{entries, major_name};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "drvobj",
    names: &["drvobj"],
    usage: "drvobj NAME|ADDR [FLAGS]",
    meaning: "a driver and its devices; flag 2 with its routines",
    example: r"drvobj \Driver\disk 7",
    needs_structures: true,
    make: |session, request| Ok(drvobj(session, request)?.into()),
};

const DRIVER: &str = "_DRIVER_OBJECT";
/// `IO_TYPE_DRIVER` (wdm.h).
const TYPE_DRIVER: u64 = 4;
/// `IRP_MJ_MAXIMUM_FUNCTION` and below (wdm.h).
const FUNCTIONS: u8 = 28;
const MAX_DEVICES: usize = 4096;

/// A routine and its name.
#[derive(Clone, Debug, Serialize)]
struct Routine {
    name: String,
    address: Option<Hex64>,
    symbol: Option<String>,
}

/// A driver object.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DrvObj {
    address: Hex64,
    name: Option<String>,
    /// Base of the image.
    start: Option<Hex64>,
    size: Option<u64>,
    module: Option<String>,
    devices: Vec<Hex64>,
    /// DriverEntry, DriverStartIo, DriverUnload, AddDevice.
    routines: Vec<Routine>,
    dispatch: Vec<Routine>,
}

pub(super) fn drvobj(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<DrvObj, InspectError> {
    let text = request.need(0, "a driver object's name or address")?;
    let flags = match request.args.get(1) {
        Some(text) => {
            number(text).ok_or_else(|| request.usage(format!("`{text}` is no number")))?
        }
        None => 1,
    };
    // `ACE` is both a name and a number: try the name first.
    let at = match find(session, text) {
        Ok(found) => found,
        Err(near) => address(session, text).map_err(|error| match error {
            InspectError::BadAddress { text, .. } if number(&text).is_none() => {
                InspectError::BadAddress {
                    why: "no driver has that name".to_owned(),
                    text,
                    near,
                }
            }
            other => other,
        })?,
    };
    let nt = &session.nt;
    let field = |path| nt.read(DRIVER, path, at).ok();
    if session.no_symbols().is_none() && field("Type") != Some(TYPE_DRIVER) {
        let why = match nt.read(DRIVER, "Type", at) {
            Ok(other) => format!("its type is {other:#x}; that of a driver object is 4"),
            Err(error) => error.to_string(),
        };
        session.note(format!("the driver object at {at:#x}"), why);
    }
    let routine = |name: &str, value: Option<u64>| Routine {
        name: name.to_owned(),
        symbol: value
            .filter(|&value| is_kernel_address(value))
            .map(|value| session.code(value)),
        address: value.map(Hex64),
    };
    let extension = field("DriverExtension").filter(|&at| is_kernel_address(at));
    let add_device = extension.and_then(|at| nt.read("_DRIVER_EXTENSION", "AddDevice", at).ok());
    let table = nt.offset(DRIVER, "MajorFunction").ok();
    let dispatch = |major: u8| {
        let slot = table.map(|table| at.wrapping_add(table + 8 * u64::from(major)));
        let value = slot.and_then(|slot| session.target.memory.read_u64(slot).ok());
        routine(&major_name(major), value)
    };
    let (routines, dispatch) = match flags & 2 {
        0 => Default::default(),
        _ => (
            vec![
                routine("DriverEntry", field("DriverInit")),
                routine("DriverStartIo", field("DriverStartIo")),
                routine("DriverUnload", field("DriverUnload")),
                routine("AddDevice", add_device),
            ],
            (0..FUNCTIONS).map(dispatch).collect(),
        ),
    };
    let start = field("DriverStart");
    Ok(DrvObj {
        address: at.into(),
        name: name_of_driver(session, at),
        module: start
            .and_then(|start| session.target.modules.find(start))
            .map(|module| module.name.clone()),
        start: start.map(Hex64),
        size: field("DriverSize"),
        devices: devices(session, at).into_iter().map(Hex64).collect(),
        routines,
        dispatch,
    })
}

/// All driver objects with their names.
pub(super) fn drivers(session: &Session<'_, '_>) -> Vec<(u64, String)> {
    let nt = &session.nt;
    let root = nt.global("ObpRootDirectoryObject");
    let root = root.and_then(|at| Ok(session.target.memory.read_u64(at)?));
    let root = root.and_then(|root| entries(nt, root));
    let Some(root) = session.known("the drivers", root) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (directory, name) in root {
        let Some(folder) = name.filter(|name| matches!(name.as_str(), "Driver" | "FileSystem"))
        else {
            continue;
        };
        let what = format!(r"the drivers in \{folder}");
        let listed = session.known(&what, entries(nt, directory));
        for (driver, name) in listed.unwrap_or_default() {
            if nt.read(DRIVER, "Type", driver) == Ok(TYPE_DRIVER) {
                let name = name.unwrap_or_default();
                found.push((driver, format!(r"\{folder}\{name}")));
            }
        }
    }
    found
}

/// A driver by its name, with or without its directory; else similar names.
fn find(session: &Session<'_, '_>, wanted: &str) -> Result<u64, Vec<String>> {
    if number(wanted).is_some_and(is_kernel_address) || wanted.contains(['@', '!', '(']) {
        return Err(Vec::new());
    }
    let all = drivers(session);
    let same = |name: &str| {
        let last = name.rsplit('\\').next().unwrap_or_default();
        name.eq_ignore_ascii_case(wanted) || last.eq_ignore_ascii_case(wanted)
    };
    match all.iter().find(|(_, name)| same(name)) {
        Some((driver, _)) => Ok(*driver),
        None => {
            let last = |name| str::rsplit(name, '\\').next().unwrap_or_default();
            let wanted = last(wanted);
            Err(nearest(
                wanted,
                all.iter().map(|(_, name)| last(name.as_str())),
            ))
        }
    }
}

/// The devices of a driver.
pub(super) fn devices(session: &Session<'_, '_>, driver: u64) -> Vec<u64> {
    let nt = &session.nt;
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut next = nt.read(DRIVER, "DeviceObject", driver).unwrap_or(0);
    while is_kernel_address(next) {
        if !seen.insert(next) || found.len() >= MAX_DEVICES {
            session.note("some devices of the driver", "their list loops");
            break;
        }
        found.push(next);
        let what = "some devices of the driver";
        let after = session.known(what, nt.read("_DEVICE_OBJECT", "NextDevice", next));
        next = after.unwrap_or(0);
    }
    found
}

impl fmt::Display for DrvObj {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Driver object ({}) is for:", plain(self.address.0))?;
        writeln!(f, " {}", self.name.as_deref().unwrap_or("????"))?;
        writeln!(f, "\nDriver Extension List: (id , addr)\n")?;
        writeln!(f, "Device Object list:")?;
        for row in self.devices.chunks(4) {
            let row: Vec<_> = row.iter().map(|device| plain(device.0)).collect();
            writeln!(f, "{}", row.join("  "))?;
        }
        if !self.routines.is_empty() {
            writeln!(f)?;
        }
        let symbol = |routine: &Routine| routine.symbol.clone().unwrap_or_default();
        for routine in &self.routines {
            let name = format!("{}:", routine.name);
            let line = format!(
                "{name:<15}{}\t{}",
                tick(raw(routine.address)),
                symbol(routine)
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        if !self.dispatch.is_empty() {
            writeln!(f, "\nDispatch routines:")?;
        }
        for (major, routine) in self.dispatch.iter().enumerate() {
            let address = tick(raw(routine.address));
            let name = &routine.name;
            let line = format!("[{major:02x}] {name:<35}{address}\t{}", symbol(routine));
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
