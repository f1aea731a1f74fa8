//! Descriptions of images, right and wrong.

use super::*;
use crate::testing::image::{TEXT, WINDOWS, nt, tiny, windows};

#[test]
fn a_stored_image_has_its_files_beside_it_and_our_drivers() {
    let image = windows();
    let Boot::Disk(disk) = &image.boot else {
        panic!("{image:?}");
    };
    let files: Vec<_> = image.boot.files();
    let named = [
        "/store/win11/disk.qcow2",
        "/store/win11/dump.qcow2",
        "OVMF_CODE_4M.fd",
        "/store/win11/vars.fd",
    ];
    assert_eq!(files, named.map(Path::new));
    assert_eq!((disk.hardware.memory.mib(), disk.hardware.cpus), (4096, 2));
    let state = disk.state.as_ref().unwrap();
    assert_eq!(state.file, Path::new("/store/win11/settled.state"));
    assert!(state.about.is_err());
    assert_eq!(image.symbol_path, ["srv*"]);
    assert_eq!(image.drivers, Path::new("/p/target/guest/drivers"));
    assert_eq!(image.symbols, [Path::new("/p/target/guest/drivers")]);
    assert!(!image.built_here);
    assert_eq!(image.build, [["make", "-C", "test-drivers"]]);
    assert_eq!(image.own_dump, Some(OwnDump::Kernel));
}

#[test]
fn each_kind_of_image_has_its_own_keys() {
    let error = |changes: &[(&str, &str)]| {
        let mut text = WINDOWS.to_owned();
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        let home = Home::Store("/store/win11".into());
        let error = parse(Path::new("i.yaml"), &text, Path::new("/p"), &home, "win11");
        error.unwrap_err().to_string()
    };
    for (changes, message) in [
        (&[("format: 1\n", "")][..], "built by an older version"),
        (
            &[("format: 1", "format: 0")],
            "format 0, where this stopcode reads format 1",
        ),
        (&[("format: 1", "format: 2")], "built by a newer version"),
        (&[("os: windows", "os: dos")], "unknown variant `dos`"),
        (&[("os: windows", "os: tinynt")], "unknown key `variables`"),
        (&[("  disk: ", "  disc: ")], "unknown key `disc`"),
        (
            &[("dump.qcow2, bus: ahci", "dump.qcow2, bus: scsi")],
            "unknown variant `scsi`",
        ),
        (
            &[("pc-q35-7.2", "pc-i440fx-7.2")],
            "ahci needs a q35 machine",
        ),
        (
            &[("  firmware: OVMF_CODE_4M.fd\n", "")],
            "without the UEFI firmware",
        ),
        (&[("cpus: 2", "cpus: 0")], "0 processors"),
        (&[("memory: 4G", "memory: 4")], "not an amount of memory"),
        (
            &[("stage:", "lockstep-gate: 1, stage:")],
            "only TinyNT's agent",
        ),
        (&[("dump: kernel", "dump: much")], "unknown variant `much`"),
    ] {
        let error = error(changes);
        assert!(error.contains(message), "{message}: {error}");
    }
}

#[test]
fn modules_keep_their_order_and_get_numbers() {
    let mut image = tiny();
    assert_eq!(image.boot.files().len(), 4);
    let files: Vec<_> = (nt(&mut image).fw_cfg.iter())
        .map(|(name, file)| (name.as_str(), file.to_str().unwrap()))
        .collect();
    assert_eq!(
        files,
        [
            ("opt/tiny/kernel", "/p/out/kernel.exe"),
            ("opt/tiny/boot/00-b.sys", "/p/out/inbox/b.sys"),
            ("opt/tiny/boot/01-a.sys", "/p/out/inbox/a.sys"),
        ]
    );
}

#[test]
fn mistakes_have_a_place() {
    let parse = |text: &str, name: &str| {
        let home = Home::Project("/p/images/tiny".into());
        parse(Path::new("image.yaml"), text, Path::new("/p"), &home, name).unwrap_err()
    };
    let error = parse(&TEXT.replace("drivers:", "driver:"), "tiny");
    assert!(
        error
            .to_string()
            .starts_with("image.yaml:14:1: unknown key"),
        "{error}"
    );
    let error = parse(TEXT, "other");
    assert!(
        error.to_string().contains("lives in the folder `other`"),
        "{error}"
    );
    let error = parse(&TEXT.replace("a.sys", &"a".repeat(60)), "tiny");
    assert!(error.to_string().contains("more than 55 bytes"), "{error}");
}
