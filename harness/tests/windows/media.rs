//! Wrong media and wrong choices: one message each, exit code 2, and nothing in the store.

use std::fs;

use crate::command::{Sandbox, has, text};

const CLIENT: (&str, &str, &str, u32) = (
    "Windows 11 Enterprise Evaluation",
    "EnterpriseEval",
    "Client",
    26100,
);

#[test]
fn the_medium_decides_what_is_planned() {
    if !has("xorriso") {
        return;
    }
    let sandbox = Sandbox::new();
    let iso = sandbox.windows(
        "w.iso",
        &[
            (
                "Windows Server 2022 SERVERSTANDARD",
                "ServerStandardEval",
                "Server",
                20348,
            ),
            (
                "Windows Server 2022 SERVERSTANDARDCORE",
                "ServerStandardEval",
                "Server Core",
                20348,
            ),
            (
                "Windows Server 2022 SERVERDATACENTERCORE",
                "ServerDatacenter",
                "Server Core",
                20348,
            ),
        ],
    );
    let drivers = sandbox.virtio_win("v.iso", "2k22");
    let media = [
        "--iso",
        text(&iso),
        "--virtio-win",
        text(&drivers),
        "--dry-run",
    ];
    let planned = |more: &[&str]| sandbox.build(&[&media[..], more].concat());
    let plan = planned(&[]);
    assert_eq!(plan.code, Some(0), "{plan:?}");
    // Two images have this edition: the one without a desktop is taken.
    assert!(
        plan.out
            .contains("<Value>Windows Server 2022 SERVERSTANDARDCORE</Value>")
    );
    assert!(
        plan.out.contains("<UILanguage>de-DE</UILanguage>"),
        "{}",
        plan.out
    );
    let plan = planned(&["--edition", "windows server 2022 serverdatacentercore"]);
    assert!(
        plan.out
            .contains("<Value>Windows Server 2022 SERVERDATACENTERCORE</Value>")
    );
    planned(&["--edition", "Home"]).says(2, &["no edition `Home`", "SERVERDATACENTERCORE"]);
    planned(&["--windows", "11"]).says(2, &["is Windows Server 2022, not Windows 11"]);
    planned(&["--memory", "1G"]).says(2, &["needs at least 2048 MiB", "--memory 2048M"]);
    planned(&["--disk", "30"]).says(2, &["at least 40 GiB", "--disk 40"]);
    planned(&["--name", "../x"]).says(2, &["`../x` is not a valid image name"]);
    assert_eq!(sandbox.stored(), Vec::<String>::new());
}

#[test]
fn wrong_media_are_named() {
    if !has("xorriso") {
        return;
    }
    let sandbox = Sandbox::new();
    let drivers = sandbox.virtio_win("v.iso", "w11");
    let good = sandbox.windows("good.iso", &[CLIENT]);
    let build = |iso: &std::path::Path, drivers: &std::path::Path| {
        sandbox.build(&["--iso", text(iso), "--virtio-win", text(drivers)])
    };

    build(&sandbox.path("none.iso"), &drivers).says(2, &["cannot read", "none.iso"]);
    let noise = sandbox.path("noise.iso");
    fs::write(&noise, vec![7; 700_000]).unwrap();
    build(&noise, &drivers).says(2, &["noise.iso is not an ISO image"]);
    let cut = sandbox.path("cut.iso");
    let whole = fs::read(&good).unwrap();
    fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    build(&cut, &drivers).says(2, &["cut.iso is cut off", "download it again"]);
    let other = sandbox.medium("linux.iso", &[("boot/vmlinuz", b"x")]);
    build(&other, &drivers).says(2, &["linux.iso is not a Windows installation medium"]);
    build(&drivers, &good).says(2, &["belongs to --virtio-win"]);
    let split = sandbox.medium("split.iso", &[("sources/install.swm", b"x")]);
    build(&split, &drivers).says(2, &["split image"]);
    let broken = sandbox.medium("broken.iso", &[("sources/install.esd", b"no WIM at all")]);
    build(&broken, &drivers).says(2, &["broken.iso", "install.wim"]);
    let old = sandbox.windows(
        "old.iso",
        &[("Windows 8.1 Pro", "Professional", "Client", 9600)],
    );
    build(&old, &drivers).says(
        2,
        &[
            "no Windows that can be built",
            "Windows 8.1 Pro (build 9600)",
        ],
    );
    let home = sandbox.windows("home.iso", &[("Windows 11 Home", "Core", "Client", 26100)]);
    build(&home, &drivers).says(2, &["has no edition", "EnterpriseEval", "Windows 11 Home"]);

    let older = sandbox.virtio_win("older.iso", "w10");
    build(&good, &older).says(
        2,
        &[
            "older.iso lacks vioserial/w11/amd64/*.inf",
            "newer virtio-win",
        ],
    );
    let bare = sandbox.medium(
        "bare.iso",
        &[
            ("vioserial/w11/amd64/vioser.inf", b"x"),
            ("fwcfg/w11/amd64/fwcfg.inf", b"x"),
            ("pvpanic/w11/amd64/pvpanic.inf", b"x"),
        ],
    );
    build(&good, &bare).says(2, &["lacks guest-agent/qemu-ga-x86_64.msi"]);
    build(&good, &good).says(2, &["good.iso lacks vioserial"]);
    sandbox
        .build(&["--iso", text(&good)])
        .says(2, &["no --virtio-win"]);
    sandbox
        .build(&["--virtio-win", text(&drivers)])
        .says(2, &["no --iso", "evalcenter"]);
    sandbox.build(&["--dry-run"]).says(2, &["needs --windows"]);
    assert_eq!(sandbox.stored(), Vec::<String>::new());
}

#[test]
fn an_image_is_not_replaced_by_accident() {
    if !has("xorriso") {
        return;
    }
    let sandbox = Sandbox::new();
    let iso = sandbox.windows("w.iso", &[CLIENT]);
    let drivers = sandbox.virtio_win("v.iso", "w11");
    let build = || sandbox.build(&["--iso", text(&iso), "--virtio-win", text(&drivers)]);
    let image = sandbox.path("store/win11");
    fs::create_dir(&image).unwrap();
    fs::write(image.join("image.yaml"), "format: 1\nname: win11\n").unwrap();
    build().says(2, &["image win11 exists", "--force builds it anew"]);
    fs::write(image.join("image.yaml"), "format: 0\n").unwrap();
    build().says(2, &["older stopcode (format 0, now 1)"]);
    assert_eq!(sandbox.stored(), ["win11"]);

    // Options for Windows are no options for other images.
    let mistaken = &mut sandbox.command(&["image", "build", "tinynt", "--force"]);
    crate::command::Ended::of(mistaken).says(2, &["are for `stopcode image build windows`"]);
}

#[test]
fn too_little_room_is_said_before_anything_is_made() {
    if !has("xorriso") {
        return;
    }
    let sandbox = Sandbox::new();
    let iso = sandbox.windows("w.iso", &[CLIENT]);
    let drivers = sandbox.virtio_win("v.iso", "w11");
    let media = ["--iso", text(&iso), "--virtio-win", text(&drivers)];
    // Its state and its dump would need 2 TB of disk.
    sandbox
        .build(&[&media[..], &["--memory", "1000G", "--dump", "full"]].concat())
        .says(
            2,
            &["GiB free, and the image needs about", "STOPCODE_IMAGES"],
        );
    assert_eq!(sandbox.stored(), Vec::<String>::new());
}
