//! The machine that stopped: who made it, its processor, memory and Windows.

use crate::dump::secondary::tag;
use crate::dump::{DumpHeader, MemoryExt};
use crate::nt::cpu::Cpu;
use crate::nt::smbios::{self, Smbios};
use crate::nt::{DebuggerData, Nt};
use crate::target::Target;
use crate::verdict::{Machine, MemoryModule};

/// `KUSER_SHARED_DATA.NumberOfPhysicalPages` (ntddk.h).
const PHYSICAL_PAGES: u64 = 0xffff_f780_0000_02e8;
const PAGES_IN_MIB: u64 = 256;
/// More than any x64 Windows supports.
const MAX_PAGES: u64 = 1 << 36;
const MAX_LAB: usize = 128;
const PRCB: &str = "_KPRCB";

/// What a source itself reports of the machine, before it is put in words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reported {
    pub smbios: Option<Smbios>,
    pub cpu: Cpu,
    /// Where the processor's data comes from, if not from the dump's processor data.
    cpu_source: Option<&'static str>,
    pages: Option<(u64, &'static str)>,
    lab: Option<String>,
}

impl Reported {
    /// Reads what the dump holds.
    pub(crate) fn read(target: &Target<'_>, debugger: Option<&DebuggerData>) -> Self {
        let stream = |tag| target.secondary.as_ref()?.data_of(tag);
        let mut cpu = stream(tag::PROCESSOR)
            .map(|raw| Cpu::of_registry(&raw))
            .unwrap_or_default();
        if let Some(raw) = stream(tag::CPUID) {
            cpu = cpu.with_cpuid(&raw);
        }
        let mut cpu_source = None;
        if cpu.text().is_none() {
            cpu = of_prcb(target, debugger);
            cpu_source = Some("the processor's block");
        }
        Self {
            smbios: stream(tag::SMBIOS).and_then(|raw| Smbios::parse(&raw)),
            cpu,
            cpu_source,
            pages: physical_pages(target, debugger),
            lab: build_lab(target, debugger),
        }
    }

    /// The build's lab, for example `19041.1.amd64fre.vb_release.191206-1406`.
    pub(crate) fn lab(&self) -> Option<&str> {
        self.lab.as_deref()
    }

    /// In the verdict's terms; `None` if nothing is known but the Windows build.
    pub(crate) fn machine(self, header: &DumpHeader) -> Option<Machine> {
        let mut sources = Vec::new();
        let mut machine = Machine::default();
        if let Some(tables) = &self.smbios {
            sources.push("SMBIOS tables in the dump");
            machine.system = tables.system.text();
            machine.board = tables.board.text();
            machine.bios = tables.bios();
            machine.memory_mib = tables.memory_mib();
            machine.memory_modules = modules(&tables.memory);
            machine.identity = tables.identity();
        }
        machine.cpu = self.cpu.text();
        if machine.cpu.is_some() {
            sources.push(self.cpu_source.unwrap_or("processor data in the dump"));
        } else if let Some(tables) = &self.smbios {
            let mut sockets = tables.sockets.iter();
            machine.cpu = sockets.find_map(|socket| socket.version.clone());
        }
        if machine.memory_mib.is_none()
            && let Some((pages, source)) = self.pages
        {
            machine.memory_mib = Some(pages / PAGES_IN_MIB);
            sources.push(source);
        }
        if self.lab.is_some() {
            sources.push("NtBuildLab");
        }
        if sources.is_empty() {
            return None;
        }
        machine.windows = windows(header.build, self.lab.as_deref());
        machine.source = sources.join(", ");
        Some(machine)
    }
}

/// The modules; slots that share a label are told apart by their bank.
fn modules(all: &[smbios::Module]) -> Vec<MemoryModule> {
    let shared = |slot: &str| all.iter().filter(|other| other.slot == slot).count() > 1;
    let module = |module: &smbios::Module| MemoryModule {
        slot: match &module.bank {
            Some(bank) if shared(&module.slot) => format!("{}, {bank}", module.slot),
            _ => module.slot.clone(),
        },
        maker: module.maker.clone(),
        part: module.part.clone(),
        size_mib: module.size_mib,
        speed: module.configured_speed.or(module.speed),
        addresses: module
            .addresses
            .map(|(start, end)| (start.into(), end.into())),
    };
    all.iter().map(module).collect()
}

/// `10.0.19041 (vb_release)`: the version that belongs to a build, and the branch it was built
/// from. `None` without a build.
pub(crate) fn windows(build: u32, lab: Option<&str>) -> Option<String> {
    let version = match build {
        10_240.. => "10.0",
        9_600.. => "6.3",
        9_200.. => "6.2",
        7_600.. => "6.1",
        6_000.. => "6.0",
        3_790 => "5.2",
        2_600 => "5.1",
        _ => return None,
    };
    // `19041.1.amd64fre.vb_release.191206-1406`.
    let branch = lab.map(|lab| match lab.split('.').nth(3) {
        Some(branch) => format!(" ({branch})"),
        None => format!(" ({lab})"),
    });
    Some(format!("{version}.{build}{}", branch.unwrap_or_default()))
}

/// The text that the kernel keeps about its build.
fn build_lab(target: &Target<'_>, debugger: Option<&DebuggerData>) -> Option<String> {
    let at = debugger
        .and_then(|data| data.build_lab)
        .or_else(|| target.kernel_global("NtBuildLab"))?;
    let bytes = target.memory.read_prefix(at, MAX_LAB);
    let end = bytes.iter().position(|&byte| byte == 0)?;
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    let plausible = text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains('.')
        && text.chars().all(|c| c.is_ascii_graphic());
    plausible.then(|| text.to_owned())
}

/// Pages of physical memory, and what says so.
fn physical_pages(
    target: &Target<'_>,
    debugger: Option<&DebuggerData>,
) -> Option<(u64, &'static str)> {
    let plausible = |&pages: &u64| (PAGES_IN_MIB..=MAX_PAGES).contains(&pages);
    let memory = target.memory;
    let shared = memory.read_uint(PHYSICAL_PAGES, 4).ok().filter(plausible);
    let global = || {
        let at = debugger?.physical_pages?;
        memory.read_u64(at).ok().filter(plausible)
    };
    // _PHYSICAL_MEMORY_DESCRIPTOR: the number of runs, then that of pages.
    let descriptor = || {
        let at = memory.read_u64(debugger?.physical_memory?).ok()?;
        let pages = memory.read_u64(at.wrapping_add(8)).ok();
        pages.filter(plausible)
    };
    shared
        .map(|pages| (pages, "KUSER_SHARED_DATA"))
        .or_else(|| Some((global()?, "MmNumberOfPhysicalPages")))
        .or_else(|| Some((descriptor()?, "MmPhysicalMemoryBlock")))
}

/// The processor by what the kernel keeps of CPUID.
fn of_prcb(target: &Target<'_>, debugger: Option<&DebuggerData>) -> Cpu {
    let nt = Nt::new(target);
    let first = || {
        let block = debugger?.processor_block?;
        target.memory.read_u64(block).ok()
    };
    let of_stop = || target.minidump.as_ref()?.prcb;
    let Some(prcb) = of_stop().or_else(first) else {
        return Cpu::default();
    };
    let vendor = nt.read_bytes(PRCB, "VendorString", prcb).ok();
    let vendor = vendor.and_then(|bytes| {
        let text = bytes.split(|&byte| byte == 0).next()?.to_owned();
        String::from_utf8(text).ok()
    });
    let plain = |text: &String| !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
    let number = |path| nt.read(PRCB, path, prcb).ok();
    let identifier = || {
        let (family, model) = (number("CpuType")?, number("CpuModel")?);
        let stepping = number("CpuStepping")?;
        (family != 0).then(|| format!("Family {family} Model {model} Stepping {stepping}"))
    };
    let vendor = vendor.filter(plain);
    Cpu {
        // Without the vendor the numbers are no processor's.
        identifier: vendor.as_ref().and_then(|_| identifier()),
        vendor,
        mhz: number("MHz").map(|mhz| mhz as u32).filter(|&mhz| mhz != 0),
        ..Cpu::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_with_one_label_are_told_apart() {
        let slot = |slot: &str, bank: &str| smbios::Module {
            slot: slot.to_owned(),
            bank: Some(bank.to_owned()),
            ..smbios::Module::default()
        };
        let all = [
            slot("DIMM 1", "A"),
            slot("DIMM 1", "B"),
            slot("DIMM 2", "A"),
        ];
        let slots: Vec<_> = modules(&all).into_iter().map(|one| one.slot).collect();
        assert_eq!(slots, ["DIMM 1, A", "DIMM 1, B", "DIMM 2"]);
    }

    #[test]
    fn versions_belong_to_builds() {
        let lab = "19041.1.amd64fre.vb_release.191206-1406";
        assert_eq!(
            windows(19041, Some(lab)).as_deref(),
            Some("10.0.19041 (vb_release)")
        );
        assert_eq!(windows(7601, None).as_deref(), Some("6.1.7601"));
        assert_eq!(windows(0, Some(lab)), None);
    }
}
