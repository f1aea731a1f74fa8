//! What plans are made of.

use std::path::Path;

use scenario::{Scenario, parse};

use crate::plan::{Accelerator, HostChoices};

/// What a host without /dev/kvm contributes.
pub const HOST: HostChoices = HostChoices {
    accelerator: Accelerator::Tcg,
    sandbox: true,
    seed: 0x1234,
};

/// A scenario with one test driver and one of the user's.
pub fn scenario() -> Scenario {
    let text = "name: hog\nsummary: s\ndrivers: [hog, {path: own/my.sys, symbols: own/my.pdb}]\n\
                guest: {cpus: 1, hypervisor: hidden}\nsteps: [{start: my}, {start: hog}]\n\
                within: 7s\nexpect: {cause: irql-leaked}\n";
    parse(Path::new("/s/hog.yaml"), text, &["hog".to_owned()]).expect("the text above")
}
