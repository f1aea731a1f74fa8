//! A power transition waited too long for the PnP lock (0x9F, P1 = 4): a driver blocks inside a PnP
//! request while the PnP manager holds its locks.
//!
//! Needs: the thread that P3 names, its wait, the IRPs it has sent, the executive resources.
//!
//! Decides: P3's thread holds the lock; the resources' owner entries must say so too. The first
//! driver outwards of its wait blocks it. The IRP in the thread's list tells which PnP request it
//! serves. The crash stack is that of a watchdog and says nothing.
//!
//! Confidence: `certain` if the thread owns one of the PnP resources and waits for an object in the
//! blamed driver's own memory; otherwise `likely`. If the thread waits for a resource that another
//! thread owns, that thread is blamed instead, with `likely`.
//!
//! Sources: Microsoft's bug check reference, 0x9F; seeds 000 (first part) and 001.

use super::blame::culprit;
use super::evidence::{
    evidence, frame_at, irp_evidence, parameter, stated, wait_evidence, waiting_frame,
};
use super::{Finding, Rule};
use crate::facts::{Facts, FrameFacts, ResourceFacts};
use crate::verdict::{
    CauseId, Confidence, CulpritRole, Evidence, EvidenceKind, Unknown, Victim, VictimKind,
};

pub(super) struct PnpLock;

impl Rule for PnpLock {
    fn name(&self) -> &'static str {
        "pnp-lock-held-by-blocked-driver"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if !facts.is_stop(0x9F, 4) {
            return None;
        }
        let [_, seconds, holder, triage] = facts.bugcheck.parameters;
        let mut evidence = vec![parameter(
            format!(
                "a power transition waited {seconds} s for the PnP lock, which thread {holder:#x} holds"
            ),
            &stated(&[holder, triage]),
        )];
        let holder = holder.known()?;
        let owned = |thread| {
            let resources = facts.resources.iter();
            resources.filter(move |resource| resource.owners.contains(&thread))
        };
        evidence.extend(owned(holder).map(|resource| owner_evidence(resource, holder)));
        let pnp_owned = owned(holder).any(|resource| resource.name.is_some());
        evidence.extend(facts.irps.iter().map(irp_evidence));
        // If another thread owns the lock, that thread matters.
        let behind = facts
            .resources
            .iter()
            .find(|resource| resource.waiters.contains(&holder))
            .and_then(|resource| Some((resource, *resource.owners.first()?)))
            .filter(|(_, owner)| *owner != holder);
        let thread = behind.map_or(holder, |(_, owner)| owner);
        evidence.extend(behind.map(|(resource, owner)| owner_evidence(resource, owner)));
        let (number, stack) = facts.stack_of(thread)?;
        let blamed = waiting_frame(stack)?;
        let frame = &stack.frames[blamed];
        let wait = facts.waits.iter().find(|wait| wait.stack == number);
        evidence.extend(wait.map(|wait| wait_evidence(facts, wait)));
        let shows = format!(
            "{} is the driver's code in which that thread waits",
            frame.text()
        );
        evidence.push(frame_at(stack, blamed, shows));
        let own_object = wait.is_some_and(|wait| {
            let homes = wait
                .objects
                .iter()
                .filter_map(|object| object.home.module());
            homes
                .into_iter()
                .any(|home| Some(home) == frame.symbol.module.as_deref())
        });
        let request = facts
            .irps
            .first()
            .map(|irp| format!(" while it serves {}", irp.function()));
        let firm = pnp_owned && own_object && behind.is_none();
        Some(Finding {
            cause: CauseId::PnpLockHeldByBlockedDriver,
            explanation: format!(
                "{} waits{} in the thread that holds the PnP manager's locks; the power transition \
                 could not get them for {seconds} s.",
                frame.text(),
                request.unwrap_or_default()
            ),
            culprit: Some(culprit(frame, CulpritRole::Holder)),
            victims: victims(facts, holder),
            confidence: match firm {
                true => Confidence::Certain,
                false => Confidence::Likely,
            },
            evidence,
            unknown: vec![Unknown {
                what: "who should have ended the wait".to_owned(),
                why: "an event does not record who sets it".to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}

fn owner_evidence(resource: &ResourceFacts, thread: u64) -> Evidence {
    let shows = format!(
        "{} is owned {} by thread {thread:#x}; threads that wait for it: {}, that ever had to: {}",
        resource.text(),
        match resource.exclusive {
            true => "exclusively",
            false => "shared",
        },
        resource.waiting,
        resource.contention
    );
    let command = format!("!locks -v {:#x}", resource.address);
    let found_by = "the owner entries of the executive resource";
    let addresses = [resource.address, thread];
    evidence(EvidenceKind::Lock, shows, &addresses, found_by, command)
}

/// Threads that wait for what the holder owns.
fn victims(facts: &Facts, holder: u64) -> Vec<Victim> {
    let owned = facts
        .resources
        .iter()
        .filter(|resource| resource.owners.contains(&holder));
    let mut waiting: Vec<u64> = owned
        .flat_map(|resource| resource.waiters.clone())
        .collect();
    waiting.sort_unstable();
    waiting.dedup();
    waiting
        .into_iter()
        .map(|thread| Victim {
            kind: VictimKind::WaitingThread,
            module: acquiring_frame(facts, thread).and_then(|frame| frame.symbol.module.clone()),
            function: acquiring_frame(facts, thread)
                .and_then(|frame| frame.symbol.function.clone()),
            thread: Some(thread.into()),
            processor: None,
            why: "it waits for a lock of the PnP manager".to_owned(),
        })
        .collect()
}

/// The frame that acquires the resource: the first one outwards of its acquisition.
fn acquiring_frame(facts: &Facts, thread: u64) -> Option<&FrameFacts> {
    let (_, stack) = facts.stack_of(thread)?;
    let acquires = |frame: &FrameFacts| {
        let name = frame.symbol.function.as_deref().unwrap_or("");
        frame.symbol.in_kernel && name.starts_with("ExAcquireResource")
    };
    let at = stack.frames.iter().position(acquires)?;
    stack.frames.get(at + 1)
}
