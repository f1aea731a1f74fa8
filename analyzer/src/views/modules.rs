//! `lm`, `lmvm`: loaded and unloaded modules.

use std::fmt;

use serde::Serialize;

use super::error::nearest;
use super::expression::address;
use super::near::wildcard;
use super::session::Session;
use super::text::{hex, tick};
use super::{InspectError, ViewInfo, ViewRequest};
use crate::dump::is_kernel_address;
use crate::modules::{HASH_NOTE, Module, Unloaded, is_inbox};
use crate::nt::unloaded_drivers;
use crate::verdict::Hex64;

pub(super) const LIST: ViewInfo = ViewInfo {
    id: "modules",
    names: &["lm"],
    usage: "lm [v | t] [3] [m PATTERN] [a ADDR]",
    meaning: "loaded and unloaded modules; t with time stamps, v with all details, 3 third-party only",
    example: "lm m disk*",
    needs_structures: false,
    make: |session, request| Ok(list(session, request)?.into()),
};

pub(super) const DETAIL: ViewInfo = ViewInfo {
    id: "moduledetail",
    names: &["lmvm", "lmv"],
    usage: "lmvm NAME",
    meaning: "a module: file, path, time stamp, checksum, version, symbols",
    example: "lmvm disk",
    needs_structures: false,
    make: |session, request| Ok(details(session, request)?.into()),
};

/// A module, briefly.
#[derive(Clone, Debug, Serialize)]
struct ModuleView {
    start: Hex64,
    end: Hex64,
    /// WinDbg's name of it.
    name: String,
    /// File name.
    file: String,
    /// The file of its symbols, if found.
    symbols: Option<String>,
    /// Why there are no symbols.
    no_symbols: Option<String>,
    /// Whether it is not part of Windows.
    third_party: bool,
    stamp: Stamp,
}

/// A link time stamp.
#[derive(Clone, Debug, Serialize)]
struct Stamp {
    /// As the image or the list of modules has it.
    timestamp: Option<u32>,
    /// UTC; only where it can be a time.
    date: Option<String>,
    /// Whether it is known to be a hash.
    is_hash: bool,
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(stamp) = self.timestamp else {
            return f.write_str("???? (????????)");
        };
        let time = crate::dump::ctime(u64::from(stamp) * 1000, false);
        match (&self.date, time) {
            (Some(_), Some(time)) => write!(f, "{time} ({stamp:08X})"),
            _ if self.is_hash => write!(f, "{stamp:08X} ({HASH_NOTE})"),
            _ => write!(f, "***** Invalid ({stamp:08X})"),
        }
    }
}

/// An unloaded module.
#[derive(Clone, Debug, Serialize)]
struct UnloadedView {
    start: Hex64,
    end: Hex64,
    name: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ModuleList {
    modules: Vec<ModuleView>,
    unloaded: Vec<UnloadedView>,
    #[serde(skip)]
    with_times: bool,
    #[serde(skip)]
    details: Vec<Detail>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ModuleDetails {
    modules: Vec<Detail>,
    unloaded: Vec<UnloadedView>,
}

/// A module in detail.
#[derive(Clone, Debug, Serialize)]
struct Detail {
    #[serde(flatten)]
    module: ModuleView,
    path: Option<String>,
    checksum: Option<u32>,
    image_size: u64,
    /// From the version resource.
    file_version: Option<String>,
    product_version: Option<String>,
    /// The texts of the version resource.
    texts: Vec<(String, String)>,
    /// GUID and age of the PDB that belongs to it.
    pdb: Option<String>,
}

fn unloaded(session: &Session<'_, '_>) -> Vec<UnloadedView> {
    let found = session.known("the unloaded modules", unloaded_drivers(&session.nt));
    let view = |unloaded: Unloaded| UnloadedView {
        start: unloaded.start.into(),
        end: unloaded.end.into(),
        name: unloaded.name,
    };
    found.unwrap_or_default().into_iter().map(view).collect()
}

pub(super) fn list(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<ModuleList, InspectError> {
    let option = |name: &str| {
        request
            .value_of(name)
            .or(request.value_of(&format!("-{name}")))
    };
    let inside = option("a").map(|text| address(session, text)).transpose()?;
    let pattern = option("m");
    let flag = |names: &[&str]| names.iter().any(|name| request.has(name));
    let (verbose, with_times) = (flag(&["v", "-v"]), flag(&["t", "-t"]));
    let third_party = flag(&["3", "-3"]);
    let wanted = |name: &str, start: u64, end: u64| {
        pattern.is_none_or(|pattern| wildcard(pattern, name))
            && inside.is_none_or(|at| (start..end).contains(&at))
    };
    let modules = session.target.modules.iter().filter(|module| {
        let end = module.base.saturating_add(module.size);
        let own = !third_party || is_third_party(module);
        own && wanted(&module.symbol_name(), module.base, end)
    });
    let modules: Vec<_> = modules.collect();
    let unloaded = unloaded(session).into_iter();
    Ok(ModuleList {
        details: match verbose {
            true => modules
                .iter()
                .map(|module| detail(session, module))
                .collect(),
            false => Vec::new(),
        },
        modules: modules
            .into_iter()
            .map(|module| view(session, module))
            .collect(),
        unloaded: unloaded
            .filter(|one| !third_party || !is_inbox(&one.name))
            .filter(|one| wanted(&one.name, one.start.0, one.end.0))
            .collect(),
        with_times,
    })
}

pub(super) fn details(
    session: &Session<'_, '_>,
    request: &ViewRequest,
) -> Result<ModuleDetails, InspectError> {
    let wanted = request.need(0, "a module's name")?;
    let matches = |module: &&Module| {
        wildcard(wanted, &module.symbol_name()) || wildcard(wanted, &module.name)
    };
    let modules: Vec<_> = session.target.modules.iter().filter(matches).collect();
    let unloaded = unloaded(session).into_iter();
    let unloaded: Vec<_> = unloaded.filter(|one| wildcard(wanted, &one.name)).collect();
    if modules.is_empty() && unloaded.is_empty() {
        let all = session.target.modules.iter();
        let names: Vec<_> = all.map(Module::symbol_name).collect();
        let near = nearest(wanted, names.iter().map(String::as_str));
        let near = match near.is_empty() {
            true => String::new(),
            false => format!(" (near: {})", near.join(", ")),
        };
        session.note(
            format!("the module {wanted}"),
            format!("no loaded or unloaded module has that name{near}"),
        );
    }
    Ok(ModuleDetails {
        modules: modules
            .into_iter()
            .map(|module| detail(session, module))
            .collect(),
        unloaded,
    })
}

fn is_third_party(module: &Module) -> bool {
    !module.is_kernel && !is_inbox(&module.name)
}

fn view(session: &Session<'_, '_>, module: &Module) -> ModuleView {
    let (memory, symbols) = (session.target.memory, &session.target.symbols);
    let table = module.symbols(memory, symbols);
    ModuleView {
        start: module.base.into(),
        end: module.base.saturating_add(module.size).into(),
        name: module.symbol_name(),
        file: module.name.clone(),
        symbols: table.map(|table| {
            let name = table.path().file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        }),
        no_symbols: module.missing_symbols().map(|unknown| unknown.why.clone()),
        third_party: is_third_party(module),
        stamp: stamp(session, module),
    }
}

fn stamp(session: &Session<'_, '_>, module: &Module) -> Stamp {
    let (memory, header) = (session.target.memory, session.header);
    Stamp {
        timestamp: module.timestamp(memory),
        date: module.date(memory, header.build, header.crash_seconds()),
        is_hash: module.has_hash(memory, header.build),
    }
}

fn detail(session: &Session<'_, '_>, module: &Module) -> Detail {
    let memory = session.target.memory;
    let image = module.image(memory);
    if let Err(error) = image {
        session.note(format!("the headers of {}", module.name), error);
    }
    let version = module.version(memory);
    Detail {
        module: view(session, module),
        path: module.path().map(str::to_owned),
        checksum: module.checksum(),
        image_size: module.size,
        file_version: version.map(|version| version.file.clone()),
        product_version: version.map(|version| version.product.clone()),
        texts: version.map_or_else(Vec::new, |version| version.texts.clone()),
        pdb: image.ok().and_then(|image| {
            let id = image.pdb.as_ref().ok()?;
            Some(id.to_string())
        }),
    }
}

impl Session<'_, '_> {
    /// Head of the list of loaded modules, from the header.
    pub(super) fn header_modules(&self) -> Option<u64> {
        let head = self.header.loaded_module_list;
        is_kernel_address(head).then_some(head)
    }
}

const HEADING: &str = "start             end                 module name";

impl fmt::Display for ModuleView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let symbols = match &self.symbols {
            Some(name) => format!("(pdb symbols)          {name}"),
            None => "(no symbols)".to_owned(),
        };
        writeln!(
            f,
            "{} {}   {:<10} {symbols}",
            tick(self.start.0),
            tick(self.end.0),
            self.name
        )
    }
}

fn print_unloaded(f: &mut fmt::Formatter<'_>, unloaded: &[UnloadedView]) -> fmt::Result {
    if !unloaded.is_empty() {
        writeln!(f, "\nUnloaded modules:")?;
    }
    for one in unloaded {
        writeln!(
            f,
            "{} {}   {}",
            tick(one.start.0),
            tick(one.end.0),
            one.name
        )?;
    }
    Ok(())
}

impl fmt::Display for ModuleList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADING}")?;
        match self.details.is_empty() {
            true if self.with_times => {
                for one in &self.modules {
                    writeln!(
                        f,
                        "{} {}   {:<10} {:<16} {}",
                        tick(one.start.0),
                        tick(one.end.0),
                        one.name,
                        one.file,
                        one.stamp
                    )?;
                }
            }
            true => self.modules.iter().try_for_each(|module| module.fmt(f))?,
            false => self.details.iter().try_for_each(|detail| detail.fmt(f))?,
        }
        print_unloaded(f, &self.unloaded)
    }
}

impl fmt::Display for ModuleDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADING}")?;
        self.modules.iter().try_for_each(|detail| detail.fmt(f))?;
        print_unloaded(f, &self.unloaded)
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.module.fmt(f)?;
        writeln!(f, "    Loaded symbol image file: {}", self.module.file)?;
        // Lists of newer systems have file names only, and WinDbg shows those.
        let path = self.path.as_deref().unwrap_or(&self.module.file);
        writeln!(f, "    Image path: {path}")?;
        writeln!(f, "    Image name: {}", self.module.file)?;
        writeln!(f, "    Timestamp:        {}", self.module.stamp)?;
        let checksum = hex(self.checksum.map(u64::from), 8).to_uppercase();
        writeln!(f, "    CheckSum:         {checksum}")?;
        writeln!(f, "    ImageSize:        {:08X}", self.image_size)?;
        for (name, version) in [
            ("File version:     ", &self.file_version),
            ("Product version:  ", &self.product_version),
        ] {
            if let Some(version) = version {
                writeln!(f, "    {name}{version}")?;
            }
        }
        if !self.texts.is_empty() {
            writeln!(f, "    Information from resource tables:")?;
        }
        for (name, value) in &self.texts {
            writeln!(f, "        {:<17} {value}", format!("{name}:"))?;
        }
        if let Some(pdb) = &self.pdb {
            writeln!(f, "    Symbols wanted:   {pdb}")?;
        }
        Ok(())
    }
}
