//! Runs of frame lines: the stacks, their threads, and the commands that printed them.

use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::frame::{RawFrame, bare, frame};
use crate::log::text::number::hex;
use crate::log::text::parameters::Open;
use crate::log::text::symbol::RawSymbol;

static UNIQUE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*\d+ threads?(?: \[[^\]]*\])?:\s*((?:[0-9a-f]{8,16}\s*)+)").expect("a constant")
});
static HEADER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:Child-?SP|ChildEBP|Call Site|Memory\s+ChildEBP)|^\s*#\s+Call Site")
        .expect("a constant")
});

/// The thread of the next stack: `Thread ffffb40ba7fa5080`.
static ALONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*thread\s+(?:0x)?(ffff[0-9a-f`]{8,13}|[89a-f][0-9a-f]{7})\W*$")
        .expect("a constant")
});

/// What printed a stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PrintedBy {
    /// STACK_TEXT of `!analyze`.
    Analysis,
    /// After `.trap` or `.cxr`: from the registers of an exception.
    Context,
    /// The stack of a stated thread.
    Thread,
    /// A stack that Driver Verifier or lock tracking recorded earlier.
    Record,
    #[default]
    Plain,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct RawStack {
    pub line: usize,
    pub frames: Vec<RawFrame>,
    pub printed_by: PrintedBy,
    pub thread: Option<u64>,
    pub processor: Option<u32>,
    /// Processor in the prompt above it.
    pub prompted: Option<u32>,
    /// The debugger warned that frames from this index on may be wrong.
    pub doubtful: Option<usize>,
}

const MAX_STACKS: usize = 20_000;
const MAX_FRAMES: usize = 1024;

/// Reads stacks line by line.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    pub found: Vec<RawStack>,
    open: RawStack,
    blanks: usize,
    /// Thread whose description was last seen, or that `.thread` chose.
    thread: Option<u64>,
    chosen: Option<u64>,
    processor: Option<u32>,
    /// Processor of the last prompt.
    prompted: Option<u32>,
    analysis: bool,
    context: bool,
    record: bool,
    /// The last frame's parameters continue.
    parameters: Option<Open>,
}

impl Reader for Stacks {
    /// A prompt determines the processor and thread of the next stacks.
    fn prompt(&mut self, Line { section, .. }: Line<'_>) {
        self.close();
        // Another processor resets the chosen thread.
        if section.processor != self.prompted {
            self.chosen = None;
            self.context = false;
        }
        self.prompted = section.processor;
        let verb = section.verb();
        self.analysis = false;
        self.record = matches!(verb, "deadlock" | "verifier");
        self.parameters = None;
        self.processor = None;
        self.thread = None;
        match verb {
            "thread" | "t" => {
                self.thread = section.address();
                if section.command.starts_with(".thread") {
                    self.chosen = section.address();
                    self.context = false;
                }
            }
            "trap" | "cxr" | "ecxr" => {
                self.context = section.address().is_some() || verb == "ecxr";
                self.chosen = None;
            }
            _ => {}
        }
        if let Some(number) = section.command.strip_prefix('~') {
            let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
            self.processor = digits.parse().ok();
            self.chosen = None;
        }
    }

    fn line(&mut self, line: Line<'_>) {
        let Some(thread) = line.thread else {
            self.frames(line);
            return;
        };
        self.of_thread(thread);
        // `!stacks` shows the first frame on the same line.
        if let Some(at) = line.text.find("nt!") {
            let text = &line.text[at..];
            self.frames(Line { text, ..line });
        }
    }

    fn end(&mut self) {
        self.close();
    }
}

impl Stacks {
    /// A thread was described; its stack follows.
    fn of_thread(&mut self, thread: u64) {
        self.close();
        self.thread = Some(thread);
        self.analysis = false;
    }

    /// A line that may belong to a stack.
    fn frames(&mut self, line: Line<'_>) {
        let Line { section, text, .. } = line;
        if text.is_empty() {
            self.blanks += 1;
            if self.blanks > 1 {
                self.close();
            }
            return;
        }
        if let Some(found) = UNIQUE.captures(text) {
            self.close();
            self.thread = hex(found[1].split_whitespace().next().unwrap_or(""));
            return;
        }
        if let Some(found) = ALONE.captures(text) {
            self.close();
            self.thread = hex(&found[1]);
            return;
        }
        if text.starts_with("STACK_TEXT") {
            self.close();
            self.analysis = true;
            return;
        }
        if HEADER.is_match(text) {
            self.close();
            self.record &= matches!(section.verb(), "deadlock" | "verifier");
            return;
        }
        if text.contains("Stack unwind information not available") {
            self.open.doubtful.get_or_insert(self.open.frames.len());
            return;
        }
        if text.starts_with("*** ") || text.starts_with("WARNING:") {
            return;
        }
        // The last word of a wrapped warning, or a mark for omitted frames.
        let inside = !self.open.frames.is_empty();
        let trimmed = text.trim();
        let warning = [
            "frames may be wrong.",
            "may be wrong.",
            "be wrong.",
            "wrong.",
        ];
        let warned = warning.contains(&trimmed) || trimmed == "Following frames may be wrong.";
        if inside && (warned || matches!(trimmed, "..." | "…" | "[...]")) {
            return;
        }
        if let (Some(open), Some(last)) = (self.parameters.take(), self.open.frames.last_mut()) {
            self.parameters = open.line(last, text);
            return;
        }
        // An entry of Driver Verifier's logs: a recorded stack follows.
        if text.starts_with("Pool block ") {
            self.close();
            self.record = true;
            return;
        }
        let memory = section.is_memory_dump();
        let read = frame(text).or_else(|| self.bare(text));
        let Some(mut found) = read.filter(|_| !memory) else {
            // Prose ends a stack, and so do the keys of !analyze.
            if !self.open.frames.is_empty() {
                self.close();
                self.analysis = false;
            }
            return;
        };
        self.parameters = Open::after(&mut found);
        self.push(line.number, found);
    }

    /// A frame with only a module's name, inside a stack of the same layout.
    fn bare(&self, text: &str) -> Option<RawFrame> {
        let last = self.open.frames.last()?;
        let found = bare(text)?;
        let follows = match (last.number, found.number) {
            (Some(last), Some(number)) => number == last + 1,
            (None, None) => found.addresses == last.addresses,
            _ => false,
        };
        (follows && !last.lacks_symbol()).then_some(found)
    }

    fn push(&mut self, number: usize, mut found: RawFrame) {
        let blanks = std::mem::take(&mut self.blanks);
        let count = self.open.frames.len();
        if let Some(last) = self.open.frames.last_mut() {
            // The rest of a wrapped line.
            let rest = found.addresses == 0 && found.number.is_none() && !found.inline;
            if last.lacks_symbol() && rest && found.symbol.is_some() {
                last.symbol = found.symbol.take();
                last.source = found.source.take();
                last.tail = found.tail;
                return;
            }
            let restarts = found.number == Some(0) && count > 1;
            let style =
                (last.addresses == 0) != (found.addresses == 0) && !found.inline && !last.inline;
            let other = follows_another_stack(last, &found, count);
            if restarts || other || style || blanks > 0 && !self.continues(&found) {
                self.close();
            }
        }
        if self.open.frames.is_empty() {
            let doubtful = self.open.doubtful.take();
            self.open = RawStack {
                line: number,
                thread: self.thread.or(self.chosen),
                processor: self.processor,
                prompted: self.prompted,
                doubtful,
                printed_by: match (self.analysis, self.record, self.context) {
                    (true, ..) => PrintedBy::Analysis,
                    (_, true, _) => PrintedBy::Record,
                    (.., true) => PrintedBy::Context,
                    _ if self.thread.or(self.chosen).is_some() => PrintedBy::Thread,
                    _ => PrintedBy::Plain,
                },
                ..RawStack::default()
            };
        }
        if self.open.frames.len() < MAX_FRAMES {
            self.open.frames.push(found);
        }
    }

    /// Whether a frame after a blank line continues the stack before it.
    fn continues(&self, found: &RawFrame) -> bool {
        let last = self.open.frames.last();
        let number = last.and_then(|last| Some(last.number? + 1 == found.number?));
        let sp = last.and_then(|last| {
            let (below, above) = (last.sp?, found.sp?);
            Some(above > below && above - below < 0x8000)
        });
        number.or(sp).unwrap_or(false)
    }

    fn close(&mut self) {
        self.blanks = 0;
        let mut open = std::mem::take(&mut self.open);
        // A word after a stack is no frame of it.
        while open.frames.last().is_some_and(is_word) {
            open.frames.pop();
        }
        let useful = open.frames.iter().any(|frame| frame.symbol.is_some())
            && !is_memory(&open.frames)
            && (open.frames.len() > 1 || open.frames[0].addresses >= 2);
        if useful && self.found.len() < MAX_STACKS {
            self.found.push(open);
        }
    }
}

/// Whether a frame begins another stack: the last one was where its thread began, or the frame is
/// where a thread was switched out.
fn follows_another_stack(last: &RawFrame, found: &RawFrame, count: usize) -> bool {
    const STARTS: [&str; 6] = [
        "PspSystemThreadStartup",
        "KiStartSystemThread",
        "KxStartSystemThread",
        "KiThreadStartup",
        "KiIdleLoop",
        "RtlUserThreadStart",
    ];
    let name = |frame: &RawFrame| {
        let function = frame
            .symbol
            .as_ref()
            .and_then(|symbol| symbol.function.as_deref());
        function.unwrap_or("").trim_start_matches('_').to_owned()
    };
    let starts = |frame: &RawFrame| STARTS.contains(&name(frame).as_str());
    let ended = starts(last) && !starts(found) && found.symbol.is_some() && !found.inline;
    // What the debugger makes of the words below a thread's start.
    let residue = last
        .sp
        .zip(found.sp)
        .is_some_and(|(last, next)| next > last && next - last < 0x1000);
    let switched = matches!(name(found).as_str(), "KiSwapContext" | "SwapContext");
    // An interrupt may have come in the middle of the switch.
    let interrupts = ["Interrupt", "Fault", "Trap", "Dispatch"];
    let interrupted = match last.sp.zip(found.sp) {
        Some((last, next)) => next > last && next - last < 0x1_0000,
        None => interrupts.iter().any(|word| name(last).contains(word)),
    };
    ended && !residue || switched && !interrupted && count > 1
}

/// Whether the line was a word only.
fn is_word(frame: &RawFrame) -> bool {
    let bare = |symbol: &RawSymbol| symbol.function.is_none() && symbol.offset == 0;
    let symbol = frame.symbol.as_ref();
    frame.addresses == 0
        && frame.number.is_none()
        && symbol.is_some_and(|symbol| bare(symbol) && !symbol.unloaded)
}

/// In memory printed with symbols, each address is 4 or 8 bytes after the previous one.
fn is_memory(frames: &[RawFrame]) -> bool {
    let steps = frames
        .windows(2)
        .filter_map(|pair| pair[1].sp?.checked_sub(pair[0].sp?));
    let regular = steps.clone().all(|step| step == 8) || steps.clone().all(|step| step == 4);
    frames.len() > 2
        && regular
        && steps.count() + 1 == frames.len()
        && frames.iter().all(|frame| frame.addresses == 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::read::transcript;

    fn stacks(text: &str) -> Vec<RawStack> {
        transcript(text).stacks.found
    }

    #[test]
    fn origins_and_threads() {
        let text = "0: kd> !analyze -v\nSTACK_TEXT:\nffff8000`00000010 fffff800`00000001 : 1 nt!A\n\
                    ffff8000`00000010 fffff800`00000001 : nt!A\nffff8000`00000050 \
                    fffff800`00000002 : drv+0x10\n\nSYMBOL_NAME: drv+10\n0: kd> .thread \
                    ffff8000`12345678\n0: kd> k\n # Child-SP RetAddr Call Site\n00 \
                    ffff8000`00000010 fffff800`00000001 nt!KiSwapContext+0x76\n01 \
                    ffff8000`00000050 00000000`00000000 drv!Work+0x10\n";
        let found = stacks(text);
        assert_eq!(found.len(), 2, "{found:#?}");
        assert_eq!(found[0].printed_by, PrintedBy::Analysis);
        assert_eq!(found[1].thread, Some(0xffff_8000_1234_5678));
    }

    #[test]
    fn broken_lines_are_joined() {
        let text = "kd> kb\nChildEBP RetAddr  Args to Child\n8013ef68 fe551aa1 ff690268 00000002 \
                    fe5620d2 nt!A\n8013ef74 fe5620d2 fe5620da ff690268 80404690\nNDIS!_Eth+0x31\n\
                    8013ef94 00000246 fe551aa1 ff690268 00000002 card!_Dpc+0x1d0\n";
        let found = stacks(text);
        assert_eq!(found[0].frames.len(), 3, "{found:#?}");
        assert_eq!(found[0].frames[1].symbol.as_ref().unwrap().module, "NDIS");
    }

    #[test]
    fn names_of_modules_are_frames_inside_a_stack() {
        let modules = |text: &str| -> Vec<String> {
            let found = stacks(text);
            assert_eq!(found.len(), 1, "{found:#?}");
            let frames = found[0].frames.iter();
            frames
                .map(|frame| frame.symbol.as_ref().unwrap().module.clone())
                .collect()
        };
        for text in [
            "0: kd> kc\n # Call Site\n00 nt!KeBugCheckEx\n01 gizmo\n02 FLTMGR\n03 nt!IofCallDriver\n",
            "nt!KeBugCheckEx\ngizmo\nFLTMGR\nnt!IofCallDriver\nThanks\n",
            "8013ef68 fe551aa1 ff690268 00000002 fe5620d2 nt!KeBugCheckEx\n\
             8013ef74 fe5620d2 ff690268 00000002 fe5620d2 gizmo\n\
             8013ef94 fe5620d3 ff690268 00000002 fe5620d2 FLTMGR.SYS\n\
             8013efa4 fe5620d4 ff690268 00000002 fe5620d2 nt!IofCallDriver+0x4\n",
        ] {
            let found = modules(text);
            assert_eq!(found, ["nt", "gizmo", "FLTMGR", "nt"], "{text}");
        }
    }

    #[test]
    fn two_stacks_without_prompts_are_two() {
        let text = "00 ffff8000`00000010 fffff800`00000001 nt!KeBugCheckEx\n\
                    01 ffff8000`00000050 fffff800`00000002 gizmo!A+0x10\n\
                    02 ffff8000`00000090 fffff800`00000003 nt!PspSystemThreadStartup+0x55\n\
                    00 ffff9000`00000010 fffff800`00000001 nt!KiSwapContext+0x76\n\
                    01 ffff9000`00000050 fffff800`00000002 gadget!B+0x10\n";
        assert_eq!(stacks(text).len(), 2);
        let unnumbered: String = text
            .lines()
            .map(|line| format!("{}\n", &line[3..]))
            .collect();
        let found = stacks(&unnumbered);
        assert_eq!(found.len(), 2, "{found:#?}");
        assert_eq!(found[1].frames.len(), 2);
    }

    #[test]
    fn memory_is_no_stack() {
        let text = "ffff8000`00000010  fffff804`8d141910 drv+0x1910\nffff8000`00000018  \
                    fffff804`8d141280 drv+0x1280\nffff8000`00000020  fffff804`8d141930 drv+0x1930\n";
        assert!(stacks(text).is_empty());
        assert!(stacks(&format!("0: kd> dqs ffff8000`00000010\n{text}")).is_empty());
    }

    #[test]
    fn a_pool_log_without_a_prompt_is_no_stack_of_the_stop() {
        let transcript = transcript(
            "Pool block ffff800012345010, Size 0000000000000020, Thread ffff800012340080\n\
             fffff80001927cc6 nt!VfFreePoolNotification+0x4a\nfffff88001927cc6 drv!Close+0x19\n",
        );
        let record = PrintedBy::Record;
        let stacks = &transcript.stacks.found;
        assert!(
            stacks.iter().all(|stack| stack.printed_by == record),
            "{stacks:#?}"
        );
    }

    #[test]
    fn parameters_belong_to_their_frame() {
        let transcript = transcript(
            "0: kd> kP\n # Child-SP          RetAddr               Call Site\n\
             00 ffff8000`00000010 fffff800`00000001     nt!KeBugCheckEx\n\
             01 ffff8000`00000050 fffff800`00000002     drv!Read(\n\t\t\tstruct _DEVICE_OBJECT * DeviceObject = 0xffff8000`12346000,\n\
             \t\t\tstruct _IRP * Irp = 0xffff8000`12345010)+0x3a [c:\\drv\\read.c @ 12]\n\
             02 ffff8000`00000090 fffff800`00000003     drv!Top(struct _IRP * Irp = 0xffff8000`12345010)+0x4a [c:\\drv\\top.c @ 5]\n\
             03 ffff8000`000000d0 00000000`00000000     nt!KiStartSystemThread+0x28\n",
        );
        let stack = &transcript.stacks.found[0];
        assert_eq!(stack.frames.len(), 4, "{stack:#?}");
        let read = &stack.frames[1];
        assert_eq!(read.symbol.as_ref().unwrap().offset, 0x3a);
        assert_eq!(
            read.arguments,
            [0xffff_8000_1234_6000, 0xffff_8000_1234_5010]
        );
        assert_eq!(read.source, Some(("c:\\drv\\read.c".to_owned(), 12)));
        assert_eq!(stack.frames[2].symbol.as_ref().unwrap().offset, 0x4a);
        assert_eq!(stack.frames[2].arguments, [0xffff_8000_1234_5010]);
    }

    #[test]
    fn timers_are_no_stack() {
        let transcript = transcript(
            "0: kd> !timer\nList Timer             Interrupt Low/High     Fire Time                  DPC/thread\n\
              0 ffff800012345010 1234abcd 00000000 [ 1/ 1/2025 00:00:10.000]  drv!TimerDpc\n\
              1 ffff800012345110 1234abcd 00000000 [ 1/ 1/2025 00:00:10.000]  drv!TimerDpc\n",
        );
        assert!(transcript.stacks.found.is_empty());
    }
}
