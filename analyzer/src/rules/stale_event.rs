//! I/O completion signals an event whose memory is no longer an event (0x133, P1 = 1): the thread
//! spins forever for a lock bit that is never cleared.
//!
//! Needs: the crash stack with `IopCompleteRequest` below the spinning routine, the object's bytes,
//! the IRP.
//!
//! Decides: a live event holds its lock bit for some instructions, never for seconds. If the
//! interrupted code spins for that bit on behalf of an I/O completion, the event behind
//! `Irp->UserEvent` has been freed or left, and the driver that issued the request is to blame: the
//! first driver below the completion on the thread's stack, else the one whose memory the event
//! lies in. The driver that completed the request did nothing wrong.
//!
//! Confidence: `likely` if the bytes are not those of an event, or the lock bit is set; `possible`
//! if they cannot be read.
//!
//! Sources: Microsoft's bug check reference, 0x133; seed 003.

use super::blame::{culprit, victim};
use super::evidence::{culprit_at, culprit_module, evidence, frame_at, irp_evidence, parameter};
use super::watchdog::Interrupted;
use super::{Finding, Rule};
use crate::facts::{Facts, LockHome, ObjectFacts, Place};
use crate::verdict::{
    CauseId, Confidence, Culprit, CulpritRole, Evidence, EvidenceKind, Unknown, VictimKind,
};

pub(super) struct StaleEvent;

impl Rule for StaleEvent {
    fn name(&self) -> &'static str {
        "stale-completion-event"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let at = Interrupted::find(facts)?;
        let object = facts.object.as_ref()?;
        let completion = at.stack.position_of(object.frame, "IopCompleteRequest")?;
        // Another processor may hold the lock of a valid event for a moment.
        let sound = object.is_event() == Some(true) && object.is_locked() == Some(false);
        if sound {
            return None;
        }
        let below = at.stack.first_suspect(completion);
        let culprit = blamed(facts, object, below)?;
        let mut evidence = vec![parameter(
            "the processor spent too long at DISPATCH_LEVEL or above",
            &[],
        )];
        evidence.extend(at.counters());
        let shows = format!(
            "{} spins for the lock of a dispatcher object, on behalf of an I/O completion ({})",
            at.stack.frames[object.frame].text(),
            at.stack.frames[completion].text()
        );
        evidence.push(frame_at(at.stack, object.frame, shows));
        evidence.push(object_evidence(object));
        for irp in &facts.irps {
            let same = Some(irp.irp.user_event) == object.address;
            if same {
                evidence.push(irp_evidence(irp));
            }
        }
        if let Some(index) = below {
            let shows = format!(
                "{} is the driver's code that the completion interrupted in the thread that \
                 asked",
                at.stack.frames[index].text()
            );
            evidence.push(frame_at(at.stack, index, shows));
        }
        let completer = facts.irps.iter().find_map(|irp| irp.device.as_ref());
        Some(Finding {
            cause: CauseId::StaleCompletionEvent,
            explanation: format!(
                "The completion of a request sets the event{}, but there is no event any \
                 more: its memory was freed or left while {} had the request outstanding.",
                at_address(object),
                culprit.module
            ),
            victims: completer
                .filter(|device| device.driver != culprit.module)
                .map(|device| crate::verdict::Victim {
                    module: Some(device.driver.clone()),
                    function: None,
                    ..victim(
                        VictimKind::Bystander,
                        at.stack,
                        &at.stack.frames[completion],
                        "it completed the request, as it should".to_owned(),
                    )
                })
                .into_iter()
                .collect(),
            culprit: Some(culprit),
            // One spin for the whole time is not contention, whatever the bytes are.
            confidence: match object.bytes.is_some() || at.is_one_stretch() {
                true => Confidence::Likely,
                false => Confidence::Possible,
            },
            evidence,
            unknown: vec![Unknown {
                what: "the call that left the event behind".to_owned(),
                why: "the function that owned the event has returned".to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}

/// The driver below the completion; its function that makes requests, if there is only one.
fn blamed(facts: &Facts, object: &ObjectFacts, below: Option<usize>) -> Option<Culprit> {
    let stack = facts.crash_stack()?;
    if let Some(index) = below {
        let frame = &stack.frames[index];
        let same_module = |place: &&Place| place.symbol.module == frame.symbol.module;
        let mut requesters = facts.requesters.iter().filter(same_module);
        return Some(match (requesters.next(), requesters.next()) {
            (Some(only), None) => culprit_at(only, CulpritRole::Suspect),
            _ => culprit(frame, CulpritRole::Suspect),
        });
    }
    let module = object.home.module()?;
    Some(culprit_module(module, CulpritRole::Suspect))
}

/// ` at 0x…`, if it is known where.
fn at_address(object: &ObjectFacts) -> String {
    let address = object.address;
    address.map_or_else(String::new, |address| format!(" at {address:#x}"))
}

fn object_evidence(object: &ObjectFacts) -> Evidence {
    let state = match (object.is_event(), object.is_locked()) {
        (Some(false), _) => "they are not those of an event",
        (_, Some(true)) => "the lock bit is set, and has been all the time",
        _ => "they cannot be read",
    };
    let bytes = object.bytes.map(|bytes| {
        let text: Vec<_> = bytes[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!(" begins with the bytes {};", text.join(" "))
    });
    let place = match object.home {
        LockHome::ThreadStack { .. } => ", in a frame that may be gone",
        _ => "",
    };
    let shows = format!(
        "the object{}, {}{place},{} {state}",
        at_address(object),
        object.home.text(),
        bytes.unwrap_or_default()
    );
    let command = match object.address {
        Some(address) => format!("dt nt!_KEVENT {address:#x}"),
        None => ".frame /r".to_owned(),
    };
    let addresses: Vec<_> = object.address.into_iter().collect();
    let kind = EvidenceKind::Structure;
    evidence(kind, shows, &addresses, object.found_by.clone(), command)
}
