//! Builds a verdict from the source, the facts, and the rules' finding.

pub(crate) mod about;
mod caller;
mod next_steps;
mod signature;
mod sources;

use std::collections::BTreeSet;

pub(crate) use next_steps::next_steps;
use signature::{bucket, signature, signature_hash};

use crate::dump::DumpHeader;
use crate::facts::{Facts, StackFacts};
use crate::modules::Unloaded;
use crate::rules::{self, Finding};
use crate::stop;
use crate::target::Target;
use crate::verdict::{
    Cause, CauseId, DumpInfo, ModuleInfo, SCHEMA_VERSION, Unknown, UnloadedModule, Verdict,
};

/// The verdict on a dump.
pub(crate) fn verdict(target: &Target<'_>, header: &DumpHeader, facts: &Facts) -> Verdict {
    verdict_of(target, header, facts, rules::apply(facts))
}

/// Like [`verdict`], with the rule named `off` switched off.
pub(crate) fn verdict_without(
    target: &Target<'_>,
    header: &DumpHeader,
    facts: &Facts,
    off: &str,
) -> Verdict {
    verdict_of(
        target,
        header,
        facts,
        rules::apply_without(facts, Some(off)),
    )
}

fn verdict_of(
    target: &Target<'_>,
    header: &DumpHeader,
    facts: &Facts,
    found: (Finding, &'static str),
) -> Verdict {
    let culprit = found.0.culprit.as_ref();
    let named = culprit.map(|culprit| culprit.module.as_str());
    let source = SourceInfo {
        dump: dump_info(target, header, facts),
        modules: modules(target, facts, named.into_iter()),
        unknown: facts.unknown.clone(),
    };
    assemble(facts, found, source)
}

/// What a verdict states about its source, a dump or a log.
pub(crate) struct SourceInfo {
    pub dump: DumpInfo,
    pub modules: Vec<ModuleInfo>,
    /// What could not be read.
    pub unknown: Vec<Unknown>,
}

/// Assembles a verdict.
pub(crate) fn assemble(
    facts: &Facts,
    (finding, rule): (Finding, &'static str),
    source: SourceInfo,
) -> Verdict {
    let Finding {
        cause,
        explanation,
        mut culprit,
        victims,
        confidence,
        mut evidence,
        unknown,
        alternatives,
    } = finding;
    if let Some(culprit) = &mut culprit {
        caller::name(culprit, &facts.stacks);
    }
    sources::correct(&mut evidence, facts);
    let broken = matches!(cause, CauseId::HardwareError | CauseId::ImpossibleAccess);
    let proof = facts.proof.as_ref().filter(|_| broken);
    let hardware = proof.map(|proof| proof.shown.clone());
    let mut bugcheck = stop::describe(&facts.bugcheck);
    facts.said.complete(&facts.bugcheck, &mut bugcheck);
    let cause = Cause::new(cause, explanation, rule);
    let signature = signature(&bugcheck, cause.id, culprit.as_ref());
    let computed = || {
        let stack = facts.crash_stack()?;
        let symbol = &stack.frames[stack.first_driver(0)?].symbol;
        let module = symbol.module_symbol.as_deref()?;
        Some(bucket(&bugcheck, module, symbol.function.as_deref()))
    };
    let mut verdict = Verdict {
        schema_version: SCHEMA_VERSION,
        dump: source.dump,
        bucket: facts.bucket.clone().or_else(computed),
        bugcheck,
        cause,
        culprit,
        victims,
        confidence,
        evidence,
        unknown: deduplicated(unknown.into_iter().chain(source.unknown)),
        alternatives,
        signature_hash: signature_hash(&signature),
        signature,
        stacks: facts.stacks.iter().map(StackFacts::to_stack).collect(),
        modules: source.modules,
        unloaded: facts.unloaded.iter().map(unloaded).collect(),
        hardware,
        machine: facts.machine.clone(),
        drivers: facts.drivers.clone(),
        next_steps: Vec::new(),
    };
    verdict.next_steps = next_steps(&verdict);
    verdict
}

fn dump_info(target: &Target<'_>, header: &DumpHeader, facts: &Facts) -> DumpInfo {
    let minidump = target.minidump.as_ref();
    let of_stack = facts.crash_stack().and_then(|stack| stack.thread.as_ref());
    let crash_thread = of_stack.map(|thread| thread.address);
    DumpInfo {
        kind: header.kind.as_str().to_owned(),
        machine: header.machine.to_string(),
        build: Some(header.build).filter(|&build| build != 0),
        processors: Some(header.processors).filter(|&count| count != 0),
        crash_processor: facts.crash_processor,
        uptime_seconds: header.uptime_seconds(),
        crash_time: header.crash_time(),
        kernel_base: target.modules.kernel().map(|kernel| kernel.base.into()),
        named_driver: minidump.and_then(|own| own.broken_driver.clone()),
        crash_prcb: facts
            .crash_prcb
            .or(minidump.and_then(|own| own.prcb))
            .map(Into::into),
        crash_thread: crash_thread
            .or(minidump.and_then(|own| own.thread))
            .map(Into::into),
        crash_process: minidump.and_then(|own| own.process).map(Into::into),
        modules_loaded: Some(target.modules.iter().count() as u32).filter(|&count| count != 0),
    }
}

fn unloaded(driver: &Unloaded) -> UnloadedModule {
    UnloadedModule {
        name: driver.name.clone(),
        start: driver.start.into(),
        end: driver.end.into(),
    }
}

/// The modules that appear in a stack or are blamed.
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
                timestamp: module.timestamp(target.memory),
                pdb: pdb.map(|pdb| pdb.name.clone()),
                pdb_id: pdb.map(|pdb| pdb.store_key()),
                symbols: module.loaded_symbols().map(|symbols| symbols.to_string()),
                path: module.path().map(str::to_owned),
                version: module
                    .version(target.memory)
                    .map(|version| version.file.clone()),
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
