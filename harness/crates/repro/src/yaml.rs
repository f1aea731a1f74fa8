//! Drafts → YAML. Every text survives being read again.

use std::fmt::Write as _;

use scenario::{Clock, Expectation, GuestSpec, Hypervisor, Rate, VerifierRules};

use super::draft::{DraftStep, ScenarioDraft};

/// The file of a scenario.
pub(super) fn of(draft: &ScenarioDraft) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "name: {}", word(&draft.name));
    let _ = writeln!(text, "summary: {}", word(&draft.summary));
    text.push_str("drivers:\n");
    for driver in &draft.drivers {
        let file = |ending: &str| word(&format!("drivers/{}.{ending}", driver.name));
        let _ = write!(text, "  - {{path: {}", file("sys"));
        if driver.symbols {
            let _ = write!(text, ", symbols: {}", file("pdb"));
        }
        text.push_str("}\n");
    }
    if let Some((rules, drivers)) = &draft.verifier {
        let rules = match rules {
            VerifierRules::Standard => "rules: standard".to_owned(),
            VerifierRules::Flags(flags) => format!("flags: 0x{flags:X}"),
        };
        let _ = writeln!(text, "verifier: {{{rules}, drivers: {}}}", list(drivers));
    }
    let _ = writeln!(text, "guest: {}", guest(&draft.guest));
    text.push_str("steps:\n");
    for step in &draft.steps {
        let _ = writeln!(text, "  - {}", yaml_of(step));
    }
    let within = humantime::format_duration(draft.within);
    let _ = writeln!(text, "within: {within}");
    if draft.rate == Rate::Rare {
        text.push_str("rate: rare\n");
    }
    text.push_str(&expect(&draft.expect));
    text
}

fn guest(guest: &GuestSpec) -> String {
    let mut text = format!("{{cpus: {}, memory: {}", guest.cpus, guest.memory);
    if guest.hypervisor == Hypervisor::Hidden {
        text.push_str(", hypervisor: hidden");
    }
    if guest.clock == Clock::Warp {
        text.push_str(", clock: warp");
    }
    text.push('}');
    text
}

fn yaml_of(step: &DraftStep) -> String {
    match step {
        DraftStep::Start(driver) => format!("start: {}", word(driver)),
        DraftStep::Stop(driver) => format!("stop: {}", word(driver)),
        DraftStep::Plug {
            device,
            service,
            upper_filters,
        } => {
            let filters = match upper_filters.is_empty() {
                true => String::new(),
                false => format!(", upper-filters: {}", list(upper_filters)),
            };
            let (device, service) = (word(device), word(service));
            format!("plug: {{device: {device}, service: {service}{filters}}}")
        }
        DraftStep::Unplug(device) => format!("unplug: {}", word(device)),
        DraftStep::Shutdown => "shutdown: {}".into(),
        DraftStep::Restart => "restart: {}".into(),
        DraftStep::Exec { path, args } => {
            format!("exec: {{path: {}, args: {}}}", word(path), list(args))
        }
    }
}

fn expect(expect: &Expectation) -> String {
    let crash = match expect {
        Expectation::NoCrash => return "expect: no-crash\n".into(),
        Expectation::Crash(crash) => crash,
    };
    let mut text = "expect:\n".to_owned();
    if let Some(bugcheck) = &crash.bugcheck {
        let parameters: Vec<String> = (bugcheck.parameters.iter().enumerate())
            .filter_map(|(index, value)| Some(format!("{}: 0x{:X}", index + 1, (*value)?)))
            .collect();
        let parameters = match parameters.is_empty() {
            true => String::new(),
            false => format!(", parameters: {{{}}}", parameters.join(", ")),
        };
        let code = bugcheck.code;
        let _ = writeln!(text, "  bugcheck: {{code: 0x{code:X}{parameters}}}");
    }
    if let Some(cause) = crash.cause {
        let _ = writeln!(text, "  cause: {cause}");
    }
    if let Some(culprit) = &crash.culprit {
        let function = (culprit.function.as_ref())
            .map_or(String::new(), |name| format!(", function: {}", word(name)));
        let module = word(&culprit.module);
        let _ = writeln!(text, "  culprit: {{module: {module}{function}}}");
    }
    if !crash.victims.is_empty() {
        let _ = writeln!(text, "  victims: {}", list(&crash.victims));
    }
    text
}

fn list(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|text| word(text)).collect();
    format!("[{}]", words.join(", "))
}

/// A text as YAML takes it: plain where that is safe, else in double quotes.
pub(crate) fn word(text: &str) -> String {
    let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase());
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    // Words that YAML takes for something else, such as `no`, are short or have no special place.
    if starts_well && text.len() > 5 && text.chars().all(plain) {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// In double quotes, with everything but printable ASCII escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            c => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(c));
            }
        }
    }
    quoted.push('"');
    quoted
}
