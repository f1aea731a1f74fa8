//! `stopcode analyze`: a dump has one verdict, a debugger's log one for each crash in it.

use analyzer::verdict::Verdict;

use super::args::{AnalyzeArgs, VerdictFormat};
use super::style;
use super::symbols::symbol_path;
use crate::session::{Exit, Failure};

pub(super) fn analyze(args: &AnalyzeArgs) -> Result<Exit, Failure> {
    let symbols = symbol_path(&args.symbols)?;
    let verdicts = analyzer::analyze_file(&args.file, &symbols).map_err(Failure::usage)?;
    let several = verdicts.len() > 1;
    for (index, verdict) in verdicts.iter().enumerate() {
        if several && args.message_format == VerdictFormat::Human {
            println!(
                "{}══ crash {} of {} ══",
                if index == 0 { "" } else { "\n" },
                index + 1,
                verdicts.len()
            );
        }
        print(verdict, args)?;
    }
    Ok(Exit::Success)
}

fn print(verdict: &Verdict, args: &AnalyzeArgs) -> Result<(), Failure> {
    match args.message_format {
        VerdictFormat::Human => {
            let colour = style::stdout_colour();
            let text = match args.long {
                true => analyzer::report::human_long(verdict, colour),
                false => analyzer::report::human(verdict, colour),
            };
            println!("{}", text.trim_end());
        }
        VerdictFormat::Json => {
            let json = serde_json::to_string_pretty(verdict)
                .map_err(|error| Failure::infra(format!("cannot write the verdict: {error}")))?;
            println!("{json}");
        }
        VerdictFormat::Markdown => print!("{}", analyzer::report::markdown(verdict)),
    }
    Ok(())
}
