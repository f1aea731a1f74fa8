//! Locks and their owners: `!locks`, MEX's `eresource`, `!deadlock`.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use super::{Line, Reader};
use crate::log::text::number::hex;
use crate::log::text::symbol::{RawSymbol, symbol};

static RESOURCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(?:Resource|nt!_ERESOURCE)\s+@\s+(?:(\S+!\S+)\s+\((?:0x)?([0-9a-f`]+)\)|(?:0x)?([0-9a-f`]{8,17}))(.*)$")
        .expect("a constant")
});
static THREADS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"([0-9a-f`]{8,17})-\d{2}(<\*>)?").expect("a constant"));
static OLD_THREAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*Thread = ([0-9a-f]{8,16}), Count = 0*([1-9a-f][0-9a-f]*)").expect("a constant")
});
static COUNT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(Contention count|NumberOfExclusiveWaiters|NumberOfSharedWaiters|Exclusive Waiters|Shared Waiters)\s*[=:]\s*([0-9a-fx]+)")
        .expect("a constant")
});
static MEX_ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s+\S+\s+([0-9a-f]{16}|[0-9a-f]{8})\s+\S+\s+\S").expect("a constant")
});
/// Beside a frame that waits: `Thread: X (System) exclusive owner of EResource: Y`.
static BESIDE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"Thread: ([0-9a-f]{8,16}).*owner of (\w+): ([0-9a-f]{8,16})").expect("a constant")
});
static ADDRESS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*([0-9a-f`]{8,17})(?:-\d+)?\s*$").expect("a constant"));
static ORDERED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*Lock (\w)\s+=\s+([0-9a-f`]{8,17}) \(([^)]+)\)\s+-\s+Type '([^']+)'")
        .expect("a constant")
});

/// An executive resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RawResource {
    pub address: u64,
    pub line: usize,
    pub symbol: Option<RawSymbol>,
    pub exclusive: bool,
    pub owners: Vec<u64>,
    pub waiters: Vec<u64>,
    pub waiting: u64,
    pub contention: u64,
}

/// The part of a resource that the lines describe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    None,
    Head,
    Owners,
    Waiters,
}

/// Reads locks line by line.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    pub found: Vec<RawResource>,
    /// Locks that `!deadlock` lists, with their kinds.
    pub ordered: Vec<(u64, Option<RawSymbol>, String)>,
    by_address: HashMap<u64, usize>,
    /// The resource that is described.
    open: usize,
    part: Part,
    blanks: usize,
}

const MAX: usize = 10_000;
const MAX_THREADS: usize = 1024;

impl Reader for Locks {
    fn prompt(&mut self, _: Line<'_>) {
        self.part = Part::None;
    }

    fn line(&mut self, Line { number, text, .. }: Line<'_>) {
        if let Some(found) = BESIDE.captures(text) {
            if let (Some(owner), Some(address)) = (hex(&found[1]), hex(&found[3])) {
                let resource = self.resource(address, number);
                resource.exclusive |= text.contains("exclusive owner");
                push(&mut resource.owners, owner);
            }
            self.part = Part::None;
            return;
        }
        if let Some(found) = RESOURCE.captures(text) {
            let address = found
                .get(2)
                .or(found.get(3))
                .and_then(|at| hex(at.as_str()));
            let Some(address) = address else { return };
            let resource = self.resource(address, number);
            if let Some(name) = found.get(1) {
                resource.symbol = symbol(name.as_str()).map(|(symbol, _)| symbol);
            }
            let rest = found[4].to_lowercase();
            resource.exclusive |= rest.contains("exclusively");
            self.part = Part::Head;
            self.blanks = 0;
            return;
        }
        if let Some(found) = ORDERED.captures(text) {
            let symbol = symbol(&found[3]).map(|(symbol, _)| symbol);
            if let Some(address) = hex(&found[2])
                && self.ordered.len() < MAX
                && self.ordered.iter().all(|(known, ..)| *known != address)
            {
                self.ordered.push((address, symbol, found[4].to_owned()));
            }
            return;
        }
        if self.part != Part::None {
            self.detail(text);
        }
    }
}

impl Locks {
    fn resource(&mut self, address: u64, line: usize) -> &mut RawResource {
        let at = *self.by_address.entry(address).or_insert(self.found.len());
        if at == self.found.len() && at < MAX {
            self.found.push(RawResource {
                address,
                line,
                ..RawResource::default()
            });
        }
        // Beyond the limit, lines go to the last one.
        self.open = at.min(self.found.len() - 1);
        &mut self.found[self.open]
    }

    fn detail(&mut self, text: &str) {
        let Some(resource) = self.found.get_mut(self.open) else {
            return;
        };
        if text.trim().is_empty() {
            self.blanks += 1;
            if self.blanks > 3 {
                self.part = Part::None;
            }
            return;
        }
        let lower = text.to_lowercase();
        if let Some(found) = COUNT.captures(text) {
            let count = found[2]
                .parse()
                .ok()
                .or_else(|| hex(&found[2]))
                .unwrap_or(0);
            match found[1].to_lowercase().starts_with("contention") {
                true => resource.contention = count,
                false => resource.waiting = resource.waiting.saturating_add(count),
            }
        }
        if lower.contains("isownedexclusive") || lower.contains("exclusive owner") {
            resource.exclusive = true;
        }
        if lower.contains("waiting on") || lower.contains("waiters:") {
            self.part = Part::Waiters;
        } else if lower.trim_start().starts_with("threads:") || lower.contains("owner") {
            self.part = Part::Owners;
        }
        // An exclusive owner is the only one: the other threads wait for shared access.
        let alone = resource.exclusive && text.contains("<*>") && self.part == Part::Owners;
        let mut shared = Vec::new();
        let mut owned = resource.owners.first().copied();
        let threads = THREADS.captures_iter(text).filter_map(|found| {
            let thread = hex(&found[1])?;
            let owns = found.get(2).is_some() && owned.is_none_or(|owner| owner == thread);
            if owns {
                owned = Some(thread);
            } else if alone {
                shared.push(thread);
                return None;
            }
            Some(thread)
        });
        let threads: Vec<_> = threads.collect();
        let single = OLD_THREAD
            .captures(text)
            .or_else(|| MEX_ROW.captures(text))
            .or_else(|| ADDRESS.captures(text))
            .and_then(|found| hex(&found[1]));
        let old = OLD_THREAD.is_match(text);
        for thread in shared.into_iter().take(MAX_THREADS) {
            push(&mut resource.waiters, thread);
        }
        for thread in threads.into_iter().chain(single).take(MAX_THREADS) {
            match self.part {
                Part::Waiters => push(&mut resource.waiters, thread),
                Part::Head if !old => {}
                _ => push(&mut resource.owners, thread),
            }
        }
        if lower.contains("total locks") {
            self.part = Part::None;
        }
    }
}

fn push(list: &mut Vec<u64>, value: u64) {
    if value != 0 && !list.contains(&value) && list.len() < MAX_THREADS {
        list.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::read::transcript;

    fn read(text: &str) -> Locks {
        transcript(text).locks
    }

    #[test]
    fn resources() {
        let locks = read(
            "Resource @ nt!PiEngineLock (0xfffff80003492be0)    Exclusively owned\n    Contention \
             Count = 21\n    NumberOfExclusiveWaiters = 1\n     Threads: ffff800007005660-01<*> \n     \
             Threads Waiting On Exclusive Access:\n              ffff800007005770       \n\n1885 \
             total locks, 2 locks currently held\n",
        );
        let resource = &locks.found[0];
        assert!(resource.exclusive && resource.waiting == 1 && resource.contention == 21);
        assert_eq!(resource.owners, [0xffff_8000_0700_5660]);
        assert_eq!(resource.waiters, [0xffff_8000_0700_5770]);
    }

    #[test]
    fn shared_waiters_stand_among_the_owners() {
        let locks = read(
            "Resource @ 0xffff800001234560    Exclusively owned\n    NumberOfSharedWaiters = 1\n     \
             Threads: ffff800007005660-01<*> ffff800007005880-01\n",
        );
        assert_eq!(locks.found[0].owners, [0xffff_8000_0700_5660]);
        assert_eq!(locks.found[0].waiters, [0xffff_8000_0700_5880]);
    }

    #[test]
    fn owners_of_other_layouts() {
        let old = read(
            "Resource @ fc664ee0\n ActiveCount = 0001  Flags = IsOwnedExclusive ExclusiveWaiter\n \
             NumberOfExclusiveWaiters = 0001\n  Thread = ffaf5410, Count = 01\n  Thread = 00000000, \
             Count = 00\n",
        );
        assert_eq!(
            (old.found[0].owners.as_slice(), old.found[0].exclusive),
            (&[0xffaf_5410][..], true)
        );
        let mex = read(
            "nt!_ERESOURCE @ ffff8000120e8448 [verbose]\nContention count: 1\n\nExclusive owner:\n    \
             Process Thread             Time Wait Function\n    ======= ================ ====== ====\n    \
             System  ffff800017a30040 2s.343 drv!Work+0x38\n\nExclusive Waiters: 0\n",
        );
        assert_eq!(mex.found[0].owners, [0xffff_8000_17a3_0040]);
        let beside = read(
            "5 a b nt!ExAcquireResourceExclusiveLite+0x1fe Thread: ffff800017a30040 (System) \
             exclusive owner of EResource: ffff8000120e8448",
        );
        assert_eq!(beside.found[0].address, 0xffff_8000_120e_8448);
    }
}
