//! `!sysinfo`: the machine's processors and system.

use std::fmt;

use serde::Serialize;

use super::firmware::{CpuInfo, MachineId, cpu_info, machine_id};
use super::session::Session;
use super::text::{dec, hex, raw};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::MemoryExt;
use crate::nt::Processor;
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "sysinfo",
    names: &["sysinfo", "cpuinfo"],
    usage: "sysinfo [cpuinfo | cpuspeed | machineid | smbios] or cpuinfo [N]",
    meaning: "maker, board, firmware and memory modules (SMBIOS), the processors, the Windows",
    example: "sysinfo machineid",
    needs_structures: false,
    make: |session, request| Ok(sysinfo(session, request)?.into()),
};

const PRCB: &str = "_KPRCB";
/// `KUSER_SHARED_DATA` (ntddk.h), at the same address in all versions.
const SHARED: u64 = 0xffff_f780_0000_0000;
const SYSTEM_ROOT: u64 = SHARED + 0x30;
const MAX_SYSTEM_ROOT: usize = 260;
const MAJOR_VERSION: u64 = SHARED + 0x26C;
const MINOR_VERSION: u64 = SHARED + 0x270;
const PHYSICAL_PAGES: u64 = SHARED + 0x2E8;
const PAGES_IN_MIB: u64 = 256;

/// The requested part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    All,
    CpuInfo,
    CpuSpeed,
    /// Makers and firmware, also with processors and memory.
    Machine {
        with_parts: bool,
    },
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct SysInfo {
    #[serde(skip)]
    part: Part,
    processors: Vec<Cpu>,
    cpu: Option<CpuInfo>,
    machine: Option<MachineId>,
    system: Option<System>,
}

/// A processor, as the kernel read it with CPUID.
#[derive(Clone, Debug, Default, Serialize)]
struct Cpu {
    number: u32,
    vendor: Option<String>,
    family: Option<u64>,
    model: Option<u64>,
    stepping: Option<u64>,
    /// As the kernel measured it at boot.
    mhz: Option<u64>,
    /// IA32_BIOS_SIGN_ID: on Intel, the upper half is the microcode revision.
    update_signature: Option<Hex64>,
    /// The kernel's own flags (`KF_…`), not those of CPUID.
    features: Option<Hex64>,
}

#[derive(Clone, Debug, Serialize)]
struct System {
    /// Major and minor version.
    windows: Option<String>,
    root: Option<String>,
    physical_pages: Option<u64>,
}

fn sysinfo(session: &Session<'_, '_>, request: &ViewRequest) -> Result<SysInfo, InspectError> {
    let (part, number) = wanted(request)?;
    let processors = match part {
        Part::Machine { .. } | Part::CpuSpeed => &[],
        Part::All | Part::CpuInfo => session.processors(),
    };
    if let Some(number) = number
        && !processors.iter().any(|one| one.number == number)
    {
        let why = format!("the dump shows {} processors", processors.len());
        session.note(format!("processor {number}"), why);
    }
    let shown = processors
        .iter()
        .filter(|one| number.is_none_or(|number| number == one.number));
    Ok(SysInfo {
        part,
        processors: shown.map(|one| cpu(session, one)).collect(),
        cpu: match part {
            Part::Machine { .. } => None,
            _ => cpu_info(session),
        },
        machine: match part {
            Part::All => machine_id(session, false),
            Part::Machine { with_parts } => machine_id(session, with_parts),
            _ => None,
        },
        system: (part == Part::All).then(|| system(session)),
    })
}

/// The part, and the processor for `!cpuinfo 1`.
fn wanted(request: &ViewRequest) -> Result<(Part, Option<u32>), InspectError> {
    let word = request.args.first().map(String::as_str);
    if request.name == "cpuinfo" {
        let number = word.map(|word| {
            let bad = |_| request.usage(format!("`{word}` is no processor's number"));
            word.parse().map_err(bad)
        });
        return Ok((Part::CpuInfo, number.transpose()?));
    }
    let part = match word.map(str::to_lowercase).as_deref() {
        None => Part::All,
        Some("cpuinfo") => Part::CpuInfo,
        Some("cpuspeed") => Part::CpuSpeed,
        Some("machineid") => Part::Machine { with_parts: false },
        Some("smbios") => Part::Machine { with_parts: true },
        Some(other) => return Err(request.usage(format!("`{other}` is none of its parts"))),
    };
    Ok((part, None))
}

fn cpu(session: &Session<'_, '_>, processor: &Processor) -> Cpu {
    let read = |path| session.nt.read(PRCB, path, processor.prcb);
    // One note for all processors.
    let field = |what, path| session.known(what, read(path));
    // Older kernels name only the word that holds both.
    let step = read("CpuStep").ok();
    let model = read("CpuModel").ok().or(step.map(|step| step >> 8));
    let stepping = read("CpuStepping").ok().or(step.map(|step| step & 0xFF));
    if model.or(stepping).is_none() {
        field("the processors' model and stepping", "CpuModel");
    }
    let vendor = session.nt.read_bytes(PRCB, "VendorString", processor.prcb);
    let vendor = session.known("the processors' vendor", vendor);
    Cpu {
        number: processor.number,
        vendor: vendor
            .map(|bytes| {
                let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
                String::from_utf8_lossy(text).into_owned()
            })
            .filter(|vendor| !vendor.is_empty()),
        family: field("the processors' family", "CpuType"),
        model,
        stepping,
        mhz: field("the processors' speed", "MHz"),
        update_signature: field("the processors' microcode", "UpdateSignature.QuadPart").map(Hex64),
        features: field("the processors' features", "FeatureBits").map(Hex64),
    }
}

fn system(session: &Session<'_, '_>) -> System {
    let memory = session.target.memory;
    let filled = |what, at| {
        let value = session.known(what, memory.read_uint(at, 4));
        if value == Some(0) {
            session.note(what, "KUSER_SHARED_DATA holds 0 for it");
        }
        value.filter(|&value| value != 0)
    };
    let version = "the version of Windows";
    let version = filled(version, MAJOR_VERSION).and_then(|major| {
        let minor = session.known(version, memory.read_uint(MINOR_VERSION, 4))?;
        Some(format!("{major}.{minor}"))
    });
    let root = memory.read_vec(SYSTEM_ROOT, 2 * MAX_SYSTEM_ROOT);
    let root = session.known("the system root", root).map(|bytes| {
        let units = bytes.chunks_exact(2);
        let units = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        let units: Vec<_> = units.take_while(|&unit| unit != 0).collect();
        String::from_utf16_lossy(&units)
    });
    System {
        windows: version,
        root: root.filter(|root| !root.is_empty()),
        physical_pages: filled("the size of memory", PHYSICAL_PAGES),
    }
}

impl fmt::Display for SysInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Part::Machine { .. } => {
                return self.machine.iter().try_for_each(|machine| machine.fmt(f));
            }
            Part::CpuSpeed => return self.cpu.iter().try_for_each(|cpu| cpu.speed(f)),
            Part::All | Part::CpuInfo => {}
        }
        writeln!(
            f,
            "CP F/M/S     Manufacturer  MHz  Update Signature Features"
        )?;
        self.processors.iter().try_for_each(|one| one.fmt(f))?;
        if let Some(cpu) = &self.cpu {
            write!(f, "\n{cpu}")?;
        }
        if let Some(machine) = &self.machine {
            write!(f, "\n{machine}")?;
        }
        let Some(system) = &self.system else {
            return Ok(());
        };
        let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
        writeln!(f, "\nWindows version: {}", shown(&system.windows))?;
        writeln!(f, "System root:     {}", shown(&system.root))?;
        let pages = system.physical_pages;
        writeln!(
            f,
            "Physical memory: {} MiB ({} pages)",
            dec(pages.map(|pages| pages / PAGES_IN_MIB)),
            dec(pages)
        )
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = [self.family, self.model, self.stepping].map(dec).join(",");
        writeln!(
            f,
            "{:>2} {steps:<9} {:<12} {:>4}  {} {}",
            self.number,
            self.vendor.as_deref().unwrap_or("?"),
            dec(self.mhz),
            hex(raw(self.update_signature), 16),
            hex(raw(self.features), 8)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{error, view, views_with};
    use super::*;
    use crate::testing::{VirtualMemory, fixtures};

    #[test]
    fn windows_and_memory_come_from_the_shared_page() {
        let fill = |memory: &mut VirtualMemory| {
            memory.write_u64(MAJOR_VERSION, 10);
            memory.write_u64(PHYSICAL_PAGES, 0x8_0000);
            for (at, unit) in (SYSTEM_ROOT..).step_by(2).zip(r"C:\Windows".encode_utf16()) {
                memory.write(at, &unit.to_le_bytes());
            }
        };
        let mut views = views_with(fill, &[fixtures()], &["!sysinfo"]);
        let text = views.remove(0).unwrap().to_string();
        assert!(text.contains("Windows version: 10.0\n"), "{text}");
        assert!(text.contains("System root:     C:\\Windows\n"), "{text}");
        assert!(
            text.contains("Physical memory: 2048 MiB (524288 pages)\n"),
            "{text}"
        );
        // The synthetic kernel has two processors, without CPUID data.
        assert!(text.contains(" 1 ?,?,?     ?               ?  ?"), "{text}");
        assert!(text.contains("the processors' vendor: unknown because"));
        assert!(text.contains("make, model and firmware"), "{text}");
    }

    #[test]
    fn a_processor_is_a_row_under_windbgs_headings() {
        let cpu = Cpu {
            number: 3,
            vendor: Some("GenuineIntel".to_owned()),
            family: Some(6),
            model: Some(158),
            stepping: Some(10),
            mhz: Some(3696),
            update_signature: Some(Hex64(0xde_0000_0000)),
            features: Some(Hex64(0x391b_fbff)),
        };
        assert_eq!(
            cpu.to_string(),
            " 3 6,158,10  GenuineIntel 3696  000000de00000000 391bfbff\n"
        );
    }

    #[test]
    fn parts_say_what_they_do_not_know() {
        let speed = view("!sysinfo cpuspeed");
        assert!(speed.unknown()[0].what.contains("the processor's name"));
        let machine = view("!sysinfo machineid");
        assert_eq!(machine.unknown().len(), 1);
        let one = view("!cpuinfo 1").to_string();
        assert_eq!(one.lines().filter(|line| line.contains("?,?,?")).count(), 1);
        assert!(
            view("!cpuinfo 7")
                .to_string()
                .contains("shows 2 processors")
        );
        assert!(error("!cpuinfo x").contains("no processor's number"));
        assert!(error("sysinfo gbl").contains("`gbl` is none of its parts"));
    }
}
