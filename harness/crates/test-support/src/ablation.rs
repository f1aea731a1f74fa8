//! Which rules a scenario's verdict depends on, found by switching off one at a time.

use std::path::Path;

use analyzer::SymbolPath;
use analyzer::ablation::without_each;
use runner::expect::compare;
use scenario::{Expectation, Scenario};
use vm::image::Image;

/// The rules without which the verdict on `dump` is not what the scenario expects.
pub fn needed(
    dump: &Path,
    image: &Image,
    scenario: &Scenario,
) -> Result<Vec<&'static str>, String> {
    let Expectation::Crash(expected) = &scenario.expect else {
        return Err(format!("{} expects no crash", scenario.name));
    };
    let symbols = SymbolPath::from_dirs(image.symbols.clone());
    let verdicts = without_each(dump, &symbols).map_err(|error| error.to_string())?;
    Ok((verdicts.into_iter())
        .filter(|(_, verdict)| !compare(expected, verdict).is_empty())
        .map(|(rule, _)| rule)
        .collect())
}
