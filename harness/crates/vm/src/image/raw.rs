//! `image.yaml` → [`Image`].

mod boot;

use std::path::{Path, PathBuf};

use scenario::{DurationText, ScenarioError, Source};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{AgentSpec, Boot, CaptureKind, Home, Image, Os, OwnDump, Signing};

/// The version of the description that is read.
const FORMAT: u64 = 1;

/// What decides how the rest is read.
#[derive(Deserialize)]
struct Head {
    format: Option<u64>,
    #[serde(default)]
    os: Os,
    boot: Option<BootHead>,
}

#[derive(Deserialize)]
struct BootHead {
    disk: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    bound = "B: DeserializeOwned"
)]
struct RawImage<B> {
    #[serde(rename = "format")]
    _format: Option<u64>,
    name: String,
    summary: String,
    #[serde(default, rename = "os")]
    _os: Os,
    boot: B,
    com1: Option<RawCom1>,
    agent: RawAgent,
    captures: Vec<CaptureKind>,
    #[serde(default)]
    symbols: Vec<String>,
    drivers: Option<String>,
    signing: Option<RawSigning>,
    crash: Option<RawCrash>,
    #[serde(default)]
    build: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawAgent {
    port: String,
    lockstep_gate: Option<u16>,
    stage: String,
    ready_within: DurationText,
}

/// What comes on COM1.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawCom1 {
    /// What the kernel and its drivers say.
    Kernel,
    /// Nothing of use.
    Nothing,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSigning {
    certificate: String,
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCrash {
    dump: OwnDump,
}

/// The test drivers of the project, for images that do not say where theirs are.
pub(super) const OUR_DRIVERS: &str = "target/guest/drivers";
const MAKE_OUR_DRIVERS: [&str; 3] = ["make", "-C", "test-drivers"];

/// Reads the description in `file` of the image `name` at `home`, for use in the project at
/// `project`.
pub(crate) fn parse(
    file: &Path,
    text: &str,
    project: &Path,
    home: &Home,
    name: &str,
) -> Result<Image, ScenarioError> {
    let source = Source::new(file, text);
    let head: Head = source.read()?;
    check_format(&source, head.format, home)?;
    let base = home.base(project);
    let from_disk = head.boot.is_some_and(|boot| boot.disk.is_some());
    match (head.os, from_disk) {
        (Os::TinyNt, _) => {
            let raw: RawImage<boot::RawNt> = source.read()?;
            whole(&source, raw, head.os, project, home, name, |raw, source| {
                Ok(Boot::Nt(raw.check(source, base)?))
            })
        }
        (Os::Linux, false) => {
            let raw: RawImage<boot::RawLinux> = source.read()?;
            whole(&source, raw, head.os, project, home, name, |raw, source| {
                Ok(Boot::Linux(raw.check(source, base)?))
            })
        }
        (Os::Windows, _) | (Os::Linux, true) => {
            let raw: RawImage<boot::RawDiskBoot> = source.read()?;
            whole(&source, raw, head.os, project, home, name, |raw, source| {
                Ok(Boot::Disk(Box::new(raw.check(source, base)?)))
            })
        }
    }
}

fn check_format(source: &Source, format: Option<u64>, home: &Home) -> Result<(), ScenarioError> {
    let again = Some("`stopcode image build` makes it anew".to_owned());
    match (format, home) {
        (Some(FORMAT), _) | (None, Home::Project(_) | Home::Content(_)) => Ok(()),
        (None, Home::Store(_)) => {
            let message = "an image without `format`: it was built by an older version of stopcode";
            Err(source.error("", message, "here", again))
        }
        (Some(other), _) => {
            let age = if other < FORMAT {
                "an older"
            } else {
                "a newer"
            };
            let message = format!(
                "an image of format {other}, where this stopcode reads format {FORMAT}: it was \
                 built by {age} version"
            );
            Err(source.error("format", message, "unknown format", again))
        }
    }
}

fn whole<B>(
    source: &Source,
    raw: RawImage<B>,
    os: Os,
    project: &Path,
    home: &Home,
    name: &str,
    boot: impl FnOnce(B, &Source) -> Result<Boot, ScenarioError>,
) -> Result<Image, ScenarioError> {
    if raw.name != name {
        let message = format!("image `{}` lives in the folder `{name}`", raw.name);
        return Err(source.error("name", message, "must be the folder's name", None));
    }
    if let Some(at) = raw.build.iter().position(Vec::is_empty) {
        return Err(source.error(&format!("build[{at}]"), "an empty command", "here", None));
    }
    let boot = boot(raw.boot, source)?;
    if raw.agent.lockstep_gate.is_some() && !matches!(boot, Boot::Nt(_)) {
        let message = "only TinyNT's agent works in lockstep";
        return Err(source.error("agent.lockstep-gate", message, "here", None));
    }
    let base = home.base(project);
    let (paths, folders): (Vec<String>, Vec<String>) = raw
        .symbols
        .into_iter()
        .partition(|place| place.contains('*'));
    let mut symbols: Vec<PathBuf> = folders.iter().map(|folder| base.join(folder)).collect();
    let whole = matches!(home, Home::Content(_));
    let mut build = if whole { Vec::new() } else { raw.build };
    let built_here = !build.is_empty();
    let drivers = match raw.drivers {
        Some(drivers) => base.join(drivers),
        None if whole => {
            let ours = base.join(OUR_DRIVERS);
            symbols.push(ours.clone());
            ours
        }
        None => {
            let ours = project.join(OUR_DRIVERS);
            if os != Os::Linux {
                build.push(MAKE_OUR_DRIVERS.map(str::to_owned).to_vec());
                symbols.push(ours.clone());
            }
            ours
        }
    };
    Ok(Image {
        os,
        boot,
        // Windows sends DbgPrint to a kernel debugger only.
        debug_output_on_com1: (raw.com1).map_or(os == Os::TinyNt, |com1| com1 == RawCom1::Kernel),
        agent: AgentSpec {
            port: raw.agent.port,
            lockstep_gate: raw.agent.lockstep_gate,
            stage: raw.agent.stage,
            ready_within: raw.agent.ready_within.0,
        },
        name: raw.name,
        summary: raw.summary,
        captures: raw.captures,
        symbols,
        symbol_path: paths,
        drivers,
        signing: raw.signing.map(|signing| Signing {
            certificate: base.join(signing.certificate),
            key: base.join(signing.key),
        }),
        own_dump: raw.crash.map(|crash| crash.dump),
        build,
        built_here,
        root: project.to_owned(),
    })
}

#[cfg(test)]
mod tests;
