//! Properties of the search, on generated instructions and registers.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;
use crate::dump::is_canonical;
use crate::testing::accesses::{RIP, Run, run};

/// Most random bytes are no instruction that accesses memory.
fn config(cases: u32) -> Config {
    Config {
        cases,
        max_local_rejects: u32::MAX,
        failure_persistence: None,
        ..Config::default()
    }
}

fn fault(run: &Run, address: u64, access: Access) -> Faulted<'_> {
    Faulted {
        rip: RIP,
        bytes: &run.bytes,
        registers: run.registers(),
        address,
        access,
    }
}

proptest! {
    #![proptest_config(config(4000))]

    #[test]
    fn no_fault_of_an_instruction_as_it_is_counts_as_impossible(run in run()) {
        for (address, access) in run.faults() {
            let found = impossible(&fault(&run, address, access));
            prop_assert!(found.is_none(), "{address:#x} {access:?}: {found:?}");
        }
    }
}

/// Generates `count` runs, of each the variants that `change` makes, and counts of those that are
/// recognisable: how often the change was the only explanation, and how often one of several.
fn searched(count: u32, change: impl Fn(&Run, u64) -> (Run, String)) -> (u32, u32, u32) {
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config(count), random);
    let (mut single, mut among, mut missed) = (0, 0, 0);
    let generated = (run(), any::<u64>());
    for _ in 0..count {
        let (memory, seed) = generated.new_tree(&mut runner).unwrap().current();
        let (executed, name) = change(&memory, seed);
        for (address, access) in executed.faults() {
            let at = fault(&memory, address, access);
            // Only canonical addresses reach the page tables.
            if !is_canonical(address) || address == u64::MAX {
                assert!(impossible(&at).is_none());
                continue;
            }
            let Some(found) = impossible(&at) else {
                missed += 1;
                continue;
            };
            let named: Vec<_> = found.flips.iter().map(name_of).collect();
            if named.contains(&name) {
                match found.single() {
                    Some(_) => single += 1,
                    None => among += 1,
                }
            } else {
                // Only where the changed instruction's own effect cannot be told.
                assert!(!found.all_tried, "{name} of {memory:x?}: {found:?}");
                missed += 1;
            }
        }
    }
    (single, among, missed)
}

fn name_of(flip: &Flip) -> String {
    match flip {
        Flip::Instruction { byte, bit, .. } => format!("byte {byte} bit {bit}"),
        Flip::Register { register, bit, .. } => format!("{} bit {bit}", register_name(*register)),
    }
}

#[test]
fn a_changed_bit_of_an_instruction_is_found() {
    let (single, among, missed) = searched(6000, |memory, seed| {
        let length = memory.instruction().unwrap().len() as u64;
        let (byte, bit) = ((seed >> 8) % length, seed % 8);
        let mut executed = memory.clone();
        executed.bytes[byte as usize] ^= 1 << bit;
        (executed, format!("byte {byte} bit {bit}"))
    });
    // What is missed touches the same memory, or accesses what nobody can compute.
    assert!(single > 500, "{single} {among} {missed}");
    assert!(among < single, "{single} {among} {missed}");
}

#[test]
fn a_changed_bit_of_a_register_is_found() {
    let (single, among, missed) = searched(6000, |memory, seed| {
        let instruction = memory.instruction().unwrap();
        let base = general(instruction.memory_base().full_register());
        let register = base.unwrap_or(Register::Rsp);
        let bit = seed % 64;
        let mut executed = memory.clone();
        executed.gpr[register as usize] ^= 1 << bit;
        let name = format!("{} bit {bit}", register_name(register));
        (executed, name)
    });
    assert!(single > 500, "{single} {among} {missed}");
    assert!(among < single, "{single} {among} {missed}");
}
