//! A guest image that fits into a bundle: its description with paths that lead nowhere but into the
//! bundle, and its files. Pure, but for a look into the folders with symbols.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use vm::image::{AgentSpec, Boot, Image, NtBoot};

use super::write::{Item, ItemSource};
use crate::yaml::word;

/// An image has a handful; a folder with more is a symbol store.
const MOST_SYMBOLS: usize = 64;

/// The image as a bundle holds it, and the files that it is made of; `None`: it is on a disk, and too
/// large.
pub fn portable(image: &Image) -> Option<(Image, Vec<Item>)> {
    let Boot::Nt(nt) = &image.boot else {
        return None;
    };
    let folder = format!("images/{}", image.name);
    let mut items = Vec::new();
    let mut inside = |file: &Path, name: &str| {
        let path = format!("{folder}/{name}");
        items.push(Item {
            path: path.clone(),
            source: ItemSource::File(file.to_owned()),
        });
        PathBuf::from(path)
    };
    let kernel = inside(&nt.kernel, "guest/loader");
    let fw_cfg: Vec<(String, PathBuf)> = (nt.fw_cfg.iter().enumerate())
        .map(|(number, (name, file))| (name.clone(), inside(file, &format!("guest/{number:02}"))))
        .collect();
    for file in symbols(image) {
        if let Some(name) = file.file_name().and_then(|name| name.to_str()) {
            inside(&file, &format!("symbols/{name}"));
        }
    }
    let portable = Image {
        boot: Boot::Nt(NtBoot {
            kernel,
            fw_cfg,
            ..nt.clone()
        }),
        symbols: vec![PathBuf::from(format!("{folder}/symbols")), "drivers".into()],
        symbol_path: Vec::new(),
        drivers: "drivers".into(),
        signing: None,
        build: Vec::new(),
        built_here: false,
        root: PathBuf::new(),
        ..image.clone()
    };
    items.push(Item {
        path: format!("{folder}/image.yaml"),
        source: ItemSource::Text(description(&portable)?),
    });
    Some((portable, items))
}

/// The symbols of the guest itself; those of drivers come with the drivers.
fn symbols(image: &Image) -> Vec<PathBuf> {
    let folders = image
        .symbols
        .iter()
        .filter(|folder| **folder != image.drivers);
    let mut files: Vec<PathBuf> = folders
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "pdb") && path.is_file())
        .collect();
    files.sort();
    files.truncate(MOST_SYMBOLS);
    files
}

/// `image.yaml`.
fn description(image: &Image) -> Option<String> {
    let Boot::Nt(nt) = &image.boot else {
        return None;
    };
    let path = |path: &Path| word(&path.to_string_lossy());
    let mut text = String::new();
    let _ = writeln!(text, "name: {}", word(&image.name));
    let _ = writeln!(text, "summary: {}", word(&image.summary));
    let _ = writeln!(text, "boot:\n  machine: {}", word(&nt.machine));
    let _ = writeln!(text, "  firmware: {}", word(&nt.firmware));
    let _ = writeln!(text, "  kernel: {}\n  fw-cfg:", path(&nt.kernel));
    for (name, file) in &nt.fw_cfg {
        let _ = writeln!(text, "    {}: {}", word(name), path(file));
    }
    for (key, value) in [("seed", &nt.seed), ("scheduling", &nt.scheduling)] {
        if let Some(value) = value {
            let _ = writeln!(text, "  {key}: {}", word(value));
        }
    }
    let _ = writeln!(text, "  warp-shift: {}", nt.warp_shift);
    text.push_str(&agent(&image.agent));
    let captures: Vec<&str> = image.captures.iter().map(|kind| kind.as_str()).collect();
    let _ = writeln!(text, "captures: [{}]", captures.join(", "));
    let symbols: Vec<String> = image.symbols.iter().map(|folder| path(folder)).collect();
    let _ = writeln!(text, "symbols: [{}]", symbols.join(", "));
    let _ = writeln!(text, "drivers: {}", path(&image.drivers));
    Some(text)
}

fn agent(agent: &AgentSpec) -> String {
    let mut text = format!("agent:\n  port: {}\n", word(&agent.port));
    if let Some(gate) = agent.lockstep_gate {
        let _ = writeln!(text, "  lockstep-gate: {gate}");
    }
    let _ = writeln!(text, "  stage: {}", word(&agent.stage));
    let within = humantime::format_duration(agent.ready_within);
    let _ = writeln!(text, "  ready-within: {within}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use scenario::project::Project;
    use vm::testing::image::{tiny, windows};

    #[test]
    fn an_image_reads_the_same_from_where_its_bundle_is_unpacked() {
        let root = tempfile::tempdir().unwrap();
        let symbols = root.path().join("pdbs");
        fs::create_dir(&symbols).unwrap();
        fs::write(symbols.join("ntkrnlmp.pdb"), "x").unwrap();
        fs::write(symbols.join("readme.txt"), "x").unwrap();
        let mut image = tiny();
        image.symbols = vec![symbols, image.drivers.clone()];
        let (portable, items) = portable(&image).unwrap();
        let paths: Vec<&str> = items.iter().map(|item| item.path.as_str()).collect();
        assert!(
            paths.contains(&"images/tiny/symbols/ntkrnlmp.pdb"),
            "{paths:?}"
        );
        assert!(!paths.iter().any(|path| path.contains("readme")));

        let there = root.path().join("unpacked");
        fs::create_dir_all(there.join("scenarios")).unwrap();
        for item in &items {
            let file = there.join(&item.path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            match &item.source {
                ItemSource::Text(text) => {
                    assert!(!text.contains("/p/"), "a path of this machine: {text}");
                    fs::write(file, text).unwrap();
                }
                ItemSource::File(_) => fs::write(file, "x").unwrap(),
            }
        }
        let project = Project::find(&there).unwrap();
        let again = Image::load(&project, "tiny").unwrap();
        let Boot::Nt(nt) = &again.boot else { panic!() };
        assert_eq!(nt.kernel, there.join("images/tiny/guest/loader"));
        assert_eq!(
            (&again.agent, &again.captures),
            (&image.agent, &image.captures)
        );
        assert_eq!(portable.summary, again.summary);
    }

    #[test]
    fn a_disk_stays_where_it_is() {
        assert!(portable(&windows()).is_none());
    }
}
