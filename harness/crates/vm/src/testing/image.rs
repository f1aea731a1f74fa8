//! Descriptions of images, and the images.

use std::path::Path;

use crate::image::{Boot, Home, Image, NtBoot, parse};

/// The description of [`tiny`].
pub const TEXT: &str = r"
name: tiny
summary: A guest.
boot:
  machine: q35
  firmware: qboot.rom
  kernel: out/loader.elf
  fw-cfg: {opt/tiny/kernel: out/kernel.exe}
  modules: {prefix: opt/tiny/boot, folder: out/inbox, order: [b.sys, a.sys]}
  seed: opt/tiny/seed
agent: {port: org.qemu.guest_agent.0, lockstep-gate: 0x5F0, stage: 'C:\Stopcode', ready-within: 20s}
captures: [win-dmp]
symbols: [out/symbols]
drivers: out/drivers
build: [[make, -C, x]]
";

/// An image of the project in `/p`, handed over by QEMU. None of its files is there.
pub fn tiny() -> Image {
    let home = Home::Project("/p/images/tiny".into());
    parse(
        Path::new("image.yaml"),
        TEXT,
        Path::new("/p"),
        &home,
        "tiny",
    )
    .expect("the text above")
}

/// The description of [`windows`].
pub const WINDOWS: &str = r"
format: 1
name: win11
summary: Made up.
os: windows
boot:
  machine: pc-q35-7.2
  firmware: OVMF_CODE_4M.fd
  variables: vars.fd
  disk: {file: disk.qcow2, bus: ahci}
  dump-disk: {file: dump.qcow2, bus: ahci}
  memory: 4G
  cpus: 2
  state: settled.state
agent: {port: org.qemu.guest_agent.0, stage: 'C:\Stopcode', ready-within: 300s}
captures: [win-dmp, elf-dump, guest-disk]
symbols: ['srv*']
signing: {certificate: test.crt, key: test.key}
crash: {dump: kernel}
";

/// A stored image in `/store`, whose state is not there.
pub fn windows() -> Image {
    let home = Home::Store("/store/win11".into());
    parse(
        Path::new("image.yaml"),
        WINDOWS,
        Path::new("/p"),
        &home,
        "win11",
    )
    .expect("the text above")
}

/// What boots an image like [`tiny`].
pub fn nt(image: &mut Image) -> &mut NtBoot {
    match &mut image.boot {
        Boot::Nt(nt) => nt,
        other => panic!("{other:?}"),
    }
}
