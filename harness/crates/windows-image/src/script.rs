//! The script that runs in Windows after its first logon, from our disc.
//!
//! It tells the host how far it is on COM1, one line a step: [`StepLine`] reads them.

use std::fmt::Write;

use super::Version;
use super::options::Options;
use super::registry::{self, DEDICATED_DUMP_FILE};

/// Folder of virtio-win's medium that holds the guest agent, and the package.
pub(crate) const AGENT_PACKAGE: &str = "guest-agent/qemu-ga-x86_64.msi";

/// Folders with drivers on virtio-win's medium, and what each is for. `qemufwcfg` is not among
/// them: it is a driver that does nothing, for the same device as `fwcfg`.
pub const DRIVERS: [(&str, &str); 3] = [
    ("vioserial", "the channel of the guest agent"),
    ("fwcfg", "QEMU's dumps in Windows' format (win-dmp)"),
    ("pvpanic", "QEMU is told that the guest has stopped"),
];

/// Folder in the guest for drivers under test.
pub(crate) const STAGE: &str = r"C:\Stopcode";

/// What must come of a step before the next is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The image is of no use without it.
    Essential,
    /// It is missed, and named, but the image works.
    Desirable,
}

/// A step of the set-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupStep {
    /// A word for progress and errors.
    pub name: &'static str,
    pub why: &'static str,
    /// Whether the set-up may go on without it.
    pub need: Need,
    /// Exit codes, other than 0, that are fine for all its commands.
    pub accept: &'static [u32],
    /// Lines for cmd.exe. `%MEDIA%` is virtio-win's drive, `%SELF%` our folder on our disc.
    pub commands: Vec<String>,
}

/// ERROR_SUCCESS_REBOOT_REQUIRED: it will be restarted anyway.
const REBOOT_REQUIRED: u32 = 3010;
/// ERROR_NO_MORE_ITEMS, from pnputil: the driver is in the store, its device is up to date.
const NO_MORE_ITEMS: u32 = 259;

/// All steps, in order.
pub fn steps(version: Version, options: &Options) -> Vec<SetupStep> {
    let mut steps = vec![
        SetupStep {
            name: "certificate",
            why: "drivers signed by this image's test certificate load",
            need: Need::Essential,
            accept: &[],
            commands: ["Root", "TrustedPublisher"]
                .map(|store| format!(r#"certutil -f -addstore {store} "%SELF%test.cer""#))
                .into(),
        },
        SetupStep {
            name: "publisher",
            why: "the publisher of virtio-win's drivers is trusted, or Windows would ask",
            need: Need::Desirable,
            accept: &[],
            commands: vec![format!(
                "powershell -NoProfile -Command \"Get-ChildItem {} -Filter *.cat | ForEach-Object {{ \
                 $c = (Get-AuthenticodeSignature $_.FullName).SignerCertificate; if ($c) {{ \
                 $s = New-Object System.Security.Cryptography.X509Certificates.X509Store('TrustedPublisher','LocalMachine'); \
                 $s.Open('ReadWrite'); $s.Add($c); $s.Close() }} }}\"",
                DRIVERS
                    .map(|(driver, _)| driver_folder(driver, version))
                    .join(","),
            )],
        },
    ];
    steps.extend(DRIVERS.map(|(driver, why)| SetupStep {
        name: driver,
        why,
        need: Need::Essential,
        accept: &[REBOOT_REQUIRED, NO_MORE_ITEMS],
        commands: vec![format!(
            r#"pnputil /add-driver "{}\*.inf" /install"#,
            driver_folder(driver, version)
        )],
    }));
    steps.push(SetupStep {
        name: "agent",
        why: "the host copies files and starts programs through it",
        need: Need::Essential,
        accept: &[REBOOT_REQUIRED],
        commands: vec![
            format!(
                r#"msiexec /i "%MEDIA%\{}" /qn /norestart"#,
                AGENT_PACKAGE.replace('/', r"\")
            ),
            "sc config QEMU-GA start= auto".into(),
        ],
    });
    steps.push(SetupStep {
        name: "boot",
        why: "test-signed drivers load; a guest that has stopped boots again without questions",
        need: Need::Essential,
        accept: &[],
        commands: vec![
            "bcdedit /set {current} testsigning on".into(),
            "bcdedit /set {current} recoveryenabled no".into(),
            "bcdedit /set {current} bootstatuspolicy ignoreallfailures".into(),
            "bcdedit /timeout 0".into(),
        ],
    });
    if options.dump_disk {
        steps.push(dump_disk());
    }
    steps.push(SetupStep {
        name: "registry",
        why: "dumps, watchdogs, quiet: see the table of settings",
        need: Need::Essential,
        accept: &[],
        commands: registry::settings(options)
            .iter()
            .map(registry::Setting::command)
            .collect(),
    });
    steps.push(SetupStep {
        name: "power",
        why: "no sleep, no hibernation, the display stays on",
        // Virtual machines often have none of them.
        need: Need::Desirable,
        accept: &[],
        commands: vec![
            "powercfg /hibernate off".into(),
            "powercfg /change standby-timeout-ac 0".into(),
            "powercfg /change monitor-timeout-ac 0".into(),
            "powercfg /change disk-timeout-ac 0".into(),
        ],
    });
    steps.push(SetupStep {
        name: "services",
        why: "nothing updates, indexes or defragments while a scenario runs",
        need: Need::Desirable,
        // ERROR_SERVICE_DOES_NOT_EXIST: not in every edition.
        accept: &[1060],
        commands: ["wuauserv", "UsoSvc", "WSearch", "SysMain", "DiagTrack"]
            .map(|service| format!("sc config {service} start= disabled"))
            .into(),
    });
    steps.push(SetupStep {
        name: "stage",
        why: "the folder for drivers under test",
        need: Need::Essential,
        accept: &[],
        commands: vec![format!("if not exist {STAGE} mkdir {STAGE}")],
    });
    steps
}

fn driver_folder(driver: &str, version: Version) -> String {
    format!(r"%MEDIA%\{driver}\{}\amd64", version.driver_folder())
}

fn dump_disk() -> SetupStep {
    let drive = DEDICATED_DUMP_FILE.split(':').next().unwrap_or_default();
    SetupStep {
        name: "dump-disk",
        why: "Windows writes its dumps to a disk that the host reads alone",
        need: Need::Essential,
        accept: &[],
        commands: vec![format!(
            "powershell -NoProfile -Command \"$ErrorActionPreference='Stop'; \
             Get-Disk | Where-Object PartitionStyle -eq 'RAW' | Select-Object -First 1 | \
             Initialize-Disk -PartitionStyle GPT -PassThru | \
             New-Partition -UseMaximumSize -DriveLetter {drive} | \
             Format-Volume -FileSystem NTFS -NewFileSystemLabel dump\""
        )],
    }
}

/// The script: `setup.cmd`, with the line ends that cmd.exe wants.
pub fn setup_cmd(version: Version, options: &Options) -> String {
    let steps = steps(version, options);
    let mut text = String::new();
    let mut line = |words: &str| {
        text.push_str(words);
        text.push_str("\r\n");
    };
    line("@echo off");
    line("rem Written by `stopcode image build windows`.");
    // The redirection stands first: a digit before `>` would be taken for the handle's number.
    line("set SELF=%~dp0");
    line("set MEDIA=");
    line("for %%d in (D E F G H I J) do if exist %%d:\\vioserial set MEDIA=%%d:");
    line("set STEP=media");
    line("set CODE=2");
    line("if \"%MEDIA%\"==\"\" goto failed");
    for (step, number) in steps.iter().zip(1..) {
        line("");
        line(&format!("rem {}: {}", step.name, step.why));
        line(&format!("set STEP={}", step.name));
        line(&format!(
            ">COM1 echo stopcode: step {number}/{} {}",
            steps.len(),
            step.name
        ));
        for command in &step.commands {
            // In a batch file a percent sign of a for loop or of text is written twice; only our
            // own variables are meant to be replaced.
            line(command);
            line("set CODE=%ERRORLEVEL%");
            let mut fine = String::new();
            for code in std::iter::once(&0).chain(step.accept) {
                // Writing to a String cannot fail.
                let _ = write!(fine, "if not \"%CODE%\"==\"{code}\" ");
            }
            line(&match step.need {
                Need::Essential => format!("{fine}goto failed"),
                Need::Desirable => {
                    format!("{fine}>COM1 echo stopcode: missed {} %CODE%", step.name)
                }
            });
        }
    }
    line("");
    line(">COM1 echo stopcode: done");
    line("shutdown /s /t 0");
    line("exit /b 0");
    line(":failed");
    line(">COM1 echo stopcode: failed %STEP% %CODE%");
    line("exit /b 1");
    text
}

/// A line that the script writes to COM1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepLine {
    /// A step begins.
    Begins {
        /// From 1.
        number: u32,
        /// How many there are.
        of: u32,
        name: String,
    },
    /// A desirable step's command failed.
    Missed {
        name: String,
        /// The command's exit code, as Windows wrote it.
        code: String,
    },
    /// An essential one did, and the script has ended.
    Failed {
        name: String,
        /// The command's exit code, as Windows wrote it.
        code: String,
    },
    /// All is done; Windows shuts down.
    Done,
}

impl StepLine {
    /// Reads a line of COM1; None for one that is not the script's.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.trim().strip_prefix("stopcode: ")?.split(' ');
        let verb = words.next()?;
        let first = words.next();
        let second = words.next().unwrap_or_default().to_owned();
        match verb {
            "done" => Some(Self::Done),
            "step" => {
                let (number, of) = first?.split_once('/')?;
                Some(Self::Begins {
                    number: number.parse().ok()?,
                    of: of.parse().ok()?,
                    name: second,
                })
            }
            "missed" => Some(Self::Missed {
                name: first?.to_owned(),
                code: second,
            }),
            "failed" => Some(Self::Failed {
                name: first?.to_owned(),
                code: second,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_understands_what_the_script_says() {
        let script = setup_cmd(Version::Windows11, &Options::default());
        let echoed: Vec<StepLine> = script
            .lines()
            .filter_map(|line| line.strip_prefix(">COM1 echo "))
            .filter_map(StepLine::parse)
            .collect();
        let count = steps(Version::Windows11, &Options::default()).len();
        assert_eq!(echoed.len(), count + 2);
        assert!(
            matches!(&echoed[0], StepLine::Begins { number: 1, of, name }
                if *of as usize == count && name == "certificate"),
            "{echoed:?}"
        );
        assert_eq!(echoed[count], StepLine::Done);
        assert_eq!(
            StepLine::parse("stopcode: failed agent 1603\r"),
            Some(StepLine::Failed {
                name: "agent".into(),
                code: "1603".into()
            })
        );
        for other in ["", "stopcode: ", "stopcode: step x", "TinyNT: up"] {
            assert_eq!(StepLine::parse(other), None, "{other}");
        }
    }

    #[test]
    fn each_version_takes_its_own_drivers() {
        for version in Version::ALL {
            let script = setup_cmd(version, &Options::default());
            let folder = format!(r"%MEDIA%\fwcfg\{}\amd64\*.inf", version.driver_folder());
            assert!(script.contains(&folder), "{script}");
            assert!(!script.contains("qemufwcfg"), "{script}");
        }
    }

    #[test]
    fn every_command_is_checked_and_lines_end_as_in_dos() {
        let options = Options {
            dump_disk: true,
            ..Options::default()
        };
        let script = setup_cmd(Version::Server2022, &options);
        assert!(
            script
                .split('\n')
                .rev()
                .skip(1)
                .all(|line| line.ends_with('\r'))
        );
        let commands: usize = (steps(Version::Server2022, &options).iter())
            .map(|step| step.commands.len())
            .sum();
        assert_eq!(script.matches("set CODE=%ERRORLEVEL%").count(), commands);
        // cmd.exe reads at most 8191 characters of a line.
        assert!(script.lines().all(|line| line.len() < 8191));
    }
}
