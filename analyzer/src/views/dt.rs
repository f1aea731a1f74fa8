//! `dt`: a type of the symbols, with its values at an address.

use std::fmt;

use serde::Serialize;

use super::dtvalue::{text, value};
use super::error::nearest;
use super::expression::{address, number};
use super::near::wildcard;
use super::session::Session;
use super::{InspectError, ViewInfo, ViewRequest};
use crate::modules::Module;
use crate::symbols::{Definition, LayoutError, Member, Shape, TypeRef};
use crate::verdict::Hex64;

pub(super) const VIEW: ViewInfo = ViewInfo {
    id: "dt",
    names: &["dt", "ddt"],
    usage: "dt [-r[N]] TYPE[.FIELD] [ADDR] [FIELD…]",
    meaning: "any type of the symbols, with values at an address; `*` and `Name.` in fields",
    example: "dt nt!_KPRCB @$prcb Dpc*",
    needs_structures: false,
    make: |session, request| Ok(dt(session, request)?.into()),
};

/// Maximum number of rows of a view.
const MAX_ROWS: usize = 50_000;
/// Depth of `-r` without a number.
const MAX_DEPTH: usize = 8;

/// The data of `dt`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Dt {
    module: String,
    #[serde(rename = "type")]
    type_name: String,
    address: Option<Hex64>,
    #[serde(flatten)]
    shown: Shown,
}

/// The kinds of output.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Shown {
    /// A record's fields.
    Record {
        size: u64,
        /// For records that `dt` prints as text (`_UNICODE_STRING`, `_LIST_ENTRY`).
        text: Option<String>,
        fields: Vec<FieldRow>,
    },
    /// An enumeration's names.
    Enum {
        size: u64,
        values: Vec<(String, i64)>,
    },
    /// Types whose names match a pattern.
    Types(Vec<String>),
    /// Nothing; the view's `unknown` says why.
    Nothing,
}

#[derive(Clone, Debug, Serialize)]
struct FieldRow {
    offset: u64,
    name: String,
    #[serde(rename = "type")]
    type_text: String,
    /// As `dt` prints it.
    text: Option<String>,
    /// The number, if it is one.
    value: Option<Hex64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldRow>,
}

/// The parsed arguments.
struct Arguments {
    type_name: String,
    address: Option<u64>,
    fields: Vec<String>,
    depth: usize,
}

pub(super) fn dt(session: &Session<'_, '_>, request: &ViewRequest) -> Result<Dt, InspectError> {
    let wanted = arguments(session, request)?;
    let (module_name, name) = match wanted.type_name.split_once('!') {
        Some((module, name)) => (Some(module), name),
        None => (None, wanted.type_name.as_str()),
    };
    let module = match module_name {
        Some(module) => session.module(module),
        None => session.target.modules.kernel(),
    };
    let Some(module) = module else {
        let text = module_name.unwrap_or("nt");
        let names = session.target.modules.iter().map(Module::symbol_name);
        let names: Vec<_> = names.collect();
        if module_name.is_some_and(|name| !name.eq_ignore_ascii_case("nt")) {
            return Err(InspectError::BadAddress {
                text: wanted.type_name.clone(),
                why: format!("there is no module `{text}`"),
                near: nearest(text, names.iter().map(String::as_str)),
            });
        }
        session.note("the kernel's types", "no loaded module is the kernel");
        return Ok(nothing(text, name, wanted.address));
    };
    let module_name = module.symbol_name();
    if session.target.type_names(module).is_empty() {
        // Loading the symbols recorded why there are none.
        let missing = module.missing_symbols().map(|unknown| unknown.why.clone());
        let why = missing.unwrap_or_else(|| "its symbols describe no types".to_owned());
        session.note(format!("the types of {module_name}"), why);
        return Ok(nothing(&module_name, name, wanted.address));
    }
    if name.contains(['*', '?']) {
        let mut names = session.target.type_names(module);
        names.retain(|known| wildcard(name, known));
        names.sort();
        return Ok(Dt {
            module: module_name,
            type_name: name.to_owned(),
            address: None,
            shown: Shown::Types(names),
        });
    }
    let (name, definition) = define(session, module, name)?;
    let shown = match definition {
        Definition::Enum { size, values } => Shown::Enum { size, values },
        Definition::Record { size, members } => {
            let mut rows = Rows {
                session,
                module,
                left: MAX_ROWS,
            };
            let fields = rows.of(&members, wanted.address, &wanted.fields, wanted.depth);
            if rows.left == 0 {
                session.note("more fields", format!("only {MAX_ROWS} are shown"));
            }
            let of = TypeRef::named(&name);
            if fields.is_empty() && !wanted.fields.is_empty() {
                let names = members.iter().map(|member| member.name.as_str());
                let near = nearest(wanted.fields[0].trim_end_matches('.'), names);
                let near = match near.is_empty() {
                    true => String::new(),
                    false => format!(" (near: {})", near.join(", ")),
                };
                session.note(
                    format!("{} of {name}", wanted.fields.join(" ")),
                    format!("the type has no such field{near}"),
                );
            }
            Shown::Record {
                size,
                text: wanted
                    .address
                    .filter(|_| wanted.fields.is_empty())
                    .and_then(|at| text(session, module, &Shape::Record(of), at)),
                fields,
            }
        }
    };
    Ok(Dt {
        module: module_name,
        type_name: name,
        address: wanted.address.map(Hex64),
        shown,
    })
}

fn nothing(module: &str, name: &str, address: Option<u64>) -> Dt {
    Dt {
        module: module.to_owned(),
        type_name: name.to_owned(),
        address: address.map(Hex64),
        shown: Shown::Nothing,
    }
}

/// The definition of a type, also by the name of its usual typedef (`IRP` for `_IRP`).
fn define(
    session: &Session<'_, '_>,
    module: &Module,
    name: &str,
) -> Result<(String, Definition), InspectError> {
    let tagged = format!("_{name}");
    for candidate in [name, &tagged] {
        match session.target.define(module, &TypeRef::named(candidate)) {
            Ok(definition) => return Ok((candidate.to_owned(), definition)),
            Err(LayoutError::Damaged(of)) => {
                session.note(format!("the type {of}"), "its records cannot be read");
            }
            Err(_) => {}
        }
    }
    let names = session.target.type_names(module);
    Err(InspectError::UnknownType {
        module: module.symbol_name(),
        name: name.to_owned(),
        near: nearest(name, names.iter().map(String::as_str)),
    })
}

/// Parses type, address, fields and options; the address may come first or last.
fn arguments(session: &Session<'_, '_>, request: &ViewRequest) -> Result<Arguments, InspectError> {
    let mut type_name: Option<String> = None;
    let mut at = None;
    let mut fields = Vec::new();
    let mut depth = 0;
    for word in &request.args {
        if let Some(option) = word.strip_prefix('-') {
            if let Some(levels) = option.strip_prefix('r') {
                depth = levels.parse().unwrap_or(MAX_DEPTH).min(MAX_DEPTH);
            }
            continue;
        }
        if is_address(word, type_name.is_some()) {
            at = Some(address(session, word)?);
        } else if type_name.is_none() {
            type_name = Some(word.clone());
        } else {
            fields.push(word.clone());
        }
    }
    let mut type_name =
        type_name.ok_or_else(|| request.usage("`dt` needs a type, such as nt!_IRP"))?;
    if let Some((name, path)) = type_name.clone().split_once('.') {
        fields.insert(0, path.to_owned());
        type_name = name.to_owned();
    }
    Ok(Arguments {
        type_name,
        address: at,
        fields,
        depth,
    })
}

/// Whether a word is an address, not a type or a field. Field names that look hexadecimal are
/// short; addresses are not.
fn is_address(word: &str, after_type: bool) -> bool {
    let explicit = word.starts_with("0x") || word.contains(['`', '@', '(']);
    let number = number(word).is_some_and(|_| word.len() >= 6);
    // After the type, `nt!KeTickCount` is an address.
    explicit || number || (after_type && word.contains('!'))
}

struct Rows<'s, 't, 'd> {
    session: &'s Session<'t, 'd>,
    module: &'s Module,
    left: usize,
}

impl Rows<'_, '_, '_> {
    /// The rows of a record's members: all of them, or those that a pattern names.
    fn of(
        &mut self,
        members: &[Member],
        at: Option<u64>,
        patterns: &[String],
        depth: usize,
    ) -> Vec<FieldRow> {
        let mut rows = Vec::new();
        for member in members {
            if patterns.is_empty() {
                rows.extend(self.row(member, at, &[], depth));
                continue;
            }
            // A member appears once, with the parts of all patterns that match it.
            let mut below = Vec::new();
            let mut named = false;
            let mut expand = depth;
            let mut element = None;
            for pattern in patterns {
                let (first, rest) = pattern.split_once('.').unwrap_or((pattern, "none"));
                let (first, index) = split_index(first);
                if !wildcard(first, &member.name) {
                    continue;
                }
                named = true;
                element = index.or(element);
                match rest {
                    "none" => {}
                    // `Name.` opens one level.
                    "" => expand = expand.max(1),
                    rest => below.push(rest.to_owned()),
                }
            }
            if named {
                let chosen = element.and_then(|index| chosen(member, index));
                let member = chosen.as_ref().unwrap_or(member);
                rows.extend(self.row(member, at, &below, expand));
            }
        }
        rows
    }

    fn row(
        &mut self,
        member: &Member,
        at: Option<u64>,
        below: &[String],
        depth: usize,
    ) -> Option<FieldRow> {
        self.left = self.left.checked_sub(1)?;
        let at = at.map(|at| at.wrapping_add(member.offset));
        let shown = at.map(|at| value(self.session, self.module, &member.shape, at));
        let fields = match &member.shape {
            Shape::Record(of) if depth > 0 || !below.is_empty() => {
                match self.session.target.define(self.module, of) {
                    Ok(Definition::Record { members, .. }) => {
                        self.of(&members, at, below, depth.saturating_sub(1))
                    }
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        };
        Some(FieldRow {
            offset: member.offset,
            name: member.name.clone(),
            type_text: member.shape.text(),
            text: shown.as_ref().map(|(text, _)| text.clone()),
            value: shown.and_then(|(_, number)| number).map(Hex64),
            fields,
        })
    }
}

/// `Name[2]` as name and index.
fn split_index(name: &str) -> (&str, Option<u64>) {
    match name.split_once('[') {
        Some((name, rest)) => (name, rest.trim_end_matches(']').parse().ok()),
        None => (name, None),
    }
}

/// An element of an array member, as a member of its own.
fn chosen(member: &Member, index: u64) -> Option<Member> {
    let Shape::Array {
        element,
        element_size,
        count,
    } = &member.shape
    else {
        return None;
    };
    (index < *count).then(|| Member {
        name: format!("{}[{index}]", member.name),
        offset: member
            .offset
            .wrapping_add(index.wrapping_mul(*element_size)),
        shape: (**element).clone(),
    })
}

impl fmt::Display for Dt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            module, type_name, ..
        } = self;
        match &self.shown {
            Shown::Record { text, fields, .. } => {
                match (text, self.address) {
                    (Some(text), _) => writeln!(f, " {text}")?,
                    (None, None) => writeln!(f, "{module}!{type_name}")?,
                    (None, Some(_)) => {}
                }
                fields.iter().try_for_each(|row| row.print(f, 1))
            }
            Shown::Enum { values, .. } => {
                writeln!(f, "{module}!{type_name}")?;
                let mut values = values.iter();
                values.try_for_each(|(name, value)| writeln!(f, "   {name} = 0n{value}"))
            }
            Shown::Types(names) => {
                let mut names = names.iter();
                names.try_for_each(|name| writeln!(f, "          {module}!{name}"))
            }
            Shown::Nothing => Ok(()),
        }
    }
}

impl FieldRow {
    fn print(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "   ".repeat(depth);
        let shown = self.text.as_ref().unwrap_or(&self.type_text);
        let line = format!("{indent}+0x{:03x} {:<16} : {shown}", self.offset, self.name);
        writeln!(f, "{}", line.trim_end())?;
        self.fields
            .iter()
            .try_for_each(|row| row.print(f, depth + 1))
    }
}
