//! The walk-through: the verdict in Markdown, as an expert would explain it.

mod stacks;
mod steps;
#[cfg(test)]
mod tests;
mod text;

use self::steps::sentence;
use self::text::Document;
use super::phrases::{duration, who};
use crate::judge::about;
use crate::stop;
use crate::verdict::{
    Confidence, Culprit, CulpritRole, Stack, Unknown, Verdict, Victim, VictimKind,
};

/// A walk-through in CommonMark (its tables are GitHub's extension): the stop explained, each step
/// with its WinDbg command and its meaning, the relevant stacks, the conclusion, the victims, the
/// alternatives, the unknowns, and what to do.
///
/// Names come from the dump and may be hostile; none of them can act as markup.
pub fn markdown(verdict: &Verdict) -> String {
    let mut document = Document::default();
    summary(&mut document, verdict);
    stop(&mut document, verdict);
    let shown = reasoning(&mut document, verdict);
    proof(&mut document, verdict);
    other_stacks(&mut document, verdict, &shown);
    conclusion(&mut document, verdict);
    victims(&mut document, verdict);
    alternatives(&mut document, verdict);
    unknown(&mut document, verdict);
    next(&mut document, verdict);
    identity(&mut document, verdict);
    again(&mut document, verdict);
    document.finish()
}

fn summary(document: &mut Document, verdict: &Verdict) {
    let stop = &verdict.bugcheck;
    let name = stop
        .name
        .as_deref()
        .unwrap_or("(a stop without a known name)");
    document.heading(1, &format!("Stop {} {name}", stop.code_hex));
    let confidence = verdict.confidence.as_str();
    let culprit = match &verdict.culprit {
        Some(culprit) => format!(
            "To blame ({confidence}): {}, {}",
            who(culprit),
            role(culprit.role)
        ),
        None if verdict.hardware.is_some() => {
            format!("No driver is to blame, the hardware is at fault ({confidence})")
        }
        None => format!("The dump does not show who is to blame (confidence: {confidence})"),
    };
    document.paragraph(&format!("{}. {culprit}.", title(verdict)));
}

/// The title of the cause; verdicts of other analyzers may lack it.
fn title(verdict: &Verdict) -> &str {
    match verdict.cause.title.is_empty() {
        true => verdict.cause.id.title(),
        false => &verdict.cause.title,
    }
}

fn stop(document: &mut Document, verdict: &Verdict) {
    document.heading(2, "The stop");
    if let Some(row) = stop::of(verdict.bugcheck.code) {
        document.paragraph(row.notices);
    }
    let rows: Vec<_> = (verdict.bugcheck.parameters.iter().enumerate())
        .map(|(index, parameter)| {
            let meaning = parameter.meaning.clone();
            vec![
                (index + 1).to_string(),
                parameter.shown(),
                meaning.unwrap_or_else(|| "not used, or not documented".to_owned()),
            ]
        })
        .collect();
    document.table(&["Parameter", "Value", "Meaning"], &rows);
    let dump = &verdict.dump;
    let mut system = vec![format!(
        "{} dump of an {} system",
        or(&dump.kind, "a"),
        or(&dump.machine, "unknown")
    )];
    system.extend(dump.build.map(|build| format!("build {build}")));
    system.extend(dump.processors.map(|count| match count {
        1 => "1 processor".to_owned(),
        _ => format!("{count} processors"),
    }));
    system.extend(
        dump.crash_processor
            .map(|number| format!("stopped on processor {number}")),
    );
    system.extend(
        dump.uptime_seconds
            .map(|uptime| format!("up for {}", duration(uptime))),
    );
    system.extend(
        dump.crash_time
            .as_ref()
            .map(|time| format!("stopped at {time}")),
    );
    document.paragraph(&format!("System: {}.", system.join(", ")));
    document.code([".bugcheck", "vertarget", "!analyze -v"]);
}

fn or<'t>(text: &'t str, otherwise: &'t str) -> &'t str {
    match text.is_empty() {
        true => otherwise,
        false => text,
    }
}

fn reasoning(document: &mut Document, verdict: &Verdict) -> Vec<usize> {
    document.heading(2, "Step by step");
    if verdict.evidence.is_empty() {
        document.paragraph("The verdict cites no evidence.");
    }
    steps::write(document, verdict)
}

/// The arithmetic that proves broken hardware.
fn proof(document: &mut Document, verdict: &Verdict) {
    let Some(proof) = &verdict.hardware else {
        return;
    };
    document.heading(2, "The proof");
    let steps: Vec<_> = proof.arithmetic.iter().map(|step| sentence(step)).collect();
    document.list(steps.iter().map(String::as_str));
    if let Some(flip) = &proof.flip {
        document.paragraph(&sentence(&flip.text()));
    }
}

fn other_stacks(document: &mut Document, verdict: &Verdict, shown: &[usize]) {
    let matter = stacks::relevant(verdict);
    let rest: Vec<_> = matter
        .iter()
        .filter(|index| !shown.contains(index))
        .collect();
    if !rest.is_empty() {
        document.heading(2, "Other stacks that matter");
    }
    for &&index in &rest {
        let stack = &verdict.stacks[index];
        document.heading(3, &stacks::title(stack));
        document.code([steps::prompted(verdict, &command(stack)).as_str()]);
        stacks::write(document, stack, verdict.culprit.as_ref());
    }
    let seen: Vec<_> = matter.iter().chain(shown).collect();
    let left_out = (0..verdict.stacks.len())
        .filter(|index| !seen.contains(&index))
        .count();
    match left_out {
        0 => {}
        1 => document
            .paragraph("One more stack, which shows nothing of this, is in the JSON report."),
        _ => document.paragraph(&format!(
            "{left_out} more stacks, which show nothing of this, are in the JSON report."
        )),
    }
}

/// The WinDbg command that shows a stack.
fn command(stack: &Stack) -> String {
    match (stack.processor, stack.thread) {
        (Some(processor), _) => format!("~{processor}k"),
        (None, Some(thread)) => format!("!thread {thread}"),
        (None, None) => "k".to_owned(),
    }
}

fn conclusion(document: &mut Document, verdict: &Verdict) {
    document.heading(2, "Conclusion");
    document.paragraph(&format!(
        "{} ({}).",
        title(verdict),
        verdict.cause.most_specific()
    ));
    document.paragraph(&verdict.cause.explanation);
    document.paragraph(about::explain(verdict.cause.most_specific()).how);
    match &verdict.culprit {
        Some(culprit) => blame(document, culprit),
        None if verdict.hardware.is_some() => {
            document.paragraph("No driver is to blame: the hardware is at fault.")
        }
        None => {
            document.paragraph("Nobody is named: what the dump shows does not single anybody out.")
        }
    }
    let steps = verdict.evidence.len();
    let grounds = match steps {
        0 => "no step above supports it".to_owned(),
        1 => "it rests on the one step above".to_owned(),
        _ => format!("it rests on the {steps} steps above"),
    };
    let why = match verdict.confidence {
        Confidence::Certain => {
            "the dump itself records what is concluded, and nothing has to be inferred"
        }
        Confidence::Likely => {
            "several observations agree, but one link is inferred and not recorded in the dump"
        }
        Confidence::Possible => "it fits what the dump shows, but other explanations fit as well",
    };
    let inferred = match (verdict.confidence, verdict.unknown.first()) {
        (Confidence::Likely | Confidence::Possible, Some(unknown)) => {
            format!(" Not recorded: {} ({}).", unknown.what, unknown.why)
        }
        _ => String::new(),
    };
    document.paragraph(&format!(
        "Confidence: {}; {why}; {grounds}.{inferred}",
        verdict.confidence.as_str()
    ));
}

fn blame(document: &mut Document, culprit: &Culprit) {
    let place = match (&culprit.source_file, culprit.source_line) {
        (Some(file), Some(line)) => format!(", {}:{line}", source(file)),
        (Some(file), None) => format!(", {}", source(file)),
        (None, _) => ", source line not known without the driver's private symbols".to_owned(),
    };
    document.paragraph(&format!(
        "To blame: {}{place}, {}.",
        who(culprit),
        role(culprit.role)
    ));
    document.paragraph(match culprit.role {
        CulpritRole::Holder => "Holder: the dump records that it has the lock, the IRP or whatever the others wait for.",
        CulpritRole::HolderInferred => {
            "Holder (inferred): by its code and by what the stacks show it has the lock; the lock itself \
             records no owner."
        }
        CulpritRole::Caller => "Caller: it made a call, or returned from one, in a state that is not allowed there.",
        CulpritRole::FaultingCode => "Faulting code: the forbidden access was made by its own instruction.",
        CulpritRole::Suspect => "Suspect: the traces lead to it, but the dump does not hold the mistake itself.",
    });
}

/// A source file as the symbols name it, without the folders of the machine that built it.
fn source(file: &str) -> &str {
    let is_absolute = file.starts_with(['/', '\\']) || file.as_bytes().get(1) == Some(&b':');
    match is_absolute {
        true => stacks::file_name(file),
        false => file,
    }
}

fn role(role: CulpritRole) -> &'static str {
    match role {
        CulpritRole::Suspect => "the suspect",
        CulpritRole::Caller => "the caller",
        CulpritRole::FaultingCode => "the faulting code",
        CulpritRole::Holder => "the holder",
        CulpritRole::HolderInferred => "the holder (inferred)",
    }
}

fn victims(document: &mut Document, verdict: &Verdict) {
    if verdict.victims.is_empty() && !bucket_misleads(verdict) {
        return;
    }
    document.heading(2, "Who is not to blame");
    let items: Vec<_> = verdict.victims.iter().map(victim).collect();
    document.list(items.iter().map(String::as_str));
    if bucket_misleads(verdict)
        && let Some(bucket) = &verdict.bucket
    {
        document.paragraph(&format!(
            "A bucket that blames the first driver on the stack, as !analyze does, would read {bucket}: it \
             names who was there when it happened."
        ));
    }
}

fn victim(victim: &Victim) -> String {
    let who = match (&victim.module, &victim.function) {
        (Some(module), Some(function)) => format!("{module}!{function}"),
        (Some(module), None) => module.clone(),
        (None, _) => "code in no known module".to_owned(),
    };
    let thread = victim
        .thread
        .map_or_else(String::new, |thread| format!(", thread {thread}"));
    let processor = victim
        .processor
        .map_or_else(String::new, |number| format!(", processor {number}"));
    let kind = match victim.kind {
        VictimKind::FaultingModule => "the fault is in its code",
        VictimKind::WaitingThread => "it waits",
        VictimKind::Detector => "it noticed the problem",
        VictimKind::Bystander => "it was merely there",
    };
    format!(
        "{who}{thread}{processor}, a victim ({kind}): {}.",
        victim.why.trim_end_matches('.')
    )
}

/// Whether the bucket names a module other than the culprit's.
fn bucket_misleads(verdict: &Verdict) -> bool {
    let named = verdict
        .bucket
        .as_deref()
        .and_then(|bucket| bucket.split('!').next());
    let (Some(named), Some(culprit)) = (named, &verdict.culprit) else {
        return false;
    };
    let stem = culprit
        .module
        .rsplit_once('.')
        .map_or(culprit.module.as_str(), |(stem, _)| stem);
    let same = |text: &str| text.to_lowercase().replace('-', "_");
    !same(named).ends_with(&same(stem))
}

fn alternatives(document: &mut Document, verdict: &Verdict) {
    document.heading(2, "What else it could have been");
    let items: Vec<_> = (verdict.alternatives.iter())
        .map(|alternative| {
            let blamed = alternative
                .culprit
                .as_ref()
                .map(|culprit| format!(", {}", who(culprit)));
            format!(
                "{} ({}){}: {}.",
                alternative.cause.title(),
                alternative.cause,
                blamed.unwrap_or_default(),
                alternative.why.trim_end_matches('.')
            )
        })
        .collect();
    match items.is_empty() {
        true => document.paragraph(match verdict.confidence {
            Confidence::Certain => "No other explanation is offered: the dump itself records the cause.",
            _ => "No other explanation was found that fits what the dump shows; that is not a proof that there is none.",
        }),
        false => document.list(items.iter().map(String::as_str)),
    }
}

fn unknown(document: &mut Document, verdict: &Verdict) {
    document.heading(2, "What is not known");
    if verdict.unknown.is_empty() {
        document.paragraph("Everything that the reasoning needs was in the dump.");
        return;
    }
    let items: Vec<_> = (verdict.unknown.iter())
        .map(|entry| {
            let learn = how_to_learn(entry).map_or_else(String::new, |learn| format!(" {learn}"));
            format!(
                "{} Why: {}.{learn}",
                sentence(&entry.what),
                entry.why.trim_end_matches('.')
            )
        })
        .collect();
    document.list(items.iter().map(String::as_str));
}

/// How to get what is missing, if the reason shows it.
fn how_to_learn(entry: &Unknown) -> Option<&'static str> {
    let why = entry.why.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| why.contains(word));
    if has(&["pdb", "symbol"]) {
        return Some("To learn it: give the module's PDB with --symbols.");
    }
    if has(&[
        "not in the dump",
        "not present",
        "paged out",
        "not resident",
    ]) {
        return Some("To learn it: take a complete dump, or look at the live system with .pagein.");
    }
    if has(&["verifier"]) {
        return Some(
            "To learn it: turn on Driver Verifier for the drivers in question and wait for the next stop.",
        );
    }
    if has(&[
        "records no owner",
        "does not record",
        "no frames",
        "has returned",
        "shows its end",
        "last moment",
    ]) {
        return Some(
            "To learn it: reproduce it with a debugger attached or a trace running; a dump does not keep it.",
        );
    }
    None
}

fn next(document: &mut Document, verdict: &Verdict) {
    document.heading(2, "What to do next");
    let about = about::explain(verdict.cause.most_specific());
    if verdict.next_steps.is_empty() {
        document.paragraph(about.fix);
    }
    for step in &verdict.next_steps {
        document.paragraph(&step.text);
        if let Some(command) = &step.command {
            document.code([command.as_str()]);
        }
    }
    document.paragraph(&format!("To be sure: {}", about.confirm));
}

fn identity(document: &mut Document, verdict: &Verdict) {
    document.heading(2, "Signature");
    document.paragraph(
        "The same bug has the same signature in every run, at every load address and in other builds of the driver.",
    );
    let mut lines = vec![
        format!("signature  {}", verdict.signature),
        format!("hash       {}", verdict.signature_hash),
    ];
    lines.extend(
        verdict
            .bucket
            .iter()
            .map(|bucket| format!("bucket     {bucket}")),
    );
    if !verdict.cause.rule.is_empty() {
        lines.push(format!("rule       {}", verdict.cause.rule));
    }
    document.code(lines.iter().map(String::as_str));
    if verdict.bucket.is_some() {
        document
            .paragraph("The bucket is a guess at what !analyze would write; it is no identity.");
    }
}

fn again(document: &mut Document, verdict: &Verdict) {
    document.heading(2, "To repeat this");
    document.code(["stopcode analyze MEMORY.DMP --symbols FOLDER... --message-format markdown"]);
    if verdict.modules.is_empty() {
        return;
    }
    document.paragraph("The modules that matter, and whether their symbols were there:");
    let rows: Vec<_> = (verdict.modules.iter())
        .map(|module| {
            let id = match (&module.pdb, &module.pdb_id) {
                (Some(pdb), Some(id)) => format!("{} {id}", stacks::file_name(pdb)),
                (Some(pdb), None) => stacks::file_name(pdb).to_owned(),
                _ => "not known".to_owned(),
            };
            let symbols = if module.symbols.is_some() {
                "yes"
            } else {
                "no"
            };
            vec![
                module.name.clone(),
                module.base.to_string(),
                id,
                symbols.to_owned(),
            ]
        })
        .collect();
    document.table(&["Module", "Base", "PDB and its id", "Symbols"], &rows);
}
