//! The arguments, and the help that teaches them.

mod image;
mod report;

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use results::RunId;
use runner::artefacts::Keep;
use vm::plan::{Accelerator, Analyzer};

use super::Partition;
use crate::session::Failure;

pub use image::ImageCommand;
pub use report::{DiffFormat, ReportCommand};

const EXIT_CODES: &str = "\
Exit codes:
  0    all as expected
  2    wrong arguments, a wrong scenario, a file that is no driver or no dump
  4    no test matches
  100  a scenario's expectation failed
  101  a test could not be carried out (QEMU missing or dead, guest not booted, no space, …)
  130  interrupted";

const RUN_EXAMPLES: &str = "\
Examples:
  stopcode run                              every scenario, each with its fixed twin
  stopcode run spinlock                     tests whose name contains `spinlock`
  stopcode run tinynt::spinlock-hog         exactly this test
  stopcode run my/scenario.yaml             a scenario file of your own
  stopcode run --keep always spinlock-hog   keep dump, screen, logs and verdict
  stopcode run --repeat 20 --jobs 2 hog     20 times, two virtual machines at once
  stopcode run crash.tar.zst                what `stopcode repro --bundle` caught
  stopcode run --dry-run --image win11 hog  what would be done on the image win11

A failed test shows expected against actual, where its artefacts are, and how to run it again.";

const REPRO_EXAMPLES: &str = "\
Examples:
  stopcode repro customer.dmp --driver foo.sys              until the crash has come once
  stopcode repro pasted.log --driver foo.sys --until-matches 5 --within 1h
  stopcode repro verdict.json --scenario mine.yaml          with steps of your own
  stopcode repro customer.dmp --driver foo.sys --minimise --bundle crash.tar.zst

Runs are the same crash if their verdicts have the same signature. The interval that is shown is
Clopper and Pearson's. Exit codes: 0 it came as often as wanted, 100 it did not, 101 runs could not be
carried out, 2 usage, 130 interrupted.";

const CONVERT_EXAMPLES: &str = "\
Examples:
  stopcode convert memory.elf -o memory.dmp          QEMU's dump-guest-memory file, for WinDbg
  stopcode convert MEMORY.DMP --to minidump          MEMORY-minidump.dmp: small enough to send
  stopcode convert MEMORY.DMP --to kernel -o k.dmp   without the memory of programs

From large to small: memory.elf or a full dump, then kernel, then minidump. A file is never made into
more than it holds, and never overwritten; without room on the disk nothing is left. Exit codes: 0
written, 2 the file cannot become such a dump, 101 the dump could not be written.";

const TRIAGE_EXAMPLES: &str = "\
Examples:
  stopcode triage Minidump/                          a folder, with all folders in it
  stopcode triage collected/ pasted.log --jobs 4     folders and files, four at a time
  stopcode triage collected/ --csv all.csv --html all.html
  stopcode triage collected/ --journal triage.jsonl  goes on where an earlier call ended

Crashes of one signature are one row. Files in a folder are taken if they are called .dmp, .mdmp, .hdmp,
.log or .txt, or begin like a dump. A file that cannot be analyzed is listed with the reason.
Exit codes: 0 done, 4 no file to analyze, 2 usage, 101 a file could not be written, 130 interrupted.";

/// Reproduces Windows kernel crashes in QEMU and checks that crash analysis names the right
/// cause.
#[derive(Parser, Debug)]
#[command(name = "stopcode", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What `stopcode` can do.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run scenarios: boot a guest, load drivers, see it crash, check the verdict.
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Reproduce a crash that was seen elsewhere in a virtual machine: the same crash, not merely
    /// some crash.
    #[command(after_help = REPRO_EXAMPLES)]
    Repro(Box<ReproArgs>),
    /// List the tests with the stop and the cause they expect.
    List(ListArgs),
    /// Analyse a crash dump, or a debugger's log: name the cause and the culprit.
    Analyze(AnalyzeArgs),
    /// Analyse many dumps and logs: grouped by bug and by machine.
    #[command(after_help = TRIAGE_EXAMPLES)]
    Triage(TriageArgs),
    /// Show a part of a dump as a debugger command would: a stack, an IRP, the locks, any type.
    #[command(after_help = super::inspect::views_help())]
    Inspect(InspectArgs),
    /// Write the crash dump that Windows would: of a guest's memory (QEMU's ELF file, or a flat
    /// file), or a smaller dump of a larger one.
    #[command(after_help = CONVERT_EXAMPLES)]
    Convert(ConvertArgs),
    /// Guest images: list, build, check that one boots.
    Image {
        /// What to do with images.
        #[command(subcommand)]
        command: ImageCommand,
    },
    /// Work with results that `run --report` saved: merge, compare, render as pages.
    Report {
        /// What to do with them.
        #[command(subcommand)]
        command: ReportCommand,
    },
    /// List what is missing on this machine and how to install it.
    Doctor {
        /// Also what only images of Windows and farms of machines need.
        #[arg(long)]
        all: bool,
    },
}

/// Arguments of `stopcode run`.
#[derive(Args, Debug)]
pub struct RunArgs {
    /// Part of a test's name, a whole name (then only that test), a scenario file, or a bundle that
    /// `repro` wrote, alone.
    #[arg(value_name = "FILTER|SCENARIO.yaml|BUNDLE.tar.zst")]
    pub filters: Vec<String>,
    /// The guest image to run on; a bundle says its own.
    #[arg(long, default_value = "tinynt")]
    pub image: String,
    /// What executes the guest; `auto` measures which is faster and says so.
    #[arg(long, value_enum, default_value_t)]
    pub accel: AccelArg,
    /// Virtual machines at a time [default: half the processors].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// How often to run each test.
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub repeat: u32,
    /// Seed of the guest's address-space randomisation, up to 16 hex digits: the same seed gives
    /// the same addresses [default: another one for each run].
    #[arg(long, value_name = "HEX", value_parser = seed)]
    pub seed: Option<u64>,
    /// Run the M-th of N slices of the tests, as `count:M/N`.
    #[arg(long, value_name = "count:M/N")]
    pub partition: Option<Partition>,
    /// Output format: text for people, or one JSON object per line.
    #[arg(long, value_enum, default_value_t)]
    pub message_format: MessageFormat,
    /// Print what would be done: QEMU's command line, the steps, the limits. Nothing is started.
    #[arg(long)]
    pub dry_run: bool,
    /// Which runs' artefacts to keep (dump, screen, logs, verdict), below `stopcode-runs/`.
    #[arg(long, value_enum, default_value = "failed")]
    pub keep: Keep,
    /// Keep the results in DIR, each as soon as its test has ended, and write index.html there with
    /// a page for each; several runs may share it.
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// What identifies the run in its report, such as the number of a farm's job: results of the
    /// same run, test and repetition are the same result [default: time and process].
    #[arg(long, value_name = "ID")]
    pub run_id: Option<RunId>,
    /// Analyzers of the dumps, separated by commas: `builtin`, `ntoseye`, or `command PROGRAM
    /// ARGUMENTS`, which gets the dump as its last argument and prints a verdict as JSON. The
    /// first one's verdict is checked against the expectation; the report shows all.
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        default_value = "builtin"
    )]
    pub analyzer: Vec<Analyzer>,
    /// Write JUnit's XML to FILE when the tests have ended.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write a short Markdown page to FILE when the tests have ended.
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
}

fn seed(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    u64::from_str_radix(digits, 16).map_err(|_| "not up to 16 hex digits".into())
}

/// Arguments of `stopcode repro`.
#[derive(Args, Debug)]
pub struct ReproArgs {
    /// The crash that is wanted: its dump, what a debugger printed of it, or its verdict as
    /// `analyze --message-format json` writes it.
    #[arg(value_name = "DUMP|LOG|VERDICT.json")]
    pub wanted: PathBuf,
    /// The drivers, in the order in which they are to be started. Symbols (the .pdb) are taken from
    /// beside a driver or from --symbols.
    #[arg(long, value_name = "X.sys", num_args = 1.., required_unless_present = "scenario")]
    pub driver: Vec<PathBuf>,
    #[command(flatten)]
    pub symbols: SymbolArgs,
    /// The guest image to run on.
    #[arg(long, default_value = "tinynt")]
    pub image: String,
    /// What to run instead of the scenario that is proposed: a file, or a scenario's name.
    #[arg(long, value_name = "SCENARIO", conflicts_with = "driver")]
    pub scenario: Option<String>,
    /// What executes the guest; `auto` measures which is faster.
    #[arg(long, value_enum, default_value_t)]
    pub accel: AccelArg,
    /// Seed of everything that is drawn, up to 16 hex digits [default: another one each time].
    #[arg(long, value_name = "HEX", value_parser = seed)]
    pub seed: Option<u64>,
    /// Stop once the crash has come this often.
    #[arg(long, value_name = "N", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub until_matches: u32,
    /// Begin no more runs after this time.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub within: Option<std::time::Duration>,
    /// Without a match, stop once this rate and greater ones are ruled out with 95 %, such as `5%`
    /// [default: 3%, unless --within or --max-runs limits it].
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub certainty: Option<f64>,
    /// Stop after this many runs.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_runs: Option<u32>,
    /// Virtual machines at a time [default: half the processors].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Run the scenario as it is each time, instead of varying timing and machine.
    #[arg(long)]
    pub no_perturb: bool,
    /// Afterwards, minimise: drop what the crash does not need.
    #[arg(long)]
    pub minimise: bool,
    /// Afterwards, write all that is needed to repeat the crash to one file.
    #[arg(long, value_name = "FILE.tar.zst")]
    pub bundle: Option<PathBuf>,
    /// Output format: text for people, or one JSON object per line.
    #[arg(long, value_enum, default_value_t)]
    pub message_format: MessageFormat,
}

/// `5%` or `0.05`: above 0, at most 1.
fn rate(text: &str) -> Result<f64, String> {
    let wrong = || "not a rate such as `5%` or `0.05`".to_owned();
    let rate = match text.trim().strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map_err(|_| wrong())? / 100.0,
        None => text.trim().parse().map_err(|_| wrong())?,
    };
    match rate > 0.0 && rate <= 1.0 {
        true => Ok(rate),
        false => Err(wrong()),
    }
}

/// Arguments of `stopcode list`.
#[derive(Args, Debug)]
pub struct ListArgs {
    /// Part of a test's name, a whole name, or a scenario file.
    #[arg(value_name = "FILTER|SCENARIO.yaml")]
    pub filters: Vec<String>,
    /// The guest image whose tests to list.
    #[arg(long, default_value = "tinynt")]
    pub image: String,
}

/// Arguments of `stopcode analyze`.
#[derive(Args, Debug)]
pub struct AnalyzeArgs {
    /// The dump (MEMORY.DMP of a full, kernel or active dump, or one taken by QEMU), or a text with
    /// what WinDbg printed: `!analyze -v` and the commands after it, as pasted into a forum.
    #[arg(value_name = "DUMP|LOG")]
    pub file: PathBuf,
    #[command(flatten)]
    pub symbols: SymbolArgs,
    /// How to write the verdict: for people, as JSON, or as a walk-through in Markdown.
    #[arg(long, value_enum, default_value_t)]
    pub message_format: VerdictFormat,
    /// Leave nothing out of the text for people: all evidence, stacks, drivers and modules.
    #[arg(long)]
    pub long: bool,
}

/// Arguments of `stopcode triage`.
#[derive(Args, Debug)]
pub struct TriageArgs {
    /// Dumps, logs, and folders with them.
    #[arg(value_name = "FOLDER|FILE", required = true)]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub symbols: SymbolArgs,
    /// Files at a time [default: as many as there are processors].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Keep the rows in FILE and take from it what an earlier call has done.
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,
    /// Also write the crashes as CSV, one a line.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Also write a page for the browser.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// How to write the summary: as a table, or as one JSON document.
    #[arg(long, value_enum, default_value_t)]
    pub message_format: MessageFormat,
}

/// Where symbols come from.
#[derive(Args, Debug, Default)]
pub struct SymbolArgs {
    /// PDBs, ISF tables, folders or symbol stores with them, and symbol servers as in
    /// _NT_SYMBOL_PATH: srv*CACHE*https://SERVER [default: what _NT_SYMBOL_PATH and
    /// _NT_ALT_SYMBOL_PATH say].
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub symbols: Vec<PathBuf>,
    /// Ask no symbol server.
    #[arg(long, env = "STOPCODE_OFFLINE", value_parser = FalseyValueParser::new())]
    pub offline: bool,
}

/// Arguments of `stopcode convert`.
#[derive(Args, Debug)]
pub struct ConvertArgs {
    /// The guest's memory, or a crash dump.
    pub memory: PathBuf,
    /// The kind of dump to write; it must not hold more than the file does [default: full, of a
    /// guest's memory].
    #[arg(long, value_enum, value_name = "KIND")]
    pub to: Option<ConvertKind>,
    /// The dump to write; it must not exist [default: beside the input, as NAME-KIND.dmp].
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub symbols: SymbolArgs,
}

/// A kind of crash dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConvertKind {
    /// The stop's processors, thread and stack, and the memory that they point to
    Minidump,
    /// The memory that the kernel maps
    Kernel,
    /// All physical memory
    Full,
}

/// Arguments of `stopcode inspect`.
#[derive(Args, Clone, Debug)]
pub struct InspectArgs {
    /// The dump.
    pub dump: PathBuf,
    /// The view and its arguments, as below or as WinDbg spells it; several with `;` between them.
    /// Without one, views are read from the standard input, one a line.
    #[arg(num_args = 1.., allow_hyphen_values = true, value_name = "VIEW [ARGS]")]
    pub view: Vec<String>,
    /// Instead of a view, a whole session: the commands that show what the verdict rests on, with
    /// their output, but not the verdict. `stopcode analyze` reads it, too.
    #[arg(long)]
    pub transcript: bool,
    /// As for `analyze`, but one place at a time; may be given several times.
    #[arg(long, value_name = "PATH")]
    pub symbols: Vec<PathBuf>,
    /// Ask no symbol server.
    #[arg(long, env = "STOPCODE_OFFLINE", value_parser = FalseyValueParser::new())]
    pub offline: bool,
    /// How to write the view: in WinDbg's layout, or as JSON.
    #[arg(long, value_enum, default_value_t)]
    pub message_format: MessageFormat,
}

impl InspectArgs {
    /// Views have options of their own (`k -cpu 1`), so clap takes all words from the view on for
    /// the view's; ours among them go where they belong.
    pub(super) fn sorted(mut self) -> Result<Self, Failure> {
        let mut words = std::mem::take(&mut self.view).into_iter();
        while let Some(word) = words.next() {
            let (name, attached) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            if name == "--transcript" {
                self.transcript = true;
                continue;
            }
            if name == "--offline" {
                self.offline = true;
                continue;
            }
            if !matches!(name, "--symbols" | "--message-format") {
                self.view.push(word);
                continue;
            }
            let value = attached.or_else(|| words.next());
            let value = value.ok_or_else(|| Failure::usage(format!("`{name}` needs a value")))?;
            match name {
                "--symbols" => self.symbols.push(value.into()),
                _ => {
                    self.message_format = MessageFormat::from_str(&value, true).map_err(|_| {
                        Failure::usage(format!("--message-format is human or json, not {value}"))
                    })?;
                }
            }
        }
        Ok(self)
    }
}

/// What executes the guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum AccelArg {
    /// The faster of the two, measured.
    #[default]
    Auto,
    /// The processor, through /dev/kvm.
    Kvm,
    /// QEMU's translator.
    Tcg,
}

impl AccelArg {
    /// What is asked for; `None`: what is faster.
    pub(super) fn accelerator(self) -> Option<Accelerator> {
        match self {
            Self::Auto => None,
            Self::Kvm => Some(Accelerator::Kvm),
            Self::Tcg => Some(Accelerator::Tcg),
        }
    }
}

/// For people or for programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MessageFormat {
    /// Text.
    #[default]
    Human,
    /// JSON.
    Json,
}

/// How a verdict is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum VerdictFormat {
    /// A short text.
    #[default]
    Human,
    /// JSON (docs/verdict.schema.json).
    Json,
    /// The reasoning step by step, with the WinDbg commands that show it.
    Markdown,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_rate_has_two_spellings() {
        assert_eq!(rate("5%"), Ok(0.05));
        assert_eq!(rate("0.05"), Ok(0.05));
        for wrong in ["", "%", "0", "-1%", "101%", "2", "NaN", "inf"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn help_teaches() {
        let help = Cli::command().render_long_help().to_string();
        assert!(
            help.contains("100  a scenario's expectation failed"),
            "{help}"
        );
        let mut cli = Cli::command();
        let inspect = cli.find_subcommand_mut("inspect").unwrap();
        let help = inspect.render_long_help().to_string();
        for view in analyzer::VIEWS {
            assert!(help.contains(view.usage), "{help}");
        }
    }

    #[test]
    fn options_may_follow_a_view() {
        let words = [
            "stopcode",
            "inspect",
            "x.dmp",
            "--symbols",
            "a",
            "k",
            "-cpu",
            "1",
        ];
        let cli = Cli::try_parse_from(words.into_iter().chain(["--symbols", "b"])).unwrap();
        let Command::Inspect(args) = cli.command else {
            panic!("{cli:?}")
        };
        let args = args.sorted().unwrap();
        assert_eq!(args.view, ["k", "-cpu", "1"]);
        assert_eq!(args.symbols.len(), 2);
    }
}
