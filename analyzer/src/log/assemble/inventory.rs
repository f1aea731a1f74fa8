//! The machine and the third-party drivers that a log shows.

use std::collections::BTreeMap;

use super::LogContext;
use crate::facts::windows;
use crate::log::read::inventory::{RawDriver, RawMemory};
use crate::log::text::names;
use crate::modules::{has_hashes, is_inbox, link_date};
use crate::nt::smbios::filled;
use crate::verdict::{DriverInfo, Machine, MemoryModule};

/// What the log shows of the machine; `None` if that is at most the Windows build.
pub(super) fn machine(log: &LogContext<'_>) -> Option<Machine> {
    let (found, keys) = (&log.transcript.inventory, &log.transcript.analysis.keys);
    // `!sysinfo` and `!analyze` have names of their own.
    let value = |sysinfo: &str, analyze: &str| {
        let value = found.values.get(sysinfo).or_else(|| keys.get(analyze));
        filled(value?)
    };
    let joined = |parts: &[Option<String>]| {
        let parts: Vec<_> = parts.iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let number = |key: &str| u32::from_str_radix(keys.get(key)?.trim(), 16).ok();
    let by_numbers = || {
        let (family, model) = (number("CPU_FAMILY")?, number("CPU_MODEL")?);
        let stepping = number("CPU_STEPPING")?;
        let vendor = filled(keys.get("CPU_VENDOR")?)?;
        Some(format!(
            "{vendor} Family {family} Model {model} Stepping {stepping}"
        ))
    };
    let by_identifier = || {
        let identifier = value("Identifier", "")?;
        joined(&[value("VendorIdentifier", ""), Some(identifier)])
    };
    let memory: Vec<_> = found.memory.iter().filter_map(module).collect();
    let sizes: Option<Vec<_>> = memory.iter().map(|module| module.size_mib).collect();
    let build = log.transcript.machine.build;
    let lab = found.lab.as_deref();
    let machine = Machine {
        system: joined(&[
            value("SystemManufacturer", "SYSTEM_MANUFACTURER"),
            value("SystemProductName", "SYSTEM_PRODUCT_NAME"),
        ]),
        board: joined(&[
            value("BaseBoardManufacturer", "BASEBOARD_MANUFACTURER"),
            value("BaseBoardProduct", "BASEBOARD_PRODUCT"),
        ]),
        bios: joined(&[
            value("BiosVendor", "BIOS_VENDOR"),
            value("BiosVersion", "BIOS_VERSION"),
            value("BiosReleaseDate", "BIOS_DATE"),
        ]),
        cpu: value("ProcessorNameString", "")
            .or_else(by_identifier)
            .or_else(by_numbers),
        memory_mib: sizes
            .map(|sizes| sizes.iter().sum())
            .filter(|&sum| sum != 0),
        memory_modules: memory,
        windows: windows(build.or_else(|| build_of(lab)).unwrap_or(0), lab),
        ..Machine::default()
    };
    let shown = machine.system.is_some()
        || machine.board.is_some()
        || machine.bios.is_some()
        || machine.cpu.is_some()
        || !machine.memory_modules.is_empty()
        || lab.is_some() && machine.windows.is_some();
    shown.then(|| Machine {
        source: "the log".to_owned(),
        ..machine
    })
}

/// The build number at the start of a lab's name.
fn build_of(lab: Option<&str>) -> Option<u32> {
    lab?.split('.').next()?.parse().ok()
}

/// A module of memory; `None` for an empty slot.
fn module(raw: &RawMemory) -> Option<MemoryModule> {
    let field = |name: &str| filled(raw.fields.get(name)?);
    let leading = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok()
    };
    let size = raw.fields.get("Size").map(|text| {
        let number = leading(text).unwrap_or(0);
        match text.to_lowercase() {
            text if text.contains("gb") => number.saturating_mul(1024),
            text if text.contains("mb") => number,
            _ => 0,
        }
    });
    let speed = |name: &str| leading(raw.fields.get(name)?).filter(|&speed| speed != 0);
    let speed = speed("Configured Speed")
        .or_else(|| speed("Configured Memory Speed"))
        .or_else(|| speed("Speed"));
    let size_mib = size.filter(|&size| size != 0);
    (size.is_none() || size_mib.is_some()).then_some(())?;
    Some(MemoryModule {
        slot: field("Device Locator").or_else(|| field("Bank Locator"))?,
        maker: field("Manufacturer"),
        part: field("Part Number"),
        size_mib,
        speed: speed.and_then(|speed| speed.try_into().ok()),
        addresses: None,
    })
}

/// The drivers of the list of modules that are not part of Windows.
pub(super) fn drivers(log: &LogContext<'_>) -> Vec<DriverInfo> {
    let build = log.transcript.machine.build.unwrap_or(0);
    let mut found: BTreeMap<String, DriverInfo> = BTreeMap::new();
    for module in &log.transcript.modules.found {
        let name = names::file(&module.name, &log.images);
        found.entry(name.to_lowercase()).or_insert(DriverInfo {
            name,
            base: Some(module.start.into()),
            ..DriverInfo::default()
        });
    }
    for raw in &log.transcript.inventory.drivers {
        let info = found.entry(raw.file.to_lowercase()).or_default();
        detail(info, raw, build);
    }
    let own = |info: &DriverInfo| {
        let lower = info.name.to_lowercase();
        let stem = lower.split('.').next().unwrap_or(&lower);
        lower.ends_with(".sys") && !is_inbox(&lower) && !names::is_kernel(stem)
    };
    found.into_values().filter(own).collect()
}

fn detail(info: &mut DriverInfo, raw: &RawDriver, build: u32) {
    info.name = raw.file.clone();
    info.base = raw.base.map(Into::into).or(info.base);
    info.path = raw.path.clone().filter(|path| path.contains('\\'));
    info.timestamp = raw.timestamp;
    info.version = raw.version.clone();
    let is_hash = raw.is_hash || has_hashes(build) && is_inbox(&raw.file);
    info.date = raw
        .timestamp
        .filter(|_| !is_hash)
        .and_then(|stamp| link_date(stamp, None));
}

#[cfg(test)]
mod tests {
    use crate::analyze_log;

    const LOG: &str = "kd> vertarget\n\
        Windows 10 Kernel Version 19041 MP (8 procs) Free x64\n\
        Built by: 19041.1.amd64fre.vb_release.191206-1406\n\
        kd> !analyze -v\n\
        DRIVER_IRQL_NOT_LESS_OR_EQUAL (d1)\n\
        Arg1: 0000000000000010, memory referenced\n\
        Arg2: 0000000000000002, IRQL\n\
        Arg3: 0000000000000000, value 0 = read operation\n\
        Arg4: fffff8800ae8f000, address which referenced memory\n\
        CPU_VENDOR:  GenuineAcme\n\
        CPU_FAMILY: 6\n\
        CPU_MODEL: 1a\n\
        CPU_STEPPING: 4\n\
        BIOS_VERSION:  F.42\n\
        SYSTEM_MANUFACTURER:  To Be Filled By O.E.M.\n\
        BASEBOARD_PRODUCT:  Z1-M\n\
        kd> lmvm gizmo\n\
        start             end                 module name\n\
        fffff880`0ae8e000 fffff880`0aebc000   gizmo      (no symbols)\n\
        \x20   Image path: \\SystemRoot\\System32\\drivers\\gizmo.sys\n\
        \x20   Image name: gizmo.sys\n\
        \x20   Timestamp:        Sun Sep 13 12:26:40 2020 (5F5E1000)\n\
        kd> lm\n\
        start             end                 module name\n\
        fffff880`0b000000 fffff880`0b010000   ntfs     (deferred)\n\
        fffff880`0c000000 fffff880`0c010000   widget   (deferred)\n";

    #[test]
    fn machine_and_drivers_come_from_the_log() {
        let verdict = analyze_log(LOG.as_bytes()).unwrap().remove(0);
        let machine = verdict.machine.unwrap();
        assert_eq!(
            machine.cpu.as_deref(),
            Some("GenuineAcme Family 6 Model 26 Stepping 4")
        );
        assert_eq!(machine.bios.as_deref(), Some("F.42"));
        assert_eq!(
            (machine.system, machine.board.as_deref()),
            (None, Some("Z1-M"))
        );
        assert_eq!(machine.windows.as_deref(), Some("10.0.19041 (vb_release)"));
        assert_eq!(machine.source, "the log");
        let names: Vec<_> = verdict
            .drivers
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!(names, ["gizmo.sys", "widget.sys"]);
        assert_eq!(verdict.drivers[0].date.as_deref(), Some("2020-09-13"));
        assert_eq!(verdict.drivers[1].timestamp, None);
    }

    #[test]
    fn a_log_without_a_machine_shows_none() {
        let bare = "KERNEL_SECURITY_CHECK_FAILURE (139)\nArg1: 0000000000000003\n";
        let verdict = analyze_log(bare.as_bytes()).unwrap().remove(0);
        assert_eq!((verdict.machine, verdict.drivers.len()), (None, 0));
    }
}
