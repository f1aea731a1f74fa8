//! The machine, its drivers and its modules.

use super::super::paint::{Page, Style};
use super::detail::more;
use crate::verdict::{Machine, Verdict};

/// Maximum number of unloaded modules shown; Windows keeps 50.
const MAX_UNLOADED: usize = 12;

pub(super) fn machine(page: &mut Page, verdict: &Verdict) {
    let Some(machine) = &verdict.machine else {
        return;
    };
    page.heading("MACHINE");
    let memory = machine.memory_mib.map(memory);
    let rows = [
        ("system", machine.system.clone()),
        ("board", machine.board.clone()),
        ("BIOS", machine.bios.clone()),
        ("CPU", machine.cpu.clone()),
        ("memory", memory),
        ("Windows", machine.windows.clone()),
    ];
    for (what, value) in rows {
        if let Some(value) = value {
            page.line(&format!("  {what:<8} {value}"));
        }
    }
    modules_of_memory(page, machine);
    page.painted(2, Style::Dim, &format!("from {}", machine.source));
}

fn modules_of_memory(page: &mut Page, machine: &Machine) {
    for module in &machine.memory_modules {
        let parts = [
            module.size_mib.map(memory),
            module.speed.map(|speed| format!("{speed} MT/s")),
            module.maker.clone(),
            module.part.clone(),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        page.line(&format!("           {}: {}", module.slot, parts.join(", ")));
    }
}

fn memory(mib: u64) -> String {
    match mib % 1024 {
        0 => format!("{} GiB", mib / 1024),
        _ => format!("{mib} MiB"),
    }
}

/// The drivers that are not part of Windows, at most `limit` of them, those without a date last, the
/// oldest first.
pub(super) fn drivers(page: &mut Page, verdict: &Verdict, limit: usize) {
    if verdict.drivers.is_empty() {
        return;
    }
    page.heading("DRIVERS THAT ARE NOT PART OF WINDOWS");
    let mut drivers: Vec<_> = verdict.drivers.iter().collect();
    drivers.sort_by_key(|driver| {
        (
            driver.date.is_none(),
            driver.date.clone(),
            driver.name.clone(),
        )
    });
    for driver in drivers.iter().take(limit) {
        let date = driver.date.as_deref().unwrap_or("no date");
        let version = driver.version.as_deref().unwrap_or("");
        let path = driver.path.as_deref().unwrap_or("");
        page.line(&format!(
            "  {:<24} {date:<10}  {version:<16} {path}",
            driver.name
        ));
    }
    more(page, drivers.len(), limit);
}

/// How many modules were loaded, and which were unloaded.
pub(super) fn modules(page: &mut Page, verdict: &Verdict) {
    let loaded = verdict.dump.modules_loaded;
    if loaded.is_none() && verdict.unloaded.is_empty() {
        return;
    }
    page.heading("MODULES");
    if let Some(count) = loaded {
        page.line(&format!("  {count} loaded"));
    }
    if verdict.unloaded.is_empty() {
        return;
    }
    let names = verdict.unloaded.iter().map(|driver| driver.name.as_str());
    let names: Vec<_> = names.take(MAX_UNLOADED).collect();
    let more = match verdict.unloaded.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let count = verdict.unloaded.len();
    page.paragraph(2, &format!("{count} unloaded: {}{more}", names.join(", ")));
}
