//! `!irp`: an IRP and its stack locations.

use std::fmt;

use serde::Serialize;

use super::device::driver_name;
use super::expression::address;
use super::session::Session;
use super::text::{dec, hex, raw, short};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::is_kernel_address;
use crate::nt::{major_name, minor_name};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "irp",
    names: &["irp"],
    usage: "irp ADDR [1]",
    meaning: "an IRP and its stack locations; 1 with all of its fields",
    example: "irp ffff8d0112345c10 1",
    needs_structures: true,
    make: |session, request| Ok(irp(session, request)?.into()),
};

const IRP: &str = "_IRP";
const LOCATION: &str = "_IO_STACK_LOCATION";
/// `IO_TYPE_IRP` (wdm.h).
const TYPE_IRP: u64 = 6;
/// More than in any device stack.
const MAX_LOCATIONS: u64 = 64;
/// Flags in a location's `Control` (wdm.h), in the order in which `!irp` names them.
const CONTROL: [(u64, &str); 4] = [
    (0x40, "Success"),
    (0x80, "Error"),
    (0x20, "Cancel"),
    (0x01, "pending"),
];
/// The fields that `!irp ADDR 1` lists: WinDbg's name, and the path.
const FIELDS: [(&str, &str); 19] = [
    ("Flags", "Flags"),
    ("ThreadListEntry.Flink", "ThreadListEntry.Flink"),
    ("ThreadListEntry.Blink", "ThreadListEntry.Blink"),
    ("IoStatus.Status", "IoStatus.Status"),
    ("IoStatus.Information", "IoStatus.Information"),
    ("RequestorMode", "RequestorMode"),
    ("Cancel", "Cancel"),
    ("CancelIrql", "CancelIrql"),
    ("ApcEnvironment", "ApcEnvironment"),
    ("UserIosb", "UserIosb"),
    ("UserEvent", "UserEvent"),
    ("CancelRoutine", "CancelRoutine"),
    ("UserBuffer", "UserBuffer"),
    ("Tail.Overlay.Thread", "Tail.Overlay.Thread"),
    (
        "Tail.Overlay.AuxiliaryBuffer",
        "Tail.Overlay.AuxiliaryBuffer",
    ),
    (
        "Tail.Overlay.ListEntry.Flink",
        "Tail.Overlay.ListEntry.Flink",
    ),
    (
        "Tail.Overlay.ListEntry.Blink",
        "Tail.Overlay.ListEntry.Blink",
    ),
    (
        "Tail.Overlay.CurrentStackLocation",
        "Tail.Overlay.CurrentStackLocation",
    ),
    (
        "Tail.Overlay.OriginalFileObject",
        "Tail.Overlay.OriginalFileObject",
    ),
];

#[derive(Clone, Debug, Serialize)]
pub(crate) struct IrpView {
    pub address: Hex64,
    /// Whether it looks like an IRP.
    pub valid: bool,
    pub stack_count: Option<u64>,
    /// Number of the current location; greater than the count once completed.
    pub current: Option<u64>,
    pub current_location: Option<Hex64>,
    pub mdl: Option<Hex64>,
    pub system_buffer: Option<Hex64>,
    pub thread: Option<Hex64>,
    pub pending_returned: Option<bool>,
    /// Location 1, the lowest driver's, first.
    pub locations: Vec<LocationView>,
    /// Only with details (`!irp ADDR 1`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldView>,
}

/// A field of the IRP.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FieldView {
    name: &'static str,
    value: Option<Hex64>,
    /// The symbol that the value points to, for routines.
    symbol: Option<String>,
}

/// A stack location.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LocationView {
    pub number: u64,
    pub address: Hex64,
    pub is_current: bool,
    pub major: Option<u64>,
    pub minor: Option<u64>,
    /// `IRP_MJ_POWER`; none for a location that was not used.
    pub function: Option<String>,
    /// `IRP_MN_SET_POWER`, where the function has named minor codes.
    pub minor_function: Option<String>,
    pub flags: Option<u64>,
    pub control: Option<u64>,
    pub device: Option<Hex64>,
    pub driver: Option<String>,
    pub file: Option<Hex64>,
    pub completion: Option<Hex64>,
    pub completion_symbol: Option<String>,
    pub context: Option<Hex64>,
    pub arguments: Option<[Hex64; 4]>,
}

pub(super) fn irp(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<IrpView, InspectError> {
    let at = address(session, request.need(0, "an IRP's address")?)?;
    let detailed = request.args.get(1).is_some_and(|flags| flags != "0");
    Ok(read(session, at, detailed))
}

/// Reads an IRP, as far as the dump has it.
pub(super) fn read(session: &Session<'_, '_>, at: u64, detailed: bool) -> IrpView {
    let nt = &session.nt;
    let field = |path| nt.read(IRP, path, at).ok();
    let count = field("StackCount");
    let current = field("CurrentLocation");
    let plausible = |count: &u64| (1..=MAX_LOCATIONS).contains(count);
    let valid = field("Type") == Some(TYPE_IRP)
        && count.as_ref().is_some_and(plausible)
        && current.is_some_and(|current| current <= MAX_LOCATIONS + 2);
    if !valid && session.no_symbols().is_none() {
        let why = match nt.read(IRP, "Type", at) {
            Err(error) => error.to_string(),
            Ok(TYPE_IRP) => "its number of stack locations cannot be right".to_owned(),
            Ok(other) => format!("its type is {other:#x}; that of an IRP is 6"),
        };
        session.note(format!("the IRP at {at:#x}"), why);
    }
    let locations = match (nt.size_of(IRP), nt.size_of(LOCATION)) {
        (Ok(start), Ok(size)) if valid => (1..=count.unwrap_or(0))
            .map(|number| {
                let at = at.wrapping_add(start).wrapping_add((number - 1) * size);
                location(session, at, number, current)
            })
            .collect(),
        _ => Vec::new(),
    };
    let mut fields = Vec::new();
    if detailed {
        for (name, path) in FIELDS {
            let value = field(path);
            let code = value.filter(|&value| name == "CancelRoutine" && is_kernel_address(value));
            fields.push(FieldView {
                name,
                symbol: code.map(|routine| session.code(routine)),
                value: value.map(Hex64),
            });
        }
    }
    IrpView {
        address: at.into(),
        valid,
        stack_count: count,
        current,
        current_location: field("Tail.Overlay.CurrentStackLocation").map(Hex64),
        mdl: field("MdlAddress").map(Hex64),
        system_buffer: field("AssociatedIrp.SystemBuffer").map(Hex64),
        thread: field("Tail.Overlay.Thread").map(Hex64),
        pending_returned: field("PendingReturned").map(|value| value != 0),
        locations,
        fields,
    }
}

fn location(session: &Session<'_, '_>, at: u64, number: u64, current: Option<u64>) -> LocationView {
    let nt = &session.nt;
    let field = |path| nt.read(LOCATION, path, at).ok();
    let major = field("MajorFunction");
    let minor = field("MinorFunction");
    let device = field("DeviceObject");
    let file = field("FileObject");
    let completion = field("CompletionRoutine");
    let used = major.is_some_and(|major| major != 0)
        || device.is_some_and(|device| device != 0)
        || file.is_some_and(|file| file != 0);
    let codes = major.zip(minor).filter(|_| used);
    let named = |(major, minor): (u64, u64)| {
        let name = minor_name(major as u8, minor as u8);
        name.starts_with("IRP_MN_").then_some(name)
    };
    let argument = |path| field(path).map(Hex64);
    let arguments = || {
        Some([
            argument("Parameters.Others.Argument1")?,
            argument("Parameters.Others.Argument2")?,
            argument("Parameters.Others.Argument3")?,
            argument("Parameters.Others.Argument4")?,
        ])
    };
    LocationView {
        number,
        address: at.into(),
        is_current: current == Some(number),
        major,
        minor,
        function: codes.map(|(major, _)| major_name(major as u8)),
        minor_function: codes.and_then(named),
        flags: field("Flags"),
        control: field("Control"),
        driver: device
            .filter(|&device| is_kernel_address(device))
            .and_then(|device| driver_name(session, device)),
        device: device.map(Hex64),
        file: file.map(Hex64),
        completion_symbol: completion
            .filter(|&routine| is_kernel_address(routine))
            .map(|routine| session.code(routine)),
        completion: completion.map(Hex64),
        context: argument("Context"),
        arguments: arguments(),
    }
}

impl fmt::Display for IrpView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.valid {
            return writeln!(
                f,
                "IRP signature does not match, probably not an IRP ({})",
                super::text::plain(self.address.0)
            );
        }
        writeln!(
            f,
            "Irp is active with {} stacks {} is current (= 0x{})",
            dec(self.stack_count),
            dec(self.current),
            super::text::plain(raw(self.current_location)),
        )?;
        let buffer = |name: &str, none: &str, value: Option<Hex64>| match raw(value) {
            Some(0) => none.to_owned(),
            value => format!("{name}={}", super::text::plain(value)),
        };
        let done = self.current > self.stack_count;
        let pending = self.pending_returned == Some(true);
        writeln!(
            f,
            " {}: {}: Thread {}:  {}{}",
            buffer("Mdl", "No Mdl", self.mdl),
            buffer("System buffer", "No System Buffer", self.system_buffer),
            short(raw(self.thread)),
            if done {
                "Irp is completed."
            } else {
                "Irp stack trace."
            },
            if pending {
                "  Pending has been returned"
            } else {
                ""
            },
        )?;
        for field in &self.fields {
            let symbol = field.symbol.as_deref().unwrap_or_default();
            let line = format!("{} = {} {symbol}", field.name, short(raw(field.value)));
            writeln!(f, "{}", line.trim_end())?;
        }
        writeln!(f, "     cmd  flg cl Device   File     Completion-Context")?;
        let mut locations = self.locations.iter();
        locations.try_for_each(|location| location.fmt(f))
    }
}

impl fmt::Display for LocationView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_current { '>' } else { ' ' };
        let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "N/A".to_owned());
        writeln!(
            f,
            "{mark}[{}({}), {}({})]",
            name(&self.function),
            hex(self.major, 1),
            name(&self.minor_function),
            hex(self.minor, 1),
        )?;
        let control = self.control.unwrap_or(0);
        let called = raw(self.completion).is_some_and(|routine| routine != 0);
        let flags = CONTROL.iter().filter(|(bit, _)| control & bit != 0);
        let flags: Vec<_> = flags.map(|(_, name)| *name).collect();
        let flags = match (called, flags.is_empty()) {
            (_, true) => String::new(),
            _ => format!(" {}", flags.join(" ")),
        };
        writeln!(
            f,
            "          {:>3} {:>2} {} {} {}-{}{flags}",
            hex(self.flags, 1),
            hex(self.control, 1),
            short(raw(self.device)),
            short(raw(self.file)),
            short(raw(self.completion)),
            short(raw(self.context)),
        )?;
        let routine = self.completion_symbol.as_deref().unwrap_or_default();
        match &self.driver {
            Some(driver) => writeln!(f, "{}", format!("\t       {driver}\t{routine}").trim_end())?,
            None if raw(self.device) == Some(0) => writeln!(f)?,
            None => writeln!(f, "\t       ????\t{routine}")?,
        }
        let arguments = match self.arguments {
            Some(words) => words.map(|word| short(word.0)),
            None => [(); 4].map(|()| "????????".to_owned()),
        };
        writeln!(f, "\t\t\tArgs: {}", arguments.join(" "))
    }
}
