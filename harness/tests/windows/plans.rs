//! Plans that depend on nothing of this machine.

use std::path::{Path, PathBuf};

use vm::plan::Accelerator;
use windows_image::store::ImagePlace;
use windows_image::{BuildPlan, DumpKind, Host, MediumContents, Options, Version};

/// A plan for the usual evaluation medium of `version`, with KVM.
pub fn plan(version: Version, store: &Path) -> BuildPlan {
    let options = Options {
        name: format!("win{}", version.id()),
        iso: "/iso/windows.iso".into(),
        virtio_win: "/iso/virtio-win.iso".into(),
        ..Options::default()
    };
    BuildPlan {
        found: MediumContents::assumed(version),
        host: Host {
            machine: "pc-q35-7.2".into(),
            accelerator: Accelerator::Kvm,
            sandbox: true,
            firmware: ("/fw/OVMF_CODE_4M.fd".into(), "/fw/OVMF_VARS_4M.fd".into()),
        },
        place: ImagePlace::new(store.to_owned(), &options.name).unwrap(),
        options,
        install_within: None,
        settle: None,
    }
}

/// Each version's plan, and one with all that can be chosen, each with a name.
pub fn all(store: &Path) -> Vec<(String, BuildPlan)> {
    let mut plans: Vec<(String, BuildPlan)> = Version::ALL
        .map(|version| (version.id().to_owned(), plan(version, store)))
        .into();
    let mut chosen = plan(Version::Windows11, store);
    chosen.options = Options {
        iso: PathBuf::from("/iso/with, comma.iso"),
        edition: Some("Windows 11 Pro".into()),
        language: Some("de-DE".into()),
        product_key: Some("AAAAA-BBBBB-CCCCC-DDDDD-EEEEE".into()),
        memory_mib: 8192,
        cpus: 4,
        disk_gib: Some(100),
        dump: DumpKind::Full,
        dump_disk: true,
        ..chosen.options
    };
    chosen.host.accelerator = Accelerator::Tcg;
    chosen.found.image.name = "Windows 11 Pro".into();
    chosen.found.image.edition = "Professional".into();
    plans.push(("11-dump-disk-tcg".into(), chosen));
    plans
}
