//! The x64 CONTEXT record (winnt.h; its layout is documented and the same in all versions).

use super::{Bytes, is_canonical};

/// Bytes of a CONTEXT that are read here; the whole record has 0x4D0.
pub(crate) const CONTEXT_SIZE: usize = 0x4D0;

/// `ContextFlags`: x64, with control, integer and segment registers.
pub(super) const CONTEXT_FLAGS: u32 = 0x0010_0007;

/// General-purpose registers in hardware numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Register {
    Rax,
    Rcx,
    Rdx,
    Rbx,
    Rsp,
    Rbp,
    Rsi,
    Rdi,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
}

impl Register {
    /// All, in hardware numbering.
    pub(crate) const ALL: [Self; 16] = [
        Self::Rax,
        Self::Rcx,
        Self::Rdx,
        Self::Rbx,
        Self::Rsp,
        Self::Rbp,
        Self::Rsi,
        Self::Rdi,
        Self::R8,
        Self::R9,
        Self::R10,
        Self::R11,
        Self::R12,
        Self::R13,
        Self::R14,
        Self::R15,
    ];
}

/// Integer registers of a processor at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Context {
    pub rip: u64,
    /// RAX to R15 in hardware numbering.
    pub gpr: [u64; 16],
    pub eflags: u32,
    /// Code segment; its low two bits are the privilege level.
    pub cs: u16,
}

impl Context {
    /// From the bytes of a CONTEXT; `None` if there are too few.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = Bytes(bytes);
        let mut gpr = [0; 16];
        for (index, value) in gpr.iter_mut().enumerate() {
            *value = bytes.u64(0x78 + 8 * index)?;
        }
        Some(Self {
            rip: bytes.u64(0xF8)?,
            gpr,
            eflags: bytes.u32(0x44)?,
            cs: bytes.u16(0x38)?,
        })
    }

    /// The registers as the bytes of a CONTEXT record.
    pub(crate) fn record(&self) -> Vec<u8> {
        let mut bytes = vec![0; CONTEXT_SIZE];
        let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
        put(0x30, &CONTEXT_FLAGS.to_le_bytes());
        put(0x38, &self.cs.to_le_bytes());
        put(0x44, &self.eflags.to_le_bytes());
        for (index, value) in self.gpr.into_iter().enumerate() {
            put(0x78 + 8 * index, &value.to_le_bytes());
        }
        put(0xF8, &self.rip.to_le_bytes());
        bytes
    }

    pub(crate) fn get(&self, register: Register) -> u64 {
        self.gpr[register as usize]
    }

    pub(crate) fn set(&mut self, register: Register, value: u64) {
        self.gpr[register as usize] = value;
    }

    pub(crate) fn rsp(&self) -> u64 {
        self.get(Register::Rsp)
    }

    /// Whether this can be a saved context: it is filled in, and its addresses are canonical.
    pub(crate) fn is_plausible(&self) -> bool {
        self.rip != 0 && is_canonical(self.rip) && self.rsp() != 0 && is_canonical(self.rsp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_where_winnt_h_has_them() {
        let mut bytes = vec![0; CONTEXT_SIZE];
        bytes[0x38..0x3A].copy_from_slice(&0x10u16.to_le_bytes());
        bytes[0x80..0x88].copy_from_slice(&7u64.to_le_bytes());
        bytes[0x98..0xA0].copy_from_slice(&0xffff_8000_0000_1000u64.to_le_bytes());
        bytes[0xF8..0x100].copy_from_slice(&0xffff_f800_0000_1000u64.to_le_bytes());
        let context = Context::parse(&bytes).unwrap();
        assert_eq!(context.get(Register::Rcx), 7);
        assert_eq!(context.cs, 0x10);
        assert!(context.is_plausible());
        assert_eq!(Context::parse(&context.record()), Some(context));
        assert!(!Context::default().is_plausible());
        assert_eq!(Context::parse(&bytes[..0xF0]), None);
    }
}
