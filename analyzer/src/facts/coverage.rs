//! What the source of the facts covers.
//!
//! A rule that concludes from missing facts asks this, never what kind of file was read. What could
//! not be read of the source is in [`Facts::unknown`](super::Facts::unknown). Which parameters of
//! the stop are known is in [`Stop`](crate::stop::Stop).

/// What a source covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Coverage {
    /// There is a stop. Without one, the source shows a hang or a live system. Dumps always count
    /// as having one.
    pub stop: bool,
    /// Where the stack of the stop comes from.
    pub crash_stack: CrashStack,
    /// All processors and threads are there. Otherwise the source shows a selection: those of the
    /// stop, or those that were printed.
    pub every_thread: bool,
    /// The memory of the stacks is there, with residue of earlier calls. Otherwise a stack is what
    /// a debugger printed: frames, some with arguments.
    pub stack_words: bool,
    /// Code bytes are there. Otherwise only what a debugger disassembled.
    pub code: bool,
}

/// Where the stack of the stop comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CrashStack {
    /// The processor's own stack.
    Own,
    /// Not shown; the function that `!analyze` blamed stands for it, as its only frame.
    Implied,
    /// Not shown.
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

    /// A debugger's log: what was printed.
    pub(crate) const fn log(stop: bool, crash_stack: CrashStack) -> Self {
        Self {
            stop,
            crash_stack,
            every_thread: false,
            stack_words: false,
            code: false,
        }
    }

    /// Whether the source has memory, not only printed output.
    pub(crate) const fn has_memory(&self) -> bool {
        self.stack_words || self.code
    }
}

/// Facts of tests cover everything unless they say otherwise.
impl Default for Coverage {
    fn default() -> Self {
        Self::full_dump()
    }
}
