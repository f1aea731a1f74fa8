//! The kinds of dumps and machines in a header.

use std::fmt;

/// `DUMP_HEADER64.DumpType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DumpKind {
    /// 1: all physical memory.
    Full,
    /// 2: summary dump of old systems.
    Summary,
    /// 4: a minidump, also called triage dump.
    Triage,
    /// 5: kernel or active memory, with a bitmap of the pages.
    Bitmap,
    /// 6: a live dump of the kernel.
    LiveKernel,
    /// 8: kernel memory, as a kernel debugger writes it.
    Kernel,
    /// 9: kernel and user memory, as a kernel debugger writes it.
    KernelAndUser,
    /// 10: all memory, as a kernel debugger writes it.
    Complete,
    /// Not a crash dump: QEMU's ELF file with a guest's memory.
    Elf,
    /// Not a crash dump: a flat file with a machine's memory.
    RawMemory,
    /// Anything else.
    Other(u32),
}

impl DumpKind {
    /// From the header's number.
    pub fn from_code(code: u32) -> Self {
        match code {
            1 => Self::Full,
            2 => Self::Summary,
            4 => Self::Triage,
            5 => Self::Bitmap,
            6 => Self::LiveKernel,
            8 => Self::Kernel,
            9 => Self::KernelAndUser,
            10 => Self::Complete,
            other => Self::Other(other),
        }
    }

    /// The header's number; 0 for files that have no such header.
    pub fn code(self) -> u32 {
        match self {
            Self::Full => 1,
            Self::Summary => 2,
            Self::Triage => 4,
            Self::Bitmap => 5,
            Self::LiveKernel => 6,
            Self::Kernel => 8,
            Self::KernelAndUser => 9,
            Self::Complete => 10,
            Self::Elf | Self::RawMemory => 0,
            Self::Other(code) => code,
        }
    }

    /// Whether [`crate::analyze`] reads the memory of this kind. Of the other kinds it reads only
    /// the header.
    pub fn is_supported(self) -> bool {
        matches!(
            self,
            Self::Full
                | Self::Triage
                | Self::Elf
                | Self::RawMemory
                | Self::Bitmap
                | Self::LiveKernel
                | Self::Kernel
                | Self::KernelAndUser
                | Self::Complete
        )
    }

    /// The stable name used in verdicts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Summary => "summary",
            Self::Triage => "triage",
            Self::Bitmap => "bitmap",
            Self::LiveKernel => "live-kernel",
            Self::Kernel => "kernel",
            Self::KernelAndUser => "kernel-and-user",
            Self::Complete => "complete",
            Self::Elf => "elf",
            Self::RawMemory => "raw-memory",
            Self::Other(_) => "unknown",
        }
    }
}

impl fmt::Display for DumpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full memory dump",
            Self::Summary => "summary dump",
            Self::Triage => "minidump (triage dump)",
            Self::Bitmap => "bitmap (kernel or active memory) dump",
            Self::LiveKernel => "live kernel dump",
            Self::Kernel => "kernel memory dump",
            Self::KernelAndUser => "kernel and user memory dump",
            Self::Complete => "complete memory dump",
            Self::Elf => "ELF file with a guest's memory",
            Self::RawMemory => "file of raw memory",
            Self::Other(_) => "dump of an unknown kind",
        })
    }
}

/// `DUMP_HEADER64.MachineImageType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Machine {
    /// 0x8664.
    X64,
    /// 0xAA64.
    Arm64,
    /// 0x14C.
    X86,
    /// Anything else.
    Other(u32),
}

impl Machine {
    /// From the header's number.
    pub fn from_code(code: u32) -> Self {
        match code {
            0x8664 => Self::X64,
            0xAA64 => Self::Arm64,
            0x14C => Self::X86,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::X64 => f.write_str("x64"),
            Self::Arm64 => f.write_str("arm64"),
            Self::X86 => f.write_str("x86"),
            Self::Other(code) => write!(f, "machine {code:#x}"),
        }
    }
}
