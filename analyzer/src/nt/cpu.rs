//! The processor as secondary data of a dump describes it: registry values and CPUID leaves.

use crate::dump::Bytes;

/// Values of the registry key `HARDWARE\DESCRIPTION\System\CentralProcessor\0`.
const MAX_VALUES: usize = 64;
const MAX_NAME: usize = 256;
const MAX_VALUE: usize = 4096;
/// Registry types.
const REG_SZ: u32 = 1;
const REG_DWORD: u32 = 4;
/// A record of a CPUID leaf: a word, the leaf, and the registers EAX to EDX twice.
const LEAF: usize = 0x28;
const MAX_LEAVES: usize = 256;
const BRAND: u32 = 0x8000_0002;

/// What is known of the first processor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cpu {
    /// `11th Gen Intel(R) Core(TM) i5-11400 @ 2.60GHz`.
    pub name: Option<String>,
    /// `GenuineIntel`.
    pub vendor: Option<String>,
    /// `Intel64 Family 6 Model 167 Stepping 1`.
    pub identifier: Option<String>,
    pub mhz: Option<u32>,
    /// Revision of the microcode.
    pub microcode: Option<u64>,
}

impl Cpu {
    /// From the values of the registry key: for each the size and text of its name, its type, the
    /// size of its data, and the data.
    pub(crate) fn of_registry(raw: &[u8]) -> Self {
        let mut cpu = Self::default();
        let mut rest = raw;
        for _ in 0..MAX_VALUES {
            let Some((name, kind, data, behind)) = value(rest) else {
                break;
            };
            rest = behind;
            let text = || {
                (kind == REG_SZ)
                    .then(|| utf16(data))
                    .filter(|text| !text.is_empty())
            };
            match name.as_str() {
                "ProcessorNameString" => cpu.name = text(),
                "VendorIdentifier" => cpu.vendor = text(),
                "Identifier" => cpu.identifier = text(),
                "~MHz" if kind == REG_DWORD => cpu.mhz = Bytes(data).u32(0),
                // The upper half of IA32_BIOS_SIGN_ID; it is stored as the register.
                "MSR8B" | "Update Revision" => {
                    let register = Bytes(data).u64(0);
                    let revision = register
                        .map(|value| value >> 32)
                        .filter(|&value| value != 0);
                    cpu.microcode = cpu.microcode.or(revision);
                }
                _ => {}
            }
        }
        cpu
    }

    /// Fills in what CPUID says where the registry's values are missing.
    pub(crate) fn with_cpuid(mut self, raw: &[u8]) -> Self {
        let leaves = raw.chunks_exact(LEAF).take(MAX_LEAVES).map(Bytes);
        let leaf = |number: u32| {
            let mut leaves = leaves.clone();
            let found = leaves.find(|leaf| leaf.u32(4) == Some(number))?;
            found.slice(8, 16)
        };
        let register = |number, at| Bytes(leaf(number)?).u32(at);
        if self.vendor.is_none()
            && let Some(first) = leaf(0)
        {
            // EBX, EDX, ECX.
            let text = [&first[4..8], &first[12..16], &first[8..12]].concat();
            self.vendor = printable(&text);
        }
        if self.identifier.is_none()
            && let Some(signature) = register(1, 0)
        {
            let (family, model, stepping) = signature_parts(signature);
            self.identifier = Some(format!("Family {family} Model {model} Stepping {stepping}"));
        }
        if self.name.is_none() {
            let parts: Option<Vec<_>> = (BRAND..BRAND + 3).map(leaf).collect();
            self.name = parts.and_then(|parts| printable(&parts.concat()));
        }
        self
    }

    /// The processor's name, else vendor and identifier.
    pub(crate) fn text(&self) -> Option<String> {
        self.name.clone().or_else(|| {
            let parts = [&self.vendor, &self.identifier].into_iter().flatten();
            let parts: Vec<_> = parts.map(String::as_str).collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        })
    }
}

/// Family, model and stepping in CPUID.1:EAX.
pub(crate) fn signature_parts(signature: u32) -> (u32, u32, u32) {
    let family = signature >> 8 & 0xF;
    let model = signature >> 4 & 0xF;
    let extended = (signature >> 16 & 0xF) << 4;
    let model = if matches!(family, 6 | 15) {
        model | extended
    } else {
        model
    };
    let family = match family {
        15 => family + (signature >> 20 & 0xFF),
        family => family,
    };
    (family, model, signature & 0xF)
}

/// Name, type and data of the first value, and what follows it.
fn value(bytes: &[u8]) -> Option<(String, u32, &[u8], &[u8])> {
    let fields = Bytes(bytes);
    let name_size = fields.u32(0)? as usize;
    if !(2..=MAX_NAME).contains(&name_size) {
        return None;
    }
    let name = utf16(fields.slice(4, name_size)?);
    let at = 4 + name_size;
    let (kind, size) = (fields.u32(at)?, fields.u32(at + 4)? as usize);
    if size > MAX_VALUE {
        return None;
    }
    let data = fields.slice(at + 8, size)?;
    Some((name, kind, data, &bytes[at + 8 + size..]))
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2);
    let units = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    let units: Vec<_> = units.take_while(|&unit| unit != 0).collect();
    let text = String::from_utf16_lossy(&units);
    let printable = |c: char| if c.is_control() { '?' } else { c };
    text.trim().chars().map(printable).collect()
}

/// Text in registers; `None` if it is not printable ASCII.
fn printable(bytes: &[u8]) -> Option<String> {
    let text = bytes.split(|&byte| byte == 0).next()?;
    let plain = text.iter().all(|&byte| (0x20..0x7F).contains(&byte));
    let text = std::str::from_utf8(text).ok()?.trim();
    (plain && !text.is_empty()).then(|| text.to_owned())
}

#[cfg(any(test, fuzzing))]
pub(crate) mod synthetic {
    //! Synthetic values of a processor.

    /// A value of the registry key.
    pub(crate) fn value(name: &str, kind: u32, data: &[u8]) -> Vec<u8> {
        let name: Vec<u8> = (name.encode_utf16().chain([0]))
            .flat_map(u16::to_le_bytes)
            .collect();
        let mut bytes = (name.len() as u32).to_le_bytes().to_vec();
        bytes.extend(name);
        bytes.extend(kind.to_le_bytes());
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(data);
        bytes
    }

    pub(crate) fn text(name: &str, text: &str) -> Vec<u8> {
        let data: Vec<u8> = (text.encode_utf16().chain([0]))
            .flat_map(u16::to_le_bytes)
            .collect();
        value(name, super::REG_SZ, &data)
    }

    /// Some values.
    pub(crate) fn registry() -> Vec<u8> {
        [
            value("~MHz", super::REG_DWORD, &2600u32.to_le_bytes()),
            value("Configuration Data", 9, &[0xFF; 16]),
            text("Identifier", "Acme64 Family 6 Model 167 Stepping 1"),
            text("ProcessorNameString", "Acme Core 7 @ 2.60GHz "),
            text("VendorIdentifier", "GenuineAcme"),
            value("MSR8B", 11, &(0x3Cu64 << 32).to_le_bytes()),
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaf(number: u32, registers: [u32; 4]) -> Vec<u8> {
        [[0, number].as_slice(), &registers, &registers]
            .concat()
            .into_iter()
            .flat_map(u32::to_le_bytes)
            .collect()
    }

    fn words(text: &[u8; 16]) -> [u32; 4] {
        std::array::from_fn(|index| Bytes(text).u32(4 * index).unwrap())
    }

    #[test]
    fn registry_values_name_the_processor() {
        let cpu = Cpu::of_registry(&synthetic::registry());
        assert_eq!(cpu.text().as_deref(), Some("Acme Core 7 @ 2.60GHz"));
        assert_eq!(cpu.vendor.as_deref(), Some("GenuineAcme"));
        assert_eq!((cpu.mhz, cpu.microcode), (Some(2600), Some(0x3C)));
        // A value that is cut off is not there; those before it are.
        let cut = synthetic::registry();
        let cpu = Cpu::of_registry(&cut[..cut.len() - 60]);
        assert_eq!(cpu.text().as_deref(), Some("Acme Core 7 @ 2.60GHz"));
        assert_eq!(cpu.microcode, None);
    }

    #[test]
    fn cpuid_fills_the_gaps() {
        let vendor = |part: &[u8; 4]| u32::from_le_bytes(*part);
        let raw = [
            leaf(0, [0x1B, vendor(b"Genu"), vendor(b"ntel"), vendor(b"ineI")]),
            leaf(1, [0x000A_0671, 0, 0, 0]),
        ]
        .concat();
        let cpu = Cpu::default().with_cpuid(&raw);
        assert_eq!(
            cpu.text().as_deref(),
            Some("GenuineIntel Family 6 Model 167 Stepping 1")
        );
        let brand = [
            leaf(BRAND, words(b"Acme Processor  ")),
            leaf(BRAND + 1, words(b"Model 3 of many ")),
            leaf(BRAND + 2, words(b"@ 3 GHz\0\0\0\0\0\0\0\0\0")),
        ]
        .concat();
        let cpu = Cpu::default().with_cpuid(&[raw, brand].concat());
        let name = "Acme Processor  Model 3 of many @ 3 GHz";
        assert_eq!(cpu.text().as_deref(), Some(name));
    }

    #[test]
    fn signatures_are_decoded_as_the_manuals_say() {
        assert_eq!(signature_parts(0x000A_0671), (6, 167, 1));
        assert_eq!(signature_parts(0x00A2_0F12), (25, 33, 2));
        assert_eq!(signature_parts(0x0000_0543), (5, 4, 3));
    }

    proptest! {
        #[test]
        fn noise_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = Cpu::of_registry(&bytes).with_cpuid(&bytes).text();
        }
    }
}
