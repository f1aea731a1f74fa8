//! Real images, made by xorriso (ISO 9660) and genisoimage (UDF beside ISO 9660).

use std::fs;
use std::path::Path;
use std::process::Command;

use vm::image::find_tool;

use super::*;

fn make(tool: &str, args: &[&str], image: &Path, folder: &Path) {
    let output = Command::new(tool)
        .args(args)
        .arg("-o")
        .arg(image)
        .arg(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A folder with a file of some sectors, deep down.
fn content() -> (tempfile::TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..10_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::create_dir_all(folder.path().join("disc/Sources/Empty Folder")).unwrap();
    fs::write(folder.path().join("disc/Sources/Install.wim"), &bytes).unwrap();
    fs::write(folder.path().join("disc/setup.exe"), "MZ").unwrap();
    (folder, bytes)
}

fn is_read(image: &Path, bytes: &[u8]) {
    let medium = Medium::open(image).unwrap();
    let file = medium.find("sources/install.wim").unwrap().unwrap();
    assert_eq!(file.len(), bytes.len() as u64);
    let mut piece = vec![0; 5000];
    medium.read(&file, 3000, &mut piece).unwrap();
    assert_eq!(piece, bytes[3000..8000]);
    assert!(medium.read(&file, 39_000, &mut piece).is_err());
    assert_eq!(medium.find("sources/none").unwrap(), None);
    assert_eq!(medium.find("setup.exe/below").unwrap(), None);
    let names = medium.names("sources").unwrap().unwrap();
    assert!(
        names
            .iter()
            .any(|name| name.eq_ignore_ascii_case("install.wim")),
        "{names:?}"
    );
    assert_eq!(medium.names("nowhere").unwrap(), None);

    // Cut anywhere, it is no medium, and nothing panics.
    let whole = fs::read(image).unwrap();
    let cut = image.with_extension("cut");
    // The last sector alone may be padding that the volume does not count.
    for len in [0, 1, 40_000, whole.len() / 2, whole.len() - 4096] {
        fs::write(&cut, &whole[..len]).unwrap();
        let Err(error) = Medium::open(&cut) else {
            panic!("{len} of {} bytes were taken", whole.len());
        };
        assert!(error.to_string().contains(".cut "), "{error}");
    }
}

#[test]
fn iso_9660_is_read() {
    if find_tool("xorriso").is_none() {
        eprintln!("ignored: no xorriso");
        return;
    }
    let (folder, bytes) = content();
    let image = folder.path().join("plain.iso");
    let args = ["-as", "mkisofs", "-r", "-J", "-quiet"];
    make("xorriso", &args, &image, &folder.path().join("disc"));
    is_read(&image, &bytes);
}

/// As on Windows' media, the files are in the UDF volume only.
#[test]
fn udf_is_read() {
    if find_tool("genisoimage").is_none() {
        eprintln!("ignored: no genisoimage");
        return;
    }
    let (folder, bytes) = content();
    let image = folder.path().join("bridge.iso");
    let args = ["-udf", "-allow-lowercase", "-hide", "Sources", "-quiet"];
    make("genisoimage", &args, &image, &folder.path().join("disc"));
    let medium = Medium::open(&image).unwrap();
    assert!(matches!(medium.tree, Tree::Udf(_)));
    is_read(&image, &bytes);
    noise_is_survived(&image);
}

/// Every sector that describes something, overwritten: an error or nothing found, never a panic.
fn noise_is_survived(image: &Path) {
    let whole = fs::read(image).unwrap();
    let noisy = image.with_extension("noisy");
    for sector in 16..(whole.len() / 2048).min(320) {
        for byte in [0_u8, 0xFF] {
            let mut bytes = whole.clone();
            bytes[sector * 2048 + 5..(sector + 1) * 2048].fill(byte);
            fs::write(&noisy, &bytes).unwrap();
            if let Ok(medium) = Medium::open(&noisy) {
                let _ = medium.find("sources/install.wim");
                let _ = medium.names("sources");
            }
        }
    }
}

#[test]
fn other_files_are_no_media() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| Medium::open(path).err().unwrap().to_string();
    let text = folder.path().join("x.iso");
    fs::write(&text, vec![b'x'; 1 << 20]).unwrap();
    assert!(open(&text).contains("is not an ISO image"));
    assert!(open(folder.path()).contains("is not a file"));
    assert!(open(&folder.path().join("none.iso")).contains("cannot read"));
}
