//! What the table says of one stop code.

pub(super) use super::access::AccessCode;
use crate::verdict::{CauseId, Confidence};

/// One stop code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub code: u32,
    /// As bugcodes.h names it.
    pub name: &'static str,
    /// What bugcodes.h calls the code with the variant bit, if it has a name of its own.
    pub variant: Option<&'static str>,
    pub class: Class,
    pub parameters: [Parameter; 4],
    /// What the first parameter may say, where it is a subtype.
    pub subtypes: &'static [Subtype],
    /// What the kernel noticed when it raised the stop: one or two sentences.
    pub notices: &'static str,
    /// The cause that the code alone stands for; a subtype may name another.
    pub implies: Option<CauseId>,
    /// How to blame by the code alone, where no rule knows more.
    pub blame: Option<Blame>,
    /// How the description that `!analyze` prints begins to be unique, in lower case.
    pub described: &'static [&'static str],
    /// Functions of the kernel that raise this stop and no other, by the beginnings of their names.
    pub raisers: &'static [&'static str],
    /// Whether the subtype is part of the bug's identity.
    pub identified_by_subtype: bool,
    /// Whether the crash stack is that of code which happened to run, not of code which raised the
    /// stop.
    pub interrupts: bool,
    /// Whether the stop is about threads that wait.
    pub about_waits: bool,
    /// Whether the reason must be looked for among the threads, as after a forced stop.
    pub reason_elsewhere: bool,
}

/// What kind of event a stop is: it decides which facts matter and how the stop is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// A memory access that could not be served.
    Fault,
    /// An exception that nobody handled, or a processor trap.
    Exception,
    /// A time limit ran out.
    Watchdog,
    /// Somebody asked for the dump: a key, an NMI, a power button, a live dump.
    Forced,
    /// A check of Driver Verifier.
    Verifier,
    /// The pool allocator or special pool.
    Pool,
    /// A lock, the IRQL or an APC count is not as it must be.
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
    /// The system could not start or go on without something: a process, a file, a volume.
    Startup,
    /// Anything else.
    Other,
}

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing is said about it, or it is reserved.
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
    /// `ExceptionInformation` of an `EXCEPTION_RECORD`: of an access violation the kind of access,
    /// then the address.
    ExceptionInformation,
    /// NTSTATUS of a failure.
    Status,
    /// An IRP.
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
    /// An address in a pool block, as the block's user knows it: Driver Verifier's log of the pool
    /// has it.
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
    /// A number of things.
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
    /// A value some of which have names.
    Named(&'static [(u64, &'static str)]),
    /// Internal: where in the source the stop was raised.
    Internal,
}

/// A parameter of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub role: Role,
    /// What it is: the value is added behind a colon, or takes the place of `{}`. Empty if nothing is
    /// known.
    pub meaning: &'static str,
    /// Whether zero stands for no value.
    pub optional: bool,
}

/// One value of a first parameter that is a subtype.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subtype {
    pub value: u64,
    /// What it says; empty where its rule says more than a row can.
    pub meaning: &'static str,
    /// Whether `meaning` needs no words before it.
    pub whole: bool,
    /// The parameters of this subtype, where they differ from the row's; the first is ignored.
    pub parameters: Option<[Parameter; 3]>,
    /// The cause that code and subtype stand for.
    pub implies: Option<CauseId>,
    /// Functions of the kernel that raise the stop with this subtype only.
    pub raisers: &'static [&'static str],
}

/// How to blame by the code alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blame {
    pub cause: CauseId,
    /// What happened, in words that begin a sentence but for the capital.
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

/// A parameter of which nothing is known.
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

/// A subtype whose other parameters are the row's.
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

/// A subtype whose meaning is a statement of its own.
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
