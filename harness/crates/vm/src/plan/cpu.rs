//! Which processor a guest sees.

use super::Accelerator;
use crate::image::Os;

pub(super) struct Cpu {
    /// As QEMU's `-cpu` takes it.
    pub model: String,
    /// Whether it has Hyper-V's crash registers, in which Windows leaves its stop code.
    pub crash_registers: bool,
}

/// What Windows likes to find under a hypervisor, and hv-crash. Not hv-relaxed: with it Windows
/// switches off the watchdogs that scenarios are about. Each of these that needs another follows it.
const ENLIGHTENMENTS: &str = "hv-crash,hv-vapic,hv-spinlocks=0x1fff,hv-vpindex,hv-runtime,\
                              hv-time,hv-synic,hv-stimer,hv-frequencies,hv-tlbflush,hv-ipi";

/// The processor for a guest. Windows under KVM gets the host's, as people run it; all others get
/// what QEMU can offer.
pub(super) fn cpu(os: Os, accelerator: Accelerator, hide_hypervisor: bool) -> Cpu {
    let (model, crash_registers) = match (os, accelerator, hide_hypervisor) {
        // `kvm=off` would hide KVM's signature only; the kernel looks at CPUID's bit.
        (Os::Windows, Accelerator::Kvm, true) => ("host,-hypervisor".to_owned(), false),
        (Os::Windows, Accelerator::Kvm, false) => (format!("host,{ENLIGHTENMENTS}"), true),
        (_, _, true) => ("max,-hypervisor".to_owned(), false),
        // The translator has no enlightenments.
        (_, _, false) => ("max".to_owned(), false),
    };
    Cpu {
        model,
        crash_registers,
    }
}
