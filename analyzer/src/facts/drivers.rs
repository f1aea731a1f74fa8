//! The loaded drivers that are not part of Windows.

use crate::dump::DumpHeader;
use crate::modules::{Module, is_inbox};
use crate::target::Target;
use crate::verdict::DriverInfo;

/// The third-party drivers, in the order of their addresses.
pub(crate) fn drivers(target: &Target<'_>, header: &DumpHeader) -> Vec<DriverInfo> {
    let third_party = |module: &&Module| !module.is_kernel && !is_inbox(&module.name);
    let modules = target.modules.iter().filter(third_party);
    modules.map(|module| info(target, header, module)).collect()
}

fn info(target: &Target<'_>, header: &DumpHeader, module: &Module) -> DriverInfo {
    let memory = target.memory;
    DriverInfo {
        name: module.name.clone(),
        path: module.path().map(str::to_owned),
        base: Some(module.base.into()),
        timestamp: module.timestamp(memory),
        date: module.date(memory, header.build, header.crash_seconds()),
        version: module.version(memory).map(|version| version.file.clone()),
    }
}
