//! The beginning and the end of what a guest writes: how much of it is kept.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Bytes of the beginning that are kept, and bytes of the end. A boot of TinyNT writes some 1 KiB.
pub(super) const BEGINNING: usize = 512 << 10;
pub(super) const END: usize = 512 << 10;

/// What a line costs beside its text.
const LINE: usize = size_of::<String>() + 16;

/// The first and the last lines.
#[derive(Default)]
pub(super) struct Lines {
    first: Vec<String>,
    last: VecDeque<String>,
    /// What they cost, bytes.
    cost: [usize; 2],
    /// Lines between the two that are gone.
    dropped: usize,
}

impl Lines {
    pub(super) fn push(&mut self, line: &str) {
        let cost = LINE + line.len();
        // Once something was put behind the gap, nothing comes before it.
        if self.last.is_empty() && self.dropped == 0 && self.cost[0] + cost <= BEGINNING {
            self.cost[0] += cost;
            self.first.push(line.to_owned());
            return;
        }
        self.cost[1] += cost;
        self.last.push_back(line.to_owned());
        while self.cost[1] > END
            && let Some(gone) = self.last.pop_front()
        {
            self.cost[1] -= LINE + gone.len();
            self.dropped += 1;
        }
    }

    /// What `wanted` finds first, from line number `next` on; `next` is then the first line that
    /// was not looked at.
    pub(super) fn find<T>(
        &self,
        next: &mut usize,
        wanted: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let gap = self.first.len() + self.dropped;
        let first = self.first.iter().skip(*next);
        let last = self.last.iter().skip(next.saturating_sub(gap));
        let found = first.chain(last).find_map(|line| wanted(line));
        *next = gap + self.last.len();
        found
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &str> {
        let last = self.last.iter().rev();
        last.chain(self.first.iter().rev()).map(String::as_str)
    }

    /// How many lines are not there, if any.
    pub(super) fn dropped(&self) -> Option<usize> {
        (self.dropped != 0).then_some(self.dropped)
    }
}

/// The log in a file: the beginning as it comes; the end, if there is more, at the end.
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    written: usize,
    end: VecDeque<u8>,
    cut: u64,
    failed: Option<io::Error>,
}

impl LogFile {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            written: 0,
            end: VecDeque::new(),
            cut: 0,
            failed: None,
        })
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        let room = (BEGINNING - self.written).min(bytes.len());
        let (now, later) = bytes.split_at(room);
        self.written += room;
        self.write(now);
        self.end.extend(later);
        let over = self.end.len().saturating_sub(END);
        self.end.drain(..over);
        self.cut += over as u64;
    }

    /// A log that cannot be written is no reason to end a run.
    fn write(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.file.write_all(bytes).err();
        }
    }

    /// Writes the end. Returns what is not whole.
    pub(super) fn finish(mut self) -> Option<String> {
        let cut = std::mem::take(&mut self.cut);
        if cut != 0 {
            self.write(format!("\n[stopcode: {cut} bytes are missing here]\n").as_bytes());
        }
        let end: Vec<u8> = std::mem::take(&mut self.end).into();
        self.write(&end);
        let name = self.path.display();
        match (&self.failed, cut) {
            (Some(error), _) => Some(format!("{name} is not whole: {error}")),
            (None, 0) => None,
            (None, cut) => Some(format!(
                "{cut} bytes in the middle of {name} were cut: {} KiB of the beginning and of the \
                 end are kept",
                END >> 10
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_once_also_behind_the_gap() {
        let mut lines = Lines::default();
        let mut next = 0;
        let any = |line: &str| Some(line.to_owned());
        assert_eq!(lines.find(&mut next, any), None);
        lines.push("one");
        assert_eq!(lines.find(&mut next, any).as_deref(), Some("one"));
        assert_eq!(lines.find(&mut next, any), None);
        let long = "x".repeat(100 << 10);
        for _ in 0..20 {
            lines.push(&long);
        }
        assert!(lines.dropped().is_some_and(|dropped| dropped > 5));
        lines.push("last");
        let last = |line: &str| (line == "last").then_some(());
        assert_eq!(lines.find(&mut next, last), Some(()));
        assert_eq!(lines.find(&mut next, any), None);
        assert_eq!(lines.newest_first().next(), Some("last"));
        assert_eq!(lines.find(&mut 0, any).as_deref(), Some("one"));
        assert!(lines.cost.iter().all(|&cost| cost <= BEGINNING.max(END)));
    }
}
