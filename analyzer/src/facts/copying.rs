//! A copy or a fill that was under way when it faulted, from the code and the registers.

use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register as X86,
};

/// Instructions after the faulting one in which the loop must end.
const LOOP: usize = 24;
/// Bytes of a loop.
const LOOP_BYTES: u64 = 0x100;
/// Bytes that are read after the faulting instruction.
const AHEAD: usize = 0xC0;

/// How the instruction repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeats {
    /// `rep movs`, `rep stos`.
    ByPrefix,
    /// It lies in a loop that stores, and that moves its address on.
    InLoop,
    /// Not that the code shows.
    NotShown,
}

/// The access of an instruction that may be part of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Copying {
    pub repeats: Repeats,
    /// Bytes of one access.
    pub width: u64,
    /// Elements that are left, of a repeated instruction whose RCX is known.
    pub left: Option<u64>,
    /// RAX and R11, as far as they are known: copy functions keep their destination in one of them.
    pub kept: Vec<u64>,
}

/// The copying of the instruction at `rip`. `code` reads at most so many bytes at an address, and
/// `value` knows registers. `None` if the bytes are not known, or touch no memory.
pub(crate) fn copying_of(
    rip: u64,
    code: impl Fn(u64, usize) -> Vec<u8>,
    value: impl Fn(X86) -> Option<u64>,
) -> Option<Copying> {
    let ahead = decode(&code(rip, AHEAD), rip);
    let instruction = ahead.first()?;
    let by_prefix = instruction.is_string_instruction()
        && (instruction.has_rep_prefix() || instruction.has_repne_prefix());
    let moves = matches!(
        instruction.mnemonic(),
        Mnemonic::Movsb
            | Mnemonic::Movsw
            | Mnemonic::Movsd
            | Mnemonic::Movsq
            | Mnemonic::Stosb
            | Mnemonic::Stosw
            | Mnemonic::Stosd
            | Mnemonic::Stosq
    );
    let width = instruction.memory_size().size() as u64;
    if width == 0 {
        return None;
    }
    let repeats = match (by_prefix && moves, in_loop(&ahead, &code)) {
        (true, _) => Repeats::ByPrefix,
        (false, true) => Repeats::InLoop,
        (false, false) => Repeats::NotShown,
    };
    Some(Copying {
        repeats,
        width,
        left: value(X86::RCX).filter(|_| repeats == Repeats::ByPrefix),
        kept: [X86::RAX, X86::R11].into_iter().filter_map(value).collect(),
    })
}

/// Whether the first instruction lies in a loop that stores to memory and moves its address on.
fn in_loop(ahead: &[Instruction], code: &impl Fn(u64, usize) -> Vec<u8>) -> bool {
    let Some(first) = ahead.first() else {
        return false;
    };
    let back = |one: &&Instruction| {
        let branches = one.flow_control() == FlowControl::ConditionalBranch;
        let target = one.near_branch_target();
        branches && target <= first.ip() && one.next_ip() - target <= LOOP_BYTES
    };
    let straight = |one: &&Instruction| {
        let control = one.flow_control();
        matches!(control, FlowControl::Next | FlowControl::ConditionalBranch)
    };
    let mut inside = ahead.iter().take(LOOP).take_while(straight);
    let Some(end) = inside.find(back) else {
        return false;
    };
    let start = end.near_branch_target();
    let body = decode(&code(start, (end.next_ip() - start) as usize), start);
    let pointers = [first.memory_base(), first.memory_index()];
    let pointers = pointers.map(|register| register.full_register());
    let moves_on = |one: &Instruction| {
        let adds = matches!(
            one.mnemonic(),
            Mnemonic::Add | Mnemonic::Sub | Mnemonic::Inc | Mnemonic::Dec | Mnemonic::Lea
        );
        let register = one.op0_register().full_register();
        adds && register != X86::None && pointers.contains(&register)
    };
    let stores = |one: &Instruction| one.op_count() == 2 && one.op0_kind() == OpKind::Memory;
    body.iter().any(moves_on) && body.iter().any(stores)
}

fn decode(bytes: &[u8], address: u64) -> Vec<Instruction> {
    Decoder::with_ip(64, bytes, address, DecoderOptions::NONE)
        .into_iter()
        .take_while(|instruction| !instruction.is_invalid())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The copying of the instruction at offset `at` of `code`, with these registers.
    fn copying(code: &[u8], at: usize, registers: &[(X86, u64)]) -> Option<Copying> {
        let base = 0x1000;
        let read = |address: u64, length: usize| {
            let start = (address - base) as usize;
            let end = code.len().min(start + length);
            code.get(start..end).unwrap_or_default().to_vec()
        };
        let value = |register| {
            let mut known = registers.iter();
            known
                .find(|(one, _)| *one == register)
                .map(|(_, value)| *value)
        };
        copying_of(base + at as u64, read, value)
    }

    #[test]
    fn a_repeated_instruction_has_a_count() {
        // rep movsq; rep stosd; movsb.
        let found = copying(&[0xF3, 0x48, 0xA5], 0, &[(X86::RCX, 7)]).unwrap();
        assert_eq!((found.repeats, found.width), (Repeats::ByPrefix, 8));
        assert_eq!(found.left, Some(7));
        let found = copying(&[0xF3, 0xAB], 0, &[]).unwrap();
        assert_eq!((found.width, found.left), (4, None));
        let once = copying(&[0xA4], 0, &[(X86::RCX, 7)]).unwrap();
        assert_eq!((once.repeats, once.left), (Repeats::NotShown, None));
    }

    #[test]
    fn a_loop_that_stores_and_moves_on_copies() {
        // 0: mov al,[rdx]; 2: mov [rcx],al; 4: inc rdx; 7: inc rcx; a: dec r8; d: jne 0; f: ret
        let code = [
            0x8a, 0x02, 0x88, 0x01, 0x48, 0xff, 0xc2, 0x48, 0xff, 0xc1, 0x49, 0xff, 0xc8, 0x75,
            0xf1, 0xc3,
        ];
        for at in [0, 2] {
            let kept = [(X86::RAX, 0x10), (X86::R11, 0x20)];
            let found = copying(&code, at, &kept).unwrap();
            assert_eq!((found.repeats, found.width), (Repeats::InLoop, 1));
            assert_eq!(found.kept, [0x10, 0x20]);
        }
    }

    #[test]
    fn what_walks_a_list_or_runs_once_does_not_copy() {
        // 0: mov rax,[rax]; 3: mov [rbx],rax; 6: test rax,rax; 9: jne 0
        let walk = [
            0x48, 0x8b, 0x00, 0x48, 0x89, 0x03, 0x48, 0x85, 0xc0, 0x75, 0xf5,
        ];
        let found = copying(&walk, 0, &[]).unwrap();
        assert_eq!(found.repeats, Repeats::NotShown);
        // mov [rcx],al; inc rcx; ret
        let once = [0x88, 0x01, 0x48, 0xff, 0xc1, 0xc3];
        assert_eq!(copying(&once, 0, &[]).unwrap().repeats, Repeats::NotShown);
        // No memory; no code.
        assert_eq!(copying(&[0xc3], 0, &[]), None);
        assert_eq!(copying(&[], 0, &[]), None);
    }
}
