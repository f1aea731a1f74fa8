//! What an image cannot do for a scenario, whatever the plan.

use scenario::{Hypervisor, Scenario, Step};

use super::{Image, Os};

impl Image {
    /// Why a scenario cannot be run on this image, if so.
    pub fn refuses(&self, scenario: &Scenario) -> Option<String> {
        let name = &self.name;
        match self.os {
            Os::TinyNt => None,
            Os::Windows => {
                let plugs = |step: &&Step| matches!(step, Step::Plug { .. } | Step::Unplug(_));
                scenario.steps.iter().find(plugs).map(|_| {
                    format!(
                        "image {name} has no virtual bus to plug devices into: swenum.exe is \
                         TinyNT's, and there is none for Windows yet"
                    )
                })
            }
            Os::Linux if !scenario.drivers.is_empty() => {
                Some(format!("image {name} runs Linux, which loads no .sys"))
            }
            Os::Linux => None,
        }
    }

    /// What a run on this image cannot show, in one sentence each; with what executes it and
    /// whether the guest sees a hypervisor.
    pub fn caveats(&self, hypervisor: Hypervisor, translated: bool) -> Vec<String> {
        let mut caveats = Vec::new();
        if self.os != Os::Windows {
            return caveats;
        }
        if translated {
            caveats.push(
                "Windows under QEMU's translator: allow half an hour for a boot, and timeouts may \
                 end a run that KVM would carry out"
                    .into(),
            );
        }
        if translated || hypervisor == Hypervisor::Hidden {
            caveats.push(
                "the guest cannot announce its stop (hv-crash needs KVM and a visible \
                 hypervisor): the dump's header and the verdict are the only witnesses"
                    .into(),
            );
        }
        caveats
    }
}
