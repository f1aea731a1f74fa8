//! What `!sysinfo` shows of the machine: its makers, firmware, processor and memory.

use std::fmt;

use serde::Serialize;

use super::enumtag::NONE;
use super::session::Session;
use super::text::dec;
use crate::dump::secondary::tag;
use crate::facts::Reported;
use crate::nt::cpu::Cpu;
use crate::nt::smbios::{Module, Smbios, Socket};
use crate::verdict::Hex64;

/// The machine's identity, by SMBIOS.
#[derive(Clone, Debug, Serialize)]
pub(super) struct MachineId {
    smbios_version: String,
    bios_vendor: Option<String>,
    bios_version: Option<String>,
    bios_release_date: Option<String>,
    system_manufacturer: Option<String>,
    system_product_name: Option<String>,
    system_family: Option<String>,
    system_version: Option<String>,
    system_sku: Option<String>,
    base_board_manufacturer: Option<String>,
    base_board_product: Option<String>,
    base_board_version: Option<String>,
    sockets: Vec<SocketView>,
    memory: Vec<ModuleView>,
    /// Whether to print processors and memory.
    #[serde(skip)]
    with_parts: bool,
}

#[derive(Clone, Debug, Serialize)]
struct SocketView {
    socket: Option<String>,
    manufacturer: Option<String>,
    version: Option<String>,
    max_mhz: Option<u16>,
    current_mhz: Option<u16>,
    cores: Option<u16>,
}

#[derive(Clone, Debug, Serialize)]
struct ModuleView {
    slot: String,
    bank: Option<String>,
    manufacturer: Option<String>,
    part_number: Option<String>,
    size_mib: Option<u64>,
    speed: Option<u32>,
    configured_speed: Option<u32>,
    /// First address and the address behind the last.
    addresses: Option<(Hex64, Hex64)>,
}

/// The processor, as the registry and CPUID describe it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CpuInfo {
    name: Option<String>,
    vendor: Option<String>,
    identifier: Option<String>,
    mhz: Option<u32>,
    microcode: Option<Hex64>,
    /// From SMBIOS.
    max_mhz: Option<u16>,
}

/// Reads the SMBIOS tables; without them, a note says why.
pub(super) fn machine_id(session: &Session<'_, '_>, with_parts: bool) -> Option<MachineId> {
    let Some(tables) = tables(session) else {
        session.note("make, model and firmware of the machine", why_none(session));
        return None;
    };
    let Smbios {
        version: (major, minor),
        system,
        board,
        ..
    } = tables;
    Some(MachineId {
        smbios_version: format!("{major}.{minor}"),
        bios_vendor: tables.bios_vendor,
        bios_version: tables.bios_version,
        bios_release_date: tables.bios_date,
        system_manufacturer: system.maker,
        system_product_name: system.product,
        system_family: system.family,
        system_version: system.version,
        system_sku: system.sku,
        base_board_manufacturer: board.maker,
        base_board_product: board.product,
        base_board_version: board.version,
        sockets: tables.sockets.into_iter().map(socket).collect(),
        memory: tables.memory.into_iter().map(module).collect(),
        with_parts,
    })
}

/// The processor; without data, a note says why.
pub(super) fn cpu_info(session: &Session<'_, '_>) -> Option<CpuInfo> {
    let Reported { smbios, cpu, .. } = Reported::read(session.target, session.debugger);
    let sockets = smbios.map_or_else(Vec::new, |tables| tables.sockets);
    if cpu == Cpu::default() && sockets.is_empty() {
        session.note("the processor's name", why_none(session));
        return None;
    }
    Some(CpuInfo {
        name: cpu
            .name
            .or_else(|| sockets.iter().find_map(|socket| socket.version.clone())),
        vendor: cpu.vendor,
        identifier: cpu.identifier,
        mhz: cpu.mhz,
        microcode: cpu.microcode.map(Hex64),
        max_mhz: sockets.iter().find_map(|socket| socket.max_mhz),
    })
}

fn tables(session: &Session<'_, '_>) -> Option<Smbios> {
    let raw = session.target.secondary.as_ref()?.data_of(tag::SMBIOS)?;
    Smbios::parse(&raw)
}

fn why_none(session: &Session<'_, '_>) -> &'static str {
    match &session.target.secondary {
        None => NONE,
        Some(secondary) if secondary.find(tag::SMBIOS).is_some() => {
            "the SMBIOS tables in the dump are damaged"
        }
        Some(_) => "the dump has no SMBIOS tables; Windows wrote none at the stop",
    }
}

fn socket(socket: Socket) -> SocketView {
    SocketView {
        socket: socket.name,
        manufacturer: socket.maker,
        version: socket.version,
        max_mhz: socket.max_mhz,
        current_mhz: socket.current_mhz,
        cores: socket.cores,
    }
}

fn module(module: Module) -> ModuleView {
    ModuleView {
        slot: module.slot,
        bank: module.bank,
        manufacturer: module.maker,
        part_number: module.part,
        size_mib: module.size_mib,
        speed: module.speed,
        configured_speed: module.configured_speed,
        addresses: module
            .addresses
            .map(|(start, end)| (start.into(), end.into())),
    }
}

/// Lines of a heading and the values that are known.
fn rows(f: &mut fmt::Formatter<'_>, rows: &[(&str, Option<String>)]) -> fmt::Result {
    for (name, value) in rows {
        if let Some(value) = value {
            writeln!(f, "  {name:<29} {value}")?;
        }
    }
    Ok(())
}

impl fmt::Display for MachineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = &self.smbios_version;
        writeln!(f, "Machine ID Information [From Smbios {version}]")?;
        for (name, value) in [
            ("BiosVendor", &self.bios_vendor),
            ("BiosVersion", &self.bios_version),
            ("BiosReleaseDate", &self.bios_release_date),
            ("SystemManufacturer", &self.system_manufacturer),
            ("SystemProductName", &self.system_product_name),
            ("SystemFamily", &self.system_family),
            ("SystemVersion", &self.system_version),
            ("SystemSKU", &self.system_sku),
            ("BaseBoardManufacturer", &self.base_board_manufacturer),
            ("BaseBoardProduct", &self.base_board_product),
            ("BaseBoardVersion", &self.base_board_version),
        ] {
            let value = value.as_deref().unwrap_or("(not filled in)");
            writeln!(f, "{name} = {value}")?;
        }
        if !self.with_parts {
            return Ok(());
        }
        let speed = |speed: Option<u32>| speed.map(|speed| format!("{speed}MT/s"));
        let mhz = |mhz: Option<u16>| mhz.map(|mhz| format!("{mhz}MHz"));
        for one in &self.sockets {
            writeln!(f, "[Processor Information (Type 4)]")?;
            rows(
                f,
                &[
                    ("Socket Designation", one.socket.clone()),
                    ("Processor Manufacturer", one.manufacturer.clone()),
                    ("Processor Version", one.version.clone()),
                    ("Max Speed", mhz(one.max_mhz)),
                    ("Current Speed", mhz(one.current_mhz)),
                    ("Core Count", one.cores.map(|count| count.to_string())),
                ],
            )?;
        }
        for one in &self.memory {
            let range = |(start, end): (Hex64, Hex64)| format!("{start} - {end}");
            writeln!(f, "[Memory Device (Type 17)]")?;
            rows(
                f,
                &[
                    ("Device Locator", Some(one.slot.clone())),
                    ("Bank Locator", one.bank.clone()),
                    ("Manufacturer", one.manufacturer.clone()),
                    ("Part Number", one.part_number.clone()),
                    ("Size", one.size_mib.map(|size| format!("{size}MB"))),
                    ("Speed", speed(one.speed)),
                    ("Configured Speed", speed(one.configured_speed)),
                    ("Addresses it holds alone", one.addresses.map(range)),
                ],
            )?;
        }
        Ok(())
    }
}

impl CpuInfo {
    /// `!sysinfo cpuspeed`.
    pub(super) fn speed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_deref().unwrap_or("?");
        writeln!(f, "CPUID:        \"{name}\"")?;
        writeln!(f, "MaxSpeed:     {}", dec(self.max_mhz.map(u64::from)))?;
        writeln!(f, "CurrentSpeed: {}", dec(self.mhz.map(u64::from)))
    }
}

impl fmt::Display for CpuInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "[CPU Information]")?;
        for (name, value) in [
            ("~MHz = REG_DWORD", self.mhz.map(|mhz| mhz.to_string())),
            ("Identifier = REG_SZ", self.identifier.clone()),
            ("ProcessorNameString = REG_SZ", self.name.clone()),
            ("VendorIdentifier = REG_SZ", self.vendor.clone()),
            (
                "Microcode revision =",
                self.microcode.map(|revision| revision.to_string()),
            ),
        ] {
            if let Some(value) = value {
                writeln!(f, "{name} {value}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{minidump_views, text};
    use crate::dump::secondary::tag;
    use crate::nt::{cpu, smbios};

    #[test]
    fn the_machine_is_described_by_its_firmware() {
        let blocks = [
            (tag::SMBIOS, smbios::synthetic::machine()),
            (tag::PROCESSOR, cpu::synthetic::registry()),
        ];
        let commands = [
            "!sysinfo machineid",
            "!sysinfo smbios",
            "!sysinfo cpuinfo",
            "!sysinfo cpuspeed",
        ];
        let views = minidump_views(&blocks, &commands);
        let [id, tables, cpu, speed] = &views[..] else {
            panic!("four views");
        };
        let id = id.to_string();
        assert!(
            id.starts_with("Machine ID Information [From Smbios 3.3]\n"),
            "{id}"
        );
        assert!(id.contains("BaseBoardProduct = Z1-M\n"), "{id}");
        assert!(id.contains("SystemFamily = (not filled in)\n"), "{id}");
        assert!(!id.contains("SERIAL"), "{id}");
        let tables = tables.to_string();
        assert!(
            tables.contains("  Part Number                   RX-8G\n"),
            "{tables}"
        );
        assert!(
            tables.contains("alone      0x200000000 - 0x400000000\n"),
            "{tables}"
        );
        let cpu = cpu.to_string();
        assert!(
            cpu.contains("ProcessorNameString = REG_SZ Acme Core 7 @ 2.60GHz\n"),
            "{cpu}"
        );
        let speed = speed.to_string();
        assert!(
            speed.contains("MaxSpeed:     4400\nCurrentSpeed: 2600\n"),
            "{speed}"
        );
    }

    #[test]
    fn without_tables_the_reason_is_given() {
        let views = minidump_views(&[(tag::SMBIOS, vec![1; 20])], &["!sysinfo machineid"]);
        assert!(views[0].to_string().contains("are damaged"));
        let views = minidump_views(&[(tag::BSD, vec![1; 20])], &["!sysinfo machineid"]);
        assert!(views[0].to_string().contains("no SMBIOS tables"));
        assert!(text("!sysinfo machineid").contains("nothing was added"));
    }
}
