//! The shape of a scenario file, before anything is checked but its types.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, de};

use super::{DurationText, MemorySize};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawScenario {
    pub name: String,
    pub summary: String,
    pub based_on: Option<String>,
    pub drivers: Vec<RawDriver>,
    pub verifier: Option<RawVerifier>,
    #[serde(default)]
    pub guest: RawGuest,
    pub steps: Vec<RawStep>,
    pub within: DurationText,
    pub rate: Option<RawRate>,
    pub expect: RawExpect,
}

pub(super) enum RawDriver {
    Named(String),
    File(RawDriverFile),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDriverFile {
    pub path: String,
    pub symbols: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGuest {
    pub cpus: Option<u64>,
    pub memory: Option<MemorySize>,
    pub hypervisor: Option<RawHypervisor>,
    pub clock: Option<RawClock>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawClock {
    Host,
    Warp,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawRate {
    Always,
    Rare,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVerifier {
    pub rules: Option<RawRules>,
    pub flags: Option<u32>,
    pub drivers: Vec<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawRules {
    Standard,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawHypervisor {
    Visible,
    Hidden,
}

/// Exactly one of the keys is there; an enum would lose the list of known keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub start: Option<String>,
    pub stop: Option<String>,
    pub plug: Option<RawPlug>,
    pub unplug: Option<String>,
    pub shutdown: Option<RawNothing>,
    pub restart: Option<RawNothing>,
    pub exec: Option<RawExec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawPlug {
    pub device: String,
    pub service: String,
    #[serde(default)]
    pub upper_filters: Vec<String>,
}

/// `{}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExec {
    pub path: String,
    #[serde(default)]
    pub args: Vec<String>,
}

pub(super) enum RawExpect {
    NoCrash,
    Crash(RawCrash),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCrash {
    pub bugcheck: Option<RawBugcheck>,
    pub cause: Option<String>,
    pub culprit: Option<RawCulprit>,
    #[serde(default)]
    pub victims: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBugcheck {
    pub code: u32,
    #[serde(default)]
    pub parameters: BTreeMap<u64, u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCulprit {
    pub module: String,
    pub function: Option<String>,
}

// "A text or a mapping" is written out by hand: serde's `untagged` would throw away which key of
// the mapping was wrong.

impl<'de> Deserialize<'de> for RawDriver {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = RawDriver;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("the name of a test driver, or {path: x.sys, symbols: x.pdb}")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<RawDriver, E> {
                Ok(RawDriver::Named(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawDriver, A::Error> {
                RawDriverFile::deserialize(MapAccessDeserializer::new(map)).map(RawDriver::File)
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

impl<'de> Deserialize<'de> for RawExpect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = RawExpect;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("`no-crash`, or a mapping with bugcheck, cause, culprit, victims")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<RawExpect, E> {
                match text {
                    "no-crash" => Ok(RawExpect::NoCrash),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawExpect, A::Error> {
                RawCrash::deserialize(MapAccessDeserializer::new(map)).map(RawExpect::Crash)
            }
        }
        deserializer.deserialize_any(Shape)
    }
}
