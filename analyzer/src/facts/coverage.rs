//! What the source of the facts covers.
//!
//! A rule that concludes something from what is missing, or that makes do with less, asks this and
//! never what kind of file was read. It is what the source has; what of it could not be read is in
//! [`Facts::unknown`](super::Facts::unknown). Which parameters of the stop are known, the
//! [`Stop`](crate::stop::Stop) itself tells.

/// What a source shows of a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Coverage {
    /// A stop is stated; else it is of a hang, or of a live system. Dumps are taken to be of one.
    pub stop: bool,
    /// Where the stack of the stop comes from.
    pub crash_stack: CrashStack,
    /// All processors and all threads are there, in whatever state. Else those of the facts are a
    /// choice: the stop's own, or those that somebody found worth showing.
    pub every_thread: bool,
    /// The memory of the stacks is there, with what earlier calls left in it. Else a stack is what a
    /// debugger printed: frames and, of some, arguments.
    pub stack_words: bool,
    /// Bytes of code are there, so what drivers did before their calls can be followed. Else only
    /// what a debugger disassembled.
    pub code: bool,
}

/// Where the stack of the stop comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CrashStack {
    /// It is the processor's own.
    Own,
    /// It is not shown; whom `!analyze` named stands for it, as its one frame.
    Implied,
    /// It is not shown.
    None,
}

impl Coverage {
    /// A dump of the kernel's memory: everything.
    pub(crate) const fn full_dump() -> Self {
        Self {
            stop: true,
            crash_stack: CrashStack::Own,
            every_thread: true,
            stack_words: true,
            code: true,
        }
    }

    /// A minidump: the stop's processor, thread and stack (if it was saved), and some memory.
    pub(crate) const fn minidump(has_stack: bool) -> Self {
        Self {
            stop: true,
            crash_stack: match has_stack {
                true => CrashStack::Own,
                false => CrashStack::None,
            },
            every_thread: false,
            stack_words: has_stack,
            code: true,
        }
    }

    /// A debugger's log: what was printed of it.
    pub(crate) const fn log(stop: bool, crash_stack: CrashStack) -> Self {
        Self {
            stop,
            crash_stack,
            every_thread: false,
            stack_words: false,
            code: false,
        }
    }

    /// Whether there is memory of the system to look into, beyond what somebody printed.
    pub(crate) const fn has_memory(&self) -> bool {
        self.stack_words || self.code
    }
}

/// Facts hide nothing unless they say so.
impl Default for Coverage {
    fn default() -> Self {
        Self::full_dump()
    }
}
