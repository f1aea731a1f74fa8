//! A power IRP was not completed in time (0x9F, P1 = 3).
//!
//! Needs: the IRP that P4 names, its device stack, the waits and stacks of threads.
//!
//! Decides: the holder is the driver of the IRP's current stack location. It is not the driver of
//! P2's device: that is the bus, which only enumerated the device. Where the current location
//! belongs to a driver that comes with Windows (bus, framework, filter), the nearest other driver
//! above it in the device stack is suspected; one below is an alternative, since it serves the
//! requests that the holder makes meanwhile. If a thread that waits inside the holder's code has
//! the IRP's address on its stack, or is a system worker, the IRP is held by that blocked thread; a
//! thread of the holder that waits for work, without the IRP on its stack, proves nothing.
//!
//! Confidence: `certain` for a holder named by the IRP itself, and for a thread whose stack has the
//! IRP; `likely` for a worker without it; `possible` for a driver further up.
//!
//! Sources: Microsoft's bug check reference, 0x9F; the false blames of the enumerator (pci.sys) in
//! public reports.

use super::blame::{culprit, victim};
use super::chain::{chain, end};
use super::deadlock::Edge;
use super::evidence::{
    culprit_at, culprit_module, evidence as piece, frame_at, irp_evidence, parameter,
    stack_evidence, stated, wait_evidence, waiting_frame,
};
use super::{Finding, Rule};
use crate::facts::{Facts, IrpFacts, Place, StackFacts, WaitFacts};
use crate::modules::is_inbox;
use crate::nt::{Device, ThreadState};
use crate::verdict::{
    Alternative, CauseId, Confidence, CulpritRole, EvidenceKind, StackKind, Unknown, Victim,
    VictimKind,
};

/// Functions of the kernel that run work items of drivers.
const WORKERS: &[&str] = &["ExpWorkerThread", "IopProcessWorkItem"];

pub(super) struct PowerIrp;

impl Rule for PowerIrp {
    fn name(&self) -> &'static str {
        "power-irp"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        if !facts.is_stop(0x9F, 3) {
            return None;
        }
        let irp = facts.irps.first()?;
        let holder = Holder::find(irp)?;
        let [_, pdo, triage, address] = facts.bugcheck.parameters;
        let mut evidence = vec![parameter(
            format!("the power IRP {address:#x}, sent to the stack of {pdo:#x}, was not completed"),
            &stated(&[address, pdo, triage]),
        )];
        evidence.push(irp_evidence(irp));
        evidence.extend(stack_evidence(irp));
        let blocked = blocked_thread(facts, irp, &holder.device.driver);
        let victims = enumerator(irp, &holder.device.driver);
        if let Some(blocked) = blocked {
            return Some(blocked.finding(facts, &holder, evidence, victims));
        }
        if let Some((stack, frame)) = starving(facts) {
            return Some(starved(facts, &holder, (stack, frame), evidence, victims));
        }
        if let Some(waits) = waiting_for_holder(facts, irp) {
            return Some(held_elsewhere(facts, &holder, waits, evidence, victims));
        }
        if let Some(dispatch) = &holder.dispatch {
            let shows = format!(
                "{} is the routine that {} registered for this IRP",
                dispatch.text(),
                holder.device.driver
            );
            let command = format!("!drvobj {:#x} 2", holder.device.driver_object);
            let found_by = "the driver object's table of dispatch routines";
            let addresses = [dispatch.address];
            evidence.push(piece(
                EvidenceKind::Structure,
                shows,
                &addresses,
                found_by,
                command,
            ));
        }
        let function = holder
            .dispatch
            .as_ref()
            .filter(|place| place.symbol.module.as_deref() == Some(holder.device.driver.as_str()));
        let role = CulpritRole::Holder;
        Some(Finding {
            cause: CauseId::PowerIrpNeverCompleted,
            explanation: format!(
                "{} has the IRP ({}) and neither completes it nor passes it on; no thread of the \
                 driver is seen to work on it.",
                holder.device.driver,
                irp.function()
            ),
            culprit: Some(match function {
                Some(place) => culprit_at(place, role),
                None => culprit_module(&holder.device.driver, role),
            }),
            victims,
            confidence: holder.confidence,
            evidence,
            unknown: vec![Unknown {
                what: "where the driver keeps the IRP".to_owned(),
                why: "no thread's stack holds its address; the driver pended it".to_owned(),
            }],
            alternatives: below(irp, &holder),
        })
    }
}

struct Holder {
    device: Device,
    dispatch: Option<Place>,
    confidence: Confidence,
}

impl Holder {
    fn find(irp: &IrpFacts) -> Option<Self> {
        let current = irp.device.as_ref()?;
        let own = Self {
            device: current.clone(),
            dispatch: irp.dispatch.clone(),
            confidence: Confidence::Certain,
        };
        if !is_inbox(&current.driver) {
            return Some(own);
        }
        // The stack is topmost first, so the nearest one above comes last.
        let at = irp
            .stack
            .iter()
            .position(|(device, _)| device.address == current.address);
        let above = irp.stack.get(..at.unwrap_or(0))?.iter().rev();
        let other = above
            .into_iter()
            .find(|(device, _)| !is_inbox(&device.driver))
            .map(|(device, dispatch)| Self {
                device: device.clone(),
                dispatch: dispatch.clone(),
                confidence: Confidence::Possible,
            });
        Some(other.unwrap_or(Self {
            confidence: Confidence::Possible,
            ..own
        }))
    }
}

/// Third-party drivers below an inbox holder: it may wait for them before it completes the IRP.
fn below(irp: &IrpFacts, holder: &Holder) -> Vec<Alternative> {
    let mut stack = irp.stack.iter().map(|(device, _)| device);
    if !is_inbox(&holder.device.driver)
        || !stack.any(|device| device.address == holder.device.address)
    {
        return Vec::new();
    }
    let others = stack.filter(|device| !is_inbox(&device.driver));
    let alternative = |device: &Device| Alternative {
        cause: CauseId::PowerIrpNeverCompleted,
        culprit: Some(culprit_module(&device.driver, CulpritRole::Suspect)),
        why: format!(
            "it is below {} in the device stack and serves its requests; one that it never \
             completes keeps the power IRP waiting",
            holder.device.driver
        ),
    };
    others.map(alternative).collect()
}

/// The driver that enumerated P2's device, unless the holder may wait for it.
fn enumerator(irp: &IrpFacts, holder: &str) -> Vec<Victim> {
    let bottom = irp.stack.last().map(|(device, _)| device);
    bottom
        .filter(|device| device.driver != holder)
        .filter(|device| !is_inbox(holder) || is_inbox(&device.driver))
        .map(|device| Victim {
            kind: VictimKind::Bystander,
            module: Some(device.driver.clone()),
            function: None,
            thread: None,
            processor: None,
            why: "it only enumerated the device; P2 names its device".to_owned(),
        })
        .into_iter()
        .collect()
}

/// A thread that has the IRP, or works for the power manager, and waits in another driver's code:
/// frameworks and class drivers wait on behalf of the driver that has the IRP. The IRP's address on
/// its stack does not count: it may be residue.
fn waiting_for_holder<'f>(facts: &'f Facts, irp: &IrpFacts) -> Option<&'f WaitFacts> {
    if facts.shows.stack_words {
        return None;
    }
    let in_driver = |wait: &&WaitFacts| facts.stacks[wait.stack].first_driver(0).is_some();
    let known = facts
        .waits
        .iter()
        .filter(in_driver)
        .find(|wait| irp.mentioned_on.contains(&wait.stack));
    known.or_else(|| {
        facts
            .waits
            .iter()
            .find(|wait| facts.power_threads.contains(&wait.stack))
    })
}

/// A driver that occupies a processor while a power IRP worker thread is ready to run. Returns the
/// stack and frame. Not used if every thread is shown: then some are always ready.
fn starving(facts: &Facts) -> Option<(&StackFacts, usize)> {
    if facts.shows.every_thread {
        return None;
    }
    let ready = facts.stacks.iter().any(|stack| {
        let state = stack.thread.as_ref().map(|thread| thread.state);
        let waits = matches!(state, Some(ThreadState::Standby | ThreadState::Ready));
        let power = |frame: &crate::facts::FrameFacts| {
            let name = frame.symbol.function.as_deref().unwrap_or("");
            name.contains("Power") || name == "PopIrpWorker"
        };
        waits && stack.frames.iter().any(power)
    });
    let mut running = facts
        .stacks
        .iter()
        .filter(|stack| stack.kind == StackKind::Processor);
    running.find_map(|stack| {
        let at = stack.first_suspect(0).filter(|_| ready)?;
        stack.frames[at].is_third_party().then_some((stack, at))
    })
}

fn starved(
    facts: &Facts,
    holder: &Holder,
    (stack, at): (&StackFacts, usize),
    mut evidence: Vec<crate::verdict::Evidence>,
    mut victims: Vec<Victim>,
) -> Finding {
    let frame = &stack.frames[at];
    evidence.push(frame_at(
        stack,
        at,
        format!("{} keeps a processor", frame.text()),
    ));
    victims.push(Victim {
        kind: VictimKind::Bystander,
        module: Some(holder.device.driver.clone()),
        function: None,
        thread: None,
        processor: None,
        why: "its IRP waits for a thread that gets no processor".to_owned(),
    });
    Finding {
        cause: CauseId::PowerIrpHeldByBlockedThread,
        explanation: format!(
            "A thread that works on power IRPs is ready to run, and {} keeps the processor.",
            frame.text()
        ),
        culprit: Some(culprit(frame, CulpritRole::Suspect)),
        victims,
        confidence: Confidence::Possible,
        evidence,
        unknown: vec![Unknown {
            what: "whether the thread has the IRP".to_owned(),
            why: format!(
                "the log does not show its arguments; run !thread and !irp {} 1",
                facts.bugcheck.parameters[3].argument("P4")
            ),
        }],
        alternatives: Vec::new(),
    }
}

fn held_elsewhere(
    facts: &Facts,
    holder: &Holder,
    wait: &WaitFacts,
    mut evidence: Vec<crate::verdict::Evidence>,
    mut victims: Vec<Victim>,
) -> Finding {
    let chain = chain(facts, wait.thread);
    let last = end(facts, &chain).filter(|(stack, at)| stack.frames[*at].is_third_party());
    evidence.extend(chain.edges.iter().map(Edge::evidence));
    evidence.push(wait_evidence(facts, wait));
    let stack = &facts.stacks[wait.stack];
    let waiting = waiting_frame(stack).map(|at| &stack.frames[at]);
    if let Some(frame) = waiting.filter(|_| last.is_none()) {
        let why = format!("it waits on behalf of {}", holder.device.driver);
        victims.push(victim(VictimKind::WaitingThread, stack, frame, why));
    }
    let place = waiting.map_or_else(|| "the kernel".to_owned(), |frame| frame.text());
    Finding {
        cause: CauseId::PowerIrpHeldByBlockedThread,
        explanation: format!(
            "{} has the power IRP, and the thread that works on it waits in {place}.",
            holder.device.driver
        ),
        culprit: Some(match last {
            Some((stack, at)) => culprit(&stack.frames[at], CulpritRole::Holder),
            None => culprit_module(&holder.device.driver, CulpritRole::Holder),
        }),
        victims,
        confidence: holder.confidence.min(Confidence::Likely),
        evidence,
        unknown: vec![Unknown {
            what: "who should have ended the wait".to_owned(),
            why: "an event does not record who sets it".to_owned(),
        }],
        alternatives: Vec::new(),
    }
}

/// A thread that waits inside the holder's code.
struct Blocked<'f> {
    wait: &'f WaitFacts,
    frame: usize,
    has_irp: bool,
}

fn blocked_thread<'f>(facts: &'f Facts, irp: &IrpFacts, holder: &str) -> Option<Blocked<'f>> {
    let candidates = facts.waits.iter().filter_map(|wait| {
        let stack = &facts.stacks[wait.stack];
        let frame = waiting_frame(stack)?;
        if stack.frames[frame].symbol.module.as_deref() != Some(holder) {
            return None;
        }
        let has_irp = irp.mentioned_on.contains(&wait.stack);
        let worker = stack.frames.iter().any(|frame| {
            let name = frame.symbol.function.as_deref();
            frame.symbol.in_kernel && name.is_some_and(|name| WORKERS.contains(&name))
        });
        (has_irp || worker).then_some(Blocked {
            wait,
            frame,
            has_irp,
        })
    });
    // Those that hold the IRP first.
    candidates.max_by_key(|blocked| blocked.has_irp)
}

impl Blocked<'_> {
    fn finding(
        self,
        facts: &Facts,
        holder: &Holder,
        mut evidence: Vec<crate::verdict::Evidence>,
        victims: Vec<Victim>,
    ) -> Finding {
        let stack = &facts.stacks[self.wait.stack];
        let frame = &stack.frames[self.frame];
        evidence.push(wait_evidence(facts, self.wait));
        let known = match self.has_irp {
            true => "its stack holds the IRP's address",
            false => "it is a system worker in the holder's code",
        };
        let shows = format!("{} waits, and {known}", frame.text());
        evidence.push(frame_at(stack, self.frame, shows));
        Finding {
            cause: CauseId::PowerIrpHeldByBlockedThread,
            explanation: format!(
                "{} has the power IRP, and its thread {:#x} waits in {} instead of completing it.",
                holder.device.driver,
                self.wait.thread,
                frame.text()
            ),
            culprit: Some(culprit(frame, CulpritRole::Holder)),
            victims,
            confidence: match self.has_irp {
                true => holder.confidence,
                false => holder.confidence.min(Confidence::Likely),
            },
            evidence,
            unknown: vec![Unknown {
                what: "who should have ended the wait".to_owned(),
                why: "an event does not record who sets it".to_owned(),
            }],
            alternatives: Vec::new(),
        }
    }
}
