//! Describes a stop by its row.

use super::access::Access;
use super::row::{Parameter, Role, Subtype};
use super::{Stop, name};
use crate::verdict::{Bugcheck, BugcheckParameter};

/// The stop as the verdict shows it.
pub(crate) fn describe(stop: &Stop) -> Bugcheck {
    let known = stop.known_parameters();
    let subtype = stop.subtype();
    let parameters = std::array::from_fn(|index| match stop.parameter(index) {
        Some(value) => BugcheckParameter {
            value: Some(value.into()),
            meaning: meaning(known[index], value, subtype),
        },
        // Only logs lack a parameter.
        None => BugcheckParameter {
            value: None,
            meaning: Some("the log does not state it".to_owned()),
        },
    });
    Bugcheck {
        code: stop.code,
        code_hex: format!("0x{:X}", stop.code),
        name: name(stop.code).map(str::to_owned),
        parameters,
    }
}

fn meaning(parameter: Parameter, value: u64, subtype: Option<&Subtype>) -> Option<String> {
    let Parameter { role, meaning, .. } = parameter;
    if parameter.optional && value == 0 {
        return None;
    }
    let subtype = subtype.filter(|subtype| role == Role::Subtype && !subtype.meaning.is_empty());
    if let Some(subtype) = subtype
        && (subtype.whole || meaning.is_empty())
    {
        return Some(subtype.meaning.to_owned());
    }
    if meaning.is_empty() {
        return None;
    }
    let text = value_text(role, value).or_else(|| Some(subtype?.meaning.to_owned()));
    if meaning.contains("{}") {
        let shown = text.unwrap_or_else(|| match role {
            Role::Ticks | Role::Seconds | Role::Count | Role::Size => value.to_string(),
            _ => format!("{value:#x}"),
        });
        return Some(meaning.replace("{}", &shown));
    }
    let shown = text.or_else(|| match role {
        Role::Ticks => Some(format!("{value} ticks")),
        Role::Seconds => Some(format!("{value} seconds")),
        _ => None,
    });
    Some(match shown {
        Some(shown) => format!("{meaning}: {shown}"),
        None => meaning.to_owned(),
    })
}

/// The value as text, for roles with named values.
fn value_text(role: Role, value: u64) -> Option<String> {
    Some(match role {
        Role::Irql => irql(value),
        Role::Access(code) => match code.decode(value) {
            Access::Other(other) => format!("{other:#x}"),
            access => access.text().to_owned(),
        },
        Role::Status => format!("{value:#x}"),
        Role::Processor => value.to_string(),
        Role::Named(names) => names
            .iter()
            .find(|(known, _)| *known == value)
            .map_or_else(|| format!("{value:#x}"), |(_, name)| (*name).to_owned()),
        _ => return None,
    })
}

/// IRQL with its name (wdm.h, x64).
pub(crate) fn irql(level: u64) -> String {
    match level {
        0 => "0 (PASSIVE_LEVEL)".to_owned(),
        1 => "1 (APC_LEVEL)".to_owned(),
        2 => "2 (DISPATCH_LEVEL)".to_owned(),
        3..=11 => format!("{level} (device)"),
        12 => "12 (SYNCH_LEVEL)".to_owned(),
        13 => "13 (CLOCK_LEVEL)".to_owned(),
        14 => "14 (IPI_LEVEL)".to_owned(),
        15 => "15 (HIGH_LEVEL)".to_owned(),
        // 0xff: the access was made with interrupts disabled.
        0xFF => "0xff (interrupts were disabled)".to_owned(),
        other => format!("{other:#x}"),
    }
}
