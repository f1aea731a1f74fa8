//! The machine that stopped, and what its memory proves about its hardware.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Hex64;
use super::data::null_as_default;

/// The machine, as far as the source tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Machine {
    /// Who made the system, and what it is called.
    pub system: Option<String>,
    /// Maker and name of the main board.
    pub board: Option<String>,
    /// Maker, version and date of the firmware.
    pub bios: Option<String>,
    /// The processor's name.
    pub cpu: Option<String>,
    /// MiB of memory that are installed.
    pub memory_mib: Option<u64>,
    /// The modules of memory, one for each slot in use.
    #[serde(deserialize_with = "null_as_default")]
    pub memory_modules: Vec<MemoryModule>,
    /// What tells one machine from another without naming a person: the system's UUID, hashed.
    pub identity: Option<String>,
    /// The Windows version in words, for example `10.0.19041.804 (vb_release)`.
    pub windows: Option<String>,
    /// Where this comes from, for example `SMBIOS tables in the dump`.
    #[serde(deserialize_with = "null_as_default")]
    pub source: String,
}

/// A module of memory as SMBIOS describes it (type 17).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MemoryModule {
    /// The slot's label on the board, for example `DIMM_A2`.
    #[serde(deserialize_with = "null_as_default")]
    pub slot: String,
    /// Who made it.
    pub maker: Option<String>,
    /// Its part number.
    pub part: Option<String>,
    /// MiB.
    pub size_mib: Option<u64>,
    /// Configured speed in MT/s.
    pub speed: Option<u32>,
    /// The physical addresses that it holds alone, where SMBIOS maps them (type 20).
    pub addresses: Option<(Hex64, Hex64)>,
}

/// A value in memory or in a register that hardware damaged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HardwareProof {
    /// The single bit that explains everything; `None` if no single bit does.
    pub flip: Option<BitFlip>,
    /// The arithmetic, one step a line, so that a reader can redo it by hand.
    pub arithmetic: Vec<String>,
}

/// One bit that was not what it should have been.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BitFlip {
    /// What held it: `the instruction`, `rcx`, `the pointer at 0x…`, `the page-table entry of 0x…`.
    pub place: String,
    /// Virtual address of the 8 bytes with the bit, if it lay in memory.
    pub address: Option<Hex64>,
    /// Physical address of the same, if the dump translates it.
    pub physical: Option<Hex64>,
    /// The bit in the value, 0 being the lowest.
    pub bit: u8,
    /// The value that was used.
    pub was: Hex64,
    /// The value that it should have been.
    pub should_be: Hex64,
}

impl BitFlip {
    /// `bit 37 of the pointer at 0x… was wrong: 0x… instead of 0x… (physical address 0x…)`.
    pub(crate) fn text(&self) -> String {
        let physical = self.physical.map_or_else(String::new, |at| {
            format!(" (physical address of the value: {at})")
        });
        format!(
            "bit {} of {} was wrong: {} instead of {}{physical}",
            self.bit, self.place, self.was, self.should_be
        )
    }
}

impl HardwareProof {
    /// What to do about it. `machine` has the modules of memory, if the source shows them.
    pub(crate) fn next_steps(&self, machine: Option<&Machine>) -> Vec<NextStep> {
        let step = |text: String, command: Option<&str>| NextStep {
            text,
            command: command.map(str::to_owned),
        };
        let mut steps = vec![step(
            "Test the memory for several passes, from a USB stick (MemTest86) or with Windows' \
             own test."
                .to_owned(),
            Some("mdsched.exe"),
        )];
        if let Some(at) = self.flip.as_ref().and_then(|flip| flip.physical) {
            let holds = |module: &&MemoryModule| {
                let (first, last) = module.addresses.map_or((1, 0), |(a, b)| (a.0, b.0));
                (first..=last).contains(&at.0)
            };
            let modules = machine.map_or(&[][..], |machine| &machine.memory_modules);
            let module = modules.iter().find(holds);
            let module = module.map_or_else(String::new, |module| {
                format!(" It lies in the module in slot {}.", module.slot)
            });
            steps.push(step(
                format!("The value lay at physical address {at}.{module}"),
                None,
            ));
        }
        steps.push(step(
            "Turn overclocking and memory profiles (XMP, EXPO) off, and update the firmware."
                .to_owned(),
            None,
        ));
        steps.push(step(
            "If the test finds nothing, try the modules one at a time, then the processor; keep \
             the next dumps, since the same bit or address in two of them names the part."
                .to_owned(),
            None,
        ));
        steps
    }
}

/// A driver that is not part of Windows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DriverInfo {
    /// File name.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
    /// Full path, if the source shows it.
    pub path: Option<String>,
    /// Load address.
    pub base: Option<Hex64>,
    /// Link time stamp as the image has it; a hash for reproducible builds.
    pub timestamp: Option<u32>,
    /// The time stamp as a date (UTC, `YYYY-MM-DD`), if it is one.
    pub date: Option<String>,
    /// File version, if the source shows it.
    pub version: Option<String>,
}

/// What to do next, the most useful first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NextStep {
    /// One sentence.
    pub text: String,
    /// The command to run in the debugger or on the machine, if there is one.
    pub command: Option<String>,
}
