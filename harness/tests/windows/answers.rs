//! The answer file against what Microsoft documents: which settings a component has, in which
//! passes each is read, and which values it takes.
//!
//! The table was read off the pages below
//! <https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/>; the page of a setting
//! is called component-path, in lower case, with hyphens, for example
//! `microsoft-windows-setup-diskconfiguration-disk-diskid`.

use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::plans;

/// Settings of a component: path and passes.
type Settings = &'static [(&'static str, &'static [&'static str])];

const PE: &[&str] = &["windowsPE"];
const OOBE: &[&str] = &["oobeSystem"];

const DOCUMENTED: &[(&str, Settings)] = &[
    (
        "Microsoft-Windows-Deployment",
        &[
            (
                "RunSynchronous/RunSynchronousCommand/Order",
                &["auditUser", "specialize"],
            ),
            (
                "RunSynchronous/RunSynchronousCommand/Path",
                &["auditUser", "specialize"],
            ),
        ],
    ),
    (
        "Microsoft-Windows-International-Core",
        &[
            ("InputLocale", &["oobeSystem", "specialize"]),
            ("SystemLocale", &["oobeSystem", "specialize"]),
            ("UILanguage", &["oobeSystem", "specialize"]),
            ("UserLocale", &["oobeSystem", "specialize"]),
        ],
    ),
    (
        "Microsoft-Windows-International-Core-WinPE",
        &[
            ("InputLocale", PE),
            ("SetupUILanguage/UILanguage", PE),
            ("SystemLocale", PE),
            ("UILanguage", PE),
            ("UserLocale", PE),
        ],
    ),
    (
        "Microsoft-Windows-Setup",
        &[
            (
                "DiskConfiguration/Disk/CreatePartitions/CreatePartition/Extend",
                PE,
            ),
            (
                "DiskConfiguration/Disk/CreatePartitions/CreatePartition/Order",
                PE,
            ),
            (
                "DiskConfiguration/Disk/CreatePartitions/CreatePartition/Size",
                PE,
            ),
            (
                "DiskConfiguration/Disk/CreatePartitions/CreatePartition/Type",
                PE,
            ),
            ("DiskConfiguration/Disk/DiskID", PE),
            (
                "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/Format",
                PE,
            ),
            (
                "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/Label",
                PE,
            ),
            (
                "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/Letter",
                PE,
            ),
            (
                "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/Order",
                PE,
            ),
            (
                "DiskConfiguration/Disk/ModifyPartitions/ModifyPartition/PartitionID",
                PE,
            ),
            ("DiskConfiguration/Disk/WillWipeDisk", PE),
            ("DiskConfiguration/WillShowUI", PE),
            ("DynamicUpdate/Enable", PE),
            ("ImageInstall/OSImage/InstallFrom/MetaData/Key", PE),
            ("ImageInstall/OSImage/InstallFrom/MetaData/Value", PE),
            ("ImageInstall/OSImage/InstallTo/DiskID", PE),
            ("ImageInstall/OSImage/InstallTo/PartitionID", PE),
            ("ImageInstall/OSImage/WillShowUI", PE),
            ("RunSynchronous/RunSynchronousCommand/Order", PE),
            ("RunSynchronous/RunSynchronousCommand/Path", PE),
            ("UserData/AcceptEula", PE),
            ("UserData/FullName", PE),
            ("UserData/Organization", PE),
            ("UserData/ProductKey/Key", PE),
            ("UserData/ProductKey/WillShowUI", PE),
        ],
    ),
    (
        "Microsoft-Windows-Shell-Setup",
        &[
            (
                "AutoLogon/Enabled",
                &["auditSystem", "oobeSystem", "specialize"],
            ),
            (
                "AutoLogon/LogonCount",
                &["auditSystem", "oobeSystem", "specialize"],
            ),
            (
                "AutoLogon/Password/PlainText",
                &["auditSystem", "oobeSystem", "specialize"],
            ),
            (
                "AutoLogon/Password/Value",
                &["auditSystem", "oobeSystem", "specialize"],
            ),
            (
                "AutoLogon/Username",
                &["auditSystem", "oobeSystem", "specialize"],
            ),
            ("ComputerName", &["offlineServicing", "specialize"]),
            ("FirstLogonCommands/SynchronousCommand/CommandLine", OOBE),
            ("FirstLogonCommands/SynchronousCommand/Description", OOBE),
            ("FirstLogonCommands/SynchronousCommand/Order", OOBE),
            ("OOBE/HideEULAPage", OOBE),
            ("OOBE/HideLocalAccountScreen", OOBE),
            ("OOBE/HideOEMRegistrationScreen", OOBE),
            ("OOBE/HideOnlineAccountScreens", OOBE),
            ("OOBE/HideWirelessSetupInOOBE", OOBE),
            ("OOBE/ProtectYourPC", OOBE),
            ("TimeZone", &["auditSystem", "oobeSystem", "specialize"]),
            (
                "UserAccounts/AdministratorPassword/PlainText",
                &["auditSystem", "oobeSystem"],
            ),
            (
                "UserAccounts/AdministratorPassword/Value",
                &["auditSystem", "oobeSystem"],
            ),
            (
                "UserAccounts/LocalAccounts/LocalAccount/Group",
                &["auditSystem", "oobeSystem"],
            ),
            (
                "UserAccounts/LocalAccounts/LocalAccount/Name",
                &["auditSystem", "oobeSystem"],
            ),
            (
                "UserAccounts/LocalAccounts/LocalAccount/Password/PlainText",
                &["auditSystem", "oobeSystem"],
            ),
            (
                "UserAccounts/LocalAccounts/LocalAccount/Password/Value",
                &["auditSystem", "oobeSystem"],
            ),
        ],
    ),
];

/// Values that a setting takes, by the end of its path.
const VALUES: &[(&str, &[&str])] = &[
    (
        "CreatePartition/Type",
        &["Primary", "EFI", "Extended", "Logical", "MSR"],
    ),
    ("ModifyPartition/Format", &["NTFS", "FAT32"]),
    ("WillShowUI", &["Always", "OnError", "Never"]),
    (
        "MetaData/Key",
        &["/IMAGE/INDEX", "/IMAGE/NAME", "/IMAGE/DESCRIPTION"],
    ),
    ("ProtectYourPC", &["1", "2", "3"]),
    ("Enable", &["true", "false"]),
    ("Enabled", &["true", "false"]),
    ("PlainText", &["true", "false"]),
    ("AcceptEula", &["true", "false"]),
    ("WillWipeDisk", &["true", "false"]),
    ("Extend", &["true", "false"]),
];

/// Longest texts: a label, a computer's name, a command.
const LONGEST: &[(&str, usize)] = &[
    ("ModifyPartition/Label", 32),
    ("ComputerName", 15),
    ("RunSynchronousCommand/Path", 259),
    ("SynchronousCommand/CommandLine", 1024),
];

/// A setting in an answer file.
#[derive(Debug)]
struct Setting {
    pass: String,
    component: String,
    path: String,
    text: String,
}

/// All settings with a text.
fn settings(document: &str) -> Vec<Setting> {
    let mut reader = Reader::from_str(document);
    let (mut pass, mut component) = (String::new(), String::new());
    let mut path: Vec<String> = Vec::new();
    let mut settings = Vec::new();
    let mut text = String::new();
    let mut leaf = false;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let attribute = |name: &str| {
                    let found = start.try_get_attribute(name).unwrap();
                    found
                        .map(|found| found.value.into_owned())
                        .unwrap_or_default()
                };
                path.push(start.name().as_ref().to_owned());
                match path.len() {
                    1 => assert_eq!(attribute("xmlns"), "urn:schemas-microsoft-com:unattend"),
                    2 => pass = attribute("pass"),
                    3 => {
                        component = attribute("name");
                        assert_eq!(attribute("processorArchitecture"), "amd64");
                        assert_eq!(attribute("publicKeyToken"), "31bf3856ad364e35");
                    }
                    _ => {}
                }
                text.clear();
                leaf = true;
            }
            Event::Text(piece) => text.push_str(&piece),
            Event::GeneralRef(_) => text.push('?'),
            Event::End(_) => {
                if leaf {
                    settings.push(Setting {
                        pass: pass.clone(),
                        component: component.clone(),
                        path: path[3..].join("/"),
                        text: text.clone(),
                    });
                }
                leaf = false;
                path.pop();
            }
            Event::Eof => return settings,
            _ => {}
        }
    }
}

fn complaint(setting: &Setting) -> Option<String> {
    let Setting {
        pass,
        component,
        path,
        text,
    } = setting;
    let Some((_, known)) = DOCUMENTED.iter().find(|(name, _)| name == component) else {
        return Some(format!("component {component} is not in the table"));
    };
    let Some((_, passes)) = known.iter().find(|(name, _)| name == path) else {
        return Some(format!("{component} has no {path}"));
    };
    if !passes.contains(&pass.as_str()) {
        return Some(format!("{component}/{path} is not read in pass {pass}"));
    }
    let ends = |end: &str| path == end || path.ends_with(&format!("/{end}"));
    for (end, values) in VALUES {
        if ends(end) && !values.contains(&text.as_str()) {
            return Some(format!("{path} = {text} is none of {values:?}"));
        }
    }
    for (end, longest) in LONGEST {
        if ends(end) && text.len() > *longest {
            return Some(format!("{path} has more than {longest} characters"));
        }
    }
    text.is_empty().then(|| format!("{path} is empty"))
}

#[test]
fn every_setting_is_documented_for_its_pass() {
    for (name, plan) in plans::all(Path::new("/store")) {
        let settings = settings(&plan.answer().document().unwrap());
        assert!(settings.len() > 40, "{name}: {settings:?}");
        let complaints: Vec<String> = settings.iter().filter_map(complaint).collect();
        assert_eq!(complaints, Vec::<String>::new(), "{name}");
        // Size and Extend exclude each other; Windows Setup would stop.
        let of = |end: &str| settings.iter().filter(|s| s.path.ends_with(end)).count();
        assert_eq!(
            of("CreatePartition/Size") + of("CreatePartition/Extend"),
            of("CreatePartition/Type")
        );
    }
}

#[test]
fn the_table_notices() {
    let setting = |pass: &str, path: &str, text: &str| {
        complaint(&Setting {
            pass: pass.into(),
            component: "Microsoft-Windows-Setup".into(),
            path: path.into(),
            text: text.into(),
        })
    };
    let disk = "DiskConfiguration/Disk/DiskID";
    assert_eq!(setting("windowsPE", disk, "0"), None);
    assert!(setting("specialize", disk, "0").is_some());
    assert!(setting("windowsPE", "DiskConfiguration/Disk/Disk", "0").is_some());
    assert!(setting("windowsPE", "DiskConfiguration/WillShowUI", "Sometimes").is_some());
    assert!(setting("windowsPE", disk, "").is_some());
}

#[test]
fn only_windows_11_is_told_to_look_away() {
    for (name, plan) in plans::all(Path::new("/store")) {
        let document = plan.answer().document().unwrap();
        assert_eq!(
            document.contains("BypassTPMCheck"),
            name.starts_with("11"),
            "{name}"
        );
        let evaluation = plan.found.image.edition.ends_with("Eval");
        assert_eq!(document.contains("<ProductKey>"), !evaluation, "{name}");
    }
}
