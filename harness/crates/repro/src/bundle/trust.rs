//! Whether the image of a bundle may be run. It is untrusted, and an image can run commands on the
//! host. Pure.

use std::path::Path;

use vm::image::{Boot, Image};

/// Refuses an image that would do more than start a guest from the files in `folder`: run a command,
/// ask a server, sign, read other files, or say more to QEMU than it seems to.
///
/// # Errors
/// What it would do, in words.
pub fn check_image(image: &Image, folder: &Path) -> Result<(), String> {
    if !image.build.is_empty() {
        return Err("commands that build it".into());
    }
    if image.signing.is_some() || !image.symbol_path.is_empty() {
        return Err("a signature or a symbol server".into());
    }
    let Boot::Nt(nt) = &image.boot else {
        return Err("a boot from a disk or of another system".into());
    };
    let names = nt.fw_cfg.iter().map(|(name, _)| name);
    let mut words = (names.chain(&nt.seed).chain(&nt.scheduling)).chain([
        &nt.machine,
        &nt.firmware,
        &image.agent.port,
    ]);
    if let Some(word) = words.find(|word| !is_plain(word)) {
        let shown: String = word.escape_debug().take(60).collect();
        return Err(format!("a strange word (`{shown}`)"));
    }
    // A name only: QEMU looks for it where its firmware is.
    if nt.firmware.contains('/') {
        return Err("a firmware file that is not QEMU's own".into());
    }
    let files = image.boot.files().into_iter();
    let folders = image.symbols.iter().map(|place| place.as_path());
    let mut places = files.chain(folders).chain([&*image.drivers]);
    match places.find(|place| !is_below(place, folder)) {
        Some(_) => Err("a file that is not in the bundle".into()),
        None => Ok(()),
    }
}

/// Nothing that separates options of QEMU, or looks like one.
fn is_plain(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    word.chars().all(plain) && !word.starts_with('-') && !word.is_empty()
}

fn is_below(place: &Path, folder: &Path) -> bool {
    place.starts_with(folder) && !place.components().any(|part| part.as_os_str() == "..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use vm::image::{NtBoot, Signing};
    use vm::testing::image::{tiny, windows};

    fn changed(change: impl Fn(&mut Image, &mut NtBoot)) -> Result<(), String> {
        let mut image = tiny();
        image.build.clear();
        let Boot::Nt(mut nt) = image.boot.clone() else {
            panic!()
        };
        change(&mut image, &mut nt);
        image.boot = Boot::Nt(nt);
        check_image(&image, Path::new("/p"))
    }

    #[test]
    fn an_image_may_only_start_its_guest() {
        assert_eq!(changed(|_, _| {}), Ok(()));
        #[track_caller]
        fn refused(result: Result<(), String>, words: &str) {
            let error = result.unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        refused(
            changed(|image, _| image.build = vec![vec!["sh".into()]]),
            "commands",
        );
        refused(
            changed(|image, _| {
                image.signing = Some(Signing {
                    certificate: "c".into(),
                    key: "k".into(),
                });
            }),
            "signature",
        );
        refused(
            changed(|image, _| image.symbol_path = vec!["srv*https://x".into()]),
            "server",
        );
        refused(
            changed(|_, nt| nt.kernel = "/etc/passwd".into()),
            "not in the bundle",
        );
        refused(
            changed(|_, nt| nt.kernel = "/p/../etc/x".into()),
            "not in the bundle",
        );
        refused(
            changed(|image, _| image.symbols = vec!["/".into()]),
            "not in the bundle",
        );
        refused(
            changed(|_, nt| nt.machine = "q35,initrd=/etc/x".into()),
            "strange",
        );
        refused(
            changed(|_, nt| nt.firmware = "/tmp/x.rom".into()),
            "firmware",
        );
        refused(
            changed(|_, nt| nt.fw_cfg[0].0 = "a,file=/etc/x".into()),
            "strange",
        );
        refused(
            changed(|image, _| image.agent.port = "a,b".into()),
            "strange",
        );
        let mut disk = windows();
        disk.build.clear();
        (disk.signing, disk.symbol_path) = (None, Vec::new());
        refused(check_image(&disk, Path::new("/")), "disk");
    }
}
