//! `.trap`: the registers that a trap frame holds.

use std::fmt;

use serde::Serialize;

use super::code::{Code, instruction};
use super::expression::address;
use super::session::Session;
use super::text::{hex, plain, raw};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::is_kernel_address;
use crate::stop::BugcheckData;
use crate::stop::Role;
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "trap",
    names: &["trap"],
    usage: "trap [ADDR]",
    meaning: "the registers in a trap frame: in the one that the stop names, or at an address",
    example: "trap ffffd02340000990",
    needs_structures: true,
    make: |session, request| Ok(trap(session, request)?.into()),
};

const TRAP: &str = "_KTRAP_FRAME";
/// Values of `ExceptionActive`: the kind of trap.
const INTERRUPT: u64 = 0;
const EXCEPTION: u64 = 1;
const SERVICE: u64 = 2;

/// The registers that a trap frame holds besides RIP, RSP, RBP and the flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Saved {
    /// For an exception or an interrupt: the volatile registers.
    Volatile,
    /// For a system service: RBX, RSI and RDI.
    Nonvolatile,
}

/// A trap frame. Registers that it does not hold are null.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TrapFrame {
    address: Hex64,
    saved: Option<Saved>,
    rax: Option<Hex64>,
    rbx: Option<Hex64>,
    rcx: Option<Hex64>,
    rdx: Option<Hex64>,
    rsi: Option<Hex64>,
    rdi: Option<Hex64>,
    rip: Option<Hex64>,
    rsp: Option<Hex64>,
    rbp: Option<Hex64>,
    r8: Option<Hex64>,
    r9: Option<Hex64>,
    r10: Option<Hex64>,
    r11: Option<Hex64>,
    cs: Option<Hex64>,
    ss: Option<Hex64>,
    eflags: Option<Hex64>,
    /// The instruction that was interrupted.
    instruction: Option<Code>,
}

fn trap(session: &Session<'_, '_>, request: &ViewRequest) -> Result<TrapFrame, InspectError> {
    let at = match request.args.first() {
        Some(text) => address(session, text)?,
        None => of_stop(&session.header.bugcheck).ok_or_else(|| {
            let code = session.header.bugcheck.code;
            request.usage(format!(
                "the parameters of stop {code:#X} name no trap frame; give an address"
            ))
        })?,
    };
    let read = |path| session.nt.read(TRAP, path, at);
    let always = |path| session.known("registers of the trap frame", read(path));
    let saved = match always("ExceptionActive") {
        Some(INTERRUPT | EXCEPTION) => Some(Saved::Volatile),
        Some(SERVICE) => Some(Saved::Nonvolatile),
        Some(other) => {
            let why = format!("no trap frame has {other:#x} in ExceptionActive");
            session.note("which registers were saved", why);
            None
        }
        None => None,
    };
    let of = |kind, path| match saved == Some(kind) {
        true => always(path).map(Hex64),
        false => None,
    };
    let volatile = |path| of(Saved::Volatile, path);
    let nonvolatile = |path| of(Saved::Nonvolatile, path);
    let rip = always("Rip");
    Ok(TrapFrame {
        address: at.into(),
        saved,
        rax: volatile("Rax"),
        rbx: nonvolatile("Rbx"),
        rcx: volatile("Rcx"),
        rdx: volatile("Rdx"),
        rsi: nonvolatile("Rsi"),
        rdi: nonvolatile("Rdi"),
        rip: rip.map(Hex64),
        rsp: always("Rsp").map(Hex64),
        rbp: always("Rbp").map(Hex64),
        r8: volatile("R8"),
        r9: volatile("R9"),
        r10: volatile("R10"),
        r11: volatile("R11"),
        cs: always("SegCs").map(Hex64),
        ss: always("SegSs").map(Hex64),
        eflags: always("EFlags").map(Hex64),
        instruction: rip.map(|rip| instruction(session, rip)),
    })
}

/// The trap frame that a stop's parameters name (Microsoft's bug check reference).
fn of_stop(bugcheck: &BugcheckData) -> Option<u64> {
    let named = bugcheck.stop().by_role(Role::TrapFrame);
    named.filter(|&at| is_kernel_address(at))
}

/// The flags as WinDbg abbreviates them.
pub(super) fn flags(eflags: u64) -> String {
    const FLAGS: [(u32, &str, &str); 8] = [
        (11, "ov", "nv"),
        (10, "dn", "up"),
        (9, "ei", "di"),
        (7, "ng", "pl"),
        (6, "zr", "nz"),
        (4, "ac", "na"),
        (2, "pe", "po"),
        (0, "cy", "nc"),
    ];
    let words = FLAGS.map(|(bit, set, clear)| match eflags >> bit & 1 {
        1 => set,
        _ => clear,
    });
    format!("iopl={}         {}", eflags >> 12 & 3, words.join(" "))
}

impl fmt::Display for TrapFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let note = match self.saved {
            Some(Saved::Volatile) => {
                "Of the general registers only the volatile ones and rbp were saved."
            }
            Some(Saved::Nonvolatile) => {
                "Of the general registers only rbx, rsi, rdi and rbp were saved."
            }
            None => "Which of them it holds is not known.",
        };
        writeln!(f, "NOTE: The trap frame does not contain all registers.")?;
        writeln!(f, "{note}")?;
        for row in [
            &[("rax", self.rax), ("rbx", self.rbx), ("rcx", self.rcx)][..],
            &[("rdx", self.rdx), ("rsi", self.rsi), ("rdi", self.rdi)],
            &[("rip", self.rip), ("rsp", self.rsp), ("rbp", self.rbp)],
            &[(" r8", self.r8), (" r9", self.r9), ("r10", self.r10)],
            &[("r11", self.r11), ("r12", None), ("r13", None)],
            &[("r14", None), ("r15", None)],
        ] {
            let row = row.iter();
            let row: Vec<_> = row
                .map(|(name, value)| format!("{name}={}", plain(raw(*value))))
                .collect();
            writeln!(f, "{}", row.join(" "))?;
        }
        match self.eflags {
            Some(Hex64(eflags)) => writeln!(f, "{}", flags(eflags))?,
            None => writeln!(f, "iopl=?")?,
        }
        writeln!(
            f,
            "cs={}  ss={}             efl={}",
            hex(raw(self.cs), 4),
            hex(raw(self.ss), 4),
            hex(raw(self.eflags), 8)
        )?;
        match &self.instruction {
            Some(instruction) => instruction.fmt(f),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{error, view, views_with};
    use super::*;
    use crate::testing::{VirtualMemory, fixtures};

    /// In a page that the synthetic crash does not use; its offsets are those of the fixture's
    /// symbols.
    const FRAME: u64 = 0xffff_a000_0000_7800;

    #[test]
    fn a_faults_frame_holds_the_volatile_registers() {
        // The handler's RBP is 0x80 above the start of the frame.
        let text = view(".trap @rbp-80").to_string();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(
            lines[..2],
            [
                "NOTE: The trap frame does not contain all registers.",
                "Of the general registers only the volatile ones and rbp were saved."
            ]
        );
        assert_eq!(
            lines[2],
            "rax=0000000000000000 rbx=???????????????? rcx=0000000000000000"
        );
        assert!(lines[4].starts_with("rip=fffff801"), "{text}");
        assert_eq!(lines[7], "r14=???????????????? r15=????????????????");
        assert_eq!(lines[8], "iopl=0         nv up ei pl zr na pe nc");
        assert_eq!(lines[9], "cs=0010  ss=0018             efl=00000246");
        assert_eq!(lines[10], "minifs!FsCreate+0x5:");
        assert!(lines[11].starts_with("fffff801`"), "{text}");
        assert_eq!(lines.len(), 12, "{text}");
    }

    #[test]
    fn a_system_services_frame_holds_no_volatile_registers() {
        let fill = |memory: &mut VirtualMemory| {
            memory.write(FRAME + 0x2B, &[2]);
            memory.write_u64(FRAME + 0x30, 0x1234);
            memory.write_u64(FRAME + 0x158, 0x5678);
        };
        let command = format!(".trap {FRAME:x}");
        let mut views = views_with(fill, &[fixtures()], &[&command]);
        let view = views.remove(0).unwrap();
        let json = serde_json::to_value(&view).unwrap();
        assert_eq!(json["data"]["saved"], "nonvolatile");
        assert_eq!(json["data"]["rax"], serde_json::Value::Null);
        assert_eq!(json["data"]["rbp"], "0x5678");
        assert!(view.to_string().contains("only rbx, rsi, rdi and rbp"));
    }

    #[test]
    fn some_stops_name_their_trap_frame() {
        let named = |code, parameters| of_stop(&BugcheckData { code, parameters });
        assert_eq!(named(0x139, [3, FRAME, 0, 0]), Some(FRAME));
        assert_eq!(named(0xBE, [0, 0, FRAME, 0]), Some(FRAME));
        assert_eq!(named(0x139, [3, 0, 0, 0]), None);
        assert_eq!(named(0xD1, [FRAME; 4]), None);
        let error = error(".trap");
        assert!(error.contains("stop 0xD1 name no trap frame"), "{error}");
        assert!(error.contains("Usage: trap [ADDR]"), "{error}");
    }
}
