//! The versions of Windows that an image can be built of, and what differs between them.

use std::fmt;

use clap::ValueEnum;

/// A version of Windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Version {
    /// Windows 10 (22H2).
    #[value(name = "10")]
    Windows10,
    /// Windows 11 (23H2 to 25H2).
    #[value(name = "11")]
    Windows11,
    /// Windows Server 2019.
    #[value(name = "2019")]
    Server2019,
    /// Windows Server 2022.
    #[value(name = "2022")]
    Server2022,
    /// Windows Server 2025.
    #[value(name = "2025")]
    Server2025,
}

/// Whether it is for desks or for racks: `WINDOWS/INSTALLATIONTYPE` in a WIM's XML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallationType {
    /// `Client`.
    Client,
    /// `Server` or `Server Core`.
    Server,
}

/// An edition as a WIM's XML names it, and the key that makes Setup go on without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edition {
    /// `WINDOWS/EDITIONID`.
    pub id: &'static str,
    /// `NAME`, as usual media have it; what is installed is named by the WIM at hand.
    pub usual_name: &'static str,
    /// KMS client setup key: chooses the edition, activates nothing. None where the medium asks
    /// for no key (evaluation).
    ///
    /// <https://learn.microsoft.com/windows-server/get-started/kms-client-activation-keys>
    pub setup_key: Option<&'static str>,
}

const fn edition(
    id: &'static str,
    usual_name: &'static str,
    setup_key: Option<&'static str>,
) -> Edition {
    Edition {
        id,
        usual_name,
        setup_key,
    }
}

const ENTERPRISE_KEY: Option<&str> = Some("NPPR9-FWDCX-D2C8J-H872K-2YT43");
const PROFESSIONAL_KEY: Option<&str> = Some("W269N-WFGWX-YVC9B-4J6C9-T83GX");
const EDUCATION_KEY: Option<&str> = Some("NW6C2-QMPVW-D7KKK-3GKT6-VCFB2");

impl Version {
    pub const ALL: [Self; 5] = [
        Self::Windows10,
        Self::Windows11,
        Self::Server2019,
        Self::Server2022,
        Self::Server2025,
    ];

    /// What `--windows` calls it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Windows10 => "10",
            Self::Windows11 => "11",
            Self::Server2019 => "2019",
            Self::Server2022 => "2022",
            Self::Server2025 => "2025",
        }
    }

    pub fn kind(self) -> InstallationType {
        match self {
            Self::Windows10 | Self::Windows11 => InstallationType::Client,
            Self::Server2019 | Self::Server2022 | Self::Server2025 => InstallationType::Server,
        }
    }

    /// Builds that its media have. That of Windows 10 22H2 says 19041, since 22H2 is an update
    /// of it.
    pub fn builds(self) -> std::ops::RangeInclusive<u32> {
        match self {
            Self::Windows10 => 19041..=19045,
            Self::Windows11 => 22621..=26999,
            Self::Server2019 => 17763..=17763,
            Self::Server2022 => 20348..=20348,
            Self::Server2025 => 26100..=26100,
        }
    }

    /// The build that recent media have, for plans without a medium.
    pub(crate) fn usual_build(self) -> u32 {
        match self {
            Self::Windows11 => 26100,
            other => *other.builds().start(),
        }
    }

    /// Which version a medium with such an image is of.
    pub fn of(kind: InstallationType, build: u32) -> Option<Self> {
        (Self::ALL.into_iter())
            .find(|version| version.kind() == kind && version.builds().contains(&build))
    }

    /// The folder of a virtio-win driver that is for this version.
    pub(crate) fn driver_folder(self) -> &'static str {
        match self {
            Self::Windows10 => "w10",
            Self::Windows11 => "w11",
            Self::Server2019 => "2k19",
            Self::Server2022 => "2k22",
            Self::Server2025 => "2k25",
        }
    }

    /// Whether Setup refuses a machine without TPM 2.0, Secure Boot and 4 GB. Secure Boot must
    /// stay off: it forbids test signing.
    pub(crate) fn demands_tpm(self) -> bool {
        self == Self::Windows11
    }

    /// Least size of the system disk: Microsoft's requirement, and room for a dump of memory.
    pub fn min_disk_gib(self) -> u64 {
        match self {
            // https://www.microsoft.com/windows/windows-11-specifications: 64 GB.
            Self::Windows11 => 64,
            // 32 GB, of which updates would want more; there are none here.
            Self::Windows10 | Self::Server2019 | Self::Server2022 | Self::Server2025 => 40,
        }
    }

    /// Least memory, MiB: Microsoft's requirement.
    pub fn min_memory_mib(self) -> u32 {
        match self {
            Self::Windows10 | Self::Server2019 | Self::Server2022 | Self::Server2025 => 2048,
            Self::Windows11 => 4096,
        }
    }

    /// Editions, the one to take first: evaluation media ask for no key and may be had by anyone.
    /// Of servers the one without a desktop: it boots sooner and has less that runs by itself.
    pub fn editions(self) -> &'static [Edition] {
        match self {
            Self::Windows10 => {
                const {
                    &[
                        edition("EnterpriseEval", "Windows 10 Enterprise Evaluation", None),
                        edition("Enterprise", "Windows 10 Enterprise", ENTERPRISE_KEY),
                        edition("Professional", "Windows 10 Pro", PROFESSIONAL_KEY),
                        edition("Education", "Windows 10 Education", EDUCATION_KEY),
                    ]
                }
            }
            Self::Windows11 => {
                const {
                    &[
                        edition("EnterpriseEval", "Windows 11 Enterprise Evaluation", None),
                        edition("Enterprise", "Windows 11 Enterprise", ENTERPRISE_KEY),
                        edition("Professional", "Windows 11 Pro", PROFESSIONAL_KEY),
                        edition("Education", "Windows 11 Education", EDUCATION_KEY),
                    ]
                }
            }
            Self::Server2019 => {
                const {
                    &[
                        edition(
                            "ServerStandardEval",
                            "Windows Server 2019 SERVERSTANDARDCORE",
                            None,
                        ),
                        edition(
                            "ServerStandard",
                            "Windows Server 2019 SERVERSTANDARDCORE",
                            Some("N69G4-B89J2-4G8F4-WWYCC-J464C"),
                        ),
                        edition(
                            "ServerDatacenter",
                            "Windows Server 2019 SERVERDATACENTERCORE",
                            Some("WMDGN-G9PQG-XVVXX-R3X43-63DFG"),
                        ),
                    ]
                }
            }
            Self::Server2022 => {
                const {
                    &[
                        edition(
                            "ServerStandardEval",
                            "Windows Server 2022 SERVERSTANDARDCORE",
                            None,
                        ),
                        edition(
                            "ServerStandard",
                            "Windows Server 2022 SERVERSTANDARDCORE",
                            Some("VDYBN-27WPP-V4HQT-9VMD4-VMK7H"),
                        ),
                        edition(
                            "ServerDatacenter",
                            "Windows Server 2022 SERVERDATACENTERCORE",
                            Some("WX4NM-KYWYW-QJJR4-XV3QB-6VM33"),
                        ),
                    ]
                }
            }
            Self::Server2025 => {
                const {
                    &[
                        edition(
                            "ServerStandardEval",
                            "Windows Server 2025 SERVERSTANDARDCORE",
                            None,
                        ),
                        edition(
                            "ServerStandard",
                            "Windows Server 2025 SERVERSTANDARDCORE",
                            Some("TVRH6-WHNXV-R9WG3-9XRFY-MY832"),
                        ),
                        edition(
                            "ServerDatacenter",
                            "Windows Server 2025 SERVERDATACENTERCORE",
                            Some("D764K-2NDRG-47T6Q-P8T8W-YP6DF"),
                        ),
                    ]
                }
            }
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edition = match self.kind() {
            InstallationType::Client => "",
            InstallationType::Server => "Server ",
        };
        write!(f, "Windows {edition}{}", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_number_belongs_to_one_version() {
        assert_eq!(
            Version::of(InstallationType::Client, 19041),
            Some(Version::Windows10)
        );
        assert_eq!(
            Version::of(InstallationType::Client, 26200),
            Some(Version::Windows11)
        );
        assert_eq!(
            Version::of(InstallationType::Server, 26100),
            Some(Version::Server2025)
        );
        assert_eq!(Version::of(InstallationType::Client, 9600), None);
        for build in 0..30_000 {
            for kind in [InstallationType::Client, InstallationType::Server] {
                let fits = |v: &&Version| v.kind() == kind && v.builds().contains(&build);
                assert!(Version::ALL.iter().filter(fits).count() <= 1, "{build}");
            }
        }
    }

    #[test]
    fn evaluation_comes_first_and_needs_no_key() {
        for version in Version::ALL {
            let first = version.editions()[0];
            assert!(first.id.ends_with("Eval"), "{version}");
            for edition in version.editions() {
                assert_eq!(edition.setup_key.is_none(), edition.id.ends_with("Eval"));
            }
        }
    }
}
