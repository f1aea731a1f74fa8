//! The device by which a stop names the offending driver.

use super::scene::{Place, Scene};
use crate::nt::Device;
use crate::target::Pc;

/// A device and what its driver registered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Violator {
    pub device: Device,
    /// The driver's dispatch routines, each with the first major function that it serves.
    pub routines: Vec<(Place, String)>,
}

/// The device that a parameter names (Microsoft's bug check reference).
pub(crate) fn device_of(scene: &Scene<'_, '_, '_>) -> Option<Violator> {
    let address = scene.bugcheck.parameters[scene.bugcheck.stop().violator()?];
    let device = scene.known(
        "the device that the stop names",
        Device::read(scene.nt, address),
    )?;
    let routines = device.dispatch_routines(scene.nt);
    let place = |address| Place {
        address,
        symbol: scene.nt.target.symbol(address, Pc::Exact),
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
