//! A test-signed driver still loads and crashes in TinyNT, and is blamed as before: its
//! certificate table disturbs neither our checks nor the guest's loader.

use std::fs;
use std::path::Path;

use scenario::project::Project;
use vm::driver::Signer;
use vm::image::{Availability, Image};

use crate::command::{Ended, Sandbox, has};

const DRIVERS: [&str; 2] = ["null-dereference", "pool-overrun"];

#[test]
fn signed_drivers_load_and_are_blamed_in_tinynt() {
    let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let image = Image::load(&project, "tinynt").unwrap();
    if let Availability::Missing(why) = image.availability() {
        eprintln!("ignored: {why}");
        return;
    }
    if !has("osslsigncode") || !has("openssl") {
        return;
    }
    image.build().unwrap();
    let sandbox = Sandbox::new();
    let signer = Signer::create(&sandbox.path("c.crt"), &sandbox.path("c.key"), "t").unwrap();
    for name in DRIVERS {
        let (driver, symbols) = image.test_driver(name);
        let signed = sandbox.path(&format!("{name}.sys"));
        signer.sign(&driver, &signed).unwrap();
        signer.verify(&signed).unwrap();
        assert!(fs::metadata(&signed).unwrap().len() > fs::metadata(&driver).unwrap().len());

        let scenario =
            fs::read_to_string(project.scenarios().join(format!("{name}.yaml"))).unwrap();
        let ours = format!("drivers: [{name}]\n");
        assert!(scenario.contains(&ours), "{scenario}");
        let theirs = format!(
            "drivers: [{{path: '{}', symbols: '{}'}}]\n",
            signed.display(),
            symbols.display()
        );
        let file = sandbox.path(&format!("{name}.yaml"));
        fs::write(&file, scenario.replacen(&ours, &theirs, 1)).unwrap();
        let ended = Ended::of(
            (sandbox.command(&["run", "--keep", "never"]))
                .arg(&file)
                .current_dir(project.root()),
        );
        assert_eq!(ended.code, Some(0), "{name}: {ended:?}");
        assert!(ended.out.contains("1 passed"), "{name}: {ended:?}");
    }
}
