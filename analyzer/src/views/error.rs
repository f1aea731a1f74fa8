//! Errors of views: the request is invalid. What the dump does not hold is not an error but an
//! [`Unknown`](crate::verdict::Unknown) in the view.

use crate::error::AnalyzeError;

/// Each message names the cause and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The file cannot be analyzed at all.
    #[error(transparent)]
    Open(#[from] AnalyzeError),

    /// There is no such view.
    #[error("there is no view `{name}`{}. `stopcode inspect --help` lists them", listed(.near))]
    UnknownView {
        /// The requested name.
        name: String,
        /// Views with similar names.
        near: Vec<String>,
    },

    /// The arguments are invalid.
    #[error("{why}. Usage: {usage}")]
    Usage {
        /// The usage of the view.
        usage: &'static str,
        /// What is wrong.
        why: String,
    },

    /// An invalid address.
    #[error(
        "`{text}` is no address: {why}{}. Write ffff800012345678, 0xffff8000`12345678, nt!Name or \
         nt!Name+0x10",
        listed(.near)
    )]
    BadAddress {
        text: String,
        /// What is wrong with it.
        why: String,
        /// Symbols with similar names.
        near: Vec<String>,
    },

    /// A type that the symbols do not describe.
    #[error("the symbols of {module} do not describe the type `{name}`{}", listed(.near))]
    UnknownType {
        /// The module whose symbols were searched.
        module: String,
        /// What was asked for.
        name: String,
        /// Types with similar names.
        near: Vec<String>,
    },
}

fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!(" (near: {})", names.join(", ")),
    }
}

/// Up to five of `names` that are most similar to `wanted`: other spellings, then names that
/// contain it.
pub(super) fn nearest<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    const SHOWN: usize = 5;
    const ALIKE: f64 = 0.72;
    let wanted = wanted.trim_start_matches('_').to_lowercase();
    let mut found: Vec<(f64, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let plain = name.trim_start_matches('_').to_lowercase();
            let alike = strsim::jaro_winkler(&wanted, &plain);
            let contains = wanted.len() > 2 && plain.contains(&wanted);
            let score = if contains { alike.max(ALIKE) } else { alike };
            (score >= ALIKE).then_some((score, name))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    found.dedup_by_key(|(_, name)| *name);
    let names = found.into_iter().take(SHOWN);
    names.map(|(_, name)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_come_first() {
        let names = ["_KTHREAD", "_ETHREAD", "_KTHREAD_COUNTERS", "_IRP"];
        assert_eq!(nearest("_KTHRAED", names)[0], "_KTHREAD");
        assert_eq!(nearest("kthread", names)[0], "_KTHREAD");
        assert!(nearest("zzz", names).is_empty());
    }
}
