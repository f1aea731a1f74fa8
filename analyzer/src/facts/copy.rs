//! A copy or fill that ran from one page into the next, where no memory is.

use iced_x86::{Code, Decoder, DecoderOptions, Instruction, Register as X86};

use super::stacks::FrameFacts;
use crate::stop::Access;

const PAGE: u64 = 0x1000;
/// First address of the kernel's half.
const KERNEL: u64 = 0xFFFF_8000_0000_0000;
/// How far before the fault a copy may have begun.
const LONGEST: u64 = 16 << 20;
/// How far above the stack pointer a buffer on the stack may begin.
const STACK: u64 = 0x6000;
/// Functions that write a run of bytes, by the part of the name without `_` in front.
const WRITERS: &[&str] = &[
    "memcpy",
    "memmove",
    "memset",
    "RtlCopyMemory",
    "RtlMoveMemory",
    "RtlFillMemory",
    "RtlZeroMemory",
    "RtlSecureZeroMemory",
    "RtlpCopy",
    "RtlCopyBytes",
    "strcpy",
    "strncpy",
    "wcscpy",
    "wcsncpy",
];
/// Where such functions keep the start of their destination: to return it.
const STARTS: [X86; 2] = [X86::R11, X86::RAX];

/// A write at the start of a page by a copy that began on a page before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Copy {
    /// Where the copy began, with the register that holds it.
    pub started: Option<(&'static str, u64)>,
    /// Bytes that were still to be written, if the instruction counts them.
    pub left: Option<u64>,
    /// Whether the destination is on the stack.
    pub on_stack: bool,
}

/// The copy that wrote to `address` by the instruction in `bytes` (empty if not known), in `frame`.
/// `None` unless it reached the page from the one before.
pub(crate) fn copy(
    frame: &FrameFacts,
    bytes: &[u8],
    access: Access,
    address: u64,
    value: impl Fn(X86) -> Option<u64>,
) -> Option<Copy> {
    if access != Access::Write || !address.is_multiple_of(PAGE) || address < KERNEL {
        return None;
    }
    let before = |start: &u64| *start < address && address - start <= LONGEST;
    let left = repeated(bytes, address, &value);
    let started = is_writer(frame)
        .then(|| {
            STARTS.into_iter().find_map(|register| {
                let start = value(register).filter(before)?;
                Some((name(register), start))
            })
        })
        .flatten();
    // Whole pages left: the copy may just as well have begun here.
    let left = left.filter(|left| started.is_some() || !left.is_multiple_of(PAGE));
    if started.is_none() && left.is_none() {
        return None;
    }
    let stack = frame.sp.or_else(|| value(X86::RSP));
    let on_stack = stack
        .zip(started)
        .is_some_and(|(sp, (_, start))| start.checked_sub(sp).is_some_and(|above| above < STACK));
    Some(Copy {
        started,
        left,
        on_stack,
    })
}

/// Bytes that a repeated string instruction at its destination `address` had left.
fn repeated(bytes: &[u8], address: u64, value: impl Fn(X86) -> Option<u64>) -> Option<u64> {
    let mut decoder = Decoder::with_ip(64, bytes, 0, DecoderOptions::NONE);
    let instruction: Instruction = decoder.decode();
    let width = match instruction.code() {
        Code::Movsb_m8_m8 | Code::Stosb_m8_AL => 1,
        Code::Movsw_m16_m16 | Code::Stosw_m16_AX => 2,
        Code::Movsd_m32_m32 | Code::Stosd_m32_EAX => 4,
        Code::Movsq_m64_m64 | Code::Stosq_m64_RAX => 8,
        _ => return None,
    };
    if !instruction.has_rep_prefix() || value(X86::RDI)? != address {
        return None;
    }
    let left = value(X86::RCX)?.checked_mul(width)?;
    (left > 0 && left <= LONGEST).then_some(left)
}

fn is_writer(frame: &FrameFacts) -> bool {
    let name = frame.symbol.function.as_deref().unwrap_or("");
    let name = name.trim_start_matches('_');
    WRITERS.iter().any(|start| name.starts_with(start))
}

fn name(register: X86) -> &'static str {
    match register {
        X86::R11 => "r11",
        _ => "rax",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Symbol;
    use crate::verdict::Trust;

    const PAGE_START: u64 = 0xffff_cf81_085c_9000;
    const REP_MOVSQ: [u8; 3] = [0xF3, 0x48, 0xA5];
    /// `mov [rcx-1], al`.
    const STORE: [u8; 3] = [0x88, 0x41, 0xFF];

    fn frame(function: &str) -> FrameFacts {
        FrameFacts {
            address: Some(1),
            symbol: Symbol {
                function: Some(function.to_owned()),
                ..Symbol::default()
            },
            trust: Trust::TrapFrame,
            context: None,
            sp: None,
            volatile_known: false,
        }
    }

    fn found(function: &str, bytes: &[u8], address: u64, values: &[(X86, u64)]) -> Option<Copy> {
        copy(&frame(function), bytes, Access::Write, address, |wanted| {
            let found = values.iter().find(|(register, _)| *register == wanted);
            found.map(|(_, value)| *value)
        })
    }

    #[test]
    fn a_copy_that_began_on_the_page_before_ran_over_its_buffer() {
        let began = [(X86::R11, PAGE_START - 0x60)];
        let copy = found("memcpy", &STORE, PAGE_START, &began).unwrap();
        assert_eq!(copy.started, Some(("r11", PAGE_START - 0x60)));
        assert!(!copy.on_stack);
        let on_stack = [
            (X86::RAX, PAGE_START - 0x60),
            (X86::RSP, PAGE_START - 0x200),
        ];
        assert!(
            found("memset", &STORE, PAGE_START, &on_stack)
                .unwrap()
                .on_stack
        );
    }

    #[test]
    fn a_copy_that_may_have_begun_at_the_fault_proves_nothing() {
        let here = [(X86::R11, PAGE_START)];
        assert_eq!(found("memcpy", &STORE, PAGE_START, &here), None);
        assert_eq!(found("memcpy", &STORE, PAGE_START, &[]), None);
        // Within a page; in the user's half; not a copy.
        let began = |address: u64| [(X86::R11, address - 0x60)];
        let inside = PAGE_START + 0x10;
        assert_eq!(found("memcpy", &STORE, inside, &began(inside)), None);
        assert_eq!(found("memcpy", &STORE, 0x7000, &began(0x7000)), None);
        assert_eq!(found("Send", &STORE, PAGE_START, &began(PAGE_START)), None);
    }

    #[test]
    fn a_repeated_store_with_an_uneven_rest_began_earlier() {
        let at = |rcx: u64, rdi: u64| [(X86::RCX, rcx), (X86::RDI, rdi)];
        let rest = at(0x13, PAGE_START);
        let copy = found("Send", &REP_MOVSQ, PAGE_START, &rest).unwrap();
        assert_eq!((copy.left, copy.started), (Some(0x98), None));
        for values in [
            // A whole page is left: it may have begun here.
            at(0x200, PAGE_START),
            at(0, PAGE_START),
            // The source faulted.
            at(0x13, PAGE_START - 0x1000),
        ] {
            assert_eq!(found("Send", &REP_MOVSQ, PAGE_START, &values), None);
        }
    }
}
