//! The answer file of Windows Setup, `autounattend.xml`.
//!
//! The disk is partitioned for UEFI (GPT): Windows 11 and Server 2025 are supported on nothing
//! else, and one layout for all is one to get right. Secure Boot stays off, since it forbids test
//! signing. UEFI costs some seconds at a cold boot, which runs from a snapshot do not pay.
//!
//! What each element means and in which pass it is read:
//! <https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/>.

use super::Version;
use super::version::InstallationType;
use super::xml::{Element, leaf, node};

/// The local administrator that is made. The guest has no network; the password is no secret.
pub(crate) const USER: &str = "stopcode";
/// Its password: satisfies the complexity rules of servers.
pub(crate) const PASSWORD: &str = "Stopcode-1";

/// EFI system partition, MB: the least for disks with 4-KiB sectors, with room to spare.
const ESP_MB: u32 = 300;
/// Microsoft reserved partition, MB.
const MSR_MB: u32 = 16;
/// Where Windows goes; the third partition.
const WINDOWS_PARTITION: u32 = 3;

/// The first command after the first logon. Drive letters depend on the machine, so it looks for
/// our disc. Windows starts all such commands at once, hence there is just one.
const FIRST_COMMAND: &str = r"cmd.exe /c for %d in (D E F G H I J) do @if exist %d:\stopcode\setup.cmd call %d:\stopcode\setup.cmd";

/// What the answer file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The version: what to bypass, which accounts it asks for.
    pub version: Version,
    /// `/IMAGE/NAME` in the WIM.
    pub image_name: String,
    /// A key, where Setup would ask for one.
    pub product_key: Option<String>,
    /// Language of Setup and Windows, as `en-US`.
    pub language: String,
    pub computer: String,
}

impl Answer {
    /// The file.
    ///
    /// # Errors
    /// Never in practice: it is written to memory.
    pub fn document(&self) -> std::io::Result<String> {
        let passes = [
            pass("windowsPE", self.windows_pe()),
            pass("specialize", self.specialize()),
            pass("oobeSystem", self.oobe_system()),
        ];
        node("unattend", passes)
            .with("xmlns", "urn:schemas-microsoft-com:unattend")
            .with(
                "xmlns:wcm",
                "http://schemas.microsoft.com/WMIConfig/2002/State",
            )
            .document()
    }

    fn windows_pe(&self) -> Vec<Element> {
        let locale = [
            node("SetupUILanguage", [leaf("UILanguage", &self.language)]),
            leaf("InputLocale", &self.language),
            leaf("SystemLocale", &self.language),
            leaf("UILanguage", &self.language),
            leaf("UserLocale", &self.language),
        ];
        let mut setup = vec![
            // Without a network it would wait for one.
            node("DynamicUpdate", [leaf("Enable", false)]),
            disks(),
            self.image_install(),
            self.user_data(),
        ];
        if self.version.demands_tpm() {
            setup.push(lab_config());
        }
        vec![
            component("Microsoft-Windows-International-Core-WinPE", locale),
            component("Microsoft-Windows-Setup", setup),
        ]
    }

    fn image_install(&self) -> Element {
        let chosen = node(
            "MetaData",
            [leaf("Key", "/IMAGE/NAME"), leaf("Value", &self.image_name)],
        );
        let place = [leaf("DiskID", 0), leaf("PartitionID", WINDOWS_PARTITION)];
        node(
            "ImageInstall",
            [node(
                "OSImage",
                [
                    node("InstallFrom", [chosen.item()]),
                    node("InstallTo", place),
                    leaf("WillShowUI", "OnError"),
                ],
            )],
        )
    }

    fn user_data(&self) -> Element {
        let mut data = vec![
            leaf("AcceptEula", true),
            leaf("FullName", USER),
            leaf("Organization", USER),
        ];
        if let Some(key) = &self.product_key {
            data.push(node(
                "ProductKey",
                [leaf("Key", key), leaf("WillShowUI", "OnError")],
            ));
        }
        node("UserData", data)
    }

    fn specialize(&self) -> Vec<Element> {
        let commands = [
            // Setup would insist on a network and an online account.
            r"reg add HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\OOBE /v BypassNRO /t REG_DWORD /d 1 /f",
            // The host reads dumps from the disk: it must not be encrypted behind our back.
            r"reg add HKLM\SYSTEM\CurrentControlSet\Control\BitLocker /v PreventDeviceEncryption /t REG_DWORD /d 1 /f",
        ];
        vec![
            component("Microsoft-Windows-Deployment", [run_synchronous(&commands)]),
            component(
                "Microsoft-Windows-Shell-Setup",
                [
                    leaf("ComputerName", &self.computer),
                    // The emulated clock shows UTC, and Windows takes it for local time.
                    leaf("TimeZone", "UTC"),
                ],
            ),
        ]
    }

    fn oobe_system(&self) -> Vec<Element> {
        let locale = [
            leaf("InputLocale", &self.language),
            leaf("SystemLocale", &self.language),
            leaf("UILanguage", &self.language),
            leaf("UserLocale", &self.language),
        ];
        let shell = [
            node(
                "AutoLogon",
                [
                    leaf("Enabled", true),
                    leaf("LogonCount", 1),
                    password(),
                    leaf("Username", USER),
                ],
            ),
            node(
                "FirstLogonCommands",
                [node(
                    "SynchronousCommand",
                    [
                        leaf("CommandLine", FIRST_COMMAND),
                        leaf("Description", "Stopcode's set-up"),
                        leaf("Order", 1),
                    ],
                )
                .item()],
            ),
            self.oobe(),
            self.accounts(),
        ];
        vec![
            component("Microsoft-Windows-International-Core", locale),
            component("Microsoft-Windows-Shell-Setup", shell),
        ]
    }

    fn oobe(&self) -> Element {
        let mut screens = vec![leaf("HideEULAPage", true)];
        match self.version.kind() {
            InstallationType::Server => screens.push(leaf("HideLocalAccountScreen", true)),
            InstallationType::Client => screens.extend([
                leaf("HideOEMRegistrationScreen", true),
                leaf("HideOnlineAccountScreens", true),
                leaf("HideWirelessSetupInOOBE", true),
            ]),
        }
        // 3: no automatic protection, no error reports.
        screens.push(leaf("ProtectYourPC", 3));
        node("OOBE", screens)
    }

    fn accounts(&self) -> Element {
        let mut accounts = Vec::new();
        if self.version.kind() == InstallationType::Server {
            // A server asks for this one before anything else.
            accounts.push(node(
                "AdministratorPassword",
                [leaf("Value", PASSWORD), leaf("PlainText", true)],
            ));
        }
        accounts.push(node(
            "LocalAccounts",
            [node(
                "LocalAccount",
                [
                    leaf("Group", "Administrators"),
                    leaf("Name", USER),
                    password(),
                ],
            )
            .item()],
        ));
        node("UserAccounts", accounts)
    }
}

fn password() -> Element {
    node(
        "Password",
        [leaf("Value", PASSWORD), leaf("PlainText", true)],
    )
}

fn pass(name: &str, components: Vec<Element>) -> Element {
    node("settings", components).with("pass", name)
}

fn component(name: &str, settings: impl IntoIterator<Item = Element>) -> Element {
    node("component", settings)
        .with("name", name)
        .with("processorArchitecture", "amd64")
        .with("publicKeyToken", "31bf3856ad364e35")
        .with("language", "neutral")
        .with("versionScope", "nonSxS")
}

/// The first disk: system partition, reserved partition, Windows in the rest.
fn disks() -> Element {
    let create = |order: u32, kind: &str, size: Option<u32>| {
        let size = match size {
            Some(megabytes) => leaf("Size", megabytes),
            None => leaf("Extend", true),
        };
        node(
            "CreatePartition",
            [leaf("Order", order), leaf("Type", kind), size],
        )
        .item()
    };
    let format = |order: u32, partition: u32, format: &str, label: &str, letter: Option<&str>| {
        let mut settings = vec![
            leaf("Format", format),
            leaf("Label", label),
            leaf("Order", order),
            leaf("PartitionID", partition),
        ];
        settings.extend(letter.map(|letter| leaf("Letter", letter)));
        node("ModifyPartition", settings).item()
    };
    let disk = node(
        "Disk",
        [
            node(
                "CreatePartitions",
                [
                    create(1, "EFI", Some(ESP_MB)),
                    create(2, "MSR", Some(MSR_MB)),
                    create(WINDOWS_PARTITION, "Primary", None),
                ],
            ),
            node(
                "ModifyPartitions",
                [
                    format(1, 1, "FAT32", "System", None),
                    format(2, WINDOWS_PARTITION, "NTFS", "Windows", Some("C")),
                ],
            ),
            leaf("DiskID", 0),
            leaf("WillWipeDisk", true),
        ],
    );
    node(
        "DiskConfiguration",
        [disk.item(), leaf("WillShowUI", "OnError")],
    )
}

/// Tells Setup not to look at the machine's TPM, Secure Boot and size. Not documented by
/// Microsoft; Setup's own files name the values.
fn lab_config() -> Element {
    let values = [
        "BypassTPMCheck",
        "BypassSecureBootCheck",
        "BypassRAMCheck",
        "BypassCPUCheck",
        "BypassStorageCheck",
    ];
    let commands = values.map(|value| {
        format!(r"reg add HKLM\SYSTEM\Setup\LabConfig /v {value} /t REG_DWORD /d 1 /f")
    });
    run_synchronous(&commands.each_ref().map(String::as_str))
}

fn run_synchronous(commands: &[&str]) -> Element {
    let commands = commands.iter().zip(1..).map(|(command, order)| {
        node(
            "RunSynchronousCommand",
            [leaf("Order", order), leaf("Path", command)],
        )
        .item()
    });
    node("RunSynchronous", commands)
}
