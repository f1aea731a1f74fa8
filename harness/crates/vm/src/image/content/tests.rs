use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use scenario::project::Project;
use tempfile::TempDir;

use super::*;
use crate::image::{Availability, Image};

const DESCRIPTION_TEXT: &str = "name: tiny
summary: s
boot:
  machine: q35
  firmware: qboot.rom
  kernel: out/loader.elf
  modules: {prefix: opt/boot, folder: out, order: [a.sys]}
agent: {port: p, stage: 'C:\\S', ready-within: 5s}
captures: [win-dmp]
symbols: [out/symbols]
build: [[make, -C, nowhere]]
";

struct World {
    project: Project,
    _root: TempDir,
    shared: TempDir,
    store: TempDir,
}

fn world() -> World {
    let root = tempfile::tempdir().unwrap();
    for (path, content) in [
        ("scenarios/x.yaml", ""),
        ("images/tiny/image.yaml", DESCRIPTION_TEXT),
        ("out/loader.elf", "loader"),
        ("out/a.sys", "module"),
        ("out/symbols/deep/a.pdb", "symbols"),
        ("target/guest/drivers/hog.sys", "driver"),
        ("elsewhere", "not of the image"),
    ] {
        let file = root.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    let store = tempfile::tempdir().unwrap();
    let project = Project::find(root.path()).unwrap();
    World {
        project: project.with_image_store(store.path().to_owned()),
        _root: root,
        shared: tempfile::tempdir().unwrap(),
        store,
    }
}

impl World {
    fn publish(&self) -> Published {
        let image = Image::load(&self.project, "tiny").unwrap();
        publish(
            &image,
            &Home::Project(self.project.images().join("tiny")),
            self.shared.path(),
        )
        .unwrap()
    }

    fn fetch(&self, reference: &Reference) -> Result<PathBuf, ContentError> {
        let origin = Origin::Folder(self.shared.path().to_owned());
        fetch(reference, &origin, self.store.path())
    }

    fn blob(&self, content: &str) -> PathBuf {
        let hash = Hash::of(content.as_bytes()).to_string();
        self.shared.path().join("blobs").join(hash)
    }
}

use crate::image::Home;

fn rewrite(file: &Path, content: &str) {
    fs::remove_file(file).unwrap();
    fs::write(file, content).unwrap();
}

#[test]
fn an_image_arrives_as_it_was_and_is_not_built() {
    let world = world();
    let published = world.publish();
    assert_eq!(published.files, 5);
    assert_eq!(world.publish().added, 0);
    let name = published.reference.to_string();
    let error = Image::load(&world.project, &name).unwrap_err().to_string();
    assert!(error.contains("stopcode image fetch"), "{error}");

    let folder = world.fetch(&published.reference).unwrap();
    let image = Image::load(&world.project, &name).unwrap();
    assert_eq!((image.name.as_str(), image.build.len()), ("tiny", 0));
    assert_eq!(image.drivers, folder.join("target/guest/drivers"));
    assert_eq!(fs::read(image.drivers.join("hog.sys")).unwrap(), b"driver");
    assert!(image.symbols[0].join("deep/a.pdb").is_file());
    assert_eq!(image.absent_file(), None);
    assert!(!matches!(image.availability(), Availability::Missing(why) if why.contains("make")));
}

#[test]
fn what_is_damaged_here_is_brought_again_and_there_refused() {
    let world = world();
    let published = world.publish();
    let folder = world.fetch(&published.reference).unwrap();
    let module = folder.join("out/a.sys");
    let here =
        (world.store.path().join(FOLDER).join("blobs")).join(Hash::of(b"module").to_string());
    rewrite(&here, "modulE");
    rewrite(&module, "modulE");
    // A guest may be running on the rest of it.
    let description = folder.join(DESCRIPTION);
    let before = fs::metadata(&description).unwrap().ino();
    let running = fs::File::open(&folder).unwrap().metadata().unwrap().ino();
    world.fetch(&published.reference).unwrap();
    assert_eq!(fs::read(&module).unwrap(), b"module");
    assert_eq!(fs::metadata(&description).unwrap().ino(), before);
    assert_eq!(fs::metadata(&folder).unwrap().ino(), running);

    rewrite(&here, "modulE");
    rewrite(&world.blob("module"), "m0dule");
    let error = world.fetch(&published.reference).unwrap_err();
    assert!(matches!(error, ContentError::Damaged { .. }), "{error}");
    rewrite(&world.blob("module"), "module and more");
    let error = world.fetch(&published.reference).unwrap_err().to_string();
    assert!(error.contains("larger than it should be"), "{error}");
    fs::remove_file(world.blob("module")).unwrap();
    let error = world.fetch(&published.reference).unwrap_err().to_string();
    assert!(error.contains("was tiny@"), "{error}");
    // The image that was there is whole.
    assert_eq!(fs::read(&module).unwrap(), b"module");
    let left = fs::read_dir(world.store.path().join(FOLDER).join("images")).unwrap();
    assert_eq!(left.count(), 1);
}

#[test]
fn a_hostile_manifest_is_refused() {
    let entry = |path: &str| Entry {
        path: path.to_owned(),
        size: 1,
        sha256: Hash::of(b"x"),
        written: None,
    };
    for (path, message) in [
        ("../x", "leaves the image"),
        ("/etc/x", "leaves the image"),
        ("a/../../x", "leaves the image"),
        ("", "leaves the image"),
        ("other", "lists no image.yaml"),
    ] {
        let manifest = Manifest {
            format: FORMAT,
            name: "tiny".into(),
            files: vec![entry(path)],
        };
        let error = Manifest::parse(&manifest.to_bytes()).unwrap_err();
        assert!(error.contains(message), "{path}: {error}");
    }
    assert!(Manifest::parse(b"{}").is_err());
    for text in ["tiny", "tiny@12", "tiny@zz"] {
        assert!(text.parse::<Reference>().is_err(), "{text}");
    }
}
