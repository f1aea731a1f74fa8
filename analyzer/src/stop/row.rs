//! The row of a stop code.

pub(super) use super::access::AccessCode;
use crate::verdict::{CauseId, Confidence};

/// One stop code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub code: u32,
    /// Name in bugcodes.h.
    pub name: &'static str,
    /// Name of the code with the variant bit in bugcodes.h, if it has one.
    pub variant: Option<&'static str>,
    pub class: Class,
    pub parameters: [Parameter; 4],
    /// Values of the first parameter, if it is a subtype.
    pub subtypes: &'static [Subtype],
    /// What the kernel noticed when it raised the stop: one or two sentences.
    pub notices: &'static str,
    /// The cause that the code implies; a subtype may imply another.
    pub implies: Option<CauseId>,
    /// How to blame by the code alone, if no other rule applies.
    pub blame: Option<Blame>,
    /// Unique prefixes of the description that `!analyze` prints, in lower case.
    pub described: &'static [&'static str],
    /// Functions of the kernel that raise only this stop, by prefixes of their names.
    pub raisers: &'static [&'static str],
    /// Whether the subtype is part of the bug's identity.
    pub identified_by_subtype: bool,
    /// Whether the crash stack is that of interrupted code, not of code that raised the stop.
    pub interrupts: bool,
    /// Whether the stop is about waiting threads.
    pub about_waits: bool,
    /// Whether the reason must be searched among the threads, as after a forced stop.
    pub reason_elsewhere: bool,
}

/// The class of a stop. It decides which facts are collected and which rules apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A failed memory access.
    Fault,
    /// An unhandled exception, or a processor trap.
    Exception,
    /// A time limit ran out.
    Watchdog,
    /// A requested dump: by key, NMI, power button, or a live dump.
    Forced,
    /// A check of Driver Verifier.
    Verifier,
    /// The pool allocator or special pool.
    Pool,
    /// A wrong state of a lock, the IRQL or an APC count.
    Lock,
    /// An IRP or the I/O manager.
    Io,
    /// A structure of the kernel is damaged.
    Corruption,
    /// The hardware or the firmware reported an error.
    Hardware,
    /// The display stack.
    Graphics,
    /// A file system or storage.
    Storage,
    /// The power or Plug and Play manager.
    Power,
    /// A component that the system needs is missing: a process, a file, a volume.
    Startup,
    /// Anything else.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Reserved, or not documented.
    Reserved,
    /// Selects the subtype.
    Subtype,
    /// An address that was accessed.
    Address,
    /// Kind of access.
    Access(AccessCode),
    /// IRQL.
    Irql,
    /// Address of the instruction that the stop is about.
    Instruction,
    /// Address of code that made the wrong call: its module is to blame.
    Caller,
    /// `EXCEPTION_RECORD`.
    ExceptionRecord,
    /// `CONTEXT`.
    ContextRecord,
    /// `_KTRAP_FRAME`.
    TrapFrame,
    /// NTSTATUS of an exception; the next parameter is its address.
    ExceptionCode,
    /// `ExceptionInformation` of an `EXCEPTION_RECORD`: for an access violation the kind of access,
    /// then the address.
    ExceptionInformation,
    /// NTSTATUS of a failure.
    Status,
    Irp,
    /// `_MDL`.
    Mdl,
    /// `_DEVICE_OBJECT`.
    Device,
    /// `_DRIVER_OBJECT`.
    Driver,
    /// `_FILE_OBJECT`.
    File,
    /// `_ETHREAD`.
    Thread,
    /// `_EPROCESS`.
    Process,
    /// `_KPRCB`.
    Prcb,
    /// Number of a processor.
    Processor,
    /// A lock of any kind, or an executive resource.
    Lock,
    /// A kernel object or structure that no other role names.
    Object,
    /// Address of a pool block, its header or its page.
    PoolBlock,
    /// Address of a pool block's data, as in Driver Verifier's pool log.
    PoolAddress,
    /// Four characters of a pool tag.
    PoolTag,
    /// A page-table entry, or its address.
    Pte,
    /// A page frame number or a physical address.
    PageFrame,
    /// Clock ticks.
    Ticks,
    /// Seconds.
    Seconds,
    /// A size in bytes.
    Size,
    Count,
    /// A set of bits.
    Flags,
    /// Address of a text.
    Text,
    /// A `TRIAGE_…` structure made for debuggers.
    Triage,
    /// `WHEA_ERROR_RECORD`, or registers of a machine check.
    HardwareRecord,
    /// A value that the kernel compared, such as a cookie or a checksum.
    Value,
    /// A value with names for some values.
    Named(&'static [(u64, &'static str)]),
    /// Internal: where in the source the stop was raised.
    Internal,
}

/// A parameter of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub role: Role,
    /// Its description. The value replaces `{}`, or is appended after a colon. Empty if not known.
    pub meaning: &'static str,
    /// Whether zero means no value.
    pub optional: bool,
}

/// One value of a first parameter that is a subtype.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subtype {
    pub value: u64,
    /// Its meaning; empty if its rule has more than a row can hold.
    pub meaning: &'static str,
    /// Whether `meaning` is a complete statement.
    pub whole: bool,
    /// Parameters 2 to 4 of this subtype, if they differ from the row's.
    pub parameters: Option<[Parameter; 3]>,
    /// The cause that code and subtype imply.
    pub implies: Option<CauseId>,
    /// Functions of the kernel that raise the stop only with this subtype.
    pub raisers: &'static [&'static str],
}

/// How to blame by the code alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blame {
    pub cause: CauseId,
    /// What happened; the start of a sentence, without its capital.
    pub message: &'static str,
    /// `Likely`: the stop is raised inside the wrong call. `Possible`: the damage is noticed later.
    pub confidence: Confidence,
}

/// Begins a row.
pub(super) const fn stop(code: u32, name: &'static str, class: Class) -> Row {
    Row {
        code,
        name,
        variant: None,
        class,
        parameters: [NONE; 4],
        subtypes: &[],
        notices: "",
        implies: None,
        blame: None,
        described: &[],
        raisers: &[],
        identified_by_subtype: false,
        interrupts: false,
        about_waits: false,
        reason_elsewhere: false,
    }
}

/// A parameter without a description.
pub(super) const NONE: Parameter = Parameter {
    role: Role::Reserved,
    meaning: "",
    optional: false,
};

impl Role {
    /// A parameter with this role.
    pub(super) const fn is(self, meaning: &'static str) -> Parameter {
        Parameter {
            role: self,
            meaning,
            optional: false,
        }
    }
}

impl Parameter {
    pub(super) const fn unless_zero(mut self) -> Self {
        self.optional = true;
        self
    }
}

impl Row {
    pub(super) const fn notices(mut self, sentence: &'static str) -> Self {
        self.notices = sentence;
        self
    }

    pub(super) const fn parameters(mut self, parameters: [Parameter; 4]) -> Self {
        self.parameters = parameters;
        self
    }

    pub(super) const fn subtypes(mut self, subtypes: &'static [Subtype]) -> Self {
        self.subtypes = subtypes;
        self
    }

    pub(super) const fn implies(mut self, cause: CauseId) -> Self {
        self.implies = Some(cause);
        self
    }

    pub(super) const fn blames(
        mut self,
        cause: CauseId,
        confidence: Confidence,
        message: &'static str,
    ) -> Self {
        self.blame = Some(Blame {
            cause,
            message,
            confidence,
        });
        self
    }

    pub(super) const fn described(mut self, beginnings: &'static [&'static str]) -> Self {
        self.described = beginnings;
        self
    }

    pub(super) const fn raised_by(mut self, functions: &'static [&'static str]) -> Self {
        self.raisers = functions;
        self
    }

    pub(super) const fn variant(mut self, name: &'static str) -> Self {
        self.variant = Some(name);
        self
    }

    pub(super) const fn identified_by_subtype(mut self) -> Self {
        self.identified_by_subtype = true;
        self
    }

    pub(super) const fn interrupts(mut self) -> Self {
        self.interrupts = true;
        self
    }

    pub(super) const fn about_waits(mut self) -> Self {
        self.about_waits = true;
        self
    }

    pub(super) const fn reason_elsewhere(mut self) -> Self {
        self.reason_elsewhere = true;
        self
    }
}

/// A subtype with the parameters of the row.
pub(super) const fn sub(value: u64, meaning: &'static str) -> Subtype {
    Subtype {
        value,
        meaning,
        whole: false,
        parameters: None,
        implies: None,
        raisers: &[],
    }
}

/// A subtype whose meaning is a complete statement.
pub(super) const fn statement(value: u64, meaning: &'static str) -> Subtype {
    let mut subtype = sub(value, meaning);
    subtype.whole = true;
    subtype
}

impl Subtype {
    /// Parameters 2 to 4 of this subtype.
    pub(super) const fn with(
        mut self,
        second: Parameter,
        third: Parameter,
        fourth: Parameter,
    ) -> Self {
        self.parameters = Some([second, third, fourth]);
        self
    }

    pub(super) const fn implies(mut self, cause: CauseId) -> Self {
        self.implies = Some(cause);
        self
    }

    pub(super) const fn raised_by(mut self, functions: &'static [&'static str]) -> Self {
        self.raisers = functions;
        self
    }
}
