//! Rows → groups: one for each bug.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use analyzer::verdict::{CauseId, Confidence};
use serde::Serialize;

use crate::memory::repeated;
use crate::{Crash, Repeated, Row};

/// What many files say together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Files that were analyzed, and those that could not be.
    pub files: usize,
    pub failed: usize,
    /// Crashes in them.
    pub crashes: usize,
    /// Machines that could be told apart.
    pub machines: usize,
    /// What several dumps of one machine prove together.
    pub repeated: Vec<Repeated>,
    /// One for each bug, the most frequent first.
    pub groups: Vec<Group>,
    /// The rows, one for each file.
    pub rows: Vec<Row>,
}

/// The crashes with one signature.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    pub signature: String,
    pub count: usize,
    /// Machines with it; crashes whose machine is not known count in none.
    pub machines: BTreeSet<String>,
    /// When it was first and last seen (UTC, RFC 3339); `None` if no file tells.
    pub first: Option<String>,
    pub last: Option<String>,
    pub stop: String,
    pub stop_name: Option<String>,
    pub cause: CauseId,
    pub title: String,
    /// `driver.sys!Function`, or `nobody`.
    pub culprit: String,
    /// Versions or dates of the culprit.
    pub versions: BTreeSet<String>,
    /// The highest of the group.
    pub confidence: Confidence,
    /// The files, in the order in which they were given.
    pub files: Vec<PathBuf>,
}

impl Summary {
    /// Groups `rows`.
    pub fn of(rows: Vec<Row>) -> Self {
        let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
        for row in &rows {
            for crash in row.crashes() {
                groups
                    .entry(&crash.signature)
                    .or_insert_with(|| Group::begin(crash))
                    .add(crash, row);
            }
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by(|a, b| {
            b.count
                .cmp(&a.count)
                .then_with(|| a.signature.cmp(&b.signature))
        });
        let machines: BTreeSet<_> = groups.iter().flat_map(|group| &group.machines).collect();
        Self {
            files: rows.len(),
            failed: rows.iter().filter(|row| row.is_failed()).count(),
            crashes: groups.iter().map(|group| group.count).sum(),
            machines: machines.len(),
            repeated: repeated(&rows),
            groups,
            rows,
        }
    }
}

impl Group {
    fn begin(crash: &Crash) -> Self {
        Self {
            signature: crash.signature.clone(),
            count: 0,
            machines: BTreeSet::new(),
            first: None,
            last: None,
            stop: crash.stop.clone(),
            stop_name: crash.stop_name.clone(),
            cause: crash.cause,
            title: crash.title.clone(),
            culprit: crash.blamed(),
            versions: BTreeSet::new(),
            confidence: crash.confidence,
            files: Vec::new(),
        }
    }

    fn add(&mut self, crash: &Crash, row: &Row) {
        self.count += 1;
        self.machines.extend(crash.machine.clone());
        self.versions.extend(crash.version.clone());
        self.confidence = self.confidence.max(crash.confidence);
        // RFC 3339 in UTC sorts as text.
        if let Some(seen) = &crash.seen {
            let earlier = self.first.as_ref().is_none_or(|first| seen < first);
            let later = self.last.as_ref().is_none_or(|last| seen > last);
            self.first = if earlier {
                Some(seen.clone())
            } else {
                self.first.take()
            };
            self.last = if later {
                Some(seen.clone())
            } else {
                self.last.take()
            };
        }
        if self.files.last() != Some(&row.path) {
            self.files.push(row.path.clone());
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::Outcome;

    pub(crate) fn crash(signature: &str, machine: &str, seen: &str) -> Crash {
        Crash {
            signature: signature.into(),
            stop: "0xD1".into(),
            stop_name: None,
            cause: CauseId::InvalidAccess,
            title: CauseId::InvalidAccess.title().into(),
            confidence: Confidence::Likely,
            culprit: Some("foo.sys".into()),
            function: None,
            version: Some("1.2".into()),
            seen: Some(seen.into()),
            machine: Some(machine.into()),
            machine_name: None,
            flip: None,
        }
    }

    pub(crate) fn row(path: &str, crash: Crash) -> Row {
        Row {
            path: path.into(),
            size: 1,
            changed: 1,
            outcome: Outcome::Crashes(vec![crash]),
        }
    }

    #[test]
    fn rows_of_one_signature_are_a_group() {
        let broken = Row {
            outcome: Outcome::Failed("cut short".into()),
            ..row("d", crash("x", "pc1", ""))
        };
        let summary = Summary::of(vec![
            row("a", crash("rare", "pc1", "2026-03-01T00:00:00Z")),
            row("b", crash("often", "pc2", "2026-02-01T00:00:00Z")),
            row("c", crash("often", "pc1", "2026-01-01T00:00:00Z")),
            broken,
        ]);
        assert_eq!((summary.files, summary.failed, summary.crashes), (4, 1, 3));
        assert_eq!(summary.machines, 2);
        let group = &summary.groups[0];
        assert_eq!((group.signature.as_str(), group.count), ("often", 2));
        assert_eq!(group.first.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(group.last.as_deref(), Some("2026-02-01T00:00:00Z"));
        assert_eq!(group.machines.len(), 2);
    }
}
