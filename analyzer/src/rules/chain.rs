//! Chains of waits: from a thread to the one at the end.

use std::collections::HashSet;

use super::deadlock::{Edge, edges};
use super::evidence::waiting_frame;
use crate::facts::{Facts, StackFacts};

/// A chain of waits.
pub(super) struct Chain {
    /// From the first thread on.
    pub edges: Vec<Edge>,
    /// The thread at its end.
    pub last: u64,
}

/// Follows the owners of what threads wait for, from `thread` on, until one does not wait.
pub(super) fn chain(facts: &Facts, thread: u64) -> Chain {
    let all = edges(facts);
    let mut chain = Chain {
        edges: Vec::new(),
        last: thread,
    };
    let mut seen = HashSet::from([thread]);
    while let Some(edge) = all.iter().find(|edge| edge.from == chain.last) {
        if !seen.insert(edge.to) {
            break;
        }
        chain.last = edge.to;
        chain.edges.push(edge.clone());
    }
    chain
}

/// The stack of the thread at the end, and its frame that waits.
pub(super) fn end<'f>(facts: &'f Facts, chain: &Chain) -> Option<(&'f StackFacts, usize)> {
    let (_, stack) = facts.stack_of(chain.last)?;
    Some((stack, waiting_frame(stack)?))
}
