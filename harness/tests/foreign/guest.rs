//! Runs on the foreign guests, and their files.

use std::env;
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Failed;
use runner::artefacts::{Keep, session_folder};
use runner::events::TestReport;
use runner::run::{Context, one};
use scenario::project::Project;
use scenario::{Variant, parse};
use tempfile::TempDir;
use vm::guest::{Guest, HostFacts};
use vm::image::{AboutState, Availability, Image, crc32_of, description_of};
use vm::interrupt::Interrupt;
use vm::plan::{Accelerator, HostChoices, Plan, PlanOptions, make};

/// Why the tests cannot run here, or are not asked for.
pub fn missing() -> Option<String> {
    let asked = env::var("STOPCODE_REQUIRE_IMAGES").unwrap_or_default();
    if !asked.split(',').any(|name| name == "debian") {
        return Some("STOPCODE_REQUIRE_IMAGES does not name debian; ci/foreign does".into());
    }
    let image = Image::load(&project().ok()?, "debian").ok()?;
    match image.availability() {
        Availability::Available => None,
        Availability::Missing(reason) => panic!("image debian is required and missing: {reason}"),
    }
}

pub fn project() -> Result<Project, Failed> {
    Ok(Project::find(Path::new(env!("CARGO_MANIFEST_DIR")))?)
}

pub fn on_this_thread<T>(work: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}

/// Under TCG, wherever this runs: the figures are comparable, and it always works.
pub async fn host() -> Result<HostChoices, Failed> {
    let facts = HostFacts::find(&project()?.state()).await?;
    Ok(HostChoices {
        accelerator: Accelerator::Tcg,
        sandbox: facts.sandbox,
        seed: 1,
    })
}

/// An image, built, and a folder for what its runs leave.
pub struct Lab {
    image: Image,
    runs: TempDir,
}

impl Lab {
    pub fn new(name: &str) -> Result<Self, Failed> {
        let image = Image::load(&project()?, name)?;
        image.build()?;
        Ok(Self {
            image: Image::load(&project()?, name)?,
            runs: TempDir::new()?,
        })
    }

    pub fn run(
        &self,
        scenario: &str,
        change: impl FnOnce(&mut Plan),
    ) -> Result<TestReport, Failed> {
        self.run_on(&self.image, scenario, change)
    }

    pub fn run_on(
        &self,
        image: &Image,
        scenario: &str,
        change: impl FnOnce(&mut Plan),
    ) -> Result<TestReport, Failed> {
        let scenario = parse(Path::new("scenario.yaml"), scenario, &[])?;
        on_this_thread(async {
            let mut plan = make(
                &scenario,
                Variant::Buggy,
                image,
                host().await?,
                &PlanOptions::default(),
            )?;
            change(&mut plan);
            // One folder for each run, whatever the clock says.
            let runs = TempDir::new_in(self.runs.path())?;
            let context = Context {
                sink: &|_| {},
                session: session_folder(&runs.keep()),
                keep: Keep::Always,
                interrupt: Interrupt::never(),
            };
            Ok(one(&plan, 1, "", &context).await)
        })
    }

    /// Starts the guest of a scenario and says why it boots, if it does not go on from a state.
    pub fn cold(&self, image: &Image, scenario: &str) -> Result<Option<String>, Failed> {
        let scenario = parse(Path::new("scenario.yaml"), scenario, &[])?;
        let folder = TempDir::new_in(self.runs.path())?;
        on_this_thread(async {
            let plan = make(
                &scenario,
                Variant::Buggy,
                image,
                host().await?,
                &PlanOptions::default(),
            )?;
            let guest = Guest::start(&plan.machine, folder.path()).await?;
            let cold = guest.cold.clone();
            guest.qemu.kill().await;
            Ok(cold)
        })
    }

    /// Overlays and the like that runs have left behind.
    pub fn left_disks(&self) -> Result<Vec<String>, Failed> {
        let mut left = Vec::new();
        for entry in walkdir::WalkDir::new(self.runs.path()) {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".qcow2") || name.ends_with(".fd") {
                left.push(name);
            }
        }
        Ok(left)
    }

    /// The image's disk, as a number that changes with it.
    pub fn golden(&self) -> Result<u32, Failed> {
        hash(&self.image.root.join("target/guest/debian/disk.qcow2"))
    }

    /// The image as one of a user's store, without a state.
    pub fn store(&self) -> Result<Stored, Failed> {
        self.store_as(|text| text)
    }

    /// As [`store`](Self::store), with a changed description.
    pub fn store_as(&self, change: impl FnOnce(String) -> String) -> Result<Stored, Failed> {
        let stored = Stored {
            store: TempDir::new()?,
        };
        let (built, folder) = (self.image.root.join("target/guest/debian"), stored.folder());
        fs::create_dir(&folder)?;
        for file in ["disk.qcow2", "OVMF_CODE_4M.fd", "variables.fd"] {
            fs::copy(built.join(file), folder.join(file))?;
        }
        let text = fs::read_to_string(self.image.root.join("images/debian-disk/image.yaml"))?;
        let text = text.replace("target/guest/debian/", "");
        let text = text.replace("name: debian-disk", "name: stored");
        let recipe = text.find("build:").ok_or("no build")?;
        let text = format!("format: 1\n{}", &text[..recipe]);
        fs::write(folder.join("image.yaml"), change(text))?;
        Ok(stored)
    }

    pub fn stopcode(&self, args: &[&str]) -> Ended {
        let output = Command::new(env!("CARGO_BIN_EXE_stopcode"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(args)
            .env("NO_COLOR", "1")
            .output();
        Ended(output)
    }
}

/// An image in a store.
pub struct Stored {
    store: TempDir,
}

impl Stored {
    pub fn folder(&self) -> PathBuf {
        self.store.path().join("stored")
    }

    /// Reads it as it is now.
    pub fn load(&self) -> Result<Image, Failed> {
        let project = project()?.with_image_store(self.store.path().to_owned());
        Ok(Image::load(&project, "stored")?)
    }
}

/// What `stopcode` said.
pub struct Ended(std::io::Result<std::process::Output>);

impl Ended {
    pub fn is(self, code: i32, words: &[&str]) -> Result<(), Failed> {
        let output = self.0?;
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        for word in words {
            if !text.contains(word) {
                return Err(format!("no `{word}` in {text}").into());
            }
        }
        match output.status.code() == Some(code) {
            true => Ok(()),
            false => Err(format!("{}: {text}", output.status).into()),
        }
    }
}

pub fn hash(file: &Path) -> Result<u32, Failed> {
    Ok(crc32_of(file)?)
}

/// The arguments of a scenario's one step, as its text has them.
pub fn args_of(scenario: &str) -> &str {
    let start = scenario.find("args: ").map_or(0, |at| at + "args: ".len());
    let end = scenario[start..].find("}\n").map_or(0, |at| start + at);
    &scenario[start..end]
}

/// Replaces a state by another, with a description that fits; returns the description before.
pub fn describe_anew(state: &Path, bytes: &[u8]) -> Result<Vec<u8>, Failed> {
    let file = description_of(state);
    let before = fs::read(&file)?;
    let mut about: AboutState = serde_json::from_slice(&before)?;
    fs::write(state, bytes)?;
    about.size = bytes.len() as u64;
    about.crc32 = crc32_of(state)?;
    fs::write(&file, serde_json::to_vec(&about)?)?;
    Ok(before)
}
