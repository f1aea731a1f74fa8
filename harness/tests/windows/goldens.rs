//! What `--dry-run` prints, as reviewed. `STOPCODE_UPDATE_GOLDENS=1` writes it anew.

use std::env;
use std::fs;
use std::path::Path;

use windows_image::dry_run;

use crate::plans;

#[test]
fn every_plan_is_as_reviewed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/windows");
    let mut differ = Vec::new();
    for (name, plan) in plans::all(Path::new("/store")) {
        let file = folder.join(format!("{name}.txt"));
        let now = dry_run(&plan).unwrap();
        if env::var_os("STOPCODE_UPDATE_GOLDENS").is_some() {
            fs::write(&file, now).unwrap();
            continue;
        }
        let golden = fs::read_to_string(&file).unwrap_or_default();
        let lines = golden.lines().zip(now.lines()).enumerate();
        let first = lines
            .filter(|(_, (golden, now))| golden != now)
            .map(|(at, pair)| (at + 1, pair));
        match first.into_iter().next() {
            Some((line, (golden, now))) => {
                differ.push(format!("{}:{line}\n  -{golden}\n  +{now}", file.display()));
            }
            None if golden != now => differ.push(format!("{}: another length", file.display())),
            None => {}
        }
    }
    assert!(
        differ.is_empty(),
        "plans differ from their goldens; if that is meant, STOPCODE_UPDATE_GOLDENS=1 writes \
         them anew\n{}",
        differ.join("\n")
    );
}
