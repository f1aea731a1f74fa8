//! What is on the two media: which Windows, which image of it, and virtio-win's drivers.

use std::path::{Path, PathBuf};

use super::medium::{Medium, MediumError};
use super::options::Options;
use super::script::{AGENT_PACKAGE, DRIVERS};
use super::version::{Edition, Version};
use super::wim::{self, WimError, WimImage, X64};

/// The media are not what is needed.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// One is no sound image.
    #[error(transparent)]
    Medium(#[from] MediumError),
    /// It is another operating system's.
    #[error(
        "{} is not a Windows installation medium: it has no sources/install.wim and no \
         sources/install.esd{hint}",
        path.display()
    )]
    NotWindows {
        path: PathBuf,
        /// What it seems to be.
        hint: &'static str,
    },
    /// Its images are in pieces.
    #[error(
        "{}: sources/install.swm is a split image, which cannot be read; take Microsoft's ISO",
        .0.display()
    )]
    Split(PathBuf),
    /// Its list of images cannot be read.
    #[error("{}: sources/install.wim: {error}", path.display())]
    Wim { path: PathBuf, error: WimError },
    /// No version that we know.
    #[error(
        "{} has no Windows that can be built here (10 22H2, 11 23H2 to 25H2, Server 2019, 2022, \
         2025, all x64); it has: {}",
        path.display(), list(found)
    )]
    UnknownVersion {
        path: PathBuf,
        /// Names, with builds.
        found: Vec<String>,
    },
    /// Another version than was asked for.
    #[error("{} is {found}, not {wanted}: leave out --windows, or take another ISO", path.display())]
    OtherVersion {
        path: PathBuf,
        /// What was asked for.
        wanted: Version,
        found: Version,
    },
    /// The edition is not there.
    #[error("{} has no edition `{wanted}`; --edition takes one of: {}", path.display(), list(found))]
    NoEdition {
        path: PathBuf,
        /// What was asked for.
        wanted: String,
        found: Vec<String>,
    },
    /// A folder or the agent is not on virtio-win's medium.
    #[error(
        "{} lacks {what} for {version}: take a newer virtio-win.iso",
        path.display()
    )]
    VirtioWin {
        path: PathBuf,
        what: String,
        version: Version,
    },
}

fn list(names: &[String]) -> String {
    match names {
        [] => "nothing".into(),
        names => names.join(", "),
    }
}

/// What the media hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediumContents {
    pub version: Version,
    /// The image that will be installed.
    pub image: WimImage,
}

impl MediumContents {
    /// What a usual evaluation medium of `version` holds: for a plan without a medium.
    pub fn assumed(version: Version) -> Self {
        let edition = version.editions()[0];
        Self {
            version,
            image: WimImage {
                name: edition.usual_name.into(),
                display_name: edition.usual_name.into(),
                edition: edition.id.into(),
                build: version.usual_build(),
                architecture: X64,
                language: "en-US".into(),
                ..WimImage::default()
            },
        }
    }
}

/// Reads both media.
///
/// # Errors
/// One of them cannot be used; the message says why and what to do.
pub fn examine(options: &Options) -> Result<MediumContents, InputError> {
    let images = images(&options.iso)?;
    let found = choose(&options.iso, images, options)?;
    has_drivers(&options.virtio_win, found.version)?;
    Ok(found)
}

fn images(iso: &Path) -> Result<Vec<WimImage>, InputError> {
    let medium = Medium::open(iso)?;
    for name in ["sources/install.wim", "sources/install.esd"] {
        let Some(file) = medium.find(name)? else {
            continue;
        };
        return wim::images(file.len(), |at, buffer| medium.read(&file, at, buffer)).map_err(
            |error| InputError::Wim {
                path: iso.to_owned(),
                error,
            },
        );
    }
    if medium.find("sources/install.swm")?.is_some() {
        return Err(InputError::Split(iso.to_owned()));
    }
    let hint = match medium.names("vioserial")? {
        Some(_) => "; it looks like virtio-win's, which belongs to --virtio-win",
        None => "",
    };
    Err(InputError::NotWindows {
        path: iso.to_owned(),
        hint,
    })
}

fn choose(
    iso: &Path,
    images: Vec<WimImage>,
    options: &Options,
) -> Result<MediumContents, InputError> {
    let version_of = |image: &WimImage| {
        let kind = image.kind().filter(|_| image.architecture == X64)?;
        Version::of(kind, image.build)
    };
    let Some(version) = images.iter().find_map(version_of) else {
        let describe = |i: &WimImage| format!("{} (build {})", i.name, i.build);
        return Err(InputError::UnknownVersion {
            path: iso.to_owned(),
            found: images.iter().map(describe).collect(),
        });
    };
    if let Some(wanted) = options.version
        && wanted != version
    {
        return Err(InputError::OtherVersion {
            path: iso.to_owned(),
            wanted,
            found: version,
        });
    }
    let mut usable: Vec<WimImage> = (images.into_iter())
        .filter(|image| version_of(image) == Some(version))
        .collect();
    let at = match &options.edition {
        Some(wanted) => usable.iter().position(|image| image.is_called(wanted)),
        None => (version.editions().iter())
            .find_map(|edition| usable.iter().position(|i| is_preferred(i, edition)))
            .or_else(|| {
                version
                    .editions()
                    .iter()
                    .find_map(|edition| usable.iter().position(|i| i.edition == edition.id))
            }),
    };
    match at {
        Some(at) => Ok(MediumContents {
            version,
            image: usable.swap_remove(at),
        }),
        None => Err(InputError::NoEdition {
            path: iso.to_owned(),
            wanted: options.edition.clone().unwrap_or_else(|| {
                let ids: Vec<&str> = version.editions().iter().map(|e| e.id).collect();
                ids.join("` or `")
            }),
            found: usable.into_iter().map(|image| image.name).collect(),
        }),
    }
}

/// Servers come with and without a desktop under one edition's id; without is preferred.
fn is_preferred(image: &WimImage, edition: &Edition) -> bool {
    image.edition == edition.id && image.installation != "Server"
}

fn has_drivers(iso: &Path, version: Version) -> Result<(), InputError> {
    let medium = Medium::open(iso)?;
    let lacks = |what: String| InputError::VirtioWin {
        path: iso.to_owned(),
        what,
        version,
    };
    for (driver, _) in DRIVERS {
        let folder = format!("{driver}/{}/amd64", version.driver_folder());
        let names = medium.names(&folder)?.unwrap_or_default();
        if !names
            .iter()
            .any(|name| name.to_lowercase().ends_with(".inf"))
        {
            return Err(lacks(format!("{folder}/*.inf")));
        }
    }
    match medium.find(AGENT_PACKAGE)? {
        Some(_) => Ok(()),
        None => Err(lacks(AGENT_PACKAGE.to_owned())),
    }
}
