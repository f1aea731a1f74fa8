//! Registry settings of the golden image, as data: the value, its reason, and its source.

use std::fmt;

use super::options::{DumpKind, Options};

/// A value of the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// REG_DWORD.
    Dword(u32),
    /// REG_SZ.
    Text(String),
    /// REG_EXPAND_SZ.
    Expand(String),
    /// REG_MULTI_SZ.
    List(Vec<String>),
}

/// Why we believe that Windows reads a setting this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The vendor documents it; the page.
    Documented(&'static str),
    /// Others found it, and it does no harm if they erred: check the effect on a live guest.
    Hypothesis,
}

/// One value to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key, below `HKLM`.
    pub key: &'static str,
    pub name: &'static str,
    /// What it is set to.
    pub value: Value,
    pub why: &'static str,
    /// How we know.
    pub standing: Basis,
}

impl Setting {
    /// The command that sets it. `%` is doubled, as in a batch file.
    pub fn command(&self) -> String {
        let (kind, data) = match &self.value {
            Value::Dword(number) => ("REG_DWORD", number.to_string()),
            Value::Text(text) => ("REG_SZ", format!("\"{text}\"")),
            Value::Expand(text) => ("REG_EXPAND_SZ", format!("\"{}\"", text.replace('%', "%%"))),
            Value::List(items) => ("REG_MULTI_SZ", format!("\"{}\"", items.join(r"\0"))),
        };
        format!(
            r#"reg add "HKLM\{}" /v {} /t {kind} /d {data} /f"#,
            self.key, self.name
        )
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Documented(page) => f.write_str(page),
            Self::Hypothesis => f.write_str("hypothesis: check it on a live guest"),
        }
    }
}

const CRASH_CONTROL: &str = r"SYSTEM\CurrentControlSet\Control\CrashControl";
const KERNEL: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager\Kernel";
const MEMORY: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management";
const POWER: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager\Power";
const HVCI: &str =
    r"SYSTEM\CurrentControlSet\Control\DeviceGuard\Scenarios\HypervisorEnforcedCodeIntegrity";
const UPDATE: &str = r"SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU";
const DEFENDER: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender";
const DEFENDER_LIVE: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender\Real-Time Protection";
const TELEMETRY: &str = r"SOFTWARE\Policies\Microsoft\Windows\DataCollection";

const PAGE_DUMPS: &str =
    "https://learn.microsoft.com/troubleshoot/windows-server/performance/memory-dump-file-options";
const PAGE_FILES: &str = "https://learn.microsoft.com/windows-hardware/drivers/debugger/varieties-of-kernel-mode-dump-files";
const PAGE_DEDICATED: &str = "https://learn.microsoft.com/troubleshoot/windows-client/performance/generate-a-kernel-or-complete-crash-dump";
const PAGE_HVCI: &str = "https://learn.microsoft.com/windows/security/hardware-security/enable-virtualization-based-protection-of-code-integrity";
const PAGE_UPDATE: &str = "https://learn.microsoft.com/windows/deployment/update/waas-wu-settings";
const PAGE_DEFENDER: &str = "https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/security-malware-windows-defender-disableantispyware";
const PAGE_TELEMETRY: &str = "https://learn.microsoft.com/windows/privacy/configure-windows-diagnostic-data-in-your-organization";

/// What a complete dump holds beside memory: a header and device data. 257 MB, as [`PAGE_DUMPS`]
/// says.
const DUMP_OVERHEAD_MIB: u32 = 257;

/// Where Windows writes its own dump, if there is a disk for it.
pub(crate) const DEDICATED_DUMP_FILE: &str = r"S:\dedicated.dmp";

/// Size of the page file or of the dedicated dump file, MiB, that the dump needs.
pub(crate) fn dump_room_mib(dump: DumpKind, memory_mib: u32) -> u32 {
    match dump {
        // A kernel dump is seldom more than a third of memory, but nothing says so.
        DumpKind::Full | DumpKind::Kernel | DumpKind::Automatic => memory_mib + DUMP_OVERHEAD_MIB,
        DumpKind::Small => 1024,
    }
}

/// All settings, in the order in which they are made.
pub fn settings(options: &Options) -> Vec<Setting> {
    let mut settings = crash_control(options);
    settings.extend(watchdogs());
    settings.extend(quiet());
    settings
}

fn dword(
    key: &'static str,
    name: &'static str,
    number: u32,
    why: &'static str,
    standing: Basis,
) -> Setting {
    Setting {
        key,
        name,
        value: Value::Dword(number),
        why,
        standing,
    }
}

fn crash_control(options: &Options) -> Vec<Setting> {
    use Basis::{Documented, Hypothesis};
    let room = dump_room_mib(options.dump, options.memory_mib);
    let mut settings = vec![
        dword(
            CRASH_CONTROL,
            "AutoReboot",
            0,
            "a stopped guest stays, so that the host can read it",
            Documented(PAGE_DUMPS),
        ),
        dword(
            CRASH_CONTROL,
            "CrashDumpEnabled",
            options.dump.registry_value(),
            "the kind of dump that Windows itself writes",
            Documented(PAGE_FILES),
        ),
        dword(
            CRASH_CONTROL,
            "AlwaysKeepMemoryDump",
            1,
            "clients drop MEMORY.DMP when less than 25 GB are free",
            Documented(PAGE_DUMPS),
        ),
        dword(
            CRASH_CONTROL,
            "Overwrite",
            1,
            "an older dump must not keep a newer one from being written",
            Documented(PAGE_DUMPS),
        ),
        Setting {
            key: CRASH_CONTROL,
            name: "DumpFile",
            value: Value::Expand(r"%SystemRoot%\MEMORY.DMP".into()),
            why: "where the host looks for it",
            standing: Documented(PAGE_DUMPS),
        },
        dword(
            CRASH_CONTROL,
            "DisplayParameters",
            1,
            "the blue screen shows the four parameters, and so does the screenshot",
            Hypothesis,
        ),
        Setting {
            key: MEMORY,
            name: "PagingFiles",
            value: Value::List(vec![format!(r"C:\pagefile.sys {room} {room}")]),
            why: "a fixed page file on the system disk that the dump fits into",
            standing: Documented(PAGE_DEDICATED),
        },
    ];
    if options.dump_disk {
        settings.push(Setting {
            key: CRASH_CONTROL,
            name: "DedicatedDumpFile",
            value: Value::Text(DEDICATED_DUMP_FILE.into()),
            why: "the dump goes to a disk of its own, which the host reads alone",
            standing: Documented(PAGE_DEDICATED),
        });
        settings.push(dword(
            CRASH_CONTROL,
            "DumpFileSize",
            room,
            "size of the dedicated dump file, MB",
            Documented(PAGE_DEDICATED),
        ));
    }
    settings
}

/// Under a visible hypervisor Windows never arms the DPC watchdog. These are said to change that
/// or to shorten its limits; a run reads back whether it is armed, and believes nothing else.
fn watchdogs() -> Vec<Setting> {
    use Basis::Hypothesis;
    vec![
        dword(
            KERNEL,
            "ForceBugcheckForDpcWatchdog",
            1,
            "said to arm the DPC watchdog under a hypervisor",
            Hypothesis,
        ),
        dword(
            POWER,
            "WatchdogSleepTimeout",
            60,
            "0x9F/3 after 60 s rather than 300 s, going to sleep or shutting down",
            Hypothesis,
        ),
        dword(
            POWER,
            "WatchdogResumeTimeout",
            60,
            "0x9F/3 after 60 s rather than 120 s, waking up",
            Hypothesis,
        ),
    ]
}

/// A guest at rest: nothing runs that the scenario did not start.
fn quiet() -> Vec<Setting> {
    use Basis::{Documented, Hypothesis};
    vec![
        dword(
            HVCI,
            "Enabled",
            0,
            "memory integrity refuses drivers that are only test-signed, and needs a hypervisor",
            Documented(PAGE_HVCI),
        ),
        dword(
            UPDATE,
            "NoAutoUpdate",
            1,
            "an update would change the kernel under the golden image's symbols",
            Documented(PAGE_UPDATE),
        ),
        dword(
            DEFENDER,
            "DisableAntiSpyware",
            1,
            "its filter drivers would be on every stack (recent clients ignore this value)",
            Documented(PAGE_DEFENDER),
        ),
        dword(
            DEFENDER_LIVE,
            "DisableRealtimeMonitoring",
            1,
            "the same; tamper protection may undo it",
            Hypothesis,
        ),
        dword(
            TELEMETRY,
            "AllowTelemetry",
            0,
            "no traffic, no background work",
            Documented(PAGE_TELEMETRY),
        ),
        dword(
            r"SYSTEM\CurrentControlSet\Control\Session Manager\Power",
            "HiberbootEnabled",
            0,
            "a shutdown is a shutdown, not half a hibernation: the next boot is a cold one",
            Hypothesis,
        ),
        dword(
            r"SYSTEM\CurrentControlSet\Control\Power",
            "PlatformAoAcOverride",
            0,
            "no modern standby",
            Hypothesis,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'s>(settings: &'s [Setting], name: &str) -> &'s Setting {
        settings.iter().find(|s| s.name == name).unwrap()
    }

    #[test]
    fn a_full_dump_has_room() {
        let options = Options {
            dump: DumpKind::Full,
            memory_mib: 4096,
            ..Options::default()
        };
        let settings = settings(&options);
        assert_eq!(find(&settings, "CrashDumpEnabled").value, Value::Dword(1));
        assert_eq!(
            find(&settings, "PagingFiles").command(),
            format!(
                r#"reg add "HKLM\{MEMORY}" /v PagingFiles /t REG_MULTI_SZ /d "C:\pagefile.sys 4353 4353" /f"#
            )
        );
        assert!(settings.iter().all(|s| s.name != "DedicatedDumpFile"));
    }

    #[test]
    fn a_dump_disk_has_its_file() {
        let options = Options {
            dump_disk: true,
            dump: DumpKind::Small,
            ..Options::default()
        };
        let settings = settings(&options);
        assert_eq!(find(&settings, "DumpFileSize").value, Value::Dword(1024));
        assert_eq!(find(&settings, "CrashDumpEnabled").value, Value::Dword(3));
    }

    #[test]
    fn a_batch_file_must_not_expand_what_windows_expands_later() {
        let settings = settings(&Options::default());
        let command = find(&settings, "DumpFile").command();
        assert!(command.contains(r"%%SystemRoot%%\MEMORY.DMP"), "{command}");
    }

    #[test]
    fn no_value_is_set_twice() {
        let settings = settings(&Options::default());
        for (at, setting) in settings.iter().enumerate() {
            let same = |other: &Setting| (other.key, other.name) == (setting.key, setting.name);
            assert!(!settings[at + 1..].iter().any(same), "{}", setting.name);
        }
    }
}
