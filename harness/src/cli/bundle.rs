//! `stopcode run BUNDLE.tar.zst`: unpacks a bundle into a temporary folder, and turns it into jobs.

use std::path::{Path, PathBuf};

use repro::bundle::{self, ArchiveLimits, ENDING, Manifest};
use repro::draft::ScenarioDraft;
use repro::hunt::plan;
use repro::result::Trial;
use runner::run::Job;
use scenario::project::Project;
use scenario::shell::shell_word;
use scenario::{Catalogue, DriverSpec};
use tempfile::TempDir;
use vm::guest::accel::AccelChoice;
use vm::image::Image;
use vm::plan::{HostChoices, Plan, show};

use super::args::RunArgs;
use super::project;
use super::run::{options, reporter};
use crate::session::{Exit, Failure, carry_out, prepare};

/// A bundle that was unpacked.
struct Unpacked {
    /// Its folder; gone with it.
    folder: TempDir,
    /// The project that the run is in: the folder itself, or the one around us.
    project: Project,
    image: Image,
    manifest: Manifest,
    draft: ScenarioDraft,
    seed: u64,
}

/// Whether a filter of `run` names a bundle.
pub(super) fn is_bundle(filter: &str) -> bool {
    filter.ends_with(ENDING)
}

impl Unpacked {
    /// Unpacks the bundle `file`.
    fn open(file: &Path) -> Result<Self, Failure> {
        let folder = (tempfile::Builder::new()
            .prefix("stopcode-bundle-")
            .tempdir())
        .map_err(|error| Failure::infra(format!("no folder to unpack into: {error}")))?;
        let manifest = bundle::unpack(file, folder.path(), ArchiveLimits::default())
            .map_err(Failure::usage)?;
        let wrong = |what: &str| Failure::usage(format!("{} {what}", file.display()));
        let seed = manifest
            .seed()
            .ok_or_else(|| wrong("has a seed that is not a number"))?;
        let project = match manifest.image_inside {
            true => {
                // What makes a folder a project; an archive holds no empty folders.
                std::fs::create_dir_all(folder.path().join("scenarios")).map_err(Failure::infra)?;
                let ours = Project::find(folder.path()).map_err(|_| wrong("lacks its image"))?;
                // A bundle uses no images of this machine.
                ours.with_image_store(folder.path().join("no-store"))
            }
            false => project()?,
        };
        let image = Image::load(&project, &manifest.image)?;
        if manifest.image_inside {
            bundle::check_image(&image, folder.path())
                .map_err(|what| wrong(&format!("has an image with {what}: it was not run")))?;
        }
        let scenario = Catalogue::load_one(&folder.path().join("scenario.yaml"), &[])?;
        let drivers = scenario.file.parent().map(|folder| folder.join("drivers"));
        let drivers = drivers.unwrap_or_default();
        if !scenario
            .drivers
            .iter()
            .all(|driver| is_in(driver, &drivers))
        {
            return Err(wrong(
                "has a scenario with drivers that are not in it: it was not run",
            ));
        }
        let draft = ScenarioDraft::of(&scenario, |name| {
            folder.path().join(format!("drivers/{name}.pdb")).is_file()
        });
        Ok(Self {
            folder,
            project,
            image,
            manifest,
            draft,
            seed,
        })
    }

    /// What one run does.
    fn plan(&self, host: HostChoices, seed: Option<u64>) -> Result<Plan, Failure> {
        let trial = Trial {
            draft: self.draft.clone(),
            perturbation: self.manifest.perturbation.clone(),
            seed: seed.unwrap_or(self.seed),
        };
        plan(&trial, &self.scenario(), &self.image, host).map_err(Failure::usage)
    }

    fn scenario(&self) -> PathBuf {
        self.folder.path().join("scenario.yaml")
    }
}

/// Whether a driver is in this folder, under its own name. A scenario could name any file.
fn is_in(driver: &DriverSpec, folder: &Path) -> bool {
    match driver {
        DriverSpec::Named(_) => false,
        DriverSpec::File {
            name,
            path,
            symbols,
        } => {
            let ours = |ending: &str| folder.join(format!("{name}.{ending}"));
            *path == ours("sys") && symbols.as_ref().is_none_or(|pdb| *pdb == ours("pdb"))
        }
    }
}

/// Runs the bundle `file`. It was made because the crash comes: if it never does, that is a failure.
pub(super) fn run(file: &Path, args: &RunArgs) -> Result<Exit, Failure> {
    let unpacked = Unpacked::open(file)?;
    let seed = args.seed;
    let jobs = |accelerator: &AccelChoice, sandbox| {
        let rerun = format!(
            "stopcode run {} --keep always",
            shell_word(&file.display().to_string())
        );
        (1..=args.repeat)
            .map(|attempt| {
                let host = HostChoices {
                    accelerator: accelerator.accelerator,
                    sandbox,
                    seed: 0,
                };
                Ok(Job {
                    plan: Ok(unpacked.plan(host, seed)?),
                    attempt,
                    rerun: rerun.clone(),
                })
            })
            .collect::<Result<Vec<_>, Failure>>()
    };
    if args.dry_run {
        for job in jobs(&AccelChoice::unmeasured(), true)?.iter().take(1) {
            if let Ok(plan) = &job.plan {
                print!("{}", show(plan));
            }
        }
        return Ok(Exit::Success);
    }
    prepare(&unpacked.image)?;
    // What is kept stays where we are; the project may be a folder that goes away.
    let runs = std::env::current_dir()
        .map_err(Failure::infra)?
        .join("stopcode-runs");
    let (summary, exit) = carry_out(
        &options(args),
        reporter(args.message_format),
        &unpacked.image,
        &unpacked.project,
        &runs,
        jobs,
    )?;
    Ok(match exit {
        Exit::Success if summary.passed == 0 => Exit::ExpectationFailed,
        exit => exit,
    })
}
