//! Stops whose code alone tells the class, raised in the very call that is wrong or where the damage
//! is noticed.
//!
//! Needs: the crash stack, the code addresses among the parameters.
//!
//! Decides by the table: the innermost driver that does not come with Windows is the one that made
//! the call, or a suspect where the stop only notices what somebody did before. Where a parameter is
//! an address in a driver, that driver.
//!
//! Confidence: `likely` where the stop is raised inside the wrong call, `possible` where it is found
//! later; nobody is blamed without a driver.
//!
//! Source: Microsoft's bug check reference.

use super::blame::culprit;
use super::evidence::{culprit_at, frame_at, parameter, stated};
use super::{Finding, Rule};
use crate::facts::Facts;
use crate::verdict::{CauseId, Confidence, CulpritRole, Unknown};

/// See the module's documentation.
pub(super) struct ByStop;

/// What a stop says.
struct Known {
    code: u32,
    cause: CauseId,
    said: &'static str,
    confidence: Confidence,
    /// Which parameter may be an address in the culprit's code.
    names: Option<usize>,
}

const fn known(
    code: u32,
    cause: CauseId,
    said: &'static str,
    confidence: Confidence,
    names: Option<usize>,
) -> Known {
    Known {
        code,
        cause,
        said,
        confidence,
        names,
    }
}

use CauseId as C;
use Confidence::{Likely, Possible};

const STOPS: &[Known] = &[
    known(
        0x01,
        C::ApcDisableLeaked,
        "a thread came back with APCs disabled",
        Possible,
        Some(0),
    ),
    known(
        0x18,
        C::PoolUseAfterFree,
        "an object was dereferenced once too often",
        Possible,
        None,
    ),
    known(
        0x1A,
        C::MemoryCorruptionUnknownWriter,
        "the memory manager's data are damaged",
        Possible,
        None,
    ),
    known(
        0x22,
        C::InvalidAccess,
        "a file system gave up after an exception",
        Possible,
        None,
    ),
    known(
        0x27,
        C::InvalidAccess,
        "a network file system gave up after an exception",
        Possible,
        None,
    ),
    known(
        0x35,
        C::Inconclusive,
        "an IRP was passed on with no stack location left",
        Likely,
        None,
    ),
    known(
        0x48,
        C::Inconclusive,
        "a completed IRP still has its cancel routine",
        Likely,
        None,
    ),
    known(
        0x4A,
        C::IrqlLeaked,
        "a system service returned at raised IRQL",
        Possible,
        None,
    ),
    known(
        0x4E,
        C::MemoryCorruptionUnknownWriter,
        "the list of page frames is damaged",
        Possible,
        None,
    ),
    known(
        0x76,
        C::Inconclusive,
        "a process ended with pages that a driver had locked",
        Possible,
        None,
    ),
    known(
        0xB8,
        C::PassiveCallAtRaisedIrql,
        "a DPC waited",
        Likely,
        None,
    ),
    known(
        0xBE,
        C::InvalidAccess,
        "read-only memory was written",
        Likely,
        None,
    ),
    known(
        0xC1,
        C::PoolOverrun,
        "memory around a block of special pool was written",
        Possible,
        None,
    ),
    known(
        0xC5,
        C::MemoryCorruptionUnknownWriter,
        "the pool's lists are damaged",
        Possible,
        None,
    ),
    known(
        0xC6,
        C::PoolUseAfterFree,
        "a freed pool block was written",
        Possible,
        None,
    ),
    known(
        0xC7,
        C::PoolUseAfterFree,
        "memory with an active timer or DPC was freed",
        Likely,
        None,
    ),
    known(
        0xC8,
        C::IrqlLeaked,
        "the IRQL is not what it should be",
        Possible,
        None,
    ),
    known(
        0xCB,
        C::Inconclusive,
        "a driver left pages locked",
        Possible,
        Some(0),
    ),
    known(
        0xD0,
        C::MemoryCorruptionUnknownWriter,
        "the pool's lists are damaged",
        Possible,
        None,
    ),
    known(
        0xD3,
        C::PageableAccessAtRaisedIrql,
        "pageable code ran at raised IRQL",
        Likely,
        Some(3),
    ),
    known(
        0xD4,
        C::CallIntoUnloadedDriver,
        "an unloaded driver left something behind",
        Likely,
        None,
    ),
    known(
        0xDA,
        C::Inconclusive,
        "system page-table entries were misused",
        Likely,
        None,
    ),
    known(
        0xE1,
        C::IrqlLeaked,
        "a work item returned at raised IRQL",
        Likely,
        Some(0),
    ),
    known(
        0xE6,
        C::Inconclusive,
        "Driver Verifier found a wrong use of DMA",
        Likely,
        None,
    ),
    known(
        0xFC,
        C::InvalidAccess,
        "memory that is no code was executed",
        Possible,
        None,
    ),
    known(
        0xFE,
        C::Inconclusive,
        "the USB stack found a driver's request wrong",
        Possible,
        None,
    ),
    known(
        0x109,
        C::MemoryCorruptionUnknownWriter,
        "the kernel's code or data were changed",
        Possible,
        None,
    ),
    known(
        0x11B,
        C::SpinlockNeverReleased,
        "a driver returned with the cancel lock held",
        Likely,
        None,
    ),
    known(
        0x12E,
        C::InvalidAccess,
        "an MDL describes an invalid range",
        Likely,
        None,
    ),
    known(
        0x157,
        C::Inconclusive,
        "a thread's priority floor is wrong",
        Possible,
        None,
    ),
    known(
        0x189,
        C::MemoryCorruptionUnknownWriter,
        "an object's header is damaged",
        Possible,
        None,
    ),
    known(
        0x192,
        C::ApiCalledAtWrongIrql,
        "a lock was acquired at raised IRQL",
        Likely,
        None,
    ),
    known(
        0x1C6,
        C::ApiCalledAtWrongIrql,
        "a fast resource was used in the wrong state",
        Likely,
        None,
    ),
    known(
        0x1D5,
        C::PnpLockHeldByBlockedDriver,
        "a driver did not finish a PnP operation in time",
        Possible,
        None,
    ),
];

impl Rule for ByStop {
    fn name(&self) -> &'static str {
        "by-stop"
    }

    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let known = STOPS
            .iter()
            .find(|known| known.code == facts.bugcheck.code)?;
        let call = Call {
            cause: known.cause,
            said: known.said.to_owned(),
            did: match known.confidence {
                Likely => "made the call",
                _ => "is the innermost driver when it was noticed",
            },
            confidence: known.confidence,
        };
        // Of pages left locked, the driver whose IRP has the MDL of P3 says more than the caller.
        let holder = (known.code == 0xCB).then_some(2);
        let place = holder
            .into_iter()
            .chain(known.names)
            .filter_map(|index| facts.blamed.get(index))
            .find(|place| place.is_third_party());
        let Some(place) = place else {
            return at_fault(facts, &call);
        };
        let mut finding = at_fault(facts, &call)?;
        finding.culprit = Some(culprit_at(place, CulpritRole::Caller));
        finding.confidence = Likely;
        finding.evidence.push(parameter(
            format!("a parameter names {}", place.text()),
            &[place.address],
        ));
        Some(finding)
    }
}

/// A stop raised in a driver's call.
pub(super) struct Call {
    pub cause: CauseId,
    /// What the stop says, in words that begin a sentence but for the capital.
    pub said: String,
    /// What the driver's frame did.
    pub did: &'static str,
    /// With a driver to blame.
    pub confidence: Confidence,
}

/// Blames the innermost driver on the crash stack that does not come with Windows.
pub(super) fn at_fault(facts: &Facts, call: &Call) -> Option<Finding> {
    let found = facts.crash_stack().and_then(|stack| {
        let index = stack.first_suspect(0)?;
        stack.frames[index]
            .is_third_party()
            .then_some((stack, index))
    });
    let mut evidence = vec![parameter(
        call.said.clone(),
        &stated(&facts.bugcheck.parameters),
    )];
    evidence.extend(found.map(|(stack, index)| {
        let shows = format!("{} {}", stack.frames[index].text(), call.did);
        frame_at(stack, index, shows)
    }));
    let said = {
        let mut chars = call.said.chars();
        let first = chars
            .next()
            .map(|first| first.to_uppercase().collect::<String>());
        format!("{}{}", first.unwrap_or_default(), chars.as_str())
    };
    let role = match call.confidence {
        Possible => CulpritRole::Suspect,
        _ => CulpritRole::Caller,
    };
    let unknown = match (found.is_some(), call.confidence) {
        (true, Possible) => Some(Unknown {
            what: "whether the driver on the stack did it".to_owned(),
            why: "the damage is noticed by whoever comes next; Driver Verifier finds who does it"
                .to_owned(),
        }),
        (true, _) => None,
        (false, _) => Some(Unknown {
            what: "who did it".to_owned(),
            why: "only modules of Windows are on the stack".to_owned(),
        }),
    };
    Some(Finding {
        cause: call.cause,
        explanation: match found {
            Some((stack, index)) => {
                format!("{said}; {} {}.", stack.frames[index].text(), call.did)
            }
            None => format!("{said}."),
        },
        culprit: found.map(|(stack, index)| culprit(&stack.frames[index], role)),
        victims: Vec::new(),
        confidence: match found {
            Some(_) => call.confidence,
            None => Possible,
        },
        evidence,
        unknown: unknown.into_iter().collect(),
        alternatives: Vec::new(),
    })
}
