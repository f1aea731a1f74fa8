//! `stopcode inspect`.

use std::io::IsTerminal;

use analyzer::{VIEWS, View, ViewRequest};

use super::MessageFormat;
use super::args::{InspectArgs, SymbolArgs};
use super::prompt::Prompt;
use super::symbols::symbol_path;
use crate::session::{Exit, Failure};

pub(super) fn inspect(args: &InspectArgs) -> Result<Exit, Failure> {
    let args = &args.clone().sorted()?;
    if args.transcript {
        return transcript(args);
    }
    if args.view.is_empty() {
        return converse(args);
    }
    let requests = ViewRequest::parse_all(&args.view.join(" ")).map_err(Failure::usage)?;
    let symbols = symbol_path(&SymbolArgs {
        symbols: args.symbols.clone(),
        offline: args.offline,
    })?;
    let views = analyzer::inspect_all(&args.dump, &symbols, &requests).map_err(Failure::usage)?;
    let several = views.len() > 1;
    let mut failed = None;
    for (request, view) in requests.iter().zip(views) {
        if several && args.message_format == MessageFormat::Human {
            println!("kd> {}", request.command());
        }
        match (view, args.message_format) {
            (Ok(view), MessageFormat::Human) => print!("{view}"),
            (Ok(view), MessageFormat::Json) => println!("{}", json(&view)?),
            // The other views are wanted all the same.
            (Err(error), _) if several => {
                eprintln!("error: {}: {error}", request.command());
                failed = Some(error);
            }
            (Err(error), _) => return Err(Failure::usage(error)),
        }
        if several && args.message_format == MessageFormat::Human {
            println!();
        }
    }
    match failed {
        Some(_) => Ok(Exit::Usage),
        None => Ok(Exit::Success),
    }
}

/// Shows the views that are asked for line by line, with the dump opened once.
fn converse(args: &InspectArgs) -> Result<Exit, Failure> {
    let symbols = symbol_path(&SymbolArgs {
        symbols: args.symbols.clone(),
        offline: args.offline,
    })?;
    let stdin = std::io::stdin();
    let mut prompt = Prompt::new(stdin.lock(), stdin.is_terminal());
    let next = || prompt.next();
    let mut broken = None;
    analyzer::inspect_each(&args.dump, &symbols, next, |_, view| match view {
        Ok(view) if args.message_format == MessageFormat::Human => print!("{view}"),
        Ok(view) => match json(&view) {
            Ok(text) => println!("{text}"),
            Err(failure) => broken = Some(failure),
        },
        Err(error) => eprintln!("error: {error}"),
    })
    .map_err(Failure::usage)?;
    broken.map_or(Ok(Exit::Success), Err)
}

fn transcript(args: &InspectArgs) -> Result<Exit, Failure> {
    if !args.view.is_empty() {
        return Err(Failure::usage(format!(
            "--transcript chooses the views itself; `{}` is one too many",
            args.view.join(" ")
        )));
    }
    if args.message_format == MessageFormat::Json {
        return Err(Failure::usage(
            "--transcript is text; for data, ask for views with --message-format json",
        ));
    }
    let symbols = symbol_path(&SymbolArgs {
        symbols: args.symbols.clone(),
        offline: args.offline,
    })?;
    let text = analyzer::transcript(&args.dump, &symbols).map_err(Failure::usage)?;
    print!("{text}");
    Ok(Exit::Success)
}

fn json(view: &View) -> Result<String, Failure> {
    serde_json::to_string_pretty(view)
        .map_err(|error| Failure::infra(format!("cannot write the view: {error}")))
}

/// The views, for `--help`.
pub(super) fn views_help() -> String {
    let mut text = String::from("Views:\n");
    for view in VIEWS {
        text += &format!("  {}\n      {}", view.usage, view.meaning);
        text += &format!("  (e.g. `{}`)\n", view.example);
    }
    text += "
WinDbg's spelling works, too, so a command from the evidence of `stopcode analyze` can be pasted:
  stopcode inspect memory.dmp --symbols sym '!irp 0xffff8d0112345c10 1'
  stopcode inspect memory.dmp --symbols sym 'dt nt!_KPRCB 0xfffff80412345180 Dpc*'
  stopcode inspect memory.dmp --symbols sym '~1k'
  stopcode inspect memory.dmp --symbols sym 'k; !locks; lm'      several at once
  stopcode inspect memory.dmp --symbols sym                      one after another; `q` ends it
Extensions' names lose their prefix: `!mex.t` is `t`, `!kdexts.irp` is `irp`.

Addresses: ffff8d0112345c10, 0xffff8d01`12345c10, nt!Name, nt!Name+0x10, poi(ADDR), @$thread,
@$proc, @$prcb, @rip. Types: nt!_IRP or _IRP (the kernel's), MODULE!_TYPE.

What the dump does not hold prints as question marks, with a line that says why.";
    text
}
