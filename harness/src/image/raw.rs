//! `image.yaml` → [`Image`].

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{AgentSpec, Boot, CaptureKind, Image};
use crate::scenario::{DurationText, ScenarioError, Source};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawImage {
    name: String,
    summary: String,
    boot: RawBoot,
    agent: RawAgent,
    captures: Vec<CaptureKind>,
    symbols: Vec<String>,
    drivers: String,
    #[serde(default)]
    build: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawBoot {
    machine: String,
    firmware: String,
    kernel: String,
    #[serde(default)]
    fw_cfg: BTreeMap<String, String>,
    modules: Option<RawModules>,
    seed: Option<String>,
    warp_shift: Option<u8>,
}

/// An instruction takes a microsecond: busy loops of minutes end soon, and a boot takes seconds.
const DEFAULT_WARP_SHIFT: u8 = 10;

/// QEMU's own limit.
const MAX_WARP_SHIFT: u8 = 10;

/// In-box modules: handed over as `<prefix>/<NN>-<file>`, in load order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModules {
    prefix: String,
    folder: String,
    order: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawAgent {
    port: String,
    lockstep_gate: Option<u16>,
    stage: String,
    ready_within: DurationText,
}

/// QEMU takes fw_cfg names of at most this many bytes.
const FW_CFG_NAME_MAX: usize = 55;

pub(super) fn parse(
    file: &Path,
    text: &str,
    root: &Path,
    name: &str,
) -> Result<Image, ScenarioError> {
    let source = Source::new(file, text);
    let raw: RawImage = source.read()?;
    if raw.name != name {
        let message = format!("image `{}` lives in the folder `{name}`", raw.name);
        return Err(source.error("name", message, "must be the folder's name", None));
    }
    if let Some(at) = raw.build.iter().position(Vec::is_empty) {
        return Err(source.error(&format!("build[{at}]"), "an empty command", "here", None));
    }
    let warp_shift = raw.boot.warp_shift.unwrap_or(DEFAULT_WARP_SHIFT);
    if warp_shift > MAX_WARP_SHIFT {
        let message = format!("a warp shift of {warp_shift}");
        let label = format!("at most {MAX_WARP_SHIFT}");
        return Err(source.error("boot.warp-shift", message, label, None));
    }
    let mut fw_cfg: Vec<_> = (raw.boot.fw_cfg.iter())
        .map(|(name, file)| (name.clone(), root.join(file)))
        .collect();
    for (number, module) in raw.boot.modules.iter().flat_map(|modules| {
        let named = modules.order.iter().map(move |file| {
            let folder = root.join(&modules.folder);
            (&modules.prefix, folder.join(file), file)
        });
        named.enumerate()
    }) {
        let (prefix, path, file) = module;
        let name = format!("{prefix}/{number:02}-{file}");
        if name.len() > FW_CFG_NAME_MAX {
            let message = format!("the fw_cfg name {name} has more than {FW_CFG_NAME_MAX} bytes");
            let path = format!("boot.modules.order[{number}]");
            return Err(source.error(&path, message, "too long", None));
        }
        fw_cfg.push((name, path));
    }
    Ok(Image {
        boot: Boot {
            machine: raw.boot.machine,
            firmware: raw.boot.firmware,
            kernel: root.join(raw.boot.kernel),
            fw_cfg,
            seed: raw.boot.seed,
            warp_shift,
        },
        agent: AgentSpec {
            port: raw.agent.port,
            lockstep_gate: raw.agent.lockstep_gate,
            stage: raw.agent.stage,
            ready_within: raw.agent.ready_within.0,
        },
        name: raw.name,
        summary: raw.summary,
        captures: raw.captures,
        symbols: raw.symbols.iter().map(|folder| root.join(folder)).collect(),
        drivers: root.join(raw.drivers),
        build: raw.build,
        root: root.to_owned(),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const TEXT: &str = r"
name: tiny
summary: A guest.
boot:
  machine: q35
  firmware: qboot.rom
  kernel: out/loader.elf
  fw-cfg: {opt/tiny/kernel: out/kernel.exe}
  modules: {prefix: opt/tiny/boot, folder: out/inbox, order: [b.sys, a.sys]}
  seed: opt/tiny/seed
agent: {port: org.qemu.guest_agent.0, lockstep-gate: 0x5F0, stage: 'C:\Stopcode', ready-within: 20s}
captures: [win-dmp]
symbols: [out/symbols]
drivers: out/drivers
build: [[make, -C, x]]
";

    pub(crate) fn tiny() -> Image {
        parse(Path::new("image.yaml"), TEXT, Path::new("/p"), "tiny").unwrap()
    }

    #[test]
    fn modules_keep_their_order_and_get_numbers() {
        let image = tiny();
        let files: Vec<_> = (image.boot.fw_cfg.iter())
            .map(|(name, file)| (name.as_str(), file.to_str().unwrap()))
            .collect();
        assert_eq!(
            files,
            [
                ("opt/tiny/kernel", "/p/out/kernel.exe"),
                ("opt/tiny/boot/00-b.sys", "/p/out/inbox/b.sys"),
                ("opt/tiny/boot/01-a.sys", "/p/out/inbox/a.sys"),
            ]
        );
        assert_eq!(image.files().count(), 4);
    }

    #[test]
    fn mistakes_have_a_place() {
        let parse = |text: &str, name: &str| {
            parse(Path::new("image.yaml"), text, Path::new("/p"), name).unwrap_err()
        };
        let error = parse(&TEXT.replace("drivers:", "driver:"), "tiny");
        assert!(
            error
                .to_string()
                .starts_with("image.yaml:14:1: unknown key"),
            "{error}"
        );
        let error = parse(TEXT, "other");
        assert!(
            error.to_string().contains("lives in the folder `other`"),
            "{error}"
        );
        let error = parse(&TEXT.replace("a.sys", &"a".repeat(60)), "tiny");
        assert!(error.to_string().contains("more than 55 bytes"), "{error}");
    }
}
