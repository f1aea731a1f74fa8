//! The fields of a verdict.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{CauseId, DriverInfo, HardwareProof, Hex64, Machine, NextStep};

/// Verdicts of other analyzers may leave out or null what they do not know.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// What a crash dump says: the stop, its cause, who is to blame and why we think so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// Version of the schema that the writer follows.
    pub schema_version: u32,
    /// What kind of dump this is and of which system.
    #[serde(default, deserialize_with = "null_as_default")]
    pub dump: DumpInfo,
    /// The stop code and its parameters.
    pub bugcheck: Bugcheck,
    /// What went wrong.
    pub cause: Cause,
    /// Who is to blame; `None` where the dump does not show it.
    pub culprit: Option<Culprit>,
    /// Who merely suffered: the faulting module, threads that waited, the detector.
    #[serde(default, deserialize_with = "null_as_default")]
    pub victims: Vec<Victim>,
    /// How sure the cause and the culprit are.
    pub confidence: Confidence,
    /// Why, one observation each.
    #[serde(default, deserialize_with = "null_as_default")]
    pub evidence: Vec<Evidence>,
    /// What could not be read, and why.
    #[serde(default, deserialize_with = "null_as_default")]
    pub unknown: Vec<Unknown>,
    /// What else it could have been.
    #[serde(default, deserialize_with = "null_as_default")]
    pub alternatives: Vec<Alternative>,
    /// Identity of the bug, stable across runs, load addresses and builds of the driver.
    #[serde(default, deserialize_with = "null_as_default")]
    pub signature: String,
    /// Short hash of the signature, for file names and database keys.
    #[serde(default, deserialize_with = "null_as_default")]
    pub signature_hash: String,
    /// The failure bucket as `!analyze` would write it; best effort, never the identity.
    pub bucket: Option<String>,
    /// The processors' stacks (the crashing one first), then those of relevant threads.
    #[serde(default, deserialize_with = "null_as_default")]
    pub stacks: Vec<Stack>,
    /// The loaded modules that appear in a stack or are blamed.
    #[serde(default, deserialize_with = "null_as_default")]
    pub modules: Vec<ModuleInfo>,
    /// Drivers that were unloaded before the stop, where the stop is about code or the dump is a
    /// minidump.
    #[serde(default, deserialize_with = "null_as_default")]
    pub unloaded: Vec<UnloadedModule>,
    /// The proof that hardware is at fault, where the bytes give one.
    #[serde(default)]
    pub hardware: Option<HardwareProof>,
    /// The machine that stopped.
    #[serde(default)]
    pub machine: Option<Machine>,
    /// The loaded drivers that are not part of Windows.
    #[serde(default, deserialize_with = "null_as_default")]
    pub drivers: Vec<DriverInfo>,
    /// What to do next, the most useful first.
    #[serde(default, deserialize_with = "null_as_default")]
    pub next_steps: Vec<NextStep>,
}

/// The dump and the system it was taken from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DumpInfo {
    /// `full`, `kernel-bitmap`, ….
    #[serde(default, deserialize_with = "null_as_default")]
    pub kind: String,
    /// `x64`, or what else the header names.
    #[serde(default, deserialize_with = "null_as_default")]
    pub machine: String,
    /// Windows build number (19041, 22621, …).
    pub build: Option<u32>,
    /// How many processors the system had.
    pub processors: Option<u32>,
    /// Which processor raised the stop.
    pub crash_processor: Option<u32>,
    /// Seconds between boot and the stop.
    pub uptime_seconds: Option<f64>,
    /// When it stopped (UTC, RFC 3339).
    pub crash_time: Option<String>,
    /// Where the kernel image was loaded.
    pub kernel_base: Option<Hex64>,
    /// How many modules were loaded.
    #[serde(default)]
    pub modules_loaded: Option<u32>,
    /// The driver that the crashed kernel itself named, on its screen and in the minidump: the one
    /// whose code it was in, not the one to blame.
    #[serde(default)]
    pub named_driver: Option<String>,
    /// `_KPRCB` of the processor that raised the stop.
    #[serde(default)]
    pub crash_prcb: Option<Hex64>,
    /// `_ETHREAD` that it ran.
    #[serde(default)]
    pub crash_thread: Option<Hex64>,
    /// `_EPROCESS` of that thread.
    #[serde(default)]
    pub crash_process: Option<Hex64>,
}

/// A stop code and its four parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bugcheck {
    /// The stop code, for example 209.
    pub code: u32,
    /// The same as Windows writes it, for example `0xD1`.
    pub code_hex: String,
    /// Its symbolic name, if known.
    pub name: Option<String>,
    /// P1 to P4.
    pub parameters: [BugcheckParameter; 4],
}

/// One of the four parameters of a stop.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BugcheckParameter {
    /// The raw value; `null` if the source, a log, does not show it.
    pub value: Option<Hex64>,
    /// What it means for this stop code, with the value explained where possible.
    pub meaning: Option<String>,
}

impl BugcheckParameter {
    /// The value as reports print it.
    pub fn shown(&self) -> String {
        match self.value {
            Some(value) => value.to_string(),
            None => "not shown".to_owned(),
        }
    }
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// Stable id.
    pub id: CauseId,
    /// The special case of `id` that this is, where it has an id of its own.
    #[serde(default)]
    pub specific: Option<CauseId>,
    /// The cause in words; of `specific` where there is one.
    #[serde(default, deserialize_with = "null_as_default")]
    pub title: String,
    /// How it came about in this dump.
    #[serde(default, deserialize_with = "null_as_default")]
    pub explanation: String,
    /// The rule that decided.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rule: String,
}

impl Cause {
    /// The cause `found`, split into the stable id and the special case.
    pub fn new(found: CauseId, explanation: String, rule: &str) -> Self {
        let broader = found.broader();
        Self {
            id: broader.unwrap_or(found),
            specific: broader.map(|_| found),
            title: found.title().to_owned(),
            explanation,
            rule: rule.to_owned(),
        }
    }

    /// The most specific id.
    pub fn most_specific(&self) -> CauseId {
        self.specific.unwrap_or(self.id)
    }

    /// True if `expected` names this cause, by its stable or by its specific id.
    pub fn is(&self, expected: CauseId) -> bool {
        self.id == expected || self.specific == Some(expected)
    }
}

/// The code that is to blame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Culprit {
    /// File name of the image, for example `foo.sys`.
    pub module: String,
    /// The function, if the module's symbols are there.
    pub function: Option<String>,
    /// Offset of `address` into the function, or into the module if the function is not known.
    pub offset: Option<u64>,
    /// The address that is blamed (a return address for frames that made a call).
    pub address: Option<Hex64>,
    /// Source file as the symbols name it.
    pub source_file: Option<String>,
    /// Line of the blamed instruction.
    pub source_line: Option<u32>,
    /// In which role the culprit did it.
    pub role: CulpritRole,
}

/// How the culprit is involved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub enum CulpritRole {
    /// The dump records that it holds the lock, the IRP, …
    #[serde(rename = "holder")]
    Holder,
    /// It must hold the lock by what the stacks show; the lock itself records no owner.
    #[serde(rename = "holder (inferred)")]
    HolderInferred,
    /// It called a service in a state that the service forbids.
    #[serde(rename = "caller")]
    Caller,
    /// Its own instruction did the forbidden access.
    #[serde(rename = "faulting code")]
    FaultingCode,
    /// On the stack, and nothing better is known.
    #[serde(rename = "suspect")]
    Suspect,
}

impl CulpritRole {
    /// The role as JSON writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holder => "holder",
            Self::HolderInferred => "holder (inferred)",
            Self::Caller => "caller",
            Self::FaultingCode => "faulting code",
            Self::Suspect => "suspect",
        }
    }
}

/// Code or a thread that suffered from the bug and must not be blamed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Victim {
    /// How it suffered.
    pub kind: VictimKind,
    /// File name of the image.
    pub module: Option<String>,
    /// The function, if known.
    pub function: Option<String>,
    /// `_ETHREAD` address.
    pub thread: Option<Hex64>,
    /// Processor that ran it.
    pub processor: Option<u32>,
    /// Why it is a victim.
    pub why: String,
}

/// How a victim suffered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum VictimKind {
    /// Its instruction faulted.
    FaultingModule,
    /// It waited for what the culprit held.
    WaitingThread,
    /// It noticed the problem and raised the stop.
    Detector,
    /// It passed on or processed what the culprit had spoilt.
    Bystander,
}

/// How sure a verdict is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Fits what the dump shows, as other explanations do.
    Possible,
    /// Several observations agree; a step is inferred.
    Likely,
    /// The dump records it.
    Certain,
}

impl Confidence {
    /// The confidence as JSON writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// One observation behind the verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What sort of observation.
    pub kind: EvidenceKind,
    /// What it shows, in a sentence.
    pub shows: String,
    /// The addresses it rests on.
    #[serde(default, deserialize_with = "null_as_default")]
    pub addresses: Vec<Hex64>,
    /// How it was found.
    #[serde(default, deserialize_with = "null_as_default")]
    pub found_by: String,
    /// The WinDbg command that shows the same.
    pub windbg: Option<String>,
}

/// Sorts of observations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EvidenceKind {
    /// A parameter of the stop.
    BugcheckParameter,
    /// A frame, or an order of frames, in a stack.
    Stack,
    /// A lock and its state.
    Lock,
    /// The IRQL at some point.
    Irql,
    /// The page-table state of an address.
    PageTable,
    /// Instructions.
    Code,
    /// A thread's state.
    Thread,
    /// Any other structure in memory.
    Structure,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unknown {
    /// What is not known.
    pub what: String,
    /// Why.
    pub why: String,
}

/// Another explanation, and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    /// The other cause.
    pub cause: CauseId,
    /// Who would be to blame.
    pub culprit: Option<Culprit>,
    /// What speaks for it, or why it was not chosen.
    pub why: String,
}

/// A stack, innermost frame first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stack {
    /// Whose stack this is.
    pub kind: StackKind,
    /// The processor it ran on.
    pub processor: Option<u32>,
    /// `_ETHREAD` address.
    pub thread: Option<Hex64>,
    /// Thread id.
    pub thread_id: Option<u32>,
    /// `Running`, `Ready`, `Waiting`, ….
    pub thread_state: Option<String>,
    /// Name of the process.
    pub process: Option<String>,
    /// Where its first registers came from.
    pub source: Option<String>,
    /// The frames.
    pub frames: Vec<Frame>,
    /// Why it ends where it ends, if not at the base of the stack.
    pub note: Option<String>,
}

/// Whose stack it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StackKind {
    /// The processor that raised the stop.
    Crash,
    /// Another processor.
    Processor,
    /// A thread that was not running.
    Thread,
}

/// A stack frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Frame {
    /// Instruction pointer: a return address, except for the first frame and those below a trap.
    pub address: Option<Hex64>,
    /// Stack pointer in this frame.
    pub sp: Option<Hex64>,
    /// File name of the image.
    pub module: Option<String>,
    /// Function name.
    pub function: Option<String>,
    /// Offset into the function, or into the module if the function is not known.
    pub offset: Option<u64>,
    /// Source file.
    pub source_file: Option<String>,
    /// Source line of the call (or of the interrupted instruction).
    pub source_line: Option<u32>,
    /// As WinDbg writes it: `nt!KiPageFault+0x474`.
    pub symbol: String,
    /// How the frame was found.
    pub trust: Trust,
}

/// How a frame was found, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Trust {
    /// From a saved register context.
    Context,
    /// From the frame that `KiSwapContext` leaves on a switched-out thread's stack.
    SwitchFrame,
    /// By the caller's unwind information.
    UnwindInfo,
    /// From the machine frame of a trap or interrupt: this instruction was interrupted.
    TrapFrame,
    /// The function has no unwind information: a leaf, its return address is at the stack's top.
    Leaf,
    /// As a debugger's transcript shows it.
    Transcript,
    /// A return address found on the stack, behind a call instruction; may be residue.
    Scan,
    /// A word on the stack that points into a module whose code is not in the dump, so that it
    /// cannot be seen whether a call stands before it.
    ScanNoCode,
}

impl Trust {
    /// Whether the frame was found by looking at the stack's words: it may be residue of calls that
    /// have returned.
    pub fn is_scanned(self) -> bool {
        matches!(self, Self::Scan | Self::ScanNoCode)
    }

    /// The trust as JSON writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Context => "context",
            Self::SwitchFrame => "switch-frame",
            Self::UnwindInfo => "unwind-info",
            Self::TrapFrame => "trap-frame",
            Self::Leaf => "leaf",
            Self::Transcript => "transcript",
            Self::Scan => "scan",
            Self::ScanNoCode => "scan-no-code",
        }
    }
}

/// A loaded module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModuleInfo {
    /// File name of the image.
    pub name: String,
    /// Load address.
    pub base: Hex64,
    /// Bytes in memory.
    pub size: u64,
    /// Link time stamp.
    pub timestamp: Option<u32>,
    /// PDB named by the image.
    pub pdb: Option<String>,
    /// GUID and age of that PDB, as symbol servers write it.
    pub pdb_id: Option<String>,
    /// The PDB that was used.
    pub symbols: Option<String>,
    /// Full path of the image, if the source shows it.
    #[serde(default)]
    pub path: Option<String>,
    /// File version, if the source shows it.
    #[serde(default)]
    pub version: Option<String>,
}

/// A driver that was unloaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnloadedModule {
    /// File name; minidumps keep its first 12 characters.
    pub name: String,
    /// Where it was loaded.
    pub start: Hex64,
    /// The address behind it.
    pub end: Hex64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_analyzers_verdict_may_be_sparse() {
        let verdict: Verdict = serde_json::from_str(
            r#"{
                "schema_version": 1,
                "bugcheck": {
                    "code": 209,
                    "code_hex": "0xD1",
                    "name": null,
                    "parameters": [
                        {"value": "0x0"}, {"value": "0x2"}, {"value": "0x0"}, {"value": "0x1"}
                    ]
                },
                "cause": {"id": "irql-leaked"},
                "culprit": {"module": "x.sys", "role": "suspect"},
                "victims": null,
                "confidence": "possible",
                "signature": null
            }"#,
        )
        .unwrap();
        assert_eq!(verdict.cause.id, CauseId::IrqlLeaked);
        assert_eq!(verdict.culprit.unwrap().function, None);
        assert!(verdict.victims.is_empty() && verdict.stacks.is_empty());
    }
}
