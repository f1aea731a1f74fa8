//! Functions that leak: on some path they return with a lock held or the IRQL raised.

use iced_x86::{FlowControl, OpKind};

use super::code::{CallKind, call_target, effect, effects_of, tail_effect};
use super::context::{CollectContext, Place};
use super::function::FunctionCode;
use super::paths::{Budget, Effect, arriving};
use crate::modules::functions;
use crate::target::Pc;

/// Functions with more instructions than this are not followed.
const MAX_INSTRUCTIONS: usize = 8192;

/// What a function leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    SpinLock,
    FastMutex,
    Irql,
}

impl Taken {
    pub(crate) const ALL: [Self; 3] = [Self::SpinLock, Self::FastMutex, Self::Irql];

    fn calls(self) -> (CallKind, CallKind) {
        match self {
            Self::SpinLock => (CallKind::AcquireSpinLock, CallKind::ReleaseSpinLock),
            Self::FastMutex => (CallKind::AcquireFastMutex, CallKind::ReleaseFastMutex),
            Self::Irql => (CallKind::RaiseIrql, CallKind::LowerIrql),
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::SpinLock => "a spin lock held",
            Self::FastMutex => "a fast mutex held",
            Self::Irql => "the IRQL raised",
        }
    }
}

/// A function that leaks.
#[derive(Clone, Debug)]
pub(crate) struct LeakFacts {
    pub taken: Taken,
    /// The return address of the call that acquires it.
    pub taken_at: Place,
    /// What that instruction does.
    pub how: String,
    /// Address of the exit.
    pub exit: u64,
    /// Whether every exit leaks, as in a function whose purpose it is.
    pub every_exit: bool,
}

/// The functions of a module that leak. Those that leak on some exits only come first.
pub(crate) fn leaks(
    context: &CollectContext<'_, '_, '_>,
    module: &str,
    budget: &mut Budget,
) -> Vec<LeakFacts> {
    let mut found = Vec::new();
    for code in codes(context, module) {
        for taken in Taken::ALL {
            found.extend(leak(context, &code, taken, budget));
        }
    }
    if budget.exceeded {
        let what = format!("all functions of {module} that leave something taken");
        context.note(what, "its code has too many ways to follow them all");
    }
    found.sort_by_key(|leak| leak.every_exit);
    found
}

/// The functions of a module that call one of the kernel's functions.
pub(crate) fn callers(
    context: &CollectContext<'_, '_, '_>,
    module: &str,
    called: &[&str],
) -> Vec<Place> {
    let target = context.nt.target;
    codes(context, module)
        .iter()
        .filter_map(|code| {
            let call = (0..code.instructions.len()).find(|&at| {
                call_target(target, code, at).is_some_and(|symbol| {
                    let name = symbol.function.as_deref().unwrap_or("");
                    let name = name.strip_prefix("Verifier").unwrap_or(name);
                    symbol.in_kernel && called.contains(&name)
                })
            })?;
            Some(context.place(code.instructions[call].ip()))
        })
        .collect()
}

fn codes(context: &CollectContext<'_, '_, '_>, module: &str) -> Vec<FunctionCode> {
    let target = context.nt.target;
    let named = |known: &&crate::modules::Module| known.name.eq_ignore_ascii_case(module);
    let Some(module) = target.modules.iter().find(named) else {
        return Vec::new();
    };
    let image = module.image(target.memory).map_err(ToString::to_string);
    let Some(image) = context.known(&format!("the functions of {}", module.name), image) else {
        return Vec::new();
    };
    let mut covered = 0;
    functions(target.memory, module.base, image.exception_directory)
        .into_iter()
        .filter_map(|entry| {
            let start = module.base + u64::from(entry.begin);
            // Parts of a function that was already read as a whole.
            if start < covered {
                return None;
            }
            let symbol = target.symbol(start, Pc::Exact);
            let code = FunctionCode::read(target, &symbol, start)?;
            covered = code.instructions.last()?.next_ip();
            (code.instructions.len() <= MAX_INSTRUCTIONS).then_some(code)
        })
        .collect()
}

fn leak(
    context: &CollectContext<'_, '_, '_>,
    code: &FunctionCode,
    taken: Taken,
    budget: &mut Budget,
) -> Option<LeakFacts> {
    let target = context.nt.target;
    let calls: Vec<_> = (0..code.instructions.len())
        .map(|at| effect(target, code, at))
        .collect();
    let tail = |exit| tail_effect(target, code, exit);
    let place = |address| context.place(address);
    leak_in(code, &calls, taken, budget, tail, place)
}

/// Whether a function leaks. `calls` has the effect of each instruction, `tail` the effect of a
/// tail call. A function beyond the budget is not followed.
pub(crate) fn leak_in(
    code: &FunctionCode,
    calls: &[Option<(CallKind, String)>],
    taken: Taken,
    budget: &mut Budget,
    tail: impl Fn(usize) -> Option<CallKind>,
    place: impl Fn(u64) -> Place,
) -> Option<LeakFacts> {
    let (opens, closes) = taken.calls();
    let effects = effects_of(calls, opens, closes);
    let opening = effects.iter().filter(|&&one| one == Some(Effect::Opens));
    let opening = opening.count();
    // Every exit, with every state that can reach it.
    let steps = (code.instructions.len() * (opening + 1)).saturating_mul(exits(code).count() + 1);
    if opening == 0 || !budget.spend(steps) {
        return None;
    }
    let mut clean = false;
    let mut leaking = None;
    for exit in exits(code) {
        let closed = tail(exit) == Some(closes);
        for open in arriving(&code.instructions, &effects, exit) {
            match open {
                Some(opened) if !closed => leaking = leaking.or(Some((opened, exit))),
                _ => clean = true,
            }
        }
    }
    let (opened, exit) = leaking?;
    Some(LeakFacts {
        taken,
        taken_at: place(code.instructions[opened].ip()),
        how: calls[opened].as_ref()?.1.clone(),
        exit: code.instructions[exit].ip(),
        every_exit: !clean,
    })
}

/// Returns, and jumps out of the function (tail calls).
fn exits(code: &FunctionCode) -> impl Iterator<Item = usize> {
    let first = code.instructions.first().map_or(0, |first| first.ip());
    let end = code.instructions.last().map_or(0, |last| last.next_ip());
    let leaves = move |instruction: &iced_x86::Instruction| match instruction.flow_control() {
        FlowControl::Return => true,
        FlowControl::UnconditionalBranch => {
            !(first..end).contains(&instruction.near_branch_target())
        }
        FlowControl::IndirectBranch => {
            instruction.op0_kind() == OpKind::Memory && instruction.is_ip_rel_memory_operand()
        }
        _ => false,
    };
    let instructions = code.instructions.iter().enumerate();
    instructions
        .filter(move |(_, instruction)| leaves(instruction))
        .map(|(at, _)| at)
}
