//! IRPs and their stack locations.

use super::reader::{Nt, NtError};

const IRP: &str = "_IRP";
const LOCATION: &str = "_IO_STACK_LOCATION";
/// `IO_TYPE_IRP` (wdm.h).
const TYPE_IRP: u64 = 6;
/// More than in any device stack.
const MAX_LOCATIONS: u64 = 64;

/// One stack location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub address: u64,
    /// `IRP_MJ_…`.
    pub major: u8,
    /// `IRP_MN_…`.
    pub minor: u8,
    /// The device that it is for; 0 if it was not used.
    pub device: u64,
    /// Completion routine that the driver above set.
    pub completion: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Irp {
    pub address: u64,
    /// Number of the current location, counted from 1; greater than the number of locations once
    /// the IRP is completed.
    pub current: u64,
    /// Location 1 first.
    pub locations: Vec<Location>,
    /// The event to set at completion.
    pub user_event: u64,
}

impl Irp {
    /// Reads the IRP at `address`; `None` if it is not an IRP.
    pub(crate) fn read(nt: &Nt<'_, '_>, address: u64) -> Result<Option<Self>, NtError> {
        let field = |path| nt.read(IRP, path, address);
        let count = field("StackCount")?;
        let current = field("CurrentLocation")?;
        let valid = field("Type")? == TYPE_IRP
            && (1..=MAX_LOCATIONS).contains(&count)
            && current <= count + 2;
        if !valid {
            return Ok(None);
        }
        let first = address.wrapping_add(nt.size_of(IRP)?);
        let size = nt.size_of(LOCATION)?;
        let locations = (0..count)
            .map(|index| read_location(nt, first.wrapping_add(index * size)))
            .collect::<Result<_, _>>()?;
        Ok(Some(Self {
            address,
            current,
            locations,
            user_event: field("UserEvent")?,
        }))
    }

    /// The current location; `None` once the IRP is completed.
    pub(crate) fn current_location(&self) -> Option<&Location> {
        let index = usize::try_from(self.current.checked_sub(1)?).ok()?;
        self.locations.get(index)
    }
}

fn read_location(nt: &Nt<'_, '_>, at: u64) -> Result<Location, NtError> {
    let field = |path| nt.read(LOCATION, path, at);
    Ok(Location {
        address: at,
        major: field("MajorFunction")? as u8,
        minor: field("MinorFunction")? as u8,
        device: field("DeviceObject")?,
        completion: field("CompletionRoutine")?,
    })
}

/// `IRP_MJ_…` of a number (wdm.h).
pub(crate) fn major_name(major: u8) -> String {
    const NAMES: [&str; 28] = [
        "CREATE",
        "CREATE_NAMED_PIPE",
        "CLOSE",
        "READ",
        "WRITE",
        "QUERY_INFORMATION",
        "SET_INFORMATION",
        "QUERY_EA",
        "SET_EA",
        "FLUSH_BUFFERS",
        "QUERY_VOLUME_INFORMATION",
        "SET_VOLUME_INFORMATION",
        "DIRECTORY_CONTROL",
        "FILE_SYSTEM_CONTROL",
        "DEVICE_CONTROL",
        "INTERNAL_DEVICE_CONTROL",
        "SHUTDOWN",
        "LOCK_CONTROL",
        "CLEANUP",
        "CREATE_MAILSLOT",
        "QUERY_SECURITY",
        "SET_SECURITY",
        "POWER",
        "SYSTEM_CONTROL",
        "DEVICE_CHANGE",
        "QUERY_QUOTA",
        "SET_QUOTA",
        "PNP",
    ];
    match NAMES.get(usize::from(major)) {
        Some(name) => format!("IRP_MJ_{name}"),
        None => format!("major function {major:#x}"),
    }
}

/// `IRP_MN_…` of PnP and power IRPs (wdm.h).
pub(crate) fn minor_name(major: u8, minor: u8) -> String {
    const POWER: [&str; 4] = ["WAIT_WAKE", "POWER_SEQUENCE", "SET_POWER", "QUERY_POWER"];
    const PNP: [&str; 26] = [
        "START_DEVICE",
        "QUERY_REMOVE_DEVICE",
        "REMOVE_DEVICE",
        "CANCEL_REMOVE_DEVICE",
        "STOP_DEVICE",
        "QUERY_STOP_DEVICE",
        "CANCEL_STOP_DEVICE",
        "QUERY_DEVICE_RELATIONS",
        "QUERY_INTERFACE",
        "QUERY_CAPABILITIES",
        "QUERY_RESOURCES",
        "QUERY_RESOURCE_REQUIREMENTS",
        "QUERY_DEVICE_TEXT",
        "FILTER_RESOURCE_REQUIREMENTS",
        "minor function 0xe",
        "READ_CONFIG",
        "WRITE_CONFIG",
        "EJECT",
        "SET_LOCK",
        "QUERY_ID",
        "QUERY_PNP_DEVICE_STATE",
        "QUERY_BUS_INFORMATION",
        "DEVICE_USAGE_NOTIFICATION",
        "SURPRISE_REMOVAL",
        "QUERY_LEGACY_BUS_INFORMATION",
        "DEVICE_ENUMERATED",
    ];
    let names: &[&str] = match major {
        0x16 => &POWER,
        0x1B => &PNP,
        _ => &[],
    };
    match names.get(usize::from(minor)) {
        Some(name) if name.starts_with("minor") => (*name).to_owned(),
        Some(name) => format!("IRP_MN_{name}"),
        None => format!("minor function {minor:#x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_seeds() {
        assert_eq!(major_name(0x1B), "IRP_MJ_PNP");
        assert_eq!(minor_name(0x1B, 0x17), "IRP_MN_SURPRISE_REMOVAL");
        assert_eq!(major_name(0x16), "IRP_MJ_POWER");
        assert_eq!(minor_name(0x16, 2), "IRP_MN_SET_POWER");
        assert_eq!(minor_name(3, 1), "minor function 0x1");
        assert_eq!(major_name(0x40), "major function 0x40");
    }
}
