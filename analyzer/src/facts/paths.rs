//! Data flow over all paths of a function: which of two opposite actions (acquire and release,
//! raise and lower) is in effect at an instruction.

use std::collections::HashSet;

use iced_x86::{FlowControl, Instruction};

/// Budget of steps for following paths, shared by all functions of one analysis. Real functions
/// take a few thousand steps each.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
    /// Whether something was not followed because the budget was used up.
    pub exceeded: bool,
}

impl Budget {
    pub(crate) fn new() -> Self {
        const STEPS: usize = 20_000_000;
        Self {
            left: STEPS,
            exceeded: false,
        }
    }

    /// Takes `steps` from the budget; `false` if it has fewer.
    pub(crate) fn spend(&mut self, steps: usize) -> bool {
        let left = self.left.checked_sub(steps);
        self.exceeded |= left.is_none();
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

/// What an instruction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Opens,
    Closes,
}

/// The opening instruction that is in effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reaching {
    /// Its index.
    pub opened_at: usize,
    /// Whether it is in effect on every path.
    pub always: bool,
}

/// Follows the function from its start and returns the state in which control arrives at
/// instruction `at`. `effects` has one entry per instruction.
///
/// Indirect jumps (switch tables) end a path. If no path arrives, the last effect in address order
/// counts, as not certain.
pub(crate) fn reaching(
    instructions: &[Instruction],
    effects: &[Option<Effect>],
    at: usize,
) -> Option<Reaching> {
    let arriving = arriving(instructions, effects, at);
    if arriving.is_empty() {
        return in_address_order(effects, at);
    }
    let opened_at = arriving.iter().copied().flatten().max()?;
    Some(Reaching {
        opened_at,
        always: !arriving.contains(&None),
    })
}

/// The states in which control arrives at instruction `at`: the opening instruction in effect, or
/// none. Empty if no path is known to arrive.
pub(crate) fn arriving(
    instructions: &[Instruction],
    effects: &[Option<Effect>],
    at: usize,
) -> HashSet<Option<usize>> {
    let mut arriving = HashSet::new();
    let mut seen = HashSet::new();
    let mut work = vec![(0, None)];
    while let Some((index, open)) = work.pop() {
        if index >= instructions.len() || !seen.insert((index, open)) {
            continue;
        }
        if index == at {
            arriving.insert(open);
        }
        let open = match effects.get(index).copied().flatten() {
            Some(Effect::Opens) => Some(index),
            Some(Effect::Closes) => None,
            None => open,
        };
        work.extend(successors(instructions, index).map(|next| (next, open)));
    }
    arriving
}

fn successors(instructions: &[Instruction], index: usize) -> impl Iterator<Item = usize> {
    let instruction = &instructions[index];
    let target = || {
        let target = instruction.near_branch_target();
        let found = instructions.binary_search_by_key(&target, |candidate| candidate.ip());
        found.ok()
    };
    let (falls_through, jumps_to) = match instruction.flow_control() {
        FlowControl::ConditionalBranch => (true, target()),
        FlowControl::UnconditionalBranch => (false, target()),
        FlowControl::Return | FlowControl::IndirectBranch | FlowControl::Exception => (false, None),
        _ => (true, None),
    };
    falls_through
        .then_some(index + 1)
        .into_iter()
        .chain(jumps_to)
}

fn in_address_order(effects: &[Option<Effect>], at: usize) -> Option<Reaching> {
    let before = effects.get(..at)?.iter().enumerate().rev();
    let (opened_at, effect) = before
        .into_iter()
        .find_map(|(index, effect)| Some((index, (*effect)?)))?;
    (effect == Effect::Opens).then_some(Reaching {
        opened_at,
        always: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::decode;

    const NOP: u8 = 0x90;
    const RET: u8 = 0xC3;

    /// State at `at`, with effects given by index.
    fn state(bytes: &[u8], effects: &[(usize, Effect)], at: usize) -> Option<(usize, bool)> {
        let instructions = decode(bytes);
        let mut table = vec![None; instructions.len()];
        for &(index, effect) in effects {
            table[index] = Some(effect);
        }
        reaching(&instructions, &table, at).map(|found| (found.opened_at, found.always))
    }

    #[test]
    fn straight_line() {
        let code = [NOP, NOP, NOP, RET];
        let held = [(0, Effect::Opens), (2, Effect::Closes)];
        assert_eq!(state(&code, &held, 1), Some((0, true)));
        assert_eq!(state(&code, &held, 3), None);
    }

    #[test]
    fn a_branch_around_makes_it_uncertain() {
        // je +1 over instruction 1.
        let code = [0x74, 0x01, NOP, NOP, RET];
        assert_eq!(state(&code, &[(1, Effect::Opens)], 2), Some((1, false)));
    }

    #[test]
    fn a_release_on_an_earlier_address_that_is_not_on_the_path_does_not_count() {
        // 0 open; 1 je 4; 2 close; 3 ret; 4 nop: the call; 5 ret.
        let code = [NOP, 0x74, 0x02, NOP, RET, NOP, RET];
        let effects = [(0, Effect::Opens), (2, Effect::Closes)];
        assert_eq!(state(&code, &effects, 4), Some((0, true)));
    }

    #[test]
    fn loops_end_and_carry_the_state_round() {
        // 0 nop: the call; 1 open; 2 jmp 0.
        let code = [NOP, NOP, 0xEB, 0xFC];
        assert_eq!(state(&code, &[(1, Effect::Opens)], 0), Some((1, false)));
    }

    #[test]
    fn behind_a_switch_table_address_order_counts() {
        // 0 open; 1 jmp rax; 2 nop.
        let code = [NOP, 0xFF, 0xE0, NOP];
        assert_eq!(state(&code, &[(0, Effect::Opens)], 2), Some((0, false)));
    }
}
