//! The device through which a stop names the offending driver.

use super::context::{CollectContext, Place};
use crate::nt::Device;
use crate::target::Pc;

/// A device, with its driver's dispatch routines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Violator {
    pub device: Device,
    /// The driver's dispatch routines, each with the first major function that it serves.
    pub routines: Vec<(Place, String)>,
}

/// The device that a parameter names (Microsoft's bug check reference).
pub(crate) fn device_of(context: &CollectContext<'_, '_, '_>) -> Option<Violator> {
    let address = context.bugcheck.parameters[context.bugcheck.stop().violator()?];
    let device = context.known(
        "the device that the stop names",
        Device::read(context.nt, address),
    )?;
    let routines = device.dispatch_routines(context.nt);
    let place = |address| Place {
        address,
        symbol: context.nt.target.symbol(address, Pc::Exact),
    };
    Some(Violator {
        device,
        routines: routines
            .into_iter()
            .map(|(address, major)| (place(address), major))
            .filter(|(place, _)| place.is_driver())
            .collect(),
    })
}
