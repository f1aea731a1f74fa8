//! The IRP that a stop is about: its current driver, and the threads that reference it.

use super::context::{CollectContext, Place};
use crate::dump::{MemoryExt, is_kernel_address};
use crate::nt::{
    Device, DeviceNode, Irp, Location, device_node, device_stack, major_name, minor_name,
};
use crate::stop::{Class, Role};

/// An IRP with its device stack.
#[derive(Clone, Debug)]
pub(crate) struct IrpFacts {
    pub irp: Irp,
    /// The device of the current stack location.
    pub device: Option<Device>,
    /// The routine that this device's driver registered for the IRP's major function.
    pub dispatch: Option<Place>,
    /// All devices of the stack, topmost first, each with the routine for the major function.
    pub stack: Vec<(Device, Option<Place>)>,
    /// The device node at the bottom of the stack.
    pub node: Option<DeviceNode>,
    /// Indices of the stacks of threads (not of the crash) that hold the IRP's address.
    pub mentioned_on: Vec<usize>,
}

impl IrpFacts {
    /// The location that has the request: the current one, else the last one in use.
    pub(crate) fn location(&self) -> Option<&Location> {
        let last = || {
            self.irp
                .locations
                .iter()
                .rev()
                .find(|location| location.device != 0)
        };
        self.irp.current_location().or_else(last)
    }

    /// `IRP_MJ_POWER / IRP_MN_SET_POWER`.
    pub(crate) fn function(&self) -> String {
        self.location().map_or_else(
            || "an IRP with no location in use".to_owned(),
            |at| {
                format!(
                    "{} / {}",
                    major_name(at.major),
                    minor_name(at.major, at.minor)
                )
            },
        )
    }
}

/// The IRPs that the stop's parameters name, or that its thread has pending.
pub(crate) fn irps(context: &CollectContext<'_, '_, '_>) -> Vec<IrpFacts> {
    let stop = context.bugcheck.stop();
    let thread = stop
        .by_role(Role::Thread)
        .filter(|_| stop.class() == Class::Power);
    let addresses = match (stop.by_role(Role::Irp), thread) {
        (Some(irp), _) => vec![irp],
        (None, Some(thread)) => thread_irps(context, thread),
        (None, None) if stop.kind() == (0x133, Some(1)) => completing(context),
        (None, None) => return Vec::new(),
    };
    let bottom = stop.by_role(Role::Device);
    addresses
        .into_iter()
        .filter_map(|address| {
            let what = format!("the IRP at {address:#x}");
            match context.known(&what, Irp::read(context.nt, address))? {
                Some(irp) => Some(surroundings(context, irp, bottom)),
                None => {
                    context.note(what, "there is no IRP at that address (any more)");
                    None
                }
            }
        })
        .collect()
}

fn surroundings(context: &CollectContext<'_, '_, '_>, irp: Irp, bottom: Option<u64>) -> IrpFacts {
    let nt = context.nt;
    let last = || {
        irp.locations
            .iter()
            .rev()
            .find(|location| location.device != 0)
    };
    let location = irp.current_location().or_else(last).copied();
    let device = location
        .filter(|location| is_kernel_address(location.device))
        .and_then(|location| context.known("the IRP's device", Device::read(nt, location.device)));
    let routine = |device: &Device| {
        let (address, symbol) = device.dispatch(nt, location?.major)?;
        Some(Place { address, symbol })
    };
    let any_device = bottom.or(device.as_ref().map(|device| device.address));
    let stack = any_device
        .and_then(|at| context.known("the IRP's device stack", device_stack(nt, at)))
        .unwrap_or_default();
    let node = stack
        .last()
        .and_then(|bottom| device_node(nt, bottom.address));
    IrpFacts {
        dispatch: device.as_ref().and_then(routine),
        stack: stack
            .into_iter()
            .map(|device| {
                let routine = routine(&device);
                (device, routine)
            })
            .collect(),
        node,
        mentioned_on: mentions(context, irp.address),
        device,
        irp,
    }
}

/// Stacks, except the crash stack, whose used part holds a value.
fn mentions(context: &CollectContext<'_, '_, '_>, value: u64) -> Vec<usize> {
    let wanted = value.to_le_bytes();
    let stacks = context
        .stacks
        .iter()
        .enumerate()
        .filter(|(_, stack)| !stack.is_crash());
    stacks
        .filter(|(_, stack)| {
            let Some((_, high)) = stack.thread.as_ref().and_then(|thread| thread.stack()) else {
                return false;
            };
            let Some(low) = stack.frames.first().and_then(|frame| frame.sp) else {
                return false;
            };
            let length = high.saturating_sub(low) as usize;
            let bytes = context.nt.target.memory.read_prefix(low, length);
            bytes.chunks_exact(8).any(|slot| slot == wanted)
        })
        .map(|(index, _)| index)
        .collect()
}

/// IRPs in a thread's `IrpList`.
fn thread_irps(context: &CollectContext<'_, '_, '_>, thread: u64) -> Vec<u64> {
    const MAX_IRPS: usize = 64;
    let nt = context.nt;
    let list = nt
        .offset("_ETHREAD", "IrpList")
        .map_err(Into::into)
        .and_then(|at| nt.list(thread.wrapping_add(at), "_IRP", "ThreadListEntry", MAX_IRPS));
    context
        .known("the IRPs of the thread", list)
        .map(|(irps, _)| irps)
        .unwrap_or_default()
}

/// The IRP whose completion APC runs on the crash stack. The frames around `IopCompleteRequest`
/// hold its address, or that of its APC.
fn completing(context: &CollectContext<'_, '_, '_>) -> Vec<u64> {
    const SEARCHED: u64 = 0x400;
    let nt = context.nt;
    let Some(stack) = context.stacks.first().filter(|stack| stack.is_crash()) else {
        return Vec::new();
    };
    let completes = |frame: &&super::FrameFacts| frame.symbol.is_nt("IopCompleteRequest");
    let Some(frame) = stack.frames.iter().find(completes) else {
        return Vec::new();
    };
    let apc = nt.offset("_IRP", "Tail.Apc").unwrap_or(0);
    let saved = (0..SEARCHED / 8).filter_map(|slot| {
        let at = frame.sp?.checked_add(8 * slot)?;
        nt.target.memory.read_u64(at).ok()
    });
    let registers = frame.context.map(|context| context.gpr);
    let found = registers
        .into_iter()
        .flatten()
        .chain(saved)
        .filter(|&value| is_kernel_address(value))
        .flat_map(|value| [value, value.wrapping_sub(apc)])
        .find(|&address| {
            let irp = Irp::read(nt, address);
            matches!(irp, Ok(Some(irp)) if is_kernel_address(irp.user_event))
        });
    if found.is_none() {
        context.note(
            "the IRP that is being completed",
            "its address is not in the frames",
        );
    }
    found.into_iter().collect()
}
