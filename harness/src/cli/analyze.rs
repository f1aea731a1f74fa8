//! `stopcode analyze`.

use super::args::AnalyzeArgs;
use super::symbols::symbol_path;
use super::{Exit, Failure, MessageFormat, style};

pub(super) fn analyze(args: &AnalyzeArgs) -> Result<Exit, Failure> {
    let symbols = symbol_path(&args.symbols)?;
    let verdict = analyzer::analyze(&args.dump, &symbols).map_err(Failure::usage)?;
    match args.message_format {
        MessageFormat::Human => {
            let text = analyzer::report::human(&verdict, style::stdout_colour());
            println!("{}", text.trim_end());
        }
        MessageFormat::Json => {
            let json = serde_json::to_string_pretty(&verdict)
                .map_err(|error| Failure::infra(format!("cannot write the verdict: {error}")))?;
            println!("{json}");
        }
    }
    Ok(Exit::Success)
}
