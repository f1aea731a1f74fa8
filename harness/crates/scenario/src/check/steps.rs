//! The steps and Driver Verifier's settings: each driver that they name must be one of the
//! scenario's, and every driver must be used.

use super::super::diagnostic::did_you_mean;
use super::super::raw::{RawPlug, RawRules, RawScenario, RawStep};
use super::super::{DriverIndex, DriverSpec, ScenarioError, Step, VerifierRules, VerifierSpec};
use super::Source;

const STEPS: &str = "one of start, stop, plug, unplug, shutdown, restart, exec";

pub(super) fn steps(
    source: &Source,
    raw: &RawScenario,
    drivers: &[DriverSpec],
) -> Result<Vec<Step>, ScenarioError> {
    if raw.steps.is_empty() {
        return Err(source.error("steps", "a scenario without steps", "nothing happens", None));
    }
    let mut steps: Vec<Step> = Vec::new();
    for (index, raw) in raw.steps.iter().enumerate() {
        let path = format!("steps[{index}]");
        if matches!(steps.last(), Some(Step::Shutdown | Step::Restart)) {
            let message = "a step after the guest was shut down";
            return Err(source.error(&path, message, "there is no guest for it", None));
        }
        let step = step(source, &path, raw, drivers)?;
        fits(source, &path, &step, &steps, drivers)?;
        steps.push(step);
    }
    let used: Vec<DriverIndex> = steps.iter().flat_map(Step::drivers).collect();
    let runs_programs = steps.iter().any(|step| matches!(step, Step::Exec { .. }));
    // A program may load a driver, too.
    if let Some(idle) = (0..drivers.len()).find(|i| !used.contains(&DriverIndex(*i)))
        && !runs_programs
    {
        let message = format!("driver `{}` is never started", drivers[idle].name());
        return Err(source.error(
            &format!("drivers[{idle}]"),
            message,
            "no step uses it",
            None,
        ));
    }
    Ok(steps)
}

fn step(
    source: &Source,
    path: &str,
    raw: &RawStep,
    drivers: &[DriverSpec],
) -> Result<Step, ScenarioError> {
    let mut given = Vec::new();
    if let Some(name) = &raw.start {
        let driver = driver(source, &format!("{path}.start"), name, drivers)?;
        given.push(Step::Start(driver));
    }
    if let Some(name) = &raw.stop {
        let driver = driver(source, &format!("{path}.stop"), name, drivers)?;
        given.push(Step::Stop(driver));
    }
    if let Some(raw) = &raw.plug {
        given.push(plug(source, &format!("{path}.plug"), raw, drivers)?);
    }
    given.extend(raw.unplug.clone().map(Step::Unplug));
    given.extend(raw.shutdown.as_ref().map(|_| Step::Shutdown));
    given.extend(raw.restart.as_ref().map(|_| Step::Restart));
    given.extend(raw.exec.as_ref().map(|exec| Step::Exec {
        path: exec.path.clone(),
        args: exec.args.clone(),
    }));
    match (given.pop(), given.is_empty()) {
        (Some(step), true) => Ok(step),
        (None, _) => Err(source.error(path, "a step that does nothing", STEPS, None)),
        (Some(_), false) => Err(source.error(path, "two steps in one", STEPS, None)),
    }
}

fn plug(
    source: &Source,
    path: &str,
    raw: &RawPlug,
    drivers: &[DriverSpec],
) -> Result<Step, ScenarioError> {
    let named = |(index, name): (usize, &String)| {
        driver(
            source,
            &format!("{path}.upper-filters[{index}]"),
            name,
            drivers,
        )
    };
    let service = driver(source, &format!("{path}.service"), &raw.service, drivers)?;
    let filters: Vec<DriverIndex> = (raw.upper_filters.iter().enumerate())
        .map(named)
        .collect::<Result<_, _>>()?;
    Ok(Step::Plug {
        device: raw.device.clone(),
        service,
        upper_filters: filters,
    })
}

/// Whether a step makes sense after those before it.
fn fits(
    source: &Source,
    path: &str,
    step: &Step,
    before: &[Step],
    drivers: &[DriverSpec],
) -> Result<(), ScenarioError> {
    let plugged = |name: &str| {
        let mut plugged = false;
        for step in before {
            match step {
                Step::Plug { device, .. } if device == name => plugged = true,
                Step::Unplug(device) if device == name => plugged = false,
                _ => {}
            }
        }
        plugged
    };
    let runs = |driver: &DriverIndex| {
        before.contains(&Step::Start(*driver)) && !before.contains(&Step::Stop(*driver))
    };
    match step {
        Step::Stop(driver) if !runs(driver) => {
            let message = format!(
                "`{}` is stopped, but does not run",
                drivers[driver.0].name()
            );
            let path = format!("{path}.stop");
            Err(source.error(
                &path,
                message,
                "no `start` before, or stopped already",
                None,
            ))
        }
        Step::Start(driver) if before.contains(step) => {
            let message = format!("`{}` is started twice", drivers[driver.0].name());
            Err(source.error(
                &format!("{path}.start"),
                message,
                "it already runs here",
                None,
            ))
        }
        Step::Plug { device, .. } if plugged(device) => {
            let message = format!("device `{device}` is plugged in twice");
            let path = format!("{path}.plug.device");
            Err(source.error(&path, message, "it is there already", None))
        }
        Step::Unplug(device) if !plugged(device) => {
            let message = format!("no device `{device}` is plugged in");
            let path = format!("{path}.unplug");
            Err(source.error(&path, message, "no `plug` before", None))
        }
        _ => Ok(()),
    }
}

fn driver(
    source: &Source,
    path: &str,
    name: &str,
    drivers: &[DriverSpec],
) -> Result<DriverIndex, ScenarioError> {
    match drivers.iter().position(|driver| driver.name() == name) {
        Some(found) => Ok(DriverIndex(found)),
        None => {
            let message = format!("`{name}` is not among this scenario's drivers");
            let help = did_you_mean(name, drivers.iter().map(DriverSpec::name));
            Err(source.error(path, message, "no such driver", help))
        }
    }
}

pub(super) fn verifier(
    source: &Source,
    raw: &RawScenario,
    drivers: &[DriverSpec],
) -> Result<Option<VerifierSpec>, ScenarioError> {
    let Some(raw) = &raw.verifier else {
        return Ok(None);
    };
    let rules = match (raw.rules, raw.flags) {
        (Some(RawRules::Standard), None) => VerifierRules::Standard,
        (None, Some(flags)) => VerifierRules::Flags(flags),
        (None, None) | (Some(_), Some(_)) => {
            let message = "Driver Verifier needs either `rules` or `flags`";
            let help = "write `rules: standard` or `flags: 0x…`".to_owned();
            return Err(source.error("verifier", message, "here", Some(help)));
        }
    };
    if raw.drivers.is_empty() {
        let message = "Driver Verifier without drivers";
        return Err(source.error("verifier.drivers", message, "checks nothing", None));
    }
    let drivers = (raw.drivers.iter().enumerate())
        .map(|(index, name)| driver(source, &format!("verifier.drivers[{index}]"), name, drivers))
        .collect::<Result<_, _>>()?;
    Ok(Some(VerifierSpec { rules, drivers }))
}
