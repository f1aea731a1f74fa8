//! One run of a test, on the thread that asks for it.

use std::path::{Path, PathBuf};

use libtest_mimic::Failed;
use runner::artefacts::Keep;
use runner::events::TestReport;
use runner::run::{Context, one};
use scenario::project::Project;
use scenario::select::Selected;
use vm::guest::{HostFacts, QemuError};
use vm::image::Image;
use vm::interrupt::Interrupt;
use vm::plan::{HostChoices, PlanOptions, make};

/// What differs between runs of one test.
pub struct Attempt {
    /// Which one it is, from 1.
    pub number: u32,
    /// Seed of the guest's address-space randomisation.
    pub seed: u64,
    /// Whether QEMU's ELF file of each dump is kept, too.
    pub keep_elf: bool,
    /// Folder for what is kept.
    pub session: PathBuf,
}

/// Carries out one run and keeps all that it leaves.
pub fn carry_out(image: &Image, entry: &Selected, attempt: Attempt) -> Result<TestReport, Failed> {
    // On this thread, which lives as long as the test: QEMU dies with the thread it came from.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // What is known of the host is remembered in our own project, also if the test is of another.
    let ours = Project::find(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    let report = runtime.block_on(async {
        let facts = HostFacts::find(&ours.state()).await?;
        let host = HostChoices {
            accelerator: facts.accel.accelerator,
            sandbox: facts.sandbox,
            seed: attempt.seed,
        };
        let context = Context {
            sink: &|_| {},
            session: attempt.session,
            keep: Keep::Always,
            interrupt: Interrupt::never(),
        };
        let rerun = format!("cargo run -p harness -- run {} --keep always", entry.test);
        let options = PlanOptions {
            keep_elf: attempt.keep_elf,
            ..PlanOptions::default()
        };
        let plan = match make(&entry.scenario, entry.variant, image, host, &options) {
            Ok(plan) => plan,
            Err(refusal) => return Ok(TestReport::skipped(&refusal, attempt.number, &rerun)),
        };
        Ok::<TestReport, QemuError>(one(&plan, attempt.number, &rerun, &context).await)
    })?;
    Ok(report)
}
