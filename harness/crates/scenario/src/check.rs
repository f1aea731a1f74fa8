//! Text → [`Scenario`]: types by serde, everything else here, each error with its place.

mod steps;

use std::ops::Range;
use std::path::Path;

use analyzer::verdict::CauseId;
use serde::de::DeserializeOwned;

use super::diagnostic::did_you_mean;
use super::raw::{RawClock, RawCrash, RawDriver, RawExpect, RawHypervisor, RawRate, RawScenario};
use super::spans::SpanMap;
use super::{
    BugcheckExpectation, Clock, CrashExpectation, CulpritExpectation, DriverSpec, Expectation,
    GuestSpec, Hypervisor, MemorySize, Rate, Scenario, ScenarioError,
};

const DEFAULT_CPUS: u8 = 2;
const DEFAULT_MEMORY: MemorySize = MemorySize::from_mib(128);
const MAX_CPUS: u8 = 64;

/// A YAML text with the places of its parts: errors about a part point at it. Images are read with
/// it, too.
pub struct Source<'t> {
    file: &'t Path,
    text: &'t str,
    spans: SpanMap,
}

impl<'t> Source<'t> {
    /// `file` is shown in errors only.
    pub fn new(file: &'t Path, text: &'t str) -> Self {
        Self {
            file,
            text,
            spans: SpanMap::new(text),
        }
    }

    /// Reads the document as a `T`. Unknown keys and wrong types are errors at their place.
    ///
    /// # Errors
    /// The first thing that is wrong with the text, with its place.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ScenarioError> {
        let yaml = serde_yaml::Deserializer::from_str(self.text);
        serde_path_to_error::deserialize(yaml).map_err(|error| {
            let path = error.path().to_string();
            self.serde_error(&path, error.inner())
        })
    }

    /// An error about the value at `path` (`steps[0].start`).
    pub fn error(
        &self,
        path: &str,
        message: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) -> ScenarioError {
        let span = self.spans.value(path).unwrap_or(0..0);
        ScenarioError::new(self.file, self.text, span, message, label, help)
    }

    fn serde_error(&self, path: &str, error: &serde_yaml::Error) -> ScenarioError {
        // serde_norway appends "at line L column C" and prefixes the path; both are shown
        // better by the pointer.
        let mut message = error.to_string();
        if let Some(at) = message.rfind(" at line ") {
            message.truncate(at);
        }
        if let Some(rest) = message.strip_prefix(&format!("{path}: ")) {
            message = rest.to_owned();
        }
        let by_location = || {
            let at = error.location().map_or(0, |location| location.index());
            let at = (0..=at.min(self.text.len()))
                .rev()
                .find(|at| self.text.is_char_boundary(*at))
                .unwrap_or(0);
            at..at
        };
        if let Some((field, known)) = unknown_field(&message) {
            let span = self.key_of(path, &field).unwrap_or_else(by_location);
            let help = did_you_mean(&field, known.iter().map(String::as_str))
                .unwrap_or_else(|| format!("known keys here: {}", known.join(", ")));
            let message = format!("unknown key `{field}`");
            return self.at(span, message, "not known here", Some(help));
        }
        let span = match path {
            "." | "" => by_location(),
            path => self.spans.value(path).unwrap_or_else(by_location),
        };
        let label = if path == "." || path.is_empty() {
            "here".to_owned()
        } else {
            format!("in `{path}`")
        };
        self.at(span, message, label, None)
    }

    /// The key's place: serde may report the mapping or the key itself.
    fn key_of(&self, path: &str, field: &str) -> Option<Range<usize>> {
        let below = match path {
            "." | "" => field.to_owned(),
            path => format!("{path}.{field}"),
        };
        self.spans.key(&below).or_else(|| self.spans.key(path))
    }

    fn at(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) -> ScenarioError {
        ScenarioError::new(self.file, self.text, span, message, label, help)
    }
}

/// Takes serde's "unknown field `x`, expected one of `a`, `b`" apart.
fn unknown_field(message: &str) -> Option<(String, Vec<String>)> {
    let rest = &message[message.find("unknown field `")? + "unknown field `".len()..];
    let (field, rest) = rest.split_once('`')?;
    let known = rest.split('`').skip(1).step_by(2).map(str::to_owned);
    Some((field.to_owned(), known.collect()))
}

/// Reads a scenario.
///
/// `file` is where the text comes from: it is shown in errors, and relative driver paths are
/// resolved against its folder. `known_drivers` are the names of test drivers that exist.
///
/// # Errors
/// The first thing that is wrong with the text, with its place.
pub fn parse(file: &Path, text: &str, known_drivers: &[String]) -> Result<Scenario, ScenarioError> {
    let source = Source::new(file, text);
    let raw: RawScenario = source.read()?;

    if !is_kebab_case(&raw.name) {
        return Err(source.error(
            "name",
            format!("`{}` is not a scenario name", raw.name),
            "lower-case letters, digits and single hyphens",
            None,
        ));
    }
    let drivers = drivers(&source, &raw.drivers, known_drivers)?;
    let steps = steps::steps(&source, &raw, &drivers)?;
    if raw.within.0.is_zero() {
        return Err(source.error("within", "`within` is zero", "nothing can happen", None));
    }
    Ok(Scenario {
        guest: guest(&source, &raw)?,
        expect: match &raw.expect {
            RawExpect::NoCrash => Expectation::NoCrash,
            RawExpect::Crash(crash) => Expectation::Crash(crash_expectation(&source, crash)?),
        },
        verifier: steps::verifier(&source, &raw, &drivers)?,
        rate: rate(&source, &raw)?,
        within: raw.within.0,
        name: raw.name,
        summary: raw.summary,
        based_on: raw.based_on,
        drivers,
        steps,
        file: file.to_owned(),
    })
}

fn is_kebab_case(name: &str) -> bool {
    !name.is_empty()
        && name.split('-').all(|word| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

fn drivers(
    source: &Source,
    raw: &[RawDriver],
    known: &[String],
) -> Result<Vec<DriverSpec>, ScenarioError> {
    let mut drivers: Vec<DriverSpec> = Vec::new();
    for (index, raw) in raw.iter().enumerate() {
        let path = format!("drivers[{index}]");
        let driver = match raw {
            RawDriver::Named(name) if known.contains(name) => DriverSpec::Named(name.clone()),
            RawDriver::Named(name) => {
                let help = did_you_mean(name, known.iter().map(String::as_str))
                    .unwrap_or_else(|| format!("known drivers: {}", known.join(", ")));
                let message = format!("unknown driver `{name}`");
                return Err(source.error(&path, message, "not in test-drivers/", Some(help)));
            }
            RawDriver::File(file) => {
                let folder = source.file.parent().unwrap_or(Path::new("."));
                let sys = folder.join(&file.path);
                let stem = sys.file_stem().and_then(|stem| stem.to_str());
                let is_sys = sys
                    .extension()
                    .is_some_and(|ext| ext.eq_ignore_ascii_case("sys"));
                let (Some(name), true) = (stem, is_sys) else {
                    let message = format!("`{}` does not name a .sys file", file.path);
                    return Err(source.error(&format!("{path}.path"), message, "here", None));
                };
                DriverSpec::File {
                    name: name.to_owned(),
                    path: sys.clone(),
                    symbols: file.symbols.as_ref().map(|pdb| folder.join(pdb)),
                }
            }
        };
        if drivers.iter().any(|other| other.name() == driver.name()) {
            let message = format!("driver `{}` is listed twice", driver.name());
            return Err(source.error(&path, message, "again here", None));
        }
        drivers.push(driver);
    }
    Ok(drivers)
}

fn guest(source: &Source, raw: &RawScenario) -> Result<GuestSpec, ScenarioError> {
    let cpus = match raw.guest.cpus {
        None => DEFAULT_CPUS,
        Some(cpus) => match u8::try_from(cpus) {
            Ok(cpus @ 1..=MAX_CPUS) => cpus,
            _ => {
                let message = format!("{cpus} processors");
                let label = format!("1 to {MAX_CPUS}");
                return Err(source.error("guest.cpus", message, label, None));
            }
        },
    };
    Ok(GuestSpec {
        cpus,
        memory: raw.guest.memory.unwrap_or(DEFAULT_MEMORY),
        hypervisor: match raw.guest.hypervisor {
            None | Some(RawHypervisor::Visible) => Hypervisor::Visible,
            Some(RawHypervisor::Hidden) => Hypervisor::Hidden,
        },
        clock: match raw.guest.clock {
            None | Some(RawClock::Host) => Clock::Host,
            Some(RawClock::Warp) => Clock::Warp,
        },
    })
}

fn rate(source: &Source, raw: &RawScenario) -> Result<Rate, ScenarioError> {
    match (raw.rate, &raw.expect) {
        (None | Some(RawRate::Always), _) => Ok(Rate::Always),
        (Some(RawRate::Rare), RawExpect::Crash(_)) => Ok(Rate::Rare),
        (Some(RawRate::Rare), RawExpect::NoCrash) => Err(source.error(
            "rate",
            "a crash that is not expected cannot be rare",
            "`expect` is `no-crash`",
            None,
        )),
    }
}

fn crash_expectation(source: &Source, raw: &RawCrash) -> Result<CrashExpectation, ScenarioError> {
    let bugcheck = match &raw.bugcheck {
        None => None,
        Some(raw) => {
            let mut parameters = [None; 4];
            for (&number, &value) in &raw.parameters {
                let Some(slot) = usize::try_from(number)
                    .ok()
                    .and_then(|number| parameters.get_mut(number.wrapping_sub(1)))
                else {
                    return Err(source.error(
                        &format!("expect.bugcheck.parameters.{number}"),
                        format!("a stop has no parameter {number}"),
                        "1 to 4",
                        None,
                    ));
                };
                *slot = Some(value);
            }
            Some(BugcheckExpectation {
                code: raw.code,
                parameters,
            })
        }
    };
    let cause = match &raw.cause {
        None => None,
        Some(text) => Some(text.parse::<CauseId>().map_err(|error| {
            let help = did_you_mean(text, CauseId::ALL.iter().map(|id| id.as_str()));
            source.error("expect.cause", error.to_string(), "no such cause", help)
        })?),
    };
    let expectation = CrashExpectation {
        bugcheck,
        cause,
        culprit: raw.culprit.as_ref().map(|raw| CulpritExpectation {
            module: raw.module.clone(),
            function: raw.function.clone(),
        }),
        victims: raw.victims.clone(),
    };
    if expectation == CrashExpectation::default() {
        return Err(source.error(
            "expect",
            "`expect` says nothing",
            "empty",
            Some("write `no-crash`, or at least one of bugcheck, cause, culprit, victims".into()),
        ));
    }
    if let Some(culprit) = &expectation.culprit
        && let Some(index) =
            (raw.victims.iter()).position(|victim| victim.eq_ignore_ascii_case(&culprit.module))
    {
        let message = format!("`{}` cannot be culprit and victim", culprit.module);
        let path = format!("expect.victims[{index}]");
        return Err(source.error(&path, message, "also the culprit", None));
    }
    Ok(expectation)
}

#[cfg(test)]
mod tests;
