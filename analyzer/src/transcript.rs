//! A debugger session for a dump: the commands that show the verdict's evidence, with their output
//! in WinDbg's layout. The verdict itself is not in it.
//!
//! For a ticket, or for a colleague with a debugger. Since `analyze` reads transcripts too, tests
//! check that both ways give the same verdict.

use std::collections::HashSet;
use std::fmt::Write;

use crate::dump::{DumpHeader, Register};
use crate::facts::{Facts, LockHome, SpinWait};
use crate::modules::is_inbox;
use crate::stop::Role;
use crate::target::Pc;
use crate::verdict::{StackKind, Verdict};
use crate::views::{Session, ViewRequest};

/// Maximum number of commands.
const MAX_STEPS: usize = 64;
/// Maximum number of lines of a command's output.
const MAX_LINES: usize = 400;
const MAX_PROCESSORS: usize = 8;
const MAX_MODULES: usize = 12;

struct Command {
    /// The command as shown.
    shown: String,
    output: Output,
}

/// The source of its output.
enum Output {
    /// A view, by this command.
    View(String),
    Text(String),
}

/// Writes the transcript of a dump.
pub(crate) fn transcript(
    session: &Session<'_, '_>,
    header: &DumpHeader,
    facts: &Facts,
    verdict: &Verdict,
) -> String {
    let processor = facts.crash_processor.unwrap_or(0);
    let mut text = String::new();
    let mut seen = HashSet::new();
    let steps = steps(session, header, facts, verdict);
    let steps = steps.filter(|step| seen.insert(step.shown.clone()));
    for step in steps.take(MAX_STEPS) {
        // Skip commands that are invalid for this dump.
        let Some(output) = output(session, step.output) else {
            continue;
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{processor}: kd> {}", step.shown);
        let mut lines = output.lines();
        for line in lines.by_ref().take(MAX_LINES) {
            let _ = writeln!(text, "{}", line.trim_end());
        }
        let left = lines.count();
        if left > 0 {
            let _ = writeln!(text, "({left} more lines)");
        }
        text.push('\n');
    }
    text
}

fn output(session: &Session<'_, '_>, output: Output) -> Option<String> {
    match output {
        Output::Text(text) => Some(text),
        Output::View(command) => {
            let request = ViewRequest::parse(&command).ok()?;
            Some(session.view(&request).ok()?.to_string())
        }
    }
}

fn same(command: impl Into<String>) -> Command {
    let command = command.into();
    Command {
        output: Output::View(command.clone()),
        shown: command,
    }
}

/// The commands, in the order of a session: the stop, the processors, the verdict's evidence,
/// related objects, the modules.
fn steps(
    session: &Session<'_, '_>,
    header: &DumpHeader,
    facts: &Facts,
    verdict: &Verdict,
) -> impl Iterator<Item = Command> {
    let mut steps = vec![same("vertarget"), same(".bugcheck"), stack_of_stop(header)];
    steps.extend(exception(session, header, facts));
    let known = facts.crash_stack().and_then(|stack| stack.thread.as_ref());
    steps.extend(known.map(|thread| same(format!("!thread {:#x}", thread.address))));
    let others = facts.stacks.iter().filter(|stack| !stack.is_crash());
    let running = others.filter(|stack| stack.kind == StackKind::Processor);
    let numbers = running.filter_map(|stack| stack.processor);
    steps.extend(
        numbers
            .take(MAX_PROCESSORS)
            .map(|number| same(format!("~{number}k"))),
    );
    steps.push(same("!running"));
    if header.bugcheck.code == 0x133 {
        steps.push(same("!dpcwatchdog"));
    }
    let evidence = verdict.evidence.iter().filter_map(|e| e.windbg.as_deref());
    // These are already at the start.
    let evidence = evidence.filter(|command| !matches!(*command, ".bugcheck" | "k"));
    steps.extend(evidence.map(same));
    steps.extend(around(facts, verdict));
    steps.push(same("lm"));
    let modules = session.target.modules.iter();
    let others = modules.filter(|module| !module.is_kernel && !is_inbox(&module.name));
    steps.extend(
        others
            .take(MAX_MODULES)
            .map(|module| same(format!("lmvm {}", module.symbol_name()))),
    );
    steps.into_iter()
}

/// For stops with a context record, `.cxr` selects it.
fn stack_of_stop(header: &DumpHeader) -> Command {
    let record = header.bugcheck.stop().by_role(Role::ContextRecord);
    Command {
        shown: record.map_or("kv".to_owned(), |at| format!(".cxr {at:#x}; kv")),
        output: Output::View("kv".to_owned()),
    }
}

/// Objects related to the facts: the device whose extension holds a lock, the dispatch routines of
/// an IRP's drivers, the functions that build requests.
fn around(facts: &Facts, verdict: &Verdict) -> Vec<Command> {
    let mut steps = Vec::new();
    // Victims that wait. Those on processors are already shown.
    let victims = verdict.victims.iter();
    let waiting = victims.filter(|victim| victim.processor.is_none());
    let threads = waiting.filter_map(|victim| victim.thread);
    steps.extend(threads.map(|thread| same(format!("!thread {:#x}", thread.0))));
    let named = facts.blamed.iter().filter(|place| place.is_driver());
    steps.extend(named.map(|place| same(format!("ln {:#x}", place.address))));
    let homes = facts.mutexes.iter().map(|mutex| &mutex.home);
    let homes = homes.chain(
        facts
            .waits
            .iter()
            .flat_map(|wait| wait.objects.iter())
            .map(|o| &o.home),
    );
    let locks = facts.spinning.iter().filter_map(|wait| wait.lock.as_ref());
    for home in homes.chain(locks.map(|lock| &lock.home)) {
        if let LockHome::DeviceExtension { device, .. } = home {
            steps.push(same(format!("!devobj {device:#x}")));
        }
    }
    for wait in &facts.spinning {
        steps.extend(spinning(facts, wait).into_iter().flatten());
    }
    for irp in &facts.irps {
        let holder = irp.device.iter().filter(|device| device.driver_object != 0);
        steps.extend(holder.map(|device| same(format!("!drvobj {:#x} 2", device.driver_object))));
    }
    let requesters = facts.requesters.iter();
    steps.extend(requesters.map(|place| same(format!("uf {:#x}", place.address))));
    if facts.is_stop(0xC4, 0x62) {
        steps.push(same(format!("db {:#x} L40", facts.bugcheck.parameters[1])));
    }
    steps
}

/// The stop's exception record, as `.exr` shows it.
fn exception(session: &Session<'_, '_>, header: &DumpHeader, facts: &Facts) -> Option<Command> {
    header.bugcheck.stop().index_of(Role::ExceptionRecord)?;
    let exception = facts.exception.as_ref()?;
    let symbol = session.target.symbol(exception.address, Pc::Exact);
    let mut text = format!(
        "ExceptionAddress: {:016x} ({})\n   ExceptionCode: {:08x}\n",
        exception.address,
        symbol.text(exception.address),
        exception.code
    );
    if let Some((kind, address)) = exception.access {
        let _ = writeln!(text, "NumberParameters: 2");
        let _ = writeln!(text, "   Parameter[0]: {kind:016x}");
        let _ = writeln!(text, "   Parameter[1]: {address:016x}");
        let verb = match kind {
            0 => "read from",
            1 => "write to",
            _ => "execute non-executable",
        };
        let _ = writeln!(text, "Attempt to {verb} address {address:016x}");
    }
    Some(Command {
        shown: format!(".exr {:#x}", header.bugcheck.parameters[2]),
        output: Output::Text(text),
    })
}

/// The registers and the code of a routine that spins.
fn spinning(facts: &Facts, wait: &SpinWait) -> Option<[Command; 2]> {
    let frames = &facts.stacks[wait.stack].frames;
    let of = |index: &usize| frames[*index].text() == wait.routine;
    let index = (0..wait.waiter).find(of)?;
    let (context, address) = (frames[index].context?, frames[index].address?);
    let mut text = String::new();
    let gpr = |register: Register| context.get(register);
    use Register::{R8, R9, R10, R11, R12, R13, R14, R15, Rax, Rbp, Rbx, Rcx, Rdi, Rdx, Rsi, Rsp};
    let _ = writeln!(text, "{index:02x} {}", frames[index].text());
    for row in [
        [("rax", gpr(Rax)), ("rbx", gpr(Rbx)), ("rcx", gpr(Rcx))],
        [("rdx", gpr(Rdx)), ("rsi", gpr(Rsi)), ("rdi", gpr(Rdi))],
        [("rip", context.rip), ("rsp", gpr(Rsp)), ("rbp", gpr(Rbp))],
        [(" r8", gpr(R8)), (" r9", gpr(R9)), ("r10", gpr(R10))],
        [("r11", gpr(R11)), ("r12", gpr(R12)), ("r13", gpr(R13))],
    ] {
        let row = row.map(|(name, value)| format!("{name}={value:016x}"));
        let _ = writeln!(text, "{}", row.join(" "));
    }
    let _ = writeln!(text, "r14={:016x} r15={:016x}", gpr(R14), gpr(R15));
    // On another processor, switch to it first.
    let front = match facts.stacks[wait.stack].processor {
        Some(number) if wait.stack > 0 => format!("~{number}s; "),
        _ => String::new(),
    };
    let registers = Command {
        shown: format!("{front}.frame /r {index:x}"),
        output: Output::Text(text),
    };
    Some([registers, same(format!("uf {address:#x}"))])
}
