//! Threads wait for each other: a crash forced on a hanging system (0x80, 0xE2), or a live dump
//! (0x161), where the stop itself says nothing.
//!
//! Needs: what threads wait for, executive resources and mutexes with their owners.
//!
//! Decides: a wait graph from each waiting thread to the threads that own what it waits for; a
//! cycle in it is a deadlock, whatever else waits behind it. Every thread of the cycle takes part
//! equally, so the culprit is the first by module and function, and the others are named with it;
//! the choice does not depend on addresses or on the order of threads. 0x9F/4 and others that name
//! a thread are decided before.
//!
//! Confidence: `certain`: the resources record their owners, and the threads their waits.
//!
//! Sources: Microsoft's documentation of `!locks`; seeds 000 and 001 for the method.

use super::blame::{culprit, victim};
use super::evidence::{evidence, frame_at, waiting_frame};
use super::forced::is_forced;
use super::{Finding, Rule};
use crate::facts::{Facts, ResourceFacts};
use crate::verdict::{
    Alternative, CauseId, Confidence, CulpritRole, Evidence, EvidenceKind, Victim, VictimKind,
};

pub(super) struct ResourceDeadlock;

/// A thread waits for another one.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    /// The waiting thread.
    pub from: u64,
    /// The thread that could end the wait.
    pub to: u64,
    pub lock: u64,
    /// The lock as text.
    pub text: String,
    windbg: String,
}

impl Edge {
    /// The wait as evidence.
    pub(super) fn evidence(&self) -> Evidence {
        let shows = format!(
            "thread {:#x} waits for {}, which thread {:#x} owns",
            self.from, self.text, self.to
        );
        let addresses = [self.from, self.lock, self.to];
        let found_by = "the thread's wait and the lock's owner";
        evidence(
            EvidenceKind::Lock,
            shows,
            &addresses,
            found_by,
            self.windbg.clone(),
        )
    }
}

impl Rule for ResourceDeadlock {
    fn name(&self) -> &'static str {
        "resource-deadlock"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if !is_forced(facts) {
            return None;
        }
        let edges = edges(facts);
        let cycle = cycle(&edges)?;
        let mut actors: Vec<_> = cycle
            .iter()
            .filter_map(|edge| {
                let (_, stack) = facts.stack_of(edge.from)?;
                let index = waiting_frame(stack)?;
                Some((stack, index))
            })
            .collect();
        actors.sort_by_key(|(stack, index)| {
            let symbol = &stack.frames[*index].symbol;
            (symbol.module.clone(), symbol.function.clone())
        });
        let mut pieces: Vec<_> = cycle.iter().map(|edge| edge.evidence()).collect();
        pieces.extend(actors.iter().map(|&(stack, index)| {
            let shows = format!("{} waits in the cycle", stack.frames[index].text());
            frame_at(stack, index, shows)
        }));
        let blamed = actors.first().copied();
        let others = actors.iter().skip(1).map(|&(stack, index)| Alternative {
            cause: CauseId::ResourceDeadlock,
            culprit: Some(culprit(&stack.frames[index], CulpritRole::Holder)),
            why: "it is in the same cycle; either of them may have the wrong order".to_owned(),
        });
        let names: Vec<_> = actors
            .iter()
            .map(|(stack, index)| stack.frames[*index].text())
            .collect();
        Some(Finding {
            cause: CauseId::ResourceDeadlock,
            explanation: format!(
                "{} threads wait for each other in a circle: {}.",
                cycle.len(),
                names.join(" and ")
            ),
            culprit: blamed
                .map(|(stack, index)| culprit(&stack.frames[index], CulpritRole::Holder)),
            victims: victims(facts, &edges, &cycle),
            confidence: Confidence::Certain,
            alternatives: others.collect(),
            evidence: pieces,
            unknown: Vec::new(),
        })
    }
}

/// The edges of the wait graph.
pub(super) fn edges(facts: &Facts) -> Vec<Edge> {
    let of_resource = |resource: &ResourceFacts| -> Vec<Edge> {
        let owners = resource.owners.iter();
        owners
            .flat_map(|&to| {
                resource.waiters.iter().map(move |&from| Edge {
                    from,
                    to,
                    lock: resource.address,
                    text: resource.text(),
                    windbg: format!("!locks -v {:#x}", resource.address),
                })
            })
            .collect()
    };
    let of_objects = facts.waits.iter().flat_map(|wait| {
        let owned = wait
            .objects
            .iter()
            .filter_map(|object| Some((object, object.owner?)));
        owned.map(|(object, to)| Edge {
            from: wait.thread,
            to,
            lock: object.address,
            text: format!(
                "the {} at {:#x}, {}",
                object.kind.text(),
                object.address,
                object.home.text()
            ),
            windbg: format!("!thread {:#x}", wait.thread),
        })
    });
    let resources = facts.resources.iter().flat_map(of_resource);
    resources
        .chain(of_objects)
        .filter(|edge| edge.from != edge.to)
        .collect()
}

/// The shortest cycle; among equals the one whose first thread comes first.
fn cycle(edges: &[Edge]) -> Option<Vec<&Edge>> {
    let mut best: Option<Vec<&Edge>> = None;
    for start in edges {
        let mut paths = vec![vec![start]];
        let mut seen = std::collections::HashSet::from([start.to]);
        while let Some(path) = (!paths.is_empty()).then(|| paths.remove(0)) {
            let at = path[path.len() - 1].to;
            if at == start.from {
                if best.as_ref().is_none_or(|best| path.len() < best.len()) {
                    best = Some(path);
                }
                break;
            }
            for next in edges.iter().filter(|edge| edge.from == at) {
                if next.to == start.from || seen.insert(next.to) {
                    paths.push([path.clone(), vec![next]].concat());
                }
            }
        }
    }
    best
}

/// Threads that wait for a thread of the cycle without being in it.
fn victims(facts: &Facts, edges: &[Edge], cycle: &[&Edge]) -> Vec<Victim> {
    let in_cycle = |thread: u64| cycle.iter().any(|edge| edge.from == thread);
    let behind = edges
        .iter()
        .filter(|edge| !in_cycle(edge.from) && in_cycle(edge.to));
    behind
        .filter_map(|edge| {
            let (_, stack) = facts.stack_of(edge.from)?;
            let frame = &stack.frames[waiting_frame(stack).unwrap_or(0)];
            let why = format!("it waits for {}", edge.text);
            Some(victim(VictimKind::WaitingThread, stack, frame, why))
        })
        .collect()
}
