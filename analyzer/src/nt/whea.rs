//! WHEA error records: the Common Platform Error Record of the UEFI specification (appendix N), with
//! Microsoft's section for x64 machine checks (`WHEA_XPF_MCA_SECTION`).

use crate::dump::secondary::Guid;
use crate::dump::{Bytes, Memory, MemoryExt};

const SIGNATURE: &[u8] = b"CPER";
const HEADER: usize = 0x80;
const DESCRIPTOR: usize = 0x48;
/// Real records have up to seven sections and a few KiB.
const MAX_SECTIONS: usize = 32;
const MAX_RECORD: usize = 64 << 10;

/// Section types.
const PROCESSOR_GENERIC: Guid = Guid::parse("9876ccad-47b4-4bdb-b65e-16f193c4f3db");
const PROCESSOR_X64: Guid = Guid::parse("dc3ea0b0-a144-4797-b95b-53fa242b6e1d");
const MEMORY: Guid = Guid::parse("a5bc1114-6f64-4ede-b863-3e83ed7c83b1");
const PCI_EXPRESS: Guid = Guid::parse("d995e954-bbc1-430f-ad91-b44dcb3c6f35");
const PCI_BUS: Guid = Guid::parse("c5753963-3b84-4095-bf78-eddad3f9c9dd");
const PCI_DEVICE: Guid = Guid::parse("eb5e4685-ca66-4769-b6a2-26068b001326");
const FIRMWARE: Guid = Guid::parse("81212a96-09ed-4996-9471-8d729c8e69ed");
const MACHINE_CHECK: Guid = Guid::parse("8a1e1d01-42f9-4557-9c33-565e5cc3f7e8");
const NMI: Guid = Guid::parse("e71254e7-c1b9-4940-ab76-909703a4320f");

/// What notified the system of the error.
const NOTIFIERS: &[(Guid, &str)] = &[
    (
        Guid::parse("2dce8bb1-bdd7-450e-b9ad-9cf4ebd4f890"),
        "Corrected Machine Check",
    ),
    (
        Guid::parse("4e292f96-d843-4a55-a8c2-d481f27ebeee"),
        "Corrected Platform Error",
    ),
    (
        Guid::parse("e8f56ffe-919c-4cc5-ba88-65abe14913bb"),
        "Machine Check Exception",
    ),
    (
        Guid::parse("cf93c01f-1a16-4dfc-b8bc-9c4daf67c104"),
        "PCI Express Error",
    ),
    (
        Guid::parse("cc5263e8-9308-454a-89d0-340bd39bc98e"),
        "INIT Record",
    ),
    (Guid::parse("5bad89ff-b7e6-42c9-814a-cf2485d6e98a"), "NMI"),
    (
        Guid::parse("3d61a466-ab40-409a-a698-f362d464b38f"),
        "BOOT Error Record",
    ),
];

/// An error record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub id: u64,
    pub severity: Severity,
    pub length: u32,
    pub creator: Guid,
    pub notifier: Guid,
    /// `YYYY-MM-DD hh:mm:ss`, UTC; `None` if not filled in.
    pub time: Option<String>,
    pub flags: u32,
    pub sections: Vec<Section>,
    /// Sections that the header counts.
    pub counted: usize,
}

/// The severity as the record has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Severity(pub u32);

impl Severity {
    pub(crate) fn text(self) -> String {
        let name = match self.0 {
            0 => "Recoverable",
            1 => "Fatal",
            2 => "Corrected",
            3 => "Informational",
            _ => "?",
        };
        format!("{name} ({})", self.0)
    }
}

/// A section of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// Of the descriptor and of the section, from the start of the record.
    pub descriptor: usize,
    pub offset: usize,
    pub length: usize,
    pub severity: Severity,
    pub flags: u32,
    pub kind: Guid,
    /// What the part that failed is called, if the firmware says.
    pub part: Option<String>,
    /// Names and values, for the kinds that are known.
    pub fields: Vec<(&'static str, String)>,
}

impl Section {
    /// WinDbg's name of the kind; `None` if it is not known.
    pub(crate) fn name(&self) -> Option<&'static str> {
        Some(match self.kind {
            PROCESSOR_GENERIC => "Processor Generic",
            PROCESSOR_X64 => "x86/x64 Processor Specific",
            MEMORY => "Memory",
            PCI_EXPRESS => "PCI Express",
            PCI_BUS => "PCI/PCI-X Bus",
            PCI_DEVICE => "PCI/PCI-X Device",
            FIRMWARE => "Firmware Error Record",
            MACHINE_CHECK => "x86/x64 MCA",
            NMI => "NMI",
            _ => return None,
        })
    }
}

impl Record {
    /// Reads the record at an address.
    ///
    /// # Errors
    /// Why it cannot be read, or that there is none.
    pub(crate) fn read(memory: &dyn Memory, address: u64) -> Result<Self, String> {
        let header = memory
            .read_vec(address, HEADER)
            .map_err(|error| error.to_string())?;
        let length = Bytes(&header).u32(0x14).unwrap_or(0) as usize;
        let bytes = memory.read_prefix(address, length.clamp(HEADER, MAX_RECORD));
        Self::parse(&bytes).ok_or_else(|| format!("there is no error record at {address:#x}"))
    }

    fn parse(raw: &[u8]) -> Option<Self> {
        let bytes = Bytes(raw);
        if bytes.slice(0, 4)? != SIGNATURE || bytes.u32(6)? != u32::MAX {
            return None;
        }
        let guid = |at| Some(Guid(bytes.slice(at, 16)?.try_into().ok()?));
        let counted = usize::from(bytes.u16(0xA)?);
        Some(Self {
            id: bytes.u64(0x60)?,
            severity: Severity(bytes.u32(0xC)?),
            length: bytes.u32(0x14)?,
            creator: guid(0x40)?,
            notifier: guid(0x50)?,
            time: timestamp(bytes.slice(0x18, 8)?),
            flags: bytes.u32(0x68)?,
            sections: (0..counted.min(MAX_SECTIONS))
                .filter_map(|index| section(bytes, HEADER + DESCRIPTOR * index))
                .collect(),
            counted,
        })
    }

    /// What notified the system, or the GUID of that.
    pub(crate) fn notifier(&self) -> String {
        let mut known = NOTIFIERS.iter();
        match known.find(|(guid, _)| *guid == self.notifier) {
            Some((_, name)) => (*name).to_owned(),
            None => format!("{{{}}}", self.notifier),
        }
    }
}

/// Seconds, minutes, hours, precision, day, month, year, century, in BCD.
fn timestamp(bytes: &[u8]) -> Option<String> {
    let bcd = |byte: u8| {
        let digits = (byte >> 4 < 10 && byte & 0xF < 10).then_some(());
        digits.map(|()| u32::from(byte >> 4) * 10 + u32::from(byte & 0xF))
    };
    // Windows stores plain numbers; both are accepted if they make a time.
    let in_range = |parts: [u32; 7]| {
        let [second, minute, hour, day, month, year, century] = parts;
        let valid = second < 60
            && minute < 60
            && hour < 24
            && (1..=31).contains(&day)
            && (1..=12).contains(&month)
            && year < 100
            && (19..=21).contains(&century);
        valid.then(|| {
            format!("{century:02}{year:02}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
        })
    };
    let places = [0, 1, 2, 4, 5, 6, 7];
    let plain = in_range(places.map(|at| u32::from(bytes[at])));
    plain.or_else(|| {
        let mut parts = [0; 7];
        for (part, at) in parts.iter_mut().zip(places) {
            *part = bcd(bytes[at])?;
        }
        in_range(parts)
    })
}

fn section(record: Bytes<'_>, at: usize) -> Option<Section> {
    let offset = record.u32(at)? as usize;
    let length = record.u32(at + 4)? as usize;
    let kind = Guid(record.slice(at + 0x10, 16)?.try_into().ok()?);
    let has_text = record.slice(at + 0xA, 1)?[0] & 2 != 0;
    let part = record.slice(at + 0x34, 20).filter(|_| has_text);
    // A section that is cut off is decoded as far as it is there.
    let body = record.0.get(offset..).unwrap_or_default();
    let body = Bytes(&body[..length.min(body.len())]);
    let fields = match kind {
        PROCESSOR_GENERIC => processor(body),
        MEMORY => memory(body),
        PCI_EXPRESS => pci_express(body),
        MACHINE_CHECK => machine_check(body),
        _ => None,
    };
    Some(Section {
        descriptor: at,
        offset,
        length,
        severity: Severity(record.u32(at + 0x30)?),
        flags: record.u32(at + 0xC)?,
        kind,
        part: part.map(ascii).filter(|text| !text.is_empty()),
        fields: fields.unwrap_or_default(),
    })
}

fn ascii(bytes: &[u8]) -> String {
    let text = bytes.iter().take_while(|&&byte| byte != 0);
    let text: String = text
        .map(|&byte| match byte {
            0x20..0x7F => char::from(byte),
            _ => '?',
        })
        .collect();
    text.trim().to_owned()
}

type Fields = Vec<(&'static str, String)>;

/// Adds a field whose bit among the valid ones is set.
struct Valid(u64, Fields);

impl Valid {
    fn add(&mut self, bit: u32, name: &'static str, value: Option<String>) {
        if self.0 >> bit & 1 != 0 {
            self.1.extend(value.map(|value| (name, value)));
        }
    }
}

fn named(value: u64, names: &[(u64, &str)]) -> String {
    match names.iter().find(|(known, _)| *known == value) {
        Some((_, name)) => format!("{name} ({value})"),
        None => value.to_string(),
    }
}

fn byte(body: Bytes<'_>, at: usize) -> Option<u64> {
    Some(body.slice(at, 1)?[0].into())
}

fn processor(body: Bytes<'_>) -> Option<Fields> {
    const TYPES: &[(u64, &str)] = &[(0, "x86/x64"), (1, "Itanium"), (2, "ARM")];
    const SETS: &[(u64, &str)] = &[(0, "x86"), (1, "IA64"), (2, "x64")];
    const ERRORS: &[(u64, &str)] = &[
        (1, "Cache error"),
        (2, "TLB error"),
        (4, "Bus error"),
        (8, "Micro-Architectural Error"),
    ];
    const OPERATIONS: &[(u64, &str)] = &[
        (0, "Generic"),
        (1, "Data Read"),
        (2, "Data Write"),
        (3, "Instruction Execute"),
    ];
    let of = |at, names| Some(named(byte(body, at)?, names));
    let hex = |at| Some(format!("{:#018x}", body.u64(at)?));
    let mut fields = Valid(body.u64(0)?, Vec::new());
    fields.add(0, "Proc. Type", of(0x8, TYPES));
    fields.add(1, "Instr. Set", of(0x9, SETS));
    fields.add(2, "Error Type", of(0xA, ERRORS));
    fields.add(3, "Operation", of(0xB, OPERATIONS));
    fields.add(
        4,
        "Flags",
        byte(body, 0xC).map(|flags| format!("{flags:#04x}")),
    );
    fields.add(5, "Level", byte(body, 0xD).map(|level| level.to_string()));
    fields.add(6, "CPU Version", hex(0x10));
    fields.add(7, "CPU Brand", body.slice(0x18, 0x80).map(ascii));
    fields.add(8, "Processor ID", hex(0x98));
    fields.add(9, "Target Address", hex(0xA0));
    fields.add(12, "Instr. Pointer", hex(0xB8));
    Some(fields.1)
}

fn memory(body: Bytes<'_>) -> Option<Fields> {
    const ERRORS: &[(u64, &str)] = &[
        (0, "Unknown"),
        (1, "No error"),
        (2, "Single-bit ECC"),
        (3, "Multi-bit ECC"),
        (4, "Single-symbol ChipKill ECC"),
        (5, "Multi-symbol ChipKill ECC"),
        (6, "Master abort"),
        (7, "Target abort"),
        (8, "Parity"),
        (9, "Watchdog timeout"),
        (10, "Invalid address"),
        (11, "Mirror broken"),
        (12, "Memory sparing"),
        (13, "Scrub corrected"),
        (14, "Scrub uncorrected"),
    ];
    let hex = |at| Some(format!("{:#018x}", body.u64(at)?));
    let number = |at| Some(body.u16(at)?.to_string());
    let mut fields = Valid(body.u64(0)?, Vec::new());
    fields.add(0, "Error Status", hex(0x8));
    fields.add(1, "Physical Address", hex(0x10));
    fields.add(2, "Address Mask", hex(0x18));
    fields.add(3, "Node", number(0x20));
    fields.add(4, "Card", number(0x22));
    fields.add(5, "Module", number(0x24));
    fields.add(6, "Bank", number(0x26));
    fields.add(7, "Device", number(0x28));
    fields.add(8, "Row", number(0x2A));
    fields.add(9, "Column", number(0x2C));
    fields.add(10, "Bit Position", number(0x2E));
    let kind = byte(body, 0x48).map(|kind| named(kind, ERRORS));
    fields.add(14, "Error Type", kind);
    Some(fields.1)
}

fn pci_express(body: Bytes<'_>) -> Option<Fields> {
    const PORTS: &[(u64, &str)] = &[
        (0, "Endpoint"),
        (1, "Legacy Endpoint"),
        (4, "Root Port"),
        (5, "Upstream Switch Port"),
        (6, "Downstream Switch Port"),
        (7, "PCI Express to PCI/PCI-X bridge"),
        (8, "PCI/PCI-X to PCI Express bridge"),
        (9, "Root Complex Integrated Endpoint"),
        (10, "Root Complex Event Collector"),
    ];
    let mut fields = Valid(body.u64(0)?, Vec::new());
    let port = body.u32(0x8).map(|port| named(port.into(), PORTS));
    fields.add(0, "Port Type", port);
    let version = || Some(format!("{}.{}", byte(body, 0xD)?, byte(body, 0xC)?));
    fields.add(1, "Version", version());
    let command = body.u32(0x10);
    let command = command.map(|both| format!("{:#06x}/{:#06x}", both & 0xFFFF, both >> 16));
    fields.add(2, "Command/Status", command);
    let device = || {
        Some(format!(
            "VenId:DevId : {:04x}:{:04x}, bus {:#04x}, device {:#04x}, function {:#04x}, segment {:#06x}",
            body.u16(0x18)?,
            body.u16(0x1A)?,
            byte(body, 0x23)?,
            byte(body, 0x20)?,
            byte(body, 0x1F)?,
            body.u16(0x21)?,
        ))
    };
    fields.add(3, "Device Id", device());
    let aer = |at: usize| Some(format!("{:#010x}", body.u32(0x70 + at)?));
    fields.add(7, "Uncorrectable Status", aer(0x4));
    fields.add(7, "Uncorrectable Mask", aer(0x8));
    fields.add(7, "Uncorrectable Severity", aer(0xC));
    fields.add(7, "Correctable Status", aer(0x10));
    Some(fields.1)
}

/// The registers of the bank that reported a machine check.
fn machine_check(body: Bytes<'_>) -> Option<Fields> {
    // The structure is packed; offsets with natural alignment are tried too. The status register's
    // highest bit says that the bank holds an error.
    let layouts = [(0x10, 0x24, 0x28), (0x10, 0x28, 0x30)];
    let (processor, bank, status_at) = layouts.into_iter().find(|&(_, bank, status)| {
        let valid = body.u64(status).is_some_and(|status| status >> 63 != 0);
        valid && body.u32(bank).is_some_and(|bank| bank < 256)
    })?;
    let (processor, bank) = (body.u32(processor)?, body.u32(bank)?);
    let status = body.u64(status_at)?;
    let flag = |bit: u32| status >> bit & 1 != 0;
    let mut fields = vec![
        (
            "Error",
            format!(
                "{} (Proc {processor} Bank {bank})",
                mca_error(status as u16)
            ),
        ),
        ("Status", format!("{status:#018x}")),
    ];
    let flags = [
        (62, "overflow"),
        (61, "uncorrected"),
        (60, "enabled"),
        (57, "processor context corrupt"),
    ];
    let flags: Vec<_> = flags
        .into_iter()
        .filter(|&(bit, _)| flag(bit))
        .map(|(_, name)| name)
        .collect();
    if !flags.is_empty() {
        fields.push(("Flags", flags.join(", ")));
    }
    let register = |at| Some(format!("{:#018x}", body.u64(at)?));
    if flag(58) {
        fields.extend(register(status_at + 8).map(|value| ("Address", value)));
    }
    if flag(59) {
        fields.extend(register(status_at + 16).map(|value| ("Misc.", value)));
    }
    Some(fields)
}

/// The name of an architectural error code (Intel SDM, volume 3, "Interpreting the MCA error
/// codes").
fn mca_error(code: u16) -> String {
    let transaction = ["I", "D", "G", "?"][usize::from(code >> 2 & 3)];
    let level = ["L0", "L1", "L2", "LG"][usize::from(code & 3)];
    let request = || {
        let names = [
            "ERR", "RD", "WR", "DRD", "DWR", "IRD", "PREFETCH", "EVICT", "SNOOP",
        ];
        names
            .get(usize::from(code >> 4 & 0xF))
            .copied()
            .unwrap_or("?")
    };
    // Bit 12 only says that reports are filtered.
    let plain = code & !0x1000;
    match plain {
        0x0000 => "no error".to_owned(),
        0x0001 => "UNCLASSIFIED".to_owned(),
        0x0002 => "MICROCODE_ROM_PARITY_ERROR".to_owned(),
        0x0003 => "EXTERNAL_ERROR".to_owned(),
        0x0004 => "FRC_ERROR".to_owned(),
        0x0005 => "INTERNAL_PARITY_ERROR".to_owned(),
        0x0400 => "INTERNAL_TIMER".to_owned(),
        0x000C..=0x000F => format!("GCACHE{level}_ERR"),
        0x0010..=0x001F => format!("{transaction}TLB{level}_ERR"),
        0x0080..=0x00FF => {
            let kind = ["GEN", "RD", "WR", "AC", "MS"];
            let kind = kind.get(usize::from(code >> 4 & 7)).unwrap_or(&"?");
            match code & 0xF {
                0xF => format!("MC_{kind}_CHANNELunspecified_ERR"),
                channel => format!("MC_{kind}_CHANNEL{channel}_ERR"),
            }
        }
        0x0100..=0x01FF => format!("{transaction}CACHE{level}_{}_ERR", request()),
        0x0800..=0x0FFF => {
            let place = ["SRC", "RES", "OBS", "GENERIC"][usize::from(code >> 9 & 3)];
            let kind = ["M", "reserved", "IO", "OTHER"][usize::from(code >> 2 & 3)];
            let time = if code & 0x100 == 0 {
                "NOTIMEOUT"
            } else {
                "TIMEOUT"
            };
            format!("BUS{level}_{place}_{}_{kind}_{time}_ERR", request())
        }
        other => format!("{other:#06x}"),
    }
}

#[cfg(test)]
pub(crate) mod synthetic {
    //! Synthetic error records.

    use super::*;

    fn put(bytes: &mut [u8], at: usize, part: &[u8]) {
        bytes[at..at + part.len()].copy_from_slice(part);
    }

    /// A record with these sections, at a fixed time.
    pub(crate) fn record(sections: &[(Guid, Vec<u8>)]) -> Vec<u8> {
        let mut raw = vec![0; HEADER + DESCRIPTOR * sections.len()];
        put(&mut raw, 0, SIGNATURE);
        put(&mut raw, 6, &[0xFF; 4]);
        put(&mut raw, 0xA, &(sections.len() as u16).to_le_bytes());
        put(&mut raw, 0xC, &1u32.to_le_bytes());
        put(&mut raw, 0x18, &[3, 2, 1, 0, 6, 5, 24, 20]);
        put(&mut raw, 0x50, &NOTIFIERS[2].0.0);
        put(&mut raw, 0x60, &0x1234u64.to_le_bytes());
        for (index, (kind, body)) in sections.iter().enumerate() {
            let at = HEADER + DESCRIPTOR * index;
            let offset = raw.len() as u32;
            put(&mut raw, at, &offset.to_le_bytes());
            put(&mut raw, at + 4, &(body.len() as u32).to_le_bytes());
            put(&mut raw, at + 0xA, &[2]);
            put(&mut raw, at + 0x10, &kind.0);
            put(&mut raw, at + 0x30, &1u32.to_le_bytes());
            put(&mut raw, at + 0x34, b"DIMM_A1");
            raw.extend(body);
        }
        let length = raw.len() as u32;
        put(&mut raw, 0x14, &length.to_le_bytes());
        raw
    }

    /// A machine check, a memory and a PCI Express error.
    pub(crate) fn errors() -> Vec<u8> {
        let mut check = vec![0; 0x60];
        put(&mut check, 0x10, &2u32.to_le_bytes());
        put(&mut check, 0x24, &1u32.to_le_bytes());
        let status = 1u64 << 63 | 1 << 61 | 1 << 58 | 0x0175;
        put(&mut check, 0x28, &status.to_le_bytes());
        put(&mut check, 0x30, &0x1_2345_6000u64.to_le_bytes());
        let mut memory = vec![0; 0x49];
        put(
            &mut memory,
            0,
            &(1u64 << 1 | 1 << 10 | 1 << 14).to_le_bytes(),
        );
        put(&mut memory, 0x10, &0x1_2345_6780u64.to_le_bytes());
        put(&mut memory, 0x2E, &37u16.to_le_bytes());
        memory[0x48] = 3;
        let mut pci = vec![0; 0xD0];
        put(&mut pci, 0, &0b1001u64.to_le_bytes());
        put(&mut pci, 8, &4u32.to_le_bytes());
        put(&mut pci, 0x18, &[0x86, 0x80, 0x34, 0x12]);
        pci[0x20] = 0x1C;
        record(&[
            (MACHINE_CHECK, check),
            (MEMORY, memory),
            (PCI_EXPRESS, pci),
            (Guid([7; 16]), vec![1, 2, 3]),
        ])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field<'r>(section: &'r Section, name: &str) -> Option<&'r str> {
        let mut fields = section.fields.iter();
        Some(fields.find(|(known, _)| *known == name)?.1.as_str())
    }

    #[test]
    fn sections_are_decoded_by_their_type() {
        let record = Record::parse(&synthetic::errors()).unwrap();
        assert_eq!(record.severity.text(), "Fatal (1)");
        assert_eq!(record.notifier(), "Machine Check Exception");
        assert_eq!(record.time.as_deref(), Some("2024-05-06 01:02:03"));
        let [check, memory, pci, other] = &record.sections[..] else {
            panic!("{record:?}");
        };
        assert_eq!(
            field(check, "Error"),
            Some("DCACHEL1_EVICT_ERR (Proc 2 Bank 1)")
        );
        assert_eq!(field(check, "Address"), Some("0x0000000123456000"));
        assert_eq!(field(check, "Misc."), None);
        assert_eq!(memory.part.as_deref(), Some("DIMM_A1"));
        assert_eq!(field(memory, "Error Type"), Some("Multi-bit ECC (3)"));
        assert_eq!(field(memory, "Bit Position"), Some("37"));
        // What the record does not mark as valid is not shown.
        assert_eq!(field(memory, "Node"), None);
        assert_eq!(field(pci, "Port Type"), Some("Root Port (4)"));
        assert!(field(pci, "Device Id").unwrap().contains("8086:1234"));
        assert_eq!((other.name(), other.fields.len()), (None, 0));
    }

    #[test]
    fn error_codes_have_the_manuals_names() {
        for (code, name) in [
            (0x0175, "DCACHEL1_EVICT_ERR"),
            (0x0150, "ICACHEL0_IRD_ERR"),
            (0x0014, "DTLBL0_ERR"),
            (0x009F, "MC_RD_CHANNELunspecified_ERR"),
            (0x0091, "MC_RD_CHANNEL1_ERR"),
            (0x0E0B, "BUSLG_GENERIC_ERR_IO_NOTIMEOUT_ERR"),
            (0x0400, "INTERNAL_TIMER"),
            (0x4000, "0x4000"),
        ] {
            assert_eq!(mca_error(code), name, "{code:#x}");
        }
    }

    proptest! {
        #[test]
        fn damage_is_survived(
            changes in proptest::collection::vec((0usize..1000, any::<u8>()), 0..40),
            length in 0usize..1000,
        ) {
            let mut raw = synthetic::errors();
            for (at, byte) in changes {
                if let Some(place) = raw.get_mut(at) {
                    *place = byte;
                }
            }
            raw.truncate(length);
            let _ = Record::parse(&raw);
        }
    }
}
