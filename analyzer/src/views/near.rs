//! `ln` and `x`: names by address and by pattern.

use std::fmt;

use serde::Serialize;

use super::error::{InspectError, nearest};
use super::expression::address;
use super::session::Session;
use super::text::tick;
use super::{ViewInfo, ViewRequest};
use crate::modules::Module;
use crate::verdict::Hex64;

pub(super) const NEAR: ViewInfo = ViewInfo {
    id: "near",
    names: &["ln"],
    usage: "ln ADDR",
    meaning: "the symbols around an address",
    example: "ln fffff80412345678",
    needs_structures: false,
    make: |session, request| Ok(near(session, request)?.into()),
};

pub(super) const SYMBOLS: ViewInfo = ViewInfo {
    id: "symbols",
    names: &["x"],
    usage: "x [MODULE!]PATTERN",
    meaning: "symbols whose names match",
    example: "x nt!KeWaitFor*",
    needs_structures: false,
    make: |session, request| Ok(matches(session, request)?.into()),
};

/// Maximum number of matches.
const MAX_MATCHES: usize = 5000;

/// A symbol and its address.
#[derive(Clone, Debug, Serialize)]
struct Named {
    address: Hex64,
    symbol: String,
    /// Whether it lies in a section that holds code.
    is_code: Option<bool>,
}

/// The names around an address.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Near {
    address: Hex64,
    module: Option<String>,
    before: Option<Named>,
    after: Option<Named>,
    /// The source line.
    source: Option<String>,
}

pub(super) fn near(session: &Session<'_, '_>, request: &ViewRequest) -> Result<Near, InspectError> {
    let at = address(session, request.need(0, "an address")?)?;
    let module = session.target.modules.find(at);
    let named = |module: &Module, (address, name): (u64, String)| Named {
        symbol: format!("{}!{name}", module.symbol_name()),
        is_code: is_code(session, module, address),
        address: address.into(),
    };
    let (before, after) = match module {
        Some(module) => {
            let (before, after) = session.around(module, at);
            (
                before.map(|before| named(module, before)),
                after.map(|after| named(module, after)),
            )
        }
        None => {
            session.note(format!("what lies at {at:#x}"), "no module does");
            (None, None)
        }
    };
    let symbol = session.target.symbol(at, crate::target::Pc::Exact);
    Ok(Near {
        address: at.into(),
        module: module.map(Module::symbol_name),
        before,
        after,
        source: symbol
            .file
            .zip(symbol.line)
            .map(|(file, line)| format!("{file}({line})")),
    })
}

fn is_code(session: &Session<'_, '_>, module: &Module, address: u64) -> Option<bool> {
    let image = module.image(session.target.memory).ok()?;
    Some(image.is_code(module.rva(address)?))
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(source) = &self.source {
            writeln!(f, "{source}")?;
        }
        let Some(before) = &self.before else {
            return match &self.module {
                Some(module) => writeln!(
                    f,
                    "{} lies in {module}, before its first symbol",
                    tick(self.address.0)
                ),
                None => Ok(()),
            };
        };
        let offset = match self.address.0.wrapping_sub(before.address.0) {
            0 => String::new(),
            offset => format!("+{offset:#x}"),
        };
        let after = self.after.as_ref().map_or_else(String::new, |after| {
            format!("  |  ({})   {}", tick(after.address.0), after.symbol)
        });
        writeln!(
            f,
            "({})   {}{offset}{after}",
            tick(before.address.0),
            before.symbol
        )?;
        match offset.is_empty() {
            true => writeln!(f, "Exact matches:\n    {}", before.symbol),
            false => Ok(()),
        }
    }
}

/// Names that match a pattern.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Matches {
    symbols: Vec<Named>,
}

pub(super) fn matches(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<Matches, InspectError> {
    let given = request.need(0, "a pattern such as nt!Ke*")?;
    let (in_modules, pattern) = given.split_once('!').unwrap_or(("nt", given));
    let all = session.target.modules.iter();
    let modules: Vec<_> = all
        .filter(|module| wildcard(in_modules, &module.symbol_name()))
        .collect();
    if modules.is_empty() {
        let names = session.target.modules.iter().map(Module::symbol_name);
        let names: Vec<_> = names.collect();
        return Err(InspectError::BadAddress {
            text: given.to_owned(),
            why: format!("there is no module `{in_modules}`"),
            near: nearest(in_modules, names.iter().map(String::as_str)),
        });
    }
    let mut symbols = Vec::new();
    for module in modules {
        let globals = session.globals(module);
        if let Some(missing) = module.missing_symbols() {
            let what = format!("names in {} that it does not export", module.name);
            session.note(what, &missing.why);
        }
        for (rva, name) in globals.iter().filter(|(_, name)| wildcard(pattern, name)) {
            let Some(at) = module.base.checked_add(u64::from(*rva)) else {
                continue;
            };
            if symbols.len() >= MAX_MATCHES {
                session.note("more matches", format!("only {MAX_MATCHES} are listed"));
                return Ok(Matches { symbols });
            }
            symbols.push(Named {
                address: at.into(),
                symbol: format!("{}!{name}", module.symbol_name()),
                is_code: is_code(session, module, at),
            });
        }
    }
    Ok(Matches { symbols })
}

impl fmt::Display for Matches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for symbol in &self.symbols {
            let kind = match symbol.is_code {
                Some(true) => "(<no parameter info>)",
                _ => "= <no type information>",
            };
            writeln!(f, "{} {} {kind}", tick(symbol.address.0), symbol.symbol)?;
        }
        Ok(())
    }
}

/// Whether `name` matches a pattern with `*` and `?`, in either case.
pub(super) fn wildcard(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let (mut p, mut n) = (0, 0);
    // Position of the last star, and how much of the name it matches so far.
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&letter) if letter == '?' || letter == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, covered)) => {
                    star = Some((at, covered + 1));
                    p = at + 1;
                    n = covered + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&letter| letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_on_a_command_line() {
        assert!(wildcard("Dpc*", "DpcWatchdogCount"));
        assert!(wildcard("dpc*count", "DpcWatchdogCount"));
        assert!(wildcard("*", ""));
        assert!(wildcard("?pc", "Dpc"));
        assert!(!wildcard("Dpc", "DpcData"));
        assert!(!wildcard("", "x"));
        let name = "a".repeat(2000);
        assert!(!wildcard(
            &"*a".repeat(40).as_str().replace("aa", "a"),
            &name.replace('a', "b")
        ));
    }
}
