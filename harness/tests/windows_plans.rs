//! The scenarios as they are, planned for an image of Windows that is made up: what would be done
//! is a reviewed golden, and QEMU accepts every command line.
//!
//! Nothing of Windows is needed: the image's disks are empty, and no guest boots.
//! `STOPCODE_UPDATE_GOLDENS=1` rewrites `tests/goldens/plans/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use scenario::project::Project;
use scenario::select::select;
use tempfile::TempDir;
use vm::image::{Image, missing_tool};
use vm::plan::{
    Accelerator, AgentChannel, Channels, HostChoices, Machine, Plan, PlanOptions, RunFiles, Start,
    make, qemu_args, show,
};

const DESCRIPTION: &str = r"
format: 1
name: win11
summary: Made up, for plans.
os: windows
boot:
  machine: pc-q35-7.2
  firmware: code.fd
  variables: vars.fd
  disk: {file: disk.qcow2, bus: ahci}
  dump-disk: {file: dump.qcow2, bus: ahci}
  memory: 4G
  cpus: 2
agent: {port: org.qemu.guest_agent.0, stage: 'C:\Stopcode', ready-within: 300s}
captures: [win-dmp, elf-dump, guest-disk]
symbols: ['srv*']
crash: {dump: kernel}
";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = missing_tool("qemu-system-x86_64").or_else(|| missing_tool("qemu-img"));
    if let Some(missing) = &missing {
        eprintln!("QEMU is asked nothing: {missing}");
    }
    let trials = vec![
        Trial::test("goldens", goldens),
        Trial::test("qemu_accepts_every_command_line", accepted)
            .with_ignored_flag(missing.is_some()),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A project like ours, but for its images: a store with the one made up.
struct Lab {
    store: TempDir,
    project: Project,
}

impl Lab {
    fn new() -> Result<Self, Failed> {
        let store = TempDir::new()?;
        let folder = store.path().join("win11");
        fs::create_dir(&folder)?;
        fs::write(folder.join("image.yaml"), DESCRIPTION)?;
        // The smallest that QEMU takes for flash.
        fs::write(folder.join("code.fd"), vec![0; 4096])?;
        fs::write(folder.join("vars.fd"), vec![0; 4096])?;
        let project = Project::find(Path::new(env!("CARGO_MANIFEST_DIR")))?;
        let project = project.with_image_store(store.path().to_owned());
        Ok(Self { store, project })
    }

    fn image(&self) -> Result<Image, Failed> {
        Ok(Image::load(&self.project, "win11")?)
    }

    /// Every test, planned; a refusal is its reason.
    fn plans(&self, accelerator: Accelerator) -> Result<Vec<Result<Plan, String>>, Failed> {
        let image = self.image()?;
        let host = HostChoices {
            accelerator,
            sandbox: true,
            seed: 0x1234,
        };
        let selected = select(&self.project, "win11", &[])?;
        let plan = |entry: &scenario::select::Selected| {
            make(
                &entry.scenario,
                entry.variant,
                &image,
                host,
                &PlanOptions::default(),
            )
            .map_err(|refusal| format!("{}\n  skip: {refusal}\n", refusal.test))
        };
        Ok(selected.iter().map(plan).collect())
    }
}

/// One golden for each accelerator: all plans, with the folders of this machine taken out.
fn goldens() -> Result<(), Failed> {
    let lab = Lab::new()?;
    for (accelerator, name) in [(Accelerator::Kvm, "kvm"), (Accelerator::Tcg, "tcg")] {
        let mut text = String::new();
        let plans = lab.plans(accelerator)?;
        let scenarios = fs::read_dir(lab.project.scenarios())?.count();
        if plans.len() < scenarios {
            return Err(format!("{} plans for {scenarios} scenarios", plans.len()).into());
        }
        let mut machines: BTreeMap<String, String> = BTreeMap::new();
        for plan in plans {
            text.push_str(&match plan {
                Ok(plan) => shown_once(&plan, &mut machines),
                Err(refusal) => refusal,
            });
            text.push('\n');
        }
        let text = text
            .replace(&lab.store.path().display().to_string(), "STORE")
            .replace(&lab.project.root().display().to_string(), "PROJECT");
        check(&format!("win11-{name}.txt"), &text)?;
    }
    Ok(())
}

/// A plan; if its command line is that of an earlier one, only whose it is.
fn shown_once(plan: &Plan, machines: &mut BTreeMap<String, String>) -> String {
    let text = show(plan);
    let start = text.find("\n    ").unwrap_or(0);
    let length = text[start..].find("\n  R").unwrap_or(0);
    let command = &text[start..start + length];
    match machines.get(command) {
        Some(test) => text.replace(command, &format!(" as {test}")),
        None => {
            machines.insert(command.to_owned(), plan.test.to_string());
            text
        }
    }
}

fn check(name: &str, text: &str) -> Result<(), Failed> {
    let file: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/goldens/plans", name]
        .iter()
        .collect();
    if std::env::var("STOPCODE_UPDATE_GOLDENS").is_ok_and(|value| value == "1") {
        fs::create_dir_all(file.parent().ok_or("no folder")?)?;
        fs::write(&file, text)?;
        return Ok(());
    }
    let golden = fs::read_to_string(&file).unwrap_or_default();
    let differs = text
        .lines()
        .zip(golden.lines())
        .find(|(ours, theirs)| ours != theirs);
    match differs {
        None if golden.len() == text.len() => Ok(()),
        None => Err(format!("{} has another length", file.display()).into()),
        Some((ours, theirs)) => Err(format!(
            "{} says\n  {theirs}\nwhere the plan is\n  {ours}\nSTOPCODE_UPDATE_GOLDENS=1 rewrites it",
            file.display()
        )
        .into()),
    }
}

/// Starts QEMU with each different command line, as a run would, but never lets the guest run.
/// With KVM only where KVM works, which a plain machine shows.
fn accepted() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let work = TempDir::new()?;
    let golden = lab.store.path().join("win11");
    for disk in ["disk.qcow2", "dump.qcow2"] {
        qemu_img(
            &["create", "-q", "-f", "qcow2"],
            &golden.join(disk),
            Some("64M"),
        )?;
        qemu_img(
            &["create", "-q", "-f", "qcow2"],
            &work.path().join(disk),
            Some("64M"),
        )?;
    }
    fs::copy(golden.join("vars.fd"), work.path().join("variables.fd"))?;
    let mut seen = BTreeSet::new();
    for accelerator in [Accelerator::Tcg, Accelerator::Kvm] {
        for plan in lab.plans(accelerator)?.into_iter().flatten() {
            let mut machine = plan.machine;
            if !matches!(machine.start, Start::Disk { .. }) {
                return Err(format!("{} boots from no disk", plan.test).into());
            }
            // Nothing runs in it: it need not have 4 GiB.
            machine.memory_mib = 256;
            if !seen.insert(format!("{machine:?}")) {
                continue;
            }
            if accelerator == Accelerator::Kvm && !kvm_has(&machine) {
                // Some nested KVMs refuse to set this register, which has nothing to do with ours.
                machine.cpu.push_str(",-arch-capabilities");
                if !kvm_has(&machine) {
                    eprintln!("not asked, KVM here cannot do `-cpu {}`", machine.cpu);
                    continue;
                }
            }
            eprintln!(
                "asked with `-accel {}`: `-cpu {}`",
                accelerator.as_str(),
                machine.cpu
            );
            accepts(&machine, work.path()).map_err(|error| format!("{}: {error}", plan.test))?;
        }
    }
    Ok(())
}

fn qemu_img(args: &[&str], file: &Path, size: Option<&str>) -> Result<(), Failed> {
    let status = Command::new("qemu-img")
        .args(args)
        .arg(file)
        .args(size)
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err("qemu-img failed".into()),
    }
}

/// Whether KVM takes this processor at all: a machine of nothing else starts with it.
fn kvm_has(machine: &Machine) -> bool {
    let (ours, theirs) = inherited();
    let mut command = Command::new("qemu-system-x86_64");
    command
        .args([
            "-nodefaults",
            "-display",
            "none",
            "-S",
            "-machine",
            "q35",
            "-accel",
            "kvm",
        ])
        .args([
            "-cpu",
            &machine.cpu,
            "-mon",
            "chardev=qmp,mode=control",
            "-chardev",
        ])
        .arg(format!("socket,id=qmp,fd={}", theirs.as_raw_fd()));
    quits_when_told(&mut command, ours, theirs).is_ok()
}

/// Whether QEMU makes the machine, and then quits when it is told to.
fn accepts(machine: &Machine, folder: &Path) -> Result<(), String> {
    let (ours, theirs) = inherited();
    let (_agent, agent_theirs) = inherited();
    let null = fs::File::options().write(true).open("/dev/null");
    let null = null.map_err(|error| error.to_string())?;
    keep_open(&null);
    let channels = Channels {
        qmp: theirs.as_raw_fd(),
        agent: AgentChannel::Serial {
            port: "org.qemu.guest_agent.0",
            socket: agent_theirs.as_raw_fd(),
        },
        serial: null.as_raw_fd(),
    };
    let args = qemu_args(machine, channels, &RunFiles::new(folder));
    quits_when_told(Command::new("qemu-system-x86_64").args(args), ours, theirs)
}

/// A pair of sockets, the second of which a child has open, too.
fn inherited() -> (UnixStream, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    keep_open(&theirs);
    (ours, theirs)
}

fn keep_open(file: &impl AsFd) {
    let flags = nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty());
    nix::fcntl::fcntl(file, flags).unwrap();
}

fn quits_when_told(
    command: &mut Command,
    mut ours: UnixStream,
    theirs: UnixStream,
) -> Result<(), String> {
    let words = |error: std::io::Error| error.to_string();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(words)?;
    drop(theirs);
    // The greeting comes early; a command is only answered once the machine is made.
    let commands = b"{\"execute\": \"qmp_capabilities\"}\n{\"execute\": \"quit\"}\n";
    let _ = ours.write_all(commands);
    let end = Instant::now() + Duration::from_secs(60);
    while child.try_wait().map_err(words)?.is_none() && Instant::now() < end {
        sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    let output = child.wait_with_output().map_err(words)?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "QEMU ended ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}
