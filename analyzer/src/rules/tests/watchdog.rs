//! The DPC watchdog's stops.

use super::*;
use crate::facts::{CodeFacts, ObjectFacts, SpinWait, WatchdogFacts};
use crate::verdict::CulpritRole;

const CLOCK: [&str; 4] = [
    "nt!KeBugCheckEx",
    "nt!KeAccumulateTicks",
    "nt!KeClockInterruptNotify",
    "nt!KiInterruptDispatchNoLockNoEtw",
];

/// 0x133 of this kind; `frames` begin at the interrupted code.
fn watchdog(kind: u64, frames: &[&str]) -> Facts {
    let parameters = match kind {
        0 => [0, 0x501, 0x500, 0],
        _ => [1, 0x1E00, 0, 0],
    };
    let mut facts = stop(0x133, parameters, &[&CLOCK[..], frames].concat());
    facts.watchdog = Some(WatchdogFacts {
        prcb: Some(0x1000),
        dpc_active: Some(kind == 0),
        dpc_ticks: Some((0x501, 0x500)),
        dispatch_ticks: Some((0x1E00, 0x1E00)),
        routine: None,
        samples: vec![("bad.sys".to_owned(), 7)],
    });
    facts
}

impl Facts {
    /// The crash stack spins for a lock of this value on behalf of frame `waiter`.
    fn crash_spins(mut self, waiter: &str, value: u64, home: LockHome) -> Self {
        let frames = &self.stacks[0].frames;
        let waiter = frames
            .iter()
            .position(|frame| frame.text() == waiter)
            .unwrap();
        self.spinning.push(SpinWait {
            stack: 0,
            routine: "nt!KxWaitForSpinLockAndAcquire".to_owned(),
            waiter,
            lock: Some(LockFact {
                address: 0x10,
                value: Some(value),
                home,
            }),
            found_by: "a test".to_owned(),
        });
        self
    }

    /// The code of a frame holds a lock.
    fn code_holds(mut self, stack: usize, text: &str, address: u64) -> Self {
        let frames = &self.stacks[stack].frames;
        let frame = frames
            .iter()
            .position(|frame| frame.text() == text)
            .unwrap();
        self.code.push(CodeFacts {
            stack,
            frame,
            lock: Some(InEffect {
                address: 1,
                how: "calls nt!KeAcquireSpinLockRaiseToDpc".to_owned(),
                always: true,
                lock: Some(lock_fact((address, 1))),
            }),
            irql: None,
        });
        self
    }
}

const DPC: [&str; 4] = [
    "*bad!Helper",
    "bad!DpcRoutine",
    "nt!KiExecuteAllDpcs",
    "*innocent!Thread",
];

#[test]
fn the_dpc_routine_is_blamed_wherever_the_interrupt_came() {
    let (finding, rule) = apply(&watchdog(0, &DPC));
    assert_eq!((finding.cause, rule), (CauseId::DpcOverrun, "dpc-overrun"));
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!DpcRoutine");
    assert_eq!(finding.confidence, Confidence::Likely);
    assert_eq!(victims(&finding), ["innocent.sys"]);
    assert!(is_well_supported(&finding));
}

#[test]
fn the_recorded_routine_makes_it_certain() {
    let mut facts = watchdog(0, &DPC);
    facts.stacks[0].frames[5].symbol.function_start = Some(0x77);
    facts.watchdog.as_mut().unwrap().routine = Some(place("bad!DpcRoutine", 0x77));
    assert_eq!(apply(&facts).0.confidence, Confidence::Certain);
}

#[test]
fn a_routine_of_a_framework_hands_the_blame_inwards() {
    let facts = watchdog(
        0,
        &[
            "*nt!memset",
            "bad!Callback",
            "ndis!Dpc",
            "nt!KiExecuteAllDpcs",
        ],
    );
    assert_eq!(blamed(&apply(&facts).0).unwrap(), "bad.sys!Callback");
    let only = watchdog(0, &["*ndis!Work", "ndis!Dpc", "nt!KiExecuteAllDpcs"]);
    assert_eq!(blamed(&apply(&only).0).unwrap(), "ndis.sys!Dpc");
}

#[test]
fn passing_through_a_free_lock_is_no_contention() {
    let frames = [
        "*nt!KeAcquireSpinLockRaiseToDpc",
        "bad!DpcRoutine",
        "nt!KiExecuteAllDpcs",
    ];
    let free = watchdog(0, &frames).crash_spins("bad!DpcRoutine", 0, extension("other"));
    assert_eq!(apply(&free).0.cause, CauseId::DpcOverrun);
}

#[test]
fn every_dispatcher_of_the_kernel_marks_a_dpc() {
    for dispatcher in [
        "KiRetireDpcList",
        "KxRetireDpcList",
        "KiDispatchInterrupt",
        "KiIdleLoop",
    ] {
        let dispatcher = format!("nt!{dispatcher}");
        let frames = [
            "*bad!Dpc",
            &dispatcher,
            "innocent!Loop",
            "nt!PspSystemThreadStartup",
        ];
        let (finding, rule) = apply(&watchdog(0, &frames));
        assert_eq!(rule, "dpc-overrun", "{dispatcher}");
        assert_eq!(blamed(&finding).unwrap(), "bad.sys!Dpc");
        assert_eq!(finding.confidence, Confidence::Likely);
    }
}

#[test]
fn a_thread_is_no_dpc_whatever_the_stop_says() {
    for start in [
        "PspSystemThreadStartup",
        "ExpWorkerThread",
        "KiSystemServiceCopyEnd",
    ] {
        let start = format!("nt!{start}");
        let (finding, rule) = apply(&watchdog(0, &["*bad!Poll", "bad!Work", &start]));
        assert_eq!(rule, "dispatch-level-overrun", "{start}");
        assert_eq!(blamed(&finding).unwrap(), "bad.sys!Work");
        assert!(
            finding.explanation.contains("in a thread"),
            "{}",
            finding.explanation
        );
        assert!(is_well_supported(&finding));
    }
    // A service that a DPC calls from the kernel is no start of a thread.
    let nested = [
        "*nt!NtClose",
        "nt!KiSystemServiceCopyEnd",
        "nt!KiServiceLinkage",
        "bad!Dpc",
        "nt!KiRetireDpcList",
    ];
    assert_eq!(apply(&watchdog(0, &nested)).1, "dpc-overrun");
}

#[test]
fn a_stack_that_ends_early_proves_no_dpc() {
    let (finding, rule) = apply(&watchdog(0, &["*nt!memcpy", "bad!Copy"]));
    assert_eq!(rule, "dpc-overrun");
    assert_eq!(finding.confidence, Confidence::Possible);
    assert!(
        finding
            .unknown
            .iter()
            .any(|open| open.what.contains("DPC or a thread"))
    );
}

#[test]
fn a_thread_that_a_dpc_interrupted_is_not_blamed_for_the_time_at_dispatch_level() {
    let frames = [
        "*bad!Drain",
        "bad!Dpc",
        "nt!KiExecuteAllDpcs",
        "nt!KiRetireDpcList",
        "nt!KiDispatchInterruptContinue",
        "nt!KiDpcInterrupt",
        "bad!LongLoop",
        "nt!PspSystemThreadStartup",
    ];
    let (finding, rule) = apply(&watchdog(1, &frames));
    assert_eq!(rule, "dispatch-level-overrun");
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Dpc");
    // The DPC's own driver is of Windows: the thread's driver is still only interrupted.
    let inbox = [
        "*ndis!Dpc",
        "nt!KiExecuteAllDpcs",
        "innocent!LongLoop",
        "nt!PspSystemThreadStartup",
    ];
    for kind in [0, 1] {
        let (finding, _) = apply(&watchdog(kind, &inbox));
        assert_ne!(blamed(&finding).as_deref(), Some("innocent.sys!LongLoop"));
    }
}

#[test]
fn counters_that_are_not_shown_are_unknown() {
    let mut facts = watchdog(0, &DPC);
    facts.watchdog = None;
    facts.bugcheck.parameters = [None; 4].map(Into::into);
    let (finding, rule) = apply(&facts);
    assert_eq!(rule, "dpc-overrun");
    assert!(
        finding.explanation.contains("not shown"),
        "{}",
        finding.explanation
    );
    let texts: Vec<_> = finding.evidence.iter().map(|one| &one.shows).collect();
    assert!(texts.iter().all(|text| !text.contains(" 0 ")), "{texts:?}");
    // Without the first parameter, a thread is not taken for a DPC.
    let mut thread = watchdog(0, &["*bad!Work", "nt!PspSystemThreadStartup"]);
    thread.bugcheck.parameters = [None; 4].map(Into::into);
    let (finding, rule) = apply(&thread);
    assert_eq!(rule, "dispatch-level-overrun");
    assert!(
        !finding.explanation.contains('0'),
        "{}",
        finding.explanation
    );
}

const WAITING: [&str; 3] = [
    "*nt!KxWaitForSpinLockAndAcquire",
    "innocent!DpcRoutine",
    "nt!KiExecuteAllDpcs",
];

#[test]
fn the_locks_driver_is_blamed_and_the_spinner_is_a_victim() {
    let facts = watchdog(0, &WAITING)
        .crash_spins("innocent!DpcRoutine", 1, extension("keeper"))
        .leaks("other!Unrelated", Taken::SpinLock, false)
        .leaks("keeper!Log", Taken::FastMutex, false)
        .leaks("keeper!Check", Taken::SpinLock, false);
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::SpinlockNeverReleased);
    assert_eq!(blamed(&finding).unwrap(), "keeper.sys!Check");
    assert_eq!(victims(&finding), ["innocent.sys"]);
    assert_eq!(finding.confidence, Confidence::Likely);
    assert!(is_well_supported(&finding));
}

#[test]
fn without_a_leaking_function_the_locks_home_is_only_possible() {
    let facts = watchdog(0, &WAITING).crash_spins("innocent!DpcRoutine", 1, extension("keeper"));
    let (finding, _) = apply(&facts);
    assert_eq!(finding.culprit.as_ref().unwrap().module, "keeper.sys");
    assert_eq!(finding.confidence, Confidence::Possible);
    let nobody = watchdog(0, &WAITING).crash_spins("innocent!DpcRoutine", 1, LockHome::Unknown);
    assert_eq!(apply(&nobody).0.culprit, None);
}

#[test]
fn a_frame_that_holds_the_lock_elsewhere_is_the_holder() {
    let mut facts = watchdog(1, &WAITING).crash_spins("innocent!DpcRoutine", 1, LockHome::Unknown);
    let other = stack(
        StackKind::Processor,
        1,
        &["nt!KeStallExecutionProcessor", "bad!Work"],
    );
    facts.stacks.push(other);
    let held = facts.code_holds(1, "bad!Work", 0x10);
    assert_eq!(blamed(&apply(&held).0).unwrap(), "bad.sys!Work");
}

#[test]
fn a_thread_that_waits_for_its_own_lock_deadlocks_itself() {
    let frames = ["*nt!KxWaitForSpinLockAndAcquire", "bad!Inner", "bad!Outer"];
    let facts = watchdog(1, &frames)
        .crash_spins("bad!Inner", 1, extension("bad"))
        .code_holds(0, "bad!Outer", 0x10);
    let (finding, _) = apply(&facts);
    assert_eq!(finding.cause, CauseId::SelfDeadlock);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Outer");
    assert!(finding.victims.is_empty());
}

#[test]
fn work_under_a_lock_blames_whoever_took_it() {
    let frames = ["*bad!Sum", "bad!Pass", "bad!Audit", "bad!Thread"];
    let facts = watchdog(1, &frames).code_holds(0, "bad!Audit", 0x10);
    let (finding, rule) = apply(&facts);
    assert_eq!(rule, "dispatch-level-overrun");
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Audit");
    assert_eq!(finding.confidence, Confidence::Likely);
    assert!(is_well_supported(&finding));
    // Without the code, it is not known which of the functions takes too long.
    let (finding, _) = apply(&watchdog(1, &frames));
    assert_eq!(finding.confidence, Confidence::Possible);
    assert_eq!(finding.culprit.unwrap().module, "bad.sys");
}

/// The crash stack completes a request and spins for the lock of an object with these bytes.
fn completion(bytes: [u8; 16]) -> Facts {
    let mut facts = watchdog(
        1,
        &[
            "*nt!KiAcquireKobjectLockSafe",
            "nt!KeSetEvent",
            "nt!IopCompleteRequest",
            "nt!KiDeliverApc",
            "nt!KeDelayExecutionThread",
            "bad!Later",
        ],
    );
    facts.object = Some(ObjectFacts {
        address: Some(0x9000),
        bytes: Some(bytes),
        frame: 4,
        found_by: "a test".to_owned(),
        home: LockHome::ThreadStack { thread: 0x1 },
    });
    facts
}

#[test]
fn an_event_that_is_none_blames_the_driver_that_asked() {
    let (finding, rule) = apply(&completion([0xFF; 16]));
    assert_eq!(rule, "stale-completion-event");
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Later");
    assert_eq!(finding.confidence, Confidence::Likely);
    assert!(is_well_supported(&finding));
    let mut requester = completion([0xFF; 16]);
    requester.requesters = vec![place("bad!Ask", 0x200)];
    let (finding, _) = apply(&requester);
    assert_eq!(blamed(&finding).unwrap(), "bad.sys!Ask");
    assert_eq!(finding.culprit.unwrap().role, CulpritRole::Suspect);
    let mut several = completion([0xFF; 16]);
    several.requesters = vec![place("bad!Ask", 0x200), place("bad!AskMore", 0x300)];
    assert_eq!(blamed(&apply(&several).0).unwrap(), "bad.sys!Later");
}

#[test]
fn a_sound_event_is_not_stale() {
    let mut event = [0; 16];
    event[2] = 6;
    assert_ne!(
        apply(&completion(event)).0.cause,
        CauseId::StaleCompletionEvent
    );
    event[0] = 0x80;
    assert_eq!(
        apply(&completion(event)).0.cause,
        CauseId::StaleCompletionEvent
    );
}
