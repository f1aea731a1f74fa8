//! A power IRP was not completed in time (0x9F, P1 = 3), and the IRP is not known, but the power
//! IRP worker threads are.
//!
//! Needs: power IRP worker threads that wait, and the owners of what they wait for.
//!
//! Decides: from such a thread along the owners of what is waited for, to the thread whose wait has
//! no owner; the driver in whose code it waits is to blame.
//!
//! Confidence: `likely` with a driver at the end, else nobody is blamed.
//!
//! Sources: Microsoft's bug check reference, 0x9F; public write-ups in which the IRP worker waits for
//! a mutex of another thread of the same driver.

use super::blame::culprit;
use super::chain::{chain, end};
use super::deadlock::Edge;
use super::evidence::{frame_at, parameter, stated, wait_evidence};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence, CulpritRole, Unknown};

pub(super) struct PowerThread;

impl Rule for PowerThread {
    fn name(&self) -> &'static str {
        "power-thread"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if !facts.is_stop(0x9F, 3) {
            return None;
        }
        let address = facts.bugcheck.parameters[3];
        let (worker, chain, stack, blamed) = facts.power_threads.iter().find_map(|&worker| {
            let thread = facts.stacks[worker].thread.as_ref()?.address;
            let chain = chain(facts, thread);
            let (stack, blamed) = end(facts, &chain)?;
            stack.frames[blamed]
                .is_third_party()
                .then_some((worker, chain, stack, blamed))
        })?;
        let frame = &stack.frames[blamed];
        let mut evidence = vec![parameter(
            format!("the power IRP {address:#x} was not completed"),
            &stated(&[address]),
        )];
        let worker = &facts.stacks[worker];
        if let Some(at) = worker.first_suspect(0) {
            let text = worker.frames[at].text();
            let shows = format!("{text} waits in the power manager's worker");
            evidence.push(frame_at(worker, at, shows));
        }
        evidence.extend(chain.edges.iter().map(Edge::evidence));
        let wait = facts.waits.iter().find(|wait| wait.thread == chain.last);
        evidence.extend(wait.map(|wait| wait_evidence(facts, wait)));
        evidence.push(frame_at(stack, blamed, format!("{} waits", frame.text())));
        Some(Finding {
            cause: CauseId::PowerIrpHeldByBlockedThread,
            explanation: format!(
                "The thread that works on the power IRP waits{}; at the end {} waits.",
                match chain.edges.len() {
                    0 => String::new(),
                    count => format!(", through {count} locks,"),
                },
                frame.text()
            ),
            culprit: Some(culprit(frame, CulpritRole::Holder)),
            victims: Vec::new(),
            confidence: Confidence::Likely,
            evidence,
            unknown: vec![Unknown {
                what: "which driver the IRP is with".to_owned(),
                why: format!(
                    "the IRP is not shown; run !irp {} 1",
                    address.argument("P4")
                ),
            }],
            alternatives: Vec::new(),
        })
    }
}
