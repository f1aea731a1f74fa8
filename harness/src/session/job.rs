//! What `repro` runs: the user's drivers in a proposed scenario, or the user's scenario.

use std::path::{Path, PathBuf};

use repro::draft::ScenarioDraft;
use repro::folder::DriverFile;
use repro::propose::{Means, blames, expectation, propose};
use repro::wanted::WantedCrash;
use scenario::project::Project;
use scenario::{Catalogue, DriverSpec, Rate, Scenario, known_drivers};
use vm::driver;
use vm::image::Image;

use super::Failure;

/// What is run, and why it is so.
pub struct Job {
    pub drivers: Vec<DriverFile>,
    pub draft: ScenarioDraft,
    pub notes: Vec<String>,
}

/// The drivers of the command line: looked at before anything is built.
pub fn own_drivers(files: &[PathBuf], symbols: &[PathBuf]) -> Result<Vec<DriverFile>, Failure> {
    let mut drivers: Vec<DriverFile> = Vec::new();
    for sys in files {
        driver::check(sys).map_err(Failure::usage)?;
        let stem = sys.file_stem().and_then(|stem| stem.to_str());
        let is_sys = (sys.extension()).is_some_and(|ending| ending.eq_ignore_ascii_case("sys"));
        let (Some(name), true) = (stem, is_sys) else {
            let message = format!("--driver {}: not the name of a .sys file", sys.display());
            return Err(Failure::usage(message));
        };
        if drivers
            .iter()
            .any(|other| other.name.eq_ignore_ascii_case(name))
        {
            return Err(Failure::usage(format!(
                "--driver {name}.sys is given twice"
            )));
        }
        drivers.push(DriverFile {
            name: name.to_owned(),
            sys: sys.clone(),
            pdb: symbols_of(sys, name, symbols),
        });
    }
    Ok(drivers)
}

/// `<name>.pdb` beside the driver, or in a folder of --symbols.
fn symbols_of(sys: &Path, name: &str, places: &[PathBuf]) -> Option<PathBuf> {
    let file = format!("{name}.pdb");
    let beside = sys.with_extension("pdb");
    let inside = places.iter().map(|place| place.join(&file));
    let named = (places.iter())
        .filter(|place| {
            place
                .file_name()
                .is_some_and(|is| is.eq_ignore_ascii_case(&file))
        })
        .cloned();
    std::iter::once(beside)
        .chain(named)
        .chain(inside)
        .find(|place| place.is_file())
}

pub fn proposed(
    wanted: &WantedCrash,
    drivers: Vec<DriverFile>,
    image: &Image,
) -> Result<Job, Failure> {
    if let Some(culprit) = &wanted.verdict.culprit
        && !drivers
            .iter()
            .any(|driver| blames(&wanted.verdict, &driver.name))
    {
        return Err(Failure::usage(format!(
            "the verdict blames {}, which is not among the drivers: no run could show the same \
             crash; add --driver PATH/{0}, or say with --scenario what to run",
            culprit.module
        )));
    }
    let drafts: Vec<_> = drivers.iter().map(DriverFile::draft).collect();
    let proposal = propose(wanted, &drafts, Means::of(image));
    Ok(Job {
        drivers,
        draft: proposal.draft,
        notes: proposal.reasons,
    })
}

/// An existing scenario, with what the verdict says to expect.
pub fn of_scenario(
    project: &Project,
    image: &Image,
    name: &str,
    wanted: &WantedCrash,
) -> Result<Job, Failure> {
    let scenario = find_scenario(project, name)?;
    let drivers: Vec<DriverFile> = scenario
        .drivers
        .iter()
        .map(|spec| file_of(spec, image))
        .collect();
    for file in &drivers {
        driver::check(&file.sys).map_err(Failure::usage)?;
    }
    let has_symbols = |name: &str| {
        drivers
            .iter()
            .any(|file| file.name == name && file.pdb.is_some())
    };
    let draft = ScenarioDraft {
        // The crash that is wanted, which need not be the one that the scenario was written for.
        expect: expectation(&wanted.verdict),
        rate: Rate::Rare,
        ..ScenarioDraft::of(&scenario, has_symbols)
    };
    let notes = vec![format!(
        "the steps are those of {}",
        scenario.file.display()
    )];
    Ok(Job {
        drivers,
        draft,
        notes,
    })
}

fn find_scenario(project: &Project, name: &str) -> Result<Scenario, Failure> {
    let known = known_drivers(&project.test_drivers());
    if name.ends_with(".yaml") {
        return Ok(Catalogue::load_one(Path::new(name), &known)?);
    }
    let catalogue = Catalogue::load(&project.scenarios(), &known)?;
    let found = catalogue
        .scenarios
        .into_iter()
        .find(|scenario| scenario.name == name);
    found.ok_or_else(|| {
        Failure::usage(format!(
            "no scenario `{name}`: see `stopcode list`, or name a .yaml file"
        ))
    })
}

fn file_of(spec: &DriverSpec, image: &Image) -> DriverFile {
    let (sys, pdb) = match spec {
        DriverSpec::Named(name) => {
            let (sys, pdb) = image.test_driver(name);
            (sys, Some(pdb))
        }
        DriverSpec::File { path, symbols, .. } => (path.clone(), symbols.clone()),
    };
    DriverFile {
        name: spec.name().to_owned(),
        sys,
        pdb: pdb.filter(|pdb| pdb.is_file()),
    }
}
