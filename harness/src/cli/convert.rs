//! `stopcode convert`: writes the crash dump that Windows would.

use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use analyzer::{ConvertError, ConvertProgress, ConvertTo};

use super::args::{ConvertArgs, ConvertKind};
use super::symbols::symbol_path;
use crate::session::{Exit, Failure};

const PAGES_PER_MIB: u64 = 256;
/// How often progress is shown on a terminal, and elsewhere.
const ON_TERMINAL: Duration = Duration::from_millis(200);
const ELSEWHERE: Duration = Duration::from_secs(10);

pub(super) fn convert(args: &ConvertArgs) -> Result<Exit, Failure> {
    let symbols = symbol_path(&args.symbols)?;
    let to = args.to.map(|kind| match kind {
        ConvertKind::Minidump => ConvertTo::Minidump,
        ConvertKind::Kernel => ConvertTo::Kernel,
        ConvertKind::Full => ConvertTo::Full,
    });
    let output = args.output.clone();
    let output = output.unwrap_or_else(|| beside(&args.memory, args.to));
    let mut shown = Shown::default();
    let converted = analyzer::convert_to(&args.memory, &symbols, to, &output, &mut |now| {
        shown.show(now);
    });
    shown.clear();
    let converted = converted.map_err(|error| match error {
        ConvertError::Write { .. } => Failure::infra(error),
        _ => Failure::usage(error),
    })?;
    println!("{}: {}", output.display(), converted.kind);
    let stop = converted.bugcheck;
    let parameters = stop.parameters.map(|value| format!("{value:#x}"));
    println!("  stop     {:#X} ({})", stop.code, parameters.join(", "));
    match to {
        Some(ConvertTo::Minidump) => println!("  size     {} KiB", converted.size.div_ceil(1024)),
        _ => println!(
            "  memory   {} MiB in {} pages",
            converted.pages / PAGES_PER_MIB,
            converted.pages
        ),
    }
    if converted.missing != 0 {
        println!("  missing  {} pages", converted.missing);
    }
    for unknown in converted.unknown {
        println!("  unknown  {}: {}", unknown.what, unknown.why);
    }
    Ok(Exit::Success)
}

/// The name of the dump beside its input.
fn beside(memory: &Path, kind: Option<ConvertKind>) -> PathBuf {
    let mut name = memory.file_stem().unwrap_or_default().to_owned();
    name.push(match kind {
        Some(ConvertKind::Minidump) => "-minidump.dmp",
        Some(ConvertKind::Kernel) => "-kernel.dmp",
        Some(ConvertKind::Full) | None => "-full.dmp",
    });
    memory.with_file_name(name)
}

/// Progress on standard error, if the conversion takes long.
#[derive(Default)]
struct Shown {
    began: Option<Instant>,
    last: Option<Instant>,
}

impl Shown {
    fn show(&mut self, now: ConvertProgress) {
        let began = *self.began.get_or_insert_with(Instant::now);
        let terminal = stderr().is_terminal();
        let pause = if terminal { ON_TERMINAL } else { ELSEWHERE };
        if self.last.unwrap_or(began).elapsed() < pause {
            return;
        }
        self.last = Some(Instant::now());
        let mib = |pages: u64| pages / PAGES_PER_MIB;
        let text = format!("{} of {} MiB written", mib(now.written), mib(now.all));
        match terminal {
            true => eprint!("\r\x1b[K{text}"),
            false => eprintln!("{text}"),
        }
    }

    fn clear(&self) {
        if self.last.is_some() && stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dump_is_named_after_its_input() {
        let name = |kind| beside(Path::new("a/MEMORY.DMP"), kind);
        let minidump = name(Some(ConvertKind::Minidump));
        assert_eq!(minidump, Path::new("a/MEMORY-minidump.dmp"));
        assert_eq!(name(None), Path::new("a/MEMORY-full.dmp"));
    }
}
