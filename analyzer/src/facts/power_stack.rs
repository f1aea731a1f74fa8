//! The device stack of a power IRP that is not shown itself.

use crate::nt::Device;

/// What names the drivers of the device behind a power stop, without the IRP.
#[derive(Clone, Debug, Default)]
pub(crate) struct PowerStack {
    /// The devices of P2's stack, topmost first.
    pub devices: Vec<Device>,
    /// The driver of the device node's service, which is the function driver.
    pub service: Option<String>,
    /// The driver in the middle of the bucket's name (`0x9F_3_name_IMAGE_file`).
    pub bucket: Option<String>,
}
