//! The command line of `stopcode`.

mod analyze;
mod args;
mod bundle;
mod convert;
mod doctor;
mod image;
mod inspect;
mod list;
mod partition;
mod prompt;
mod report;
mod repro;
mod run;
mod style;
mod symbols;
mod triage;
mod windows;

use clap::Parser;

pub use args::{AccelArg, Cli, Command, ImageCommand, MessageFormat, ReportCommand, SymbolArgs};
pub use partition::Partition;

use scenario::project::Project;

use crate::session::{Exit, Failure};

/// Parses the process's arguments and does what they ask.
///
/// Arguments that make no sense, `--help` and `--version` end the process here, with clap's
/// message and exit code (2 for the former, 0 for the latter).
pub fn main() -> Exit {
    let cli = Cli::parse();
    match act(&cli) {
        Ok(exit) => exit,
        Err(failure) => {
            eprintln!("{}", failure.render(style::stderr_colour()));
            failure.exit()
        }
    }
}

fn act(cli: &Cli) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Run(args) => match run::bundle(args)? {
            Some(file) => bundle::run(file, args),
            None => run::run(&project()?, args),
        },
        Command::Repro(args) => repro::repro(&project()?, args),
        Command::List(args) => list::list(&project()?, args),
        Command::Analyze(args) => analyze::analyze(args),
        Command::Triage(args) => triage::triage(args),
        Command::Convert(args) => convert::convert(args),
        Command::Inspect(args) => inspect::inspect(args),
        Command::Image { command } => image::image(command),
        Command::Report { command } => report::report(command),
        Command::Doctor { all } => doctor::doctor(&project()?, *all),
    }
}

fn project() -> Result<Project, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::usage(format!("no current directory: {error}")))?;
    Project::find(&here).map_err(Failure::usage)
}
