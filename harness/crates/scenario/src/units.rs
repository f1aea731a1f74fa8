//! Values with a unit, as scenarios and images write them.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// An amount of RAM, whole MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct MemorySize {
    mib: u32,
}

impl MemorySize {
    /// `mib` MiB.
    pub const fn from_mib(mib: u32) -> Self {
        Self { mib }
    }

    /// In MiB.
    pub fn mib(self) -> u32 {
        self.mib
    }

    /// In bytes.
    pub fn bytes(self) -> u64 {
        u64::from(self.mib) << 20
    }
}

impl fmt::Display for MemorySize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}MiB", self.mib)
    }
}

impl TryFrom<String> for MemorySize {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an amount of memory: write `128MiB` or `1GiB`");
        // Without `iB`, as QEMU writes it.
        let units = [("MiB", 1), ("GiB", 1024), ("M", 1), ("G", 1024)];
        let (digits, factor) = (units.iter())
            .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
            .ok_or_else(wrong)?;
        let number: u32 = digits.trim().parse().map_err(|_| wrong())?;
        let mib = number.checked_mul(factor).ok_or_else(wrong)?;
        Ok(Self { mib })
    }
}

/// A length of time such as `500ms`, `20s` or `2m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DurationText(pub Duration);

impl TryFrom<String> for DurationText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        humantime::parse_duration(&text)
            .map(Self)
            .map_err(|_| format!("`{text}` is not a length of time: write `500ms`, `20s` or `2m`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_needs_a_unit() {
        let parse = |text: &str| MemorySize::try_from(text.to_owned());
        assert_eq!(parse("128MiB").unwrap().bytes(), 128 << 20);
        assert_eq!(parse("2 GiB").unwrap().mib(), 2048);
        for wrong in ["128", "128MB", "MiB", "-1MiB", "99999999GiB"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_need_a_unit() {
        let parse = |text: &str| DurationText::try_from(text.to_owned());
        assert_eq!(parse("1m 30s").unwrap().0, Duration::from_secs(90));
        assert!(parse("90").is_err());
    }
}
