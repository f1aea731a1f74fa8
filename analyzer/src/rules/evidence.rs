//! Pieces of evidence that several rules use.

use super::blame::frame_evidence;
use crate::facts::{Facts, IrpFacts, LeakFacts, Place, StackFacts, WaitFacts};
use crate::stop::Parameter;
use crate::verdict::{Culprit, CulpritRole, Evidence, EvidenceKind};

/// A piece of evidence.
pub(super) fn evidence(
    kind: EvidenceKind,
    shows: impl Into<String>,
    addresses: &[u64],
    found_by: impl Into<String>,
    windbg: impl Into<String>,
) -> Evidence {
    Evidence {
        kind,
        shows: shows.into(),
        addresses: addresses.iter().map(|&address| address.into()).collect(),
        found_by: found_by.into(),
        windbg: Some(windbg.into()),
    }
}

/// The values of those parameters that are known.
pub(super) fn stated(parameters: &[Parameter]) -> Vec<u64> {
    let known = parameters.iter().copied();
    known.filter_map(Parameter::known).collect()
}

/// A parameter of the stop as evidence.
pub(super) fn parameter(shows: impl Into<String>, addresses: &[u64]) -> Evidence {
    let found_by = "the stop's parameters";
    let kind = EvidenceKind::BugcheckParameter;
    evidence(kind, shows, addresses, found_by, ".bugcheck")
}

/// A culprit known by an address in code that is on no stack.
pub(super) fn culprit_at(place: &Place, role: CulpritRole) -> Culprit {
    Culprit {
        module: place
            .symbol
            .module
            .clone()
            .unwrap_or_else(|| format!("{:#x}", place.address)),
        function: place.symbol.function.clone(),
        offset: place.symbol.offset,
        address: Some(place.address.into()),
        source_file: place.symbol.file.clone(),
        source_line: place.symbol.line,
        role,
    }
}

/// A culprit of which only the module is known.
pub(super) fn culprit_module(module: &str, role: CulpritRole) -> Culprit {
    Culprit {
        module: module.to_owned(),
        function: None,
        offset: None,
        address: None,
        source_file: None,
        source_line: None,
        role,
    }
}

/// A function that leaks, as evidence.
pub(super) fn leak_evidence(leak: &LeakFacts) -> Evidence {
    let ways = match leak.every_exit {
        true => "on every way out",
        false => "on some ways out, not on others",
    };
    let function = leak.taken_at.symbol.function.as_deref();
    let shows = format!(
        "{} {} at {:#x} and returns with {}, {ways}",
        function.unwrap_or("a function"),
        leak.how,
        leak.taken_at.address,
        leak.taken.text()
    );
    let found_by = format!(
        "the function's code, following its paths to the exit at {:#x}",
        leak.exit
    );
    let command = format!("uf {:#x}", leak.taken_at.address);
    let addresses = [leak.taken_at.address, leak.exit];
    evidence(EvidenceKind::Code, shows, &addresses, found_by, command)
}

/// The request and current location of an IRP, as evidence.
pub(super) fn irp_evidence(irp: &IrpFacts) -> Evidence {
    let holder = match (&irp.device, irp.irp.current_location()) {
        (Some(device), Some(at)) => format!(
            "is at location {} of {}, with {}'s device {:#x} ({:#x})",
            irp.irp.current,
            irp.irp.locations.len(),
            device.driver,
            device.address,
            at.address
        ),
        _ => format!(
            "is past its locations ({} of {}): it is complete",
            irp.irp.current,
            irp.irp.locations.len()
        ),
    };
    let shows = format!(
        "the IRP {:#x}, {}, {holder}",
        irp.irp.address,
        irp.function()
    );
    let command = format!("!irp {:#x} 1", irp.irp.address);
    let found_by = "the IRP's current stack location";
    evidence(
        EvidenceKind::Structure,
        shows,
        &[irp.irp.address],
        found_by,
        command,
    )
}

/// The device stack of an IRP, as evidence.
pub(super) fn stack_evidence(irp: &IrpFacts) -> Option<Evidence> {
    let bottom = irp.stack.last()?;
    let drivers: Vec<_> = irp
        .stack
        .iter()
        .map(|(device, _)| device.driver.as_str())
        .collect();
    let node = irp.node.as_ref().and_then(|node| node.instance.as_deref());
    let of = node.map(|node| format!(" of {node}")).unwrap_or_default();
    let shows = format!("the device stack{of}, from the top: {}", drivers.join(", "));
    let addresses: Vec<_> = irp.stack.iter().map(|(device, _)| device.address).collect();
    let found_by = "the devices attached to the physical device";
    let command = format!("!devstack {:#x}", bottom.0.address);
    Some(evidence(
        EvidenceKind::Structure,
        shows,
        &addresses,
        found_by,
        command,
    ))
}

/// A thread's wait, as evidence.
pub(super) fn wait_evidence(facts: &Facts, wait: &WaitFacts) -> Evidence {
    let since = wait.seconds.map(|seconds| format!(" for {seconds:.0} s"));
    let objects: Vec<_> = wait
        .objects
        .iter()
        .map(|object| {
            format!(
                "the {} at {:#x}, {}",
                object.kind.text(),
                object.address,
                object.home.text()
            )
        })
        .collect();
    let shows = format!(
        "thread {:#x} has waited{} on {}",
        wait.thread,
        since.unwrap_or_default(),
        match objects.is_empty() {
            true => "an object that is not known".to_owned(),
            false => objects.join(" and "),
        }
    );
    let addresses: Vec<_> = wait.objects.iter().map(|object| object.address).collect();
    let source = facts
        .stacks
        .get(wait.stack)
        .map(|stack| stack.source.as_str());
    let found_by = format!("the thread's wait blocks; {}", source.unwrap_or("no stack"));
    let command = format!("!thread {:#x}", wait.thread);
    evidence(EvidenceKind::Thread, shows, &addresses, found_by, command)
}

/// The driver's frame in a thread that waits: the first one outwards of the wait.
pub(super) fn waiting_frame(stack: &StackFacts) -> Option<usize> {
    let waits = stack.frames.iter().position(|frame| {
        let name = frame.symbol.function.as_deref().unwrap_or("");
        frame.symbol.in_kernel
            && (name.starts_with("KeWaitFor")
                || name.starts_with("KeDelayExecution")
                || name.starts_with("ExpWaitFor")
                || name.starts_with("KiWaitFor"))
    });
    stack.first_suspect(waits.unwrap_or(0))
}

/// A frame of a stack, by index.
pub(super) fn frame_at(stack: &StackFacts, index: usize, shows: impl Into<String>) -> Evidence {
    frame_evidence(stack, &stack.frames[index], shows.into())
}
