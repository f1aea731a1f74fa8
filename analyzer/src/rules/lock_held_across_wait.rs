//! A thread waits for something while it holds a lock that others wait for.
//!
//! Needs: locks with their owners and waiters, and what the owners wait for.
//!
//! Decides: from each lock that is waited for, along the owners, to the thread whose wait has no
//! owner: it blocks all the others. The driver in whose code it waits is to blame.
//!
//! Confidence: `likely`: the wait may be about to end.
//!
//! Source: Microsoft's documentation of `!locks` and of resource time-outs.

use super::blame::{culprit, victim};
use super::chain::{chain, end};
use super::deadlock::{Edge, edges};
use super::evidence::{evidence, frame_at, wait_evidence, waiting_frame};
use super::forced::is_forced;
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{
    CauseId, Confidence, CulpritRole, Evidence, EvidenceKind, Unknown, VictimKind,
};

pub(super) struct LockHeldAcrossWait;

impl Rule for LockHeldAcrossWait {
    fn name(&self) -> &'static str {
        "lock-held-across-wait"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        // Most waits are normal. If only some threads are shown, people selected them.
        if !is_forced(facts) || facts.shows.every_thread {
            return None;
        }
        let all = edges(facts);
        // Owners of locks that others wait for, longest chain first.
        let mut starts: Vec<u64> = all.iter().map(|edge| edge.from).collect();
        let owners = facts
            .resources
            .iter()
            .filter(|resource| resource.waiting > 0);
        starts.extend(owners.flat_map(|resource| resource.owners.clone()));
        let mut chains: Vec<_> = starts
            .into_iter()
            .map(|thread| chain(facts, thread))
            .collect();
        chains.sort_by_key(|chain| std::cmp::Reverse(chain.edges.len()));
        let found = chains.iter().position(|chain| {
            end(facts, chain).is_some_and(|(stack, at)| stack.frames[at].is_third_party())
        });
        let Some(found) = found else {
            return unseen_owner(facts, &all);
        };
        let chain = chains.swap_remove(found);
        let (stack, blamed) = end(facts, &chain)?;
        let frame = &stack.frames[blamed];
        let wait = facts.waits.iter().find(|wait| wait.thread == chain.last);
        let mut pieces: Vec<_> = chain.edges.iter().map(Edge::evidence).collect();
        pieces.extend(owned(facts, chain.last));
        pieces.extend(wait.map(|wait| wait_evidence(facts, wait)));
        pieces.push(frame_at(stack, blamed, format!("{} waits", frame.text())));
        let waiters = all.iter().filter(|edge| edge.to == chain.last);
        Some(Finding {
            cause: CauseId::LockHeldAcrossWait,
            explanation: format!(
                "Thread {:#x} holds a lock that others wait for, and waits in {}.",
                chain.last,
                frame.text()
            ),
            culprit: Some(culprit(frame, CulpritRole::Holder)),
            victims: waiters
                .filter_map(|edge| {
                    let (_, stack) = facts.stack_of(edge.from)?;
                    let frame = stack.frames.get(stack.first_suspect(0)?)?;
                    let why = format!("it waits for {}", edge.text);
                    Some(victim(VictimKind::WaitingThread, stack, frame, why))
                })
                .collect(),
            confidence: Confidence::Likely,
            evidence: pieces,
            unknown: vec![Unknown {
                what: "who should have ended the wait".to_owned(),
                why: "an event does not record who sets it".to_owned(),
            }],
            alternatives: Vec::new(),
        })
    }
}

/// The owner's stack is not shown. The driver that waits shares the lock with it.
fn unseen_owner(facts: &Facts, edges: &[Edge]) -> Option<Finding> {
    let (edge, stack, blamed) = edges.iter().find_map(|edge| {
        let (_, stack) = facts.stack_of(edge.from)?;
        let blamed = waiting_frame(stack)?;
        stack.frames[blamed]
            .is_third_party()
            .then_some((edge, stack, blamed))
    })?;
    let frame = &stack.frames[blamed];
    let mut culprit = culprit(frame, CulpritRole::HolderInferred);
    (culprit.function, culprit.address, culprit.offset) = (None, None, None);
    let why = format!("it waits for {}", edge.text);
    Some(Finding {
        cause: CauseId::LockHeldAcrossWait,
        explanation: format!(
            "{} waits for a lock that thread {:#x} holds.",
            frame.text(),
            edge.to
        ),
        culprit: Some(culprit),
        victims: vec![victim(VictimKind::WaitingThread, stack, frame, why)],
        confidence: Confidence::Possible,
        evidence: vec![
            edge.evidence(),
            frame_at(stack, blamed, format!("{} waits", frame.text())),
        ],
        unknown: vec![Unknown {
            what: "what the owner does".to_owned(),
            why: format!("its stack is not shown; run !thread {:#x}", edge.to),
        }],
        alternatives: Vec::new(),
    })
}

/// Locks of a thread that others wait for.
fn owned(facts: &Facts, thread: u64) -> Vec<Evidence> {
    let resources = facts
        .resources
        .iter()
        .filter(|resource| resource.owners.contains(&thread));
    resources
        .map(|resource| {
            let shows = format!(
                "{} is owned by thread {thread:#x}; {} wait for it",
                resource.text(),
                resource.waiting
            );
            let command = format!("!locks -v {:#x}", resource.address);
            let found_by = "the owner entries of the executive resource";
            let addresses = [resource.address, thread];
            evidence(EvidenceKind::Lock, shows, &addresses, found_by, command)
        })
        .collect()
}
