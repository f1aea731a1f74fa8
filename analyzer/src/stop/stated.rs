use std::fmt;

/// A stop code and its parameters, as a dump or the kernel records them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BugcheckData {
    pub code: u32,
    /// P1 to P4.
    pub parameters: [u64; 4],
}

/// A stop; parameters may be missing, because a log need not print them all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stop {
    /// The stop code; 0 if it is not known.
    pub code: u32,
    /// P1 to P4.
    pub parameters: [Parameter; 4],
}

/// A parameter of a stop. In texts, one that is not known is `unknown`, never a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameter(Option<u64>);

impl Stop {
    /// P1 has the index 0.
    pub(crate) fn parameter(&self, index: usize) -> Option<u64> {
        self.parameters.get(index)?.known()
    }

    /// Code and first parameter.
    pub(crate) fn kind(&self) -> (u32, Option<u64>) {
        (self.code, self.parameter(0))
    }
}

impl BugcheckData {
    /// As a stop; all parameters are known.
    pub(crate) fn stop(&self) -> Stop {
        Stop::from(*self)
    }
}

impl From<BugcheckData> for Stop {
    fn from(data: BugcheckData) -> Self {
        Self {
            code: data.code,
            parameters: data.parameters.map(Into::into),
        }
    }
}

impl Parameter {
    /// Its value.
    pub(crate) fn known(self) -> Option<u64> {
        self.0
    }

    /// Its value, written by `write`.
    pub(crate) fn text(self, write: impl Fn(u64) -> String) -> String {
        self.0.map_or_else(|| self.to_string(), write)
    }

    /// As an argument of a debugger command; `name` (`P2`) replaces an unknown value.
    pub(crate) fn argument(self, name: &str) -> String {
        self.0
            .map_or_else(|| name.to_owned(), |value| format!("{value:#x}"))
    }

    /// Whether it is known to be `value`.
    pub(crate) fn is(self, value: u64) -> bool {
        self.0 == Some(value)
    }
}

impl From<u64> for Parameter {
    fn from(value: u64) -> Self {
        Self(Some(value))
    }
}

impl From<Option<u64>> for Parameter {
    fn from(value: Option<u64>) -> Self {
        Self(value)
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => fmt::Display::fmt(&value, f),
            None => f.write_str("unknown"),
        }
    }
}

impl fmt::LowerHex for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => fmt::LowerHex::fmt(&value, f),
            None => f.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_no_number() {
        let [known, unknown] = [Some(0x30), None].map(Parameter::from);
        assert_eq!(format!("{known:#x} {known}"), "0x30 48");
        assert_eq!(format!("{unknown:#x} {unknown}"), "unknown unknown");
        assert_eq!(unknown.argument("P2"), "P2");
        assert!(!unknown.is(0));
    }
}
