//! Listed functions → code facts of frames, leaks, and functions that build requests with events.

use std::collections::HashMap;

use super::LogContext;
use crate::facts::argument::{general, preserved};
use crate::facts::{
    Budget, CallKind, CodeFacts, EVENT_REQUESTS, FunctionCode, LeakFacts, LockFact, LockHome,
    Place, SpinWait, StackFacts, Taken, effect_of_call, kind, leak_in, polled_in,
};
use crate::log::read::code::Listing;
use crate::log::text::names;
use crate::target::{Pc, Symbol};

/// A function that the log lists, from its start.
pub(super) struct Function<'s> {
    log: &'s LogContext<'s>,
    listing: &'s Listing,
    code: FunctionCode,
    /// The function that each instruction calls or jumps to.
    called: Vec<Option<Symbol>>,
    calls: Vec<Option<(CallKind, String)>>,
}

pub(super) fn functions<'s>(log: &'s LogContext<'s>) -> Vec<Function<'s>> {
    let listings = log.transcript.code.found.iter();
    let function = |listing: &'s Listing| {
        let code = FunctionCode {
            instructions: listing.instructions(),
        };
        let symbol = |raw: &_| names::symbol(raw, &log.images);
        let called = listing.called();
        let called: Vec<_> = called.iter().map(|raw| raw.as_ref().map(symbol)).collect();
        let effect = |at: usize| effect_of_call(&code, at, || called[at].clone());
        let calls = (0..code.instructions.len()).map(effect).collect();
        Function {
            log,
            listing,
            calls,
            called,
            code,
        }
    };
    listings.map(function).collect()
}

impl Function<'_> {
    /// Step budget for following its paths to one instruction.
    fn steps(&self) -> usize {
        let taken = self.calls.iter().flatten().count();
        self.code.instructions.len().saturating_mul(taken + 1)
    }

    fn place(&self, address: u64) -> Place {
        let mut symbol = names::symbol(&self.listing.function, &self.log.images);
        symbol.function_start = Some(self.listing.start);
        symbol.offset = Some(address.saturating_sub(self.listing.start));
        Place { address, symbol }
    }
}

/// Maps instructions to functions.
struct Index<'f, 's> {
    functions: &'f [Function<'s>],
    /// By the return address of the instruction, and by its own address.
    places: HashMap<u64, usize>,
}

impl<'f, 's> Index<'f, 's> {
    fn new(functions: &'f [Function<'s>]) -> Self {
        let mut places = HashMap::new();
        for (number, function) in functions.iter().enumerate() {
            for instruction in &function.code.instructions {
                places.entry(instruction.ip()).or_insert(number);
                places.entry(instruction.next_ip()).or_insert(number);
            }
        }
        Self { functions, places }
    }

    fn at(&self, address: u64) -> Option<&'f Function<'s>> {
        self.functions.get(*self.places.get(&address)?)
    }
}

/// Code facts of the drivers' frames.
pub(super) fn code(functions: &[Function<'_>], stacks: &[StackFacts]) -> Vec<CodeFacts> {
    let mut found = Vec::new();
    let index = Index::new(functions);
    let mut budget = Budget::new();
    let mut known: HashMap<(u64, bool), CodeFacts> = HashMap::new();
    for (stack, facts) in stacks.iter().enumerate() {
        for (frame, one) in facts.frames.iter().enumerate() {
            let Some(address) = one.address.filter(|_| one.is_driver()) else {
                continue;
            };
            let Some(function) = index.at(address) else {
                continue;
            };
            let key = (address, one.pc() == Pc::Exact);
            if let Some(facts) = known.get(&key) {
                found.push(CodeFacts {
                    stack,
                    frame,
                    ..facts.clone()
                });
                continue;
            }
            if !budget.spend(function.steps()) {
                continue;
            }
            let now = function.code.position(address);
            // Where a call was made, the state counts with which control arrived at the call.
            let arrival = match one.pc() {
                Pc::Exact => Some(now),
                Pc::Return => now.checked_sub(1),
            };
            let Some(arrival) = arrival else { continue };
            // The log has no registers that give the lock.
            let facts = CodeFacts::arriving(&function.code, &function.calls, arrival, |_| None);
            known.insert(key, facts.clone());
            found.push(CodeFacts {
                stack,
                frame,
                ..facts
            });
        }
    }
    found
}

/// Functions that leak. Those that leak on some exits only come first.
pub(super) fn leaks(functions: &[Function<'_>]) -> Vec<LeakFacts> {
    let mut budget = Budget::new();
    let mut found = Vec::new();
    for function in functions {
        let tail = |exit: usize| kind(function.called[exit].as_ref()?);
        let place = |address| function.place(address);
        for taken in Taken::ALL {
            let (code, calls) = (&function.code, &function.calls);
            found.extend(leak_in(code, calls, taken, &mut budget, tail, place));
        }
    }
    found.sort_by_key(|leak| leak.every_exit);
    found
}

/// Functions that build requests with events.
pub(super) fn requesters(functions: &[Function<'_>]) -> Vec<Place> {
    let requests = |symbol: &Option<Symbol>| {
        symbol.as_ref().is_some_and(|symbol| {
            let name = symbol.function.as_deref().unwrap_or("");
            let name = name.strip_prefix("Verifier").unwrap_or(name);
            symbol.in_kernel && EVENT_REQUESTS.contains(&name)
        })
    };
    let call = |function: &Function<'_>| {
        let at = function.called.iter().position(requests)?;
        Some(function.place(function.code.instructions[at].ip()))
    };
    functions.iter().filter_map(call).collect()
}

/// Fills in the locks that threads spin for, if the log has the routine's code and registers.
pub(super) fn name_locks(
    functions: &[Function<'_>],
    stacks: &[StackFacts],
    spinning: &mut [SpinWait],
) {
    let index = Index::new(functions);
    for wait in spinning {
        let frames = &stacks[wait.stack].frames;
        let of = |index: &usize| frames[*index].text() == wait.routine;
        let Some(at) = (0..wait.waiter).find(of) else {
            continue;
        };
        let frame = &frames[at];
        let Some(address) = frame.address else {
            continue;
        };
        let Some(function) = index.at(address) else {
            continue;
        };
        let exact = at == 0 || frame.pc() == Pc::Exact;
        let registers = &function.log.transcript.registers;
        let value = |register| {
            general(register).filter(|_| exact || preserved(register).is_some())?;
            registers.at(address, register)
        };
        let probe = if exact {
            address
        } else {
            address.saturating_sub(1)
        };
        let Some((lock, instruction)) = polled_in(&function.code, probe, value) else {
            continue;
        };
        let home = super::extensions::home(function.log, lock).unwrap_or(LockHome::Unknown);
        wait.found_by = format!(
            "the memory operand of the instruction at {} ({:?} in the registers that the log shows)",
            function.place(instruction.ip()).text(),
            instruction.memory_base()
        );
        wait.lock = Some(LockFact {
            address: lock,
            value: None,
            home,
        });
    }
}
