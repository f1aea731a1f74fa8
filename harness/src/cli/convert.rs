//! `stopcode convert`: a guest's memory becomes a Windows crash dump.

use super::args::ConvertArgs;
use super::symbols::symbol_path;
use crate::session::{Exit, Failure};

const PAGES_PER_MIB: u64 = 256;

pub(super) fn convert(args: &ConvertArgs) -> Result<Exit, Failure> {
    let symbols = symbol_path(&args.symbols)?;
    let converted = analyzer::convert(&args.memory, &symbols, &args.output);
    let converted = converted.map_err(|error| match error {
        analyzer::ConvertError::Write { .. } => Failure::infra(error),
        _ => Failure::usage(error),
    })?;
    println!("{}: {}", args.output.display(), converted.kind);
    let stop = converted.bugcheck;
    let parameters = stop.parameters.map(|value| format!("{value:#x}"));
    println!("  stop     {:#X} ({})", stop.code, parameters.join(", "));
    println!(
        "  memory   {} MiB in {} pages",
        converted.pages / PAGES_PER_MIB,
        converted.pages
    );
    if converted.missing != 0 {
        println!("  missing  {} pages", converted.missing);
    }
    for unknown in converted.unknown {
        println!("  unknown  {}: {}", unknown.what, unknown.why);
    }
    Ok(Exit::Success)
}
