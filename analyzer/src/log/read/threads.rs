//! Threads: the first lines of `!thread`, MEX's tables, `!running`, `!stacks`.

mod rows;

use std::sync::LazyLock;

use regex::Regex;

use self::rows::{ThreadRow, row};
use super::{Line, Reader};
use crate::log::text::number::{duration, hex};
use crate::nt::ObjectKind;

static OBJECT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*([0-9a-f`]{8,17})(?:\(stack\))?\s+(NotificationEvent|SynchronizationEvent|Mutant|Mutex|Semaphore|Thread|Process|Gate|Queue|NotificationTimer|SynchronizationTimer|Timer)\b(.*)$",
    )
    .expect("a constant")
});
static OWNER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:owning thread|owner(?: thread)?|owned by|thread)\s*[:=]?\s*(?:0x)?([0-9a-f`]{8,17})")
        .expect("a constant")
});
static IRP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*([0-9a-f`]{8,17}):\s*\(0006,").expect("a constant"));
static TICKS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"Ticks:\s*(\d+)\s*(?:\(([\d:.]+)\))?").expect("a constant"));
static PROCESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"Owning Process\s+(?:0x)?[0-9a-f`]+\s+Image:\s+(\S+)").expect("a constant")
});
static LIMITS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"Base\s+([0-9a-f`]{8,17})\s+Limit\s+([0-9a-f`]{8,17})").expect("a constant")
});

/// An object that a thread waits for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RawObject {
    pub address: u64,
    pub kind: ObjectKind,
    pub owner: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RawThread {
    pub address: u64,
    pub line: usize,
    pub id: Option<u32>,
    pub process: Option<String>,
    /// `Waiting`, `Running`, ….
    pub state: Option<String>,
    pub reason: Option<String>,
    pub processor: Option<u32>,
    pub objects: Vec<RawObject>,
    pub irps: Vec<u64>,
    /// Owner of the object that it waits for, if a table shows it.
    pub owner: Option<u64>,
    /// How long it has waited.
    pub seconds: Option<f64>,
    pub limits: Option<(u64, u64)>,
}

impl RawThread {
    pub(crate) fn is_waiting(&self) -> bool {
        self.state.as_deref().is_some_and(|state| {
            ["wait", "block"]
                .iter()
                .any(|start| state.to_lowercase().starts_with(start))
        })
    }

    pub(crate) fn is_running(&self) -> bool {
        self.state
            .as_deref()
            .is_some_and(|state| state.starts_with("Running"))
    }

    /// Adds the data of a later mention.
    fn absorb(&mut self, other: Self) {
        self.id = self.id.or(other.id);
        self.process = self.process.take().or(other.process);
        self.state = self.state.take().or(other.state);
        self.reason = self.reason.take().or(other.reason);
        self.processor = self.processor.or(other.processor);
        self.seconds = self.seconds.or(other.seconds);
        self.owner = self.owner.or(other.owner);
        self.limits = self.limits.or(other.limits);
    }
}

/// Whether a number of ticks can have passed. Counters have 32 bits: a wait that began after the
/// counter was read gives a number that wrapped.
pub(super) fn is_elapsed(ticks: u64) -> bool {
    ticks < 1 << 31
}

/// Reads threads line by line.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    pub found: Vec<RawThread>,
    by_address: std::collections::HashMap<u64, usize>,
    /// Thread that the next lines describe.
    open: Option<usize>,
}

const MAX_THREADS: usize = 100_000;
const MAX_PARTS: usize = 16;

impl Reader for Threads {
    fn prompt(&mut self, _: Line<'_>) {
        self.close();
    }
}

impl Threads {
    /// Reads a line before the other readers do. Returns the thread whose stack follows it.
    pub(crate) fn introduced(&mut self, number: usize, text: &str) -> Option<u64> {
        match row(number, text) {
            Some(ThreadRow::Described(thread)) => self.add(thread),
            Some(ThreadRow::Listed(thread)) => {
                self.add(thread);
                self.close();
                None
            }
            Some(ThreadRow::Unreadable) => None,
            None => {
                self.detail(text);
                None
            }
        }
    }

    /// A line that describes the open thread.
    fn detail(&mut self, text: &str) {
        let Some(thread) = self.open.and_then(|at| self.found.get_mut(at)) else {
            return;
        };
        if let Some(found) = OBJECT.captures(text) {
            let kind = kind(&found[2]);
            let Some(address) = hex(&found[1]) else {
                return;
            };
            // MEX prints the address of a mutex's owner field, not the owner.
            let owner = OWNER
                .captures(&found[3])
                .and_then(|owner| hex(&owner[1]))
                .filter(|owner| owner.abs_diff(address) > 0x100);
            let known = thread
                .objects
                .iter()
                .any(|object| object.address == address);
            if !known && thread.objects.len() < MAX_PARTS {
                thread.objects.push(RawObject {
                    address,
                    kind,
                    owner,
                });
            }
        } else if let Some(found) = IRP.captures(text) {
            let address = hex(&found[1]).filter(|address| !thread.irps.contains(address));
            if thread.irps.len() < MAX_PARTS {
                thread.irps.extend(address);
            }
        } else if let Some(found) = TICKS.captures(text) {
            let ticks = found[1].parse().ok().filter(|&ticks| is_elapsed(ticks));
            let time = found.get(2).and_then(|time| duration(time.as_str()));
            let seconds = ticks.map(|ticks| time.unwrap_or(ticks as f64 / 64.0));
            thread.seconds = thread.seconds.or(seconds);
        } else if let Some(found) = PROCESS.captures(text) {
            thread.process.get_or_insert_with(|| found[1].to_owned());
        } else if let Some(found) = LIMITS.captures(text) {
            thread.limits = hex(&found[2]).zip(hex(&found[1]));
        }
    }

    /// The thread at an address.
    pub(crate) fn get(&self, address: u64) -> Option<&RawThread> {
        self.found.get(*self.by_address.get(&address)?)
    }

    /// Adds a thread from a processor's control region.
    pub(crate) fn runs(&mut self, line: usize, address: u64, processor: u32) {
        self.add(RawThread {
            address,
            line,
            state: Some("Running".to_owned()),
            processor: Some(processor),
            ..RawThread::default()
        });
        self.close();
    }

    /// Ends the description of the last thread.
    fn close(&mut self) {
        self.open = None;
    }

    fn add(&mut self, thread: RawThread) -> Option<u64> {
        let address = thread.address;
        let at = match self.by_address.get(&address) {
            Some(&at) => {
                self.found[at].absorb(thread);
                at
            }
            None if self.found.len() < MAX_THREADS => {
                self.found.push(thread);
                self.by_address.insert(address, self.found.len() - 1);
                self.found.len() - 1
            }
            None => return None,
        };
        self.open = Some(at);
        Some(address)
    }
}

fn kind(name: &str) -> ObjectKind {
    match name {
        "NotificationEvent" => ObjectKind::NotificationEvent,
        "SynchronizationEvent" => ObjectKind::SynchronizationEvent,
        "Mutant" | "Mutex" => ObjectKind::Mutant,
        "Semaphore" => ObjectKind::Semaphore,
        "Thread" => ObjectKind::Thread,
        "Process" => ObjectKind::Process,
        "Gate" => ObjectKind::Gate,
        "Queue" => ObjectKind::Queue,
        _ => ObjectKind::Timer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::read::transcript;

    fn threads(text: &str) -> Vec<RawThread> {
        transcript(text).threads.found
    }

    #[test]
    fn the_debuggers_own_layout() {
        let text = "THREAD ffff80001234a040  Cid 0004.0048  Teb: 0000000000000000 Win32Thread: 0 \
                    WAIT: (Executive) KernelMode Non-Alertable\n    ffff80001234b608  Mutant - \
                    owning thread ffff80001234c080\nIRP List:\n    ffff80001234d010: (0006,03e8) \
                    Flags: 0\nOwning Process            ffff800012340040       Image:         \
                    System\nWait Start TickCount      396427         Ticks: 640 (0:00:00:10.000)\n";
        let thread = &threads(text)[0];
        assert!(thread.is_waiting() && thread.id == Some(0x48));
        assert_eq!(thread.reason.as_deref(), Some("Executive"));
        assert_eq!(thread.objects[0].owner, Some(0xffff_8000_1234_c080));
        assert_eq!(thread.irps, [0xffff_8000_1234_d010]);
        assert_eq!(
            (thread.seconds, thread.process.as_deref()),
            (Some(10.0), Some("System"))
        );
    }

    #[test]
    fn tables() {
        let text = "System (ffff800012340040) ffff80001234a040 (E|K|W|R|V) 4.3304 0 0 18 WrResource \
                    3s.218 Waiting\nSystem         4 ffff80001234a080 1480   8        8        1 12 \
                    0 0 Running 0 WrDispatchInt\nSystem    4 ffff80001234a0c0 780 Waiting    0 \
                    WrPushLock\n   4.000048  ffff80001234a100 0000280  Blocked    nt!KiSwapContext+0x7a\n";
        let found = threads(text);
        assert_eq!(found.len(), 4, "{found:#?}");
        assert!((found[0].seconds.unwrap() - 3.218).abs() < 0.01);
        assert_eq!(found[1].processor, Some(1));
        assert_eq!(found[2].reason.as_deref(), Some("WrPushLock"));
        assert_eq!(found[3].seconds, Some(10.0));
    }

    #[test]
    fn ticks_that_wrapped_are_no_time() {
        let seconds = |ticks: &str| {
            let text = format!(
                "THREAD ffff800012341080  Cid 0004.0008  Teb: 0 WAIT: (Executive) KernelMode Non-Alertable\n\
                 Wait Start TickCount      396427         Ticks: {ticks}\n"
            );
            transcript(&text).threads.found[0].seconds
        };
        assert_eq!(seconds("640 (0:00:00:10.000)"), Some(10.0));
        assert_eq!(seconds("4294793216 (776:16:02:24.000)"), None);
        assert_eq!(seconds("4294793216"), None);
    }
}
