//! Puts a verdict together: header, facts and the finding of the rules.

use std::collections::BTreeSet;

use crate::bugcheck;
use crate::dump::DumpHeader;
use crate::facts::{Facts, StackFacts};
use crate::rules::{Finding, judge};
use crate::target::Target;
use crate::verdict::{
    Cause, DumpInfo, ModuleInfo, SCHEMA_VERSION, Unknown, Verdict, bucket, signature,
    signature_hash,
};

/// Applies the rules and writes down the result.
pub(crate) fn verdict(target: &Target<'_>, header: &DumpHeader, facts: &Facts) -> Verdict {
    let (finding, rule) = judge(facts);
    let Finding {
        cause,
        explanation,
        culprit,
        victims,
        confidence,
        evidence,
        unknown,
        alternatives,
    } = finding;
    let bugcheck = bugcheck::describe(&facts.bugcheck);
    let signature = signature(&bugcheck, cause, culprit.as_ref());
    let bucket = facts.crash_stack().and_then(|stack| {
        let frame = &stack.frames[stack.first_driver(0)?];
        let module = frame.symbol.module_symbol.as_deref()?;
        Some(bucket(&bugcheck, module, frame.symbol.function.as_deref()))
    });
    let named = culprit.iter().map(|culprit| culprit.module.as_str());
    let modules = modules(target, facts, named);
    Verdict {
        schema_version: SCHEMA_VERSION,
        dump: dump_info(target, header, facts),
        bugcheck,
        cause: Cause {
            id: cause,
            title: cause.title().to_owned(),
            explanation,
            rule: rule.to_owned(),
        },
        culprit,
        victims,
        confidence,
        evidence,
        unknown: deduplicated(unknown.into_iter().chain(facts.unknown.iter().cloned())),
        alternatives,
        signature_hash: signature_hash(&signature),
        signature,
        bucket,
        stacks: facts.stacks.iter().map(StackFacts::to_stack).collect(),
        modules,
    }
}

fn dump_info(target: &Target<'_>, header: &DumpHeader, facts: &Facts) -> DumpInfo {
    DumpInfo {
        kind: header.kind.as_str().to_owned(),
        machine: header.machine.to_string(),
        build: Some(header.build).filter(|&build| build != 0),
        processors: Some(header.processors).filter(|&count| count != 0),
        crash_processor: facts.crash_processor,
        uptime_seconds: header.uptime_seconds(),
        crash_time: header.crash_time(),
        kernel_base: target.modules.kernel().map(|kernel| kernel.base.into()),
    }
}

/// Modules that appear in a stack or are blamed.
fn modules<'a>(
    target: &Target<'_>,
    facts: &'a Facts,
    named: impl Iterator<Item = &'a str>,
) -> Vec<ModuleInfo> {
    let on_stacks = facts.stacks.iter().flat_map(|stack| &stack.frames);
    let names: BTreeSet<_> = on_stacks
        .filter_map(|frame| frame.symbol.module.as_deref())
        .chain(named)
        .collect();
    target
        .modules
        .iter()
        .filter(|module| names.contains(module.name.as_str()))
        .map(|module| {
            let image = module.image(target.memory).ok();
            let pdb = image.and_then(|image| image.pdb.as_ref().ok());
            ModuleInfo {
                name: module.name.clone(),
                base: module.base.into(),
                size: module.size,
                timestamp: image.map(|image| image.timestamp),
                pdb: pdb.map(|pdb| pdb.name.clone()),
                pdb_id: pdb.map(|pdb| pdb.store_key()),
                symbols: module.loaded_symbols().map(|symbols| symbols.to_string()),
            }
        })
        .collect()
}

fn deduplicated(unknown: impl Iterator<Item = Unknown>) -> Vec<Unknown> {
    let mut kept: Vec<Unknown> = Vec::new();
    for entry in unknown {
        if !kept.contains(&entry) {
            kept.push(entry);
        }
    }
    kept
}
