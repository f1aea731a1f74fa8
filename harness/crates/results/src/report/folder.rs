//! Writes a report folder while tests run: each result as soon as its test has ended.

use std::collections::BTreeMap;
use std::path::Path;

use analyzer::report::markdown;
use runner::events::{Event, Summary, TestReport};
use scenario::TestName;

use super::{Reporter, html};
use crate::{FileKind, Gathered, Identity, Record, RunInfo, Store, StoreError, Timestamp};

/// Keeps results in a [`Store`].
pub struct Folder {
    store: Store,
    run: RunInfo,
    /// What was gathered of tests that have not ended.
    gathered: BTreeMap<Identity, Vec<Gathered>>,
    troubles: Vec<String>,
}

impl Folder {
    /// Writes results of `run` to `store`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn begin(store: Store, run: RunInfo) -> Result<Self, StoreError> {
        store.put_run(&run)?;
        Ok(Self {
            store,
            run,
            gathered: BTreeMap::new(),
            troubles: Vec::new(),
        })
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    fn identity(&self, test: &TestName, attempt: u32) -> Identity {
        Identity {
            run: self.run.run.clone(),
            test: test.clone(),
            attempt,
        }
    }

    fn gather(&mut self, which: Identity, folder: &Path) {
        let (files, troubles) = Gathered::from_folder(folder);
        self.troubles.extend(troubles);
        self.gathered.insert(which, files);
    }

    fn put(&mut self, report: &TestReport) {
        let which = self.identity(&report.test, report.attempt);
        let mut files = self.gathered.remove(&which).unwrap_or_default();
        if let Some(verdict) = &report.verdict {
            let text = markdown(verdict);
            files.push(Gathered::whole(FileKind::Walkthrough, text.into_bytes()));
        }
        let (run, now) = (self.run.run.clone(), Timestamp::now());
        let record = Record::new(run, now, Vec::new(), report.clone());
        if let Err(error) = self.store.put_with(record, &files) {
            self.troubles
                .push(format!("the result of {which}: {error}"));
        }
    }

    fn end(&mut self, summary: &Summary) {
        self.run.finished = Some(Timestamp::now());
        self.run.summary = Some(*summary);
        if let Err(error) = self.store.put_run(&self.run) {
            self.troubles.push(error.to_string());
        }
        let rendered = html::render(&self.store);
        let problems = rendered.problems.iter().map(ToString::to_string);
        self.troubles.extend(problems);
    }
}

impl Reporter for Folder {
    fn event(&mut self, event: &Event) {
        match event {
            Event::FolderReady {
                test,
                attempt,
                folder,
            } => self.gather(self.identity(test, *attempt), folder),
            Event::TestFinished(report) => self.put(report),
            Event::RunFinished(summary) => self.end(summary),
            Event::RunStarted { .. } | Event::TestStarted { .. } | Event::Progress { .. } => {}
        }
    }

    fn troubles(&mut self) -> Vec<String> {
        std::mem::take(&mut self.troubles)
    }
}
