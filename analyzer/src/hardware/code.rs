//! The code around an instruction, without knowing where its function begins.

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction};

use super::LONGEST;

/// The instructions around one, in order.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(super) instructions: Vec<Instruction>,
    /// Index of the one in question.
    pub(super) at: usize,
}

impl Window {
    /// Decodes `bytes`, which begin at `start`, so that an instruction begins at `rip`.
    ///
    /// Streams of x64 instructions that begin at different bytes soon run together. Only those
    /// instructions before `rip` count on which all streams agree that lead there.
    pub(crate) fn new(bytes: &[u8], start: u64, rip: u64) -> Option<Self> {
        let offset = usize::try_from(rip.checked_sub(start)?).ok()?;
        let rest = bytes.get(offset..)?;
        let streams: Vec<Vec<Instruction>> = (0..LONGEST.min(offset))
            .filter_map(|skip| leading_to(&bytes[skip..offset], start + skip as u64, rip))
            .collect();
        // One stream alone may be out of step all the way.
        let (first, others) = streams.split_first().filter(|(_, rest)| !rest.is_empty())?;
        let common = others
            .iter()
            .map(|other| {
                let pairs = first.iter().rev().zip(other.iter().rev());
                pairs.take_while(|(a, b)| a.ip() == b.ip()).count()
            })
            .min()?;
        let mut instructions = first[first.len() - common..].to_vec();
        let at = instructions.len();
        instructions.extend(decoded(rest, rip));
        (instructions.len() > at).then_some(Self { instructions, at })
    }

    /// Indices of the instructions from which control comes to `index`, and whether by a jump.
    pub(super) fn before(&self, index: usize) -> Vec<(usize, bool)> {
        let to = self.instructions[index].ip();
        let falls = index.checked_sub(1).filter(|&before| {
            let one = &self.instructions[before];
            one.next_ip() == to && falls_through(one)
        });
        let jumps = self.instructions.iter().enumerate().filter(|(_, one)| {
            matches!(
                one.flow_control(),
                FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch
            ) && one.near_branch_target() == to
        });
        let jumps = jumps.map(|(from, _)| (from, true));
        falls
            .map(|from| (from, false))
            .into_iter()
            .chain(jumps)
            .collect()
    }

    /// The instruction in question.
    pub(super) fn instruction(&self) -> &Instruction {
        &self.instructions[self.at]
    }
}

fn falls_through(instruction: &Instruction) -> bool {
    matches!(
        instruction.flow_control(),
        FlowControl::Next
            | FlowControl::ConditionalBranch
            | FlowControl::Call
            | FlowControl::IndirectCall
    )
}

fn decoded(bytes: &[u8], start: u64) -> Vec<Instruction> {
    let decoder = Decoder::with_ip(64, bytes, start, DecoderOptions::NONE);
    let valid = |instruction: &Instruction| !instruction.is_invalid();
    decoder.into_iter().take_while(valid).collect()
}

/// The instructions of `bytes` from the last invalid one on, if they end exactly at `rip`.
fn leading_to(bytes: &[u8], start: u64, rip: u64) -> Option<Vec<Instruction>> {
    let decoder = Decoder::with_ip(64, bytes, start, DecoderOptions::NONE);
    let mut found: Vec<Instruction> = Vec::new();
    for instruction in decoder {
        match instruction.is_invalid() {
            true => found.clear(),
            false => found.push(instruction),
        }
    }
    (found.last()?.next_ip() == rip).then_some(found)
}
