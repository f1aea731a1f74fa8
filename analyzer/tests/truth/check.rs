//! Mechanical checks of a verdict's words against the log or the minidump that it was made from.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use analyzer::verdict::{StackKind, Verdict};
use regex::Regex;

fn regex(text: &str) -> Regex {
    Regex::new(text).expect("a constant")
}

static NUMBER: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)[0-9a-f][0-9a-f`]*"));
static PRINTED: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\b0x([0-9a-f`]+)\b|\b([0-9a-f]{8}`?[0-9a-f]{8})\b"));
static MODULE: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\b([a-z_][\w-]*)\.(?:sys|dll|exe)\b|\b([a-z_][\w-]*)!\w"));
static SECONDS: LazyLock<Regex> = LazyLock::new(|| regex(r"\b(\d+)(?:\.\d+)? s(?:econds)?\b"));

/// A command that a verdict may propose, and what its output looks like. `{}` stands for the address
/// in the proposal.
const OUTPUTS: &[(&str, &str)] = &[
    (r"\.bugcheck", r"(?m)^Bugcheck code [0-9A-F]{8}"),
    (r"!locks\b", r"DUMP OF ALL RESOURCE OBJECTS"),
    (r"!dpcwatchdog", r"(?m)^DpcWatchdogCount:"),
    (
        r"!running -it",
        r"(?m)^System Processors:[\s\S]*(?m)^ *\S*Child-SP",
    ),
    (r"!poaction", r"(?m)^PopAction:"),
    (r"!pool on", r"(?m)^Pool page [0-9a-f`]+ region is"),
    (r"!analyze -v", r"(?m)^STACK_TEXT"),
    (r"!thread {}", r"(?m)^\s*THREAD {}\b"),
    (
        r"!irp {}",
        r"(?m)^.*!irp (?:0x)?{}.*\n(?:.*\n){0,3}?Irp is active",
    ),
    (r"!devstack {}", r"(?m)^.*!devstack (?:0x)?{}.*\n\s*!DevObj"),
    (r"ln {}", r"(?m)^\({}\)\s"),
    (r"\.cxr {}", r"(?m)^.*\.cxr (?:0x)?{}.*\n(?:.*\n)?rax="),
];

/// What is not true, one sentence each.
pub fn lies(log: &str, verdict: &Verdict) -> Vec<String> {
    let log = &Log::of(log);
    let mut found = Vec::new();
    parameters(log, verdict, &mut found);
    for (place, text) in words(verdict) {
        numbers(log, verdict, place, &text, &mut found);
        modules(log, verdict, place, &text, &mut found);
        durations(place, &text, &mut found);
    }
    proposals(log, verdict, &mut found);
    stacks(log, verdict, &mut found);
    sources(verdict, &mut found);
    found
}

/// What is not true of a minidump.
pub fn lies_of_dump(dump: &[u8], verdict: &Verdict) -> Vec<String> {
    let dump = &Log::of_dump(dump);
    let mut found = Vec::new();
    parameters(dump, verdict, &mut found);
    for (place, text) in words(verdict) {
        numbers(dump, verdict, place, &text, &mut found);
        modules(dump, verdict, place, &text, &mut found);
        durations(place, &text, &mut found);
    }
    stacks(dump, verdict, &mut found);
    sources(verdict, &mut found);
    found
}

/// What a log shows, or a minidump.
struct Log {
    text: String,
    lower: String,
    numbers: HashSet<u64>,
    /// What is before the last 16 bits of the numbers of a dump: the memory that it is about.
    regions: HashSet<u64>,
}

impl Log {
    fn of(text: &str) -> Self {
        // As the reader sees it: look-alikes of ASCII, and addresses without ticks.
        let text = text
            .replace(['\u{2018}', '\u{2019}'], "`")
            .replace('\r', "");
        let mut numbers = HashSet::new();
        for word in NUMBER.find_iter(&text.replace("<br>", " ")) {
            let digits = word.as_str().replace('`', "");
            let decimal: Result<u64, _> = digits.parse();
            numbers.extend(decimal.ok());
            if let Ok(value) = u64::from_str_radix(&digits, 16) {
                numbers.insert(value);
                numbers.insert(value & 0xFFFF_FFFF);
                numbers.insert(value >> 32);
                // Sign extension of 32-bit systems.
                numbers.insert(value as u32 as i32 as i64 as u64);
            }
        }
        let text = text.replace('`', "");
        Self {
            lower: text.to_lowercase(),
            text,
            numbers,
            regions: HashSet::new(),
        }
    }

    /// The integers of a dump, at each fourth byte, and its characters.
    fn of_dump(bytes: &[u8]) -> Self {
        let words = bytes.as_chunks::<4>().0;
        let mut numbers: HashSet<u64> = words
            .iter()
            .map(|word| u64::from(u32::from_le_bytes(*word)))
            .collect();
        let wide = words.windows(2).map(|pair| {
            u64::from(u32::from_le_bytes(pair[0])) | u64::from(u32::from_le_bytes(pair[1])) << 32
        });
        numbers.extend(wide);
        let regions = numbers.iter().map(|number| number >> 16).collect();
        // Names are UTF-16; without its zeros, the text has them all.
        let text: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
        let text = String::from_utf8_lossy(&text).into_owned();
        Self {
            lower: text.to_lowercase(),
            text,
            numbers,
            regions,
        }
    }

    fn has(&self, number: u64) -> bool {
        // Slots of a stack and fields of headers are near what a dump has pointers to.
        let is_place = number >> 32 != 0 && self.regions.contains(&(number >> 16));
        // Where line breaks were lost, the number of the next frame follows an offset.
        is_place || self.numbers.contains(&number) || self.lower.contains(&format!("+{number:#x}"))
    }

    fn names(&self, module: &str) -> bool {
        let module = module.to_lowercase();
        let other = module.replace('-', "_");
        self.lower.contains(&module) || self.lower.replace('-', "_").contains(&other)
    }
}

/// The sentences of a verdict.
fn words(verdict: &Verdict) -> Vec<(&'static str, String)> {
    let mut all = vec![("explanation", verdict.cause.explanation.clone())];
    all.extend(
        verdict
            .evidence
            .iter()
            .map(|e| ("evidence", e.shows.clone())),
    );
    all.extend(
        verdict
            .evidence
            .iter()
            .map(|e| ("evidence's source", e.found_by.clone())),
    );
    all.extend(verdict.victims.iter().map(|v| ("victim", v.why.clone())));
    let other = |a: &analyzer::verdict::Alternative| ("alternative", a.why.clone());
    all.extend(verdict.alternatives.iter().map(other));
    all.extend(
        verdict
            .unknown
            .iter()
            .map(|u| ("unknown", format!("{}: {}", u.what, u.why))),
    );
    let meanings = verdict.bugcheck.parameters.iter();
    all.extend(meanings.filter_map(|p| Some(("parameter", p.meaning.clone()?))));
    all
}

/// A parameter's value is in the log, or is one that the bucket or a function implies.
fn parameters(log: &Log, verdict: &Verdict, found: &mut Vec<String>) {
    for (index, parameter) in verdict.bugcheck.parameters.iter().enumerate() {
        let Some(value) = parameter.value else {
            continue;
        };
        // A kind that the bucket or the raising function implies.
        let implied = index == 0 && (1..0x1000).contains(&value.0);
        if !log.has(value.0) && !implied {
            found.push(format!("P{} is {value}, which the log lacks", index + 1));
        }
        // Zero must be printed as a parameter, not just anywhere.
        let stated = [
            "arg1",
            "parameter",
            "bugcheck",
            "stop",
            "kebugcheck",
            "fatal system",
            "_p1",
            "0x133_dpc",
            "issue:",
        ];
        if value.0 == 0 && !stated.iter().any(|word| log.lower.contains(word)) {
            found.push(format!(
                "P{} is zero in a log that states no stop",
                index + 1
            ));
        }
    }
}

/// Each address and each other hexadecimal number is printed in the log.
fn numbers(log: &Log, verdict: &Verdict, place: &str, text: &str, found: &mut Vec<String>) {
    for number in PRINTED.captures_iter(text) {
        let digits = number.get(1).or(number.get(2)).map_or("", |m| m.as_str());
        let Ok(value) = u64::from_str_radix(&digits.replace('`', ""), 16) else {
            continue;
        };
        let codes = [
            u64::from(verdict.bugcheck.code),
            u64::from(verdict.bugcheck.code & 0xFFF_FFFF),
        ];
        let first = verdict.bugcheck.parameters[0].value;
        let kind = first.is_some_and(|first| first.0 == value && value < 0x1000);
        let of_stop = codes.contains(&value) || kind;
        let computed = text.contains("computed");
        let small = value < 0x1000 && place == "unknown";
        // A dump has the address, not the module and the offset.
        let of_module = !log.regions.is_empty() && text.contains(&format!("+{value:#x}"));
        // A status by its name, an offset below a printed number.
        if !of_stop && !computed && !small && !of_module && !log.has(value) {
            found.push(format!("{place}: {value:#x} is not in the log: {text}"));
        }
    }
}

/// Each module is named in the log.
fn modules(log: &Log, verdict: &Verdict, place: &str, text: &str, found: &mut Vec<String>) {
    const GENERAL: [&str; 8] = [
        "nt", "ntoskrnl", "suspect", "hal", "analyze", "thread", "verifier", "irp",
    ];
    for name in MODULE.captures_iter(text) {
        let name = name.get(1).or(name.get(2)).map_or("", |m| m.as_str());
        if !GENERAL.contains(&name.to_lowercase().as_str()) && !log.names(name) {
            found.push(format!("{place}: {name} is not in the log: {text}"));
        }
    }
    let culprit = verdict.culprit.iter().map(|culprit| &culprit.module);
    let victims = verdict
        .victims
        .iter()
        .filter_map(|victim| victim.module.as_ref());
    for module in culprit.chain(victims).collect::<BTreeSet<_>>() {
        let stem = module
            .rsplit_once('.')
            .map_or(module.as_str(), |(stem, _)| stem);
        if stem != "ntoskrnl" && place == "explanation" && !log.names(stem) {
            found.push(format!("{module} is not in the log"));
        }
    }
}

/// No wait is longer than a machine runs.
fn durations(place: &str, text: &str, found: &mut Vec<String>) {
    const YEAR: u64 = 365 * 86_400;
    for seconds in SECONDS.captures_iter(text) {
        if seconds[1]
            .parse::<u64>()
            .is_ok_and(|seconds| seconds > YEAR)
        {
            found.push(format!("{place}: {text}"));
        }
    }
}

/// No command is proposed whose output is in the log.
fn proposals(log: &Log, verdict: &Verdict, found: &mut Vec<String>) {
    for unknown in &verdict.unknown {
        let why = &unknown.why;
        for (command, output) in OUTPUTS {
            let (command, address) = match command.strip_suffix(" {}") {
                Some(verb) => (format!(r"{verb} 0x([0-9a-f]+)"), true),
                None => ((*command).to_owned(), false),
            };
            let Some(proposed) = regex(&command).captures(why) else {
                continue;
            };
            let output = match address {
                true => output.replace("{}", &format!("0*{}", &proposed[1])),
                false => (*output).to_owned(),
            };
            if regex(&output).is_match(&log.text) {
                found.push(format!("unknown: {why}: but the log has the output"));
            }
        }
        let ends = [
            "PspSystemThreadStartup",
            "KiThreadStartup",
            "KiStartSystemThread",
            "KiIdleLoop",
            "KiStartUserThread",
        ];
        let crash = verdict
            .stacks
            .iter()
            .find(|stack| stack.kind == StackKind::Crash);
        let last = crash.and_then(|stack| stack.frames.last());
        let whole = last.is_some_and(|frame| ends.iter().any(|end| frame.symbol.contains(end)));
        if why.contains("k 100") && whole {
            found.push(format!("unknown: {why}: but the stack has its end"));
        }
    }
}

/// Words about the stack need a stack.
fn stacks(_: &Log, verdict: &Verdict, found: &mut Vec<String>) {
    if !verdict
        .stacks
        .iter()
        .any(|stack| stack.kind == StackKind::Crash)
    {
        for (place, text) in words(verdict) {
            if text.contains("are on the stack") || text.contains("on the crash stack") {
                found.push(format!("{place}: {text}: but there is no stack"));
            }
        }
    }
}

/// An address is said to be from the parameters only if it is one of them.
fn sources(verdict: &Verdict, found: &mut Vec<String>) {
    let parameters: Vec<_> = verdict
        .bugcheck
        .parameters
        .iter()
        .filter_map(|parameter| parameter.value)
        .collect();
    for piece in &verdict.evidence {
        let claimed = piece.found_by == "the stop's parameters";
        for address in piece.addresses.iter().filter(|_| claimed) {
            if !parameters.contains(address) {
                found.push(format!("{address} is no parameter: {}", piece.shows));
            }
        }
    }
}
