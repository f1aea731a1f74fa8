//! `.cxr`, `.ecxr`: the registers in a context record. `.exr`: an exception record.

use std::fmt;

use serde::Serialize;

use super::code::{Code, instruction};
use super::expression::address;
use super::session::Session;
use super::stack::{StackView, Style, view};
use super::text::{hex, plain};
use super::trap::flags;
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::{CONTEXT_SIZE, Context, MemoryExt, Register};
use crate::facts::{Collector, start};
use crate::stop::{Access, Role};
use crate::verdict::{Hex64, StackKind, Trust};

pub(super) const CONTEXT: ViewInfo = ViewInfo {
    id: "context",
    names: &["cxr", "ecxr"],
    usage: "cxr [ADDR] or ecxr",
    meaning: "the registers in a context record and the stack from there; ecxr: those of the exception",
    example: "ecxr",
    needs_structures: false,
    make: |session, request| Ok(context(session, request)?.into()),
};

pub(super) const EXCEPTION: ViewInfo = ViewInfo {
    id: "exception",
    names: &["exr"],
    usage: "exr [ADDR | -1]",
    meaning: "an exception record: that of the stop, or at an address",
    example: "exr -1",
    needs_structures: false,
    make: |session, request| Ok(exception(session, request)?.into()),
};

/// `EXCEPTION_MAXIMUM_PARAMETERS`.
const MAX_PARAMETERS: u64 = 15;
const ACCESS_VIOLATION: u32 = 0xC000_0005;
const IN_PAGE_ERROR: u32 = 0xC000_0006;

/// A context record.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ContextView {
    /// Where the registers come from.
    source: String,
    /// RAX to R15 in the processor's numbering.
    registers: [Hex64; 16],
    rip: Hex64,
    cs: u16,
    eflags: u32,
    instruction: Code,
    stack: StackView,
}

fn context(session: &Session<'_, '_>, request: &ViewRequest) -> Result<ContextView, InspectError> {
    let (context, source) = match request.args.first() {
        Some(_) if request.name == "ecxr" => {
            return Err(request.usage("ecxr takes no address; cxr does".to_owned()));
        }
        Some(text) => {
            let at = address(session, text)?;
            let bytes = session.target.memory.read_vec(at, CONTEXT_SIZE);
            let bytes = bytes.map_err(|error| {
                request.usage(format!("no context record can be read there: {error}"))
            })?;
            let context = Context::parse(&bytes).filter(Context::is_plausible);
            let context = context.ok_or_else(|| {
                request.usage(format!("the bytes at {at:#x} are no context record"))
            })?;
            (context, format!("the context record at {at:#x}"))
        }
        None => {
            let start = start(session.target, session.header);
            if !start.context.is_plausible() {
                let why = "the dump holds no context of the stop; give an address";
                return Err(request.usage(why.to_owned()));
            }
            (start.context, start.source)
        }
    };
    let crash = session.crash_processor();
    let facts = Collector::new(&session.nt).stack(
        context,
        Trust::Context,
        StackKind::Crash,
        crash.map(|processor| processor.number),
        crash.and_then(|processor| session.thread(processor.current_thread)),
        source.clone(),
    );
    Ok(ContextView {
        source,
        registers: context.gpr.map(Hex64),
        rip: context.rip.into(),
        cs: context.cs,
        eflags: context.eflags,
        instruction: instruction(session, context.rip),
        stack: view(session, &facts),
    })
}

impl fmt::Display for ContextView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |register: Register| plain(self.registers[register as usize].0);
        use Register::{
            R8, R9, R10, R11, R12, R13, R14, R15, Rax, Rbp, Rbx, Rcx, Rdi, Rdx, Rsi, Rsp,
        };
        writeln!(f, "rax={} rbx={} rcx={}", of(Rax), of(Rbx), of(Rcx))?;
        writeln!(f, "rdx={} rsi={} rdi={}", of(Rdx), of(Rsi), of(Rdi))?;
        writeln!(
            f,
            "rip={} rsp={} rbp={}",
            plain(self.rip.0),
            of(Rsp),
            of(Rbp)
        )?;
        writeln!(f, " r8={}  r9={} r10={}", of(R8), of(R9), of(R10))?;
        writeln!(f, "r11={} r12={} r13={}", of(R11), of(R12), of(R13))?;
        writeln!(f, "r14={} r15={}", of(R14), of(R15))?;
        writeln!(f, "{}", flags(self.eflags.into()))?;
        writeln!(
            f,
            "cs={:04x}                      efl={:08x}",
            self.cs, self.eflags
        )?;
        self.instruction.fmt(f)?;
        writeln!(f, "\n  *** Stack trace for {}", self.source)?;
        self.stack.print(f, Style::NoSource)?;
        match &self.stack.note {
            Some(note) => writeln!(f, "the stack ends here: {note}"),
            None => Ok(()),
        }
    }
}

/// An exception record.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ExceptionView {
    address: Hex64,
    /// `nt!ExFreePool+0x10`, if it lies in a module.
    symbol: Option<String>,
    code: u32,
    name: Option<&'static str>,
    flags: Option<u32>,
    parameters: Vec<Hex64>,
    /// For access violations: the access in a sentence.
    attempt: Option<String>,
}

fn exception(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<ExceptionView, InspectError> {
    let given = request.args.first().filter(|text| *text != "-1");
    let at = match given {
        Some(text) => Some(address(session, text)?),
        None => session
            .header
            .bugcheck
            .stop()
            .by_role(Role::ExceptionRecord),
    };
    let memory = session.target.memory;
    let read = |at: u64| {
        let field = |offset, size| memory.read_uint(at.wrapping_add(offset), size);
        let count = field(0x18, 4)?.min(MAX_PARAMETERS);
        let parameters: Result<Vec<_>, _> =
            (0..count).map(|slot| field(0x20 + 8 * slot, 8)).collect();
        Ok::<_, crate::dump::ReadError>((
            field(0, 4)? as u32,
            Some(field(4, 4)? as u32),
            field(0x10, 8)?,
            parameters?,
        ))
    };
    let of_header = || {
        let record = session.header.exception;
        session.note(
            "the parameters of the exception",
            "this is the header's record, which has no room for them",
        );
        (record.code, Some(record.flags), record.address, Vec::new())
    };
    let (code, flags, rip, parameters) = match at.map(read) {
        Some(Ok(record)) => record,
        Some(Err(error)) if given.is_some() => {
            return Err(request.usage(format!("no exception record can be read there: {error}")));
        }
        Some(Err(error)) => {
            session.note("the exception record that the stop names", error);
            of_header()
        }
        None if session.header.exception.code == 0 => {
            let why =
                "the stop names no exception record, and the header has none; give an address";
            return Err(request.usage(why.to_owned()));
        }
        None => of_header(),
    };
    let attempt = match (code, &parameters[..]) {
        (ACCESS_VIOLATION | IN_PAGE_ERROR, [kind, address, ..]) => Some(attempt(*kind, *address)),
        _ => None,
    };
    Ok(ExceptionView {
        address: rip.into(),
        symbol: session.name(rip),
        code,
        name: name(code),
        flags,
        parameters: parameters.into_iter().map(Hex64).collect(),
        attempt,
    })
}

fn attempt(kind: u64, address: u64) -> String {
    let verb = match Access::of_exception(kind) {
        Access::Read => "read from",
        Access::Write => "write to",
        Access::Execute => "execute non-executable",
        _ => "access",
    };
    format!("Attempt to {verb} address {}", plain(address))
}

/// What WinDbg calls the exceptions that drivers raise.
fn name(code: u32) -> Option<&'static str> {
    Some(match code {
        0x8000_0003 => "Break instruction exception",
        0x8000_0004 => "Single step exception",
        ACCESS_VIOLATION => "Access violation",
        IN_PAGE_ERROR => "In-page I/O error",
        0xC000_001D => "Illegal instruction",
        0xC000_0094 => "Integer divide-by-zero",
        0xC000_0095 => "Integer overflow",
        0xC000_0096 => "Privileged instruction",
        0xC000_00FD => "Stack overflow",
        0xC000_0409 => "Security check failure or stack buffer overrun",
        _ => return None,
    })
}

impl fmt::Display for ExceptionView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let symbol = self.symbol.as_deref();
        let symbol = symbol.map_or_else(String::new, |symbol| format!(" ({symbol})"));
        writeln!(f, "ExceptionAddress: {}{symbol}", plain(self.address.0))?;
        let name = self
            .name
            .map_or_else(String::new, |name| format!(" ({name})"));
        writeln!(f, "   ExceptionCode: {:08x}{name}", self.code)?;
        writeln!(f, "  ExceptionFlags: {}", hex(self.flags.map(u64::from), 8))?;
        writeln!(f, "NumberParameters: {}", self.parameters.len())?;
        for (index, parameter) in self.parameters.iter().enumerate() {
            writeln!(f, "   Parameter[{index}]: {}", plain(parameter.0))?;
        }
        match &self.attempt {
            Some(attempt) => writeln!(f, "{attempt}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{error, text, views_with};
    use super::*;
    use crate::testing::{VirtualMemory, fixtures};

    const SPARE: u64 = 0xffff_a000_0000_7800;

    #[test]
    fn the_stops_registers_are_those_of_the_header() {
        let text = text(".ecxr");
        assert!(text.starts_with("rax=0000000000000000 rbx="), "{text}");
        assert!(text.contains("\nrip=fffff801"), "{text}");
        assert!(text.contains("\niopl="), "{text}");
        assert!(text.contains("*** Stack trace for the context record in the dump's header"));
        assert!(text.contains("     nt!KeBugCheckEx\n"), "{text}");
        assert!(error("ecxr 1000").contains("takes no address"));
        assert!(error("cxr 1000").contains("no context record"));
    }

    #[test]
    fn a_record_in_memory_is_read() {
        let fill = |memory: &mut VirtualMemory| {
            let mut context = Context {
                rip: 0xffff_f801_0000_1234,
                cs: 0x10,
                eflags: 0x246,
                ..Context::default()
            };
            context.set(Register::Rsp, SPARE);
            context.set(Register::R13, 0x1313);
            memory.write(SPARE, &context.record());
        };
        let command = format!(".cxr {SPARE:x}");
        let mut views = views_with(fill, &[fixtures()], &[&command]);
        let view = views.remove(0).unwrap();
        let text = view.to_string();
        assert!(text.contains("r13=0000000000001313\n"), "{text}");
        assert!(text.contains("up ei pl zr na pe nc"), "{text}");
        let json = serde_json::to_value(&view).unwrap();
        assert_eq!(json["data"]["registers"][13], "0x1313");
    }

    #[test]
    fn an_exception_record_says_what_was_attempted() {
        let fill = |memory: &mut VirtualMemory| {
            memory.write_u64(SPARE, 0xC000_0005);
            memory.write_u64(SPARE + 0x10, 0xffff_f801_0000_1234);
            memory.write_u64(SPARE + 0x18, 2);
            memory.write_u64(SPARE + 0x20, 1);
            memory.write_u64(SPARE + 0x28, 0x18);
        };
        let command = format!(".exr {SPARE:x}");
        let mut views = views_with(fill, &[fixtures()], &[&command]);
        let text = views.remove(0).unwrap().to_string();
        assert!(
            text.starts_with("ExceptionAddress: fffff80100001234"),
            "{text}"
        );
        assert!(text.contains("   ExceptionCode: c0000005 (Access violation)\n"));
        assert!(text.contains("NumberParameters: 2\n   Parameter[0]: 0000000000000001\n"));
        assert!(text.ends_with("Attempt to write to address 0000000000000018\n"));
        assert!(error(".exr 1000").contains("no exception record can be read"));
    }
}
