//! The arithmetic of a proof, one step a line, so that a reader can redo it by hand.

use iced_x86::{Formatter, Instruction, MasmFormatter, Register as X86};

use super::operands::Touch;
use super::{
    DamagedPointer, Faulted, Flip, Impossible, LONGEST, Load, Neighbour, Registers, WrongTurn,
};
use crate::dump::Register;
use crate::facts::argument::general;
use crate::verdict::BitFlip;

/// The names of the general-purpose registers, in hardware numbering.
const NAMES: [&str; 16] = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15",
];

/// A register's name as WinDbg writes it.
pub(crate) fn register_name(register: Register) -> &'static str {
    NAMES[register as usize]
}

/// The register of a name.
pub(crate) fn register_named(name: &str) -> Option<Register> {
    let index = NAMES.iter().position(|known| *known == name)?;
    Register::ALL.get(index).copied()
}

/// An instruction as text, in MASM's notation.
pub(super) fn text(instruction: &Instruction) -> String {
    let mut formatter = MasmFormatter::new();
    formatter.options_mut().set_rip_relative_addresses(false);
    let mut text = String::new();
    formatter.format(instruction, &mut text);
    text
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(" ")
}

/// `rcx + 0x29 = 0xfffff800a56f0250 + 0x29 = 0xfffff800a56f0279`.
fn computed(touch: &Touch, registers: &Registers) -> String {
    let used = &touch.operand;
    let mut names: Vec<String> = Vec::new();
    let mut values: Vec<String> = Vec::new();
    for (register, scale) in [(used.base(), 1), (used.index(), used.scale())] {
        let Some(named) = general(register.full_register()) else {
            continue;
        };
        let value = registers.get(named).unwrap_or_default();
        let times = match scale {
            1 => String::new(),
            scale => format!(" * {scale}"),
        };
        names.push(format!("{}{times}", register_name(named)));
        values.push(format!("{value:#x}{times}"));
    }
    let displacement = used.displacement() as i64;
    let absolute = names.is_empty() || used.base() == X86::RIP;
    if !absolute && displacement != 0 {
        let sign = if displacement < 0 { "-" } else { "+" };
        let last = format!(" {sign} {:#x}", displacement.unsigned_abs());
        let join = |parts: Vec<String>| format!("{}{last}", parts.join(" + "));
        return format!("{} = {} = {:#x}", join(names), join(values), touch.start);
    }
    match absolute {
        true => format!("{:#x}", touch.start),
        false => format!(
            "{} = {} = {:#x}",
            names.join(" + "),
            values.join(" + "),
            touch.start
        )
        .replace(
            &format!("= {:#x} = {:#x}", touch.start, touch.start),
            &format!("= {:#x}", touch.start),
        ),
    }
}

/// `reads 1 byte at …`.
fn access(touch: &Touch, registers: &Registers) -> String {
    let verb = match (touch.reads, touch.writes) {
        (true, true) => "reads and writes",
        (false, true) => "writes",
        _ => "reads",
    };
    let bytes = match touch.size {
        1 => "1 byte".to_owned(),
        size => format!("{size} bytes"),
    };
    format!("{verb} {bytes} at {}", computed(touch, registers))
}

/// The steps that show that an instruction cannot have touched the reported address, and which bit
/// explains it.
pub(crate) fn arithmetic(fault: &Faulted<'_>, found: &Impossible) -> Vec<String> {
    let own = &fault.bytes[..found.instruction.len().min(fault.bytes.len())];
    let mut lines = vec![
        format!("the bytes in memory at {:#x} are {}", fault.rip, hex(own)),
        format!("they are the instruction: {}", text(&found.instruction)),
    ];
    lines.extend(
        found
            .touches
            .iter()
            .map(|touch| format!("it {}", access(touch, &fault.registers))),
    );
    if found.touches.is_empty() {
        lines.push("it accesses no memory".to_owned());
    }
    lines.push(format!(
        "the processor reported {} of {:#x}, which it cannot have touched",
        fault.access.noun(),
        fault.address
    ));
    match found.flips.as_slice() {
        [] => lines.push(
            "no single bit of the instruction, or of a register in its addresses, explains that"
                .to_owned(),
        ),
        flips => {
            if flips.len() > 1 {
                lines.push(format!(
                    "{} single bits explain that, each alone; which one it was is open",
                    flips.len()
                ));
            }
            lines.extend(flips.iter().take(8).flat_map(|flip| explained(fault, flip)));
        }
    }
    if !found.all_tried {
        lines.push(
            "what some other bits of the instruction would do is not known: not all registers are, \
             or the instruction would use memory that no register names"
                .to_owned(),
        );
    }
    lines
}

/// The steps that show that a flip explains the fault.
fn explained(fault: &Faulted<'_>, flip: &Flip) -> Vec<String> {
    match flip {
        Flip::Instruction {
            byte,
            bit,
            then,
            touch,
        } => {
            let mut bytes = fault.bytes[..fault.bytes.len().min(LONGEST)].to_vec();
            let was = bytes[*byte];
            bytes[*byte] ^= 1 << bit;
            vec![
                format!(
                    "with bit {bit} of byte {byte} changed ({was:#04x} to {:#04x}) the bytes are {}",
                    bytes[*byte],
                    hex(&bytes[..then.len().min(bytes.len())])
                ),
                format!("they are the instruction: {}", text(then)),
                format!("it {}, as reported", access(touch, &fault.registers)),
            ]
        }
        Flip::Register {
            register,
            bit,
            used,
            touch,
        } => {
            let mut registers = fault.registers;
            registers.set(*register, *used);
            let name = register_name(*register);
            vec![
                format!("with bit {bit} of {name} changed, {name} is {used:#x}"),
                format!(
                    "the instruction then {}, as reported",
                    access(touch, &registers)
                ),
            ]
        }
    }
}

/// The single bit as a verdict states it. `physical` translates addresses.
pub(crate) fn damage(
    fault: &Faulted<'_>,
    flip: &Flip,
    physical: impl Fn(u64) -> Option<u64>,
) -> BitFlip {
    match flip {
        Flip::Instruction { byte, bit, .. } => {
            // A value has 8 bytes; the bit may lie in the second half of a long instruction.
            let first = byte & !7;
            let mut value = [0; 8];
            let there = fault.bytes.iter().skip(first).take(8);
            for (to, from) in value.iter_mut().zip(there) {
                *to = *from;
            }
            let bit = (byte - first) as u8 * 8 + bit;
            let should_be = u64::from_le_bytes(value);
            let address = fault.rip.wrapping_add(first as u64);
            BitFlip {
                place: "the instruction".to_owned(),
                address: Some(address.into()),
                physical: physical(address).map(Into::into),
                bit,
                was: (should_be ^ 1 << bit).into(),
                should_be: should_be.into(),
            }
        }
        Flip::Register {
            register,
            bit,
            used,
            ..
        } => BitFlip {
            place: register_name(*register).to_owned(),
            address: None,
            physical: None,
            bit: *bit,
            was: (*used).into(),
            should_be: (*used ^ 1 << bit).into(),
        },
    }
}

impl DamagedPointer {
    /// The steps that lead from the fault to the damaged pointer.
    pub(crate) fn arithmetic(&self, fault: &Faulted<'_>) -> Vec<String> {
        let name = register_name(self.register);
        let mut lines = vec![format!(
            "the instruction at {:#x} is {}, and uses {:#x}",
            fault.rip,
            text(&self.instruction),
            fault.address
        )];
        lines.extend(
            self.steps
                .iter()
                .map(|step| format!("before it, at {:#x}: {}", step.ip(), text(step))),
        );
        lines.push(format!(
            "so {name} was {:#x} when the code compared it with NULL at {:#x} ({})",
            self.value,
            self.test.ip(),
            text(&self.test)
        ));
        lines.push(format!(
            "{:#x} has a single bit set, bit {}; without it the pointer is NULL, and the code does \
             not get to the instruction at {:#x}",
            self.value, self.bit, fault.rip
        ));
        lines.extend(self.loaded.as_ref().map(Load::text));
        lines
    }
}

impl Load {
    fn text(&self) -> String {
        let from = self
            .from
            .map_or_else(String::new, |address| format!(", from {address:#x}"));
        let at = self.instruction.ip();
        format!(
            "it was loaded at {at:#x}: {}{from}",
            text(&self.instruction)
        )
    }
}

/// The steps for a pointer whose source still holds another value.
pub(crate) fn reloaded(
    fault: &Faulted<'_>,
    (register, value): (Register, u64),
    load: &Load,
    (from, stored): (u64, u64),
) -> Vec<String> {
    let name = register_name(register);
    let bit = (value ^ stored).trailing_zeros();
    vec![
        format!(
            "the instruction at {:#x} used {name}, which is {value:#x}",
            fault.rip
        ),
        load.text(),
        format!("{from:#x} holds {stored:#x}, which differs in bit {bit} and no other"),
    ]
}

impl Neighbour {
    /// The steps that show the difference.
    pub(crate) fn arithmetic(&self) -> Vec<String> {
        let name = register_name(self.register);
        vec![
            format!(
                "the instruction at {:#x} is {}, and {name} is {:#x}, which is not mapped",
                self.instruction.ip(),
                text(&self.instruction),
                self.value
            ),
            format!("{} holds {:#x}, which is valid", self.copy, self.right),
            format!(
                "{:#x} xor {:#x} = {:#x}: they differ in bit {} and no other",
                self.value,
                self.right,
                self.value ^ self.right,
                self.bit
            ),
        ]
    }
}

impl WrongTurn {
    /// The steps that show where the call should have gone.
    pub(crate) fn arithmetic(&self, rip: u64, stack: u64) -> Vec<String> {
        vec![
            format!(
                "the return address on top of the stack, at {stack:#x}, is {:#x}",
                self.call.next_ip()
            ),
            format!(
                "the call before it, at {:#x}, is {}, and goes to {:#x}",
                self.call.ip(),
                text(&self.call),
                self.target
            ),
            format!(
                "the processor was at {rip:#x}; {rip:#x} xor {:#x} = {:#x}: they differ in bit {} \
                 and no other",
                self.target,
                rip ^ self.target,
                self.bit
            ),
        ]
    }
}
