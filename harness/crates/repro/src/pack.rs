//! A reproduction → the contents of a bundle. Nothing in it names a folder of this machine: the
//! plan is made with the image as the bundle holds it.

use std::path::Path;

use analyzer::verdict::Verdict;
use vm::image::Image;
use vm::plan::{HostChoices, show};

use super::hunt::{CannotRun, is_repeatable, plan};
use super::interval::runs_to_rule_out;
use super::result::Reproduction;
use super::tally::Tally;
use crate::bundle::{Contents, FORMAT, Item, ItemSource, Manifest, portable};

/// What a bundle is made of, besides the catch.
pub struct Packing<'p> {
    /// The crash that was wanted.
    pub wanted: &'p Verdict,
    pub signature: &'p str,
    /// The image that it was caught on.
    pub image: &'p Image,
    /// The folder with the drivers.
    pub drivers: &'p Path,
    /// What the host contributed.
    pub host: HostChoices,
    /// How often it came.
    pub tally: &'p Tally,
    /// The rate at which it comes with what the catch varies, as far as known.
    pub rate: f64,
    /// The bundle's name, for the command.
    pub name: &'p str,
}

/// The bundle's command repeats no more often.
const MOST_REPEATS: u32 = 1000;

/// The contents of a bundle that repeats `catch`.
///
/// # Errors
/// The run has no plan; it had one when it was caught.
pub fn pack(reproduction: &Reproduction, packing: &Packing<'_>) -> Result<Contents, CannotRun> {
    let trial = &reproduction.trial;
    let repeatable = is_repeatable(&trial.draft, packing.image);
    let command = command(packing.name, repeatable, packing.rate);
    let mut items = Vec::new();
    let (image, inside) = match portable(packing.image) {
        Some((image, files)) => {
            items.extend(files);
            (image, true)
        }
        None => (packing.image.clone(), false),
    };
    if inside {
        let plan = plan(trial, Path::new("scenario.yaml"), &image, packing.host)?;
        items.push(text("plan.txt", show(&plan)));
    }
    items.push(text("scenario.yaml", trial.draft.to_yaml()));
    for driver in &trial.draft.drivers {
        let endings = std::iter::once("sys").chain(driver.symbols.then_some("pdb"));
        items.extend(endings.map(|ending| {
            let file = format!("{}.{ending}", driver.name);
            item(&format!("drivers/{file}"), &packing.drivers.join(file))
        }));
    }
    items.extend(evidence(reproduction, packing.wanted)?);
    items.push(text("README.md", read_me(packing, &command, repeatable)));
    Ok(Contents {
        manifest: Manifest {
            format: FORMAT,
            stopcode: env!("CARGO_PKG_VERSION").into(),
            signature: packing.signature.into(),
            image: packing.image.name.clone(),
            image_inside: inside,
            seed: format!("{:016x}", trial.seed),
            perturbation: trial.perturbation.clone(),
            repeatable,
            command,
            files: Default::default(),
        },
        items,
    })
}

fn text(path: &str, text: String) -> Item {
    Item {
        path: path.into(),
        source: ItemSource::Text(text),
    }
}

fn item(path: &str, file: &Path) -> Item {
    Item {
        path: path.into(),
        source: ItemSource::File(file.into()),
    }
}

/// What is known of the crash: not needed to repeat it.
fn evidence(reproduction: &Reproduction, wanted: &Verdict) -> Result<Vec<Item>, CannotRun> {
    let json = |verdict: &Verdict| {
        serde_json::to_string_pretty(&without_folders(verdict))
            .map_err(|error| CannotRun(format!("the verdict cannot be written: {error}")))
    };
    let mut items = vec![text("evidence/wanted.json", json(wanted)?)];
    if let Some(verdict) = &reproduction.report.verdict {
        items.push(text("evidence/verdict.json", json(verdict)?));
        items.push(text(
            "evidence/report.md",
            analyzer::report::markdown(verdict),
        ));
    }
    if let Some(artefacts) = &reproduction.report.artefacts {
        let files = [
            ("memory.dmp", &artefacts.dump),
            ("screen.png", &artefacts.screenshot),
            ("serial.log", &artefacts.serial_log),
        ];
        items.extend(
            files
                .into_iter()
                .filter_map(|(name, file)| Some(item(&format!("evidence/{name}"), file.as_ref()?))),
        );
    }
    Ok(items)
}

/// A verdict says where symbols were found: here, by the file's name only.
fn without_folders(verdict: &Verdict) -> Verdict {
    let mut verdict = verdict.clone();
    for symbols in verdict
        .modules
        .iter_mut()
        .filter_map(|module| module.symbols.as_mut())
    {
        if let Some(name) = Path::new(symbols.as_str()).file_name() {
            *symbols = name.to_string_lossy().into_owned();
        }
    }
    verdict
}

/// Repeated until it shows with 95 %.
fn command(name: &str, repeatable: bool, rate: f64) -> String {
    let name = scenario::shell::shell_word(name);
    match (repeatable, runs_to_rule_out(rate).min(MOST_REPEATS)) {
        (true, _) | (_, 1) => format!("stopcode run {name}"),
        (false, runs) => format!("stopcode run {name} --repeat {runs}"),
    }
}

fn read_me(packing: &Packing<'_>, command: &str, repeatable: bool) -> String {
    let (signature, tally) = (packing.signature, packing.tally);
    let how = match repeatable {
        true => "One run shows it, the same to the byte each time.",
        false => {
            "It does not come in every run: so many show it with 95 %, on a machine like the one where \
             this was written."
        }
    };
    format!(
        "# A crash that can be repeated\n\n    {command}\n\n{how}\n\n\
         The crash has the signature `{signature}`. When it was hunted, {tally}.\n\n\
         | file | what it is |\n| --- | --- |\n\
         | `scenario.yaml` | what is done |\n\
         | `drivers/` | the drivers, with their symbols |\n\
         | `images/` | the guest, if it is small enough |\n\
         | `plan.txt` | the same as QEMU's command line and the guest's |\n\
         | `bundle.json` | seeds, and what is varied beyond the scenario |\n\
         | `evidence/wanted.json` | the verdict of the crash that was wanted |\n\
         | `evidence/verdict.json`, `report.md` | the verdict of the crash that was caught, and how it \
         was reached |\n\
         | `evidence/memory.dmp`, `serial.log`, `screen.png` | what that run left |\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_verdict_names_no_folder() {
        let mut verdict = runner::testing::verdict();
        let module = serde_json::json!({"name": "a.sys", "base": "0x1", "size": 1,
            "timestamp": 1, "pdb": "a.pdb", "pdb_id": "1", "symbols": "/home/me/pdbs/a.pdb"});
        verdict.modules = vec![serde_json::from_value(module).unwrap()];
        let packed = serde_json::to_string(&without_folders(&verdict)).unwrap();
        assert!(
            packed.contains("\"a.pdb\"") && !packed.contains("/home"),
            "{packed}"
        );
    }

    #[test]
    fn a_rare_crash_is_repeated_until_it_shows() {
        assert_eq!(
            command("a b.tar.zst", true, 0.1),
            "stopcode run 'a b.tar.zst'"
        );
        assert_eq!(command("x.tar.zst", false, 1.0), "stopcode run x.tar.zst");
        assert_eq!(
            command("x.tar.zst", false, 0.1),
            "stopcode run x.tar.zst --repeat 29"
        );
        let rarest = command("x.tar.zst", false, 0.0);
        assert_eq!(rarest, "stopcode run x.tar.zst --repeat 1000");
    }
}
