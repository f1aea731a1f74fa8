//! The system, the exception, and other data of single commands.

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::{duration, hex};
use crate::log::text::section::Section;

static KERNEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"Kernel Version (\d+)(?:.*?)(?:MP )?\((\d+) procs?\).*?(x64|x86|ARM64|ARM \(NT\))")
        .expect("a constant")
});
static UPTIME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"System Uptime: (\d+) days? ([\d:.]+)").expect("a constant"));
static BASE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"Kernel base = 0x([0-9a-f`]+)").expect("a constant"));
static EXCEPTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(ExceptionAddress|ExceptionCode|Parameter\[0\]|Parameter\[1\]):\s*(?:0x)?([0-9a-fA-F`]+)")
        .expect("a constant")
});
static SUBCODE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*Subcode:\s*0x([0-9a-fA-F]{1,8})\s+FAST_FAIL_").expect("a constant")
});
/// STATUS_STACK_BUFFER_OVERRUN, the exception of every fast fail.
const STACK_BUFFER_OVERRUN: u32 = 0xC000_0409;
static ATTEMPT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)Attempt to (read from|write to|execute non-executable) address ([0-9a-f`]+)")
        .expect("a constant")
});
static INSTRUCTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*([0-9a-f`]{8,17})\s+((?:[0-9a-f]{2}){1,15}|\?\?)\s+([a-z?][a-z0-9?]*)(?:\s+(.*))?$",
    )
    .expect("a constant")
});
static POOL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^Pool page (?:0x)?([0-9a-f`]{8,17}) region is (.*)$").expect("a constant")
});
static BLOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*\*([0-9a-f`]{8,17})\s+size:.*\((Allocated|Free|Free\s*d?|Protected)[^)]*\)\s*\*?(.{0,5})")
        .expect("a constant")
});
static IRQL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)saved IRQL for processor .*-- (\d+)").expect("a constant"));

/// An instruction's operand that the debugger could not read: `ds:002b:00000000`00000020=????`.
static OPERAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b[cdefgs]s:(?:[0-9a-f]{4}:)?([0-9a-f`]{8,17})=\?{2,}").expect("a constant")
});
/// An instruction whose first operand is memory, and that writes it.
static WRITES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\s(?:mov|and|or|xor|add|sub|inc|dec|xadd|xchg|bts|btr|cmpxchg|movs|stos)\w*\s+(?:\w+ ptr )*(?:\w+:)?\[")
        .expect("a constant")
});
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instruction {
    pub address: u64,
    pub mnemonic: String,
    /// Empty if the log does not show them.
    pub bytes: Vec<u8>,
}

/// Reads data of the machine as a whole.
#[derive(Debug, Default)]
pub(crate) struct MachineState {
    pub build: Option<u32>,
    pub processors: Option<u32>,
    pub machine: Option<String>,
    uptime: Option<f64>,
    /// The banners of two systems are in the log: it is not known whose uptime is whose.
    systems_differ: bool,
    pub kernel_base: Option<u64>,
    pub exception_code: Option<u32>,
    pub exception_address: Option<u64>,
    /// Kind of access (as in an exception record) and the address.
    pub access: Option<(u64, u64)>,
    /// Kind of a fast fail, from an exception record.
    pub fast_fail: Option<u64>,
    /// The code of the exception record that is being read.
    record: Option<u32>,
    pub code: Vec<Instruction>,
    /// Kind of access and address of an unreadable operand.
    pub operand: Option<(u64, u64)>,
    writes: bool,
    /// Pool pages in the log: address, kind of region, freed.
    pub pool: Vec<(u64, String, bool)>,
    /// Addresses that `!pte` shows as not resident.
    pub paged: Vec<u64>,
    pub irql: Option<u64>,
    /// The log says that a tool forced the crash.
    pub forced: Option<String>,
}

const MAX: usize = 100_000;

impl Reader for MachineState {
    fn line(&mut self, Line { section, text, .. }: Line<'_>) {
        if let Some(found) = KERNEL.captures(text) {
            let build = found[1].parse().ok();
            self.systems_differ |= self.build.is_some() && self.build != build;
            self.build = self.build.or(build);
            self.processors = self.processors.or_else(|| found[2].parse().ok());
            self.machine.get_or_insert_with(|| found[3].to_owned());
        } else if let Some(found) = UPTIME.captures(text) {
            let days: f64 = found[1].parse().unwrap_or(0.0);
            let rest = duration(&found[2]);
            let seconds = rest.map(|rest| rest + days * 86_400.0);
            // A second one is of another system, or of a later moment.
            self.systems_differ |= self.uptime.is_some() && self.uptime != seconds;
            self.uptime = self.uptime.or(seconds);
        } else if let Some(found) = BASE.captures(text) {
            self.kernel_base = self.kernel_base.or_else(|| hex(&found[1]));
        } else if let Some(found) = EXCEPTION.captures(text) {
            let value = hex(&found[2]);
            match &found[1] {
                "ExceptionAddress" => self.exception_address = self.exception_address.or(value),
                "ExceptionCode" => {
                    self.record = value.map(|code| code as u32);
                    self.exception_code = self.exception_code.or(value.map(|code| code as u32));
                }
                "Parameter[0]" => {
                    if self.record == Some(STACK_BUFFER_OVERRUN) {
                        self.fast_fail = self.fast_fail.or(value);
                    }
                    self.access = self.access.or_else(|| value.map(|kind| (kind, u64::MAX)));
                }
                _ => {
                    if let (Some(access), Some(address)) = (&mut self.access, value) {
                        access.1 = address;
                    }
                }
            }
        } else if let Some(found) = SUBCODE.captures(text) {
            self.fast_fail = self.fast_fail.or_else(|| hex(&found[1]));
        } else if let Some(found) = ATTEMPT.captures(text) {
            let kind = match &found[1].to_lowercase()[..4] {
                "read" => 0,
                "writ" => 1,
                _ => 8,
            };
            self.access = hex(&found[2]).map(|address| (kind, address));
        } else if let Some(found) = IRQL.captures(text) {
            self.irql = self.irql.or_else(|| found[1].parse().ok());
        } else if let Some(found) = POOL.captures(text) {
            let region = found[2].to_owned();
            if let Some(address) = hex(&found[1]).filter(|_| self.pool.len() < MAX) {
                self.pool.push((address, region, false));
            }
        } else if let Some(found) = BLOCK.captures(text) {
            if let Some(last) = self.pool.last_mut() {
                last.2 |= found[2].starts_with("Free");
            }
        } else if let Some(found) = INSTRUCTION.captures(text)
            && let Some(address) = hex(&found[1]).filter(|_| self.code.len() < MAX)
        {
            let mnemonic = found[3].to_owned();
            self.code.push(Instruction {
                address,
                mnemonic,
                bytes: bytes(&found[2]),
            });
        }
        self.notes(section, text);
    }
}

/// `48894320` as bytes; nothing for `??`.
fn bytes(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect::<Option<_>>().unwrap_or_default()
}

impl MachineState {
    /// Seconds since boot, if the log has the banner of one system only.
    pub(crate) fn uptime(&self) -> Option<f64> {
        self.uptime.filter(|_| !self.systems_differ)
    }

    fn notes(&mut self, section: &Section, text: &str) {
        if INSTRUCTION.is_match(text) {
            self.writes = WRITES.is_match(text);
        }
        if let Some(found) = OPERAND.captures(text) {
            let address = hex(&found[1]);
            let kind = u64::from(self.writes);
            self.operand = self.operand.or(address.map(|address| (kind, address)));
        }
        let lower = text.to_lowercase();
        if lower.contains("myfault.sys dump") || lower.contains("manually initiated crash") {
            self.forced
                .get_or_insert_with(|| "the text says so".to_owned());
        }
        let paged = ["pagefile", "page file", "transition"]
            .iter()
            .any(|word| lower.contains(word));
        if section.verb() == "pte" && paged {
            let known = self.paged.len() < MAX;
            self.paged.extend(section.address().filter(|_| known));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::log::read::transcript;

    #[test]
    fn an_uptime_of_two_systems_is_of_neither() {
        let banner = |build: u32, minutes: u32| {
            format!(
                "Windows 10 Kernel Version {build} MP (6 procs) Free x64\nSystem Uptime: 0 days 0:0{minutes}:30.911\n"
            )
        };
        let uptime = |text: String| transcript(&text).machine.uptime();
        assert!(uptime(banner(22621, 7)).is_some());
        assert!(uptime(banner(22621, 7) + &banner(22621, 7)).is_some());
        assert!(uptime(banner(22621, 7) + &banner(19041, 2)).is_none());
        assert!(uptime(banner(22621, 7) + &banner(22621, 2)).is_none());
    }

    #[test]
    fn operands() {
        let state = transcript(
            "fffff80e`ae479edf 48894320        mov     qword ptr [rbx+20h],rax\n\
             ds:00000000`00000020=????????????????\n",
        )
        .machine;
        assert_eq!(state.operand, Some((1, 0x20)));
    }

    #[test]
    fn pieces() {
        let lines = [
            "Windows 10 Kernel Version 22621 MP (6 procs) Free x64",
            "System Uptime: 0 days 0:07:30.911",
            "ExceptionAddress: fffff80312345678 (mydrv+0x00000000000012ab)",
            "   ExceptionCode: c0000005 (Access violation)",
            "   Parameter[0]: 0000000000000001",
            "   Parameter[1]: 0000000000000018",
            "fffff804`789a1152 ba31427257      mov     edx,57724231h",
            "Pool page ffff80001002ac08 region is Paged pool",
        ];
        let state = transcript(&lines.join("\n")).machine;
        assert_eq!((state.build, state.processors), (Some(22621), Some(6)));
        assert_eq!(state.access, Some((1, 0x18)));
        assert_eq!(state.exception_code, Some(0xC000_0005));
        assert_eq!(state.code[0].mnemonic, "mov");
        assert!((state.uptime().unwrap() - 450.911).abs() < 0.01);
        assert_eq!(state.pool.len(), 1);
    }
}
