//! What a run records for its report while it goes on.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use scenario::TestName;

use crate::events::{Event, Phase, PhaseTime, Timings};

/// Takes the phases, timings and notes of one run, and reports each phase at once.
///
/// A run's futures share it on one thread: hence the cells.
pub(super) struct Recorder<'r> {
    test: &'r TestName,
    attempt: u32,
    sink: &'r dyn Fn(Event),
    started: Instant,
    timings: Cell<Timings>,
    phases: RefCell<Vec<PhaseTime>>,
    notes: RefCell<Vec<String>>,
}

/// What was recorded of a run.
pub(super) struct Record {
    pub seconds: f64,
    pub timings: Timings,
    pub phases: Vec<PhaseTime>,
    pub notes: Vec<String>,
}

impl<'r> Recorder<'r> {
    /// Of a run that starts now, with the `notes` that its plan makes.
    pub(super) fn start(
        test: &'r TestName,
        attempt: u32,
        sink: &'r dyn Fn(Event),
        notes: Vec<String>,
    ) -> Self {
        Self {
            test,
            attempt,
            sink,
            started: Instant::now(),
            timings: Cell::default(),
            phases: RefCell::default(),
            notes: RefCell::new(notes),
        }
    }

    /// A phase that begins now.
    pub(super) fn phase(&self, phase: Phase) {
        self.phase_at(phase, None);
    }

    /// A phase that begins now. `guest`: what the guest's clock says, if that differs from the
    /// host's and is known.
    pub(super) fn phase_at(&self, phase: Phase, guest: Option<Duration>) {
        let elapsed = self.started.elapsed();
        self.update(|timings| match phase {
            Phase::Ready => timings.ready = Some(elapsed),
            Phase::Ended => timings.ended = Some(elapsed),
            Phase::Analysed => timings.verdict = Some(elapsed),
            Phase::Booting
            | Phase::Starting(_)
            | Phase::Running(_)
            | Phase::Waiting
            | Phase::Captured => {}
        });
        let (elapsed_ms, guest_ms) = (millis(elapsed), guest.map(millis));
        self.phases.borrow_mut().push(PhaseTime {
            phase: phase.clone(),
            elapsed_ms,
            guest_ms,
        });
        (self.sink)(Event::Progress {
            test: self.test.clone(),
            attempt: self.attempt,
            phase,
            elapsed_ms,
            guest_ms,
        });
    }

    /// The dump was written, which took so long.
    pub(super) fn captured(&self, took: Duration) {
        self.update(|timings| timings.capture = Some(took));
        self.phase(Phase::Captured);
    }

    /// The first analyzer has ended, after so long.
    pub(super) fn analysed(&self, took: Duration) {
        self.update(|timings| timings.analysis = Some(took));
        self.phase(Phase::Analysed);
    }

    /// Something that the report should say.
    pub(super) fn note(&self, note: String) {
        self.notes.borrow_mut().push(note);
    }

    /// Whether the guest has been ready.
    pub(super) fn was_ready(&self) -> bool {
        self.timings.get().ready.is_some()
    }

    /// Ends the record.
    pub(super) fn finish(self) -> Record {
        Record {
            seconds: self.started.elapsed().as_secs_f64(),
            timings: self.timings.get(),
            phases: self.phases.into_inner(),
            notes: self.notes.into_inner(),
        }
    }

    fn update(&self, change: impl FnOnce(&mut Timings)) {
        let mut timings = self.timings.get();
        change(&mut timings);
        self.timings.set(timings);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
