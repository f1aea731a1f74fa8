//! Instructions and registers written by hand: what a generator does not think of.

use super::*;

const RIP: u64 = 0xffff_f806_1234_5ae9;
const POOL: u64 = 0xffff_908b_1287_d6e0;

fn registers(values: &[(Register, u64)]) -> Registers {
    let mut registers = Registers::all(Context::default());
    for register in Register::ALL {
        registers.set(register, POOL + 0x10_0000 * (register as u64 + 1));
    }
    for &(register, value) in values {
        registers.set(register, value);
    }
    registers
}

fn fault<'b>(
    bytes: &'b [u8],
    values: &[(Register, u64)],
    address: u64,
    access: Access,
) -> Faulted<'b> {
    Faulted {
        rip: RIP,
        bytes,
        registers: registers(values),
        address,
        access,
    }
}

#[test]
fn another_base_register_is_one_bit_away() {
    // mov eax,[rcx+18h], executed as mov eax,[rbp+18h] with RBP = 0.
    let bytes = [0x8B, 0x41, 0x18, 0x48, 0x85, 0xC0];
    let at = fault(&bytes, &[(Register::Rbp, 0)], 0x18, Access::Read);
    let found = impossible(&at).unwrap();
    assert!(found.all_tried);
    let flip = damage(&at, found.single().unwrap(), |_| Some(0x1000));
    assert_eq!((flip.bit, flip.physical.unwrap().0), (10, 0x1000));
    assert_eq!(
        (flip.was.0 & 0xFFFF, flip.should_be.0 & 0xFFFF),
        (0x458B, 0x418B)
    );
    let lines = arithmetic(&at, &found).join("\n");
    for wanted in [
        "8b 41 18",
        "mov eax,[rcx+18h]",
        "reads 4 bytes at rcx + 0x18",
        "a read of 0x18, which it cannot have touched",
        "(0x41 to 0x45) the bytes are 8b 45 18",
        "mov eax,[rbp+18h]",
        "rbp + 0x18 = 0x0 + 0x18 = 0x18, as reported",
    ] {
        assert!(lines.contains(wanted), "{wanted}: {lines}");
    }
}

#[test]
fn a_register_that_is_not_known_leaves_room_for_another_explanation() {
    let bytes = [0x8B, 0x41, 0x18];
    let mut at = fault(&bytes, &[(Register::Rbp, 0)], 0x18, Access::Read);
    let mut known = Registers::default();
    for register in [Register::Rcx, Register::Rbp, Register::Rsp] {
        known.set(register, at.registers.get(register).unwrap());
    }
    at.registers = known;
    let found = impossible(&at).unwrap();
    assert!(found.single().is_some() && !found.all_tried);
    // Without RCX, the instruction itself may have done it.
    at.registers = Registers::default();
    assert!(impossible(&at).is_none());
}

#[test]
fn what_reaches_memory_otherwise_proves_nothing() {
    for (name, bytes) in [
        (
            "mov rax,gs:[188h]",
            &[0x65, 0x48, 0x8B, 4, 0x25, 0x88, 1, 0, 0][..],
        ),
        ("iretq", &[0x48, 0xCF]),
        ("xsave64 [rcx]", &[0x48, 0x0F, 0xAE, 0x21]),
        ("mov ss,ax", &[0x8E, 0xD0]),
        ("int 3", &[0xCC]),
        ("lgdt [rax]", &[0x0F, 0x01, 0x10]),
        ("vpgatherdd", &[0xC4, 0xE2, 0x71, 0x90, 0x04, 0x90]),
        ("syscall", &[0x0F, 0x05]),
        ("cut off", &[0x48, 0x8B]),
        ("nothing", &[]),
    ] {
        let at = fault(bytes, &[], 0x1234_5000, Access::Read);
        assert!(impossible(&at).is_none(), "{name}");
    }
}

#[test]
fn repeated_moves_reach_all_that_is_left() {
    let bytes = [0xF3, 0xA4];
    let count = [(Register::Rcx, 0x3000), (Register::Rdi, POOL)];
    for address in [POOL, POOL + 0x2FFF, POOL - 0x1000, POOL + 0x3030] {
        let at = fault(&bytes, &count, address, Access::Write);
        assert!(impossible(&at).is_none(), "{address:#x}");
    }
    let at = fault(&bytes, &count, POOL + 0x80_0000_0000, Access::Write);
    assert!(impossible(&at).is_some());
}

#[test]
fn faults_that_report_no_address_or_a_fetch_prove_nothing() {
    let bytes = [0x8B, 0x41, 0x18];
    for (address, access) in [
        (u64::MAX, Access::Read),
        (0x0123_4567_89AB_CDEF, Access::Read),
        (0x5000, Access::Execute),
        (0x5000, Access::Unknown),
        // The instruction itself lay on the next page.
        (RIP + 5, Access::Read),
    ] {
        let at = fault(&bytes, &[], address, access);
        assert!(impossible(&at).is_none(), "{address:#x} {access:?}");
    }
    // A non-canonical pointer is another exception.
    let wild = [(Register::Rcx, 0x0123_4567_89AB_CDEF)];
    assert!(impossible(&fault(&bytes, &wild, 0x5000, Access::Read)).is_none());
}

#[test]
fn two_bits_that_explain_it_are_both_named() {
    // [rcx+8]: bit 4 of RCX, or bit 4 of the displacement.
    let bytes = [0x8B, 0x41, 0x08];
    let base = POOL & !0xFF;
    let at = fault(&bytes, &[(Register::Rcx, base)], base + 0x18, Access::Read);
    let found = impossible(&at).unwrap();
    assert_eq!(found.flips.len(), 2, "{found:?}");
    assert!(found.single().is_none());
    let lines = arithmetic(&at, &found).join("\n");
    assert!(lines.contains("2 single bits explain that"), "{lines}");
}

#[test]
fn the_kind_of_access_must_fit() {
    // mov [rcx],eax with one bit changed is mov eax,[rcx]: the address is the same. A read of
    // another register's memory cannot be a flip to a store.
    let bytes = [0x89, 0x41, 0x18];
    let at = fault(&bytes, &[(Register::Rbp, 0)], 0x18, Access::Write);
    assert!(impossible(&at).unwrap().single().is_some());
    let at = fault(&bytes, &[(Register::Rbp, 0)], 0x18, Access::Read);
    assert!(impossible(&at).unwrap().flips.is_empty());
}

/// Code that ends at the faulting instruction; `tail` begins there.
fn window(code: &[u8], tail: &[u8]) -> Window {
    let start = RIP - code.len() as u64 - 32;
    let mut bytes = vec![0x90; 32];
    bytes.extend_from_slice(code);
    bytes.extend_from_slice(tail);
    Window::new(&bytes, start, RIP).unwrap()
}

/// mov rax,[rbx+20h]; test rax,rax; je +…
const CHECKED: [u8; 9] = [0x48, 0x8B, 0x43, 0x20, 0x48, 0x85, 0xC0, 0x74, 0x20];
/// mov edx,[rax+10h]
const USED: [u8; 3] = [0x8B, 0x50, 0x10];

#[test]
fn a_checked_pointer_with_one_high_bit_was_null() {
    let value = 1 << 41;
    let at = fault(&USED, &[(Register::Rax, value)], value + 0x10, Access::Read);
    let found = damaged_pointer(&at, &window(&CHECKED, &USED)).unwrap();
    assert_eq!((found.register, found.bit), (Register::Rax, 41));
    let from = at.registers.get(Register::Rbx).unwrap() + 0x20;
    assert_eq!(found.loaded.unwrap().from, Some(from));
    let lines = found.arithmetic(&at).join("\n");
    for wanted in [
        "test rax,rax",
        "single bit set, bit 41",
        "mov rax,[rbx+20h], from",
    ] {
        assert!(lines.contains(wanted), "{wanted}: {lines}");
    }
}

#[test]
fn an_unchecked_or_ordinary_pointer_proves_nothing() {
    let null = |value: u64, code: &[u8]| {
        let at = fault(&USED, &[(Register::Rax, value)], value + 0x10, Access::Read);
        damaged_pointer(&at, &window(code, &USED)).map(|found| found.bit)
    };
    // Never compared; compared, but control comes if it *is* NULL; another register compared.
    assert_eq!(null(1 << 41, &[0x48, 0x8B, 0x43, 0x20]), None);
    let mut code = CHECKED;
    code[7] = 0x75;
    assert_eq!(null(1 << 41, &code), None);
    code = CHECKED;
    code[6] = 0xC9;
    assert_eq!(null(1 << 41, &code), None);
    // A field's offset, a size, two bits, the sign.
    for value in [0x10, 1 << 20, 1 << 32, 1 << 41 | 1, 1 << 63, POOL] {
        assert_eq!(null(value, &CHECKED), None, "{value:#x}");
    }
    // Loaded again after the comparison.
    let mut code = CHECKED.to_vec();
    code.extend([0x48, 0x8B, 0x43, 0x28]);
    assert_eq!(null(1 << 41, &code), None);
    // A call in between destroys RAX.
    let mut code = CHECKED.to_vec();
    code.extend([0xE8, 0, 1, 0, 0]);
    assert_eq!(null(1 << 41, &code), None);
}

#[test]
fn a_pointer_is_followed_back_to_its_load() {
    let at = fault(&USED, &[(Register::Rax, POOL)], POOL + 0x10, Access::Read);
    let load = |code: &[u8]| loaded_pointer(&at, &window(code, &USED));
    let from = at.registers.get(Register::Rbx).unwrap() + 0x20;
    let (register, value, found) = load(&CHECKED).unwrap();
    assert_eq!(
        (register, value, found.from),
        (Register::Rax, POOL, Some(from))
    );
    // A store may have changed its source, a call both.
    for between in [&[0x48, 0x89, 0x53, 0x20][..], &[0xE8, 0, 1, 0, 0]] {
        assert!(load(&[&CHECKED[..4], between].concat()).is_none());
    }
}

#[test]
fn a_copy_that_differs_in_one_high_bit_is_the_same_pointer() {
    let is_valid = |address: u64| address == POOL;
    let at = |value: u64| fault(&USED, &[(Register::Rax, value)], value + 0x10, Access::Read);
    let stack = |word: u64| vec![(0x1000, 7), (0x1008, word)];
    let found = neighbour(&at(POOL ^ 1 << 44), &stack(POOL), is_valid).unwrap();
    assert_eq!((found.register, found.bit), (Register::Rax, 44));
    assert!(found.copy.contains("the stack at 0x1008"));
    // Low bits, two bits, a copy that is no valid pointer.
    for value in [POOL ^ 1 << 12, POOL ^ 1 << 24, POOL ^ 3 << 40] {
        assert!(neighbour(&at(value), &stack(POOL), is_valid).is_none());
    }
    assert!(neighbour(&at(POOL ^ 1 << 44), &stack(POOL), |_| false).is_none());
    assert!(neighbour(&at(POOL ^ 1 << 44), &stack(7), is_valid).is_none());
    // Two valid pointers, each a bit away: neither is the right one for sure.
    let two = [(0x1000, POOL), (0x1008, POOL ^ 1 << 44 ^ 1 << 30)];
    assert!(neighbour(&at(POOL ^ 1 << 44), &two, |_| true).is_none());
    // A non-canonical pointer reports the address −1.
    let mut wild = at(POOL ^ 1 << 55);
    wild.address = u64::MAX;
    assert_eq!(neighbour(&wild, &stack(POOL), is_valid).unwrap().bit, 55);
}

#[test]
fn control_one_bit_beside_a_calls_target_took_a_wrong_turn() {
    const RETURNS: u64 = 0xffff_f806_4000_1005;
    let target = RIP & !0xF;
    let call = |to: u64| {
        let mut bytes = vec![0x90, 0x90, 0x90, 0xE8];
        bytes.extend((to.wrapping_sub(RETURNS) as i32).to_le_bytes());
        bytes
    };
    let turn = |rip: u64, before: &[u8], at: &[u8]| {
        wrong_turn(rip, &registers(&[]), RETURNS, before, at, |_| None).map(|found| found.bit)
    };
    let (code, padding) = ([0xC3, 0x48], [0xCC, 0xCC]);
    assert_eq!(turn(target ^ 1 << 22, &call(target), &code), Some(22));
    assert_eq!(turn(target ^ 1 << 5, &call(target), &padding), Some(5));
    // Where it should be; in the function itself; elsewhere.
    assert_eq!(turn(target, &call(target), &code), None);
    assert_eq!(turn(target + 0x10, &call(target), &code), None);
    assert_eq!(turn(target ^ 3 << 22, &call(target), &code), None);
    // Not a call at all.
    assert_eq!(turn(target, &[0x90; 8], &code), None);
    // Through a register.
    let known = registers(&[(Register::Rax, target)]);
    let through = wrong_turn(
        target ^ 1 << 30,
        &known,
        RETURNS,
        &[0xFF, 0xD0],
        &code,
        |_| None,
    );
    assert_eq!(through.unwrap().bit, 30);
}
