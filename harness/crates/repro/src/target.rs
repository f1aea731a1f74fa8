//! The wanted crash, and whether a run's crash is the same.

use std::fmt;

use analyzer::verdict::Verdict;

/// A crash, known by its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    signature: String,
    /// Where the first verdict names no function of the culprit, none is compared.
    any_function: bool,
}

/// The verdict has no signature to look for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the verdict has no `signature`: it is not one of `stopcode analyze --message-format json`"
)]
pub struct NoSignature;

impl Target {
    /// The crash that `verdict` is of.
    ///
    /// # Errors
    /// It has no signature.
    pub fn of(verdict: &Verdict) -> Result<Self, NoSignature> {
        if verdict.signature.is_empty() {
            return Err(NoSignature);
        }
        let any_function =
            (verdict.culprit.as_ref()).is_some_and(|culprit| culprit.function.is_none());
        Ok(Self {
            signature: verdict.signature.clone(),
            any_function,
        })
    }

    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// Whether `verdict` is of the same crash: the signatures are equal, but for a function that
    /// the wanted one does not know.
    pub fn matches(&self, verdict: &Verdict) -> bool {
        if verdict.signature == self.signature {
            return true;
        }
        self.any_function && without_function(&verdict.signature) == self.signature
    }

    /// What makes matches weaker than they look, in sentences.
    pub fn caveats(&self, verdict: &Verdict) -> Vec<String> {
        let mut caveats = Vec::new();
        match &verdict.culprit {
            None => caveats.push(
                "the verdict names no culprit, so any crash with this stop and cause matches"
                    .to_owned(),
            ),
            Some(culprit) if self.any_function => caveats.push(format!(
                "the verdict names no function of {} (its symbols were not there?), so any of its \
                 functions matches",
                culprit.module
            )),
            Some(_) => {}
        }
        caveats
    }
}

/// `D1|cause|foo.sys!Bar|role` → `D1|cause|foo.sys!?|role`.
fn without_function(signature: &str) -> String {
    let mut parts: Vec<String> = signature.split('|').map(str::to_owned).collect();
    if let Some(culprit) = parts.get_mut(2)
        && let Some((module, _)) = culprit.split_once('!')
    {
        *culprit = format!("{module}!?");
    }
    parts.join("|")
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runner::testing::verdict;

    fn signed(signature: &str) -> Verdict {
        Verdict {
            signature: signature.into(),
            ..verdict()
        }
    }

    #[test]
    fn the_signature_decides() {
        let wanted = signed("D1|irql-leaked|foo.sys!Bar|holder");
        let target = Target::of(&wanted).unwrap();
        assert!(target.matches(&wanted));
        for other in [
            "D1|irql-leaked|foo.sys!Baz|holder",
            "D1|irql-leaked|foo.sys!?|holder",
            "A|irql-leaked|foo.sys!Bar|holder",
            "D1|irql-leaked|foo.sys!Bar|caller",
            "",
        ] {
            assert!(!target.matches(&signed(other)), "{other}");
        }
        assert_eq!(Target::of(&signed("")), Err(NoSignature));
    }

    #[test]
    fn a_function_that_is_not_known_is_not_compared() {
        let mut wanted = signed("D1|irql-leaked|foo.sys!?|holder");
        if let Some(culprit) = &mut wanted.culprit {
            culprit.function = None;
        }
        let target = Target::of(&wanted).unwrap();
        assert!(target.matches(&signed("D1|irql-leaked|foo.sys!Bar|holder")));
        assert!(target.matches(&signed("D1|irql-leaked|foo.sys!?|holder")));
        assert!(!target.matches(&signed("D1|irql-leaked|bar.sys!Bar|holder")));
        assert!(target.caveats(&wanted)[0].contains("no function of"));
        // A culprit that is not known at all stays so.
        wanted.culprit = None;
        wanted.signature = "D1|inconclusive|?".into();
        let target = Target::of(&wanted).unwrap();
        assert!(!target.matches(&signed("D1|inconclusive|foo.sys!Bar|suspect")));
        assert_eq!(target.caveats(&wanted).len(), 1);
    }
}
