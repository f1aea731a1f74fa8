//! Stacks: `k`, `kb`, `~*k`, and unique stacks (`!mex.us`).

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;

use super::expression::address;
use super::session::Session;
use super::text::{plain, raw, tick};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::MemoryExt;
use crate::facts::StackFacts;
use crate::verdict::{Hex64, Trust};

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "stack",
    names: &["k", "kn", "kl", "kb", "kv", "kp", "kc"],
    usage: "k|kb|kv|kc|kL [THREAD | -cpu N | -all]",
    meaning: "the stack of the stop, of a thread, of a processor (also `~1k`, `~*k`); kb with arguments",
    example: "kb ffff8d0112345080",
    needs_structures: false,
    make: |session, request| Ok(stacks(session, request)?.into()),
};

pub(super) const UNIQUE: ViewInfo = ViewInfo {
    id: "uniquestacks",
    names: &["us"],
    usage: "us [-cpu]",
    meaning: "stacks that threads share, most frequent first; -cpu: of running threads only",
    example: "us -cpu",
    needs_structures: true,
    make: |session, request| Ok(unique(session, request).into()),
};

/// Maximum number of stacks that `us` unwinds; the others are counted.
const MAX_STACKS: usize = 4096;

/// How a stack is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Style {
    /// `k`: with source lines.
    Plain,
    /// `kL`: without source lines.
    NoSource,
    /// `kv`: with the first four words of each call's parameter area.
    Full,
    /// `kb`: the same without stack pointers.
    Arguments,
    /// `kc`: call sites only.
    Calls,
}

/// One or more stacks.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Stacks {
    style: Style,
    stacks: Vec<StackView>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct StackView {
    pub processor: Option<u32>,
    pub thread: Option<Hex64>,
    /// Where its first registers came from.
    pub source: String,
    pub frames: Vec<FrameView>,
    /// Why it ends before the thread's first frame.
    pub note: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct FrameView {
    pub child_sp: Hex64,
    pub address: Hex64,
    /// Where it returns to: the address of the next frame; 0 at the end.
    pub return_address: Option<Hex64>,
    /// The parameter home area; optimised code may use it for anything.
    pub arguments: Option<[Hex64; 4]>,
    pub symbol: String,
    pub source: Option<String>,
    /// How the frame was found.
    pub trust: Trust,
}

pub(super) fn stacks(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<Stacks, InspectError> {
    let style = match request.name.as_str() {
        "kb" => Style::Arguments,
        "kv" => Style::Full,
        "kl" => Style::NoSource,
        "kc" => Style::Calls,
        _ => Style::Plain,
    };
    let found: Vec<StackFacts> = if request.has("-all") {
        let processors = session.processors().iter();
        processors
            .filter_map(|one| session.processor_stack(one))
            .collect()
    } else if request.has("-cpu") {
        let number = request.value_of("-cpu").unwrap_or_default();
        let number: u32 = number
            .parse()
            .map_err(|_| request.usage(format!("`{number}` is no processor's number")))?;
        let processors = session.processors();
        match processors.iter().find(|one| one.number == number) {
            Some(processor) => session.processor_stack(processor).into_iter().collect(),
            None => {
                let why = format!("the dump shows {} processors", processors.len());
                session.note(format!("processor {number}"), why);
                Vec::new()
            }
        }
    } else {
        // A short number is a count of frames, as in WinDbg.
        let thread = request.args.iter().find(|arg| !is_count(arg));
        match thread {
            Some(text) => {
                let thread = session.thread(address(session, text)?);
                let stack = thread.and_then(|thread| session.thread_stack(&thread));
                stack.into_iter().collect()
            }
            None => session.current_stack().into_iter().collect(),
        }
    };
    let limit = request.args.iter().filter(|arg| is_count(arg));
    let mut limit = limit.filter_map(|arg| usize::from_str_radix(arg, 16).ok());
    let limit = match request.has("-cpu") || request.has("-all") {
        true => None,
        false => limit.next_back(),
    };
    let stacks = found.iter().map(|facts| {
        let mut stack = view(session, facts);
        stack.frames.truncate(limit.unwrap_or(usize::MAX));
        stack
    });
    Ok(Stacks {
        style,
        stacks: stacks.collect(),
    })
}

fn is_count(arg: &str) -> bool {
    arg.len() <= 4 && usize::from_str_radix(arg, 16).is_ok()
}

/// A stack as views show it.
pub(super) fn view(session: &Session<'_, '_>, facts: &StackFacts) -> StackView {
    let memory = session.target.memory;
    let frame = |index: usize| {
        let frame = &facts.frames[index];
        let next = facts.frames.get(index + 1);
        let called = next.filter(|next| !matches!(next.trust, Trust::TrapFrame | Trust::Scan));
        let arguments = called.and_then(|next| {
            let word = |slot: u64| {
                let at = next.sp?.wrapping_add(8 * slot);
                memory.read_u64(at).ok().map(Hex64)
            };
            Some([word(0)?, word(1)?, word(2)?, word(3)?])
        });
        // A complete stack ends with the return address 0.
        let end = (facts.note.is_none()).then_some(Hex64(0));
        FrameView {
            child_sp: frame.sp.unwrap_or(0).into(),
            address: frame.address.unwrap_or(0).into(),
            return_address: next.and_then(|next| next.address).map(Hex64).or(end),
            arguments,
            symbol: frame.text(),
            source: source(frame.symbol.file.as_deref(), frame.symbol.line),
            trust: frame.trust,
        }
    };
    StackView {
        processor: facts.processor,
        thread: facts.thread.as_ref().map(|thread| thread.address.into()),
        source: facts.source.clone(),
        frames: (0..facts.frames.len()).map(frame).collect(),
        note: facts.note.clone(),
    }
}

fn source(file: Option<&str>, line: Option<u32>) -> Option<String> {
    Some(format!("{} @ {}", file?, line?))
}

impl StackView {
    /// The lines of `k`, `kb` or the stack in `!thread`.
    pub(super) fn print(&self, f: &mut fmt::Formatter<'_>, style: Style) -> fmt::Result {
        let mut warned = false;
        for (index, frame) in self.frames.iter().enumerate() {
            if frame.trust.is_scanned() && !warned {
                warned = true;
                writeln!(
                    f,
                    "WARNING: Stack unwind information not available. Following frames may be wrong."
                )?;
            }
            let source = match (&frame.source, style) {
                (Some(source), Style::Plain | Style::Arguments | Style::Full) => {
                    format!(" [{source}] ")
                }
                _ => String::new(),
            };
            let number = format!("{index:02x}");
            let sp = tick(frame.child_sp.0);
            let returns = tick(raw(frame.return_address));
            match style {
                Style::Calls => writeln!(f, "{number} {}", frame.symbol)?,
                Style::Arguments | Style::Full => {
                    let arguments = match frame.arguments {
                        Some(words) => words.map(|word| tick(word.0)),
                        None => [(); 4].map(|()| tick(None)),
                    };
                    let sp = match style {
                        Style::Full => format!("{sp} "),
                        _ => String::new(),
                    };
                    writeln!(
                        f,
                        "{number} {sp}{returns}     : {} : {}{source}",
                        arguments.join(" "),
                        frame.symbol
                    )?;
                }
                _ => writeln!(f, "{number} {sp} {returns}     {}{source}", frame.symbol)?,
            }
        }
        Ok(())
    }

    fn heading(style: Style) -> String {
        let arguments = format!("{:<22}: {:<71} : Call Site", "RetAddr", "Args to Child");
        match style {
            Style::Calls => " # Call Site".to_owned(),
            Style::Arguments => format!(" # {arguments}"),
            Style::Full => format!(" # {:<17} {arguments}", "Child-SP"),
            _ => format!(" # {:<17} {:<21} Call Site", "Child-SP", "RetAddr"),
        }
    }
}

impl fmt::Display for Stacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, stack) in self.stacks.iter().enumerate() {
            if self.stacks.len() > 1 {
                if index > 0 {
                    writeln!(f)?;
                }
                let number = stack.processor.unwrap_or_default();
                writeln!(f, "{number}: kd> k")?;
            }
            writeln!(f, "{}", StackView::heading(self.style))?;
            stack.print(f, self.style)?;
            if let Some(note) = &stack.note {
                writeln!(f, "the stack ends here: {note}")?;
            }
        }
        Ok(())
    }
}

/// Stacks and the threads that share them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct UniqueStacks {
    stacks: Vec<SharedStack>,
    threads: usize,
}

#[derive(Clone, Debug, Serialize)]
struct SharedStack {
    threads: Vec<Hex64>,
    frames: Vec<FrameView>,
}

pub(super) fn unique(session: &Session<'_, '_>, request: &ViewRequest) -> UniqueStacks {
    let running_only = request.has("-cpu");
    let wanted = session
        .threads()
        .iter()
        .filter(|thread| !running_only || session.running_on(thread.address).is_some());
    let mut shared: Vec<SharedStack> = Vec::new();
    let mut known: HashMap<Vec<u64>, usize> = HashMap::new();
    let mut threads = 0;
    for thread in wanted {
        if threads >= MAX_STACKS {
            let why = format!("only the first {MAX_STACKS} threads are unwound");
            session.note("the stacks of some threads", why);
            break;
        }
        let running = session.running_on(thread.address).is_some();
        if !running && !thread.state.is_switched_out() {
            continue;
        }
        let Some(stack) = session.thread_stack(thread) else {
            continue;
        };
        threads += 1;
        let place: Vec<u64> = stack
            .frames
            .iter()
            .filter_map(|frame| frame.address)
            .collect();
        let index = *known.entry(place).or_insert_with(|| {
            shared.push(SharedStack {
                threads: Vec::new(),
                frames: view(session, &stack).frames,
            });
            shared.len() - 1
        });
        shared[index].threads.push(thread.address.into());
    }
    shared.sort_by_key(|one| std::cmp::Reverse(one.threads.len()));
    UniqueStacks {
        stacks: shared,
        threads,
    }
}

impl fmt::Display for UniqueStacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for stack in &self.stacks {
            let plural = if stack.threads.len() == 1 { "" } else { "s" };
            let threads: Vec<_> = stack.threads.iter().map(|one| plain(one.0)).collect();
            writeln!(
                f,
                "{} thread{plural} [stats]: {}",
                threads.len(),
                threads.join(" ")
            )?;
            for frame in &stack.frames {
                writeln!(f, "    {} {}", plain(frame.address.0), frame.symbol)?;
            }
            writeln!(f)?;
        }
        writeln!(
            f,
            "Threads: {}, stacks: {}",
            self.threads,
            self.stacks.len()
        )
    }
}
